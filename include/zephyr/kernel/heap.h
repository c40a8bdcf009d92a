// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Heaps, and the system heap of CONFIG_HEAP_MEM_POOL_SIZE bytes, which is linked when something uses it. Included by
// <zephyr/kernel.h>.
//
// Blocks are aligned to 8 bytes, and 8 more lie before each. The time with interrupts masked does not depend on how
// many blocks there are, unless memory is so short that no free block is twice as large as what is asked for. Sizes
// that overflow are sizes that are never there. A block that is freed twice, or is none, ends the program.
#ifndef ZEPHYR_KERNEL_HEAP_H
#define ZEPHYR_KERNEL_HEAP_H

#include <zephyr/kernel/thread.h>

#define KERN_HEAP_LISTS (16)
#define KERN_HEAP_UNIT (8)

struct kern_chunk;

struct k_heap {
    _wait_q_t wait_q;
    char *memory;
    size_t bytes;
    struct kern_chunk *first; // NULL: to be laid out by the first who allocates
    struct kern_chunk *end;
    uint32_t filled; // lists that have a chunk
    struct kern_chunk *lists[KERN_HEAP_LISTS]; // of free chunks, by the logarithms of their sizes
};

// Bytes of a heap that has room for one block of so many.
#define Z_HEAP_MIN_SIZE_FOR(size) \
    (2 * KERN_HEAP_UNIT + (((size) < 16 ? 16 : (size)) + KERN_HEAP_UNIT - 1) / KERN_HEAP_UNIT * KERN_HEAP_UNIT)

// Smaller ones are as large as a heap has to be.
#define K_HEAP_DEFINE(name, size) \
    char __aligned(KERN_HEAP_UNIT) kheap_##name[MAX(size, Z_HEAP_MIN_SIZE_FOR(1))]; \
    struct k_heap name = { .wait_q = Z_WAIT_Q_INIT(&(name).wait_q), .memory = kheap_##name, \
                           .bytes = sizeof(kheap_##name) }

// No memory is cached differently here.
#define K_HEAP_DEFINE_NOCACHE(name, size) K_HEAP_DEFINE(name, size)

void k_heap_init(struct k_heap *heap, void *memory, size_t bytes);

// T, and I with K_NO_WAIT. NULL for 0 bytes, and when there was no room until the time was over. Of those who wait the
// more urgent ones are served first, and where there is no room for one, it does not hold up the next.
void *k_heap_alloc(struct k_heap *heap, size_t bytes, k_timeout_t timeout);
void *k_heap_aligned_alloc(struct k_heap *heap, size_t align, size_t bytes, k_timeout_t timeout); // a power of two
void *k_heap_calloc(struct k_heap *heap, size_t count, size_t size, k_timeout_t timeout); // all zero

// As k_heap_alloc, with what was in `block`, which is freed, or is the result: so when it gets smaller, or what follows
// it is free. NULL leaves it as it was, but for 0 bytes, which free it.
void *k_heap_realloc(struct k_heap *heap, void *block, size_t bytes, k_timeout_t timeout);

// T I. NULL is no block, and does nothing.
void k_heap_free(struct k_heap *heap, void *block);

// T I. The same with the system heap, without waiting.
void *k_malloc(size_t size);
void *k_aligned_alloc(size_t align, size_t size);
void *k_calloc(size_t count, size_t size);
void *k_realloc(void *block, size_t size);
void k_free(void *block);

// What calls allocate for themselves (_alloc_) is always of the system heap.
static inline void k_thread_heap_assign(struct k_thread *thread, struct k_heap *heap) {
    ARG_UNUSED(thread);
    ARG_UNUSED(heap);
}
static inline void k_thread_system_pool_assign(struct k_thread *thread) {
    ARG_UNUSED(thread);
}

#endif // ZEPHYR_KERNEL_HEAP_H
