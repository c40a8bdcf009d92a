// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Heaps.
#include <string.h>

#include "kernel_test.h"

#define SIZE (512)
#define LARGEST (SIZE - 2 * KERN_HEAP_UNIT)

static char __aligned(8) memory[SIZE];
static struct k_heap heap;
static void *volatile got[3];
static atomic_t done;

static void init(void) {
    k_heap_init(&heap, memory, sizeof(memory));
}

// A block whose bytes say who it is.
static void *fill(void *block, int mark, size_t bytes) {
    CHECK(block != NULL && (uintptr_t)block % 8 == 0);
    CHECK((char *)block >= memory && (char *)block + bytes <= memory + sizeof(memory));
    return memset(block, mark, bytes);
}

static bool is_filled(const void *block, int mark, size_t bytes) {
    const unsigned char *p = block;
    while (bytes > 0 && p[bytes - 1] == mark) {
        bytes -= 1;
    }
    return bytes == 0;
}

static void *alloc(int mark, size_t bytes) {
    return fill(k_heap_alloc(&heap, bytes, K_NO_WAIT), mark, bytes);
}

// Everything is free, and in one piece.
static void check_is_whole(void) {
    CHECK(k_heap_alloc(&heap, LARGEST + 1, K_NO_WAIT) == NULL);
    k_heap_free(&heap, alloc(0, LARGEST));
}

// ---- without waiting

CASE(heap_blocks) {
    init();
    char *blocks[4];
    for (int i = 0; i < 4; ++i) {
        blocks[i] = alloc(i + 1, 1 + 33 * i);
    }
    for (int i = 0; i < 4; ++i) {
        CHECK(is_filled(blocks[i], i + 1, 1 + 33 * i));
    }
    for (int i = 0; i < 4; ++i) {
        k_heap_free(&heap, blocks[i ^ 2]);
    }
    check_is_whole();
}

CASE(heap_sizes) {
    init();
    CHECK(k_heap_alloc(&heap, 0, K_FOREVER) == NULL);
    CHECK(k_heap_alloc(&heap, SIZE, K_NO_WAIT) == NULL);
    CHECK(k_heap_alloc(&heap, SIZE_MAX, K_NO_WAIT) == NULL);
    CHECK(k_heap_alloc(&heap, SIZE_MAX - 8, K_NO_WAIT) == NULL);
    k_heap_free(&heap, NULL);
    check_is_whole();
}

// Three blocks side by side, freed in every order.
CASE(heap_joins_free_blocks) {
    static const uint8_t orders[6][3] = { "\0\1\2", "\0\2\1", "\1\0\2", "\1\2\0", "\2\0\1", "\2\1\0" };
    init();
    for (int i = 0; i < 6; i += TEST_SIM ? 2 : 1) {
        void *blocks[3];
        for (int j = 0; j < 3; ++j) {
            blocks[j] = alloc(j, LARGEST / 4);
        }
        for (int j = 0; j < 3; ++j) {
            k_heap_free(&heap, blocks[orders[i][j]]);
        }
        check_is_whole();
    }
}

CASE(heap_aligned) {
    init();
    void *first = alloc(1, 24), *blocks[4];
    for (int i = 0; i < 4; ++i) {
        size_t align = (size_t)1 << (i + 3);
        blocks[i] = k_heap_aligned_alloc(&heap, align, 20, K_NO_WAIT);
        CHECK((uintptr_t)fill(blocks[i], i + 2, 20) % align == 0);
    }
    CHECK(is_filled(first, 1, 24));
    for (int i = 0; i < 4; ++i) {
        CHECK(is_filled(blocks[i], i + 2, 20));
        k_heap_free(&heap, blocks[i]);
    }
    k_heap_free(&heap, first);
    CHECK(k_heap_aligned_alloc(&heap, 2 * SIZE, 20, K_NO_WAIT) == NULL);
    CHECK(k_heap_aligned_alloc(&heap, SIZE_MAX / 2 + 1, 20, K_NO_WAIT) == NULL);
    CHECK(k_heap_aligned_alloc(&heap, 64, SIZE_MAX - 32, K_NO_WAIT) == NULL);
    void *odd = fill(k_heap_aligned_alloc(&heap, 1, 1, K_NO_WAIT), 0, 1);
    k_heap_free(&heap, odd);
    check_is_whole();
}

CASE(heap_calloc) {
    init();
    k_heap_free(&heap, alloc(0xff, LARGEST));
    CHECK(k_heap_calloc(&heap, SIZE_MAX / 2 + 2, 2, K_NO_WAIT) == NULL);
    CHECK(k_heap_calloc(&heap, 0, 4, K_NO_WAIT) == NULL);
    void *block = k_heap_calloc(&heap, 7, 9, K_NO_WAIT);
    CHECK(block != NULL && is_filled(block, 0, 7 * 9));
    k_heap_free(&heap, block);
    check_is_whole();
}

CASE(heap_realloc) {
    init();
    void *block = fill(k_heap_realloc(&heap, NULL, 40, K_NO_WAIT), 1, 40);
    // What follows is free: it stays where it is.
    CHECK(k_heap_realloc(&heap, block, 100, K_NO_WAIT) == block);
    CHECK(is_filled(block, 1, 40));
    void *next = alloc(2, 40);
    // It is not any more.
    void *moved = k_heap_realloc(&heap, fill(block, 1, 100), 140, K_NO_WAIT);
    CHECK(moved != NULL && moved != block && is_filled(moved, 1, 100));
    // There is no room: nothing changes.
    CHECK(k_heap_realloc(&heap, moved, LARGEST, K_NO_WAIT) == NULL);
    CHECK(k_heap_realloc(&heap, moved, SIZE_MAX, K_NO_WAIT) == NULL);
    CHECK(is_filled(moved, 1, 100) && is_filled(next, 2, 40));
    // Smaller: the rest is free.
    CHECK(k_heap_realloc(&heap, moved, 16, K_NO_WAIT) == moved);
    CHECK(is_filled(moved, 1, 16));
    void *rest = alloc(3, LARGEST - 100 - 40 - 16 - 4 * KERN_HEAP_UNIT);
    CHECK(k_heap_realloc(&heap, rest, 0, K_FOREVER) == NULL);
    k_heap_free(&heap, moved);
    k_heap_free(&heap, next);
    check_is_whole();
}

K_HEAP_DEFINE(tiny_heap, 1);
K_HEAP_DEFINE_NOCACHE(exact_heap, Z_HEAP_MIN_SIZE_FOR(100));

CASE(heap_defined) {
    void *block = k_heap_alloc(&tiny_heap, 1, K_NO_WAIT);
    CHECK(block != NULL);
    k_heap_free(&tiny_heap, block);
    block = k_heap_alloc(&exact_heap, 100, K_NO_WAIT);
    CHECK(block != NULL);
    CHECK(k_heap_alloc(&exact_heap, 1, K_NO_WAIT) == NULL);
    k_heap_free(&exact_heap, block);
}

CASE(heap_of_unaligned_memory) {
    k_heap_init(&heap, memory + 3, 101);
    void *block = alloc(1, 80 - 2 * KERN_HEAP_UNIT);
    CHECK(k_heap_alloc(&heap, 16, K_NO_WAIT) == NULL);
    k_heap_free(&heap, block);
}

CASE(heap_of_the_system) {
    char *a = k_malloc(10), *b = k_calloc(2, 10), *c = k_aligned_alloc(64, 10);
    CHECK(a != NULL && b != NULL && c != NULL && (uintptr_t)c % 64 == 0 && is_filled(b, 0, 20));
    a = k_realloc(memset(a, 1, 10), 100);
    CHECK(a != NULL && is_filled(a, 1, 10));
    CHECK(k_malloc(0) == NULL && k_calloc(SIZE_MAX, 2) == NULL && k_malloc(CONFIG_HEAP_MEM_POOL_SIZE) == NULL);
    CHECK(k_realloc(b, 0) == NULL);
    k_free(NULL);
    k_free(c);
    k_free(a);
    a = k_realloc(NULL, CONFIG_HEAP_MEM_POOL_SIZE - 2 * KERN_HEAP_UNIT);
    CHECK(a != NULL);
    k_free(a);
}

// ---- at random

typedef struct {
    void *block;
    size_t bytes;
    int mark;
} slot_t;

static uint32_t drawn(uint32_t *state, uint32_t below) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

static void change(slot_t *slot, uint32_t *state) {
    size_t bytes = 1 + drawn(state, 90);
    CHECK(slot->block == NULL || is_filled(slot->block, slot->mark, slot->bytes));
    void *block;
    switch (drawn(state, 4)) {
        case 0:
            k_heap_free(&heap, slot->block);
            slot->block = NULL;
            return;
        case 1:
            block = k_heap_realloc(&heap, slot->block, bytes, K_NO_WAIT);
            CHECK(block == NULL || slot->block == NULL || is_filled(block, slot->mark, MIN(bytes, slot->bytes)));
            break;
        default:
            k_heap_free(&heap, slot->block);
            slot->block = NULL;
            block = k_heap_aligned_alloc(&heap, (size_t)8 << drawn(state, 4), bytes, K_NO_WAIT);
    }
    if (block != NULL) {
        *slot = (slot_t) { fill(block, slot->mark, bytes), bytes, slot->mark };
    }
}

CASE(heap_at_random) {
    init();
    slot_t slots[8] = { 0 };
    uint32_t state = 1;
    for (int i = 0; i < TEST_ROUNDS(5000) * 12; ++i) {
        unsigned n = drawn(&state, ARRAY_SIZE(slots));
        slots[n].mark = slots[n].block == NULL ? i & 0xff : slots[n].mark;
        change(&slots[n], &state);
    }
    for (unsigned n = 0; n < ARRAY_SIZE(slots); ++n) {
        CHECK(slots[n].block == NULL || is_filled(slots[n].block, slots[n].mark, slots[n].bytes));
        k_heap_free(&heap, slots[n].block);
    }
    check_is_whole();
}

// ---- waiting

CASE(heap_timeout) {
    init();
    void *all = alloc(1, LARGEST);
    int64_t begin = k_uptime_ticks();
    CHECK(k_heap_alloc(&heap, 16, K_MSEC(5)) == NULL);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK(k_heap_aligned_alloc(&heap, 32, 16, K_TIMEOUT_ABS_MS(1)) == NULL);
    CHECK(k_heap_calloc(&heap, 1, 16, K_MSEC(1)) == NULL);
    CHECK(k_heap_alloc(&heap, 16, K_USEC(-1)) == NULL);
    CHECK(k_heap_realloc(&heap, all, SIZE, K_MSEC(1)) == NULL);
    CHECK(is_filled(all, 1, LARGEST));
    k_heap_free(&heap, all);
    check_is_whole();
}

static void alloc_and_wait(void *arg) {
    got[0] = k_heap_alloc(&heap, (size_t)(uintptr_t)arg, K_FOREVER);
    atomic_inc(&done);
}

CASE(heap_waits_for_free) {
    init();
    void *all = alloc(1, LARGEST);
    k_tid_t t = test_spawn(alloc_and_wait, (void *)(uintptr_t)LARGEST, 1);
    test_await_wait(t);
    k_heap_free(&heap, all);
    CHECK(k_heap_alloc(&heap, 1, K_NO_WAIT) == NULL); // it is the waiter's
    test_join(t);
    CHECK(got[0] == all);
    k_heap_free(&heap, got[0]);
    check_is_whole();
}

// A free that makes not enough room does not end the wait.
CASE(heap_waits_for_enough) {
    init();
    void *a = alloc(1, 40), *b = alloc(2, 40), *c = alloc(3, LARGEST - 100);
    k_tid_t t = test_spawn(alloc_and_wait, (void *)80, 1);
    test_await_wait(t);
    k_heap_free(&heap, a);
    CHECK_IS(atomic_get(&done), 0);
    k_heap_free(&heap, b);
    test_join(t);
    CHECK(got[0] == a);
    k_heap_free(&heap, got[0]);
    k_heap_free(&heap, c);
    check_is_whole();
}

static void alloc_half(void *arg) {
    got[(intptr_t)arg] = k_heap_alloc(&heap, LARGEST / 2 - KERN_HEAP_UNIT, K_FOREVER);
    atomic_inc(&done);
}

WIDE_CASE(heap_most_urgent_first) {
    init();
    void *all = alloc(1, LARGEST);
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(alloc_half, (void *)(intptr_t)i, i == 2 ? 1 : 2);
        test_await_wait(threads[i]);
    }
    k_heap_free(&heap, all); // there is room for two
    test_join(threads[2]);
    test_join(threads[0]);
    CHECK(got[2] != NULL && got[0] != NULL && got[1] == NULL);
    k_heap_free(&heap, got[0]);
    test_join(threads[1]);
    CHECK(got[1] == got[0]);
    k_heap_free(&heap, got[1]);
    k_heap_free(&heap, got[2]);
    check_is_whole();
}

WIDE_CASE(heap_large_request_does_not_hold_up) {
    init();
    void *a = alloc(1, LARGEST / 2), *b = alloc(2, LARGEST / 2 - KERN_HEAP_UNIT);
    k_tid_t large = test_spawn(alloc_and_wait, (void *)(uintptr_t)LARGEST, 1);
    test_await_wait(large);
    k_tid_t small = test_spawn(alloc_half, (void *)1, 2);
    test_await_wait(small);
    k_heap_free(&heap, a);
    test_join(small);
    CHECK(got[1] == a);
    k_heap_free(&heap, got[1]);
    k_heap_free(&heap, b);
    test_join(large);
    k_heap_free(&heap, got[0]);
    check_is_whole();
}

static void realloc_and_wait(void *arg) {
    got[0] = k_heap_realloc(&heap, arg, 120, K_FOREVER);
}

// What follows is freed meanwhile; or something else is, and the block moves.
static void realloc_waits(bool in_place) {
    init();
    void *block = alloc(1, 40), *next = alloc(2, 120), *last = alloc(3, LARGEST - 176);
    k_tid_t t = test_spawn(realloc_and_wait, block, 1);
    test_await_wait(t);
    k_heap_free(&heap, in_place ? next : last);
    test_join(t);
    CHECK((got[0] == block) == in_place && is_filled(got[0], 1, 40));
    k_heap_free(&heap, got[0]);
    k_heap_free(&heap, in_place ? last : next);
    check_is_whole();
}

CASE(heap_realloc_waits_in_place) {
    realloc_waits(true);
}

CASE(heap_realloc_waits_and_moves) {
    realloc_waits(false);
}

CASE(heap_realloc_makes_room) {
    init();
    void *all = alloc(1, LARGEST);
    k_tid_t t = test_spawn(alloc_and_wait, (void *)100, 1);
    test_await_wait(t);
    CHECK(k_heap_realloc(&heap, all, LARGEST - 120, K_NO_WAIT) == all);
    test_join(t);
    CHECK(got[0] != NULL && is_filled(all, 1, LARGEST - 120));
    k_heap_free(&heap, all);
    k_heap_free(&heap, got[0]);
    check_is_whole();
}

CASE(heap_waiter_aborted) {
    init();
    void *all = alloc(1, LARGEST);
    k_tid_t t = test_spawn(alloc_and_wait, (void *)100, 1);
    test_await_wait(t);
    test_end(t);
    k_heap_free(&heap, all);
    check_is_whole();
}

static void *all_in_isr;

static void free_in_isr(void) {
    k_heap_free(&heap, all_in_isr);
    void *block = k_heap_alloc(&heap, 16, K_NO_WAIT);
    CHECK(block != NULL);
    k_heap_free(&heap, block);
}

CASE(heap_from_interrupt) {
    init();
    all_in_isr = alloc(1, LARGEST);
    k_tid_t t = test_spawn(alloc_and_wait, (void *)100, 1);
    test_await_wait(t);
    test_in_isr(free_in_isr);
    test_join(t);
    k_heap_free(&heap, got[0]);
    check_is_whole();
}

static void free_one(void *block) {
    k_heap_free(&heap, block);
}

CASE(heap_free_beside_timeout) {
    init();
    void *all = alloc(1, LARGEST);
    k_tid_t t = test_spawn(free_one, all, 1);
    void *block = k_heap_alloc(&heap, LARGEST, K_MSEC(1));
    test_join(t);
    CHECK(block == NULL || block == all);
    k_heap_free(&heap, block);
    check_is_whole();
}

// More than there is room for: each waits for the other's.
static void alloc_and_free(void *arg) {
    for (int i = 0; i < TEST_ROUNDS(300); ++i) {
        void *block = k_heap_alloc(&heap, LARGEST / 2 + 16 * i % 64, K_FOREVER);
        fill(block, (int)(intptr_t)arg, LARGEST / 2);
        CHECK(is_filled(block, (int)(intptr_t)arg, LARGEST / 2));
        k_heap_free(&heap, block);
    }
}

CASE(heap_two_share) {
    init();
    k_tid_t t = test_spawn(alloc_and_free, (void *)1, 0);
    alloc_and_free((void *)2);
    test_join(t);
    check_is_whole();
}
