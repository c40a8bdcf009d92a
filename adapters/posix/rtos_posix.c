// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The contract on Linux: threads, tokens and ticks. A pthread runs on the caller's stack, which it moves to first: what
// libc and the sanitizers keep of a thread stays on a stack of their own, which also serves for fatal signals.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "posix.h"
#include "rtos_trace.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
// What is kept of the locals of a stack that is left, for its return; NULL where that is for good.
#define STACK_LEAVE_FOR(kept, low, size) __sanitizer_start_switch_fiber(kept, low, size)
#define STACK_ENTERED(kept, low, size) __sanitizer_finish_switch_fiber(kept, low, size)
#else
#define STACK_LEAVE_FOR(kept, low, size) ((void)(kept))
#define STACK_ENTERED(kept, low, size) ((void)(kept), (void)(low), (void)(size))
#endif

#define FATAL_STACK (32 * 1024)
// What libc and a sanitizer want of a thread's own stack, besides.
#define LIBC_STACK (RTOS_POSIX_SANITIZED ? 1536 * 1024 : 32 * 1024)

static void (*tick_fns[RTOS_TICK_USERS])(void); // in critical sections
static _Atomic(uint32_t) ticks_wanted;

// ---- threads

static uint64_t cpu_us(clockid_t clock) {
    struct timespec t = { 0 };
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void wait_for_start(rtos_thread_t *self) {
    uint32_t word;
    while (!((word = atomic_load(&self->word)) & (RTOS_POSIX_STARTED | RTOS_POSIX_ABORT))) {
        posix_wait(&self->word, word, POSIX_FOREVER);
    }
    posix_safe_leave(self);
}

// On the caller's stack. Everything that ends a thread arrives here.
static void thread_run(void *arg) {
    rtos_thread_t *self = arg;
    const void *libc_stack = NULL;
    size_t libc_stack_size = 0;
    STACK_ENTERED(NULL, &libc_stack, &libc_stack_size);
    if (sigsetjmp(self->base, 1) == 0) {
        rtos_posix_cpu.held -= 1;
        wait_for_start(self);
        rtos_trace(RTOS_TRACE_SWITCH, self, 0);
        self->entry(self->arg);
    }
    posix_hold(); // for good
    STACK_LEAVE_FOR(NULL, libc_stack, libc_stack_size);
}

// Call thread_run(self) with the stack pointer at `high`.
static void run_on_stack(rtos_thread_t *self, void *high) {
    #if defined(__x86_64__)
    __asm volatile (
        "movq %%rsp, %%rbx\n"
        "movq %1, %%rsp\n"
        "callq *%2\n"
        "movq %%rbx, %%rsp\n"
        : "+D" (self) : "r" (high), "r" (thread_run)
        : "rbx", "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    #elif defined(__aarch64__)
    register rtos_thread_t *x0 __asm("x0") = self;
    __asm volatile (
        "mov x19, sp\n"
        "mov sp, %1\n"
        "blr %2\n"
        "mov sp, x19\n"
        : "+r" (x0) : "r" (high), "r" (thread_run)
        : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
        "x17", "x18", "x19", "x30", "memory", "cc");
    #else
    #error "rtos_posix.c: how is a function called on another stack on this processor?"
    #endif
}

// The last that a thread does. It is not stopped here, so the world has to know that it runs nothing of its own.
static void thread_ended(rtos_thread_t *self) {
    self->run_us = cpu_us(CLOCK_THREAD_CPUTIME_ID);
    rtos_crit_t key = rtos_crit_enter();
    for (rtos_thread_t *t = posix_threads; t != NULL; t = t->next) {
        if (t->joiner == self) {
            t->joiner = NULL; // aborted while it joined
        }
    }
    posix_thread_exited_locked(self);
    if (self->joiner != NULL) {
        rtos_unpark(self->joiner);
    }
    rtos_crit_exit(key);
}

static void *thread_main(void *arg) {
    rtos_thread_t *self = arg;
    char fatal_stack[FATAL_STACK];
    rtos_posix_cpu.self = self;
    rtos_posix_cpu.held = 1; // until it can be stopped
    posix_fatal_stack(fatal_stack, sizeof(fatal_stack));
    void *kept = NULL;
    STACK_LEAVE_FOR(&kept, self->stack, self->stack_size);
    run_on_stack(self, self->stack + self->stack_size);
    STACK_ENTERED(kept, NULL, NULL);
    thread_ended(self);
    return NULL;
}

static int start_pthread(rtos_thread_t *t) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, FATAL_STACK + LIBC_STACK);
    int ret = pthread_create(&t->pthread, &attributes, thread_main, t);
    pthread_attr_destroy(&attributes);
    if (ret == 0) {
        pthread_setname_np(t->pthread, t->name);
    }
    return ret == 0 ? 0 : -EAGAIN;
}

int rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    if (config->priority > (config->stoppable ? RTOS_PRIORITY_STOP - 1 : RTOS_PRIORITY_MAX)) {
        return -EINVAL;
    }
    assert(config->stack_size >= RTOS_STACK_MIN / 2);
    memset(t, 0, sizeof(*t));
    t->stoppable = config->stoppable;
    t->priority = config->priority;
    t->entry = config->entry;
    t->arg = config->arg;
    t->stack = config->stack;
    t->stack_size = config->stack_size & ~(size_t)(RTOS_STACK_ALIGN - 1);
    t->sp = t->stack + t->stack_size;
    atomic_store(&t->word, RTOS_POSIX_SAFE);
    strncpy(t->name, config->name, RTOS_NAME_MAX);
    memset(t->stack, 0xa5, t->stack_size);
    posix_hold();
    int ret = start_pthread(t);
    if (ret == 0) {
        posix_thread_list(t);
    }
    posix_release();
    return ret;
}

void rtos_thread_start(rtos_thread_t *t) {
    atomic_fetch_or(&t->word, RTOS_POSIX_STARTED);
    posix_wake(&t->word);
}

void rtos_thread_exit(void) {
    siglongjmp(rtos_thread_self()->base, 1);
}

void rtos_thread_abort(rtos_thread_t *t) {
    atomic_fetch_or(&t->word, RTOS_POSIX_ABORT);
    posix_wake(&t->word);
}

static bool has_exited(const rtos_thread_t *t) {
    return atomic_load(&t->word) & RTOS_POSIX_EXITED;
}

static void set_joiner(rtos_thread_t *t, rtos_thread_t *joiner) {
    rtos_crit_t key = rtos_crit_enter();
    t->joiner = joiner;
    rtos_crit_exit(key);
}

// The thread is past its last use of anything but libc; what is left takes no time, and nobody may be stopped here.
static bool collect_pthread(rtos_thread_t *t, uint32_t ms) {
    posix_hold();
    bool gone = ms == RTOS_NO_WAIT ? pthread_tryjoin_np(t->pthread, NULL) == 0 : pthread_join(t->pthread, NULL) == 0;
    if (gone) {
        posix_thread_unlist(t);
    }
    posix_release();
    return gone;
}

int rtos_thread_join(rtos_thread_t *t, uint32_t ms) {
    uint64_t deadline_us = ms == RTOS_FOREVER ? POSIX_FOREVER : rtos_now_us() + (uint64_t)ms * 1000;
    set_joiner(t, ms == RTOS_NO_WAIT ? NULL : rtos_thread_self());
    while (!has_exited(t)) {
        if (rtos_now_us() >= deadline_us) {
            set_joiner(t, NULL);
            return -ETIMEDOUT;
        }
        rtos_park_until(deadline_us);
    }
    return collect_pthread(t, ms) ? 0 : -ETIMEDOUT;
}

void rtos_thread_stack(const rtos_thread_t *t, rtos_stack_t *out) {
    out->low = t->stack;
    out->high = t->stack + t->stack_size;
    out->sp = t == rtos_thread_self() ? __builtin_frame_address(0) : t->sp;
}

int rtos_thread_set_priority(rtos_thread_t *t, unsigned priority) {
    if (priority > (t->stoppable ? RTOS_PRIORITY_STOP - 1 : RTOS_PRIORITY_MAX)) {
        return -EINVAL;
    }
    rtos_poke(t->priority, priority);
    return 0;
}

unsigned rtos_posix_core_count(void) {
    static _Atomic(unsigned) count;
    if (count == 0) {
        long n = sysconf(_SC_NPROCESSORS_CONF);
        count = n < 2 ? 2 : n > RTOS_CORES ? RTOS_CORES : n;
    }
    return count;
}

unsigned rtos_posix_core_id(void) {
    return (unsigned)sched_getcpu() % rtos_posix_core_count();
}

int rtos_thread_set_affinity(rtos_thread_t *t, unsigned cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (unsigned core = 0; core < rtos_posix_core_count(); ++core) {
        if (cores & 1u << core) {
            CPU_SET(core, &set);
        }
    }
    return pthread_setaffinity_np(t->pthread, sizeof(set), &set) == 0 ? 0 : -EINVAL;
}

static rtos_state_t thread_state(const rtos_thread_t *t) {
    uint32_t word = atomic_load(&t->word);
    if (word & (RTOS_POSIX_EXITED | RTOS_POSIX_ABORT)) {
        return RTOS_STATE_EXITED;
    }
    if (!(word & RTOS_POSIX_STARTED)) {
        return RTOS_STATE_SUSPENDED;
    }
    return word & RTOS_POSIX_SAFE ? RTOS_STATE_WAITING : RTOS_STATE_RUNNING;
}

static uint64_t thread_run_us(rtos_thread_t *t) {
    if (has_exited(t)) {
        return t->run_us;
    }
    posix_hold();
    clockid_t clock;
    uint64_t us = pthread_getcpuclockid(t->pthread, &clock) == 0 ? cpu_us(clock) : 0;
    posix_release();
    return us;
}

__attribute__((no_sanitize_address, no_sanitize_thread)) static size_t stack_used(const rtos_thread_t *t) {
    size_t unused = 0;
    while (unused < t->stack_size && t->stack[unused] == (char)0xa5) {
        unused += 1;
    }
    return t->stack_size - unused;
}

void rtos_thread_stats(rtos_thread_t *t, rtos_stats_t *out) {
    out->name = t->name;
    out->state = thread_state(t);
    out->priority = rtos_peek(t->priority);
    out->core = t == rtos_thread_self() ? (int)rtos_posix_core_id() : -1; // Linux tells of others in a file only
    out->run_us = thread_run_us(t);
    out->stack_size = t->stack_size - RTOS_STACK_GUARD;
    out->stack_used = stack_used(t);
}

// Linux runs whatever else there is, and tells nobody what was left.
bool rtos_idle_stats(unsigned core, rtos_stats_t *out) {
    (void)core;
    (void)out;
    return false;
}

// ---- tokens

int rtos_park_until(uint64_t deadline_us) {
    __builtin_unwind_init();
    assert(!rtos_masked() && !rtos_in_isr());
    rtos_thread_t *self = rtos_thread_self();
    rtos_trace(RTOS_TRACE_PARK, self, 0);
    posix_safe_enter(self);
    uint32_t word;
    while (!((word = atomic_load(&self->word)) & (RTOS_POSIX_TOKEN | RTOS_POSIX_ABORT))
           && (deadline_us == POSIX_FOREVER || rtos_now_us() < deadline_us)) {
        posix_wait(&self->word, word, deadline_us);
    }
    posix_safe_leave(self);
    rtos_trace(RTOS_TRACE_SWITCH, self, 0);
    return atomic_fetch_and(&self->word, ~RTOS_POSIX_TOKEN) & RTOS_POSIX_TOKEN ? 0 : -ETIMEDOUT;
}

int rtos_park(uint32_t ms) {
    return rtos_park_until(ms == RTOS_FOREVER ? POSIX_FOREVER : ms == 0 ? 0 : rtos_now_us() + (uint64_t)ms * 1000 + 1);
}

void rtos_unpark(rtos_thread_t *t) {
    if ((atomic_fetch_or(&t->word, RTOS_POSIX_TOKEN) & (RTOS_POSIX_TOKEN | RTOS_POSIX_SAFE)) == RTOS_POSIX_SAFE) {
        posix_wake(&t->word);
    }
}

// ---- ticks

void rtos_tick(unsigned user, void (*fn)(void)) {
    rtos_crit_t key = rtos_crit_enter();
    ticks_wanted += (fn != NULL) - (tick_fns[user] != NULL);
    tick_fns[user] = fn;
    if (fn != NULL) {
        posix_wake(&ticks_wanted);
    }
    rtos_crit_exit(key);
}

static void tick(void *arg) {
    (void)arg;
    for (unsigned user = 0; user < RTOS_TICK_USERS; ++user) {
        if (tick_fns[user] != NULL) {
            tick_fns[user]();
        }
    }
}

static void tick_main(void) __attribute__((noreturn));

// One that comes late is made up for.
static void tick_main(void) {
    struct timespec next;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &next);
        while (ticks_wanted != 0) {
            next.tv_nsec += 1000000;
            if (next.tv_nsec >= 1000000000) {
                next.tv_nsec -= 1000000000;
                next.tv_sec += 1;
            }
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
            rtos_posix_interrupt(tick, NULL);
        }
        posix_wait(&ticks_wanted, 0, POSIX_FOREVER);
    }
}

// The process's first thread becomes the one whose interrupt is the tick.
void rtos_start(rtos_thread_t *t, const rtos_thread_config_t *config) {
    if (rtos_thread_create(t, config) != 0) {
        rtos_fatal("the first thread cannot be created");
    }
    rtos_thread_start(t);
    tick_main();
}

uint64_t rtos_now_us(void) {
    return board_clock_us();
}

uint32_t rtos_posix_trace_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)(((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec) >> 6);
}

void rtos_fatal(const char *message) {
    static char line[128];
    rtos_thread_t *self = rtos_thread_self();
    snprintf(line, sizeof(line), "fatal: %s, in thread '%s'", message, self == NULL ? "none" : self->name);
    board_panic(line);
}

const char *rtos_kernel_name(void) {
    return "Linux";
}
