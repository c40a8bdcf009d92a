// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Locks: a word and a queue. Nobody waiting, an acquire or a release is one atomic operation and no kernel call. A
// release hands the lock to its first waiter; nobody can take it in between.
//
// The VM's mutexes are held for a moment each, again and again. Were they always handed over, one thread that is
// displaced while it holds the heap's would make all others queue for it, and each would then hand it to one that has
// yet to get a core, for every object that is allocated from there on. So who waits for a mutex is told once that it is
// free, and takes it if it still is; only if it is not, it is handed over.
#include <errno.h>

#include "core.h"
#include "rtos_trace.h"

void core_lock_init(core_lock_t *lock) {
    rtos_atomic_store(&lock->word, 0);
    lock->waiters.head = NULL;
}

uint32_t core_lock_holder(core_lock_t *lock) {
    return rtos_atomic_load(&lock->word) >> 1;
}

static void lend_to_self_locked(core_lock_t *lock) {
    const core_thread_t *first = lock->waiters.head;
    if (first != NULL && first->priority > core_lowest_priority) {
        core_lend_changed_locked(&lock->waiters);
    }
}

// `how`: a core_wait_t times 2, and 1 for an interruptible wait. Two arguments would not fit into registers.
static int acquire(core_lock_t *lock, unsigned how, uint64_t deadline_us) {
    bool may_wait = core_may_wait();
    rtos_crit_t key = rtos_crit_enter();
    if (core_lock_take_locked(lock, NULL)) {
        lend_to_self_locked(lock);
        rtos_crit_exit(key);
        return 0;
    }
    if (deadline_us == 0 || !may_wait) {
        rtos_crit_exit(key);
        return deadline_us == 0 ? -ETIMEDOUT : -EDEADLK;
    }
    core_self()->waits_for = how / 2;
    rtos_trace(RTOS_TRACE_HELD, core_self(), core_lock_holder(lock));
    return core_wait_locked(&lock->waiters, how % 2, deadline_us, key);
}

int core_lock_acquire(core_lock_t *lock, bool interruptible, uint64_t deadline_us) {
    return acquire(lock, CORE_WAIT_LOCK * 2 | interruptible, deadline_us);
}

// The slow half of a release: hand the lock to its first waiter, or wake that to take it. All may have given up
// meanwhile.
static void hand_over_lock(core_lock_t *lock) {
    rtos_crit_t key = rtos_crit_enter();
    core_thread_t *next = lock->waiters.head;
    if (next == NULL) {
        rtos_atomic_store(&lock->word, 0);
    } else {
        bool lent = core_lenders != 0;
        core_thread_t *holder = lent ? core_lock_holder_thread_locked(lock) : NULL;
        core_thread_t *to = next->waits_for == CORE_WAIT_MUTEX ? NULL : next;
        bool last = next->queue_next == next;
        rtos_atomic_store(&lock->word, to == NULL ? 0 : (uintptr_t)to->ident << 1 | (last ? 0 : CORE_WAITERS));
        core_grant_locked(next);
        if (lent) {
            core_lend_handed_over_locked(lock, holder, to);
        }
    }
    rtos_crit_exit(key);
}

int core_lock_release(core_lock_t *lock) {
    for (;;) {
        uintptr_t word = rtos_atomic_load(&lock->word);
        if (word & CORE_WAITERS) {
            hand_over_lock(lock);
            return 0;
        }
        if (word == 0) {
            return -EPERM;
        }
        if (rtos_atomic_cas(&lock->word, word, 0)) {
            return 0;
        }
    }
}

void core_mutex_init(core_mutex_t *mutex) {
    core_lock_init(&mutex->lock);
    mutex->owner = NULL;
    mutex->depth = 0;
}

bool core_mutex_held(core_mutex_t *mutex) {
    return rtos_peek(mutex->owner) == core_self() && mutex->depth != 0;
}

static bool mutex_again(core_mutex_t *mutex) {
    if (!core_mutex_held(mutex)) {
        return false;
    }
    mutex->depth += 1;
    return true;
}

static void mutex_own(core_mutex_t *mutex) {
    rtos_poke(mutex->owner, core_self());
    mutex->depth = 1;
}

bool core_mutex_try(core_mutex_t *mutex) {
    if (mutex_again(mutex)) {
        return true;
    }
    if (!core_lock_try(&mutex->lock)) {
        return false;
    }
    mutex_own(mutex);
    return true;
}

void core_mutex_lock(core_mutex_t *mutex) {
    if (core_mutex_try(mutex)) {
        return;
    }
    core_wait_t kind = CORE_WAIT_MUTEX;
    do {
        if (acquire(&mutex->lock, kind * 2, CORE_FOREVER) != 0) {
            rtos_fatal("a mutex is held and nobody may wait here");
        }
        kind = CORE_WAIT_LOCK;
    } while (core_lock_holder(&mutex->lock) != core_self()->ident);
    mutex_own(mutex);
}

void core_mutex_unlock(core_mutex_t *mutex) {
    mutex->depth -= 1;
    if (mutex->depth == 0) {
        rtos_poke(mutex->owner, NULL);
        core_lock_release(&mutex->lock);
    }
}
