// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Condition variables.
#include "kernel_test.h"

static struct k_condvar condvar;
static struct k_mutex mutex;
static bool flag; // under the mutex, as everything here
static int order[3], woken, waiting;

static void init(void) {
    CHECK_IS(k_condvar_init(&condvar), 0);
    k_mutex_init(&mutex);
}

static void lock(void) {
    CHECK_IS(k_mutex_lock(&mutex, K_FOREVER), 0);
}

static void unlock(void) {
    CHECK_IS(k_mutex_unlock(&mutex), 0);
}

static void check_mine(unsigned count) {
    CHECK(mutex.owner == k_current_get());
    CHECK_IS(mutex.lock_count, count);
}

static void wait_for_flag(void *arg) {
    (void)arg;
    lock();
    while (!flag) {
        CHECK_IS(k_condvar_wait(&condvar, &mutex, K_FOREVER), 0);
        check_mine(1);
    }
    unlock();
}

static void wait_once(void *arg) {
    lock();
    waiting += 1;
    CHECK_IS(k_condvar_wait(&condvar, &mutex, K_FOREVER), 0);
    check_mine(1);
    order[woken] = (int)(intptr_t)arg;
    woken += 1;
    unlock();
}

// It has unlocked the mutex, so it is in the queue.
static k_tid_t spawn_waiter(int i, int below) {
    int before = waiting;
    k_tid_t t = test_spawn(wait_once, (void *)(intptr_t)i, below);
    for (;;) {
        lock();
        bool waits = waiting != before;
        unlock();
        if (waits) {
            return t;
        }
        test_spin();
    }
}

static K_CONDVAR_DEFINE(defined);

CASE(condvar_nobody_waits) {
    init();
    CHECK_IS(k_condvar_signal(&defined), 0);
    CHECK_IS(k_condvar_broadcast(&defined), 0);
    lock();
    CHECK_IS(k_condvar_wait(&defined, &mutex, K_MSEC(1)), -EAGAIN); // a signal before the wait is for nobody
    check_mine(1);
}

CASE(condvar_timeout) {
    init();
    lock();
    CHECK_IS(k_condvar_wait(&condvar, &mutex, K_NO_WAIT), -EAGAIN);
    check_mine(1);
    CHECK_IS(k_condvar_wait(&condvar, &mutex, K_USEC(-1)), -EAGAIN);
    check_mine(1);
    int64_t begin = k_uptime_ticks();
    CHECK_IS(k_condvar_wait(&condvar, &mutex, K_MSEC(5)), -EAGAIN);
    CHECK(k_uptime_ticks() - begin >= 5000);
    check_mine(1);
    CHECK_IS(k_condvar_wait(&condvar, &mutex, K_TIMEOUT_ABS_MS(1)), -EAGAIN);
    check_mine(1);
    CHECK_IS(k_condvar_broadcast(&condvar), 0);
}

// Nothing comes between the unlock and the wait: no signal is lost.
CASE(condvar_signal) {
    init();
    k_tid_t t = test_spawn(wait_for_flag, NULL, 0);
    lock();
    flag = true;
    CHECK_IS(k_condvar_signal(&condvar), 0);
    unlock();
    test_join(t);
    CHECK(mutex.owner == NULL);
}

CASE(condvar_signal_without_mutex) {
    init();
    k_tid_t t = spawn_waiter(0, 1);
    CHECK_IS(k_condvar_signal(&condvar), 0);
    test_join(t);
    CHECK_IS(woken, 1);
}

WIDE_CASE(condvar_most_urgent_first) {
    init();
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = spawn_waiter(i, i == 2 ? 1 : 2);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK_IS(k_condvar_signal(&condvar), 0);
        bool more = true;
        while (more) {
            lock();
            more = woken == i;
            CHECK(woken <= i + 1);
            unlock();
            test_spin();
        }
    }
    CHECK(order[0] == 2 && order[1] == 0 && order[2] == 1);
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
}

WIDE_CASE(condvar_broadcast) {
    init();
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = spawn_waiter(i, 1);
    }
    lock();
    CHECK_IS(k_condvar_broadcast(&condvar), 3);
    CHECK_IS(k_condvar_broadcast(&condvar), 0);
    CHECK_IS(woken, 0);
    unlock();
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK_IS(woken, 3);
}

static void signal_in_isr(void) {
    CHECK_IS(k_condvar_signal(&condvar), 0);
}

static void broadcast_in_isr(void) {
    CHECK_IS(k_condvar_broadcast(&condvar), 1);
}

CASE(condvar_from_interrupt) {
    init();
    k_tid_t t = spawn_waiter(0, 1);
    test_in_isr(signal_in_isr);
    test_join(t);
    t = spawn_waiter(0, -1);
    test_in_isr(broadcast_in_isr);
    test_join(t);
    CHECK_IS(woken, 2);
}

static void keep_for_a_while(void *arg) {
    (void)arg;
    lock();
    k_usleep(3000);
    flag = true;
    unlock();
}

// The time is over, and the wait goes on for the mutex, which lends.
CASE(condvar_timeout_waits_for_mutex) {
    init();
    lock();
    k_tid_t t = test_spawn(keep_for_a_while, NULL, 1);
    test_await_wait(t);
    CHECK_IS(k_condvar_wait(&condvar, &mutex, K_MSEC(1)), -EAGAIN);
    check_mine(1);
    CHECK(flag);
    CHECK_IS(k_thread_priority_get(t), TEST_PRIO + 1);
    unlock();
    test_join(t);
}

CASE(condvar_lends_while_it_locks) {
    init();
    k_tid_t t = spawn_waiter(0, -1);
    lock();
    CHECK_IS(k_condvar_signal(&condvar), 0);
    AWAIT(k_thread_priority_get(k_current_get()) == TEST_PRIO - 1);
    unlock();
    CHECK_IS(k_thread_priority_get(k_current_get()), TEST_PRIO);
    test_join(t);
}

static void signal_once(void *arg) {
    (void)arg;
    lock();
    CHECK_IS(k_condvar_signal(&condvar), 0);
    unlock();
}

// A signal is the waiter's or nobody's, and leaves nothing behind.
CASE(condvar_signal_beside_timeout) {
    init();
    lock();
    k_tid_t t = test_spawn(signal_once, NULL, 1);
    int ret = k_condvar_wait(&condvar, &mutex, K_MSEC(1));
    CHECK(ret == 0 || ret == -EAGAIN);
    check_mine(1);
    unlock();
    test_join(t);
    CHECK_IS(k_condvar_broadcast(&condvar), 0);
    CHECK(mutex.owner == NULL);
}

// One level is unlocked, and locked again.
CASE(condvar_mutex_locked_twice) {
    init();
    lock();
    lock();
    CHECK_IS(k_condvar_wait(&condvar, &mutex, K_MSEC(1)), -EAGAIN);
    check_mine(2);
}

CASE(condvar_waiter_aborted) {
    init();
    k_tid_t t = spawn_waiter(0, 1);
    test_end(t);
    CHECK_IS(k_condvar_signal(&condvar), 0);
    CHECK_IS(k_condvar_broadcast(&condvar), 0);
    CHECK_IS(k_mutex_lock(&mutex, K_NO_WAIT), 0);
    CHECK_IS(woken, 0);
}

// With a signal on its way, it leaves no trace in the condition variable or in the mutex's queue.
CASE(condvar_signalled_and_aborted) {
    init();
    k_tid_t t = spawn_waiter(0, -2);
    lock();
    CHECK_IS(k_condvar_broadcast(&condvar), 1);
    test_end(t);
    CHECK_IS(k_thread_priority_get(k_current_get()), TEST_PRIO);
    unlock();
    CHECK(mutex.owner == NULL);
}
