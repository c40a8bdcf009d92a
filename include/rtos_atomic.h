// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Every atomic access of Heddle. C11's where the core, or on ARMv6-M the adapter's kernel, has compare-and-swap, a
// critical section where there is none. Acquire on success and release on stores are all that the protocols need.
#ifndef HEDDLE_RTOS_ATOMIC_H
#define HEDDLE_RTOS_ATOMIC_H

#include <stdatomic.h>

#include "rtos.h"

#ifndef RTOS_HAS_CAS
#if defined(__ARM_ARCH_6M__)
#define RTOS_HAS_CAS (0)
#else
#define RTOS_HAS_CAS (1)
#endif
#endif

// One core sees its own accesses in order: there it is enough that the compiler keeps it.
#if RTOS_CORES > 1
#define RTOS_ACQUIRE memory_order_acquire
#define RTOS_RELEASE memory_order_release
#define RTOS_ACQ_REL memory_order_acq_rel
#define rtos_compiler_fence() (void)0
#else
#define RTOS_ACQUIRE memory_order_relaxed
#define RTOS_RELEASE memory_order_relaxed
#define RTOS_ACQ_REL memory_order_relaxed
#define rtos_compiler_fence() atomic_signal_fence(memory_order_seq_cst)
#endif

// A variable that changes in critical sections, or at the hands of one thread, and that others look at without either.
// Whoever sees a value also sees what was written before it.
#if RTOS_CORES > 1
#define rtos_peek(variable) __atomic_load_n(&(variable), RTOS_ACQUIRE)
#define rtos_poke(variable, value) __atomic_store_n(&(variable), value, RTOS_RELEASE)
#else
#define rtos_peek(variable) (*(volatile __typeof__(variable) *)&(variable))
#define rtos_poke(variable, value) (void)(rtos_peek(variable) = (value))
#endif

typedef _Atomic(uintptr_t) rtos_atomic_t;

static inline uintptr_t rtos_atomic_load(rtos_atomic_t *a) {
    uintptr_t value = atomic_load_explicit(a, RTOS_ACQUIRE);
    rtos_compiler_fence();
    return value;
}

static inline void rtos_atomic_store(rtos_atomic_t *a, uintptr_t value) {
    rtos_compiler_fence();
    atomic_store_explicit(a, value, RTOS_RELEASE);
}

// Whether `*a` was `from` and is now `to`.
static inline bool rtos_atomic_cas(rtos_atomic_t *a, uintptr_t from, uintptr_t to) {
    if (RTOS_HAS_CAS) {
        rtos_compiler_fence();
        bool same = atomic_compare_exchange_strong_explicit(a, &from, to, RTOS_ACQ_REL, RTOS_ACQUIRE);
        rtos_compiler_fence();
        return same;
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

#endif // HEDDLE_RTOS_ATOMIC_H
