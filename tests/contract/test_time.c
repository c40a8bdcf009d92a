// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// How long waits are, and the clock: sections 1, 5.3 and 7.1.
#include "contract.h"

// What a call that does not wait takes at most, and a tick with what belongs to it, where time is instructions.
#define AT_ONCE_US (200)
#define TICK_US (1100)

static parker_t parker;

// QEMU counts the time in which a Cortex-M sleeps twice under -icount: where the time of a wait is looked at, a thread
// of the lowest level keeps it awake.
static spinner_t awake;
static rtos_thread_t *awake_thread;

static void stay_awake(void) {
    awake = (spinner_t) { 0 };
    awake_thread = spawn(spinner_main, &awake, RTOS_PRIORITY_BACKGROUND);
}

static void may_sleep(void) {
    rtos_poke(awake.stop, true);
    reap(awake_thread);
}

static void check_exact(uint64_t us, uint64_t most_us) {
    if (contract_exact()) {
        CHECK_RANGE(us, 0, most_us);
    }
}

static void park_zero(void) {
    uint64_t begin_us = rtos_now_us();
    CHECK_IS(rtos_park(RTOS_NO_WAIT), -ETIMEDOUT);
    CHECK_IS(rtos_park(0), -ETIMEDOUT);
    check_exact(rtos_now_us() - begin_us, AT_ONCE_US);
}

static void expired_is_etimedout(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    CHECK_IS(rtos_park(1), -ETIMEDOUT);
    CHECK_IS(rtos_park_until(rtos_now_us() + 1), -ETIMEDOUT);
    CHECK_IS(rtos_thread_join(t, 1), -ETIMEDOUT);
    rtos_poke(parker.stop, true);
    rtos_unpark(t);
    CHECK_IS(rtos_thread_join(t, 1000), 0);
    pool_give(t);
    rtos_unpark(rtos_thread_self());
    CHECK_IS(rtos_park(1), 0);
}

static void park_until_past(void) {
    uint64_t begin_us = rtos_now_us();
    CHECK_IS(rtos_park_until(0), -ETIMEDOUT);
    CHECK_IS(rtos_park_until(rtos_now_us()), -ETIMEDOUT);
    check_exact(rtos_now_us() - begin_us, AT_ONCE_US);
}

static void join_zero(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    uint64_t begin_us = rtos_now_us();
    CHECK_IS(rtos_thread_join(t, RTOS_NO_WAIT), -ETIMEDOUT);
    check_exact(rtos_now_us() - begin_us, AT_ONCE_US);
    reap_parker(t, &parker);
}

static void park_forever(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    CHECK_IS(rtos_park(50), -ETIMEDOUT);
    CHECK_IS(rtos_peek(parker.wakes), 0);
    reap_parker(t, &parker);
    CHECK_IS(rtos_peek(parker.wakes), 1);
}

static int long_result;

static void long_park(void *arg) {
    (void)arg;
    rtos_poke(long_result, rtos_park(RTOS_FOREVER - 1));
}

static void long_park_until(void *arg) {
    (void)arg;
    rtos_poke(long_result, rtos_park_until(UINT64_MAX));
}

static void long_join(void *arg) {
    rtos_poke(long_result, rtos_thread_join(arg, RTOS_FOREVER - 1));
}

// Milliseconds to ticks, and now plus that much, may come round.
static void longest_waits(void) {
    void (*const waits[])(void *arg) = { long_park, long_park_until };
    for (unsigned i = 0; i < 2; ++i) {
        rtos_poke(long_result, 1);
        rtos_thread_t *t = spawn(waits[i], NULL, RTOS_PRIORITY_PYTHON_MAX);
        rtos_park(20);
        CHECK_IS(rtos_peek(long_result), 1);
        rtos_unpark(t);
        reap(t);
        CHECK_IS(rtos_peek(long_result), 0);
    }
}

static void longest_join(void) {
    rtos_poke(long_result, 1);
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    rtos_thread_t *joiner = spawn(long_join, t, RTOS_PRIORITY_PYTHON_MAX);
    rtos_park(20);
    CHECK_IS(rtos_peek(long_result), 1);
    rtos_poke(parker.stop, true);
    rtos_unpark(t);
    reap(joiner);
    pool_give(t);
    CHECK_IS(rtos_peek(long_result), 0);
}

static int park_for(uint32_t ms) {
    return rtos_park(ms);
}

static int park_until_for(uint32_t ms) {
    return rtos_park_until(rtos_now_us() + ms * 1000);
}

// From every part of a tick on.
static void never_early(int (*wait)(uint32_t ms), uint64_t late_us) {
    stay_awake();
    for (uint32_t i = 0; i < 60; ++i) {
        uint32_t ms = 1 + i % 3;
        spin_us(i * 370 % 1000);
        uint64_t begin_us = rtos_now_us();
        CHECK_IS(wait(ms), -ETIMEDOUT);
        uint64_t us = rtos_now_us() - begin_us;
        CHECK_RANGE(us, ms * 1000, INT64_MAX);
        check_exact(us, ms * 1000 + late_us);
    }
    may_sleep();
}

static void park_never_early(void) {
    never_early(park_for, TICK_US);
}

static void park_until_never_early(void) {
    never_early(park_until_for, TICK_US);
}

static rtos_thread_t *joined;

static int join_for(uint32_t ms) {
    return rtos_thread_join(joined, ms);
}

static void join_never_early(void) {
    joined = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    never_early(join_for, TICK_US);
    reap_parker(joined, &parker);
}

// The kernel's ticks were lost meanwhile: they must neither shorten the next wait nor lengthen those under way.
static void masked_for(uint32_t us) {
    rtos_crit_t key = rtos_crit_enter();
    spin_us(us);
    rtos_crit_exit(key);
}

// A tick that comes late is followed by one in time: whoever counts them from the late one on is too early.
static void never_early_after_masking(void) {
    for (uint32_t i = 0; i < 60; ++i) {
        masked_for(2000 + i * 370 % 1000);
        uint32_t us = 1000 + i % 3 * 400;
        uint64_t begin_us = rtos_now_us();
        CHECK_IS(us == 1000 ? rtos_park(1) : rtos_park_until(begin_us + us), -ETIMEDOUT);
        CHECK_RANGE(rtos_now_us() - begin_us, us, INT64_MAX);
    }
}

static uint64_t slept_us;

static void sleep_20_ms(void *arg) {
    (void)arg;
    uint64_t begin_us = rtos_now_us();
    CHECK_IS(rtos_park_until(begin_us + 20000), -ETIMEDOUT);
    slept_us = rtos_now_us() - begin_us;
}

static void masking_delays_no_wait(void) {
    stay_awake();
    rtos_thread_t *t = spawn(sleep_20_ms, NULL, RTOS_PRIORITY_PYTHON_MAX);
    masked_for(3500);
    masked_for(4500);
    reap(t);
    may_sleep();
    CHECK_RANGE(slept_us, 20000, INT64_MAX);
    check_exact(slept_us, 20000 + TICK_US);
}

static bool waker_stop;

// Wakes the thread `arg` more often than once a millisecond.
static void waker_main(void *arg) {
    while (!rtos_peek(waker_stop)) {
        spin_us(300);
        rtos_unpark(arg);
        rtos_park(1);
    }
}

static void park_until_taken_up_again(void) {
    rtos_poke(waker_stop, false);
    stay_awake();
    rtos_thread_t *t = spawn_service(waker_main, rtos_thread_self(), RTOS_PRIORITY_USB);
    for (uint32_t i = 0; i < 5; ++i) {
        uint64_t deadline_us = rtos_now_us() + 9000 + i * 370;
        uint32_t wakes = 0;
        while (rtos_park_until(deadline_us) == 0) {
            wakes += 1;
        }
        uint64_t now_us = rtos_now_us();
        CHECK_RANGE(now_us - deadline_us, 0, INT64_MAX);
        check_exact(now_us - deadline_us, TICK_US + 300);
        CHECK(wakes > 0 || !contract_exact());
    }
    rtos_poke(waker_stop, true);
    reap(t);
    may_sleep();
}

static uint64_t interrupt_us;

static void read_clock(void) {
    interrupt_us = rtos_now_us();
}

static void clock_in_all_contexts(void) {
    for (unsigned i = 0; i < 200; ++i) {
        uint64_t thread_us = rtos_now_us();
        in_interrupt(read_clock);
        CHECK_RANGE(interrupt_us, thread_us, INT64_MAX);
        rtos_crit_t key = rtos_crit_enter();
        uint64_t masked_us = rtos_now_us();
        rtos_crit_exit(key);
        CHECK_RANGE(masked_us, interrupt_us, INT64_MAX);
    }
}

// Each sees what the others have read, on whatever cores they are.
static void clock_reader(void *arg) {
    static uint64_t latest_us;
    spinner_t *s = arg;
    while (!rtos_peek(s->stop)) {
        rtos_crit_t key = rtos_crit_enter();
        uint64_t now_us = rtos_now_us();
        CHECK_RANGE(now_us, latest_us, INT64_MAX);
        latest_us = now_us;
        rtos_crit_exit(key);
        contract_spin();
    }
}

static void clock_never_back(void) {
    static spinner_t stop;
    rtos_thread_t *t[3];
    rtos_poke(stop.stop, false);
    for (unsigned i = 0; i < 3; ++i) {
        t[i] = spawn(clock_reader, &stop, RTOS_PRIORITY_PYTHON);
    }
    rtos_park(60);
    rtos_poke(stop.stop, true);
    for (unsigned i = 0; i < 3; ++i) {
        reap(t[i]);
    }
}

static void clock_without_ticks(void) {
    rtos_crit_t key = rtos_crit_enter();
    uint64_t begin_us = rtos_now_us();
    for (unsigned i = 0; rtos_now_us() - begin_us < 3000; ++i) {
        CHECK(i < 100u * 1000 * 1000);
        contract_spin();
    }
    rtos_crit_exit(key);
}

const contract_case_t time_cases[] = {
    CASE(park_zero, "1.1", "a park of 0 ms does not wait", ANYWHERE),
    CASE(park_until_past, "1.1", "a park until a time that is over does not wait", ANYWHERE),
    CASE(join_zero, "1.1", "a join of 0 ms does not wait", ANYWHERE),
    CASE(park_forever, "1.1", "RTOS_FOREVER never ends by itself", ANYWHERE),
    CASE(longest_waits, "1.1", "the longest waits that are not for ever do not come round to short ones", REAL),
    CASE(longest_join, "1.1", "nor does the longest join", REAL),
    CASE(expired_is_etimedout, "1.3", "a wait gives 0, or -ETIMEDOUT when its time is over", ANYWHERE),
    CASE(park_never_early, "1.2", "a park is never early, and late by less than two ticks", ANYWHERE),
    CASE(join_never_early, "1.2", "a join is never early", ANYWHERE),
    CASE(never_early_after_masking, "1.2", "a park is never early after ticks were lost", ANYWHERE),
    CASE(park_until_never_early, "5.3", "park_until ends at the first tick not before its deadline", ANYWHERE),
    CASE(masking_delays_no_wait, "5.3", "ticks lost while interrupts are masked lengthen no wait", ANYWHERE),
    CASE(park_until_taken_up_again, "5.3", "a park_until taken up again and again ends as if it were one", ANYWHERE),
    CASE(clock_in_all_contexts, "7.1", "rtos_now_us works in threads, interrupts and critical sections", ANYWHERE),
    CASE(clock_never_back, "7.1", "rtos_now_us never goes back, whoever reads it", ANYWHERE),
    CASE(clock_without_ticks, "7.1", "rtos_now_us does not depend on ticks", ANYWHERE),
    CASES_END,
};
