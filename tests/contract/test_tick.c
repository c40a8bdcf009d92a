// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The tick: section 7.2.
#include "contract.h"

static struct {
    unsigned calls[RTOS_TICK_USERS];
    bool outside_isr;
} ticks;

static void tick_gil(void) {
    COUNT_UP(ticks.calls[RTOS_TICK_GIL]);
    if (!rtos_in_isr()) {
        rtos_poke(ticks.outside_isr, true);
    }
}

static void tick_timers(void) {
    COUNT_UP(ticks.calls[RTOS_TICK_TIMERS]);
}

static void tick_once(void) {
    COUNT_UP(ticks.calls[RTOS_TICK_TIMERS]);
    rtos_tick(RTOS_TICK_TIMERS, NULL);
}

static void clear(void) {
    rtos_poke(ticks.calls[RTOS_TICK_GIL], 0);
    rtos_poke(ticks.calls[RTOS_TICK_TIMERS], 0);
}

static void every_millisecond(void) {
    clear();
    uint64_t begin_us = rtos_now_us();
    rtos_tick(RTOS_TICK_GIL, tick_gil);
    rtos_park(100);
    uint64_t ms = (rtos_now_us() - begin_us) / 1000;
    unsigned calls = rtos_peek(ticks.calls[RTOS_TICK_GIL]);
    AWAIT(rtos_peek(ticks.calls[RTOS_TICK_GIL]) > 10);
    rtos_tick(RTOS_TICK_GIL, NULL);
    if (contract_exact()) {
        CHECK_RANGE(calls, ms - 1, ms + 1);
    }
}

// Also while a thread computes, and in interrupt context.
static void in_interrupt_context(void) {
    clear();
    rtos_poke(ticks.outside_isr, false);
    rtos_tick(RTOS_TICK_GIL, tick_gil);
    uint64_t limit_us = rtos_now_us() + LIMIT_US;
    while (rtos_peek(ticks.calls[RTOS_TICK_GIL]) < 5) {
        CHECK(rtos_now_us() < limit_us);
        contract_spin();
    }
    rtos_tick(RTOS_TICK_GIL, NULL);
    CHECK(!rtos_peek(ticks.outside_isr));
}

static void users_have_their_own(void) {
    clear();
    rtos_tick(RTOS_TICK_GIL, tick_gil);
    rtos_tick(RTOS_TICK_TIMERS, tick_timers);
    AWAIT(rtos_peek(ticks.calls[RTOS_TICK_GIL]) > 3 && rtos_peek(ticks.calls[RTOS_TICK_TIMERS]) > 3);
    rtos_tick(RTOS_TICK_GIL, NULL);
    clear();
    AWAIT(rtos_peek(ticks.calls[RTOS_TICK_TIMERS]) > 3);
    CHECK_IS(rtos_peek(ticks.calls[RTOS_TICK_GIL]), 0);
    rtos_tick(RTOS_TICK_GIL, tick_gil);
    rtos_tick(RTOS_TICK_TIMERS, NULL);
    clear();
    AWAIT(rtos_peek(ticks.calls[RTOS_TICK_GIL]) > 3);
    CHECK_IS(rtos_peek(ticks.calls[RTOS_TICK_TIMERS]), 0);
    rtos_tick(RTOS_TICK_GIL, NULL);
}

static void null_ends_it(void) {
    rtos_tick(RTOS_TICK_TIMERS, tick_timers);
    rtos_tick(RTOS_TICK_TIMERS, NULL);
    clear();
    rtos_park(5);
    CHECK_IS(rtos_peek(ticks.calls[RTOS_TICK_TIMERS]), 0);
    rtos_tick(RTOS_TICK_TIMERS, tick_once);
    AWAIT(rtos_peek(ticks.calls[RTOS_TICK_TIMERS]) > 0);
    rtos_park(5);
    CHECK_IS(rtos_peek(ticks.calls[RTOS_TICK_TIMERS]), 1);
}

static void ask_for_ticks(void) {
    rtos_tick(RTOS_TICK_TIMERS, tick_timers);
}

static void asked_for_anywhere(void) {
    clear();
    in_interrupt(ask_for_ticks);
    AWAIT(rtos_peek(ticks.calls[RTOS_TICK_TIMERS]) > 1);
    rtos_crit_t key = rtos_crit_enter();
    rtos_tick(RTOS_TICK_TIMERS, NULL);
    rtos_tick(RTOS_TICK_GIL, tick_gil);
    clear();
    rtos_crit_exit(key);
    AWAIT(rtos_peek(ticks.calls[RTOS_TICK_GIL]) > 1);
    CHECK_IS(rtos_peek(ticks.calls[RTOS_TICK_TIMERS]), 0);
    rtos_tick(RTOS_TICK_GIL, NULL);
}

const contract_case_t tick_cases[] = {
    CASE(every_millisecond, "7.2", "the tick comes every millisecond", ANYWHERE),
    CASE(in_interrupt_context, "7.2", "in interrupt context, also under a thread that computes", ANYWHERE),
    CASE(users_have_their_own, "7.2", "each user has its own", ANYWHERE),
    CASE(null_ends_it, "7.2", "NULL ends it, also from the tick itself", ANYWHERE),
    CASE(asked_for_anywhere, "7.2", "interrupts and critical sections can ask for it", ANYWHERE),
    CASES_END,
};
