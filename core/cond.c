// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Conditions, semaphores and flags: queues of threads, and what those wait for.
#include <errno.h>

#include "core.h"
#include "rtos_trace.h"

// ---- conditions

void core_cond_init(core_cond_t *cond, core_wait_t kind) {
    cond->waiters.head = NULL;
    cond->missed = 0;
    cond->kind = kind;
}

// A notification was for the running thread, which does not have the lock: it will come back and see.
static int notified_meanwhile(core_cond_t *cond) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(cond->missed, cond->missed + 1);
    rtos_crit_exit(key);
    return -EINTR;
}

int core_cond_wait(core_cond_t *cond, core_lock_t *lock, bool held, uint16_t missed, uint64_t deadline_us) {
    if (!core_may_wait()) {
        return -EDEADLK;
    }
    rtos_crit_t key = rtos_crit_enter();
    if (!held && cond->missed != missed) {
        rtos_crit_exit(key);
        return core_lock_acquire(lock, true, CORE_FOREVER);
    }
    core_self()->waits_for = cond->kind;
    if (held) {
        core_lock_release(lock);
    }
    int ret = core_wait_locked(&cond->waiters, true, deadline_us, key);
    return ret == -EALREADY ? notified_meanwhile(cond) : ret;
}

// The lock goes to `t` when it is free, or has been released by everybody that came before.
static void send_to_lock_locked(core_thread_t *t, core_lock_t *lock) {
    if (core_lock_take_locked(lock, t)) {
        core_grant_locked(t);
        return;
    }
    core_queue_unlink_locked(t->queue, t); // and it never sees that it waits in none
    rtos_poke(t->waits_for, CORE_WAIT_LOCK);
    rtos_trace(RTOS_TRACE_WAKE, rtos_trace_self(), t);
    rtos_trace(RTOS_TRACE_HELD, t, core_lock_holder(lock));
    rtos_trace(RTOS_TRACE_WAIT + CORE_WAIT_LOCK, t, &lock->waiters);
    core_queue_insert_locked(&lock->waiters, t);
    if (t->priority > core_lowest_priority) {
        core_lend_changed_locked(&lock->waiters);
    }
}

void core_cond_notify(core_cond_t *cond, core_lock_t *lock, size_t n) {
    bool more = true;
    while (more && n-- > 0) {
        rtos_crit_t key = rtos_crit_enter();
        more = cond->waiters.head != NULL;
        if (more) {
            send_to_lock_locked(cond->waiters.head, lock);
        } else {
            rtos_poke(cond->missed, cond->missed + 1);
        }
        rtos_crit_exit(key);
    }
}

// ---- semaphores

int core_sem_acquire(core_sem_t *sem, uint64_t deadline_us) {
    bool may_wait = core_may_wait();
    rtos_crit_t key = rtos_crit_enter();
    if (sem->value != 0) {
        rtos_poke(sem->value, sem->value - 1);
        rtos_crit_exit(key);
        return 0;
    }
    return core_wait_if_may_locked(&sem->waiters, CORE_WAIT_SEMAPHORE, may_wait, deadline_us, key);
}

bool core_sem_release(core_sem_t *sem, uintptr_t limit) {
    rtos_crit_t key = rtos_crit_enter();
    bool room = sem->value < limit;
    if (room && sem->waiters.head != NULL) {
        core_grant_locked(sem->waiters.head);
    } else if (room) {
        rtos_poke(sem->value, sem->value + 1);
    }
    rtos_crit_exit(key);
    return room;
}

// ---- flags

int core_flag_wait(core_flag_t *flag, uint16_t sets, uint64_t deadline_us) {
    bool may_wait = core_may_wait();
    rtos_crit_t key = rtos_crit_enter();
    if (rtos_peek(flag->set) || flag->sets != sets) {
        rtos_crit_exit(key);
        return 0;
    }
    return core_wait_if_may_locked(&flag->waiters, CORE_WAIT_FLAG, may_wait, deadline_us, key);
}

// All that wait now, one at a time, so that interrupts need not wait for all. Whoever comes behind the last of them
// finds the flag as it then is.
void core_flag_set(core_flag_t *flag) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(flag->set, true);
    rtos_poke(flag->sets, flag->sets + 1);
    core_thread_t *first = flag->waiters.head;
    core_thread_t *last = first == NULL ? NULL : first->queue_prev;
    for (core_thread_t *t = NULL; t != last && flag->waiters.head != NULL;) {
        t = flag->waiters.head;
        core_grant_locked(t);
        rtos_crit_exit(key);
        key = rtos_crit_enter();
    }
    rtos_crit_exit(key);
}
