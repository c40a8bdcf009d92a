// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Every atomic access of Heddle. C11's where the core has compare-and-swap, a critical section where it has not
// (ARMv6-M). Acquire on success and release on stores are all that the protocols need.
#ifndef HEDDLE_RTOS_ATOMIC_H
#define HEDDLE_RTOS_ATOMIC_H

#include <stdatomic.h>

#include "rtos.h"

#if defined(__ARM_ARCH_6M__)
#define RTOS_HAS_CAS (0)
#else
#define RTOS_HAS_CAS (1)
#endif

typedef _Atomic(uintptr_t) rtos_atomic_t;

static inline uintptr_t rtos_atomic_load(rtos_atomic_t *a) {
    return atomic_load_explicit(a, memory_order_acquire);
}

static inline void rtos_atomic_store(rtos_atomic_t *a, uintptr_t value) {
    atomic_store_explicit(a, value, memory_order_release);
}

// Whether `*a` was `from` and is now `to`.
static inline bool rtos_atomic_cas(rtos_atomic_t *a, uintptr_t from, uintptr_t to) {
    if (RTOS_HAS_CAS) {
        return atomic_compare_exchange_strong_explicit(a, &from, to, memory_order_acq_rel, memory_order_acquire);
    }
    rtos_crit_t key = rtos_crit_enter();
    bool same = rtos_atomic_load(a) == from;
    if (same) {
        rtos_atomic_store(a, to);
    }
    rtos_crit_exit(key);
    return same;
}

// Adds `n`, which may be negative, and returns the value before.
static inline uintptr_t rtos_atomic_add(rtos_atomic_t *a, intptr_t n) {
    uintptr_t old = rtos_atomic_load(a);
    while (!rtos_atomic_cas(a, old, old + n)) {
        old = rtos_atomic_load(a);
    }
    return old;
}

// Sets bits and returns the value before.
static inline uintptr_t rtos_atomic_or(rtos_atomic_t *a, uintptr_t bits) {
    uintptr_t old = rtos_atomic_load(a);
    while (!rtos_atomic_cas(a, old, old | bits)) {
        old = rtos_atomic_load(a);
    }
    return old;
}

// Clears bits and returns the value before.
static inline uintptr_t rtos_atomic_and(rtos_atomic_t *a, uintptr_t bits) {
    uintptr_t old = rtos_atomic_load(a);
    while (!rtos_atomic_cas(a, old, old & bits)) {
        old = rtos_atomic_load(a);
    }
    return old;
}

#endif // HEDDLE_RTOS_ATOMIC_H
