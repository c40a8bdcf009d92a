// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A thread's life: creation, start, end, join, suspension, sleep.
#include <string.h>

#include "kernel_test.h"

static struct k_sem sem;
static volatile int ran;
static k_tid_t other;

static void run(void *arg) {
    (void)arg;
    ran += 1;
}

static void run_and_wait(void *arg) {
    (void)arg;
    ran += 1;
    k_sem_take(&sem, K_FOREVER);
    ran += 1;
}

CASE(thread_runs_and_ends) {
    k_tid_t t = test_spawn(run, NULL, 1);
    test_join(t);
    CHECK_IS(ran, 1);
}

CASE(thread_more_urgent_runs_at_once) {
    k_tid_t t = test_spawn(run, NULL, -1);
    if (!test_parallel()) {
        CHECK_IS(ran, 1);
    }
    test_join(t);
}

CASE(thread_start_once) {
    k_tid_t t = test_prepare(run, NULL, 1);
    CHECK_IS(k_thread_join(t, K_MSEC(1)), -EAGAIN);
    CHECK_IS(ran, 0);
    k_thread_start(t);
    k_thread_start(t);
    test_join(t);
    CHECK_IS(ran, 1);
}

static void join_other(void *arg) {
    (void)arg;
    CHECK_IS(k_thread_join(other, K_FOREVER), 0);
    ran += 1;
}

CASE(thread_join_results) {
    k_sem_init(&sem, 0, 1);
    CHECK_IS(k_thread_join(k_current_get(), K_NO_WAIT), -EBUSY);
    CHECK_IS(k_thread_join(k_current_get(), K_FOREVER), -EDEADLK);
    other = k_current_get();
    k_tid_t t = test_spawn(join_other, NULL, 1);
    test_await_wait(t);
    CHECK_IS(k_thread_join(t, K_NO_WAIT), -EBUSY);
    CHECK_IS(k_thread_join(t, K_FOREVER), -EDEADLK);
    test_end(t);
    CHECK_IS(ran, 0);
}

WIDE_CASE(thread_two_joiners) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = other = test_spawn(run_and_wait, NULL, 1);
    k_tid_t joiner = test_spawn(join_other, NULL, 1);
    test_await_wait(joiner);
    k_sem_give(&sem);
    CHECK_IS(k_thread_join(t, K_FOREVER), 0);
    test_join(joiner);
    CHECK_IS(ran, 3);
    test_join(t);
}

CASE(thread_abort_anywhere) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = test_spawn(run_and_wait, NULL, 0);
    test_end(t);
    CHECK(ran <= 1);
    k_sem_give(&sem);
    CHECK_IS(k_sem_take(&sem, K_NO_WAIT), 0);
}

CASE(thread_abort_before_start) {
    k_tid_t t = test_prepare(run, NULL, -1);
    test_end(t);
    CHECK_IS(ran, 0);
}

static void abort_other(void) {
    k_thread_abort(other);
}

CASE(thread_abort_in_interrupt) {
    k_sem_init(&sem, 0, 1);
    other = test_spawn(run_and_wait, NULL, 0);
    test_in_isr(abort_other);
    test_join(other);
}

static void abort_self(void *arg) {
    (void)arg;
    k_thread_abort(k_current_get());
    ran += 1;
}

CASE(thread_abort_self) {
    k_tid_t t = test_spawn(abort_self, NULL, 1);
    test_join(t);
    CHECK_IS(ran, 0);
}

static k_tid_t two[2];

static void abort_and_end(void *arg) {
    k_thread_abort(*(k_tid_t *)arg);
    ran += 1;
}

WIDE_CASE(thread_abort_each_other) {
    two[0] = test_prepare(abort_and_end, &two[1], 1);
    two[1] = test_prepare(abort_and_end, &two[0], 1);
    k_thread_start(two[0]);
    k_thread_start(two[1]);
    CHECK_IS(k_thread_join(two[1], K_FOREVER), 0);
    test_join(two[0]);
    test_join(two[1]);
    CHECK(ran <= 1);
}

CASE(thread_suspend_anywhere) {
    k_sem_init(&sem, 0, 1);
    k_tid_t t = test_spawn(run_and_wait, NULL, 0);
    k_thread_suspend(t);
    int before = ran;
    k_sem_give(&sem);
    k_usleep(100);
    CHECK_IS(ran, before);
    k_thread_resume(t);
    test_join(t);
    CHECK_IS(ran, 2);
}

static void suspend_self(void *arg) {
    (void)arg;
    k_thread_suspend(k_current_get());
    ran += 1;
}

CASE(thread_suspend_self) {
    k_tid_t t = test_spawn(suspend_self, NULL, -1);
    char state[16];
    AWAIT(strcmp(k_thread_state_str(t, state, sizeof(state)), "suspended") == 0);
    CHECK_IS(ran, 0);
    k_thread_resume(t);
    test_join(t);
}

static void sleep_and_run(void *arg) {
    (void)arg;
    ran = k_sleep(K_SECONDS(10)) + 1;
}

CASE(thread_sleep) {
    int64_t begin = k_uptime_ticks();
    CHECK_IS(k_msleep(3), 0);
    CHECK(k_uptime_ticks() - begin >= 3000);
    CHECK_IS(k_sleep(K_NO_WAIT), 0);
    CHECK_IS(k_usleep(50), 0);
}

CASE(thread_wakeup) {
    k_tid_t t = test_spawn(sleep_and_run, NULL, -1);
    test_await_wait(t);
    k_wakeup(t);
    test_join(t);
    CHECK(ran >= (TEST_SIM ? 1 : 2) && ran <= 10001);
}

static void sleep_for_ever(void *arg) {
    (void)arg;
    ran = k_sleep(K_FOREVER);
}

CASE(thread_sleep_for_ever) {
    k_tid_t t = test_spawn(sleep_for_ever, NULL, -1);
    test_await_wait(t);
    k_wakeup(t);
    test_join(t);
    CHECK_IS(ran, K_TICKS_FOREVER);
}

CASE(thread_delayed_start) {
    static K_THREAD_STACK_DEFINE(stack, ARCH_STACK_MIN);
    static struct k_thread thread;
    int64_t begin = k_uptime_ticks();
    k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), (k_thread_entry_t)(void *)run, NULL, NULL, NULL, -1,
        0, K_MSEC(2));
    CHECK_IS(k_thread_join(&thread, K_FOREVER), 0);
    CHECK_IS(ran, 1);
    CHECK(k_uptime_ticks() - begin >= 2000);
}

static void set_priority(void *arg) {
    k_thread_priority_set(arg, 3);
    ran += 1;
}

CASE(thread_priority) {
    k_tid_t t = test_spawn(set_priority, k_current_get(), 1);
    CHECK_IS(k_thread_priority_get(t), 1);
    k_thread_priority_set(t, -1);
    test_join(t);
    CHECK_IS(k_thread_priority_get(k_current_get()), 3);
    k_thread_priority_set(k_current_get(), TEST_PRIO);
}

CASE(thread_names) {
    char name[32];
    k_tid_t self = k_current_get();
    CHECK_IS(k_thread_name_set(self, "a name that is longer than there is room for"), 0);
    CHECK(strncmp(k_thread_name_get(self), "a name that is ", CONFIG_THREAD_MAX_NAME_LEN - 1) == 0);
    CHECK_IS(k_thread_name_copy(self, name, 3), -ENOSPC);
    CHECK_IS(k_thread_name_set(NULL, "self"), 0);
    CHECK_IS(k_thread_name_copy(self, name, sizeof(name)), 0);
    CHECK(strcmp(name, "self") == 0);
    k_thread_custom_data_set(name);
    CHECK(k_thread_custom_data_get() == name);
}

CASE(thread_sched_lock) {
    k_sched_lock();
    k_tid_t t = test_spawn(run, NULL, -1);
    if (!test_parallel()) {
        CHECK_IS(ran, 0);
    }
    k_sched_unlock();
    if (!test_parallel()) {
        CHECK_IS(ran, 1);
    }
    test_join(t);
}

static void count(const struct k_thread *t, void *arg) {
    (void)t;
    *(int *)arg += 1;
}

CASE(thread_foreach) {
    k_tid_t t = test_prepare(run, NULL, 1);
    int before = 0, after = 0;
    k_thread_foreach(count, &before);
    test_end(t);
    k_thread_foreach(count, &after);
    CHECK_IS(after, before - 1);
}

CASE(thread_cpu_mask) {
    k_tid_t t = test_prepare(run, NULL, 1);
    CHECK_IS(k_thread_cpu_mask_clear(t), 0);
    CHECK_IS(k_thread_cpu_mask_enable(t, ARCH_CORES), -EINVAL);
    CHECK_IS(k_thread_cpu_mask_enable(t, -1), -EINVAL);
    CHECK_IS(k_thread_cpu_mask_enable(t, 0), 0);
    CHECK_IS(k_thread_cpu_mask_disable(t, 0), 0);
    CHECK_IS(k_thread_cpu_pin(t, arch_core_count() - 1), 0);
    CHECK_IS(k_thread_cpu_mask_enable_all(k_current_get()), -EINVAL);
    k_thread_start(t);
    test_join(t);
}

CASE(thread_irq_lock_is_given_up_in_a_wait) {
    k_sem_init(&sem, 0, 1);
    unsigned key = irq_lock();
    k_tid_t t = test_spawn(run_and_wait, NULL, -1);
    CHECK_IS(ran, 0);
    AWAIT(ran == 1); // in sleeps
    irq_unlock(key);
    test_end(t);
}
