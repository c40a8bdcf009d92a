// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Semaphores.
#include "kernel_test.h"

static struct k_sem sem;
static volatile int taken;
static int order[4];

static void take(void *arg) {
    CHECK_IS(k_sem_take(&sem, K_FOREVER), 0);
    order[taken] = (int)(intptr_t)arg;
    taken += 1;
}

CASE(sem_init) {
    CHECK_IS(k_sem_init(&sem, 0, 0), -EINVAL);
    CHECK_IS(k_sem_init(&sem, 2, 1), -EINVAL);
    CHECK_IS(k_sem_init(&sem, 1, 1), 0);
    CHECK_IS(k_sem_count_get(&sem), 1);
    CHECK_IS(k_sem_init(&sem, 0, K_SEM_MAX_LIMIT), 0);
}

K_SEM_DEFINE(defined, 1, 2);

CASE(sem_counts) {
    CHECK_IS(k_sem_take(&defined, K_NO_WAIT), 0);
    CHECK_IS(k_sem_take(&defined, K_NO_WAIT), -EBUSY);
    for (int i = 0; i < 3; ++i) {
        k_sem_give(&defined);
    }
    CHECK_IS(k_sem_count_get(&defined), 2);
    k_sem_reset(&defined);
    CHECK_IS(k_sem_count_get(&defined), 0);
}

CASE(sem_timeout) {
    k_sem_init(&sem, 0, 1);
    int64_t begin = k_uptime_ticks();
    CHECK_IS(k_sem_take(&sem, K_MSEC(5)), -EAGAIN);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(k_sem_take(&sem, K_TIMEOUT_ABS_MS(1)), -EAGAIN);
    CHECK_IS(k_sem_take(&sem, K_USEC(-1)), -EBUSY);
}

CASE(sem_hands_over) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = test_spawn(take, NULL, 1);
    test_await_wait(t);
    k_sem_give(&sem);
    CHECK_IS(k_sem_take(&sem, K_NO_WAIT), -EBUSY); // it is the waiter's
    test_join(t);
    CHECK_IS(taken, 1);
}

WIDE_CASE(sem_most_urgent_first) {
    k_sem_init(&sem, 0, 1);
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(take, (void *)(intptr_t)i, i == 2 ? 1 : 2);
        test_await_wait(threads[i]);
    }
    for (int i = 0; i < 3; ++i) {
        k_sem_give(&sem);
        AWAIT(taken == i + 1);
    }
    CHECK(order[0] == 2 && order[1] == 0 && order[2] == 1);
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
}

static void is_reset(void *arg) {
    (void)arg;
    CHECK_IS(k_sem_take(&sem, K_FOREVER), -EAGAIN);
    taken += 1;
}

CASE(sem_reset_ends_waits) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = test_spawn(is_reset, NULL, 1);
    test_await_wait(t);
    k_sem_reset(&sem);
    test_join(t);
    CHECK_IS(taken, 1);
}

static void give(void) {
    k_sem_give(&sem);
}

CASE(sem_from_interrupt) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = test_spawn(take, NULL, 1);
    test_in_isr(give);
    test_join(t);
}

static void give_once(void *arg) {
    (void)arg;
    k_sem_give(&sem);
}

CASE(sem_grant_beside_timeout) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = test_spawn(give_once, NULL, 1);
    int ret = k_sem_take(&sem, K_MSEC(1));
    test_join(t);
    CHECK_IS(k_sem_count_get(&sem), ret == 0 ? 0 : 1);
}

CASE(sem_waiter_aborted) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = test_spawn(take, NULL, 1);
    test_await_wait(t);
    test_end(t);
    k_sem_give(&sem);
    CHECK_IS(k_sem_take(&sem, K_NO_WAIT), 0);
}
