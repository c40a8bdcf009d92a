// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Semaphores. Included by <zephyr/kernel.h>.
#ifndef ZEPHYR_KERNEL_SEM_H
#define ZEPHYR_KERNEL_SEM_H

#include <zephyr/kernel/thread.h>

#define K_SEM_MAX_LIMIT (UINT_MAX)

struct k_sem {
    _wait_q_t wait_q;
    unsigned count;
    unsigned limit;
    sys_dlist_t poll_events;
};

#define Z_SEM_INITIALIZER(obj, initial, most) \
    { Z_WAIT_Q_INIT(&(obj).wait_q), (initial), (most), SYS_DLIST_STATIC_INIT(&(obj).poll_events) }
#define K_SEM_DEFINE(name, initial_count, count_limit) \
    struct k_sem name = Z_SEM_INITIALIZER(name, initial_count, count_limit); \
    BUILD_ASSERT((count_limit) != 0 && (uint64_t)(initial_count) <= (uint64_t)(count_limit), "K_SEM_DEFINE")

// T I. 0, or -EINVAL for a limit of 0 or a count above it.
int k_sem_init(struct k_sem *sem, unsigned initial_count, unsigned limit);

// T, and I with K_NO_WAIT. 0, -EBUSY without waiting, -EAGAIN when the time is over or the semaphore was reset.
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);

// T I. The most urgent waiter has it, or else the count goes up to the limit.
void k_sem_give(struct k_sem *sem);

// T I. The count is 0, and every waiter's k_sem_take returns -EAGAIN. A k_poll waits on.
void k_sem_reset(struct k_sem *sem);

static inline unsigned k_sem_count_get(struct k_sem *sem) {
    return __atomic_load_n(&sem->count, __ATOMIC_RELAXED);
}

#endif // ZEPHYR_KERNEL_SEM_H
