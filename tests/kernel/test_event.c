// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Event objects.
#include "kernel_test.h"

static struct k_event event;

typedef struct {
    uint32_t (*wait)(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
    uint32_t events;
    uint32_t got;
} waiter_t;

static void wait(void *arg) {
    waiter_t *w = arg;
    w->got = w->wait(&event, w->events, false, K_FOREVER);
}

static k_tid_t spawn(waiter_t *w, int below) {
    k_tid_t t = test_spawn(wait, w, below);
    test_await_wait(t);
    return t;
}

static K_EVENT_DEFINE(defined);

CASE(event_values) {
    CHECK_IS(k_event_test(&defined, UINT32_MAX), 0);
    CHECK_IS(k_event_post(&defined, 0x11), 0);
    CHECK_IS(k_event_post(&defined, 0x3), 0x1);
    CHECK_IS(k_event_test(&defined, UINT32_MAX), 0x13);
    CHECK_IS(k_event_test(&defined, 0x12), 0x12);
    CHECK_IS(k_event_set(&defined, 0x80000004), 0x13);
    CHECK_IS(k_event_test(&defined, UINT32_MAX), 0x80000004);
    CHECK_IS(k_event_set_masked(&defined, 0x3, 0x6), 0x4);
    CHECK_IS(k_event_test(&defined, UINT32_MAX), 0x80000002);
    CHECK_IS(k_event_clear(&defined, 0x3), 0x2);
    CHECK_IS(k_event_test(&defined, UINT32_MAX), 0x80000000);
    k_event_init(&defined);
    CHECK_IS(k_event_test(&defined, UINT32_MAX), 0);
}

CASE(event_wait_without_waiting) {
    k_event_init(&event);
    k_event_set(&event, 0x5);
    CHECK_IS(k_event_wait(&event, 0xe, false, K_NO_WAIT), 0x4);
    CHECK_IS(k_event_wait(&event, 0x7, false, K_FOREVER), 0x5);
    CHECK_IS(k_event_wait(&event, 0xa, false, K_NO_WAIT), 0);
    CHECK_IS(k_event_wait(&event, 0, false, K_FOREVER), 0);
    CHECK_IS(k_event_wait_all(&event, 0x7, false, K_NO_WAIT), 0);
    CHECK_IS(k_event_wait_all(&event, 0x5, false, K_FOREVER), 0x5);
    CHECK_IS(k_event_wait_all(&event, 0, false, K_FOREVER), 0);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x5);
}

CASE(event_safe_clears_what_it_returns) {
    k_event_init(&event);
    k_event_set(&event, 0x1f);
    CHECK_IS(k_event_wait_safe(&event, 0x21, false, K_FOREVER), 0x1);
    CHECK_IS(k_event_wait_all_safe(&event, 0x21, false, K_NO_WAIT), 0);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x1e);
    CHECK_IS(k_event_wait_all_safe(&event, 0x6, false, K_FOREVER), 0x6);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x18);
}

CASE(event_reset) {
    uint32_t (*const calls[])(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout) = {
        k_event_wait, k_event_wait_all, k_event_wait_safe, k_event_wait_all_safe,
    };
    k_event_init(&event);
    for (unsigned i = 0; i < ARRAY_SIZE(calls); ++i) {
        k_event_set(&event, 0x7);
        CHECK_IS(calls[i](&event, 0x1, true, K_NO_WAIT), 0);
        CHECK_IS(k_event_test(&event, UINT32_MAX), 0);
    }
}

CASE(event_timeout) {
    k_event_init(&event);
    k_event_set(&event, 0x2);
    int64_t begin = k_uptime_ticks();
    CHECK_IS(k_event_wait(&event, 0x1, false, K_MSEC(5)), 0);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(k_event_wait_all(&event, 0x3, false, K_MSEC(1)), 0);
    CHECK_IS(k_event_wait_safe(&event, 0x1, false, K_TIMEOUT_ABS_MS(1)), 0);
    CHECK_IS(k_event_wait_all_safe(&event, 0x3, false, K_USEC(-1)), 0);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x2);
}

CASE(event_wait_any) {
    k_event_init(&event);
    waiter_t w = {k_event_wait, 0x6, 0};
    k_tid_t t = spawn(&w, 1);
    k_event_post(&event, 0x9);
    k_event_post(&event, 0xc);
    // What it has waited for is what there was then.
    k_event_set(&event, 0x2);
    test_join(t);
    CHECK_IS(w.got, 0x4);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x2);
}

CASE(event_wait_all) {
    k_event_init(&event);
    waiter_t w = {k_event_wait_all, 0x3, 0};
    k_tid_t t = spawn(&w, -1);
    k_event_post(&event, 0x5);
    k_event_set(&event, 0x2); // not both at a time
    CHECK_IS(k_thread_join(t, K_MSEC(1)), -EAGAIN);
    k_event_set_masked(&event, 0x9, 0x1);
    test_join(t);
    CHECK_IS(w.got, 0x3);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x3);
}

CASE(event_wait_safe) {
    k_event_init(&event);
    waiter_t w = {k_event_wait_safe, 0x6, 0};
    k_tid_t t = spawn(&w, 1);
    CHECK_IS(k_event_post(&event, 0xe), 0);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x8); // whether it has run or not
    test_join(t);
    CHECK_IS(w.got, 0x6);
}

// One change lets all go on whose wait it meets, and each gets its own, also what another clears.
WIDE_CASE(event_wakes_all) {
    k_event_init(&event);
    waiter_t w[] = {
        {k_event_wait_safe, 0x3, 0}, {k_event_wait_all_safe, 0x6, 0}, {k_event_wait, 0x8, 0}, {k_event_wait, 0x7, 0},
    };
    k_tid_t threads[4];
    for (int i = 0; i < 4; ++i) {
        threads[i] = spawn(&w[i], 1);
    }
    k_event_post(&event, 0x16);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x10);
    for (int i = 0; i < 4; ++i) {
        if (i != 2) {
            test_join(threads[i]);
        }
    }
    CHECK(w[0].got == 0x2 && w[1].got == 0x6 && w[3].got == 0x6);
    CHECK_IS(k_thread_join(threads[2], K_NO_WAIT), -EBUSY);
    k_event_set(&event, 0x8);
    test_join(threads[2]);
    CHECK_IS(w[2].got, 0x8);
}

static void in_isr(void) {
    CHECK_IS(k_event_wait(&event, 0x1, false, K_NO_WAIT), 0);
    CHECK_IS(k_event_test(&event, 0x2), 0x2);
    CHECK_IS(k_event_post(&event, 0x1), 0);
    CHECK_IS(k_event_wait_all(&event, 0x2, false, K_NO_WAIT), 0x2);
    CHECK_IS(k_event_clear(&event, 0x2), 0x2);
}

CASE(event_from_interrupt) {
    k_event_init(&event);
    waiter_t w = {k_event_wait_all, 0x3, 0};
    k_tid_t t = spawn(&w, -1);
    k_event_post(&event, 0x2);
    test_in_isr(in_isr);
    test_join(t);
    CHECK_IS(w.got, 0x3);
    CHECK_IS(k_event_test(&event, UINT32_MAX), 0x1);
}

static void post(void *arg) {
    (void)arg;
    CHECK_IS(k_event_post(&event, 0x3), 0);
}

// It is the waiter's or the object's.
CASE(event_post_beside_timeout) {
    k_event_init(&event);
    k_tid_t t = test_spawn(post, NULL, 1);
    uint32_t got = k_event_wait_safe(&event, 0x1, false, K_MSEC(1));
    test_join(t);
    CHECK(got == 0 || got == 0x1);
    CHECK_IS(k_event_test(&event, UINT32_MAX), got == 0 ? 0x3 : 0x2);
}

CASE(event_waiter_aborted) {
    k_event_init(&event);
    waiter_t w = {k_event_wait_safe, 0x1, 0};
    k_tid_t t = spawn(&w, 1);
    test_end(t);
    CHECK_IS(k_event_post(&event, 0x1), 0);
    CHECK_IS(k_event_test(&event, 0x1), 0x1);
    CHECK_IS(w.got, 0);
}
