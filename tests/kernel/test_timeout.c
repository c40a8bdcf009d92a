// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Time: the heap of all that is to come, units, timeouts, time points, and whose turn it is.
#include <string.h>

#include "kern.h"
#include "kernel_test.h"

static struct k_sem sem;

// ---- the heap

#define MANY (200)
#define FAR (INT64_C(3600000000)) // ticks

static struct _timeout items[MANY];
static uint32_t stamps[MANY], stamp; // when each was added, in a model that looks at all of them; 0: is not in it
static uint32_t seed = 1;

static unsigned draw(unsigned below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % below;
}

static void not_called(struct _timeout *t) {
    (void)t;
    CHECK(false);
}

static void add(int i, int64_t at) {
    kern_timeout_add_locked(&items[i], at, not_called);
    stamps[i] = ++stamp;
}

static void take_out(int i) {
    CHECK_IS(kern_timeout_remove_locked(&items[i]), stamps[i] != 0);
    CHECK(!kern_timeout_remove_locked(&items[i]));
    stamps[i] = 0;
}

static int model_first(void) {
    int first = -1;
    for (int i = 0; i < MANY; ++i) {
        if (stamps[i] != 0 && (first < 0 || items[i].at < items[first].at
            || (items[i].at == items[first].at && stamps[i] < stamps[first]))) {
            first = i;
        }
    }
    return first;
}

static void check_first(void) {
    int first = model_first();
    CHECK(kern.timeouts == (first < 0 ? NULL : &items[first]));
}

// A heap whose right paths are the short ones. Its nodes.
static int check_shape(const struct _timeout *t, const struct _timeout *parent) {
    if (t == NULL) {
        return 0;
    }
    CHECK(t->parent == parent && (parent == NULL || parent->at <= t->at));
    int left = t->left == NULL ? 0 : t->left->rank, right = t->right == NULL ? 0 : t->right->rank;
    CHECK(left >= right && t->rank == right + 1);
    return 1 + check_shape(t->left, t) + check_shape(t->right, t);
}

static void take_out_all(void) {
    for (int first; (first = model_first()) >= 0;) {
        check_first();
        take_out(first);
    }
    CHECK(kern.timeouts == NULL);
}

// Only these are in the heap meanwhile: the watch has one, too.
static struct _timeout *others;

static kern_key_t begin(void) {
    kern_key_t key = kern_lock();
    others = kern.timeouts;
    kern.timeouts = NULL;
    return key;
}

static void end(kern_key_t key) {
    kern.timeouts = others;
    kern_unlock(key);
}

// Few different times, so that most are a tie.
WIDE_CASE(timeout_heap_like_a_list) {
    kern_key_t key = begin();
    int64_t base = kern_now() + FAR;
    for (int round = 0; round < 4 * MANY; ++round) {
        int i = draw(MANY);
        if (stamps[i] == 0) {
            add(i, base + draw(16));
        } else if (draw(4) == 0) {
            take_out(i);
        } else if (draw(4) == 0) {
            take_out(model_first());
        }
        check_first();
    }
    int count = 0;
    for (int i = 0; i < MANY; ++i) {
        count += stamps[i] != 0;
    }
    CHECK(count > MANY / 2);
    CHECK_IS(check_shape(kern.timeouts, NULL), count);
    take_out_all();
    end(key);
}

WIDE_CASE(timeout_removed_anywhere) {
    kern_key_t key = begin();
    int64_t base = kern_now() + FAR;
    for (int n = 1; n <= 12; ++n) {
        for (int i = 0; i < n; ++i) {
            for (int k = 0; k < n; ++k) {
                add(k, base + draw(6));
            }
            take_out(i);
            CHECK_IS(check_shape(kern.timeouts, NULL), n - 1);
            take_out_all();
        }
    }
    end(key);
}

WIDE_CASE(timeout_many) {
    kern_key_t key = begin();
    int64_t base = kern_now() + FAR;
    for (int i = 0; i < MANY; ++i) {
        add(i, base + draw(MANY));
    }
    CHECK_IS(check_shape(kern.timeouts, NULL), MANY);
    CHECK(kern.timeouts->rank <= 8); // no path to the right is longer than log2
    take_out_all();
    end(key);
}

static int called[5];
static volatile int calls;

static void record(struct _timeout *t) {
    CHECK(k_is_in_isr() && (kern_locked() || !KERN_HOLDERS) && !kern_timeout_is_set(t));
    CHECK(kern_now() >= t->at);
    called[calls] = t - items;
    calls += 1;
    if (calls == 4) {
        k_sem_give(&sem);
    }
}

static void record_and_take_out_2(struct _timeout *t) {
    record(t);
    CHECK(kern_timeout_remove_locked(&items[2]));
}

CASE(timeout_called_in_order) {
    k_sem_init(&sem, 0, 1);
    kern_key_t key = kern_lock();
    int64_t now = kern_now();
    kern_timeout_add_locked(&items[0], now + 30, record);
    kern_timeout_add_locked(&items[1], now + 10, record);
    kern_timeout_add_locked(&items[2], now + 20, not_called);
    kern_timeout_add_locked(&items[3], now + 10, record_and_take_out_2);
    kern_timeout_add_locked(&items[4], now + 30, record);
    kern_timeout_add_locked(&items[5], KERN_NEVER, not_called);
    CHECK(!kern_timeout_is_set(&items[5]));
    kern_unlock(key);
    k_sem_take(&sem, K_FOREVER);
    CHECK(called[0] == 1 && called[1] == 3 && called[2] == 0 && called[3] == 4);
}

// ---- timeouts

static void sleep_until(void *timeout) {
    calls = k_sleep(*(const k_timeout_t *)timeout);
}

CASE(timeout_absolute) {
    CHECK_IS(k_sleep(K_TIMEOUT_ABS_TICKS(0)), 0);
    CHECK_IS(k_sleep(K_TIMEOUT_ABS_MS(-5)), 0);
    int64_t at = k_uptime_ticks() + 2000;
    CHECK_IS(k_sleep(K_TIMEOUT_ABS_TICKS(at)), 0);
    CHECK(k_uptime_ticks() >= at);
    CHECK_IS(k_sleep(K_TIMEOUT_ABS_TICKS(at)), 0);
}

CASE(timeout_absolute_and_far) {
    k_timeout_t timeout = K_TIMEOUT_ABS_TICKS(INT64_MAX);
    k_tid_t t = test_spawn(sleep_until, &timeout, -1);
    test_await_wait(t);
    CHECK(k_thread_timeout_expires_ticks(t) > INT64_MAX / 2);
    k_wakeup(t);
    test_join(t);
    CHECK_IS(calls, TEST_SIM && calls == 0 ? 0 : INT32_MAX); // as much as there is room for
}

CASE(timeout_of_a_thread) {
    k_timeout_t timeout = K_TIMEOUT_ABS_TICKS(k_uptime_ticks() + 5000);
    k_tid_t t = test_spawn(sleep_until, &timeout, -1);
    test_await_wait(t);
    int64_t at = k_thread_timeout_expires_ticks(t);
    CHECK(at == Z_TICK_ABS(timeout.ticks) || k_uptime_ticks() >= Z_TICK_ABS(timeout.ticks));
    CHECK(k_thread_timeout_remaining_ticks(t) <= 5000);
    test_join(t);
    CHECK_IS(k_thread_timeout_remaining_ticks(k_current_get()), 0);
}

CASE(timeout_macros) {
    CHECK(K_TIMEOUT_EQ(K_MSEC(0), K_NO_WAIT) && K_TIMEOUT_EQ(K_TICKS(0), K_NO_WAIT));
    CHECK(K_TIMEOUT_EQ(K_MSEC(-1), K_NO_WAIT) && K_TIMEOUT_EQ(K_TICKS(-1), K_NO_WAIT));
    CHECK(K_TIMEOUT_EQ(K_HOURS(-1), K_NO_WAIT) && K_TIMEOUT_EQ(K_MSEC(INT64_MIN), K_NO_WAIT));
    CHECK(K_TIMEOUT_EQ(K_NSEC(INT32_MIN), K_NO_WAIT) && K_TIMEOUT_EQ(K_MINUTES(0), K_NO_WAIT));
    CHECK_IS(K_NSEC(1).ticks, 1);
    CHECK_IS(K_NSEC(1000).ticks, 1);
    CHECK_IS(K_NSEC(1001).ticks, 2);
    CHECK_IS(K_USEC(7).ticks, 7);
    CHECK_IS(K_MSEC(7).ticks, 7000);
    CHECK_IS(K_CYC(sys_clock_hw_cycles_per_sec()).ticks, 1000000);
    CHECK_IS(K_CYC(1).ticks, 1);
    CHECK_IS(K_SECONDS(INT32_MAX).ticks, INT64_C(2147483647000000));
    CHECK_IS(K_MINUTES(INT32_MAX).ticks, INT64_C(128849018820000000));
    CHECK_IS(K_HOURS(INT32_MAX).ticks, INT64_C(7730941129200000000));
    CHECK(K_TIMEOUT_EQ(SYS_TIMEOUT_MS(SYS_FOREVER_MS), K_FOREVER) && K_TIMEOUT_EQ(SYS_TIMEOUT_MS(5), K_MSEC(5)));
    CHECK(!Z_IS_TIMEOUT_RELATIVE(K_TIMEOUT_ABS_TICKS(0)) && !K_TIMEOUT_EQ(K_TIMEOUT_ABS_TICKS(0), K_FOREVER));
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_TICKS(-5).ticks), 0);
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_SEC(5).ticks), 5000000);
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_MS(5).ticks), 5000);
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_US(5).ticks), 5);
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_NS(5).ticks), 1);
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_CYC(sys_clock_hw_cycles_per_sec()).ticks), 1000000);
}

// What is longer than the longest timeout lasts that long, and is no time of the clock, nor for ever.
CASE(timeout_macros_of_too_much) {
    static const k_timeout_t longest = { INT64_MAX - 1 };
    CHECK(K_TIMEOUT_EQ(K_TICKS(INT64_MAX), longest) && K_TIMEOUT_EQ(K_TICKS(UINT64_MAX), longest));
    CHECK(K_TIMEOUT_EQ(K_USEC(INT64_MAX), longest) && K_TIMEOUT_EQ(K_MSEC(INT64_MAX), longest));
    CHECK(K_TIMEOUT_EQ(K_MSEC(UINT64_MAX), longest) && K_TIMEOUT_EQ(K_SECONDS(INT64_MAX), longest));
    CHECK(K_TIMEOUT_EQ(K_MINUTES(INT64_MAX), longest) && K_TIMEOUT_EQ(K_HOURS(UINT64_MAX), longest));
    CHECK_IS(K_NSEC(INT64_MAX).ticks, INT64_MAX / 1000 + 1);
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_TICKS(INT64_MAX).ticks), INT64_MAX - 1);
    CHECK_IS(Z_TICK_ABS(K_TIMEOUT_ABS_SEC(INT64_MAX).ticks), INT64_MAX - 1);
    CHECK_IS(kern_expiry(K_TICKS(INT64_MAX)), KERN_NEVER - 1);
    CHECK_IS(kern_expiry(K_TIMEOUT_ABS_TICKS(INT64_MAX)), KERN_NEVER - 1);
    CHECK_IS(kern_expiry(K_FOREVER), KERN_NEVER);
}

// ---- time points

CASE(timepoint_fixed) {
    k_timepoint_t never = sys_timepoint_calc(K_FOREVER), now = sys_timepoint_calc(K_NO_WAIT);
    k_timepoint_t past = sys_timepoint_calc(K_TIMEOUT_ABS_TICKS(1)), far = sys_timepoint_calc(K_TICKS(INT64_MAX));
    CHECK(K_TIMEOUT_EQ(sys_timepoint_timeout(never), K_FOREVER) && !sys_timepoint_expired(never));
    CHECK(K_TIMEOUT_EQ(sys_timepoint_timeout(now), K_NO_WAIT) && sys_timepoint_expired(now));
    k_usleep(1);
    CHECK(sys_timepoint_expired(past));
    CHECK(!sys_timepoint_expired(far) && sys_timepoint_timeout(far).ticks > INT64_MAX / 2);
    CHECK(sys_timepoint_cmp(now, past) < 0 && sys_timepoint_cmp(past, far) < 0 && sys_timepoint_cmp(far, never) < 0);
    CHECK(sys_timepoint_cmp(never, never) == 0 && sys_timepoint_cmp(never, past) > 0);
}

CASE(timepoint_of_several_waits) {
    k_sem_init(&sem, 0, 1);
    int64_t begin = k_uptime_ticks();
    k_timepoint_t end = sys_timepoint_calc(K_MSEC(2));
    CHECK(sys_timepoint_timeout(end).ticks <= 2000); // not more than what was asked for
    CHECK_IS(k_sem_take(&sem, K_MSEC(1)), -EAGAIN);
    k_timeout_t left = sys_timepoint_timeout(end);
    CHECK(left.ticks < 1000);
    int ret = k_sem_take(&sem, left);
    CHECK_IS(ret, K_TIMEOUT_EQ(left, K_NO_WAIT) ? -EBUSY : -EAGAIN);
    CHECK(sys_timepoint_expired(end) && k_uptime_ticks() - begin >= 2000);
}

CASE(timepoint_of_absolute) {
    int64_t at = k_uptime_ticks() + 500;
    k_timepoint_t end = sys_timepoint_calc(K_TIMEOUT_ABS_TICKS(at));
    CHECK(!sys_timepoint_expired(end) || k_uptime_ticks() >= at);
    CHECK(sys_timepoint_timeout(end).ticks <= 500);
    k_sleep(K_TIMEOUT_ABS_TICKS(at));
    CHECK(sys_timepoint_expired(end));
}

// ---- units

typedef struct {
    uint32_t from, to;
    uint64_t (*floor64)(uint64_t t), (*ceil64)(uint64_t t), (*near64)(uint64_t t);
    uint32_t (*floor32)(uint32_t t), (*ceil32)(uint32_t t), (*near32)(uint32_t t);
} family_t;

static void check_conversion(const family_t *f, uint32_t t) {
    // 62 bits at most.
    uint64_t exact = (uint64_t)t * f->to, floor = exact / f->from, rest = exact % f->from;
    CHECK_IS(f->floor64(t), floor);
    CHECK_IS(f->ceil64(t), floor + (rest != 0));
    CHECK_IS(f->near64(t), floor + (rest >= f->from - f->from / 2));
    CHECK_IS(f->floor32(t), (uint32_t)f->floor64(t));
    CHECK_IS(f->ceil32(t), (uint32_t)f->ceil64(t));
    CHECK_IS(f->near32(t), (uint32_t)f->near64(t));
}

static void check_family(const family_t *f) {
    uint32_t n = f->from / f->to, borders[] = { 0, 1, n / 2, n, f->from / 2, f->from, UINT32_MAX / 2, UINT32_MAX };
    for (unsigned i = 0; i < ARRAY_SIZE(borders); ++i) {
        check_conversion(f, borders[i]);
        check_conversion(f, borders[i] == 0 ? 0 : borders[i] - 1);
        check_conversion(f, borders[i] == UINT32_MAX ? borders[i] : borders[i] + 1);
    }
    // Whole seconds, as many as there are results for.
    uint64_t seconds = UINT64_MAX / MAX(f->from, f->to);
    CHECK_IS(f->floor64(seconds * f->from), seconds * f->to);
    CHECK_IS(f->ceil64(seconds * f->from), seconds * f->to);
    CHECK_IS(f->near64(seconds * f->from), seconds * f->to);
}

#define FAMILY(a, b) check_family(&(family_t) { \
        Z_HZ_##a, Z_HZ_##b, k_##a##_to_##b##_floor64, k_##a##_to_##b##_ceil64, k_##a##_to_##b##_near64, \
        k_##a##_to_##b##_floor32, k_##a##_to_##b##_ceil32, k_##a##_to_##b##_near32, \
    })

WIDE_CASE(units_at_their_borders) {
    FAMILY(sec, ms), FAMILY(sec, us), FAMILY(sec, ns), FAMILY(sec, ticks), FAMILY(sec, cyc);
    FAMILY(ms, sec), FAMILY(ms, us), FAMILY(ms, ns), FAMILY(ms, ticks), FAMILY(ms, cyc);
    FAMILY(us, sec), FAMILY(us, ms), FAMILY(us, ns), FAMILY(us, ticks), FAMILY(us, cyc);
    FAMILY(ns, sec), FAMILY(ns, ms), FAMILY(ns, us), FAMILY(ns, ticks), FAMILY(ns, cyc);
    FAMILY(ticks, sec), FAMILY(ticks, ms), FAMILY(ticks, us), FAMILY(ticks, ns), FAMILY(ticks, cyc);
    FAMILY(cyc, sec), FAMILY(cyc, ms), FAMILY(cyc, us), FAMILY(cyc, ns), FAMILY(cyc, ticks);
}

// Of any rates, also those that no board here has.
#define RATES(a, b) \
    static uint64_t floor_##a##_##b(uint64_t t) { \
        return z_convert(t, a, b, 0); \
    } \
    static uint64_t ceil_##a##_##b(uint64_t t) { \
        return z_convert(t, a, b, a - 1); \
    } \
    static uint64_t near_##a##_##b(uint64_t t) { \
        return z_convert(t, a, b, a / 2); \
    }

RATES(32768, 1000000)
RATES(12500000, 1000000)
RATES(25000000, 1000000)
RATES(1000000, 12288000)
RATES(3, 7)

WIDE_CASE(units_of_odd_rates) {
    for (uint32_t t = 0; t < 100; ++t) {
        CHECK_IS(floor_32768_1000000(t), t * 1000000ull / 32768);
        CHECK_IS(ceil_32768_1000000(t), (t * 1000000ull + 32767) / 32768);
        CHECK_IS(near_32768_1000000(t), (t * 1000000ull + 16384) / 32768);
        CHECK_IS(floor_12500000_1000000(t), t * 10 / 125);
        CHECK_IS(ceil_12500000_1000000(t), (t * 10 + 124) / 125);
        CHECK_IS(near_12500000_1000000(t), (t * 20 + 125) / 250);
        CHECK_IS(floor_25000000_1000000(t), t / 25);
        CHECK_IS(ceil_25000000_1000000(t), (t + 24) / 25);
        CHECK_IS(near_25000000_1000000(t), (t * 2 + 25) / 50);
        CHECK_IS(floor_1000000_12288000(t), t * 12288 / 1000);
        CHECK_IS(ceil_1000000_12288000(t), (t * 12288 + 999) / 1000);
        CHECK_IS(near_1000000_12288000(t), (t * 12288 + 500) / 1000);
        CHECK_IS(floor_3_7(t), t * 7 / 3);
        CHECK_IS(ceil_3_7(t), (t * 7 + 2) / 3);
        CHECK_IS(near_3_7(t), (t * 7 + 1) / 3);
    }
    CHECK_IS(floor_12500000_1000000(UINT64_MAX), UINT64_C(1475739525896764129));
    CHECK_IS(ceil_12500000_1000000(UINT64_MAX), UINT64_C(1475739525896764130));
}

WIDE_CASE(units_of_much) {
    CHECK_IS(k_ns_to_us_floor64(UINT64_MAX), UINT64_C(18446744073709551));
    CHECK_IS(k_ns_to_us_ceil64(UINT64_MAX), UINT64_C(18446744073709552));
    CHECK_IS(k_ns_to_us_near64(UINT64_MAX), UINT64_C(18446744073709552));
    CHECK_IS(k_us_to_sec_ceil64(UINT64_MAX), UINT64_C(18446744073710));
    CHECK_IS(k_ticks_to_us_near64(UINT64_MAX), UINT64_MAX);
    CHECK_IS(k_sec_to_ns_floor64(UINT64_C(18446744073)), UINT64_C(18446744073000000000));
    CHECK_IS(k_sec_to_ns_floor64(UINT64_C(18446744074)), UINT64_MAX);
    CHECK_IS(k_ms_to_ticks_ceil64(UINT64_MAX), UINT64_MAX);
    CHECK_IS(k_ms_to_us_ceil32(4294967), UINT32_C(4294967000));
    CHECK_IS(k_us_to_ms_near32(UINT32_MAX), 4294967);
    CHECK_IS(k_us_to_ms_ceil32(UINT32_MAX), 4294968);
}

CASE(uptime) {
    int64_t ms = k_uptime_get(), begin = ms;
    uint32_t ms_32 = k_uptime_get_32(), cycles = k_cycle_get_32(), ticks = sys_clock_tick_get_32();
    uint64_t cycles_64 = k_cycle_get_64();
    k_msleep(3);
    int64_t delta = k_uptime_delta(&ms);
    CHECK(delta >= 3 && ms == begin + delta && ms <= k_uptime_get());
    CHECK(k_uptime_delta(&ms) >= 0);
    CHECK(k_uptime_get_32() - ms_32 >= 3 && sys_clock_tick_get_32() - ticks >= 3000);
    CHECK(k_cyc_to_us_ceil64(k_cycle_get_64() - cycles_64) >= 2999 && k_cycle_get_32() != cycles);
    CHECK(k_uptime_seconds() <= k_uptime_get() / 1000);
}

CASE(busy_wait) {
    static struct k_timer timer;
    k_timer_init(&timer, NULL, NULL);
    k_timer_start(&timer, K_USEC(50), K_USEC(50)); // so that simulated time passes
    int64_t begin = k_uptime_ticks();
    k_busy_wait(120);
    CHECK(k_uptime_ticks() - begin >= 120);
    k_busy_wait(0);
    k_timer_stop(&timer);
}

// ---- turns

static volatile bool here, there;

static void meet_here(void *arg) {
    (void)arg;
    here = true;
    while (!there) {
        arch_spin();
    }
}

static void meet_there(void *arg) {
    (void)arg;
    there = true;
    while (!here) {
        arch_spin();
    }
}

// For four slices. Simulated time passes to where something happens only.
static void keep_core(void) {
    static struct k_timer timer;
    k_timer_init(&timer, NULL, NULL);
    k_timer_start(&timer, K_MSEC(20), K_NO_WAIT);
    while (k_timer_status_get(&timer) == 0) {
        arch_spin();
    }
}

// Neither waits for anything: without slices one core would never come to the other.
CASE(slice_of_equals) {
    k_sched_time_slice_set(5, TEST_PRIO);
    k_tid_t t = test_spawn(meet_there, NULL, 0);
    meet_here(NULL);
    test_join(t);
}

WIDE_CASE(slice_of_the_less_urgent_only) {
    k_sched_time_slice_set(5, TEST_PRIO + 1);
    k_tid_t one = test_spawn(meet_here, NULL, 1), two = test_spawn(meet_there, NULL, 1);
    k_tid_t equal = test_prepare(meet_here, NULL, 0);
    test_join(one);
    test_join(two);
    here = false;
    k_thread_start(equal);
    keep_core();
    CHECK(test_parallel() || !here);
    test_join(equal);
}

static void say_here(void *arg) {
    (void)arg;
    here = true;
}

static void no_turns(void *arg) {
    here = false;
    k_tid_t t = test_spawn(say_here, NULL, (int)(intptr_t)arg);
    keep_core();
    CHECK(test_parallel() || !here);
    test_join(t);
}

// A slice counts from when a thread comes onto its core, so it is over when an equal comes late.
CASE(slice_is_over_when_an_equal_comes) {
    k_sched_time_slice_set(5, TEST_PRIO);
    here = false;
    keep_core();
    int64_t begin = k_uptime_ticks();
    k_tid_t t = test_spawn(say_here, NULL, 0);
    CHECK(test_parallel() || here || k_uptime_ticks() - begin >= 5000); // its own slice may be over
    test_join(t);
}

static void displace_often(void *arg) {
    (void)arg;
    while (!here || !there) {
        k_msleep(1);
    }
}

// Who is displaced again and again has no new slice each time, in which the equal would never come.
CASE(slice_goes_on_behind_the_more_urgent) {
    k_sched_time_slice_set(5, TEST_PRIO);
    k_tid_t urgent = test_spawn(displace_often, NULL, -1);
    k_tid_t t = test_spawn(meet_there, NULL, 0);
    meet_here(NULL);
    test_join(t);
    test_join(urgent);
}

CASE(slice_of_nobody) {
    k_sched_time_slice_set(0, TEST_PRIO);
    no_turns((void *)0);
    CHECK(here);
}

WIDE_CASE(slice_not_of_the_cooperative) {
    k_sched_time_slice_set(5, -5);
    k_tid_t t = test_spawn(no_turns, (void *)-1, -1);
    test_join(t);
}

// With the scheduler locked a thread keeps its core, and the slice is over when it unlocks it.
CASE(slice_not_with_scheduler_locked) {
    k_sched_time_slice_set(5, TEST_PRIO);
    k_tid_t t = test_spawn(say_here, NULL, 0);
    if (!test_parallel()) {
        k_sched_lock();
        here = false;
        keep_core();
        CHECK(!here);
        k_sched_unlock();
    }
    test_join(t);
}

static char turns[8];

static void take_turns(void *letter) {
    for (int i = 0; i < 2; ++i) {
        unsigned key = irq_lock();
        turns[strlen(turns)] = (char)(intptr_t)letter;
        irq_unlock(key);
        k_yield();
    }
}

WIDE_CASE(yield_among_equals) {
    k_sched_time_slice_set(0, TEST_PRIO);
    k_yield(); // nobody
    k_tid_t below = test_spawn(say_here, NULL, 1);
    k_tid_t one = test_spawn(take_turns, (void *)'1', 0), two = test_spawn(take_turns, (void *)'2', 0);
    take_turns((void *)'m');
    CHECK(test_parallel() || !here); // less urgent ones have no turn
    test_join(one);
    test_join(two);
    test_join(below);
    CHECK(test_parallel() ? strlen(turns) == 6 : strcmp(turns, "m12m12") == 0);
}
