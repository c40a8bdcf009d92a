// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stop-the-world by priority, for kernels that have nothing of their own.
//
// One core: the stopper rises to the stop level, and no stoppable thread can run. Several cores: it also stays on its
// core, and every other core is held by a helper of that level which acknowledges and keeps the core. A thread that a
// helper displaced has its registers saved by that switch.
#include "rtos.h"
#include "rtos_atomic.h"

// The adapter's: the running thread rises to the stop level, and with several cores stays on this one; or goes back to
// what it had.
void rtos_thread_raise(bool raise);

#if RTOS_CORES > 1

#define HELPER_STACK (1024)

static struct {
    rtos_thread_t thread;
    uint8_t stack[HELPER_STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
    rtos_atomic_t stop; // asked to hold its core
    rtos_atomic_t holds; // does
} helpers[RTOS_CORES];

static rtos_atomic_t stopping;
static bool helpers_run;

static void spin(void) {
    __asm volatile ("yield");
}

static void helper_main(void *arg) {
    unsigned core = (uintptr_t)arg;
    for (;;) {
        while (!rtos_atomic_load(&helpers[core].stop)) {
            rtos_park(RTOS_FOREVER);
        }
        rtos_atomic_store(&helpers[core].holds, 1);
        while (rtos_atomic_load(&helpers[core].stop)) {
            spin();
        }
        rtos_atomic_store(&helpers[core].holds, 0);
    }
}

static void helpers_start(void) {
    for (unsigned core = 0; core < RTOS_CORES; ++core) {
        const rtos_thread_config_t config = {
            .entry = helper_main, .arg = (void *)(uintptr_t)core, .name = "stop", .priority = RTOS_PRIORITY_STOP,
            .stack = helpers[core].stack, .stack_size = HELPER_STACK, .cores = 1u << core,
        };
        rtos_thread_create(&helpers[core].thread, &config);
        rtos_thread_start(&helpers[core].thread);
    }
    helpers_run = true;
}

static void others_stop(bool stop, unsigned self) {
    for (unsigned core = 0; core < RTOS_CORES; ++core) {
        if (core != self) {
            rtos_atomic_store(&helpers[core].stop, stop);
            rtos_unpark(&helpers[core].thread);
        }
    }
    for (unsigned core = 0; core < RTOS_CORES; ++core) {
        while (core != self && rtos_atomic_load(&helpers[core].holds) != stop) {
            spin();
        }
    }
}

void rtos_world_stop(void) {
    while (!rtos_atomic_cas(&stopping, 0, 1)) {
        rtos_park(1);
    }
    if (!helpers_run) {
        helpers_start();
    }
    rtos_thread_raise(true);
    others_stop(true, rtos_core_id());
}

void rtos_world_resume(void) {
    others_stop(false, rtos_core_id());
    // Before the thread can be displaced: another stopper needs the helpers, not this thread.
    rtos_atomic_store(&stopping, 0);
    rtos_thread_raise(false);
}

#else

void rtos_world_stop(void) {
    rtos_thread_raise(true);
}

void rtos_world_resume(void) {
    rtos_thread_raise(false);
}

#endif
