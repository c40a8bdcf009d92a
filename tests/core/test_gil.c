// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/gil.c: one holder, handed over in order, a bounded wait, no attention lost. vm_work checks who is inside.
#include <errno.h>

#include "board.h"
#include "vm.h"

static volatile unsigned turns;
static volatile bool done;

static void leave_and_come_back(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < 2; ++i) {
        vm_work();
        core_gil_exit();
        CHECK(!core_gil_held());
        core_gil_enter();
    }
    vm_work();
    vm_count(&turns);
}

CASE(gil_two_threads) {
    uint32_t other = vm_start(leave_and_come_back, NULL);
    leave_and_come_back(NULL);
    vm_join(other);
    CHECK(turns == 2);
}

// What the loop of the holder may do until a thread that waits has the GIL, beginning when its slice is over.
#define PASSES (2)

static volatile uint64_t waits_since_us;
static volatile bool waits;

static void enter_once(void *arg) {
    (void)arg;
    core_gil_exit();
    waits_since_us = rtos_now_us();
    waits = true;
    core_gil_enter();
    waits = false;
    vm_work();
    done = true;
}

// A thread that only computes gives the GIL to one that waits, after its slice at the latest.
CASE(gil_bounded_wait) {
    uint32_t other = vm_start(enter_once, NULL);
    unsigned late = 0;
    while (!done) {
        bool over = waits && rtos_now_us() - waits_since_us > (HEDDLE_GIL_SLICE_MS + 2) * 1000;
        if (HEDDLE_GIL && over && core_gil_awaited_by(vm_thread(other))) {
            late += 1;
            CHECK(late <= PASSES);
        }
        vm_loop();
        sim_spin();
    }
    vm_join(other);
}

static void compute_once(void *arg) {
    (void)arg;
    vm_loop();
}

static void compute(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < 3; ++i) {
        vm_loop();
    }
    vm_count(&turns);
}

CASE(gil_two_loops) {
    uint32_t other = vm_start(compute, NULL);
    compute(NULL);
    vm_join(other);
    CHECK(turns == 2);
}

static void wait_a_little_for_it(void *arg) {
    (void)arg;
    core_gil_exit();
    uint64_t deadline_us = core_deadline(1);
    int ret = core_gil_enter_until(deadline_us);
    if (ret != 0) {
        CHECK(ret == -ETIMEDOUT && rtos_now_us() >= deadline_us);
        CHECK(!core_gil_held() && core_self()->queue == NULL);
        core_gil_enter();
    }
    vm_work();
    vm_count(&turns);
}

CASE(gil_timeout) {
    uint32_t other = vm_start(wait_a_little_for_it, NULL);
    for (unsigned i = 0; i < 3; ++i) {
        vm_loop();
    }
    wait_a_little_for_it(NULL);
    vm_join(other);
    CHECK(turns == 2);
}

static void sleep_twice(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < 2; ++i) {
        uint64_t deadline_us = core_deadline(1);
        core_sleep(false, deadline_us);
        CHECK(rtos_now_us() >= deadline_us);
        vm_work();
    }
}

CASE(gil_sleepers) {
    uint32_t other = vm_start(sleep_twice, NULL);
    sleep_twice(NULL);
    vm_join(other);
}

static volatile uintptr_t first;

static void enter_in_turn(void *arg) {
    first = first != 0 ? first : (uintptr_t)arg;
}

// Both wait for their first turn: the more urgent one has it.
WIDE_CASE(gil_most_urgent_first) {
    uint32_t low, high;
    CHECK(vm_create(enter_in_turn, (void *)1, VM_PRIORITY, &low) == 0);
    // One after the other: who holds the GIL has the priority of who waits for it.
    while (HEDDLE_GIL && !core_gil_awaited_by(vm_thread(low))) {
        sim_spin();
    }
    CHECK(vm_create(enter_in_turn, (void *)2, VM_PRIORITY + 1, &high) == 0);
    while (HEDDLE_GIL && !core_gil_awaited_by(vm_thread(high))) {
        sim_spin();
    }
    vm_join(low);
    vm_join(high);
    CHECK(!HEDDLE_GIL || first == 2);
}

// A callback is scheduled at any time, while anybody has the GIL: the main thread's loop sees it.
CASE(gil_attention_is_not_lost) {
    board_irq_raise(vm_schedule);
    uint32_t other = vm_start(compute_once, NULL);
    while (vm_callbacks_run() == 0) {
        vm_loop();
        sim_spin();
    }
    vm_join(other);
}

// The second of two, too.
static void schedule_two(void) {
    vm_schedule();
    turns += 1;
    if (turns < 2) {
        board_irq_raise(schedule_two);
    }
}

CASE(gil_two_callbacks) {
    board_irq_raise(schedule_two);
    while (vm_callbacks_run() < 2) {
        vm_loop();
        sim_spin();
    }
}

// The same for an exception in another thread.
static void loop_until_raised(void *arg) {
    (void)arg;
    while (!vm_loop()) {
        sim_spin();
    }
    CHECK(vm_raised());
    vm_count(&turns);
}

CASE(gil_exception_is_not_lost) {
    uint32_t other = vm_start(loop_until_raised, NULL);
    vm_loop();
    vm_raise_in(vm_thread(other));
    vm_join(other);
    CHECK(turns == 1);
}

// Two threads that always come back pass one whose slice ran out, but not for ever.
static volatile unsigned passes; // since the main thread had it

static void come_back_always(void *arg) {
    (void)arg;
    while (HEDDLE_GIL && !done) {
        core_gil_exit();
        core_gil_enter();
        passes += 1;
        CHECK(!HEDDLE_GIL || done || passes <= HEDDLE_GIL_RETURNERS);
    }
}

WIDE_CASE(gil_returners) {
    uint32_t one = vm_start(come_back_always, NULL), other = vm_start(come_back_always, NULL);
    for (unsigned turn = 0; HEDDLE_GIL && turn < 3;) {
        passes = 0;
        vm_loop();
        sim_spin();
        turn += passes != 0;
    }
    done = true;
    vm_join(one);
    vm_join(other);
}

static void once(void *arg) {
    (void)arg;
    done = true;
}

// A more urgent thread does not wait for the end of the holder's slice.
CASE(gil_urgent_arrival) {
    uint32_t other;
    CHECK(vm_create(once, NULL, VM_PRIORITY + 1, &other) == 0);
    unsigned waited = 0;
    while (!done) {
        rtos_crit_t key = rtos_crit_enter();
        waited += HEDDLE_GIL && core_gil_awaited_by(vm_thread(other));
        rtos_crit_exit(key);
        CHECK(waited <= 1);
        vm_loop();
        sim_spin();
    }
    vm_join(other);
}

// Masked interrupts and a collection keep the GIL.
CASE(gil_kept) {
    uint32_t other = vm_start(leave_and_come_back, NULL);
    core_collect(true);
    vm_work();
    core_gil_exit();
    core_gil_attend();
    CHECK(core_gil_held() == HEDDLE_GIL);
    vm_work();
    core_collect(false);
    rtos_crit_t key = rtos_crit_enter();
    core_gil_exit();
    CHECK(core_gil_held() == HEDDLE_GIL);
    rtos_crit_exit(key);
    vm_join(other);
}
