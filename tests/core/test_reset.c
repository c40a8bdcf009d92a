// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/reset.c: nobody is left, whatever the threads were doing, and creation works again.
#include <errno.h>

#include "board.h"
#include "vm.h"

#define ASK_MS (1)
#define GIL_MS (50)

static core_lock_t lock;
static volatile bool stay; // what the thread does with a request to leave

static void reset(void) {
    CHECK(core_reset_begin(ASK_MS, GIL_MS) == 0);
    CHECK(!HEDDLE_GIL || core_gil_held());
    core_vm_list_lock();
    core_reset_end();
    core_vm_list_unlock();
    for (core_vm_list_lock(); core_main_thread.next != &core_main_thread; core_vm_list_lock()) {
        // A thread that left by itself at the last moment may still have been on its way out.
        core_reap();
        core_vm_list_unlock();
        core_sleep(false, core_deadline(1));
    }
    core_vm_list_unlock();
    CHECK(core_thread_live() == 0);
    CHECK(core_main_thread.prev == &core_main_thread);
    CHECK(lock.waiters.head == NULL);
    CHECK(vm_blocks_used() == 0);
}

static void nothing(void *arg) {
    (void)arg;
}

// What was left behind would be met by the next threads.
static void reset_and_go_on(void) {
    reset();
    uint32_t ident;
    CHECK(vm_create(nothing, NULL, VM_PRIORITY, &ident) == -EAGAIN);
    core_reset_open();
    core_lock_init(&lock);
    vm_join(vm_start(nothing, NULL));
    CHECK(core_lock_acquire(&lock, true, CORE_FOREVER) == 0);
    vm_loop();
    core_sleep(true, core_deadline(1));
    CHECK(core_reset_begin(ASK_MS, GIL_MS) == 0);
}

CASE(reset_of_nobody) {
    reset_and_go_on();
}

CASE(reset_of_one_that_ends) {
    vm_start(nothing, NULL);
    reset_and_go_on();
}

static void loop(void *arg) {
    (void)arg;
    while (!vm_loop() || stay) {
        sim_spin();
    }
}

CASE(reset_of_a_loop) {
    vm_start(loop, NULL);
    reset_and_go_on();
}

CASE(reset_of_a_loop_that_stays) {
    stay = true;
    vm_start(loop, NULL);
    reset();
    core_reset_open();
    vm_loop();
}

static void wait_for_lock(void *arg) {
    (void)arg;
    while (core_lock_acquire(&lock, !stay, CORE_FOREVER) == -EINTR) {
        if (vm_raised()) {
            return;
        }
    }
}

CASE(reset_of_a_waiter) {
    CHECK(core_lock_acquire(&lock, true, 0) == 0);
    vm_start(wait_for_lock, NULL);
    vm_loop();
    reset_and_go_on();
}

CASE(reset_of_a_waiter_that_stays) {
    stay = true;
    CHECK(core_lock_acquire(&lock, true, 0) == 0);
    vm_start(wait_for_lock, NULL);
    vm_loop();
    reset_and_go_on();
}

static void sleep_long(void *arg) {
    (void)arg;
    core_sleep(true, core_deadline(20));
}

CASE(reset_of_a_sleeper) {
    vm_start(sleep_long, NULL);
    reset_and_go_on();
}

static void create(void *arg) {
    (void)arg;
    uint32_t ident;
    int ret = vm_create(nothing, NULL, VM_PRIORITY, &ident);
    CHECK(ret == 0 || ret == -EAGAIN);
}

CASE(reset_of_a_creator) {
    vm_start(create, NULL);
    reset_and_go_on();
}

static void join_main(void *arg) {
    (void)arg;
    core_thread_join(1, CORE_FOREVER);
}

WIDE_CASE(reset_of_joiners) {
    uint32_t sleeper = vm_start(sleep_long, NULL);
    vm_start(join_main, NULL);
    CHECK(core_thread_join(sleeper, 0) != -EDEADLK);
    reset_and_go_on();
}

// A wait in a finaliser's or a driver's way, outside of the VM's knowledge.
static void wait_without_gil(void *arg) {
    (void)arg;
    core_gil_exit();
    rtos_park(20);
    core_gil_enter();
}

CASE(reset_of_a_driver) {
    vm_start(wait_without_gil, NULL);
    reset_and_go_on();
}

static void stop_the_world(void *arg) {
    (void)arg;
    core_gil_exit();
    for (;;) {
        rtos_world_stop();
        rtos_world_resume();
        sim_spin();
    }
}

// Wherever it is ended, it leaves nothing that the next stop waits for.
CASE(reset_of_a_stopper) {
    vm_start(stop_the_world, NULL);
    reset();
    core_reset_open();
    rtos_world_stop();
    rtos_world_resume();
}
