// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Work queues. Who waits for an item puts a mark behind it, or before everything else if it runs and is not queued: the
// queue's thread ends the wait when it comes to the mark.
#include "kern.h"

static void check(bool good, const char *call, const char *reason) {
    if (CONFIG_ASSERT && !good) {
        kern_fail(call, reason);
    }
}

void k_work_init(struct k_work *work, k_work_handler_t handler) {
    *work = (struct k_work)Z_WORK_INITIALIZER(handler);
}

void k_work_init_delayable(struct k_work_delayable *dwork, k_work_handler_t handler) {
    *dwork = (struct k_work_delayable)Z_WORK_DELAYABLE_INITIALIZER(handler);
}

static int busy_locked(const struct k_work *work) {
    return work->flags & K_WORK_MASK;
}

int k_work_busy_get(const struct k_work *work) {
    kern_key_t key = kern_lock();
    int busy = busy_locked(work);
    kern_unlock(key);
    return busy;
}

// ---- submission

static bool is_started_locked(struct k_work_q *queue) {
    if (!(queue->flags & K_WORK_QUEUE_STARTED) && queue->start != NULL) {
        queue->start();
    }
    return queue->flags & K_WORK_QUEUE_STARTED;
}

static bool is_own_thread(const struct k_work_q *queue) {
    return !arch_in_isr() && arch_current() == queue->thread_id;
}

static bool takes_locked(const struct k_work_q *queue) {
    return queue->flags & K_WORK_QUEUE_DRAIN ? is_own_thread(queue) : !(queue->flags & K_WORK_QUEUE_PLUGGED);
}

static int submit_locked(struct k_work_q *queue, struct k_work *work) {
    if (work->flags & K_WORK_CANCELING) {
        return -EBUSY;
    }
    if (work->flags & K_WORK_QUEUED) {
        return 0;
    }
    bool runs = work->flags & K_WORK_RUNNING;
    queue = queue == NULL || runs ? work->queue : queue;
    if (queue == NULL) {
        return -EINVAL;
    }
    if (!is_started_locked(queue)) {
        return -ENODEV;
    }
    if (!takes_locked(queue)) {
        return -EBUSY;
    }
    sys_dlist_append(&queue->pending, &work->node);
    work->flags |= K_WORK_QUEUED;
    work->queue = queue;
    kern_wake_first_locked(&queue->idle, 0);
    return runs ? 2 : 1;
}

int k_work_submit_to_queue(struct k_work_q *queue, struct k_work *work) {
    kern_key_t key = kern_lock();
    int ret = submit_locked(queue, work);
    kern_unlock(key);
    return ret;
}

// ---- the queue's thread

// L. The waits for what was before the first item are over.
static void pass_marks_locked(struct k_work_q *queue) {
    struct k_work *work;
    while ((work = SYS_DLIST_PEEK_HEAD_CONTAINER(&queue->pending, work, node)) != NULL
        && (work->flags & K_WORK_FLUSHING)) {
        sys_dlist_remove(&work->node);
        kern_wake_first_locked(&CONTAINER_OF(work, struct k_work_sync, mark)->waiter, 0);
    }
}

static void run_first_locked(struct k_work_q *queue, kern_key_t *key) {
    struct k_work *work = CONTAINER_OF(sys_dlist_get(&queue->pending), struct k_work, node);
    work->flags = (work->flags & ~K_WORK_QUEUED) | K_WORK_RUNNING;
    queue->flags |= K_WORK_QUEUE_BUSY;
    kern_unlock(*key);
    work->handler(work);
    *key = kern_lock();
    work->flags &= ~(K_WORK_RUNNING | K_WORK_CANCELING);
    queue->flags &= ~K_WORK_QUEUE_BUSY;
    pass_marks_locked(queue);
    if (!(queue->flags & K_WORK_QUEUE_NO_YIELD) && !sys_dlist_is_empty(&queue->pending)) {
        kern_unlock(*key);
        k_yield();
        *key = kern_lock();
    }
}

static void queue_main(struct k_work_q *queue) {
    kern_key_t key = kern_lock();
    for (;;) {
        pass_marks_locked(queue);
        if (!sys_dlist_is_empty(&queue->pending)) {
            run_first_locked(queue, &key);
        } else if (queue->flags & K_WORK_QUEUE_DRAIN) {
            queue->flags &= ~K_WORK_QUEUE_DRAIN;
            kern_wake_all_locked(&queue->drainers, 1);
        } else if (queue->flags & K_WORK_QUEUE_STOP) {
            break;
        } else {
            kern_check_may_wait("its work queue");
            kern_wait(&queue->idle, K_FOREVER, key);
            key = kern_lock();
        }
    }
    queue->flags = 0;
    kern_unlock(key);
}

static void thread_main(void *queue, void *p2, void *p3) {
    (void)p2;
    (void)p3;
    queue_main(queue);
}

void k_work_queue_init(struct k_work_q *queue) {
    *queue = (struct k_work_q) { 0 };
}

static const struct k_work_queue_config defaults;

// From here on it takes items.
static void take_items(struct k_work_q *queue, k_tid_t thread, const struct k_work_queue_config *config) {
    kern_key_t key = kern_lock();
    sys_dlist_init(&queue->pending);
    kern_wait_q_init(&queue->idle);
    kern_wait_q_init(&queue->drainers);
    queue->thread_id = thread;
    queue->flags = K_WORK_QUEUE_STARTED | (config->no_yield ? K_WORK_QUEUE_NO_YIELD : 0);
    if (config->name != NULL) {
        k_thread_name_set(thread, config->name);
    }
    kern_unlock(key);
}

void k_work_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size, int prio,
    const struct k_work_queue_config *config) {
    check(!(queue->flags & K_WORK_QUEUE_STARTED), __func__, "the queue was started");
    config = config == NULL ? &defaults : config;
    uint32_t options = config->essential ? K_ESSENTIAL : 0;
    k_thread_create(&queue->thread, stack, stack_size, thread_main, queue, NULL, NULL, prio, options, K_FOREVER);
    take_items(queue, &queue->thread, config);
    k_thread_start(&queue->thread);
}

void k_work_queue_run(struct k_work_q *queue, const struct k_work_queue_config *config) {
    check(!(queue->flags & K_WORK_QUEUE_STARTED), __func__, "the queue was started");
    take_items(queue, arch_current(), config == NULL ? &defaults : config);
    queue_main(queue);
}

k_tid_t k_work_queue_thread_get(struct k_work_q *queue) {
    kern_key_t key = kern_lock();
    is_started_locked(queue);
    kern_unlock(key);
    return queue->thread_id;
}

static bool is_empty_locked(const struct k_work_q *queue) {
    return !(queue->flags & (K_WORK_QUEUE_BUSY | K_WORK_QUEUE_DRAIN)) && sys_dlist_is_empty(&queue->pending);
}

int k_work_queue_drain(struct k_work_q *queue, bool plug) {
    kern_check_may_wait(__func__);
    kern_key_t key = kern_lock();
    check(!is_own_thread(queue), __func__, "the queue would wait for itself");
    bool started = is_started_locked(queue);
    if (plug) {
        queue->flags |= K_WORK_QUEUE_PLUGGED;
    }
    if (!started || is_empty_locked(queue)) {
        kern_unlock(key);
        return 0;
    }
    queue->flags |= K_WORK_QUEUE_DRAIN;
    return kern_wait(&queue->drainers, K_FOREVER, key);
}

int k_work_queue_unplug(struct k_work_q *queue) {
    kern_key_t key = kern_lock();
    int ret = queue->flags & K_WORK_QUEUE_PLUGGED ? 0 : -EALREADY;
    queue->flags &= ~K_WORK_QUEUE_PLUGGED;
    kern_unlock(key);
    return ret;
}

static int ask_to_stop_locked(struct k_work_q *queue) {
    if (!(queue->flags & K_WORK_QUEUE_STARTED)) {
        return -EALREADY;
    }
    if (queue->thread_id->options & K_ESSENTIAL) {
        return -ENOTSUP;
    }
    if (!(queue->flags & K_WORK_QUEUE_PLUGGED)) {
        return -EBUSY;
    }
    queue->flags |= K_WORK_QUEUE_STOP;
    kern_wake_first_locked(&queue->idle, 0);
    return 0;
}

int k_work_queue_stop(struct k_work_q *queue, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    int ret = ask_to_stop_locked(queue);
    kern_unlock(key);
    if (ret != 0 || k_thread_join(queue->thread_id, timeout) == 0) {
        return ret;
    }
    key = kern_lock();
    bool goes_on = queue->flags & K_WORK_QUEUE_STOP;
    queue->flags &= ~K_WORK_QUEUE_STOP;
    kern_unlock(key);
    // A thread that is leaving is gone soon, if it is the queue's own.
    return goes_on || queue->thread_id != &queue->thread ? -ETIMEDOUT : k_thread_join(&queue->thread, K_FOREVER);
}

// ---- waiting for an item, and cancelling it

static void forget_mark(struct k_thread *t) {
    sys_dlist_remove(&((struct k_work_sync *)t->swap_data)->mark.node);
}

// L, and gives the lock up: the item is queued, or runs.
static void await_item(struct k_work *work, struct k_work_sync *sync, kern_key_t key) {
    struct k_work_q *queue = work->queue;
    check(!is_own_thread(queue), "k_work_sync", "the queue would wait for itself");
    sync->mark = (struct k_work) { .flags = K_WORK_FLUSHING };
    kern_wait_q_init(&sync->waiter);
    sys_dlist_insert(work->flags & K_WORK_QUEUED ? work->node.next : queue->pending.head, &sync->mark.node);
    arch_current()->swap_data = sync;
    arch_current()->leave = forget_mark;
    kern_wait(&sync->waiter, K_FOREVER, key);
}

static bool flush(struct k_work *work, struct k_work_sync *sync, kern_key_t key) {
    if (!(work->flags & (K_WORK_QUEUED | K_WORK_RUNNING))) {
        kern_unlock(key);
        return false;
    }
    await_item(work, sync, key);
    return true;
}

bool k_work_flush(struct k_work *work, struct k_work_sync *sync) {
    check(!(work->flags & K_WORK_DELAYABLE), __func__, "the item is delayable");
    kern_check_may_wait(__func__);
    return flush(work, sync, kern_lock());
}

static int cancel_locked(struct k_work *work) {
    if (work->flags & K_WORK_QUEUED) {
        sys_dlist_remove(&work->node);
        work->flags &= ~K_WORK_QUEUED;
    }
    if (work->flags & K_WORK_RUNNING) {
        work->flags |= K_WORK_CANCELING;
    }
    return busy_locked(work);
}

// L, and gives it up.
static void await_cancelled(struct k_work *work, struct k_work_sync *sync, kern_key_t key) {
    if (work->flags & K_WORK_CANCELING) {
        await_item(work, sync, key);
    } else {
        kern_unlock(key);
    }
}

int k_work_cancel(struct k_work *work) {
    check(!(work->flags & K_WORK_DELAYABLE), __func__, "the item is delayable");
    kern_key_t key = kern_lock();
    int busy = cancel_locked(work);
    kern_unlock(key);
    return busy;
}

bool k_work_cancel_sync(struct k_work *work, struct k_work_sync *sync) {
    check(!(work->flags & K_WORK_DELAYABLE), __func__, "the item is delayable");
    kern_check_may_wait(__func__);
    kern_key_t key = kern_lock();
    bool was = busy_locked(work) != 0;
    cancel_locked(work);
    await_cancelled(work, sync, key);
    return was;
}

// ---- delayable items

k_ticks_t k_work_delayable_expires_get(const struct k_work_delayable *dwork) {
    return kern_timeout_expires(&dwork->timeout);
}

k_ticks_t k_work_delayable_remaining_get(const struct k_work_delayable *dwork) {
    return kern_timeout_remaining(&dwork->timeout);
}

static void time_has_come(struct _timeout *timeout) {
    struct k_work_delayable *dwork = CONTAINER_OF(timeout, struct k_work_delayable, timeout);
    dwork->work.flags &= ~K_WORK_DELAYED;
    submit_locked(dwork->queue, &dwork->work);
}

static int schedule_locked(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay) {
    if (K_TIMEOUT_EQ(delay, K_NO_WAIT)) {
        return submit_locked(queue, &dwork->work);
    }
    dwork->work.flags |= K_WORK_DELAYED;
    dwork->queue = queue;
    kern_timeout_add_locked(&dwork->timeout, kern_expiry(delay), time_has_come);
    return 1;
}

// Whether it was delayed.
static bool unschedule_locked(struct k_work_delayable *dwork) {
    bool was = dwork->work.flags & K_WORK_DELAYED;
    dwork->work.flags &= ~K_WORK_DELAYED;
    kern_timeout_remove_locked(&dwork->timeout);
    return was;
}

int k_work_schedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay) {
    kern_key_t key = kern_lock();
    int ret = busy_locked(&dwork->work) & ~K_WORK_RUNNING ? 0 : schedule_locked(queue, dwork, delay);
    kern_unlock(key);
    return ret;
}

int k_work_reschedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay) {
    kern_key_t key = kern_lock();
    unschedule_locked(dwork);
    int ret = schedule_locked(queue, dwork, delay);
    kern_unlock(key);
    return ret;
}

bool k_work_flush_delayable(struct k_work_delayable *dwork, struct k_work_sync *sync) {
    kern_check_may_wait(__func__);
    kern_key_t key = kern_lock();
    if (unschedule_locked(dwork)) {
        submit_locked(dwork->queue, &dwork->work);
    }
    return flush(&dwork->work, sync, key);
}

int k_work_cancel_delayable(struct k_work_delayable *dwork) {
    kern_key_t key = kern_lock();
    unschedule_locked(dwork);
    int busy = cancel_locked(&dwork->work);
    kern_unlock(key);
    return busy;
}

bool k_work_cancel_delayable_sync(struct k_work_delayable *dwork, struct k_work_sync *sync) {
    kern_check_may_wait(__func__);
    kern_key_t key = kern_lock();
    bool was = busy_locked(&dwork->work) != 0;
    unschedule_locked(dwork);
    cancel_locked(&dwork->work);
    await_cancelled(&dwork->work, sync, key);
    return was;
}
