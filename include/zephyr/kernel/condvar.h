// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Condition variables: threads wait for what others do under a mutex. Included by <zephyr/kernel.h>.
#ifndef ZEPHYR_KERNEL_CONDVAR_H
#define ZEPHYR_KERNEL_CONDVAR_H

#include <zephyr/kernel/mutex.h>

struct k_condvar {
    _wait_q_t wait_q;
};

#define Z_CONDVAR_INITIALIZER(obj) { Z_WAIT_Q_INIT(&(obj).wait_q) }
#define K_CONDVAR_DEFINE(name) struct k_condvar name = Z_CONDVAR_INITIALIZER(name)

// T I. 0.
int k_condvar_init(struct k_condvar *condvar);

// T I. 0: the most urgent waiter, if there is one, goes on to lock its mutex.
int k_condvar_signal(struct k_condvar *condvar);

// T I. All waiters do: how many there were.
int k_condvar_broadcast(struct k_condvar *condvar);

// T. Unlock the mutex once and wait, which nothing comes between, and lock it again, however long that takes: 0, or
// -EAGAIN when the time was over before a signal. With K_NO_WAIT it is -EAGAIN, and the mutex stays locked.
int k_condvar_wait(struct k_condvar *condvar, struct k_mutex *mutex, k_timeout_t timeout);

#endif // ZEPHYR_KERNEL_CONDVAR_H
