// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Wait queues: how a thread comes to wait, and how a grant, the end of its time or its own end gets it out. All of it
// is in the kernel's lock: whichever comes first is the only one.
#include "kern.h"

static bool is_more_urgent(const struct k_thread *a, const struct k_thread *b) {
    return a->prio < b->prio;
}

void kern_wait_q_add(_wait_q_t *q, struct k_thread *t) {
    // From the end: threads of the same priority come first to last.
    sys_dnode_t *after = q->waiters.tail;
    while (after != &q->waiters && is_more_urgent(t, CONTAINER_OF(after, struct k_thread, node))) {
        after = after->prev;
    }
    sys_dlist_insert(after->next, &t->node);
    t->pended_on = q;
}

static void unwait(struct k_thread *t) {
    kern_timeout_remove_locked(&t->timeout);
    if (t->pended_on != NULL) {
        kern_unlink(&t->node);
        t->pended_on = NULL;
    }
    t->state &= ~(_THREAD_PENDING | _THREAD_SLEEPING);
}

void kern_unwait_locked(struct k_thread *t) {
    unwait(t);
    void (*leave)(struct k_thread *t) = t->leave;
    t->leave = NULL;
    if (leave != NULL) {
        leave(t);
    }
}

void kern_wake_locked(struct k_thread *t, int retval) {
    t->swap_retval = retval;
    t->leave = NULL;
    unwait(t);
    kern_ready_locked(t);
}

static void time_is_over(struct _timeout *timeout) {
    struct k_thread *t = CONTAINER_OF(timeout, struct k_thread, timeout);
    kern_unwait_locked(t);
    kern_ready_locked(t);
}

static inline void pend(_wait_q_t *q, k_timeout_t timeout) {
    struct k_thread *self = arch_current();
    self->swap_retval = -EAGAIN;
    self->state |= q != NULL ? _THREAD_PENDING : _THREAD_SLEEPING;
    if (q != NULL) {
        kern_wait_q_add(q, self);
    }
    if (!K_TIMEOUT_EQ(timeout, K_FOREVER)) {
        kern_timeout_add_locked(&self->timeout, kern_expiry(timeout), time_is_over);
    }
}

void kern_pend_locked(_wait_q_t *q, k_timeout_t timeout) {
    pend(q, timeout);
}

int kern_wait(_wait_q_t *q, k_timeout_t timeout, kern_key_t key) {
    pend(q, timeout);
    return kern_swap(key);
}

bool kern_wake_all_locked(_wait_q_t *q, int retval) {
    bool any = false;
    while (kern_wake_first_locked(q, retval) != NULL) {
        any = true;
    }
    return any;
}
