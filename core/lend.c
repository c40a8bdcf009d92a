// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Priorities lent to who took a lock, by those that wait for it. Nothing here runs while all threads are equals.
//
// Outside of critical sections a lock is among its holder's `lenders` exactly while its first waiter is more urgent
// than the holder's `base`, and a thread's `priority`, in the kernel too, is the most urgent of its `base` and those
// waiters'. So a lock that nobody waits for is in no list, and may be freed.
#include "core.h"

uint8_t core_lowest_priority; // changes in critical sections, like the lenders
uint16_t core_lenders;

core_thread_t *core_lock_holder_thread_locked(core_lock_t *lock) {
    uint32_t ident = core_lock_holder(lock);
    core_thread_t *t = &core_main_thread;
    while (t->ident != ident) {
        t = t->next;
        if (t == &core_main_thread) {
            return NULL;
        }
    }
    return rtos_atomic_load(&t->state) <= CORE_RUNNING ? t : NULL;
}

// The holder of a lock with waiters, which from here on cannot release it without hearing of them. Who has just taken a
// mutex that was free for them may not know yet.
static core_thread_t *holder_told_locked(core_lock_t *lock) {
    uintptr_t word;
    do {
        word = rtos_atomic_load(&lock->word);
        if (word == 0) {
            return NULL;
        }
    } while (lock->waiters.head != NULL && !(word & CORE_WAITERS)
        && !rtos_atomic_cas(&lock->word, word, word | CORE_WAITERS));
    return core_lock_holder_thread_locked(lock);
}

static void unlist_locked(core_thread_t *holder, core_lock_t *lock) {
    for (core_lock_t **p = &holder->lenders; *p != NULL; p = &(*p)->next) {
        if (*p == lock) {
            *p = lock->next;
            core_lenders -= 1;
            return;
        }
    }
}

static void list_locked(core_thread_t *holder, core_lock_t *lock) {
    const core_thread_t *first = lock->waiters.head;
    unlist_locked(holder, lock);
    if (first != NULL && first->priority > holder->base) {
        lock->next = holder->lenders;
        holder->lenders = lock;
        core_lenders += 1;
    }
}

static unsigned wanted_priority_locked(const core_thread_t *t) {
    unsigned priority = t->base;
    for (const core_lock_t *lock = t->lenders; lock != NULL; lock = lock->next) {
        if (lock->waiters.head->priority > priority) {
            priority = lock->waiters.head->priority;
        }
    }
    return priority;
}

// `t` has another place in the queue that it waits in, and never leaves it: the lock that it waits for, or NULL.
static core_lock_t *move_locked(core_thread_t *t) {
    core_queue_t *q = t->queue;
    if (q == NULL) {
        return NULL;
    }
    core_queue_unlink_locked(q, t);
    core_queue_insert_locked(q, t);
    return core_is_lock(t->waits_for) ? core_lock_of(q) : NULL;
}

// `t` runs with what its lenders lend, and so does who holds what it waits for, and so on. It ends also in a circle of
// threads that wait for each other: once round, each has the priority of the most urgent.
static void settle_locked(core_thread_t *t) {
    while (t != NULL) {
        unsigned priority = wanted_priority_locked(t);
        if (priority == t->priority) {
            break;
        }
        t->priority = priority;
        rtos_thread_set_priority(&t->rtos, priority);
        core_lock_t *lock = move_locked(t);
        t = lock == NULL ? NULL : holder_told_locked(lock);
        if (t != NULL) {
            list_locked(t, lock);
        }
    }
    core_gil_update_locked();
}

void core_lend_changed_locked(core_queue_t *waiters) {
    core_lock_t *lock = core_lock_of(waiters);
    core_thread_t *holder = holder_told_locked(lock);
    if (holder != NULL) {
        list_locked(holder, lock);
        settle_locked(holder);
    }
}

void core_lend_handed_over_locked(core_lock_t *lock, core_thread_t *from, core_thread_t *to) {
    if (from != NULL) {
        unlist_locked(from, lock);
    }
    if (to != NULL) {
        list_locked(to, lock);
    }
    settle_locked(from);
}

// Of its locks those are listed that a thread waits for which is more urgent than `base`: all waiters are asked, as
// nobody keeps a list of what a thread has taken.
void core_thread_set_priority_locked(core_thread_t *t, unsigned priority) {
    t->base = priority;
    if (priority < core_lowest_priority) {
        core_lowest_priority = priority;
    }
    core_thread_t *waiter = &core_main_thread;
    do {
        if (waiter->queue != NULL && core_is_lock(waiter->waits_for)) {
            core_lock_t *lock = core_lock_of(waiter->queue);
            if (core_lock_holder(lock) == t->ident && holder_told_locked(lock) == t) {
                list_locked(t, lock);
            }
        }
        waiter = waiter->next;
    } while (waiter != &core_main_thread);
    settle_locked(t);
}

void core_lend_ended_locked(core_thread_t *t) {
    while (t->lenders != NULL) {
        unlist_locked(t, t->lenders);
    }
}
