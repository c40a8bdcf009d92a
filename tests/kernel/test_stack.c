// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stacks.
#include "kernel_test.h"

#define MOST (2)

static struct k_stack stack;
static stack_data_t words[MOST];
static stack_data_t got[3];

static void init(int used) {
    k_stack_init(&stack, words, MOST);
    for (int i = 0; i < used; ++i) {
        CHECK_IS(k_stack_push(&stack, i), 0);
    }
}

static stack_data_t pop(void) {
    stack_data_t word;
    CHECK_IS(k_stack_pop(&stack, &word, K_NO_WAIT), 0);
    return word;
}

static bool is_empty(void) {
    stack_data_t word;
    return k_stack_pop(&stack, &word, K_NO_WAIT) == -EBUSY;
}

CASE(stack_last_in_first_out) {
    init(MOST);
    CHECK_IS(k_stack_push(&stack, 9), -ENOMEM);
    CHECK_IS(pop(), 1);
    CHECK_IS(k_stack_push(&stack, UINTPTR_MAX), 0);
    CHECK(pop() == UINTPTR_MAX);
    CHECK_IS(pop(), 0);
    CHECK(is_empty());
}

K_STACK_DEFINE(defined_stack, 1);

CASE(stack_defined) {
    stack_data_t word;
    CHECK_IS(k_stack_push(&defined_stack, 5), 0);
    CHECK_IS(k_stack_push(&defined_stack, 6), -ENOMEM);
    CHECK_IS(k_stack_pop(&defined_stack, &word, K_FOREVER), 0);
    CHECK_IS(word, 5);
}

CASE(stack_allocated) {
    CHECK_IS(k_stack_alloc_init(&stack, UINT32_MAX / 2), -ENOMEM);
    for (int i = 0; i < 2; ++i) {
        // One after the other have room, if the cleanup frees.
        CHECK_IS(k_stack_alloc_init(&stack, CONFIG_HEAP_MEM_POOL_SIZE * 2 / 3 / sizeof(stack_data_t)), 0);
        CHECK_IS(k_stack_push(&stack, 1), 0);
        CHECK_IS(k_stack_cleanup(&stack), 0);
    }
    init(1);
    CHECK_IS(k_stack_cleanup(&stack), 0);
    CHECK_IS(pop(), 0); // the caller's words are left alone
}

CASE(stack_timeout) {
    init(0);
    stack_data_t word = 3;
    int64_t begin = k_uptime_ticks();
    CHECK_IS(k_stack_pop(&stack, &word, K_MSEC(5)), -EAGAIN);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(k_stack_pop(&stack, &word, K_TIMEOUT_ABS_MS(1)), -EAGAIN);
    CHECK_IS(k_stack_pop(&stack, &word, K_USEC(-1)), -EBUSY);
    CHECK_IS(word, 3);
}

static void pop_one(void *arg) {
    CHECK_IS(k_stack_pop(&stack, &got[(intptr_t)arg], K_FOREVER), 0);
}

CASE(stack_hands_over) {
    init(0);
    k_tid_t t = test_spawn(pop_one, (void *)0, 1);
    test_await_wait(t);
    CHECK_IS(k_stack_push(&stack, 5), 0);
    CHECK(is_empty()); // it is the waiter's
    test_join(t);
    CHECK_IS(got[0], 5);
}

WIDE_CASE(stack_most_urgent_first) {
    init(0);
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(pop_one, (void *)(intptr_t)i, i == 2 ? 1 : 2);
        test_await_wait(threads[i]);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK_IS(k_stack_push(&stack, i), 0);
    }
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK(got[2] == 0 && got[0] == 1 && got[1] == 2);
}

CASE(stack_cleanup_while_waiting) {
    CHECK_IS(k_stack_alloc_init(&stack, MOST), 0);
    k_tid_t t = test_spawn(pop_one, (void *)0, 1);
    test_await_wait(t);
    CHECK_IS(k_stack_cleanup(&stack), -EAGAIN);
    CHECK_IS(k_stack_push(&stack, 5), 0);
    test_join(t);
    CHECK_IS(k_stack_cleanup(&stack), 0);
}

CASE(stack_waiter_aborted) {
    init(0);
    k_tid_t t = test_spawn(pop_one, (void *)0, 1);
    test_await_wait(t);
    test_end(t);
    CHECK_IS(k_stack_push(&stack, 5), 0);
    CHECK_IS(pop(), 5);
}

static void push_in_isr(void) {
    CHECK_IS(k_stack_push(&stack, 5), 0);
    CHECK_IS(k_stack_push(&stack, 6), 0);
    CHECK_IS(pop(), 6);
}

CASE(stack_from_interrupt) {
    init(0);
    k_tid_t t = test_spawn(pop_one, (void *)0, 1);
    test_await_wait(t);
    test_in_isr(push_in_isr);
    test_join(t);
    CHECK_IS(got[0], 5);
    CHECK(is_empty());
}

static void push_one(void *arg) {
    (void)arg;
    CHECK_IS(k_stack_push(&stack, 5), 0);
}

CASE(stack_word_beside_timeout) {
    init(0);
    stack_data_t word;
    k_tid_t t = test_spawn(push_one, NULL, 1);
    int ret = k_stack_pop(&stack, &word, K_MSEC(1));
    test_join(t);
    CHECK_IS(ret == 0 ? word : pop(), 5);
    CHECK(is_empty());
}
