// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What code can know of where it runs, and what ends the board: sections 1.5 and 8.
#include "contract.h"

static struct {
    rtos_thread_t *self;
    bool masked_inside;
    bool masked_after;
    uint64_t now_us;
} before;

void context_before_start(void) {
    before.self = rtos_thread_self();
    before.now_us = rtos_now_us();
    bool masked = rtos_masked();
    rtos_crit_t key = rtos_crit_enter();
    before.masked_inside = rtos_masked();
    rtos_crit_exit(key);
    before.masked_after = rtos_masked() != masked;
}

static void before_start(void) {
    CHECK(before.self == NULL);
    CHECK(before.masked_inside && !before.masked_after);
    CHECK_RANGE(rtos_now_us(), before.now_us, INT64_MAX);
}

static bool isr_says, isr_says_in_section;
static unsigned isr_core;

static void ask_in_isr(void) {
    isr_says = rtos_in_isr();
    rtos_crit_t key = rtos_crit_enter();
    isr_says_in_section = rtos_in_isr();
    isr_core = rtos_core_id();
    rtos_crit_exit(key);
}

static void where_code_runs(void) {
    CHECK(!rtos_in_isr());
    rtos_crit_t key = rtos_crit_enter();
    CHECK(!rtos_in_isr());
    CHECK_RANGE(rtos_core_id(), 0, rtos_core_count() - 1);
    rtos_crit_exit(key);
    in_interrupt(ask_in_isr);
    CHECK(isr_says && isr_says_in_section);
    CHECK_RANGE(isr_core, 0, rtos_core_count() - 1);
    CHECK(!rtos_in_isr());
    CHECK_RANGE(rtos_core_count(), 1, 32);
    CHECK(rtos_kernel_name()[0] != '\0');
}

static void park_masked(void) {
    rtos_crit_enter();
    contract_dies("assert");
    rtos_park(1);
}

static void park_until_masked(void) {
    rtos_crit_enter();
    contract_dies("assert");
    rtos_park_until(UINT64_MAX);
}

static void park_1_ms(void) {
    rtos_park(1);
}

static void park_in_interrupt(void) {
    contract_dies("assert");
    in_interrupt(park_1_ms);
}

static void join_masked(void) {
    static parker_t parker;
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON);
    rtos_crit_enter();
    contract_dies("assert");
    rtos_thread_join(t, RTOS_FOREVER);
}

static void fatal_main(void *arg) {
    (void)arg;
    contract_dies("it was so, in thread 'case'");
    rtos_fatal("it was so");
}

static void fatal_names_the_thread(void) {
    spawn(fatal_main, NULL, RTOS_PRIORITY_PYTHON);
    for (;;) {
        rtos_park(RTOS_FOREVER);
    }
}

static void fatal_in_isr(void) {
    rtos_crit_enter();
    rtos_fatal("it was the interrupt");
}

static void fatal_anywhere(void) {
    contract_dies("it was the interrupt");
    in_interrupt(fatal_in_isr);
}

const contract_case_t context_cases[] = {
    CASE(before_start, "8.1", "before the start nobody runs, and critical sections and the clock work", ANYWHERE),
    CASE(where_code_runs, "8.2", "code knows its core, and whether it is in an interrupt", ANYWHERE),
    CASE(park_masked, "1.5", "a park in a critical section asserts", ASSERTS),
    CASE(park_until_masked, "1.5", "so does a park_until", ASSERTS),
    CASE(join_masked, "1.5", "so does a join that would wait", ASSERTS),
    CASE(park_in_interrupt, "1.5", "a park in an interrupt asserts", ASSERTS),
    CASE(fatal_names_the_thread, "8.3", "rtos_fatal says its message and the thread's name, and stops", ANYWHERE),
    CASE(fatal_anywhere, "8.3", "from an interrupt and a critical section too", ANYWHERE),
    CASES_END,
};
