// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Queues of waiting threads, and the one wait that locks, joins, sleeps and events are made of.
#include <errno.h>

#include "core.h"

static core_queue_t events;
static rtos_atomic_t event_count;

uint64_t core_deadline(uint32_t ms) {
    return ms == RTOS_FOREVER ? CORE_FOREVER : rtos_now_us() + (uint64_t)ms * 1000;
}

bool core_may_wait(void) {
    return !rtos_in_isr() && !rtos_masked() && !core_collects();
}

// Mostly threads of one priority come and go, so the search starts at the end.
void core_queue_insert_locked(core_queue_t *q, core_thread_t *t) {
    t->queue = q;
    if (q->head == NULL) {
        t->queue_next = t->queue_prev = t;
        q->head = t;
        return;
    }
    core_thread_t *after = q->head->queue_prev;
    while (after->priority < t->priority && after != q->head) {
        after = after->queue_prev;
    }
    if (after->priority < t->priority) {
        after = after->queue_prev;
        q->head = t;
    }
    t->queue_prev = after;
    t->queue_next = after->queue_next;
    t->queue_next->queue_prev = t;
    after->queue_next = t;
}

void core_queue_remove_locked(core_thread_t *t) {
    core_queue_t *q = t->queue;
    if (t->queue_next == t) {
        q->head = NULL;
    } else {
        t->queue_prev->queue_next = t->queue_next;
        t->queue_next->queue_prev = t->queue_prev;
        if (q->head == t) {
            q->head = t->queue_next;
        }
    }
    t->queue = NULL;
}

// A thread that will need the GIL moves straight on to its queue, so that it wakes once. The grant and the unpark are
// one critical section: a granted thread can run, exit and be freed right after it.
void core_grant_locked(core_thread_t *t) {
    core_queue_remove_locked(t);
    if (t->wants_gil) {
        core_gil_queue_locked(t);
    } else {
        rtos_unpark(&t->rtos);
    }
}

void core_grant_all_locked(core_queue_t *q) {
    while (q->head != NULL) {
        core_grant_locked(q->head);
    }
}

static uint32_t park_ms(uint64_t deadline_us, uint64_t now_us) {
    uint64_t ms = (deadline_us - now_us + 999) / 1000;
    return ms < RTOS_FOREVER ? ms : RTOS_FOREVER - 1;
}

// Park until the thread has been taken out of `q`, or has to leave it.
static int wait_in(core_thread_t *self, core_queue_t *q, uint64_t deadline_us, bool interruptible) {
    for (;;) {
        int ret = 0;
        uint32_t ms = RTOS_FOREVER;
        if (interruptible && core_vm_pending(self) == CORE_PENDING_NOW) {
            ret = -EINTR;
        } else if (deadline_us != CORE_FOREVER) {
            uint64_t now_us = rtos_now_us();
            if (now_us >= deadline_us) {
                ret = -ETIMEDOUT;
            } else {
                ms = park_ms(deadline_us, now_us);
            }
        }
        rtos_crit_t key = rtos_crit_enter();
        bool granted = self->queue != q;
        if (ret != 0 && !granted && q != NULL) {
            core_queue_remove_locked(self);
        }
        rtos_crit_exit(key);
        if (granted) {
            return 0; // also where the grant and a timeout or an interruption came together
        }
        if (ret != 0) {
            return ret;
        }
        rtos_park(ms);
    }
}

int core_wait_locked(core_queue_t *q, uint64_t deadline_us, bool interruptible, rtos_crit_t key) {
    core_thread_t *self = core_self();
    bool had_gil = core_gil_held();
    self->wants_gil = had_gil;
    if (q != NULL) {
        core_queue_insert_locked(q, self);
    }
    if (had_gil) {
        core_gil_exit_locked();
    }
    rtos_crit_exit(key);
    int ret = wait_in(self, q, deadline_us, interruptible);
    if (had_gil) {
        core_gil_enter();
    }
    return ret;
}

int core_sleep(uint64_t deadline_us, bool interruptible) {
    return core_wait_locked(NULL, deadline_us, interruptible, rtos_crit_enter());
}

void core_event_signal(void) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_atomic_add(&event_count, 1);
    core_grant_all_locked(&events);
    rtos_crit_exit(key);
}

int core_event_wait(uint64_t deadline_us, bool interruptible) {
    core_thread_t *self = core_self();
    rtos_crit_t key = rtos_crit_enter();
    uintptr_t count = rtos_atomic_load(&event_count);
    if (self->events_seen != count) {
        self->events_seen = count;
        rtos_crit_exit(key);
        return 0;
    }
    int ret = core_wait_locked(&events, deadline_us, interruptible, key);
    self->events_seen = rtos_atomic_load(&event_count);
    return ret;
}

void core_interrupt(core_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    core_gil_update_locked();
    rtos_unpark(&t->rtos);
    rtos_crit_exit(key);
}
