// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Preemption that is held for too long is reported, and what is not is not. In the simulator only, where time passes
// when a case says so; on boards see tests/kernel/held.
#include "kernel_test.h"

#if TEST_SIM
#include "kern.h"

static bool seen;

static void see(void *arg) {
    (void)arg;
    seen = true;
}

// Time for all looks, and one more where it begins.
static void let_time_pass(void) {
    int64_t until = kern_now() + 3000;
    while (kern_now() < until) {
        sim_spin();
    }
}

static void hold(void *locked) {
    if (locked != NULL) {
        k_sched_lock();
    }
    let_time_pass();
    if (locked != NULL) {
        k_sched_unlock();
    }
}

// Another thread of the holder's core is kept out for so long.
static void run(bool is_cooperative, bool is_locked, bool is_told) {
    if (test_parallel()) {
        return; // too many schedules, and none of them new
    }
    arch_watch_ms = 1;
    k_tid_t holder = test_prepare(hold, is_locked ? &seen : NULL, is_cooperative ? -1 : 0);
    k_tid_t other = test_prepare(see, NULL, is_cooperative ? 1 : 0);
    k_thread_cpu_pin(holder, 0);
    k_thread_cpu_pin(other, 0);
    k_sched_time_slice_set(0, 0);
    k_thread_start(holder);
    k_thread_start(other);
    test_join(holder);
    test_join(other);
    CHECK(seen);
    CHECK((arch_written != 0) == is_told);
}

CASE(watch_tells_of_cooperative) {
    run(true, false, true);
}

CASE(watch_tells_of_sched_lock) {
    run(false, true, true);
}

// An equal without slices waits for as long as it takes.
CASE(watch_tells_nothing_of_preemptible) {
    run(false, false, false);
}

CASE(watch_tells_of_masked_interrupts) {
    arch_watch_ms = 1;
    unsigned key = irq_lock();
    sim_time_set(sim_now_us() + 2000);
    irq_unlock(key);
    CHECK(arch_written != 0);
}

// The masking was given up meanwhile.
CASE(watch_tells_nothing_of_a_wait_while_masked) {
    arch_watch_ms = 1;
    unsigned key = irq_lock();
    int64_t before = kern_now();
    k_msleep(2);
    irq_unlock(key);
    CHECK(arch_written == 0 || kern_now() - before >= 3000); // time may pass anywhere
}

#endif
