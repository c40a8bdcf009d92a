// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Queues. A word that says what comes next is an item's address, or with bit 0 set that of a node that was allocated
// for one. Who waits finds the queue empty, so what is put is a waiter's or the queue's.
#include "kern.h"

#define ALLOCATED ((uintptr_t)1)

// The caller has another type for it.
typedef struct {
    uintptr_t next; // the word that every item has
    void *data; // allocated ones only
} __attribute__((may_alias)) node_t;

// Set by the first who allocates a node: a program that never does needs no system heap.
static void (*node_free)(void *node);

static node_t *node_of(uintptr_t link) {
    return (node_t *)(link & ~ALLOCATED);
}

static void *item_of(uintptr_t link) {
    return link & ALLOCATED ? node_of(link)->data : (void *)link;
}

void k_queue_init(struct k_queue *q) {
    q->head = q->tail = 0;
    kern_wait_q_init(&q->wait_q);
    sys_dlist_init(&q->poll_events);
}

// L. What comes after `prev`, or first where that is 0.
static uintptr_t *place_after(struct k_queue *q, uintptr_t prev) {
    return prev == 0 ? &q->head : &node_of(prev)->next;
}

// ---- putting

// L. Whether there was a waiter.
static bool hand_over_locked(struct k_queue *q, void *data) {
    struct k_thread *t = kern_waiter_first(&q->wait_q);
    if (t != NULL) {
        t->swap_data = data;
        kern_wake_locked(t, 0);
    }
    return t != NULL;
}

static void insert_locked(struct k_queue *q, uintptr_t prev, uintptr_t link) {
    uintptr_t *place = place_after(q, prev);
    node_of(link)->next = *place;
    *place = link;
    if (node_of(link)->next == 0) {
        q->tail = link;
    }
    kern_notify_locked(&q->poll_events, K_POLL_STATE_DATA_AVAILABLE);
}

static void put_locked(struct k_queue *q, uintptr_t prev, void *data) {
    if (!hand_over_locked(q, data)) {
        insert_locked(q, prev, (uintptr_t)data);
    }
}

void k_queue_append(struct k_queue *q, void *data) {
    kern_key_t key = kern_lock();
    put_locked(q, q->tail, data);
    kern_unlock(key);
}

void k_queue_prepend(struct k_queue *q, void *data) {
    k_queue_insert(q, NULL, data);
}

void k_queue_insert(struct k_queue *q, void *prev, void *data) {
    kern_key_t key = kern_lock();
    put_locked(q, (uintptr_t)prev, data);
    kern_unlock(key);
}

static int32_t alloc_put(struct k_queue *q, void *data, bool last) {
    kern_key_t key = kern_lock();
    bool done = hand_over_locked(q, data);
    if (!done) {
        node_t *node = k_malloc(sizeof(*node));
        if (node != NULL) {
            done = true;
            node_free = k_free;
            node->data = data;
            insert_locked(q, last ? q->tail : 0, (uintptr_t)node | ALLOCATED);
        }
    }
    kern_unlock(key);
    return done ? 0 : -ENOMEM;
}

int32_t k_queue_alloc_append(struct k_queue *q, void *data) {
    return alloc_put(q, data, true);
}

int32_t k_queue_alloc_prepend(struct k_queue *q, void *data) {
    return alloc_put(q, data, false);
}

int k_queue_append_list(struct k_queue *q, void *head, void *tail) {
    if (head == NULL || tail == NULL) {
        return -EINVAL;
    }
    kern_key_t key = kern_lock();
    uintptr_t first = (uintptr_t)head;
    while (first != 0 && kern_waiter_first(&q->wait_q) != NULL) {
        void *item = (void *)first;
        first = node_of(first)->next;
        hand_over_locked(q, item);
    }
    if (first != 0) {
        *place_after(q, q->tail) = first;
        q->tail = (uintptr_t)tail;
        kern_notify_locked(&q->poll_events, K_POLL_STATE_DATA_AVAILABLE);
    }
    kern_unlock(key);
    return 0;
}

int k_queue_merge_slist(struct k_queue *q, sys_slist_t *list) {
    int ret = k_queue_append_list(q, list->head, list->tail);
    sys_slist_init(list);
    return ret;
}

// ---- getting

// L. The one after `prev`, which is there.
static void *take_locked(struct k_queue *q, uintptr_t prev) {
    uintptr_t *place = place_after(q, prev), link = *place;
    void *item = item_of(link);
    *place = node_of(link)->next;
    if (q->tail == link) {
        q->tail = prev;
    }
    if (link & ALLOCATED) {
        node_free(node_of(link));
    }
    return item;
}

void *k_queue_get(struct k_queue *q, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    if (q->head != 0 || K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        void *item = q->head != 0 ? take_locked(q, 0) : NULL;
        kern_unlock(key);
        return item;
    }
    kern_check_may_wait(__func__);
    struct k_thread *self = arch_current();
    return kern_wait(&q->wait_q, timeout, key) == 0 ? self->swap_data : NULL;
}

void k_queue_cancel_wait(struct k_queue *q) {
    kern_key_t key = kern_lock();
    kern_wake_first_locked(&q->wait_q, -ECANCELED);
    kern_notify_locked(&q->poll_events, K_POLL_STATE_CANCELLED);
    kern_unlock(key);
}

// L. Whether it is there, and then what comes before it.
static bool find_locked(const struct k_queue *q, const void *data, uintptr_t *prev) {
    *prev = 0;
    for (uintptr_t link = q->head; link != 0; link = node_of(link)->next) {
        if (item_of(link) == data) {
            return true;
        }
        *prev = link;
    }
    return false;
}

bool k_queue_remove(struct k_queue *q, void *data) {
    kern_key_t key = kern_lock();
    uintptr_t prev;
    bool found = find_locked(q, data, &prev);
    if (found) {
        take_locked(q, prev);
    }
    kern_unlock(key);
    return found;
}

bool k_queue_unique_append(struct k_queue *q, void *data) {
    kern_key_t key = kern_lock();
    uintptr_t last;
    bool found = find_locked(q, data, &last);
    if (!found) {
        put_locked(q, last, data);
    }
    kern_unlock(key);
    return !found;
}

void *k_queue_peek_head(struct k_queue *q) {
    kern_key_t key = kern_lock();
    void *item = item_of(q->head);
    kern_unlock(key);
    return item;
}

void *k_queue_peek_tail(struct k_queue *q) {
    kern_key_t key = kern_lock();
    void *item = item_of(q->tail);
    kern_unlock(key);
    return item;
}
