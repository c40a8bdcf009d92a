// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Event objects. What a thread waits for lies on its stack; who makes it come true writes there what it has got.
#include "kern.h"

enum {
    WAIT_ALL = BIT(0),
    WAIT_RESET = BIT(1),
    WAIT_CLEAR = BIT(2),
};

typedef struct {
    uint32_t events; // that are waited for; and then, that were there
    unsigned options;
} event_wait_t;

void k_event_init(struct k_event *event) {
    kern_wait_q_init(&event->wait_q);
    event->events = 0;
}

// Those of the events that end the wait, or 0.
static uint32_t met(const event_wait_t *wait, uint32_t events) {
    uint32_t found = wait->events & events;
    return (wait->options & WAIT_ALL) && found != wait->events ? 0 : found;
}

// What is left of the events when all waiters that these let go on have got theirs. Each of them sees the same events.
static uint32_t wake_locked(struct k_event *event, uint32_t events) {
    uint32_t cleared = 0;
    struct k_thread *t, *next;
    SYS_DLIST_FOR_EACH_CONTAINER_SAFE(&event->wait_q.waiters, t, next, node) {
        event_wait_t *wait = t->swap_data;
        uint32_t found = met(wait, events);
        if (found != 0) {
            wait->events = found;
            cleared |= wait->options & WAIT_CLEAR ? found : 0;
            kern_wake_locked(t, 0);
        }
    }
    return events & ~cleared;
}

uint32_t k_event_set_masked(struct k_event *event, uint32_t events, uint32_t events_mask) {
    kern_key_t key = kern_lock();
    uint32_t before = event->events & events_mask;
    // Stored once: k_event_test, without the lock, never sees what a waiter clears.
    event->events = wake_locked(event, (event->events & ~events_mask) | (events & events_mask));
    kern_unlock(key);
    return before;
}

uint32_t k_event_post(struct k_event *event, uint32_t events) {
    return k_event_set_masked(event, events, events);
}

uint32_t k_event_set(struct k_event *event, uint32_t events) {
    return k_event_set_masked(event, events, UINT32_MAX);
}

uint32_t k_event_clear(struct k_event *event, uint32_t events) {
    return k_event_set_masked(event, 0, events);
}

static uint32_t wait_for(struct k_event *event, event_wait_t wait, k_timeout_t timeout, const char *call) {
    if (wait.events == 0) {
        return 0;
    }
    kern_key_t key = kern_lock();
    uint32_t events = wait.options & WAIT_RESET ? 0 : event->events;
    uint32_t found = met(&wait, events);
    event->events = wait.options & WAIT_CLEAR ? events & ~found : events;
    if (found != 0 || K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        kern_unlock(key);
        return found;
    }
    kern_check_may_wait(call);
    arch_current()->swap_data = &wait;
    return kern_wait(&event->wait_q, timeout, key) == 0 ? wait.events : 0;
}

static event_wait_t wait_of(uint32_t events, bool reset, unsigned options) {
    return (event_wait_t) { events, options | (reset ? WAIT_RESET : 0) };
}

uint32_t k_event_wait(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout) {
    return wait_for(event, wait_of(events, reset, 0), timeout, __func__);
}

uint32_t k_event_wait_all(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout) {
    return wait_for(event, wait_of(events, reset, WAIT_ALL), timeout, __func__);
}

uint32_t k_event_wait_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout) {
    return wait_for(event, wait_of(events, reset, WAIT_CLEAR), timeout, __func__);
}

uint32_t k_event_wait_all_safe(struct k_event *event, uint32_t events, bool reset, k_timeout_t timeout) {
    return wait_for(event, wait_of(events, reset, WAIT_ALL | WAIT_CLEAR), timeout, __func__);
}
