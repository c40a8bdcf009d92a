// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Semaphores. Who waits finds the count 0, so a give is to the first waiter or to the count.
#include "kern.h"

int k_sem_init(struct k_sem *sem, unsigned initial_count, unsigned limit) {
    if (limit == 0 || initial_count > limit) {
        return -EINVAL;
    }
    kern_wait_q_init(&sem->wait_q);
    sys_dlist_init(&sem->poll_events);
    sem->count = initial_count;
    sem->limit = limit;
    return 0;
}

int k_sem_take(struct k_sem *sem, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    if (sem->count > 0) {
        sem->count -= 1;
        kern_unlock(key);
        return 0;
    }
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        kern_unlock(key);
        return -EBUSY;
    }
    kern_check_may_wait(__func__);
    return kern_wait(&sem->wait_q, timeout, key);
}

void k_sem_give(struct k_sem *sem) {
    kern_key_t key = kern_lock();
    if (kern_wake_first_locked(&sem->wait_q, 0) == NULL) {
        sem->count += sem->count != sem->limit;
        kern_notify_locked(&sem->poll_events, K_POLL_STATE_SEM_AVAILABLE);
    }
    kern_unlock(key);
}

void k_sem_reset(struct k_sem *sem) {
    kern_key_t key = kern_lock();
    sem->count = 0;
    kern_wake_all_locked(&sem->wait_q, -EAGAIN);
    kern_unlock(key);
}
