// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Queues of the caller's items, and FIFOs and LIFOs, which are such queues. Included by <zephyr/kernel.h>.
//
// An item is aligned as a pointer, and its first word is the kernel's while it is in a queue, but where the call says
// _alloc_: such an item is left alone, and a small node for it comes from the system heap. What is put into a queue
// goes straight to the most urgent thread that waits for it.
#ifndef ZEPHYR_KERNEL_QUEUE_H
#define ZEPHYR_KERNEL_QUEUE_H

#include <zephyr/kernel/thread.h>
#include <zephyr/sys/slist.h>

struct k_queue {
    uintptr_t head; // the first item, or with bit 0 the node for it; 0: empty
    uintptr_t tail;
    _wait_q_t wait_q;
    sys_dlist_t poll_events;
};

#define Z_QUEUE_INITIALIZER(obj) \
    { .wait_q = Z_WAIT_Q_INIT(&(obj).wait_q), .poll_events = SYS_DLIST_STATIC_INIT(&(obj).poll_events) }
#define K_QUEUE_DEFINE(name) struct k_queue name = Z_QUEUE_INITIALIZER(name)

void k_queue_init(struct k_queue *queue);

// T I. The first waiter's k_queue_get returns NULL, and a k_poll for the queue -EINTR with K_POLL_STATE_CANCELLED.
void k_queue_cancel_wait(struct k_queue *queue);

// T I. At the end, at the beginning, after `prev`, which was not put by an _alloc_ call (NULL: at the beginning).
void k_queue_append(struct k_queue *queue, void *data);
void k_queue_prepend(struct k_queue *queue, void *data);
void k_queue_insert(struct k_queue *queue, void *prev, void *data);

// T I. 0, or -ENOMEM.
int32_t k_queue_alloc_append(struct k_queue *queue, void *data);
int32_t k_queue_alloc_prepend(struct k_queue *queue, void *data);

// T I. Items that are linked by their first words, the last one's NULL, in one step: 0, or -EINVAL for no items. A list
// is empty afterwards.
int k_queue_append_list(struct k_queue *queue, void *head, void *tail);
int k_queue_merge_slist(struct k_queue *queue, sys_slist_t *list);

// T, and I with K_NO_WAIT. The first item; NULL at once, when the time is over or the wait was cancelled.
void *k_queue_get(struct k_queue *queue, k_timeout_t timeout);

// T I. Take out an item, and append one that is not there: whether it was done. They look at every item.
bool k_queue_remove(struct k_queue *queue, void *data);
bool k_queue_unique_append(struct k_queue *queue, void *data);

// T I. NULL where there is none. An item may be gone when the call returns.
void *k_queue_peek_head(struct k_queue *queue);
void *k_queue_peek_tail(struct k_queue *queue);

static inline int k_queue_is_empty(struct k_queue *queue) {
    return __atomic_load_n(&queue->head, __ATOMIC_RELAXED) == 0;
}

// ---- first in, first out

struct k_fifo {
    struct k_queue _queue;
};

#define Z_FIFO_INITIALIZER(obj) { ._queue = Z_QUEUE_INITIALIZER((obj)._queue) }
#define K_FIFO_DEFINE(name) struct k_fifo name = Z_FIFO_INITIALIZER(name)

#define k_fifo_init(fifo) k_queue_init(&(fifo)->_queue)
#define k_fifo_cancel_wait(fifo) k_queue_cancel_wait(&(fifo)->_queue)
#define k_fifo_put(fifo, data) k_queue_append(&(fifo)->_queue, data)
#define k_fifo_alloc_put(fifo, data) k_queue_alloc_append(&(fifo)->_queue, data)
#define k_fifo_put_list(fifo, head, tail) k_queue_append_list(&(fifo)->_queue, head, tail)
#define k_fifo_put_slist(fifo, list) k_queue_merge_slist(&(fifo)->_queue, list)
#define k_fifo_get(fifo, timeout) k_queue_get(&(fifo)->_queue, timeout)
#define k_fifo_is_empty(fifo) k_queue_is_empty(&(fifo)->_queue)
#define k_fifo_peek_head(fifo) k_queue_peek_head(&(fifo)->_queue)
#define k_fifo_peek_tail(fifo) k_queue_peek_tail(&(fifo)->_queue)

// ---- last in, first out

struct k_lifo {
    struct k_queue _queue;
};

#define Z_LIFO_INITIALIZER(obj) { ._queue = Z_QUEUE_INITIALIZER((obj)._queue) }
#define K_LIFO_DEFINE(name) struct k_lifo name = Z_LIFO_INITIALIZER(name)

#define k_lifo_init(lifo) k_queue_init(&(lifo)->_queue)
#define k_lifo_put(lifo, data) k_queue_prepend(&(lifo)->_queue, data)
#define k_lifo_alloc_put(lifo, data) k_queue_alloc_prepend(&(lifo)->_queue, data)
#define k_lifo_get(lifo, timeout) k_queue_get(&(lifo)->_queue, timeout)

#endif // ZEPHYR_KERNEL_QUEUE_H
