// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A deadlock is found, and nothing else is taken for one. In the simulator only: on a board the report is the end, see
// tests/kernel/stuck.
#include "kernel_test.h"

#if TEST_SIM
#include "kern.h"

// Idle threads look from the start on.
#define LOOKING(ident) \
    static void ident(void); \
    static void sim_run_##ident(void) { \
        arch_idle_looks = true; \
        test_boot(ident); \
    } \
    SIM_CASE(ident, sim_run_##ident, false); \
    static void ident(void)

K_SEM_DEFINE(here, 0, 1);
K_SEM_DEFINE(there, 0, 1);

static void reply(void *arg) {
    (void)arg;
    k_sem_take(&there, K_FOREVER);
    k_sem_give(&here);
}

// Ends by the report.
LOOKING(deadlock_found) {
    arch_exit_wanted = 1;
    test_spawn(reply, NULL, 0);
    k_sem_take(&here, K_FOREVER);
    CHECK(false);
}

LOOKING(deadlock_not_while_one_runs) {
    k_tid_t t = test_spawn(reply, NULL, 0);
    k_sem_give(&there);
    k_sem_take(&here, K_FOREVER);
    test_join(t);
}

// Here the timer's interrupt makes the thread ready that makes the other one ready.
LOOKING(deadlock_not_while_something_is_due) {
    k_tid_t t = test_prepare(reply, NULL, 0);
    k_thread_start(t);
    k_usleep(10);
    k_sem_give(&there);
    k_sem_take(&here, K_FOREVER);
    test_join(t);
}

static void give_here(void) {
    k_sem_give(&here);
}

static void wait_for_interrupt(void *arg) {
    (void)arg;
    unsigned key = irq_lock();
    arch_irq_self(give_here);
    k_sem_take(&here, K_FOREVER);
    irq_unlock(key);
}

// It is pending while its core is given to the idle thread.
LOOKING(deadlock_not_while_an_interrupt_is_pending) {
    k_tid_t t = test_spawn(wait_for_interrupt, NULL, 0);
    test_join(t);
}

// After the last thing that was due: a timer that nobody waits for.
LOOKING(deadlock_found_when_nothing_is_due) {
    static struct k_timer timer;
    arch_exit_wanted = 1;
    k_timer_init(&timer, NULL, NULL);
    k_timer_start(&timer, K_USEC(10), K_NO_WAIT);
    k_sem_take(&here, K_FOREVER);
    CHECK(false);
}

#endif
