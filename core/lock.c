// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Locks: a word and a queue. Nobody waiting, an acquire or a release is one atomic operation and no kernel call. A
// release hands the lock to its first waiter; nobody can take it in between.
#include <errno.h>

#include "core.h"

#define WAITERS ((uintptr_t)1)

void core_lock_init(core_lock_t *lock) {
    rtos_atomic_store(&lock->word, 0);
    lock->waiters.head = NULL;
}

uint32_t core_lock_holder(core_lock_t *lock) {
    return rtos_atomic_load(&lock->word) >> 1;
}

// Take a free lock, or note in the word that somebody will wait. Fast paths of other cores do not see our critical
// section, so each step is a compare-and-swap.
static bool take_or_mark_locked(core_lock_t *lock) {
    for (;;) {
        uintptr_t word = rtos_atomic_load(&lock->word);
        if (word == 0) {
            if (rtos_atomic_cas(&lock->word, 0, core_own_word())) {
                return true;
            }
        } else if ((word & WAITERS) || rtos_atomic_cas(&lock->word, word, word | WAITERS)) {
            return false;
        }
    }
}

int core_lock_acquire(core_lock_t *lock, uint64_t deadline_us, bool interruptible) {
    // Without a GIL to keep, a finaliser too waits for a mutex: the collector holds none that comes after it.
    bool may_wait = interruptible || HEDDLE_GIL ? core_may_wait() : !rtos_in_isr() && !rtos_masked();
    rtos_crit_t key = rtos_crit_enter();
    if (take_or_mark_locked(lock)) {
        rtos_crit_exit(key);
        return 0;
    }
    if (deadline_us == 0 || !may_wait) {
        rtos_crit_exit(key);
        return deadline_us == 0 ? -ETIMEDOUT : -EDEADLK;
    }
    return core_wait_locked(&lock->waiters, deadline_us, interruptible, key);
}

// The slow half of a release: hand the lock to its first waiter. All may have given up meanwhile.
static void hand_over_lock(core_lock_t *lock) {
    rtos_crit_t key = rtos_crit_enter();
    core_thread_t *next = lock->waiters.head;
    if (next == NULL) {
        rtos_atomic_store(&lock->word, 0);
    } else {
        bool last = next->queue_next == next;
        rtos_atomic_store(&lock->word, (uintptr_t)next->ident << 1 | (last ? 0 : WAITERS));
        core_grant_locked(next);
    }
    rtos_crit_exit(key);
}

int core_lock_release(core_lock_t *lock) {
    for (;;) {
        uintptr_t word = rtos_atomic_load(&lock->word);
        if (word == 0) {
            return -EPERM;
        }
        if (word & WAITERS) {
            hand_over_lock(lock);
            return 0;
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
    core_thread_t *self = core_self();
    rtos_poke(mutex->owner, self);
    mutex->depth = 1;
    if (self != NULL) {
        self->held += 1;
    }
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

// Who holds a mutex, or NULL. Right after its fast path only the word says so.
static core_thread_t *owner_locked(core_mutex_t *mutex) {
    uint32_t ident = core_lock_holder(&mutex->lock);
    core_thread_t *owner = rtos_peek(mutex->owner);
    if (owner != NULL || ident == 0) {
        return owner;
    }
    core_thread_t *t = core_thread_at(ident);
    return t != NULL && t->ident == ident ? t : NULL;
}

// An owner with a lower priority runs with ours until it has given back all mutexes. A collector runs at the stop
// level already, and nobody can come here meanwhile.
static void lend_priority(core_mutex_t *mutex) {
    core_thread_t *self = core_self();
    rtos_crit_t key = rtos_crit_enter();
    core_thread_t *owner = owner_locked(mutex);
    if (owner != NULL && owner->priority < self->priority && owner->lent < self->priority) {
        owner->lent = self->priority;
        rtos_thread_set_priority(&owner->rtos, self->priority);
    }
    rtos_crit_exit(key);
}

void core_mutex_lock(core_mutex_t *mutex) {
    if (core_mutex_try(mutex)) {
        return;
    }
    lend_priority(mutex);
    if (core_lock_acquire(&mutex->lock, CORE_FOREVER, false) != 0) {
        rtos_fatal("a mutex is held and nobody may wait here");
    }
    mutex_own(mutex);
}

void core_mutex_unlock(core_mutex_t *mutex) {
    mutex->depth -= 1;
    if (mutex->depth > 0) {
        return;
    }
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(mutex->owner, mutex->lock.waiters.head); // the next one is lent to from here on
    core_lock_release(&mutex->lock);
    rtos_crit_exit(key);
    core_thread_t *self = core_self();
    if (self != NULL && --self->held == 0 && self->lent != 0) {
        self->lent = 0;
        rtos_thread_set_priority(&self->rtos, self->priority);
    }
}
