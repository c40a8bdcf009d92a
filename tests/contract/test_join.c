// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The end of threads: join and abort, sections 2.4 and 2.5. What was joined is overwritten at once, and the runner
// looks at the end of a case whether it still is as it was left.
#include "contract.h"

static parker_t parker;
static spinner_t spinners[2];

static void join_later(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MIN);
    CHECK_IS(rtos_thread_join(t, 5), -ETIMEDOUT);
    CHECK_IS(rtos_thread_join(t, RTOS_NO_WAIT), -ETIMEDOUT);
    CHECK_IS(rtos_peek(parker.wakes), 0);
    reap_parker(t, &parker);
}

static void sleep_then_end(void *arg) {
    uint64_t end_us = rtos_now_us() + (uintptr_t)arg * 1000;
    while (rtos_now_us() < end_us) {
        rtos_park_until(end_us); // which an old token ends
    }
}

static void join_waits_for_end(void) {
    for (unsigned ms = 0; ms < 6; ++ms) {
        uint64_t begin_us = rtos_now_us();
        rtos_thread_t *t = spawn(sleep_then_end, (void *)(uintptr_t)ms, RTOS_PRIORITY_PYTHON);
        CHECK_IS(rtos_thread_join(t, RTOS_FOREVER), 0);
        CHECK_RANGE(rtos_now_us() - begin_us, ms * 1000, INT64_MAX);
        pool_give(t);
    }
}

// One that runs all the time at the joiner's level, and one below it so that the idle thread never does.
static void load_begin(rtos_thread_t *t[2]) {
    for (unsigned i = 0; i < 2; ++i) {
        spinners[i] = (spinner_t) { 0 };
        t[i] = spawn(spinner_main, &spinners[i], i == 0 ? RTOS_PRIORITY_PYTHON : RTOS_PRIORITY_BACKGROUND);
    }
}

static void load_end(rtos_thread_t *t[2]) {
    for (unsigned i = 0; i < 2; ++i) {
        rtos_poke(spinners[i].stop, true);
        reap(t[i]);
    }
}

static void join_under_full_load(void) {
    static const uint8_t priorities[] = {
        RTOS_PRIORITY_PYTHON, RTOS_PRIORITY_PYTHON_MAX, RTOS_PRIORITY_PYTHON + 1, RTOS_PRIORITY_NETWORK,
    };
    rtos_thread_t *load[2];
    load_begin(load);
    for (unsigned i = 0; i < 40; ++i) {
        reap(spawn_service(sleep_then_end, (void *)(uintptr_t)(i % 3), priorities[i % 4]));
    }
    load_end(load);
}

// Threads that leave in the middle of things: with a token that nobody took, and one wait behind another.
static void restless_main(void *arg) {
    rtos_park(1);
    rtos_unpark(rtos_thread_self());
    rtos_park(1000);
    rtos_unpark(rtos_thread_self());
    rtos_unpark(arg);
}

static void joined_memory_is_the_callers(void) {
    for (unsigned i = 0; i < 50; ++i) {
        rtos_thread_t *t[3];
        for (unsigned n = 0; n < 3; ++n) {
            t[n] = spawn(restless_main, rtos_thread_self(), RTOS_PRIORITY_PYTHON - 1 + n);
        }
        for (unsigned n = 0; n < 3; ++n) {
            reap(t[n]);
        }
    }
    rtos_park(5);
}

static uint64_t held_us;
static uint32_t tick_us;

static void hold_up(void) {
    spin_us(100);
    held_us = rtos_now_us();
}

// Not for all the ticks that an emulator's host was late for.
static void tick(void) {
    rtos_poke(tick_us, (uint32_t)rtos_now_us());
    if (rtos_now_us() - held_us > 500) {
        board_irq_raise(hold_up);
    }
}

static void end_before_tick(void *arg) {
    while ((uint32_t)rtos_now_us() - rtos_peek(tick_us) < 1000 - (uintptr_t)arg) {
        contract_spin();
    }
}

// Whether it was: cores that take turns come to the thread only when this one waits.
static bool join_at_once(unsigned us) {
    rtos_thread_t *t = spawn(end_before_tick, (void *)(uintptr_t)us, RTOS_PRIORITY_PYTHON_MAX);
    uint64_t end_us = rtos_now_us() + 3000;
    int result;
    do {
        contract_spin();
        result = rtos_thread_join(t, RTOS_NO_WAIT);
    } while (result != 0 && rtos_now_us() < end_us);
    if (result != 0) {
        reap(t);
    } else {
        pool_give(t);
    }
    return result == 0;
}

// An interrupt holds a core up between the end of a thread there and the switch to the next one.
static void joined_off_its_core(void) {
    unsigned all = (1u << rtos_core_count()) - 1;
    rtos_tick(RTOS_TICK_TIMERS, tick);
    for (unsigned core = 0; core < rtos_core_count(); ++core) {
        CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), all & ~(1u << core)), 0);
        pool_cores = 1u << core;
        for (unsigned i = 0; i < 160 / rtos_core_count() && join_at_once(i % 40); ++i) {
        }
    }
    rtos_tick(RTOS_TICK_TIMERS, NULL);
    CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), all), 0);
}

static rtos_thread_t *target;

static void unpark_target(void) {
    rtos_unpark(target);
}

static void unpark_everywhere(rtos_thread_t *t) {
    target = t;
    rtos_unpark(t);
    in_interrupt(unpark_target);
    rtos_crit_t key = rtos_crit_enter();
    rtos_unpark(t);
    rtos_crit_exit(key);
}

static unsigned went_on;

static void park_then_go_on(void *arg) {
    rtos_park((uintptr_t)arg);
    COUNT_UP(went_on);
}

static void join_then_go_on(void *arg) {
    rtos_thread_join(arg, RTOS_FOREVER);
    COUNT_UP(went_on);
}

static void check_aborted(rtos_thread_t *t) {
    rtos_stats_t stats;
    rtos_poke(went_on, 0);
    rtos_thread_stats(t, &stats);
    CHECK_IS(stats.state, RTOS_STATE_EXITED);
    unpark_everywhere(t);
    rtos_park(15);
    CHECK_IS(rtos_peek(went_on), 0);
    reap(t);
    rtos_park(5);
    CHECK_IS(rtos_peek(went_on), 0);
}

static void abort_stopped(rtos_thread_t *t) {
    rtos_world_stop();
    rtos_thread_abort(t);
    rtos_world_resume();
}

static void abort_parked(void) {
    static const uint32_t waits[] = { RTOS_FOREVER, 10, 10000 };
    for (unsigned i = 0; i < 3; ++i) {
        rtos_thread_t *t = spawn(park_then_go_on, (void *)(uintptr_t)waits[i], RTOS_PRIORITY_PYTHON_MAX);
        rtos_park(2);
        abort_stopped(t);
        check_aborted(t);
    }
}

static void abort_waiting(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    rtos_stats_t stats;
    AWAIT((rtos_thread_stats(t, &stats), stats.state == RTOS_STATE_WAITING));
    rtos_thread_abort(t);
    check_aborted(t);
    CHECK_IS(rtos_peek(parker.wakes), 0);
}

static void abort_with_token(void) {
    rtos_thread_t *t = spawn(park_then_go_on, (void *)(uintptr_t)RTOS_FOREVER, RTOS_PRIORITY_PYTHON_MAX);
    rtos_park(2);
    rtos_world_stop();
    rtos_unpark(t);
    rtos_thread_abort(t);
    rtos_world_resume();
    check_aborted(t);
}

static void abort_running(void) {
    spinners[0] = (spinner_t) { 0 };
    rtos_thread_t *t = spawn(spinner_main, &spinners[0], RTOS_PRIORITY_PYTHON);
    AWAIT(rtos_peek(spinners[0].turns) > 0);
    abort_stopped(t);
    uint32_t turns = rtos_peek(spinners[0].turns);
    check_aborted(t);
    CHECK_IS(rtos_peek(spinners[0].turns), turns);
}

static void abort_never_run(void) {
    rtos_world_stop();
    rtos_thread_t *t = spawn(park_then_go_on, NULL, RTOS_PRIORITY_PYTHON_MAX);
    rtos_thread_abort(t);
    rtos_world_resume();
    check_aborted(t);
}

static void abort_ended(void) {
    rtos_stats_t stats;
    rtos_thread_t *t = spawn(sleep_then_end, NULL, RTOS_PRIORITY_PYTHON_MAX);
    AWAIT((rtos_thread_stats(t, &stats), stats.state == RTOS_STATE_EXITED));
    abort_stopped(t);
    rtos_thread_abort(t);
    check_aborted(t);
}

static void abort_wakes_joiner(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON);
    rtos_poke(went_on, 0);
    rtos_thread_t *joiner = spawn(join_then_go_on, t, RTOS_PRIORITY_PYTHON_MAX);
    rtos_park(2);
    abort_stopped(t);
    reap(joiner);
    CHECK_IS(rtos_peek(went_on), 1);
    pool_give(t);
}

// The thread that it waited for still knows it, and must not touch what it was.
static void abort_joiner(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    rtos_thread_t *joiner = spawn(join_then_go_on, t, RTOS_PRIORITY_PYTHON_MAX);
    rtos_park(2);
    abort_stopped(joiner);
    pool_fill = 0;
    check_aborted(joiner);
    rtos_poke(parker.stop, true);
    rtos_unpark(t);
    AWAIT(rtos_peek(parker.wakes) == 1);
    reap(t);
}

static void thousands(void) {
    for (unsigned i = 0; i < ROUNDS(1000); ++i) {
        rtos_thread_t *t = spawn(park_then_go_on, NULL, RTOS_PRIORITY_PYTHON_MIN + i % 7);
        if (i % 3 == 0) {
            abort_stopped(t);
        }
        reap(t);
    }
}

const contract_case_t join_cases[] = {
    CASE(join_later, "2.4", "a join that timed out can be made again", ANYWHERE),
    CASE(join_waits_for_end, "2.4", "a join returns once the thread has ended, and not before", ANYWHERE),
    CASE(join_under_full_load, "2.4", "a join needs nothing from the idle thread", ANYWHERE),
    CASE(joined_memory_is_the_callers, "2.4", "nobody touches a joined thread's struct and stack", ANYWHERE),
    CASE(joined_off_its_core, "2.4", "a join waits until the thread is off its core", SEVERAL_CORES | REAL | STRICT),
    CASE(thousands, "2.4", "a thousand threads come and go, aborted or not", ANYWHERE),
    CASE(abort_parked, "2.5", "an aborted thread never goes on, however it waits and whoever unparks it", ANYWHERE),
    CASE(abort_waiting, "2.5", "it need not be stopped for that while it waits", ANYWHERE),
    CASE(abort_with_token, "2.5", "nor with a token that it has not taken yet", ANYWHERE),
    CASE(abort_running, "2.5", "nor does one that was stopped as it ran", ANYWHERE),
    CASE(abort_never_run, "2.5", "nor one that was started and has not run yet", ANYWHERE),
    CASE(abort_ended, "2.5", "aborting a thread that has ended changes nothing", ANYWHERE),
    CASE(abort_wakes_joiner, "2.5", "an aborted thread's joiner is woken", ANYWHERE),
    CASE(abort_joiner, "2.5", "an aborted joiner's memory is not touched when the thread ends", ANYWHERE),
    CASES_END,
};
