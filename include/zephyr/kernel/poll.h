// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Waiting for one of several things. Included by <zephyr/kernel.h>.
//
// An event says what is waited for. That it has happened takes nothing: who polls then takes the semaphore or gets the
// message, without waiting, and may find that another thread was faster. Threads that wait for an object itself come
// before those that poll for it, and of these one is told each time: the most urgent, and of equals who came first.
#ifndef ZEPHYR_KERNEL_POLL_H
#define ZEPHYR_KERNEL_POLL_H

#include <zephyr/kernel/thread.h>

// What an event is for.
enum {
    K_POLL_TYPE_IGNORE = 0,
    K_POLL_TYPE_SIGNAL = BIT(0),
    K_POLL_TYPE_SEM_AVAILABLE = BIT(1),
    K_POLL_TYPE_DATA_AVAILABLE = BIT(2), // of a queue
    K_POLL_TYPE_FIFO_DATA_AVAILABLE = K_POLL_TYPE_DATA_AVAILABLE,
    K_POLL_TYPE_LIFO_DATA_AVAILABLE = K_POLL_TYPE_DATA_AVAILABLE,
    K_POLL_TYPE_MSGQ_DATA_AVAILABLE = BIT(3),
};

enum k_poll_modes {
    K_POLL_MODE_NOTIFY_ONLY = 0,
    K_POLL_NUM_MODES,
};

// What became of an event.
enum {
    K_POLL_STATE_NOT_READY = 0,
    K_POLL_STATE_SIGNALED = BIT(0),
    K_POLL_STATE_SEM_AVAILABLE = BIT(1),
    K_POLL_STATE_DATA_AVAILABLE = BIT(2),
    K_POLL_STATE_FIFO_DATA_AVAILABLE = K_POLL_STATE_DATA_AVAILABLE,
    K_POLL_STATE_LIFO_DATA_AVAILABLE = K_POLL_STATE_DATA_AVAILABLE,
    K_POLL_STATE_CANCELLED = BIT(3),
    K_POLL_STATE_MSGQ_DATA_AVAILABLE = BIT(4),
};

struct k_poll_event {
    sys_dnode_t _node; // among the events of the object
    struct k_thread *poller;
    uint32_t tag : 8; // the caller's
    uint32_t type : 8;
    uint32_t state : 8; // to be K_POLL_STATE_NOT_READY again before the next k_poll
    uint32_t mode : 8;
    union {
        void *obj;
        struct k_poll_signal *signal;
        struct k_sem *sem;
        struct k_fifo *fifo;
        struct k_lifo *lifo;
        struct k_queue *queue;
        struct k_msgq *msgq;
    };
};

#define K_POLL_EVENT_INITIALIZER(event_type, event_mode, event_obj) \
    K_POLL_EVENT_STATIC_INITIALIZER(event_type, event_mode, event_obj, 0)
#define K_POLL_EVENT_STATIC_INITIALIZER(event_type, event_mode, event_obj, event_tag) \
    { .tag = (event_tag), .type = (event_type), .mode = (event_mode), { .obj = (event_obj) } }

// Something that is raised for who polls, with a value.
struct k_poll_signal {
    sys_dlist_t poll_events;
    unsigned signaled; // stays 1 until it is reset
    int result;
};

#define K_POLL_SIGNAL_INITIALIZER(name) { .poll_events = SYS_DLIST_STATIC_INIT(&(name).poll_events) }

// T I. All but the tag.
void k_poll_event_init(struct k_poll_event *event, uint32_t type, int mode, void *obj);

// T, and I with K_NO_WAIT. 0 when something has happened, which the states say; -EAGAIN at once or when the time is
// over; -EINTR when a wait was cancelled, which a state says too; -EINVAL for a bad type, mode, object or number. The
// events are the kernel's while the call waits.
int k_poll(struct k_poll_event *events, int num_events, k_timeout_t timeout);

// T I. A signal that was raised stays so until it is reset. One poller is told; `result` is for k_poll_signal_check.
void k_poll_signal_init(struct k_poll_signal *signal);
void k_poll_signal_reset(struct k_poll_signal *signal);
void k_poll_signal_check(struct k_poll_signal *signal, unsigned *signaled, int *result);
int k_poll_signal_raise(struct k_poll_signal *signal, int result); // 0

#endif // ZEPHYR_KERNEL_POLL_H
