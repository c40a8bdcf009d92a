// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Creation, start and exit: sections 2.1 to 2.3, and 2.9.
#include "contract.h"
#include "meter.h"

static unsigned runs;

// Large enough that filling it takes longer than the bound.
static uint8_t large_stack[64 * 1024] __attribute__((aligned(RTOS_STACK_ALIGN)));

static void count_run(void *arg) {
    (void)arg;
    COUNT_UP(runs);
}

static void created_does_not_run(void) {
    rtos_poke(runs, 0);
    rtos_thread_t *t = prepare_service(count_run, NULL, RTOS_PRIORITY_MAX);
    rtos_park(10);
    CHECK_IS(rtos_peek(runs), 0);
    rtos_thread_start(t);
    SOON(rtos_peek(runs) == 1);
    reap(t);
    CHECK_IS(rtos_peek(runs), 1);
}

static rtos_thread_t *target;

static void unpark_target(void) {
    rtos_unpark(target);
}

static void start_target(void) {
    rtos_thread_start(target);
}

static void token_does_not_start(void) {
    rtos_poke(runs, 0);
    target = prepare(count_run, NULL, RTOS_PRIORITY_PYTHON_MAX);
    rtos_unpark(target);
    in_interrupt(unpark_target);
    rtos_park(10);
    CHECK_IS(rtos_peek(runs), 0);
    rtos_thread_start(target);
    reap(target);
    CHECK_IS(rtos_peek(runs), 1);
}

static void priority_does_not_start(void) {
    rtos_poke(runs, 0);
    rtos_thread_t *t = prepare(count_run, NULL, RTOS_PRIORITY_PYTHON_MIN);
    CHECK_IS(rtos_thread_set_priority(t, RTOS_PRIORITY_PYTHON_MAX), 0);
    rtos_park(10);
    CHECK_IS(rtos_peek(runs), 0);
    rtos_thread_start(t);
    SOON(rtos_peek(runs) == 1);
    reap(t);
}

static void start_in_interrupt(void) {
    for (unsigned i = 1; i <= 20; ++i) {
        rtos_poke(runs, 0);
        target = prepare(count_run, NULL, RTOS_PRIORITY_PYTHON_MAX);
        in_interrupt(start_target);
        SOON(rtos_peek(runs) == 1);
        reap(target);
    }
}

static uintptr_t entry_local, entry_self, entry_arg;

static void note_entry(void *arg) {
    entry_local = (uintptr_t)__builtin_frame_address(0);
    entry_self = (uintptr_t)rtos_thread_self();
    entry_arg = (uintptr_t)arg;
}

static void entry_has_what_was_asked(void) {
    rtos_thread_config_t config;
    rtos_thread_t *t = pool_take(&config);
    uintptr_t low = (uintptr_t)config.stack;
    uintptr_t high = low + config.stack_size;
    config.entry = note_entry;
    config.arg = large_stack;
    CHECK_IS(create(t, &config), 0);
    // The config is the caller's again.
    config = (rtos_thread_config_t) { 0 };
    rtos_thread_start(t);
    reap(t);
    CHECK(entry_local > low && entry_local <= high);
    CHECK(entry_self == (uintptr_t)t);
    CHECK(entry_arg == (uintptr_t)large_stack);
}

// Out of the compiler's sight, which knows that it does not return.
static void (*volatile exit_fn)(void) = rtos_thread_exit;

static __attribute__((noinline)) void exit_deep(unsigned depth) {
    if (depth > 0) {
        exit_deep(depth - 1);
        rtos_poke(runs, rtos_peek(runs) + 100);
        return;
    }
    COUNT_UP(runs);
    exit_fn();
}

static void exit_main(void *arg) {
    exit_deep((uintptr_t)arg);
    rtos_poke(runs, rtos_peek(runs) + 1000);
}

static void ends_as(void (*entry)(void *arg)) {
    rtos_stats_t stats;
    rtos_poke(runs, 0);
    rtos_thread_t *t = spawn(entry, (void *)5, RTOS_PRIORITY_PYTHON_MAX);
    SOON(rtos_peek(runs) == 1);
    AWAIT((rtos_thread_stats(t, &stats), stats.state == RTOS_STATE_EXITED));
    reap(t);
    CHECK_IS(rtos_peek(runs), 1);
}

static void return_ends(void) {
    ends_as(count_run);
}

static void exit_ends(void) {
    ends_as(exit_main);
}

static void create_large(void) {
    rtos_thread_config_t config;
    rtos_thread_t *t = pool_take(&config);
    config.entry = count_run;
    config.stack = large_stack;
    config.stack_size = sizeof(large_stack);
    config.priority = RTOS_PRIORITY_BACKGROUND;
    CHECK_IS(create(t, &config), 0);
    rtos_thread_start(t);
    reap(t);
}

static void creation_holds_nobody_up(void) {
    meter_start();
    spin_us(20000);
    uint32_t idle_us = meter_worst_us();
    for (unsigned i = 0; i < 20; ++i) {
        create_large();
    }
    uint32_t worst_us = meter_worst_us();
    meter_stop();
    if (contract_exact()) {
        CHECK_RANGE(worst_us, 0, idle_us + 50);
    }
}

static void affinity(void) {
    rtos_thread_t *t = prepare(count_run, NULL, RTOS_PRIORITY_PYTHON);
    if (rtos_core_count() == 1) {
        CHECK_IS(rtos_thread_set_affinity(t, 1), -ENOTSUP);
    } else {
        CHECK_IS(rtos_thread_set_affinity(t, 0), -EINVAL);
        rtos_crit_t key = rtos_crit_enter();
        CHECK_IS(rtos_thread_set_affinity(t, 1), 0);
        rtos_crit_exit(key);
    }
    rtos_thread_start(t);
    reap(t);
}

static unsigned cores_seen;

static void note_cores(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < 100; ++i) {
        cores_seen |= 1u << rtos_core_id();
        rtos_park(RTOS_NO_WAIT);
        spin_us(50);
    }
}

static void affinity_holds(void) {
    for (unsigned core = 0; core < rtos_core_count(); ++core) {
        cores_seen = 0;
        rtos_thread_t *t = prepare(note_cores, NULL, RTOS_PRIORITY_PYTHON);
        CHECK_IS(rtos_thread_set_affinity(t, 1u << core), 0);
        rtos_thread_start(t);
        reap(t);
        CHECK_IS(cores_seen, 1u << core);
    }
}

const contract_case_t thread_cases[] = {
    CASE(created_does_not_run, "2.1", "a created thread does not run before its start, however urgent", ANYWHERE),
    CASE(token_does_not_start, "2.1", "nor does a token start it", ANYWHERE),
    CASE(priority_does_not_start, "2.1", "nor does a change of its priority", ANYWHERE),
    CASE(start_in_interrupt, "2.1", "an interrupt can start a thread", ANYWHERE),
    CASE(creation_holds_nobody_up, "2.2", "filling a stack delays neither interrupts nor other threads", ANYWHERE),
    CASE(return_ends, "2.3", "a return from the entry ends the thread", ANYWHERE),
    CASE(exit_ends, "2.3", "rtos_thread_exit ends it from any depth", ANYWHERE),
    CASE(entry_has_what_was_asked, "2.9", "the entry gets its argument and its stack; the config was copied", ANYWHERE),
    CASE(affinity, "2.10", "-ENOTSUP for affinity where there is one core, else -EINVAL for no core", ANYWHERE),
    CASE(affinity_holds, "2.10", "a thread runs on the cores of its mask only", SEVERAL_CORES),
    CASES_END,
};
