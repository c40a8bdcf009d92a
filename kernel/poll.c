// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Polling. While a thread waits, each of its events is in a list of its object. Whatever ends the wait takes all of
// them out in the same section: what happens next is told to somebody else.
#include "kern.h"

typedef struct {
    struct k_poll_event *events;
    int count;
} polled_t; // k_thread.swap_data

void k_poll_event_init(struct k_poll_event *event, uint32_t type, int mode, void *obj) {
    sys_dnode_init(&event->_node);
    event->poller = NULL;
    event->type = type;
    event->state = K_POLL_STATE_NOT_READY;
    event->mode = mode;
    event->obj = obj;
}

static bool is_good(const struct k_poll_event *event) {
    switch (event->type) {
        case K_POLL_TYPE_IGNORE:
            return true;
        case K_POLL_TYPE_SIGNAL:
        case K_POLL_TYPE_SEM_AVAILABLE:
        case K_POLL_TYPE_DATA_AVAILABLE:
        case K_POLL_TYPE_MSGQ_DATA_AVAILABLE:
            return event->mode == K_POLL_MODE_NOTIFY_ONLY && event->obj != NULL;
        default:
            return false;
    }
}

// L. What has happened already.
static uint32_t state_locked(const struct k_poll_event *event) {
    switch (event->type) {
        case K_POLL_TYPE_SIGNAL:
            return event->signal->signaled != 0 ? K_POLL_STATE_SIGNALED : 0;
        case K_POLL_TYPE_SEM_AVAILABLE:
            return event->sem->count != 0 ? K_POLL_STATE_SEM_AVAILABLE : 0;
        case K_POLL_TYPE_DATA_AVAILABLE:
            return event->queue->head != 0 ? K_POLL_STATE_DATA_AVAILABLE : 0;
        case K_POLL_TYPE_MSGQ_DATA_AVAILABLE:
            return event->msgq->used_msgs != 0 ? K_POLL_STATE_MSGQ_DATA_AVAILABLE : 0;
        default:
            return 0;
    }
}

static sys_dlist_t *list_of(const struct k_poll_event *event) {
    switch (event->type) {
        case K_POLL_TYPE_SIGNAL:
            return &event->signal->poll_events;
        case K_POLL_TYPE_SEM_AVAILABLE:
            return &event->sem->poll_events;
        case K_POLL_TYPE_DATA_AVAILABLE:
            return &event->queue->poll_events;
        default:
            return &event->msgq->poll_events;
    }
}

static void enter_locked(struct k_thread *t, const polled_t *polled) {
    for (int i = 0; i < polled->count; ++i) {
        struct k_poll_event *event = &polled->events[i];
        if (event->type != K_POLL_TYPE_IGNORE) {
            event->poller = t;
            sys_dlist_append(list_of(event), &event->_node);
        }
    }
}

// L. `t` waits for nothing any more: its events are the caller's again.
static void leave_locked(struct k_thread *t) {
    const polled_t *polled = t->swap_data;
    for (int i = 0; i < polled->count; ++i) {
        struct k_poll_event *event = &polled->events[i];
        if (event->type != K_POLL_TYPE_IGNORE) {
            event->poller = NULL;
            sys_dlist_remove(&event->_node);
        }
    }
}

int k_poll(struct k_poll_event *events, int num_events, k_timeout_t timeout) {
    bool good = num_events >= 0 && (events != NULL || num_events == 0);
    for (int i = 0; good && i < num_events; ++i) {
        good = is_good(&events[i]);
    }
    if (!good) {
        return -EINVAL;
    }
    kern_key_t key = kern_lock();
    bool any = false;
    for (int i = 0; i < num_events; ++i) {
        uint32_t state = state_locked(&events[i]);
        events[i].state |= state;
        any |= state != 0;
    }
    if (any || K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        kern_unlock(key);
        return any ? 0 : -EAGAIN;
    }
    kern_check_may_wait(__func__);
    polled_t polled = { events, num_events };
    struct k_thread *self = arch_current();
    self->swap_data = &polled;
    self->leave = leave_locked;
    enter_locked(self, &polled);
    _wait_q_t q;
    kern_wait_q_init(&q);
    return kern_wait(&q, timeout, key);
}

static struct k_poll_event *most_urgent(const sys_dlist_t *events) {
    struct k_poll_event *first = NULL, *event;
    SYS_DLIST_FOR_EACH_CONTAINER(events, event, _node) {
        if (first == NULL || event->poller->prio < first->poller->prio) {
            first = event;
        }
    }
    return first;
}

void kern_poll_notify_locked(sys_dlist_t *events, uint32_t state) {
    struct k_poll_event *event = most_urgent(events);
    struct k_thread *poller = event->poller;
    event->state |= state;
    leave_locked(poller);
    kern_wake_locked(poller, state == K_POLL_STATE_CANCELLED ? -EINTR : 0);
}

// ---- signals

void k_poll_signal_init(struct k_poll_signal *signal) {
    sys_dlist_init(&signal->poll_events);
    signal->signaled = 0;
    signal->result = 0;
}

void k_poll_signal_reset(struct k_poll_signal *signal) {
    kern_key_t key = kern_lock();
    signal->signaled = 0;
    kern_unlock(key);
}

void k_poll_signal_check(struct k_poll_signal *signal, unsigned *signaled, int *result) {
    kern_key_t key = kern_lock();
    *signaled = signal->signaled;
    *result = signal->result;
    kern_unlock(key);
}

int k_poll_signal_raise(struct k_poll_signal *signal, int result) {
    kern_key_t key = kern_lock();
    signal->result = result;
    signal->signaled = 1;
    kern_notify_locked(&signal->poll_events, K_POLL_STATE_SIGNALED);
    kern_unlock(key);
    return 0;
}
