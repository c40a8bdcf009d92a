// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Between the files of this adapter.
#ifndef HEDDLE_ADAPTERS_POSIX_POSIX_H
#define HEDDLE_ADAPTERS_POSIX_POSIX_H

#include "rtos.h"

// ---- futex.c: sleep while a word has a value

// For ever, or until `deadline_us` of rtos_now_us. May end early.
#define POSIX_FOREVER (UINT64_MAX)
void posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us);
void posix_wake(_Atomic(uint32_t) *word);

// ---- world.c: being stopped

// Every thread, in critical sections.
extern rtos_thread_t *posix_threads;

// Be safe: whatever the caller needs later is on the stack above. And be so no longer, or end here.
void posix_safe_enter(rtos_thread_t *self);
void posix_safe_leave(rtos_thread_t *self);

// List a new thread, which is stopped from the start when the world is; and take one out.
void posix_thread_list(rtos_thread_t *t);
void posix_thread_unlist(rtos_thread_t *t);

// Safe for good.
void posix_thread_exited_locked(rtos_thread_t *self);

// ---- signal.c

// The calling thread must not be stopped while it is inside libc, where it may hold a lock.
void posix_hold(void);
void posix_release(void);

// Make `t` look at its word.
void posix_nudge(rtos_thread_t *t);

// A stack for the handlers of what is fatal, for the calling thread.
void posix_fatal_stack(void *stack, size_t size);

#endif // HEDDLE_ADAPTERS_POSIX_POSIX_H
