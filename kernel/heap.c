// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Heaps. The memory is a row of chunks, each with its size and the size of the one before it, and no two that are free
// lie side by side. Free chunks are in lists by the logarithm of their size: whatever is in a list above a request's
// own is large enough for it.
#include <string.h>

#include "kern.h"

#define UNIT KERN_HEAP_UNIT
#define USED (0x80000000u)
#define TRIES (4) // in a request's own list before the next larger one is taken

// The block begins at `next`: a chunk that is used has no more of this than its head.
typedef struct kern_chunk {
    uint32_t before; // units of the chunk before this one; 0: it is the first
    uint32_t size; // units with the head, and USED
    struct kern_chunk *next, *prev; // of its list
} chunk_t;

#define HEAD (offsetof(chunk_t, next))
#define SMALLEST (DIV_ROUND_UP(sizeof(chunk_t), UNIT))
BUILD_ASSERT(HEAD == UNIT, "blocks are aligned as chunks are");

static uint32_t units(const chunk_t *c) {
    return c->size & ~USED;
}

static bool is_used(const chunk_t *c) {
    return c->size & USED;
}

static chunk_t *at(chunk_t *c, uint32_t distance) {
    return (chunk_t *)((char *)c + (size_t)distance * UNIT);
}

static chunk_t *after(chunk_t *c) {
    return at(c, units(c));
}

// NULL when there is none.
static chunk_t *before(chunk_t *c) {
    return c->before == 0 ? NULL : (chunk_t *)((char *)c - (size_t)c->before * UNIT);
}

static void *block_of(chunk_t *c) {
    return (char *)c + HEAD;
}

static chunk_t *chunk_of(void *block) {
    return (chunk_t *)((char *)block - HEAD);
}

static void set_size(chunk_t *c, uint32_t size) {
    c->size = size | (c->size & USED);
    at(c, size)->before = size;
}

// ---- lists

static unsigned list_index(uint32_t size) {
    return MIN(31u - __builtin_clz(size), KERN_HEAP_LISTS - 1u);
}

static void list_add(struct k_heap *h, chunk_t *c) {
    unsigned i = list_index(units(c));
    c->prev = NULL;
    c->next = h->lists[i];
    if (c->next != NULL) {
        c->next->prev = c;
    }
    h->lists[i] = c;
    h->filled |= 1u << i;
}

static void list_remove(struct k_heap *h, chunk_t *c) {
    unsigned i = list_index(units(c));
    *(c->prev == NULL ? &h->lists[i] : &c->prev->next) = c->next;
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    if (h->lists[i] == NULL) {
        h->filled &= ~(1u << i);
    }
}

static chunk_t *first_fit(const struct k_heap *h, unsigned i, uint32_t size, unsigned tries) {
    chunk_t *c = h->lists[i];
    while (c != NULL && units(c) < size) {
        c = --tries == 0 ? NULL : c->next;
    }
    return c;
}

// A free chunk that is large enough. The whole of a list is looked through only where there is nothing larger.
static chunk_t *find(const struct k_heap *h, uint32_t size) {
    unsigned i = list_index(size);
    chunk_t *c = first_fit(h, i, size, TRIES);
    uint32_t larger = h->filled & ~BIT_MASK(i + 1);
    if (c == NULL && larger != 0) {
        c = h->lists[__builtin_ctz(larger)];
    }
    return c != NULL ? c : first_fit(h, i, size, UINT_MAX);
}

// ---- chunks

// Into a list, as one with those beside it that are free.
static void release(struct k_heap *h, chunk_t *c) {
    c->size &= ~USED;
    chunk_t *next = after(c), *prev = before(c);
    if (!is_used(next)) {
        list_remove(h, next);
        set_size(c, units(c) + units(next));
    }
    if (prev != NULL && !is_used(prev)) {
        list_remove(h, prev);
        set_size(prev, units(prev) + units(c));
        c = prev;
    }
    list_add(h, c);
}

// What a used chunk has beyond `size` is free, if it is enough for a chunk.
static void trim(struct k_heap *h, chunk_t *c, uint32_t size) {
    uint32_t rest = units(c) - size;
    if (rest < SMALLEST) {
        return;
    }
    chunk_t *second = at(c, size);
    set_size(c, size);
    second->size = 0;
    set_size(second, rest);
    release(h, second);
}

// Take a chunk from `gap` units after the beginning of a free one, which keeps those.
static chunk_t *take(struct k_heap *h, chunk_t *c, uint32_t gap) {
    list_remove(h, c);
    uint32_t rest = units(c) - gap;
    if (gap != 0) {
        set_size(c, gap);
        list_add(h, c);
        c = at(c, gap);
    }
    c->size = USED;
    set_size(c, rest);
    return c;
}

static void lay_out(struct k_heap *h) {
    uintptr_t low = ROUND_UP(h->memory, UNIT), high = ROUND_DOWN(h->memory + h->bytes, UNIT) - UNIT;
    __ASSERT(high >= low + SMALLEST * UNIT && (high - low) / UNIT < USED);
    h->first = (chunk_t *)low;
    h->end = (chunk_t *)high;
    h->end->size = USED; // nothing lies behind it
    h->first->before = h->first->size = 0;
    set_size(h->first, (uint32_t)((high - low) / UNIT));
    list_add(h, h->first);
}

// ---- requests. A thread that waits for room is served by who makes it.

typedef struct {
    size_t align;
    uint32_t size; // units with the head; 0: more than there can be
    chunk_t *old; // to be made larger, if that is possible where it is
    void *block;
} request_t;

static uint32_t size_for(const struct k_heap *h, size_t bytes) {
    return bytes > h->bytes ? 0 : MAX((uint32_t)((bytes + UNIT - 1) / UNIT) + 1, SMALLEST);
}

static bool grow_locked(struct k_heap *h, chunk_t *c, uint32_t size) {
    chunk_t *next = after(c);
    if (units(c) < size && !is_used(next) && units(c) + units(next) >= size) {
        list_remove(h, next);
        set_size(c, units(c) + units(next));
    }
    bool fits = units(c) >= size;
    if (fits) {
        trim(h, c, size);
    }
    return fits;
}

// Units from a chunk's beginning to that of one whose block is aligned: 0, or enough for a chunk.
static uint32_t gap_for(chunk_t *c, size_t align) {
    uintptr_t block = (uintptr_t)block_of(c);
    size_t gap = ROUND_UP(block, align) - block;
    while (gap != 0 && gap < SMALLEST * UNIT) {
        gap += align;
    }
    return (uint32_t)(gap / UNIT);
}

static bool allocate_locked(struct k_heap *h, request_t *r) {
    bool aligned = r->align > UNIT;
    // The most that an alignment may leave before the block.
    uint32_t slack = aligned ? (uint32_t)(r->align / UNIT) + SMALLEST - 1 : 0;
    chunk_t *c = find(h, r->size + slack);
    if (c == NULL) {
        return false;
    }
    c = take(h, c, aligned ? gap_for(c, r->align) : 0);
    trim(h, c, r->size);
    r->block = block_of(c);
    return true;
}

static bool serve_locked(struct k_heap *h, request_t *r) {
    if (r->size == 0 || r->align > h->bytes) {
        return false;
    }
    if (r->old != NULL && grow_locked(h, r->old, r->size)) {
        r->block = block_of(r->old);
        return true;
    }
    return allocate_locked(h, r);
}

static void serve_waiters_locked(struct k_heap *h) {
    struct k_thread *t, *next;
    SYS_DLIST_FOR_EACH_CONTAINER_SAFE(&h->wait_q.waiters, t, next, node) {
        if (serve_locked(h, t->swap_data)) {
            kern_wake_locked(t, 0);
        }
    }
}

// T, and I with K_NO_WAIT. The block, or NULL.
static void *request(struct k_heap *h, request_t *r, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    if (h->first == NULL) {
        lay_out(h);
    }
    if (serve_locked(h, r) || K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        if (r->old != NULL) {
            serve_waiters_locked(h); // it may have got smaller
        }
        kern_unlock(key);
        return r->block;
    }
    kern_check_may_wait("k_heap_alloc");
    arch_current()->swap_data = r;
    kern_wait(&h->wait_q, timeout, key);
    return r->block;
}

// ---- the calls

void k_heap_init(struct k_heap *h, void *memory, size_t bytes) {
    *h = (struct k_heap) { .memory = memory, .bytes = bytes };
    kern_wait_q_init(&h->wait_q);
    lay_out(h);
}

void *k_heap_aligned_alloc(struct k_heap *h, size_t align, size_t bytes, k_timeout_t timeout) {
    __ASSERT((align & (align - 1)) == 0);
    request_t r = { .align = align, .size = size_for(h, bytes) };
    return bytes == 0 ? NULL : request(h, &r, timeout);
}

void *k_heap_alloc(struct k_heap *h, size_t bytes, k_timeout_t timeout) {
    return k_heap_aligned_alloc(h, UNIT, bytes, timeout);
}

void *k_heap_calloc(struct k_heap *h, size_t count, size_t size, k_timeout_t timeout) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    void *block = k_heap_alloc(h, bytes, timeout);
    return block == NULL ? NULL : memset(block, 0, bytes);
}

static void check_block(struct k_heap *h, void *block, const char *call) {
    chunk_t *c = chunk_of(block);
    bool inside = (uintptr_t)block % UNIT == 0 && c >= h->first && c < h->end;
    if (CONFIG_ASSERT && (!inside || !is_used(c) || after(c) > h->end || after(c)->before != units(c))) {
        kern_fail(call, "not a block in use: freed twice, or overwritten");
    }
}

void *k_heap_realloc(struct k_heap *h, void *block, size_t bytes, k_timeout_t timeout) {
    if (block == NULL || bytes == 0) {
        k_heap_free(h, block);
        return k_heap_alloc(h, bytes, timeout);
    }
    check_block(h, block, __func__);
    request_t r = { .align = UNIT, .size = size_for(h, bytes), .old = chunk_of(block) };
    size_t old_bytes = (units(r.old) - 1) * UNIT;
    void *result = request(h, &r, timeout);
    if (result != NULL && result != block) {
        memcpy(result, block, MIN(old_bytes, bytes));
        k_heap_free(h, block);
    }
    return result;
}

void k_heap_free(struct k_heap *h, void *block) {
    if (block == NULL) {
        return;
    }
    kern_key_t key = kern_lock();
    check_block(h, block, __func__);
    release(h, chunk_of(block));
    serve_waiters_locked(h);
    kern_unlock(key);
}

// ---- the system heap

K_HEAP_DEFINE(kern_system_heap, CONFIG_HEAP_MEM_POOL_SIZE);

void *k_malloc(size_t size) {
    return k_heap_alloc(&kern_system_heap, size, K_NO_WAIT);
}

void *k_aligned_alloc(size_t align, size_t size) {
    return k_heap_aligned_alloc(&kern_system_heap, align, size, K_NO_WAIT);
}

void *k_calloc(size_t count, size_t size) {
    return k_heap_calloc(&kern_system_heap, count, size, K_NO_WAIT);
}

void *k_realloc(void *block, size_t size) {
    return k_heap_realloc(&kern_system_heap, block, size, K_NO_WAIT);
}

void k_free(void *block) {
    k_heap_free(&kern_system_heap, block);
}
