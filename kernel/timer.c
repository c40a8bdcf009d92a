// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Timers. Whoever waits for one is due to go on once it has expired or does not run any more; after a function of the
// program's was called without the lock, and before a start changes either, those go on who are.
#include "kern.h"

void k_timer_init(struct k_timer *timer, k_timer_expiry_t expiry_fn, k_timer_stop_t stop_fn) {
    *timer = (struct k_timer) { .expiry_fn = expiry_fn, .stop_fn = stop_fn };
    kern_wait_q_init(&timer->wait_q);
}

// L. The first of those who may go on has the status.
static void settle_locked(struct k_timer *timer) {
    while ((timer->status != 0 || !kern_timeout_is_set(&timer->timeout))
        && kern_wake_first_locked(&timer->wait_q, (int)timer->status) != NULL) {
        timer->status = 0;
    }
}

// L, and without it while `fn` runs. A timer that nobody waits for is not looked at after that: it may be gone.
static void call_locked(struct k_timer *timer, void (*fn)(struct k_timer *timer), kern_key_t key) {
    bool awaited = kern_waiter_first(&timer->wait_q) != NULL;
    if (fn != NULL) {
        kern_unlock(key);
        fn(timer);
        kern_lock();
    }
    if (awaited) {
        settle_locked(timer);
    }
}

static void expire(struct _timeout *timeout) {
    struct k_timer *timer = CONTAINER_OF(timeout, struct k_timer, timeout);
    if (timer->period.ticks > 0) {
        // From when it was due: nothing adds up.
        kern_timeout_add_locked(timeout, kern_later(timeout->at, timer->period.ticks), expire);
    }
    timer->status += 1;
    call_locked(timer, timer->expiry_fn, kern.due_key);
}

void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period) {
    __ASSERT(Z_IS_TIMEOUT_RELATIVE(period));
    if (K_TIMEOUT_EQ(duration, K_FOREVER)) {
        return;
    }
    kern_key_t key = kern_lock();
    settle_locked(timer);
    kern_timeout_remove_locked(&timer->timeout);
    timer->period = period;
    timer->status = 0;
    kern_timeout_add_locked(&timer->timeout, kern_expiry(duration), expire);
    kern_unlock(key);
}

void k_timer_stop(struct k_timer *timer) {
    kern_key_t key = kern_lock();
    if (kern_timeout_remove_locked(&timer->timeout)) {
        call_locked(timer, timer->stop_fn, key);
    }
    kern_unlock(key);
}

uint32_t k_timer_status_get(struct k_timer *timer) {
    kern_key_t key = kern_lock();
    uint32_t status = timer->status;
    timer->status = 0;
    kern_unlock(key);
    return status;
}

uint32_t k_timer_status_sync(struct k_timer *timer) {
    kern_check_may_wait(__func__);
    kern_key_t key = kern_lock();
    if (timer->status == 0 && kern_timeout_is_set(&timer->timeout)) {
        return (uint32_t)kern_wait(&timer->wait_q, K_FOREVER, key);
    }
    uint32_t status = timer->status;
    timer->status = 0;
    kern_unlock(key);
    return status;
}

k_ticks_t k_timer_expires_ticks(const struct k_timer *timer) {
    return kern_timeout_expires(&timer->timeout);
}

k_ticks_t k_timer_remaining_ticks(const struct k_timer *timer) {
    return kern_timeout_remaining(&timer->timeout);
}
