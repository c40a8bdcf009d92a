// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stop-the-world. A thread is safe while it runs nothing of its own: it waits, is stopped, has ended or has not begun.
// Its registers are on its stack then. To stop the world is to set a bit that keeps threads from leaving that state,
// and to wait until those have come to it that were not in it: each of these gets a signal and acknowledges once.
#include <stdio.h>

#include "posix.h"
#include "rtos_atomic.h"

static rtos_thread_t *stopper;
static _Atomic(uint32_t) running; // threads that have not acknowledged
static _Atomic(uint32_t) epoch; // of stops

rtos_thread_t *posix_threads;

static void acknowledge(void) {
    if (atomic_fetch_sub(&running, 1) == 1) {
        posix_wake(&running);
    }
}

static void check_stack(rtos_thread_t *self) {
    for (size_t i = 0; i < RTOS_STACK_GUARD; ++i) {
        if (self->stack[i] != (char)0xa5) {
            rtos_fatal("stack overflow");
        }
    }
}

// Not inlined: above its frame lies all that the caller has saved, and the frames of what the caller calls next do not.
__attribute__((noinline)) void posix_safe_enter(rtos_thread_t *self) {
    check_stack(self);
    self->sp = __builtin_dwarf_cfa();
    if (atomic_fetch_or(&self->word, RTOS_POSIX_SAFE) & RTOS_POSIX_STOP) {
        acknowledge();
    }
}

void posix_safe_leave(rtos_thread_t *self) {
    for (;;) {
        uint32_t now = atomic_load(&epoch);
        uint32_t word = atomic_load(&self->word);
        if (word & RTOS_POSIX_STOP) {
            posix_wait(&epoch, now, POSIX_FOREVER);
        } else if (atomic_compare_exchange_weak(&self->word, &word, word & ~RTOS_POSIX_SAFE)) {
            if (word & RTOS_POSIX_ABORT) {
                siglongjmp(self->base, 1);
            }
            return;
        }
    }
}

// In a critical section.
static void thread_stop(rtos_thread_t *t) {
    atomic_fetch_add(&running, 1);
    if (atomic_fetch_or(&t->word, RTOS_POSIX_STOP) & RTOS_POSIX_SAFE) {
        atomic_fetch_sub(&running, 1);
    } else {
        posix_nudge(t);
    }
}

void posix_thread_list(rtos_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    t->next = posix_threads;
    posix_threads = t;
    if (stopper != NULL && t->stoppable) {
        thread_stop(t);
    }
    rtos_crit_exit(key);
}

void posix_thread_unlist(rtos_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_thread_t **p = &posix_threads;
    while (*p != t) {
        p = &(*p)->next;
    }
    *p = t->next;
    rtos_crit_exit(key);
}

void posix_thread_exited_locked(rtos_thread_t *self) {
    if (atomic_fetch_or(&self->word, RTOS_POSIX_EXITED | RTOS_POSIX_SAFE) & RTOS_POSIX_STOP) {
        acknowledge();
    }
}

void rtos_world_stop(void) {
    rtos_thread_t *self = rtos_thread_self();
    rtos_crit_t key = rtos_crit_enter();
    while (stopper != NULL) {
        rtos_crit_exit(key); // who can be stopped is stopped here
        if (!self->stoppable) {
            rtos_park(1);
        }
        key = rtos_crit_enter();
    }
    stopper = self;
    atomic_store(&running, 1); // its own, so that the last of the others does not end it early
    for (rtos_thread_t *t = posix_threads; t != NULL; t = t->next) {
        if (t != self && t->stoppable) {
            thread_stop(t);
        }
    }
    rtos_crit_exit(key);
    uint32_t left = atomic_fetch_sub(&running, 1) - 1;
    while (left != 0) {
        posix_wait(&running, left, POSIX_FOREVER);
        left = atomic_load(&running);
    }
}

void rtos_world_resume(void) {
    rtos_crit_t key = rtos_crit_enter();
    stopper = NULL;
    for (rtos_thread_t *t = posix_threads; t != NULL; t = t->next) {
        atomic_fetch_and(&t->word, ~RTOS_POSIX_STOP);
    }
    atomic_fetch_add(&epoch, 1);
    posix_wake(&epoch);
    rtos_crit_exit(key);
}
