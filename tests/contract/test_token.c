// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Park and unpark: sections 5.1, 5.4 to 5.6.
#include "contract.h"

static rtos_thread_t *target;

static void unpark_target(void) {
    rtos_unpark(target);
}

static void unpark_target_in_section(void) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_unpark(target);
    rtos_crit_exit(key);
}

static void unpark_from_interrupt(void) {
    in_interrupt(unpark_target);
}

static void unpark_from_section_in_interrupt(void) {
    in_interrupt(unpark_target_in_section);
}

// Every context there is.
static void (*const unparks[])(void) = {
    unpark_target, unpark_target_in_section, unpark_from_interrupt, unpark_from_section_in_interrupt,
};
#define CONTEXTS (4)

static void token_before_park(void) {
    target = rtos_thread_self();
    for (unsigned i = 0; i < CONTEXTS; ++i) {
        unparks[i]();
        CHECK_IS(rtos_park(RTOS_FOREVER), 0);
        unparks[i]();
        CHECK_IS(rtos_park(RTOS_NO_WAIT), 0);
        unparks[i]();
        CHECK_IS(rtos_park_until(rtos_now_us() + 1000 * 1000), 0);
    }
}

static void tokens_do_not_add_up(void) {
    target = rtos_thread_self();
    for (unsigned i = 0; i < CONTEXTS; ++i) {
        unparks[i]();
        unparks[i]();
        unparks[i]();
        CHECK_IS(rtos_park(RTOS_NO_WAIT), 0);
        CHECK_IS(rtos_park(RTOS_NO_WAIT), -ETIMEDOUT);
        CHECK_IS(rtos_park(1), -ETIMEDOUT);
    }
}

static parker_t parkers[2];

static void parkers_begin(rtos_thread_t *t[2], unsigned priority) {
    for (unsigned i = 0; i < 2; ++i) {
        t[i] = spawn_parker(&parkers[i], priority);
    }
    rtos_park(2);
}

static void parkers_end(rtos_thread_t *t[2]) {
    for (unsigned i = 0; i < 2; ++i) {
        reap_parker(t[i], &parkers[i]);
    }
}

static void unpark_wakes_one(void) {
    rtos_thread_t *t[2];
    parkers_begin(t, RTOS_PRIORITY_PYTHON_MAX);
    for (unsigned i = 0; i < CONTEXTS; ++i) {
        target = t[0];
        unparks[i]();
        SOON(rtos_peek(parkers[0].wakes) == i + 1);
        rtos_park(2);
        CHECK_IS(rtos_peek(parkers[0].wakes), i + 1);
        CHECK_IS(rtos_peek(parkers[1].wakes), 0);
    }
    parkers_end(t);
}

static void woken_runs_by_exit(void) {
    rtos_thread_t *t[2];
    parkers_begin(t, RTOS_PRIORITY_PYTHON_MAX);
    for (unsigned i = 0; i < 10; ++i) {
        rtos_crit_t outer = rtos_crit_enter();
        rtos_crit_t inner = rtos_crit_enter();
        rtos_unpark(t[0]);
        rtos_crit_exit(inner);
        spin_us(1500);
        if (rtos_core_count() == 1) {
            CHECK_IS(rtos_peek(parkers[0].wakes), i);
        }
        rtos_crit_exit(outer);
        SOON(rtos_peek(parkers[0].wakes) == i + 1);
    }
    parkers_end(t);
}

// The interrupt ends in the thread that it woke, and not in the one that it interrupted.
static void woken_by_interrupt_runs_at_once(void) {
    rtos_thread_t *t[2];
    parkers_begin(t, RTOS_PRIORITY_PYTHON_MAX);
    target = t[0];
    for (unsigned i = 0; i < 10; ++i) {
        board_irq_raise(i % 2 == 0 ? unpark_target : unpark_target_in_section);
        SOON(rtos_peek(parkers[0].wakes) == i + 1);
    }
    for (unsigned i = 10; i < 20; ++i) {
        rtos_crit_t key = rtos_crit_enter();
        board_irq_raise(unpark_target);
        rtos_crit_exit(key);
        SOON(rtos_peek(parkers[0].wakes) == i + 1);
    }
    parkers_end(t);
}

static void woken_less_urgent_waits(void) {
    rtos_thread_t *t[2];
    parkers_begin(t, RTOS_PRIORITY_PYTHON - 1);
    target = t[0];
    for (unsigned i = 0; i < CONTEXTS; ++i) {
        unparks[i]();
        spin_us(1500);
        CHECK_IS(rtos_peek(parkers[0].wakes), i);
        AWAIT(rtos_peek(parkers[0].wakes) == i + 1);
    }
    parkers_end(t);
}

static void other_core(void) {
    static spinner_t spinner;
    parkers[0] = (parker_t) { 0 };
    rtos_thread_t *t = prepare(parker_main, &parkers[0], RTOS_PRIORITY_PYTHON);
    spinner = (spinner_t) { 0 };
    CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), 1), 0);
    CHECK_IS(rtos_thread_set_affinity(t, 2), 0);
    rtos_thread_start(t);
    AWAIT(rtos_peek(parkers[0].ready));
    target = t;
    // With the other core idle, and with a less urgent thread on it that makes no call.
    for (unsigned i = 0; i < 2 * CONTEXTS; ++i) {
        rtos_thread_t *busy = prepare(spinner_main, &spinner, RTOS_PRIORITY_PYTHON_MIN);
        rtos_poke(spinner.stop, i < CONTEXTS);
        CHECK_IS(rtos_thread_set_affinity(busy, 2), 0);
        rtos_thread_start(busy);
        rtos_park(2);
        unparks[i % CONTEXTS]();
        SOON(rtos_peek(parkers[0].wakes) == i + 1);
        rtos_poke(spinner.stop, true);
        reap(busy);
    }
    CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), UINT32_MAX), 0);
    reap_parker(t, &parkers[0]);
}

// Two that wake each other, each by its own token: one that is lost hangs both.
typedef struct {
    rtos_thread_t *other;
    bool ready; // it has no old token
    uint32_t turns;
    bool done; // it unparks nobody any more
    bool stop;
} player_t;

#define TURNS ROUNDS(1000)

static void player_main(void *arg) {
    player_t *p = arg;
    rtos_park(RTOS_NO_WAIT);
    rtos_poke(p->ready, true);
    while (rtos_peek(p->turns) < TURNS) {
        CHECK_IS(rtos_park(RTOS_FOREVER), 0);
        COUNT_UP(p->turns);
        rtos_unpark(p->other);
    }
    rtos_poke(p->done, true);
    while (!rtos_peek(p->stop)) {
        rtos_park(1);
    }
}

static void no_token_is_lost(void) {
    static player_t players[2];
    for (unsigned difference = 0; difference < 2; ++difference) {
        rtos_thread_t *t[2];
        for (unsigned i = 0; i < 2; ++i) {
            players[i] = (player_t) { 0 };
            t[i] = prepare(player_main, &players[i], RTOS_PRIORITY_PYTHON + i * difference);
        }
        players[0].other = t[1];
        players[1].other = t[0];
        rtos_thread_start(t[0]);
        rtos_thread_start(t[1]);
        AWAIT(rtos_peek(players[0].ready) && rtos_peek(players[1].ready));
        rtos_unpark(t[0]);
        AWAIT(rtos_peek(players[0].done) && rtos_peek(players[1].done));
        for (unsigned i = 0; i < 2; ++i) {
            rtos_poke(players[i].stop, true);
            reap(t[i]);
        }
    }
}

static struct {
    bool taken;
    uint32_t given;
} tick_tokens;

// The tick that gives the token is the one that ends the wait.
static void tick_gives_token(void) {
    if (rtos_peek(tick_tokens.taken)) {
        rtos_poke(tick_tokens.taken, false);
        COUNT_UP(tick_tokens.given);
        rtos_unpark(target);
    }
}

// Tokens are counted: each is in the result of one wait, whatever else ended then.
static void token_and_timeout(void) {
    uint32_t got = 0;
    target = rtos_thread_self();
    rtos_poke(tick_tokens.given, 0);
    rtos_poke(tick_tokens.taken, true);
    rtos_tick(RTOS_TICK_GIL, tick_gives_token);
    uint64_t limit_us = rtos_now_us() + LIMIT_US;
    for (uint32_t i = 0; got < 60; ++i) {
        CHECK(rtos_now_us() < limit_us);
        if (i % 4 == 0) {
            rtos_poke(tick_tokens.taken, true);
        }
        int result = i % 2 == 0 ? rtos_park_until(rtos_now_us() + 1) : rtos_park(1);
        got += result == 0;
    }
    rtos_tick(RTOS_TICK_GIL, NULL);
    while (rtos_park(2) == 0) {
        got += 1;
    }
    // One more may be a thread's that was joined: it ended on another core a moment ago.
    CHECK_RANGE(got, rtos_peek(tick_tokens.given), rtos_peek(tick_tokens.given) + 1);
}

static void tokens_from_ticks(void) {
    target = rtos_thread_self();
    rtos_tick(RTOS_TICK_GIL, unpark_target);
    for (unsigned i = 0; i < 30; ++i) {
        CHECK_IS(rtos_park(RTOS_FOREVER), 0);
    }
    rtos_tick(RTOS_TICK_GIL, NULL);
}

const contract_case_t token_cases[] = {
    CASE(token_before_park, "5.1", "after an unpark a park returns at once", ANYWHERE),
    CASE(tokens_do_not_add_up, "5.1", "tokens do not add up", ANYWHERE),
    CASE(woken_runs_by_exit, "5.4", "a thread woken inside a critical section runs by its exit", STRICT),
    CASE(woken_by_interrupt_runs_at_once, "5.4", "one woken by an interrupt runs when that returns", STRICT),
    CASE(woken_less_urgent_waits, "5.4", "a less urgent one does not", STRICT),
    CASE(unpark_wakes_one, "5.4", "an unpark, from any context, wakes its thread and no other", ANYWHERE),
    CASE(other_core, "5.4", "an unpark from any context reaches a thread on another core", SEVERAL_CORES),
    CASE(no_token_is_lost, "5.5", "no token is lost between threads", ANYWHERE),
    CASE(tokens_from_ticks, "5.5", "nor from the tick", ANYWHERE),
    CASE(token_and_timeout, "5.5", "a wait that times out has taken no token", ANYWHERE),
    CASES_END,
};
