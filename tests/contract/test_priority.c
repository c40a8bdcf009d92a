// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Who runs: section 3.
#include "contract.h"

static struct {
    unsigned count;
    uint8_t order[POOL];
} ran;

static void note_order(void *arg) {
    rtos_crit_t key = rtos_crit_enter();
    ran.order[rtos_peek(ran.count)] = (uintptr_t)arg;
    COUNT_UP(ran.count);
    rtos_crit_exit(key);
}

static rtos_thread_t *prepare_noting(unsigned priority) {
    return prepare(note_order, (void *)(uintptr_t)priority, priority);
}

static void most_urgent_first(void) {
    static const uint8_t priorities[] = { 3, 7, 2, 6, 4 }, sorted[] = { 7, 6, 4, 3, 2 };
    rtos_thread_t *t[5];
    rtos_poke(ran.count, 0);
    rtos_thread_set_priority(rtos_thread_self(), RTOS_PRIORITY_PYTHON_MAX);
    for (unsigned i = 0; i < 5; ++i) {
        t[i] = prepare_noting(priorities[i]);
        rtos_thread_start(t[i]);
    }
    spin_us(3000);
    CHECK_IS(rtos_peek(ran.count), 0);
    AWAIT(rtos_peek(ran.count) == 5);
    for (unsigned i = 0; i < 5; ++i) {
        CHECK_IS(ran.order[i], sorted[i]);
        reap(t[i]);
    }
    rtos_thread_set_priority(rtos_thread_self(), RTOS_PRIORITY_PYTHON);
}

static void start_displaces(void) {
    rtos_poke(ran.count, 0);
    rtos_thread_t *t = prepare_noting(RTOS_PRIORITY_PYTHON + 1);
    rtos_thread_start(t);
    CHECK_IS(rtos_peek(ran.count), 1);
    reap(t);
}

static void raised_thread_runs(void) {
    rtos_poke(ran.count, 0);
    rtos_thread_t *t = spawn(note_order, NULL, RTOS_PRIORITY_PYTHON - 1);
    spin_us(3000);
    CHECK_IS(rtos_peek(ran.count), 0);
    CHECK_IS(rtos_thread_set_priority(t, RTOS_PRIORITY_PYTHON + 1), 0);
    CHECK_IS(rtos_peek(ran.count), 1);
    reap(t);
}

// As who releases a lock in an interrupt does.
static rtos_thread_t *in_question;
static bool changed;

static void change_in_interrupt(void) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_thread_set_priority(in_question, RTOS_PRIORITY_PYTHON + 1);
    rtos_poke(changed, true);
    rtos_crit_exit(key);
}

static void priority_in_interrupt(void) {
    rtos_poke(ran.count, 0);
    rtos_poke(changed, false);
    in_question = spawn(note_order, NULL, RTOS_PRIORITY_PYTHON - 1);
    board_irq_raise(change_in_interrupt);
    AWAIT(rtos_peek(changed) && rtos_peek(ran.count) == 1);
    rtos_stats_t stats;
    rtos_thread_stats(in_question, &stats);
    CHECK_IS(stats.priority, RTOS_PRIORITY_PYTHON + 1);
    reap(in_question);
}

static void lowered_thread_gives_way(void) {
    rtos_poke(ran.count, 0);
    rtos_thread_t *t = spawn(note_order, NULL, RTOS_PRIORITY_PYTHON - 1);
    CHECK_IS(rtos_thread_set_priority(rtos_thread_self(), RTOS_PRIORITY_PYTHON - 2), 0);
    CHECK_IS(rtos_peek(ran.count), 1);
    rtos_thread_set_priority(rtos_thread_self(), RTOS_PRIORITY_PYTHON);
    reap(t);
}

static void waiting_thread_changes(void) {
    static parker_t parker;
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MIN);
    rtos_park(2);
    CHECK_IS(rtos_thread_set_priority(t, RTOS_PRIORITY_PYTHON_MAX), 0);
    rtos_unpark(t);
    CHECK_IS(rtos_peek(parker.wakes), 1);
    CHECK_IS(rtos_thread_set_priority(t, RTOS_PRIORITY_PYTHON_MIN), 0);
    rtos_poke(parker.stop, true);
    rtos_unpark(t);
    spin_us(2000);
    CHECK_IS(rtos_peek(parker.wakes), 1);
    reap(t);
}

static void sixteen(void) {
    rtos_stats_t stats;
    for (unsigned priority = 0; priority <= RTOS_PRIORITY_MAX; ++priority) {
        rtos_poke(ran.count, 0);
        rtos_thread_t *t = spawn_service(note_order, NULL, priority);
        rtos_thread_stats(t, &stats);
        CHECK_IS(stats.priority, priority);
        AWAIT(rtos_peek(ran.count) == 1);
        reap(t);
    }
}

// Notes for how long it did not run, but for its own first time.
typedef struct {
    uint32_t turns;
    uint32_t longest_us;
    bool stop;
} sharer_t;

static void sharer_main(void *arg) {
    sharer_t *s = arg;
    uint64_t last_us = rtos_now_us();
    while (!rtos_peek(s->stop)) {
        uint64_t now_us = rtos_now_us();
        if (now_us - last_us > rtos_peek(s->longest_us)) {
            rtos_poke(s->longest_us, now_us - last_us);
        }
        last_us = now_us;
        COUNT_UP(s->turns);
        contract_spin();
    }
}

#define SHARERS (3)
#define SLICE_US (10000 + 1000)

static void equals_share(void) {
    static sharer_t sharers[SHARERS];
    rtos_thread_t *t[SHARERS];
    for (unsigned i = 0; i < SHARERS; ++i) {
        sharers[i] = (sharer_t) { 0 };
        t[i] = spawn(sharer_main, &sharers[i], RTOS_PRIORITY_PYTHON - 1);
    }
    rtos_park(120);
    for (unsigned i = 0; i < SHARERS; ++i) {
        if (contract_exact()) {
            CHECK_RANGE(rtos_peek(sharers[i].longest_us), 0, (SHARERS - 1) * SLICE_US);
        }
        AWAIT(rtos_peek(sharers[i].turns) > 0);
    }
    for (unsigned i = 0; i < SHARERS; ++i) {
        rtos_poke(sharers[i].stop, true);
    }
    for (unsigned i = 0; i < SHARERS; ++i) {
        reap(t[i]);
    }
}

static int create_result(unsigned priority, bool stoppable) {
    rtos_thread_config_t config;
    rtos_thread_t *t = pool_take(&config);
    config.entry = note_order;
    config.priority = priority;
    config.stoppable = stoppable;
    int result = create(t, &config);
    if (result == 0) {
        rtos_thread_start(t);
        reap(t);
    } else {
        pool_give(t);
    }
    return result;
}

static void stoppable_is_below_stop(void) {
    rtos_poke(ran.count, 0);
    CHECK_IS(create_result(RTOS_PRIORITY_STOP - 1, true), 0);
    CHECK_IS(create_result(RTOS_PRIORITY_STOP, true), -EINVAL);
    CHECK_IS(create_result(RTOS_PRIORITY_MAX, true), -EINVAL);
    CHECK_IS(create_result(RTOS_PRIORITY_STOP, false), 0);
    CHECK_IS(create_result(RTOS_PRIORITY_MAX, false), 0);
    CHECK_IS(create_result(RTOS_PRIORITY_MAX + 1, false), -EINVAL);
    CHECK_IS(rtos_peek(ran.count), 3);
}

static void priority_is_refused(void) {
    rtos_stats_t stats;
    rtos_thread_t *self = rtos_thread_self();
    rtos_thread_t *service = prepare_service(note_order, NULL, RTOS_PRIORITY_USB);
    rtos_poke(ran.count, 0);
    CHECK_IS(rtos_thread_set_priority(self, RTOS_PRIORITY_STOP), -EINVAL);
    CHECK_IS(rtos_thread_set_priority(self, RTOS_PRIORITY_MAX + 1), -EINVAL);
    rtos_thread_stats(self, &stats);
    CHECK_IS(stats.priority, RTOS_PRIORITY_PYTHON);
    CHECK_IS(rtos_thread_set_priority(service, RTOS_PRIORITY_MAX + 1), -EINVAL);
    CHECK_IS(rtos_thread_set_priority(service, RTOS_PRIORITY_MAX), 0);
    rtos_thread_stats(service, &stats);
    CHECK_IS(stats.priority, RTOS_PRIORITY_MAX);
    rtos_thread_start(service);
    reap(service);
}

const contract_case_t priority_cases[] = {
    CASE(most_urgent_first, "3.1", "a more urgent thread runs before a less urgent one", STRICT),
    CASE(start_displaces, "3.1", "a started thread displaces a less urgent one at once", STRICT),
    CASE(raised_thread_runs, "3.1", "so does one whose priority is raised", STRICT),
    CASE(priority_in_interrupt, "3.1", "also in an interrupt's critical section", 0),
    CASE(lowered_thread_gives_way, "3.1", "who lowers its own priority gives way at once", STRICT),
    CASE(waiting_thread_changes, "3.1", "a waiting thread's priority changes, up and down", STRICT),
    CASE(sixteen, "3.1", "there are sixteen priorities, and threads run at each", ANYWHERE),
    CASE(equals_share, "3.1", "threads of equal priority share a core in slices of at most 10 ms", ANYWHERE),
    CASE(stoppable_is_below_stop, "3.2", "-EINVAL for a stoppable thread at the stop level, or too high", ANYWHERE),
    CASE(priority_is_refused, "3.2", "-EINVAL for such a change, and nothing changes", ANYWHERE),
    CASES_END,
};
