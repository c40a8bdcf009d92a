// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Event objects: 32 bits that say what has happened, and threads that wait for some of them. Included by
// <zephyr/kernel.h>.
#ifndef ZEPHYR_KERNEL_EVENT_H
#define ZEPHYR_KERNEL_EVENT_H

#include <zephyr/kernel/thread.h>

struct k_event {
    _wait_q_t wait_q;
    uint32_t events;
};

#define Z_EVENT_INITIALIZER(obj) { .wait_q = Z_WAIT_Q_INIT(&(obj).wait_q) }
#define K_EVENT_DEFINE(name) struct k_event name = Z_EVENT_INITIALIZER(name)

// T I. No event has happened.
void k_event_init(struct k_event *event);

// T I. Each returns what those of the events that it is about were before, and lets all waiters go on whose wait is met
// by what they are then.
uint32_t k_event_post(struct k_event *event, uint32_t events); // these too have happened
uint32_t k_event_set(struct k_event *event, uint32_t events); // these, and no others
uint32_t k_event_set_masked(struct k_event *event, uint32_t events, uint32_t events_mask); // of those in the mask
uint32_t k_event_clear(struct k_event *event, uint32_t events); // these have not

// T, and I with K_NO_WAIT. Wait for one of the events, or for all of them; `reset` clears all of the object's first.
// Those of them that have happened, or 0 when the time is over, and at once for no events. A safe one clears what it
// returns, in the same moment; several threads that the same change lets go on all get theirs.
uint32_t k_event_wait(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
uint32_t k_event_wait_all(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
uint32_t k_event_wait_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);
uint32_t k_event_wait_all_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout);

// T I. Those in the mask that have happened.
static inline uint32_t k_event_test(struct k_event *event, uint32_t events_mask) {
    return __atomic_load_n(&event->events, __ATOMIC_RELAXED) & events_mask;
}

#endif // ZEPHYR_KERNEL_EVENT_H
