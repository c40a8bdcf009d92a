// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Message queues. Who waits does so for messages while there is none, or for room while it is full, and never both: a
// put that finds room and a waiter has its receiver, a get that finds a message and a waiter has its sender.
#include <string.h>

#include "kern.h"

void k_msgq_init(struct k_msgq *q, char *buffer, size_t msg_size, uint32_t max_msgs) {
    *q = (struct k_msgq) {
        .msg_size = msg_size, .max_msgs = max_msgs, .buffer_start = buffer, .buffer_end = buffer + msg_size * max_msgs,
        .read_ptr = buffer, .write_ptr = buffer,
    };
    kern_wait_q_init(&q->wait_q);
    sys_dlist_init(&q->poll_events);
}

int k_msgq_alloc_init(struct k_msgq *q, size_t msg_size, uint32_t max_msgs) {
    size_t size;
    if (__builtin_mul_overflow(msg_size, max_msgs, &size)) {
        return -EINVAL;
    }
    char *buffer = k_malloc(size);
    if (buffer == NULL) {
        return -ENOMEM;
    }
    k_msgq_init(q, buffer, msg_size, max_msgs);
    q->flags = K_MSGQ_FLAG_ALLOC;
    return 0;
}

int k_msgq_cleanup(struct k_msgq *q) {
    kern_key_t key = kern_lock();
    bool busy = kern_waiter_first(&q->wait_q) != NULL;
    char *buffer = NULL;
    if (!busy && (q->flags & K_MSGQ_FLAG_ALLOC)) {
        buffer = q->buffer_start;
        q->flags = 0;
        q->used_msgs = q->max_msgs = 0; // a late call finds neither a message nor room
    }
    kern_unlock(key);
    k_free(buffer);
    return busy ? -EBUSY : 0;
}

static char *next_of(const struct k_msgq *q, char *at) {
    at += q->msg_size;
    return at == q->buffer_end ? q->buffer_start : at;
}

static void store(struct k_msgq *q, const void *data) {
    memcpy(q->write_ptr, data, q->msg_size);
    q->write_ptr = next_of(q, q->write_ptr);
    q->used_msgs += 1;
}

static void store_first(struct k_msgq *q, const void *data) {
    q->read_ptr = (q->read_ptr == q->buffer_start ? q->buffer_end : q->read_ptr) - q->msg_size;
    memcpy(q->read_ptr, data, q->msg_size);
    q->used_msgs += 1;
}

// L, with room. To the first who waits for a message, or into the ring.
static void put_locked(struct k_msgq *q, const void *data, bool first) {
    struct k_thread *receiver = kern_waiter_first(&q->wait_q);
    if (receiver != NULL) {
        memcpy(receiver->swap_data, data, q->msg_size);
        kern_wake_locked(receiver, 0);
        return;
    }
    (first ? store_first : store)(q, data);
    kern_notify_locked(&q->poll_events, K_POLL_STATE_MSGQ_DATA_AVAILABLE);
}

int k_msgq_put(struct k_msgq *q, const void *data, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    if (q->used_msgs < q->max_msgs) {
        put_locked(q, data, false);
    } else if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        kern_unlock(key);
        return -ENOMSG;
    } else {
        kern_check_may_wait(__func__);
        arch_current()->swap_data = (void *)data;
        return kern_wait(&q->wait_q, timeout, key);
    }
    kern_unlock(key);
    return 0;
}

int k_msgq_put_front(struct k_msgq *q, const void *data) {
    kern_key_t key = kern_lock();
    bool fits = q->used_msgs < q->max_msgs;
    if (fits) {
        put_locked(q, data, true);
    }
    kern_unlock(key);
    return fits ? 0 : -ENOMSG;
}

// L, with a message. The first who waits for room has it.
static void get_locked(struct k_msgq *q, void *data) {
    memcpy(data, q->read_ptr, q->msg_size);
    q->read_ptr = next_of(q, q->read_ptr);
    q->used_msgs -= 1;
    struct k_thread *sender = kern_waiter_first(&q->wait_q);
    if (sender != NULL) {
        store(q, sender->swap_data);
        kern_wake_locked(sender, 0);
        kern_notify_locked(&q->poll_events, K_POLL_STATE_MSGQ_DATA_AVAILABLE);
    }
}

int k_msgq_get(struct k_msgq *q, void *data, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    if (q->used_msgs > 0) {
        get_locked(q, data);
    } else if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        kern_unlock(key);
        return -ENOMSG;
    } else {
        kern_check_may_wait(__func__);
        arch_current()->swap_data = data;
        return kern_wait(&q->wait_q, timeout, key);
    }
    kern_unlock(key);
    return 0;
}

int k_msgq_peek_at(struct k_msgq *q, void *data, uint32_t index) {
    kern_key_t key = kern_lock();
    bool there = index < q->used_msgs;
    if (there) {
        size_t to_end = q->buffer_end - q->read_ptr, offset = index * q->msg_size;
        memcpy(data, offset < to_end ? q->read_ptr + offset : q->buffer_start + (offset - to_end), q->msg_size);
    }
    kern_unlock(key);
    return there ? 0 : -ENOMSG;
}

int k_msgq_peek(struct k_msgq *q, void *data) {
    return k_msgq_peek_at(q, data, 0);
}

void k_msgq_purge(struct k_msgq *q) {
    kern_key_t key = kern_lock();
    q->used_msgs = 0;
    q->read_ptr = q->write_ptr;
    kern_wake_all_locked(&q->wait_q, -ENOMSG);
    kern_unlock(key);
}
