// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Message queues: copies of messages of one size, in a ring. Included by <zephyr/kernel.h>.
//
// A message goes straight to the most urgent thread that waits for one, and from the most urgent that waits for room.
// It is copied with interrupts masked: of what is long, send the address.
#ifndef ZEPHYR_KERNEL_MSGQ_H
#define ZEPHYR_KERNEL_MSGQ_H

#include <zephyr/kernel/thread.h>

struct k_msgq {
    _wait_q_t wait_q; // for messages while there is none, for room while it is full
    size_t msg_size;
    uint32_t max_msgs;
    char *buffer_start;
    char *buffer_end;
    char *read_ptr;
    char *write_ptr;
    uint32_t used_msgs;
    sys_dlist_t poll_events;
    uint8_t flags; // K_MSGQ_FLAG_*
};

#define K_MSGQ_FLAG_ALLOC (BIT(0)) // the ring is k_msgq_alloc_init's

struct k_msgq_attrs {
    size_t msg_size;
    uint32_t max_msgs;
    uint32_t used_msgs;
};

#define Z_MSGQ_INITIALIZER(obj, buffer, size, most) { \
        .wait_q = Z_WAIT_Q_INIT(&(obj).wait_q), .msg_size = (size), .max_msgs = (most), .buffer_start = (buffer), \
        .buffer_end = (buffer) + (size) * (most), .read_ptr = (buffer), .write_ptr = (buffer), \
        .poll_events = SYS_DLIST_STATIC_INIT(&(obj).poll_events), \
}

// `align` is the ring's, in bytes; 1 will do.
#define K_MSGQ_DEFINE(name, size, most, align) \
    static char __aligned(align) _k_msgq_buf_##name[(most) * (size)]; \
    struct k_msgq name = Z_MSGQ_INITIALIZER(name, _k_msgq_buf_##name, (size), (most))
#define K_MSGQ_DEFINE_STATIC(name, size, most, align) \
    static char __aligned(align) _k_msgq_buf_##name[(most) * (size)]; \
    static struct k_msgq name = Z_MSGQ_INITIALIZER(name, _k_msgq_buf_##name, (size), (most))
#define K_MSGQ_DEFINE_TYPE(name, type, most) K_MSGQ_DEFINE(name, sizeof(type), most, __alignof__(type))
#define K_MSGQ_DEFINE_STATIC_TYPE(name, type, most) K_MSGQ_DEFINE_STATIC(name, sizeof(type), most, __alignof__(type))

// T I. `buffer` has room for `max_msgs` messages of `msg_size` bytes.
void k_msgq_init(struct k_msgq *msgq, char *buffer, size_t msg_size, uint32_t max_msgs);

// T I. With a buffer of the system heap: 0, -ENOMEM, or -EINVAL where the product is no size.
int k_msgq_alloc_init(struct k_msgq *msgq, size_t msg_size, uint32_t max_msgs);

// T I. Free what k_msgq_alloc_init has allocated, and all messages with it: 0, or -EBUSY while a thread waits.
int k_msgq_cleanup(struct k_msgq *msgq);

// T, and I with K_NO_WAIT. 0, -ENOMSG at once when it is full or when it was purged, -EAGAIN when the time is over.
int k_msgq_put(struct k_msgq *msgq, const void *data, k_timeout_t timeout);

// T I. The next one to be received: 0, or -ENOMSG when it is full.
int k_msgq_put_front(struct k_msgq *msgq, const void *data);

// T, and I with K_NO_WAIT. 0, -ENOMSG at once when there is none or when it was purged, -EAGAIN when the time is over.
int k_msgq_get(struct k_msgq *msgq, void *data, k_timeout_t timeout);

// T I. A copy of the next message, or of the one after `index` others: 0, or -ENOMSG.
int k_msgq_peek(struct k_msgq *msgq, void *data);
int k_msgq_peek_at(struct k_msgq *msgq, void *data, uint32_t index);

// T I. No message is left, and the call of every thread that waits returns -ENOMSG.
void k_msgq_purge(struct k_msgq *msgq);

static inline uint32_t k_msgq_num_used_get(struct k_msgq *msgq) {
    return __atomic_load_n(&msgq->used_msgs, __ATOMIC_RELAXED);
}

static inline uint32_t k_msgq_num_free_get(struct k_msgq *msgq) {
    return msgq->max_msgs - k_msgq_num_used_get(msgq);
}

static inline void k_msgq_get_attrs(struct k_msgq *msgq, struct k_msgq_attrs *attrs) {
    *attrs = (struct k_msgq_attrs) { msgq->msg_size, msgq->max_msgs, k_msgq_num_used_get(msgq) };
}

#endif // ZEPHYR_KERNEL_MSGQ_H
