// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Mutexes. A thread that waits is in the mutex's queue and lends its priority to the owner; whatever ends its wait, or
// changes what it lends, ends in kern_update_prio_locked(owner). The lists are walked, not kept in order: threads hold
// few mutexes at a time.
#include "kern.h"

int k_mutex_init(struct k_mutex *mutex) {
    *mutex = (struct k_mutex) Z_MUTEX_INITIALIZER(*mutex);
    return 0;
}

static void check_thread(const char *call) {
    if (CONFIG_ASSERT && arch_in_isr()) {
        kern_fail(call, "a mutex is for threads");
    }
}

static void give_to(struct k_mutex *mutex, struct k_thread *t) {
    mutex->owner = t;
    mutex->lock_count = 1;
    mutex->next = t->held;
    t->held = mutex;
}

static void take_from(struct k_mutex *mutex, struct k_thread *owner) {
    struct k_mutex **p = &owner->held;
    while (*p != mutex) {
        p = &(*p)->next;
    }
    *p = mutex->next;
}

int kern_lent_prio_locked(struct k_thread *t) {
    int prio = K_IDLE_PRIO;
    for (const struct k_mutex *mutex = t->held; mutex != NULL; mutex = mutex->next) {
        const struct k_thread *first = kern_waiter_first(&mutex->wait_q);
        prio = first == NULL ? prio : MIN(prio, first->prio);
    }
    return prio;
}

void kern_mutexes_lost_locked(struct k_thread *t) {
    // They stay locked: nobody knows what state the thread has left behind it.
    for (; t->held != NULL; t->held = t->held->next) {
        t->held->owner = NULL;
    }
}

// No longer a waiter, without the mutex.
static void leave(struct k_thread *t) {
    struct k_mutex *mutex = t->wanted;
    t->wanted = NULL;
    kern_update_prio_locked(mutex->owner);
}

static int wait_for(struct k_mutex *mutex, k_timeout_t timeout, kern_key_t key) {
    struct k_thread *self = arch_current();
    self->wanted = mutex;
    self->leave = leave;
    kern_pend_locked(&mutex->wait_q, timeout);
    kern_update_prio_locked(mutex->owner);
    return kern_swap(key);
}

int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout) {
    check_thread(__func__);
    kern_key_t key = kern_lock();
    int ret = 0;
    if (mutex->lock_count == 0) {
        give_to(mutex, arch_current());
    } else if (mutex->owner == arch_current()) {
        mutex->lock_count += 1;
    } else if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        ret = -EBUSY;
    } else {
        return wait_for(mutex, timeout, key);
    }
    kern_unlock(key);
    return ret;
}

static void hand_over(struct k_mutex *mutex) {
    struct k_thread *next = kern_wake_first_locked(&mutex->wait_q, 0);
    if (next != NULL) {
        // Those that wait on are not more urgent than it is.
        next->wanted = NULL;
        give_to(mutex, next);
    }
}

static int unlock_locked(struct k_mutex *mutex) {
    struct k_thread *self = arch_current();
    if (mutex->owner != self) {
        return mutex->lock_count == 0 ? -EINVAL : -EPERM;
    }
    mutex->lock_count -= 1;
    if (mutex->lock_count == 0) {
        take_from(mutex, self);
        mutex->owner = NULL;
        // First, so that the next owner finds this core if it is the one to displace somebody from.
        kern_update_prio_locked(self);
        hand_over(mutex);
    }
    return 0;
}

int k_mutex_unlock(struct k_mutex *mutex) {
    check_thread(__func__);
    kern_key_t key = kern_lock();
    int ret = unlock_locked(mutex);
    kern_unlock(key);
    return ret;
}
