// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Timers.
#include <string.h>

#include "kern.h"
#include "kernel_test.h"

static struct k_timer timer, other;
static struct k_sem sem;
static volatile int calls, stops, inside;
static volatile uint32_t synced;
static int64_t first_at;

static void count_stop(struct k_timer *t) {
    CHECK(t == &timer);
    stops += 1;
}

static void count_call(struct k_timer *t) {
    CHECK(t == &timer);
    CHECK(k_is_in_isr());
    CHECK(!kern_locked());
    calls += 1;
}

static void sync(void *arg) {
    (void)arg;
    synced = k_timer_status_sync(&timer) + 100;
}

CASE(timer_once) {
    k_timer_init(&timer, count_call, count_stop);
    CHECK_IS(k_timer_status_get(&timer), 0);
    CHECK_IS(k_timer_remaining_ticks(&timer), 0);
    int64_t begin = k_uptime_ticks();
    k_timer_start(&timer, K_MSEC(2), K_NO_WAIT);
    CHECK_IS(k_timer_status_sync(&timer), 1);
    CHECK(k_uptime_ticks() - begin >= 2000);
    CHECK_IS(calls, 1);
    CHECK_IS(k_timer_remaining_ticks(&timer), 0);
    k_usleep(3000);
    CHECK_IS(k_timer_status_get(&timer), 0);
    k_timer_stop(&timer);
    CHECK(calls == 1 && stops == 0);
}

static K_TIMER_DEFINE(defined, NULL, NULL);

CASE(timer_without_functions) {
    k_timer_user_data_set(&defined, &timer);
    CHECK(k_timer_user_data_get(&defined) == &timer);
    k_timer_start(&defined, K_NO_WAIT, K_FOREVER);
    CHECK_IS(k_timer_status_sync(&defined), 1);
    k_timer_start(&defined, K_FOREVER, K_NO_WAIT);
    CHECK_IS(k_timer_remaining_get(&defined), 0);
    k_timer_start(&defined, K_HOURS(1), K_NO_WAIT);
    k_timer_stop(&defined);
    CHECK(k_timer_status_sync(&defined) <= 1);
    CHECK_IS(k_timer_status_sync(&defined), 0); // it does not run
}

#define PERIOD (40)

// The next one is due where the first was and whole periods later, also when that has been.
static void call_thrice(struct k_timer *t) {
    count_call(t);
    CHECK(k_uptime_ticks() >= first_at + (calls - 1) * PERIOD);
    CHECK_IS(k_timer_expires_ticks(t), first_at + calls * PERIOD);
    if (calls == 3) {
        k_timer_stop(t);
        k_sem_give(&sem);
    }
}

static void run_thrice(int64_t from) {
    k_sem_init(&sem, 0, 1);
    k_timer_init(&timer, call_thrice, count_stop);
    first_at = k_uptime_ticks() + from;
    k_timer_start(&timer, K_TIMEOUT_ABS_TICKS(first_at), K_TICKS(PERIOD));
}

CASE(timer_periods_do_not_drift) {
    run_thrice(PERIOD);
    k_sem_take(&sem, K_FOREVER);
    k_usleep(3 * PERIOD);
    CHECK(calls == 3 && stops == 1);
}

CASE(timer_missed_periods_are_made_up_for) {
    k_usleep(2 * PERIOD);
    run_thrice(-2 * PERIOD);
    k_sem_take(&sem, K_FOREVER);
    CHECK_IS(k_timer_status_get(&timer), 3);
}

CASE(timer_status_counts) {
    run_thrice(PERIOD);
    uint32_t all = k_timer_status_sync(&timer);
    CHECK(all >= 1);
    k_sem_take(&sem, K_FOREVER);
    CHECK_IS(all + k_timer_status_get(&timer), 3);
}

CASE(timer_what_is_left) {
    k_timer_init(&timer, NULL, NULL);
    int64_t at = k_uptime_ticks() + 10000;
    k_timer_start(&timer, K_TIMEOUT_ABS_TICKS(at), K_NO_WAIT);
    CHECK(k_timer_expires_ticks(&timer) == at || k_timer_status_get(&timer) == 1);
    CHECK(k_timer_remaining_ticks(&timer) <= 10000);
    k_timer_start(&timer, K_HOURS(2), K_NO_WAIT); // more than 32 bits of ticks
    uint32_t left = k_timer_remaining_get(&timer);
    CHECK(left == 0 || (left > 7190000 && left <= 7200000));
    k_timer_stop(&timer);
    CHECK_IS(k_timer_remaining_get(&timer), 0);
    CHECK(k_timer_expires_ticks(&timer) <= k_uptime_ticks());
}

CASE(timer_stop) {
    k_timer_init(&timer, count_call, count_stop);
    k_timer_stop(&timer);
    CHECK_IS(stops, 0);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    k_timer_stop(&timer);
    CHECK_IS(calls + stops, 1); // one or the other
    k_timer_stop(&timer);
    k_usleep(2000);
    CHECK_IS(calls + stops, 1);
    CHECK_IS(k_timer_status_get(&timer), calls);
}

CASE(timer_restart) {
    k_timer_init(&timer, count_call, count_stop);
    k_timer_start(&timer, K_SECONDS(2), K_MSEC(1));
    k_timer_start(&timer, K_NO_WAIT, K_NO_WAIT);
    AWAIT(k_timer_remaining_ticks(&timer) == 0);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT); // the status is 0
    k_timer_start(&timer, K_FOREVER, K_NO_WAIT);
    CHECK_IS(k_timer_status_sync(&timer), 1);
    AWAIT(calls >= 1);
    CHECK_IS(stops, 0);
}

CASE(timer_sync_until_stopped) {
    k_timer_init(&timer, NULL, count_stop);
    k_timer_start(&timer, K_HOURS(1), K_NO_WAIT);
    k_tid_t t = test_spawn(sync, NULL, -1);
    test_await_wait(t);
    k_timer_start(&timer, K_HOURS(2), K_NO_WAIT); // it goes on waiting
    k_timer_stop(&timer);
    test_join(t);
    CHECK(synced == 100 ? stops == 1 : synced == 101);
}

WIDE_CASE(timer_stop_ends_all_waits) {
    k_timer_init(&timer, NULL, NULL);
    k_timer_start(&timer, K_HOURS(1), K_HOURS(1));
    k_tid_t one = test_spawn(sync, NULL, 1), two = test_spawn(sync, NULL, 2);
    test_await_wait(one);
    test_await_wait(two);
    k_timer_stop(&timer);
    test_join(one);
    test_join(two);
}

CASE(timer_waiter_aborted) {
    k_timer_init(&timer, NULL, NULL);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    k_tid_t t = test_spawn(sync, NULL, -1);
    test_end(t);
    CHECK(k_timer_status_sync(&timer) <= 1); // the waiter may have had it
}

static void stop_itself(struct k_timer *t) {
    count_call(t);
    k_timer_stop(t);
}

CASE(timer_stops_itself) {
    k_timer_init(&timer, stop_itself, count_stop);
    k_timer_start(&timer, K_USEC(100), K_USEC(100));
    k_tid_t t = test_spawn(sync, NULL, -1);
    test_join(t);
    CHECK_IS(synced, 101);
    k_usleep(500);
    CHECK(calls == 1 && stops == 1);
}

static volatile bool once_more;

static void start_itself(struct k_timer *t) {
    count_call(t);
    if (once_more) {
        once_more = false;
        k_timer_start(t, K_USEC(100), K_NO_WAIT);
    }
}

// A start makes the status 0, but whoever waits for this expiry has been promised it.
CASE(timer_starts_itself) {
    k_timer_init(&timer, start_itself, count_stop);
    k_timer_start(&timer, K_HOURS(1), K_NO_WAIT);
    k_tid_t t = test_spawn(sync, NULL, -1);
    test_await_wait(t);
    once_more = true;
    k_timer_start(&timer, K_USEC(100), K_NO_WAIT);
    test_join(t);
    CHECK_IS(k_timer_status_sync(&timer), 1); // not the same one
    CHECK_IS(stops, 0);
}

static void count_twice(struct k_timer *t) {
    CHECK_IS(inside, 0);
    inside = 1;
    count_call(t);
    CHECK_IS(inside, 1);
    if (calls % 8 == 0) {
        k_timer_stop(t); // simulated time may pass faster than there is anything to do
    }
    inside = 0;
}

static void stop(void *arg) {
    (void)arg;
    k_timer_stop(&timer);
    int before = calls;
    k_usleep(250);
    CHECK(calls <= before + test_parallel()); // one may have been on its way on another core
}

CASE(timer_stopped_anywhere) {
    k_timer_init(&timer, count_twice, count_stop);
    k_timer_start(&timer, K_USEC(100), K_USEC(100));
    k_tid_t t = test_spawn(stop, NULL, 0);
    test_join(t);
    CHECK_IS(stops, 1);
}

static void restart(void *arg) {
    (void)arg;
    k_timer_start(&timer, K_USEC(100), K_USEC(200));
}

CASE(timer_restarted_anywhere) {
    k_timer_init(&timer, count_twice, count_stop);
    k_timer_start(&timer, K_USEC(100), K_USEC(100));
    k_tid_t t = test_spawn(restart, NULL, 0);
    test_join(t);
    k_timer_status_sync(&timer);
    k_timer_stop(&timer);
    CHECK(stops >= 1);
}

WIDE_CASE(timer_stopped_while_restarted) {
    k_timer_init(&timer, count_twice, count_stop);
    k_timer_start(&timer, K_USEC(100), K_USEC(100));
    k_tid_t one = test_spawn(restart, NULL, 0), two = test_spawn(restart, NULL, 0);
    k_timer_stop(&timer);
    test_join(one);
    test_join(two);
    stop(NULL);
    CHECK(stops >= 1);
}

static void count_other(struct k_timer *t) {
    (void)t;
    count_twice(&timer);
    k_sem_give(&sem);
}

static void start_other(void *arg) {
    (void)arg;
    k_timer_start(&other, K_USEC(20), K_NO_WAIT);
}

// One core's timer is set for the one, and another's for the other.
CASE(timer_functions_one_at_a_time) {
    k_sem_init(&sem, 0, 1);
    k_timer_init(&timer, count_twice, NULL);
    k_timer_init(&other, count_other, NULL);
    k_timer_start(&timer, K_USEC(40), K_NO_WAIT);
    k_tid_t t = test_prepare(start_other, NULL, 0);
    k_thread_cpu_pin(t, arch_core_count() - 1);
    k_thread_start(t);
    test_join(t);
    k_sem_take(&sem, K_FOREVER);
    AWAIT(calls == 2 && inside == 0);
}

static void give(struct k_timer *t) {
    (void)t;
    k_sem_give(&sem);
}

static void start_and_stay(void *arg) {
    (void)arg;
    k_timer_start(&timer, K_USEC(100), K_NO_WAIT);
    while (calls == 0) {
        arch_spin();
    }
}

// Its function has done all that it does: the timer is the caller's again, also where that is on another core than the
// interrupt.
CASE(timer_reused_at_once) {
    k_sem_init(&sem, 0, 1);
    k_timer_init(&timer, give, NULL);
    k_tid_t t = test_spawn(start_and_stay, NULL, 0);
    CHECK_IS(k_sem_take(&sem, K_FOREVER), 0);
    memset(&timer, 0xdd, sizeof(timer));
    calls = 1;
    test_join(t);
    CHECK_IS(timer.status, 0xdddddddd);
}

static void start_and_stop(void) {
    k_timer_start(&timer, K_USEC(100), K_USEC(100));
    k_timer_stop(&timer);
    k_timer_start(&timer, K_USEC(100), K_NO_WAIT);
}

CASE(timer_in_interrupt) {
    k_timer_init(&timer, count_call, count_stop);
    test_in_isr(start_and_stop);
    AWAIT(calls >= 1);
    CHECK(stops <= 1);
}

// What is due while an expiry function runs is not forgotten.
static void start_another(struct k_timer *t) {
    count_call(t);
    k_timer_start(&defined, K_NO_WAIT, K_NO_WAIT);
}

CASE(timer_starts_another) {
    k_timer_init(&timer, start_another, NULL);
    k_timer_start(&timer, K_USEC(100), K_NO_WAIT);
    k_usleep(150);
    AWAIT(calls == 1);
    CHECK_IS(k_timer_status_sync(&defined), 1);
}
