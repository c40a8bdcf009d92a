// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stopping the world: section 4.
#include "contract.h"
#include "meter.h"

#define SPINNERS (3)

static spinner_t spinners[SPINNERS];

// As urgent as the stopper, and less so.
static void spinners_begin(rtos_thread_t *t[SPINNERS]) {
    for (unsigned i = 0; i < SPINNERS; ++i) {
        spinners[i] = (spinner_t) { 0 };
        t[i] = spawn(spinner_main, &spinners[i], i < 2 ? RTOS_PRIORITY_PYTHON : RTOS_PRIORITY_PYTHON_MIN);
    }
    AWAIT(rtos_peek(spinners[0].turns) > 0 && rtos_peek(spinners[1].turns) > 0);
}

static void spinners_end(rtos_thread_t *t[SPINNERS]) {
    for (unsigned i = 0; i < SPINNERS; ++i) {
        rtos_poke(spinners[i].stop, true);
        reap(t[i]);
    }
}

static void spinners_are_stopped(void) {
    rtos_thread_t *t[SPINNERS];
    uint32_t turns[SPINNERS];
    spinners_begin(t);
    for (unsigned round = 0; round < 5; ++round) {
        rtos_world_stop();
        for (unsigned i = 0; i < SPINNERS; ++i) {
            turns[i] = rtos_peek(spinners[i].turns);
        }
        // More than a slice.
        spin_us(15000);
        for (unsigned i = 0; i < SPINNERS; ++i) {
            CHECK_IS(rtos_peek(spinners[i].turns), turns[i]);
        }
        rtos_world_resume();
        AWAIT(rtos_peek(spinners[0].turns) != turns[0] && rtos_peek(spinners[1].turns) != turns[1]);
    }
    spinners_end(t);
}

static parker_t parker;
static rtos_thread_t *target;

static void unpark_target(void) {
    rtos_unpark(target);
}

static void start_target(void) {
    rtos_thread_start(target);
}

static void woken_waits_for_resume(void) {
    target = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    for (unsigned i = 0; i < 10; ++i) {
        rtos_park(2);
        uint32_t wakes = rtos_peek(parker.wakes);
        rtos_world_stop();
        if (i % 2 == 0) {
            rtos_unpark(target);
        } else {
            in_interrupt(unpark_target);
        }
        spin_us(3000);
        CHECK_IS(rtos_peek(parker.wakes), wakes);
        rtos_world_resume();
        SOON(rtos_peek(parker.wakes) == wakes + 1);
    }
    reap_parker(target, &parker);
}

static void sleeper_main(void *arg) {
    spinner_t *s = arg;
    while (!rtos_peek(s->stop)) {
        rtos_park(1);
        COUNT_UP(s->turns);
    }
}

static void expired_waits_for_resume(void) {
    spinners[0] = (spinner_t) { 0 };
    rtos_thread_t *t = spawn(sleeper_main, &spinners[0], RTOS_PRIORITY_PYTHON_MAX);
    for (unsigned i = 0; i < 5; ++i) {
        rtos_world_stop();
        uint32_t turns = rtos_peek(spinners[0].turns);
        spin_us(6000);
        CHECK_IS(rtos_peek(spinners[0].turns), turns);
        rtos_world_resume();
        AWAIT(rtos_peek(spinners[0].turns) > turns);
    }
    rtos_poke(spinners[0].stop, true);
    reap(t);
}

static void started_waits_for_resume(void) {
    for (unsigned i = 0; i < 4; ++i) {
        spinners[0] = (spinner_t) { 0 };
        target = prepare(spinner_main, &spinners[0], RTOS_PRIORITY_PYTHON_MAX);
        rtos_world_stop();
        if (i % 2 == 0) {
            rtos_thread_start(target);
        } else {
            in_interrupt(start_target);
        }
        spin_us(3000);
        CHECK_IS(rtos_peek(spinners[0].turns), 0);
        rtos_poke(spinners[0].stop, true);
        rtos_world_resume();
        reap(target);
    }
}

static void services_and_interrupts_go_on(void) {
    target = spawn_parker(&parker, RTOS_PRIORITY_USB);
    rtos_park(2);
    meter_start();
    rtos_world_stop();
    uint32_t runs = meter_runs();
    rtos_unpark(target);
    SOON(rtos_peek(parker.wakes) == 1);
    in_interrupt(unpark_target);
    SOON(rtos_peek(parker.wakes) == 2);
    // The tick, and a service that it wakes.
    uint64_t limit_us = rtos_now_us() + LIMIT_US;
    while (meter_runs() < runs + 10) {
        CHECK(rtos_now_us() < limit_us);
        contract_spin();
    }
    rtos_world_resume();
    meter_stop();
    reap_parker(target, &parker);
}

static void services_keep_their_latency(void) {
    rtos_thread_t *t[SPINNERS];
    meter_start();
    spinners_begin(t);
    meter_worst_us();
    rtos_park(30);
    uint32_t running_us = meter_worst_us();
    for (unsigned i = 0; i < 200; ++i) {
        rtos_world_stop();
        spin_us(i * 37 % 400);
        rtos_world_resume();
    }
    uint32_t worst_us = meter_worst_us();
    meter_stop();
    spinners_end(t);
    if (contract_exact()) {
        CHECK_RANGE(worst_us, 0, running_us + 20);
    }
}

static struct {
    volatile unsigned a, b; // in critical sections, and while the world is stopped
    bool stop;
} pair;

static void pair_main(void *arg) {
    (void)arg;
    while (!rtos_peek(pair.stop)) {
        rtos_crit_t key = rtos_crit_enter();
        pair.a += 1;
        for (volatile int i = 0; i < 20; ++i) {
        }
        pair.b += 1;
        rtos_crit_exit(key);
        contract_spin();
    }
}

static void critical_sections_are_whole(void) {
    rtos_thread_t *t[2];
    rtos_poke(pair.stop, false);
    for (unsigned i = 0; i < 2; ++i) {
        t[i] = spawn(pair_main, NULL, RTOS_PRIORITY_PYTHON - i);
    }
    for (unsigned i = 0; i < 60; ++i) {
        rtos_park_until(rtos_now_us() + i * 37);
        rtos_world_stop();
        CHECK(pair.a == pair.b);
        rtos_world_resume();
    }
    rtos_poke(pair.stop, true);
    reap(t[0]);
    reap(t[1]);
}

// While the world is stopped.
static struct {
    volatile unsigned stops;
    rtos_thread_t *volatile owner;
} stopped;

static void stopper_main(void *arg) {
    rtos_thread_t *self = rtos_thread_self();
    for (unsigned i = 0; i < (uintptr_t)arg; ++i) {
        rtos_world_stop();
        CHECK(stopped.owner == NULL);
        stopped.owner = self;
        stopped.stops += 1;
        spin_us(i * 37 % 300);
        CHECK(stopped.owner == self);
        stopped.owner = NULL;
        rtos_world_resume();
        if (i % 3 == 0) {
            rtos_park(1);
        }
    }
}

// On one core the second one is displaced before it gets to its call, where a slice ends or the first one's wait.
static void stoppers_take_turns(void) {
    rtos_thread_t *t[3];
    stopped.stops = 0;
    for (unsigned i = 0; i < 3; ++i) {
        t[i] = spawn(stopper_main, (void *)60, RTOS_PRIORITY_PYTHON - 1 + i);
    }
    for (unsigned i = 0; i < 3; ++i) {
        // Each stop takes as long as all cores take to hear of it, and so long is the limit for one, not for all.
        unsigned before;
        int ret;
        do {
            before = stopped.stops;
            ret = rtos_thread_join(t[i], LIMIT_MS);
        } while (ret != 0 && stopped.stops != before);
        CHECK_IS(ret, 0);
        pool_give(t[i]);
    }
    CHECK_IS(stopped.stops, 180);
}

static void priority_comes_back(void) {
    rtos_stats_t stats;
    target = spawn_parker(&parker, RTOS_PRIORITY_PYTHON + 1);
    rtos_park(2);
    for (unsigned i = 0; i < 5; ++i) {
        rtos_world_stop();
        rtos_world_resume();
        rtos_thread_stats(rtos_thread_self(), &stats);
        CHECK_IS(stats.priority, RTOS_PRIORITY_PYTHON);
        rtos_unpark(target);
        CHECK_IS(rtos_peek(parker.wakes), i + 1);
    }
    CHECK_IS(rtos_thread_set_priority(rtos_thread_self(), RTOS_PRIORITY_PYTHON + 2), 0);
    rtos_world_stop();
    rtos_world_resume();
    rtos_unpark(target);
    CHECK_IS(rtos_peek(parker.wakes), 5);
    CHECK_IS(rtos_thread_set_priority(rtos_thread_self(), RTOS_PRIORITY_PYTHON), 0);
    CHECK_IS(rtos_peek(parker.wakes), 6);
    reap_parker(target, &parker);
}

static bool given;

static void give_main(void *arg) {
    CHECK_IS(rtos_thread_set_priority(arg, RTOS_PRIORITY_PYTHON_MAX), 0);
    CHECK_IS(rtos_thread_set_affinity(arg, UINT32_MAX), 0);
    rtos_poke(given, true);
}

// On one core nobody has the time for it.
static void given_priority_waits_for_resume(void) {
    rtos_stats_t stats;
    given = false;
    spinners[0] = (spinner_t) { 0 };
    rtos_thread_t *service = prepare_service(give_main, rtos_thread_self(), RTOS_PRIORITY_USB);
    rtos_thread_t *t = spawn(spinner_main, &spinners[0], RTOS_PRIORITY_PYTHON_MAX);
    AWAIT(rtos_peek(spinners[0].turns) > 0);
    rtos_world_stop();
    uint32_t turns = rtos_peek(spinners[0].turns);
    rtos_thread_start(service);
    SOON(rtos_peek(given));
    // More than a slice.
    spin_us(15000);
    CHECK_IS(rtos_peek(spinners[0].turns), turns);
    rtos_world_resume();
    rtos_thread_stats(rtos_thread_self(), &stats);
    CHECK_IS(stats.priority, RTOS_PRIORITY_PYTHON_MAX);
    rtos_poke(spinners[0].stop, true);
    reap(t);
    reap(service);
    CHECK_IS(rtos_thread_set_priority(rtos_thread_self(), RTOS_PRIORITY_PYTHON), 0);
}

// Keeps its core from everything stoppable until the other one is elsewhere, or cannot be.
static void occupier_main(void *arg) {
    uint64_t limit_us = rtos_now_us() + LIMIT_US / 2;
    while (!rtos_peek(*(bool *)arg) && rtos_now_us() < limit_us) {
        contract_spin();
    }
}

static void cores_come_back(void) {
    static bool moved;
    CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), UINT32_MAX), 0);
    for (unsigned i = 0; i < 5; ++i) {
        rtos_world_stop();
        rtos_world_resume();
        unsigned core = rtos_core_id();
        rtos_poke(moved, false);
        pool_cores = 1u << core;
        rtos_thread_t *t = spawn_service(occupier_main, &moved, RTOS_PRIORITY_USB);
        SOON(rtos_core_id() != core);
        rtos_poke(moved, true);
        reap(t);
    }
    pool_cores = 0;
}

const contract_case_t world_cases[] = {
    CASE(spinners_are_stopped, "4.1", "threads that spin without a call are stopped, on any core", UNASKED),
    CASE(woken_waits_for_resume, "4.1", "a thread woken during a stop runs after it", ANYWHERE),
    CASE(expired_waits_for_resume, "4.1", "so does one whose wait is over", ANYWHERE),
    CASE(started_waits_for_resume, "4.1", "so does one that is started", ANYWHERE),
    CASE(services_and_interrupts_go_on, "4.2", "interrupts and services go on during a stop", ANYWHERE),
    CASE(services_keep_their_latency, "4.2", "and keep their latency", ANYWHERE),
    CASE(critical_sections_are_whole, "4.3", "nobody is stopped inside a critical section", ANYWHERE),
    CASE(stoppers_take_turns, "4.4", "one stops the world at a time, the others in their turn", ANYWHERE),
    CASE(priority_comes_back, "4.5", "the stopper has its priority again, the one last set", STRICT),
    CASE(given_priority_waits_for_resume, "4.5", "or the one that others gave it meanwhile", SEVERAL_CORES),
    CASE(cores_come_back, "4.5", "and its cores", STRICT | SEVERAL_CORES | REAL),
    CASES_END,
};
