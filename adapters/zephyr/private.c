// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "kern.h"
#include "private.h"
#include "rtos.h"

void *zephyr_saved_sp(const struct k_thread *t) {
    return arch_saved_sp(t);
}

unsigned zephyr_state(const struct k_thread *t) {
    unsigned state = __atomic_load_n(&t->state, __ATOMIC_RELAXED);
    if (state & (_THREAD_DEAD | _THREAD_ABORTING)) {
        return RTOS_STATE_EXITED;
    }
    if (state & _THREAD_NEW) {
        return RTOS_STATE_SUSPENDED;
    }
    if (state & (_THREAD_PENDING | _THREAD_SLEEPING)) {
        return RTOS_STATE_WAITING;
    }
    // The idle thread is in no queue.
    bool ready = (t->flags & KERN_QUEUED) || ((t->flags & KERN_IDLE) && kern.cpus[t->cpu].current != t);
    return state == 0 && ready ? RTOS_STATE_READY : RTOS_STATE_RUNNING;
}

unsigned zephyr_core(const struct k_thread *t) {
    return t->cpu;
}

struct k_thread *zephyr_idle(unsigned core) {
    return &kern.cpus[core].idle;
}

void zephyr_set_cores(struct k_thread *t, unsigned cores) {
    kern_key_t key = kern_lock();
    kern_set_cores_locked(t, cores);
    kern_unlock(key);
}

void zephyr_prepare(void) {
    kern_init();
}

void zephyr_start(void) {
    kern_start();
}
