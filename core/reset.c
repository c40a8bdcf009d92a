// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The soft reset, called by the main thread: ask every other thread to leave, then end those that did not.
#include <errno.h>

#include "core.h"

static bool creations_under_way(void) {
    return core_create_close(true) != 0;
}

static bool threads_live(void) {
    return core_thread_live() != 0;
}

// Without the GIL, so that they can do what they have to.
static int wait_while(bool (*holds)(void), uint32_t ms, uint32_t gil_ms) {
    core_gil_exit();
    for (uint64_t deadline_us = core_deadline(ms); holds() && rtos_now_us() < deadline_us;) {
        rtos_park(1);
    }
    return core_gil_enter_until(core_deadline(gil_ms));
}

static void ask_all(void) {
    core_vm_list_lock();
    core_reap_hold(true);
    for (core_thread_t *t = rtos_peek(core_main_thread.next); t != &core_main_thread; t = rtos_peek(t->next)) {
        if (rtos_atomic_load(&t->state) <= CORE_RUNNING) {
            core_vm_ask_to_leave(t);
            core_interrupt(t);
        }
    }
    core_reap_hold(false);
    core_vm_list_unlock();
}

int core_reset_begin(uint32_t ask_ms, uint32_t gil_ms) {
    if (creations_under_way()
        && (wait_while(creations_under_way, gil_ms, gil_ms) != 0 || creations_under_way())) {
        return -ETIMEDOUT;
    }
    ask_all();
    return wait_while(threads_live, ask_ms, gil_ms);
}

// A thread that exited by itself may still be on its way out of the kernel: it is aborted like the rest.
static void end_thread(core_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    if (t->queue != NULL) {
        core_leave_locked(t);
    }
    rtos_crit_exit(key);
    if (rtos_atomic_load(&t->state) <= CORE_RUNNING) {
        core_thread_ended(t);
    }
    rtos_thread_abort(&t->rtos);
}

void core_reset_end(void) {
    rtos_world_stop();
    for (core_thread_t *t = core_main_thread.next; t != &core_main_thread; t = t->next) {
        end_thread(t);
    }
    rtos_crit_t key = rtos_crit_enter();
    core_gil_reset_locked();
    rtos_crit_exit(key);
    rtos_world_resume();
    core_reap_all(); // an abort may take its time, and who is left in the list now is lost
}

void core_reset_open(void) {
    core_create_close(false);
}
