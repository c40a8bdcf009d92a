// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Timers: a function that is called at a time, once or again and again, and a count of how often that was.
// Included by <zephyr/kernel.h>.
#ifndef ZEPHYR_KERNEL_TIMER_H
#define ZEPHYR_KERNEL_TIMER_H

#include <zephyr/kernel/thread.h>

struct k_timer;

// I, without any lock, one at a time of all timers: each time that the timer expires. It may start and stop its timer.
typedef void (*k_timer_expiry_t)(struct k_timer *timer);

// In the context of k_timer_stop, if that found the timer running.
typedef void (*k_timer_stop_t)(struct k_timer *timer);

struct k_timer {
    struct _timeout timeout;
    _wait_q_t wait_q; // in k_timer_status_sync
    k_timer_expiry_t expiry_fn;
    k_timer_stop_t stop_fn;
    k_timeout_t period;
    uint32_t status; // expiries since it was read
    void *user_data;
};

#define Z_TIMER_INITIALIZER(obj, expiry, stop) { \
        .wait_q = Z_WAIT_Q_INIT(&(obj).wait_q), .expiry_fn = (expiry), .stop_fn = (stop), \
}
#define K_TIMER_DEFINE(name, expiry_fn, stop_fn) \
    struct k_timer name = Z_TIMER_INITIALIZER(name, expiry_fn, stop_fn)

// T I. Either function may be NULL. Not of a timer that runs.
void k_timer_init(struct k_timer *timer, k_timer_expiry_t expiry_fn, k_timer_stop_t stop_fn);

// T I. The status is 0, and the timer expires after `duration`, K_NO_WAIT for the next tick, then every `period` from
// when the last expiry was due: those that come late make up for it. K_NO_WAIT and K_FOREVER: once. K_FOREVER as the
// duration does nothing. A timer that runs begins again, and who waits for it goes on waiting.
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);

// T I. The expiry function is not called again; on another core it may be on its way. The stop function is called, and
// whoever waits for the timer goes on. Nothing, where it does not run.
void k_timer_stop(struct k_timer *timer);

// T I. How often it has expired since it was started, or this was asked.
uint32_t k_timer_status_get(struct k_timer *timer);

// T. The same, and waits while that is 0 and the timer runs.
uint32_t k_timer_status_sync(struct k_timer *timer);

// T I. The time of k_uptime_ticks() when it expires next, now if it does not run; what is left until then, or 0.
k_ticks_t k_timer_expires_ticks(const struct k_timer *timer);
k_ticks_t k_timer_remaining_ticks(const struct k_timer *timer);

// Milliseconds, rounded down.
static inline uint32_t k_timer_remaining_get(struct k_timer *timer) {
    return (uint32_t)k_ticks_to_ms_floor64((uint64_t)k_timer_remaining_ticks(timer));
}

static inline void k_timer_user_data_set(struct k_timer *timer, void *user_data) {
    timer->user_data = user_data;
}

static inline void *k_timer_user_data_get(const struct k_timer *timer) {
    return timer->user_data;
}

#endif // ZEPHYR_KERNEL_TIMER_H
