// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Linux processes behind the contract: types and inlines. A thread is a pthread, an interrupt is a signal that is
// masked by a flag of its thread.
#ifndef HEDDLE_ADAPTERS_POSIX_RTOS_PORT_H
#define HEDDLE_ADAPTERS_POSIX_RTOS_PORT_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// 1: built with a sanitizer. Set by vm/heddle.mk for every file, also for those that are not instrumented.
#ifndef RTOS_POSIX_SANITIZED
#define RTOS_POSIX_SANITIZED (0)
#endif

// Threads run in parallel even where the process has one processor only.
#define RTOS_CORES (32)

// A signal's frame alone is up to 4 KB, and sanitizers make frames several times as large.
#define RTOS_STACK_MIN (RTOS_POSIX_SANITIZED ? 64 * 1024 : 16 * 1024)
#define RTOS_STACK_DEFAULT (2 * RTOS_STACK_MIN)
#define RTOS_STACK_ALIGN (16)
#define RTOS_STACK_GUARD (64)
#define RTOS_NAME_MAX (15)

typedef struct rtos_thread {
    _Atomic(uint32_t) word; // RTOS_POSIX_*, and what the thread sleeps on
    bool stoppable;
    uint8_t priority; // a number to tell, nothing more
    pthread_t pthread;
    struct rtos_thread *next; // every thread that has not been joined
    struct rtos_thread *joiner;
    void (*entry)(void *arg);
    void *arg;
    char *stack;
    size_t stack_size;
    void *volatile sp; // while it is safe
    uint64_t run_us; // once it has ended
    sigjmp_buf base; // where it leaves to
    char name[RTOS_NAME_MAX + 1];
} rtos_thread_t;

// Bits of a thread's word.
enum {
    RTOS_POSIX_TOKEN = 1,
    RTOS_POSIX_STARTED = 2,
    RTOS_POSIX_SAFE = 4, // runs nothing of its own until it has left the state: waits, is stopped or has ended
    RTOS_POSIX_STOP = 8, // must not leave it
    RTOS_POSIX_ABORT = 16, // leaves it to end
    RTOS_POSIX_EXITED = 32,
};

// What each processor would have in registers, and here each thread has, of whatever origin.
typedef struct {
    rtos_thread_t *self; // NULL for one that Heddle did not make
    void *tls;
    void (*volatile irq)(void); // an interrupt that waits for this thread
    volatile bool masked; // it is inside a critical section
    volatile bool in_isr;
    volatile uint8_t held; // it is inside libc and must not be stopped there
} rtos_posix_cpu_t;

extern __thread rtos_posix_cpu_t rtos_posix_cpu;

typedef uint32_t rtos_crit_t;

// Take and give the lock of all critical sections.
void rtos_posix_lock(void);
void rtos_posix_unlock(void);

// Do what the thread has been asked to while it could not: run an interrupt, stop, end.
void rtos_posix_attend(void);

static inline rtos_thread_t *rtos_thread_self(void) {
    return rtos_posix_cpu.self;
}

static inline void *rtos_tls(void) {
    return rtos_posix_cpu.tls;
}

static inline void rtos_set_tls(void *p) {
    rtos_posix_cpu.tls = p;
}

static inline bool rtos_in_isr(void) {
    return rtos_posix_cpu.in_isr;
}

static inline bool rtos_masked(void) {
    return rtos_posix_cpu.masked;
}

static inline bool rtos_posix_is_asked(void) {
    rtos_posix_cpu_t *cpu = &rtos_posix_cpu;
    return cpu->irq != NULL || (cpu->self != NULL
        && (atomic_load_explicit(&cpu->self->word, memory_order_relaxed) & (RTOS_POSIX_STOP | RTOS_POSIX_ABORT)));
}

// Masked first and unmasked last: a signal that comes while the lock is held or changes hands is put off.
static inline rtos_crit_t rtos_crit_enter(void) {
    rtos_crit_t key = rtos_posix_cpu.masked;
    if (!key) {
        rtos_posix_cpu.masked = true;
        rtos_posix_lock();
    }
    return key;
}

static inline void rtos_crit_exit(rtos_crit_t key) {
    if (!key && rtos_posix_cpu.masked) {
        rtos_posix_unlock();
        rtos_posix_cpu.masked = false;
        atomic_signal_fence(memory_order_seq_cst);
        if (rtos_posix_is_asked()) {
            rtos_posix_attend();
        }
    }
}

// For rtos_trace.h: in 64 ns.
uint32_t rtos_posix_trace_clock(void);
#define RTOS_TRACE_CLOCK() rtos_posix_trace_clock()
#define RTOS_TRACE_HZ (15625000)

unsigned rtos_posix_core_count(void);
unsigned rtos_posix_core_id(void);

static inline unsigned rtos_core_count(void) {
    return rtos_posix_core_count();
}

static inline unsigned rtos_core_id(void) {
    return rtos_posix_core_id();
}

// ThreadSanitizer holds signals back until the thread calls into libc, so a loop has to look by itself.
#ifdef RTOS_POSIX_POLL
#define rtos_poll() (rtos_posix_is_asked() ? rtos_posix_attend() : (void)0)
#endif

// ---- for the board

// Run `fn` in a signal's handler of this thread, as soon as interrupts are enabled.
void rtos_posix_raise(void (*fn)(void));

// Run `fn(arg)` as an interrupt of another core: the calling pthread is one that the contract does not know.
void rtos_posix_interrupt(void (*fn)(void *arg), void *arg);

#endif // HEDDLE_ADAPTERS_POSIX_RTOS_PORT_H
