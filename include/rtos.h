// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The contract between Heddle and a kernel. Everything above this line of the picture (core/, services/, vm/) calls
// these functions and nothing else; an adapter implements them for one kernel.
//
// Contexts:  B  before rtos_start        T  in a thread, interrupts enabled
//            I  in an interrupt          C  inside a critical section (of a thread or an interrupt)
// Times are milliseconds, rounded up and never early. Results are 0 or a negative errno. Nothing here allocates: the
// caller owns every object. Misuse asserts in debug builds.
#ifndef HEDDLE_RTOS_H
#define HEDDLE_RTOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtos_config.h"
#include "rtos_port.h"

#define RTOS_NO_WAIT (0u)
#define RTOS_FOREVER (UINT32_MAX)

// Ticks a second: what waits are rounded up to, where a kernel does not do better.
#define RTOS_TICK_HZ (1000)

// Priorities, larger is more urgent. All are preemptible; threads of equal priority share a core in slices of at most
// 10 ms. Threads below RTOS_PRIORITY_STOP may be stoppable, threads above it go on while the world is stopped.
enum {
    RTOS_PRIORITY_IDLE = 0,
    RTOS_PRIORITY_BACKGROUND = 1,
    RTOS_PRIORITY_PYTHON_MIN = 2, // priority 1 in Python
    RTOS_PRIORITY_PYTHON = 5, // priority 4 in Python, the default
    RTOS_PRIORITY_PYTHON_MAX = 8, // priority 7 in Python
    RTOS_PRIORITY_STOP = 9,
    RTOS_PRIORITY_USB = 10,
    RTOS_PRIORITY_NETWORK = 11,
    RTOS_PRIORITY_DEFERRED = 13, // interrupts deferred to a thread
    RTOS_PRIORITY_INIT = 14,
    RTOS_PRIORITY_MAX = 15,
};

typedef enum {
    RTOS_STATE_SUSPENDED, // created, not started
    RTOS_STATE_READY,
    RTOS_STATE_RUNNING,
    RTOS_STATE_WAITING,
    RTOS_STATE_EXITED,
} rtos_state_t;

typedef struct {
    void (*entry)(void *arg);
    void *arg;
    void *stack; // lowest address, RTOS_STACK_ALIGN aligned
    size_t stack_size; // bytes, at least RTOS_STACK_MIN
    const char *name; // copied, cut to RTOS_NAME_MAX characters
    uint8_t priority;
    uint8_t cores; // mask of the cores that may run it, 0 for all
    bool stoppable; // false for services
} rtos_thread_config_t;

typedef struct {
    void *low;
    void *high;
    void *sp; // exact for a thread that does not run
} rtos_stack_t;

typedef struct {
    const char *name;
    rtos_state_t state;
    uint8_t priority; // the one in force, lent priorities included
    int8_t core; // where it runs or ran last, -1 where the kernel does not tell
    uint64_t run_us; // time on a core
    size_t stack_size;
    size_t stack_used; // most ever used, in bytes
} rtos_stats_t;

// B. Start the kernel with `config`'s entry as its first thread. Other cores join. Does not return.
void rtos_start(rtos_thread_t *t, const rtos_thread_config_t *config) __attribute__((noreturn));

// T. Prepare a thread on the caller's memory. Its entry does not run before rtos_thread_start, so that the thread can
// be filled in and listed first. Does not block and never holds the scheduler. -EINVAL for a stoppable thread at or
// above the stop level; -ENOMEM or -EAGAIN where a kernel has a limit of its own.
int rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config);

// T I. Let a created thread run. Once a thread.
void rtos_thread_start(rtos_thread_t *t);

// T. Leave for ever. The thread's stack and struct stay in use until it is joined.
void rtos_thread_exit(void) __attribute__((noreturn));

// T. Blocks until `t` has left every core and every list of the kernel: from then on its memory is the caller's again.
// -ETIMEDOUT. One joiner a thread. Needs nothing from the idle thread.
int rtos_thread_join(rtos_thread_t *t, uint32_t ms);

// T. `t`, stopped or waiting, counts as exited wherever it waits and never runs its own code again. Join it, after
// rtos_world_resume, before its memory is reused.
void rtos_thread_abort(rtos_thread_t *t);

// T C. The running thread. Inlined by rtos_port.h. NULL before rtos_start.
static inline rtos_thread_t *rtos_thread_self(void);

// T C I. The one pointer of the running (in an interrupt: of the interrupted) thread. Inlined by rtos_port.h.
static inline void *rtos_tls(void);
static inline void rtos_set_tls(void *p);

// T C. Where `t`'s stack lies. A stopped thread's registers lie in [sp, high) or in its rtos_thread_t.
void rtos_thread_stack(const rtos_thread_t *t, rtos_stack_t *out);

// T C. -EINVAL for a stoppable thread at or above the stop level, or above RTOS_PRIORITY_MAX.
int rtos_thread_set_priority(rtos_thread_t *t, unsigned priority);

// T C. Cores that may run `t`, which has not ended; bit 0 is core 0. -ENOTSUP where there is one core, -EINVAL for an
// empty mask.
int rtos_thread_set_affinity(rtos_thread_t *t, unsigned cores);

// T. The high-water mark is found by a walk over the unused part of the stack.
void rtos_thread_stats(rtos_thread_t *t, rtos_stats_t *out);

// T. The same of the kernel's idle thread number `core`: what is left of that core's time. False where the kernel has
// none, as on a core that others share.
bool rtos_idle_stats(unsigned core, rtos_stats_t *out);

// T. When rtos_world_stop returns, no other stoppable thread runs on any core until rtos_world_resume, and each one's
// registers are saved. Interrupts and services above the stop level go on. One stopper at a time: a second caller is
// stopped like the rest. The stopper must not block. With several cores not with interrupts masked: a core that waits
// for this one's critical section cannot be stopped.
void rtos_world_stop(void);
void rtos_world_resume(void);

// T. Sleep until a token arrives (0) or the time is over (-ETIMEDOUT). The token is sticky and may be an old one, so
// callers loop on what they wait for. Asserts when interrupts are masked.
int rtos_park(uint32_t ms);

// T. The same, to the first tick that is not before `deadline_us` of rtos_now_us: a wait that is taken up again and
// again does not add up the part of a tick that rtos_park rounds up each time.
int rtos_park_until(uint64_t deadline_us);

// T I C. Give `t` its token, from any core. Inside a critical section the woken thread runs by its exit at the latest.
void rtos_unpark(rtos_thread_t *t);

// Who may ask for a tick.
enum { RTOS_TICK_GIL, RTOS_TICK_TIMERS, RTOS_TICK_USERS };

// T I C. Call `fn` for `user` in interrupt context every millisecond on one core; NULL ends it.
void rtos_tick(unsigned user, void (*fn)(void));

// Any. Microseconds since start, monotonic across cores, from the board's clock and not from ticks.
uint64_t rtos_now_us(void);

// Any. Keeps out every other core and every interrupt of this core that may enter the contract. Nests. For
// microseconds only. Inlined by rtos_port.h.
static inline rtos_crit_t rtos_crit_enter(void);
static inline void rtos_crit_exit(rtos_crit_t key);

// Any. Whether this core's interrupts are masked, so that nothing here may block. Inlined by rtos_port.h.
static inline bool rtos_masked(void);

// Any. Inlined by rtos_port.h, which also defines RTOS_STACK_MIN, RTOS_STACK_DEFAULT, RTOS_STACK_ALIGN (bytes),
// RTOS_STACK_GUARD (bytes at the low end that the kernel watches) and RTOS_NAME_MAX (characters).
static inline unsigned rtos_core_count(void);
static inline unsigned rtos_core_id(void);
static inline bool rtos_in_isr(void);

// Any. Say `message` and the thread's name on the console and stop the board.
void rtos_fatal(const char *message) __attribute__((noreturn));

// Any. The kernel and its version, for people: "FreeRTOS V9.0.0".
const char *rtos_kernel_name(void);

#endif // HEDDLE_RTOS_H
