// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Queues of waiting threads, and the one wait that locks, joins, sleeps and events are made of.
#include <errno.h>

#include "core.h"
#include "rtos_trace.h"

static core_queue_t events;
static rtos_atomic_t event_count;

uint64_t core_deadline(uint32_t ms) {
    return ms == RTOS_FOREVER ? CORE_FOREVER : rtos_now_us() + (uint64_t)ms * 1000;
}

// Mostly threads of one priority come and go, so the search starts at the end.
void core_queue_insert_locked(core_queue_t *q, core_thread_t *t) {
    rtos_poke(t->queue, q);
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

// A thread that will need the GIL moves straight on to its queue, so that it wakes once. The grant and the unpark are
// one critical section: a granted thread can run, exit and be freed right after it.
void core_grant_locked(core_thread_t *t) {
    rtos_trace(RTOS_TRACE_WAKE, rtos_trace_self(), t);
    core_queue_remove_locked(t);
    rtos_poke(t->waits_for, CORE_WAIT_OTHER);
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

void core_leave_locked(core_thread_t *t) {
    core_queue_t *q = core_queue_remove_locked(t);
    if (core_is_lock(t->waits_for) && core_lenders != 0) {
        core_lend_changed_locked(q);
    }
    rtos_poke(t->waits_for, CORE_WAIT_OTHER);
}

// Leave `q` early, unless a grant came first: then the grant counts, and what interrupted stays pending.
static bool leave(core_thread_t *self, core_queue_t *q) {
    rtos_crit_t key = rtos_crit_enter();
    bool waits = self->queue == q;
    if (waits && q != NULL) {
        core_leave_locked(self);
    }
    rtos_crit_exit(key);
    return waits;
}

// Park until somebody has taken the thread out of `q`, or there is a reason to leave it.
static int wait_in(core_thread_t *self, core_queue_t *q, uint64_t deadline_us, bool interruptible) {
    while (rtos_peek(self->queue) == q) {
        int ret = 0;
        if (deadline_us != CORE_FOREVER && rtos_now_us() >= deadline_us) {
            // Before callbacks: where they come faster than they can be run, a wait must end all the same.
            ret = -ETIMEDOUT;
        }
        if (ret == 0 && interruptible && core_pending(self) == CORE_PENDING_NOW) {
            ret = -EINTR;
        }
        if (ret == 0 && deadline_us == CORE_FOREVER) {
            rtos_park(RTOS_FOREVER);
        } else if (ret == 0) {
            rtos_park_until(deadline_us);
        } else if (leave(self, q)) {
            return ret;
        }
    }
    return 0;
}

// Sent on from a condition's queue to that of its lock: until the lock is had, or there is a reason to leave.
static int wait_for_lock(core_thread_t *self, bool interruptible) {
    while (core_is_lock(rtos_peek(self->waits_for))) {
        if (!interruptible || core_pending(self) != CORE_PENDING_NOW) {
            rtos_park(RTOS_FOREVER);
            continue;
        }
        rtos_crit_t key = rtos_crit_enter();
        bool waits = core_is_lock(self->waits_for);
        if (waits) {
            core_leave_locked(self);
        }
        rtos_crit_exit(key);
        if (waits) {
            return -EALREADY;
        }
    }
    return 0;
}

int core_wait_locked(core_queue_t *q, bool interruptible, uint64_t deadline_us, rtos_crit_t key) {
    core_thread_t *self = core_self();
    bool had_gil = core_gil_held();
    self->wants_gil = had_gil;
    rtos_trace(RTOS_TRACE_WAIT + self->waits_for, self, q);
    if (q != NULL) {
        core_queue_insert_locked(q, self);
        if (core_is_lock(self->waits_for) && self->priority > core_lowest_priority) {
            core_lend_changed_locked(q);
        }
    }
    if (had_gil) {
        core_gil_exit_locked();
    }
    rtos_crit_exit(key);
    int ret = wait_in(self, q, deadline_us, interruptible);
    if (ret == 0 && core_is_lock(rtos_peek(self->waits_for))) {
        ret = wait_for_lock(self, interruptible);
    }
    rtos_trace(RTOS_TRACE_RESUME, self, -ret);
    if (had_gil && !core_gil_held()) {
        core_gil_enter();
    }
    return ret;
}

int core_wait_if_may_locked(core_queue_t *q, core_wait_t kind, bool may_wait, uint64_t deadline_us, rtos_crit_t key) {
    if (deadline_us == 0 || !may_wait) {
        rtos_crit_exit(key);
        return deadline_us == 0 ? -ETIMEDOUT : -EDEADLK;
    }
    core_self()->waits_for = kind;
    return core_wait_locked(q, true, deadline_us, key);
}

int core_sleep(bool interruptible, uint64_t deadline_us) {
    core_thread_t *self = core_self();
    rtos_poke(self->waits_for, CORE_WAIT_SLEEP);
    int ret = core_wait_locked(NULL, interruptible, deadline_us, rtos_crit_enter());
    rtos_poke(self->waits_for, CORE_WAIT_OTHER);
    return ret;
}

void core_event_signal(void) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_atomic_add(&event_count, 1);
    core_grant_all_locked(&events);
    rtos_crit_exit(key);
}

// Waits that are not interruptible (for room) count for themselves: one inside a callback must not take the event that
// the interrupted wait (for a character) has not looked at.
static bool event_is_new(core_thread_t *self, bool interruptible) {
    uintptr_t count = rtos_atomic_load(&event_count);
    bool new = interruptible ? self->events_seen != count : self->room_seen != (uint16_t)count;
    if (interruptible) {
        self->events_seen = count;
    } else {
        self->room_seen = count;
    }
    return new;
}

int core_event_wait(bool interruptible, uint64_t deadline_us) {
    core_thread_t *self = core_self();
    rtos_crit_t key = rtos_crit_enter();
    if (!event_is_new(self, interruptible)) {
        self->waits_for = CORE_WAIT_EVENT;
        int ret = core_wait_locked(&events, interruptible, deadline_us, key);
        event_is_new(self, interruptible);
        return ret;
    }
    rtos_crit_exit(key);
    return 0;
}

core_pending_t core_pending_slow(core_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    core_pending_t pending = core_vm_pending(t);
    if (pending == CORE_PENDING_NOTHING) {
        rtos_poke(t->interrupted, false);
    }
    rtos_crit_exit(key);
    return pending;
}

void core_interrupt(core_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(t->interrupted, true);
    core_gil_update_locked();
    rtos_unpark(&t->rtos);
    rtos_crit_exit(key);
}
