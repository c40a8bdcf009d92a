// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// services/dispatch.c: after each schedule the callback starts once more; a suspended one does not run.
#include <errno.h>

#include "board.h"
#include "service.h"
#include "vm.h"

static dispatch_slot_t slot, other_slot;
static volatile unsigned schedules, starts, other_starts;
static volatile unsigned seen; // schedules that the latest start has seen
static volatile bool inside;
static volatile bool suspended;

static void callback(void *arg) {
    CHECK(arg == &slot);
    CHECK(!inside && !suspended);
    inside = true;
    seen = schedules;
    starts += 1;
    sim_point("callback");
    CHECK(!suspended);
    inside = false;
}

static void other_callback(void *arg) {
    (void)arg;
    other_starts += 1;
}

static void begin(void) {
    dispatch_init();
    CHECK(dispatch_register(&slot, callback, &slot) == 0);
}

static void schedule(void) {
    vm_count(&schedules);
    dispatch_schedule(&slot);
}

static void wait_for_all(void) {
    while (seen != schedules || inside) {
        sim_spin();
    }
}

CASE(dispatch_from_thread) {
    begin();
    schedule();
    schedule();
    wait_for_all();
    CHECK(starts == 1 || starts == 2);
}

CASE(dispatch_from_interrupt) {
    begin();
    board_irq_raise(schedule);
    schedule();
    while (schedules < 2) {
        sim_spin();
    }
    wait_for_all();
}

static void schedule_from_thread(void *arg) {
    (void)arg;
    schedule();
}

CASE(dispatch_from_two_threads) {
    begin();
    uint32_t ident = vm_start(schedule_from_thread, NULL);
    schedule();
    vm_join(ident);
    wait_for_all();
}

CASE(dispatch_suspended) {
    begin();
    board_irq_raise(schedule);
    schedule();
    dispatch_suspend(&slot);
    CHECK(!inside);
    suspended = true;
    vm_work();
    dispatch_suspend(&slot);
    dispatch_resume(&slot);
    vm_work();
    CHECK(!inside);
    suspended = false;
    dispatch_resume(&slot);
    while (schedules < 2) {
        sim_spin();
    }
    wait_for_all();
}

// Its memory is the caller's again, and another slot may have its place.
CASE(dispatch_unregistered) {
    begin();
    board_irq_raise(schedule);
    schedule();
    dispatch_unregister(&slot);
    CHECK(!inside);
    suspended = true;
    CHECK(dispatch_register(&other_slot, other_callback, NULL) == 0);
    while (schedules < 2) {
        sim_spin();
    }
    rtos_park(2);
    CHECK(other_starts == 0);
    dispatch_schedule(&other_slot);
    while (other_starts == 0) {
        sim_spin();
    }
}

CASE(dispatch_two_slots) {
    begin();
    CHECK(dispatch_register(&other_slot, other_callback, NULL) == 0);
    dispatch_schedule(&other_slot);
    schedule();
    wait_for_all();
    while (other_starts == 0) {
        sim_spin();
    }
}

static uint64_t due_us;
static volatile bool early; // a start was due before the time was changed
static volatile uint64_t latest_us;

static void timed_callback(void *arg) {
    (void)arg;
    CHECK(rtos_now_us() >= due_us || early);
    early = false;
    latest_us = rtos_now_us();
    starts += 1;
}

CASE(dispatch_at) {
    dispatch_init();
    CHECK(dispatch_register(&slot, timed_callback, NULL) == 0);
    due_us = rtos_now_us() + 1500;
    dispatch_schedule_at(&slot, due_us);
    while (starts == 0) {
        rtos_park(1);
    }
    CHECK(starts == 1);
}

// In place of one that is there already; and not at all.
CASE(dispatch_at_again) {
    dispatch_init();
    CHECK(dispatch_register(&slot, timed_callback, NULL) == 0);
    CHECK(dispatch_register(&other_slot, other_callback, NULL) == 0);
    dispatch_schedule_at(&slot, rtos_now_us() + 1000);
    dispatch_schedule_at(&other_slot, rtos_now_us() + 1000);
    rtos_crit_t key = rtos_crit_enter();
    early = slot.due_us == UINT64_MAX && starts == 0;
    due_us = rtos_now_us() + 2000;
    dispatch_schedule_at(&slot, due_us);
    rtos_crit_exit(key);
    dispatch_schedule_at(&other_slot, UINT64_MAX);
    while (latest_us < due_us) {
        rtos_park(1);
    }
    CHECK(starts <= 2);
}

static void suspend_inside(void *arg) {
    (void)arg;
    dispatch_suspend(&slot);
    starts += 1;
    dispatch_resume(&slot);
}

CASE(dispatch_suspends_itself) {
    dispatch_init();
    CHECK(dispatch_register(&slot, suspend_inside, NULL) == 0);
    dispatch_schedule(&slot);
    while (starts == 0) {
        sim_spin();
    }
    dispatch_schedule(&slot);
    while (starts == 1) {
        sim_spin();
    }
}
