// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Condition variables. Whoever signals finds a waiter in the queue from when the mutex is unlocked on: both happen in
// one section.
#include "kern.h"

int k_condvar_init(struct k_condvar *condvar) {
    kern_wait_q_init(&condvar->wait_q);
    return 0;
}

int k_condvar_signal(struct k_condvar *condvar) {
    kern_key_t key = kern_lock();
    kern_wake_first_locked(&condvar->wait_q, 0);
    kern_unlock(key);
    return 0;
}

int k_condvar_broadcast(struct k_condvar *condvar) {
    kern_key_t key = kern_lock();
    int woken = 0;
    while (kern_wake_first_locked(&condvar->wait_q, 0) != NULL) {
        woken += 1;
    }
    kern_unlock(key);
    return woken;
}

int k_condvar_wait(struct k_condvar *condvar, struct k_mutex *mutex, k_timeout_t timeout) {
    kern_check_may_wait(__func__);
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        return -EAGAIN;
    }
    kern_key_t key = kern_lock();
    k_mutex_unlock(mutex);
    int ret = kern_wait(&condvar->wait_q, timeout, key);
    k_mutex_lock(mutex, K_FOREVER);
    return ret;
}
