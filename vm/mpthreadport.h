// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What py/mpthread.h wants of a port. The state of a thread is two loads away, behind every MP_STATE_THREAD: it decides
// what threading costs a program that has none.
#ifndef HEDDLE_VM_MPTHREADPORT_H
#define HEDDLE_VM_MPTHREADPORT_H

#include "core.h"

typedef core_mutex_t mp_thread_mutex_t;
typedef core_mutex_t mp_thread_recursive_mutex_t;

struct _mp_state_thread_t;

// The declaration in py/mpthread.h that follows keeps this one's internal linkage.
__attribute__((always_inline)) static inline struct _mp_state_thread_t *mp_thread_get_state(void) {
    return (struct _mp_state_thread_t *)rtos_tls();
}

#endif // HEDDLE_VM_MPTHREADPORT_H
