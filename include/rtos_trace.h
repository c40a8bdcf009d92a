// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What a trace keeps: short records in a ring. Without HEDDLE_TRACE every rtos_trace() is nothing, and its arguments
// are not even computed; with it, and no trace running, it is one load and a branch that is not taken.
#ifndef HEDDLE_RTOS_TRACE_H
#define HEDDLE_RTOS_TRACE_H

#include "rtos_atomic.h"

// Each record is about a thread, its subject. tools/trace/dump.py knows these numbers too.
typedef enum {
    RTOS_TRACE_NONE,
    RTOS_TRACE_SWITCH, // the subject is on this core from here on; NULL is the idle thread
    RTOS_TRACE_PARK, // the subject is on no core; where the kernel of threads tells nobody of its switches
    RTOS_TRACE_START, // the subject was created; its ident. What follows of it are
    RTOS_TRACE_NAME, // eight characters of its name, four in place of the time
    RTOS_TRACE_END, // the subject has ended; its ident
    RTOS_TRACE_WAKE, // the subject granted a wait to the thread in the argument
    RTOS_TRACE_HELD, // what the subject's next wait is for is held by the thread with this ident
    RTOS_TRACE_RESUME, // the subject's wait is over; 0 or the errno
    RTOS_TRACE_GIL_WAIT, // the subject could run but for the GIL, which the thread in the argument has
    RTOS_TRACE_GIL_TAKE, // the subject got it from the thread in the argument
    RTOS_TRACE_COLLECT, // a collection by the subject; a rtos_trace_collect_t
    RTOS_TRACE_DEFERRED, // the subject runs the callback of a dispatch slot; its number from 1, 0 at the end
    RTOS_TRACE_INTERRUPT, // one on this core; its number from 1, 0 at the end
    RTOS_TRACE_MARK, // the program's own; a number
    RTOS_TRACE_WAIT, // and what is behind it: the subject begins a wait of this kind, in the queue of the argument
    RTOS_TRACE_KINDS = 32,
} rtos_trace_kind_t;

typedef enum {
    RTOS_TRACE_COLLECT_BEGIN,
    RTOS_TRACE_COLLECT_STOPPED, // nothing but the collector runs
    RTOS_TRACE_COLLECT_RESUMED,
    RTOS_TRACE_COLLECT_END,
} rtos_trace_collect_t;

typedef struct {
    uint32_t time; // of RTOS_TRACE_CLOCK
    uint32_t what; // kind << 27 | core << 24 | subject
    uint32_t arg;
} rtos_trace_record_t;

// A thread by its address: of two, one would have to lie a multiple of 128 MB behind the other to look the same.
#define RTOS_TRACE_SUBJECT(thread) ((uint32_t)((uintptr_t)(thread) >> 3) & 0xffffff)
#define RTOS_TRACE_ISR ((const void *)(uintptr_t)0x7fffff8) // an interrupt, in place of a thread
#define RTOS_TRACE_CORES (8)

// An adapter may have something quicker: 32 bits that come round in no less than a minute.
#ifndef RTOS_TRACE_CLOCK
#define RTOS_TRACE_CLOCK() ((uint32_t)rtos_now_us())
#define RTOS_TRACE_HZ (1000000)
#endif

extern volatile bool rtos_trace_on;

// Any, also inside a kernel that is about to switch. rtos_trace() is the way to call it.
void rtos_trace_record(unsigned kind, const void *subject, uintptr_t arg);
void rtos_trace_name(const void *subject, const char *name);

#define rtos_trace(kind, subject, arg) do { \
        if (HEDDLE_TRACE && rtos_peek(rtos_trace_on)) { \
            rtos_trace_record(kind, subject, (uintptr_t)(arg)); \
        } \
} while (0)

// Who does something: a thread, or an interrupt.
static inline const void *rtos_trace_self(void) {
    return rtos_in_isr() ? RTOS_TRACE_ISR : rtos_thread_self();
}

// T. Begin with an empty ring of so many records, and end. The memory is the caller's again when it has ended.
void rtos_trace_start(rtos_trace_record_t *ring, size_t records);
void rtos_trace_stop(void);

// T, once it has ended. The record `i` from the oldest on, or NULL; and how many older ones were overwritten.
const rtos_trace_record_t *rtos_trace_get(size_t i);
uint32_t rtos_trace_lost(void);

#endif // HEDDLE_RTOS_TRACE_H
