// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Mutexes: of one thread at a time, which may lock its mutex again. Included by <zephyr/kernel.h>.
//
// Who waits lends its priority: a thread has the most urgent of its own and of all that wait for a mutex of its, and of
// those that wait for mutexes of these, and so on; for just as long as they wait, in whatever order it unlocks.
#ifndef ZEPHYR_KERNEL_MUTEX_H
#define ZEPHYR_KERNEL_MUTEX_H

#include <zephyr/kernel/thread.h>

struct k_mutex {
    _wait_q_t wait_q;
    struct k_thread *owner;
    uint32_t lock_count;
    struct k_mutex *next; // of the same owner
};

#define Z_MUTEX_INITIALIZER(obj) { .wait_q = Z_WAIT_Q_INIT(&(obj).wait_q) }
#define K_MUTEX_DEFINE(name) struct k_mutex name = Z_MUTEX_INITIALIZER(name)

// T I. 0. Not of one that a thread has or waits for.
int k_mutex_init(struct k_mutex *mutex);

// T. 0, -EBUSY without waiting, -EAGAIN when the time is over. A thread that ends leaves its mutexes locked for ever.
int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);

// T. 0, -EINVAL where it is not locked, -EPERM where another thread has it. After as many as there were locks the most
// urgent waiter has it, of several the one that has waited longest.
int k_mutex_unlock(struct k_mutex *mutex);

#endif // ZEPHYR_KERNEL_MUTEX_H
