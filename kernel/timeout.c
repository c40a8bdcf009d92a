// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Everything that happens at a time, in a leftist heap: the first is at the root, the shorter path to a place without a
// child is the right one, and so every step here goes down at most log2(n) nodes.
#include "kern.h"

int64_t kern_now(void) {
    return arch_ticks();
}

int64_t sys_clock_tick_get(void) {
    return kern_now();
}

uint32_t sys_clock_tick_get_32(void) {
    return (uint32_t)kern_now();
}

int64_t kern_end(k_timeout_t timeout) {
    if (K_TIMEOUT_EQ(timeout, K_FOREVER)) {
        return KERN_NEVER;
    }
    return Z_IS_TIMEOUT_RELATIVE(timeout) ? kern_later(kern_now(), timeout.ticks) : Z_TICK_ABS(timeout.ticks);
}

int64_t kern_expiry(k_timeout_t timeout) {
    int64_t end = kern_end(timeout);
    // The tick that has begun does not count.
    return Z_IS_TIMEOUT_RELATIVE(timeout) && end < KERN_NEVER - 1 ? end + 1 : end;
}

k_timepoint_t sys_timepoint_calc(k_timeout_t timeout) {
    if (K_TIMEOUT_EQ(timeout, K_FOREVER)) {
        return (k_timepoint_t) { UINT64_MAX };
    }
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        return (k_timepoint_t) { 0 };
    }
    // A wait for what is left of it counts whole ticks again.
    return (k_timepoint_t) { (uint64_t)kern_end(timeout) };
}

k_timeout_t sys_timepoint_timeout(k_timepoint_t timepoint) {
    if (timepoint.tick == UINT64_MAX) {
        return K_FOREVER;
    }
    uint64_t now = (uint64_t)kern_now();
    return timepoint.tick <= now ? K_NO_WAIT : Z_TIMEOUT_TICKS((k_ticks_t)(timepoint.tick - now));
}

// ---- the heap

static bool is_before(const struct _timeout *a, const struct _timeout *b) {
    return a->at != b->at ? a->at < b->at : (int32_t)(a->order - b->order) < 0;
}

static unsigned rank(const struct _timeout *t) {
    return t == NULL ? 0 : t->rank;
}

static void swap_children(struct _timeout *t) {
    struct _timeout *left = t->left;
    t->left = t->right;
    t->right = left;
}

static struct _timeout *merge(struct _timeout *a, struct _timeout *b) {
    if (a == NULL || b == NULL) {
        return a == NULL ? b : a;
    }
    struct _timeout *first = is_before(a, b) ? a : b;
    first->right = merge(first->right, first == a ? b : a);
    first->right->parent = first;
    if (rank(first->left) < rank(first->right)) {
        swap_children(first);
    }
    first->rank = rank(first->right) + 1;
    return first;
}

static void set_root(struct _timeout *t) {
    kern.timeouts = t;
    if (t != NULL) {
        t->parent = NULL;
    }
}

void kern_timeout_add_locked(struct _timeout *t, int64_t at, void (*fn)(struct _timeout *t)) {
    if (at == KERN_NEVER) {
        return;
    }
    t->fn = fn;
    t->at = at;
    t->order = kern.order++;
    t->rank = 1;
    t->left = t->right = NULL; // set_root() or merge() says what is above it
    set_root(merge(kern.timeouts, t));
    if (kern.timeouts == t) {
        kern_timer_update_locked();
    }
}

// Ranks above a place that has become shorter.
static void fix_ranks(struct _timeout *t) {
    for (; t != NULL; t = t->parent) {
        if (rank(t->left) < rank(t->right)) {
            swap_children(t);
        }
        if (t->rank == rank(t->right) + 1) {
            break;
        }
        t->rank = rank(t->right) + 1;
    }
}

void kern_timeout_take_locked(struct _timeout *t) {
    struct _timeout *parent = t->parent, *rest = merge(t->left, t->right);
    if (parent == NULL) {
        set_root(rest);
    } else {
        if (rest != NULL) {
            rest->parent = parent;
        }
        *(parent->left == t ? &parent->left : &parent->right) = rest;
        fix_ranks(parent);
    }
    t->rank = 0;
}

k_ticks_t kern_timeout_expires(const struct _timeout *t) {
    kern_key_t key = kern_lock();
    k_ticks_t at = kern_timeout_is_set(t) ? t->at : kern_now();
    kern_unlock(key);
    return at;
}

k_ticks_t kern_timeout_remaining(const struct _timeout *t) {
    k_ticks_t left = kern_timeout_expires(t) - kern_now();
    return MAX(left, 0);
}

void kern_timeouts_due_locked(kern_key_t key, int64_t now) {
    if (kern.due) {
        return; // another core is at it, and sets its timer for the rest
    }
    kern.due = true;
    kern.due_key = key;
    for (struct _timeout *t; (t = kern.timeouts) != NULL && t->at <= now;) {
        kern_timeout_take_locked(t);
        t->fn(t);
    }
    kern.due = false;
}
