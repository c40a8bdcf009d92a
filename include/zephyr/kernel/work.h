// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Work queues: functions that a thread calls one after the other, in the order in which they were submitted. Included
// by <zephyr/kernel.h>.
//
// An item is in one queue at most. Submitted while it runs, it is queued again in the queue that runs it: its handler
// is never in two threads. It is not initialised again unless it is idle, and lives until it is.
#ifndef ZEPHYR_KERNEL_WORK_H
#define ZEPHYR_KERNEL_WORK_H

#include <zephyr/kernel/thread.h>

struct k_work;
struct k_work_q;

typedef void (*k_work_handler_t)(struct k_work *work);

// What an item is, 0 if it is idle: several at once.
enum {
    K_WORK_RUNNING = BIT(0),
    K_WORK_CANCELING = BIT(1), // runs, and may not be submitted until it has returned
    K_WORK_QUEUED = BIT(2),
    K_WORK_DELAYED = BIT(3),
    K_WORK_FLUSHING = BIT(4), // the kernel's own item, behind one that somebody waits for
    K_WORK_MASK = BIT(5) - 1,
    K_WORK_DELAYABLE = BIT(8),
};

enum {
    K_WORK_QUEUE_STARTED = BIT(0),
    K_WORK_QUEUE_BUSY = BIT(1), // runs an item
    K_WORK_QUEUE_DRAIN = BIT(2),
    K_WORK_QUEUE_PLUGGED = BIT(3),
    K_WORK_QUEUE_STOP = BIT(4),
    K_WORK_QUEUE_NO_YIELD = BIT(8),
};

struct k_work {
    sys_dnode_t node; // in the queue
    k_work_handler_t handler;
    struct k_work_q *queue; // the one that it was submitted to last
    uint32_t flags;
};

struct k_work_delayable {
    struct k_work work;
    struct _timeout timeout;
    struct k_work_q *queue; // for when the time has come
};

struct k_work_q {
    struct k_thread thread; // k_work_queue_start's
    k_tid_t thread_id;
    sys_dlist_t pending;
    _wait_q_t idle; // its thread, when there is nothing to do
    _wait_q_t drainers;
    uint32_t flags;
    void (*start)(void); // L: what the first use of the system work queue does
};

// A wait for an item, of the caller's: for one call at a time.
struct k_work_sync {
    struct k_work mark; // in the queue, behind what is waited for
    _wait_q_t waiter;
};

struct k_work_queue_config {
    const char *name; // of the thread, or NULL
    bool no_yield; // the thread does not let its equals go first after each item
    bool essential; // the end of the thread is the system's
};

#define Z_WORK_INITIALIZER(work_handler) { .handler = (work_handler) }
#define Z_WORK_DELAYABLE_INITIALIZER(work_handler) { \
        .work = { .handler = (work_handler), .flags = K_WORK_DELAYABLE }, \
}
#define K_WORK_DEFINE(name, work_handler) struct k_work name = Z_WORK_INITIALIZER(work_handler)
#define K_WORK_DELAYABLE_DEFINE(name, work_handler) \
    struct k_work_delayable name = Z_WORK_DELAYABLE_INITIALIZER(work_handler)

// CONFIG_SYSTEM_WORKQUEUE_*. There if a program uses it, and started by the first use, also in an interrupt.
extern struct k_work_q k_sys_work_q;

// ---- items

void k_work_init(struct k_work *work, k_work_handler_t handler);

// T I. What it is at this moment.
int k_work_busy_get(const struct k_work *work);

static inline bool k_work_is_pending(const struct k_work *work) {
    return k_work_busy_get(work) != 0;
}

// T I. 1: queued in `queue`, in the last one if that is NULL. 2: runs, and is queued in the queue that runs it.
// 0: was queued. -EBUSY: it is cancelled, or the queue is drained or plugged. -EINVAL: no queue. -ENODEV: one that was
// not started.
int k_work_submit_to_queue(struct k_work_q *queue, struct k_work *work);

// T I. To the system work queue.
int k_work_submit(struct k_work *work);

// T, not of the item's queue. Wait until what was submitted last has run; whether there was something to wait for.
bool k_work_flush(struct k_work *work, struct k_work_sync *sync);

// T I. Take it out of its queue. What it still is: it runs, and cannot be submitted until it has returned, or 0.
int k_work_cancel(struct k_work *work);

// T, not of the item's queue. The same, and wait until it has returned. Whether it was not idle.
bool k_work_cancel_sync(struct k_work *work, struct k_work_sync *sync);

// ---- queues

// Or zeros.
void k_work_queue_init(struct k_work_q *queue);

// T I. Start its thread. `config` may be NULL, and is not needed any more after this.
void k_work_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size, int prio,
    const struct k_work_queue_config *config);

// T. Be its thread, until it is stopped.
void k_work_queue_run(struct k_work_q *queue, const struct k_work_queue_config *config);

k_tid_t k_work_queue_thread_get(struct k_work_q *queue);

// T, not of the queue. Until it is empty, and with `plug` until k_work_queue_unplug, only its own handlers may submit.
// Waits until it is empty: 1, or 0 when it was. Delayed items are not in it yet.
int k_work_queue_drain(struct k_work_q *queue, bool plug);

// T I. 0, or -EALREADY.
int k_work_queue_unplug(struct k_work_q *queue);

// T, not of the queue. 0: its thread has ended. -EALREADY: was not started. -EBUSY: is not plugged. -ETIMEDOUT: goes
// on. -ENOTSUP: is essential.
int k_work_queue_stop(struct k_work_q *queue, k_timeout_t timeout);

// ---- delayable items

void k_work_init_delayable(struct k_work_delayable *dwork, k_work_handler_t handler);

static inline struct k_work_delayable *k_work_delayable_from_work(struct k_work *work) {
    return CONTAINER_OF(work, struct k_work_delayable, work);
}

static inline int k_work_delayable_busy_get(const struct k_work_delayable *dwork) {
    return k_work_busy_get(&dwork->work);
}

static inline bool k_work_delayable_is_pending(const struct k_work_delayable *dwork) {
    return k_work_is_pending(&dwork->work);
}

// T I. The time of k_uptime_ticks() when it will be submitted, now if it is not delayed; what is left until then, or 0.
k_ticks_t k_work_delayable_expires_get(const struct k_work_delayable *dwork);
k_ticks_t k_work_delayable_remaining_get(const struct k_work_delayable *dwork);

// T I. Submit it after `delay`: 1. 0, and nothing: it is delayed, queued or cancelled. With K_NO_WAIT like
// k_work_submit_to_queue. A queue that does not take it when the time has come is not told of.
int k_work_schedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay);
int k_work_schedule(struct k_work_delayable *dwork, k_timeout_t delay);

// T I. The same, with a new time for one that is delayed, and also when it is queued or cancelled.
int k_work_reschedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay);
int k_work_reschedule(struct k_work_delayable *dwork, k_timeout_t delay);

// Like those of items. One that is delayed is submitted at once, or not any more.
bool k_work_flush_delayable(struct k_work_delayable *dwork, struct k_work_sync *sync);
int k_work_cancel_delayable(struct k_work_delayable *dwork);
bool k_work_cancel_delayable_sync(struct k_work_delayable *dwork, struct k_work_sync *sync);

#endif // ZEPHYR_KERNEL_WORK_H
