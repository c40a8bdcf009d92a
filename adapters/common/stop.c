// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stop-the-world by priority, for kernels that have nothing of their own.
//
// One core: the stopper rises to the stop level, and no stoppable thread can run. Several cores: it also stays on its
// core, and every other core is held by a helper of that level which acknowledges and keeps the core. A thread that a
// helper displaced has its registers saved by that switch.
#include <assert.h>

#include "rtos.h"
#include "rtos_atomic.h"

// The adapter's: the running thread rises to the stop level, and with several cores stays on this one, whatever others
// give it meanwhile; or goes back to what it was given last. With several cores called in a critical section.
void rtos_thread_raise(bool raise);

// The adapter's if it knows better: wait until another core changes `*word` from `value`. May end early.
#ifndef rtos_spin_while
#define rtos_spin_while(word, value) (void)(word)
#endif

// A helper only parks: a kernel may do with less.
#ifndef RTOS_STOP_STACK
#define RTOS_STOP_STACK RTOS_STACK_MIN
#endif

typedef struct {
    rtos_thread_t thread;
    uint8_t stack[RTOS_STOP_STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
    bool made;
    rtos_atomic_t stop; // asked to hold its core
    rtos_atomic_t holds; // does
} helper_t;

static helper_t helpers[RTOS_CORES];
static rtos_atomic_t stopping; // somebody has the turn

static void await(rtos_atomic_t *word, uintptr_t value) {
    while (rtos_atomic_load(word) != value) {
        rtos_spin_while(word, !value);
    }
}

static void helper_main(void *arg) {
    helper_t *self = arg;
    for (;;) {
        while (!rtos_atomic_load(&self->stop)) {
            rtos_park(RTOS_FOREVER);
        }
        rtos_atomic_store(&self->holds, 1);
        await(&self->stop, 0);
        rtos_atomic_store(&self->holds, 0);
    }
}

// By who has the turn, so never twice.
static void helper_make(helper_t *helper) {
    const rtos_thread_config_t config = {
        .entry = helper_main, .arg = helper, .name = "stop", .priority = RTOS_PRIORITY_STOP,
        .stack = helper->stack, .stack_size = sizeof(helper->stack), .cores = 1u << (helper - helpers),
    };
    if (rtos_thread_create(&helper->thread, &config) != 0) {
        rtos_fatal("stopping the world: a core cannot be held");
    }
    rtos_thread_start(&helper->thread);
    helper->made = true;
}

static void helper_ask(helper_t *helper) {
    rtos_atomic_store(&helper->stop, 1);
    if (helper->made) {
        rtos_unpark(&helper->thread);
    } else {
        helper_make(helper);
    }
}

static void others_stop(bool stop) {
    unsigned self = rtos_core_id();
    for (unsigned core = 0; core < rtos_core_count(); ++core) {
        if (core != self && stop) {
            helper_ask(&helpers[core]);
        } else if (core != self) {
            rtos_atomic_store(&helpers[core].stop, 0);
        }
    }
    // Also at the end: the next stopper would take the hold that is ending for one of its own.
    for (unsigned core = 0; core < rtos_core_count(); ++core) {
        if (core != self) {
            await(&helpers[core].holds, stop);
        }
    }
}

static bool several_cores(void) {
    return RTOS_CORES > 1 && rtos_core_count() > 1;
}

// In one step: who has the turn cannot be displaced by anything stoppable, so nobody waits for it any longer than
// services take.
static bool turn_take(void) {
    rtos_crit_t key = rtos_crit_enter();
    bool free = !rtos_atomic_load(&stopping);
    if (free) {
        rtos_atomic_store(&stopping, 1);
        rtos_thread_raise(true);
    }
    rtos_crit_exit(key);
    return free;
}

// In one step: the next stopper's helper has the same level, and would share this core with who is still raised.
static void turn_give(void) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_atomic_store(&stopping, 0);
    rtos_thread_raise(false);
    rtos_crit_exit(key);
}

void rtos_world_stop(void) {
    if (!several_cores()) {
        rtos_thread_raise(true);
        return;
    }
    assert(!rtos_masked());
    // Who waits here is stopped like the rest.
    while (!turn_take()) {
        await(&stopping, 0);
    }
    others_stop(true);
}

void rtos_world_resume(void) {
    if (!several_cores()) {
        rtos_thread_raise(false);
        return;
    }
    others_stop(false);
    turn_give();
}
