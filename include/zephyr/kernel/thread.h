// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Threads, the scheduler and time. Included by <zephyr/kernel.h>.
//
// Priorities: smaller is more urgent. With a negative one a thread is cooperative: it runs until it waits or yields.
// With one from 0 it is preemptible: the most urgent that are ready run, those of the same priority in turn. Contexts,
// said where not every one will do: T in a thread, I in an interrupt; T I, also where interrupts are masked.
#ifndef ZEPHYR_KERNEL_THREAD_H
#define ZEPHYR_KERNEL_THREAD_H

#include <errno.h>

#include <arch_kernel.h>
#include <zephyr/config.h>
#include <zephyr/spinlock.h>
#include <zephyr/sys/atomic.h>
#include <zephyr/sys/dlist.h>
#include <zephyr/sys_clock.h>

#define K_PRIO_COOP(x) (-(CONFIG_NUM_COOP_PRIORITIES - (x)))
#define K_PRIO_PREEMPT(x) (x)
#define K_HIGHEST_THREAD_PRIO (-CONFIG_NUM_COOP_PRIORITIES)
#define K_LOWEST_THREAD_PRIO (CONFIG_NUM_PREEMPT_PRIORITIES)
#define K_IDLE_PRIO K_LOWEST_THREAD_PRIO
#define K_HIGHEST_APPLICATION_THREAD_PRIO K_HIGHEST_THREAD_PRIO
#define K_LOWEST_APPLICATION_THREAD_PRIO (K_LOWEST_THREAD_PRIO - 1)

// Options of a thread. The last three are accepted and mean nothing here: no user mode, and floating-point registers
// are every thread's.
#define K_ESSENTIAL (BIT(0)) // its end is the system's
#define K_FP_REGS (BIT(1))
#define K_USER (BIT(2))
#define K_INHERIT_PERMS (BIT(3))

typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);

typedef struct {
    sys_dlist_t waiters; // the most urgent first, then who came first
} _wait_q_t;

#define Z_WAIT_Q_INIT(q) { SYS_DLIST_STATIC_INIT(&(q)->waiters) }

struct k_mutex;

typedef struct k_thread_runtime_stats {
    uint64_t execution_cycles; // of k_cycle_get_64()'s
    uint64_t total_cycles; // the same
    uint64_t idle_cycles; // of k_thread_runtime_stats_all_get()
} k_thread_runtime_stats_t;

// The caller owns it, and does not look into it.
struct k_thread {
    arch_thread_t arch; // first: arch/ knows where the stack pointer is
    sys_dnode_t node; // in the ready queue, or a wait queue
    _wait_q_t *pended_on;
    struct _timeout timeout; // of its wait
    int swap_retval; // what its wait returns
    void *swap_data; // what it waits with, and what it got
    void (*leave)(struct k_thread *t); // L: undo what the wait has done elsewhere, when something else ends it
    uint8_t state; // _THREAD_*
    uint8_t flags; // KERN_*
    uint8_t options;
    uint8_t cpu_mask;
    int8_t prio; // in force
    int8_t own_prio; // without what waiters lend
    uint8_t sched_locked; // depth
    uint8_t cpu; // where it runs or ran last
    struct k_mutex *held; // the mutexes that it has
    struct k_mutex *wanted; // the one that it waits for
    _wait_q_t joiners;
    sys_dnode_t all; // among all threads
    uintptr_t stack;
    size_t stack_size;
    void *custom_data;
    uint64_t cycles;
    uint32_t slice_from; // cycles when its slice began
    #if CONFIG_DEADLOCK_REPORT
    const char *call; // that it waits in, or waited last
    #endif
    char name[CONFIG_THREAD_MAX_NAME_LEN];
};

typedef struct k_thread *k_tid_t;
typedef void (*k_thread_user_cb_t)(const struct k_thread *thread, void *user_data);

// ---- stacks

// A stack's words; K_THREAD_STACK_SIZEOF has what is asked for, rounded up to the alignment.
typedef struct {
    char bytes[ARCH_STACK_ALIGN];
} __aligned(ARCH_STACK_ALIGN) k_thread_stack_t;

// Those that are defined are multiples of what a guard is, where it is of a page.
#ifndef ARCH_STACK_GRANULE
#define ARCH_STACK_GRANULE ARCH_STACK_ALIGN
#endif
#define Z_STACK_UNITS(size) (DIV_ROUND_UP((size) + ARCH_STACK_GUARD, ARCH_STACK_ALIGN))
#define Z_STACK_DEFINED_UNITS(size) \
    (DIV_ROUND_UP((size) + ARCH_STACK_GUARD, ARCH_STACK_GRANULE) * (ARCH_STACK_GRANULE / ARCH_STACK_ALIGN))
#define K_THREAD_STACK_LEN(size) (Z_STACK_UNITS(size) * ARCH_STACK_ALIGN)
#define K_THREAD_STACK_DEFINE(sym, size) ARCH_STACK_SECTION k_thread_stack_t sym[Z_STACK_DEFINED_UNITS(size)]
#define K_THREAD_STACK_ARRAY_DEFINE(sym, n, size) \
    ARCH_STACK_SECTION k_thread_stack_t sym[n][Z_STACK_DEFINED_UNITS(size)]
#define K_THREAD_STACK_DECLARE(sym, size) extern k_thread_stack_t sym[Z_STACK_DEFINED_UNITS(size)]
#define K_THREAD_STACK_ARRAY_DECLARE(sym, n, size) extern k_thread_stack_t sym[n][Z_STACK_DEFINED_UNITS(size)]
#define K_THREAD_STACK_MEMBER(sym, size) k_thread_stack_t sym[Z_STACK_UNITS(size)]
#define K_THREAD_STACK_SIZEOF(sym) (sizeof(sym) - ARCH_STACK_GUARD)
#define K_THREAD_STACK_RESERVED (ARCH_STACK_GUARD)
#define K_KERNEL_STACK_DEFINE(sym, size) K_THREAD_STACK_DEFINE(sym, size)
#define K_KERNEL_STACK_ARRAY_DEFINE(sym, n, size) K_THREAD_STACK_ARRAY_DEFINE(sym, n, size)
#define K_KERNEL_STACK_DECLARE(sym, size) K_THREAD_STACK_DECLARE(sym, size)
#define K_KERNEL_STACK_MEMBER(sym, size) K_THREAD_STACK_MEMBER(sym, size)
#define K_KERNEL_STACK_SIZEOF(sym) K_THREAD_STACK_SIZEOF(sym)

// ---- threads

// T I. Start after `delay`; with K_FOREVER it stays to be started by k_thread_start. Memory is the caller's until the
// thread was joined.
k_tid_t k_thread_create(struct k_thread *new_thread, k_thread_stack_t *stack, size_t stack_size,
    k_thread_entry_t entry, void *p1, void *p2, void *p3, int prio, uint32_t options, k_timeout_t delay);

struct kern_static_thread {
    struct k_thread *thread;
    k_thread_stack_t *stack;
    size_t stack_size;
    k_thread_entry_t entry;
    void *p1, *p2, *p3;
    int prio;
    uint32_t options;
    int32_t delay_ms;
    const char *name;
};

// Started `delay` milliseconds after the start; SYS_FOREVER_MS for never.
#define K_THREAD_DEFINE(ident, size, function, a, b, c, priority, opts, delay) \
    K_THREAD_STACK_DEFINE(_k_thread_stack_##ident, size); \
    struct k_thread _k_thread_obj_##ident; \
    static const struct kern_static_thread _k_thread_data_##ident \
    __attribute__((used, section("kern_static_threads"), aligned(sizeof(void *)))) = { \
        .thread = &_k_thread_obj_##ident, .stack = _k_thread_stack_##ident, \
        .stack_size = K_THREAD_STACK_SIZEOF(_k_thread_stack_##ident), \
        .entry = (k_thread_entry_t)(function), .p1 = (void *)(a), .p2 = (void *)(b), .p3 = (void *)(c), \
        .prio = (priority), .options = (opts), .delay_ms = (delay), .name = STRINGIFY(ident), \
    }; \
    const k_tid_t ident = &_k_thread_obj_##ident
#define K_KERNEL_THREAD_DEFINE(...) K_THREAD_DEFINE(__VA_ARGS__)

void k_thread_start(k_tid_t thread);

// T I. `thread` never runs again. Of another core's, in a thread: waits until it has left that core.
void k_thread_abort(k_tid_t thread);

// T. 0 once nobody, no core and no list of the kernel, looks at the thread's memory any more; -EBUSY at once,
// -EAGAIN when the time is over, -EDEADLK for oneself and for who joins the caller.
int k_thread_join(struct k_thread *thread, k_timeout_t timeout);

void k_thread_suspend(k_tid_t thread);
void k_thread_resume(k_tid_t thread);

// The running thread, in an interrupt the interrupted one.
static inline k_tid_t k_current_get(void) {
    return arch_current();
}
static inline k_tid_t k_sched_current_thread_query(void) {
    return arch_current();
}

// T. 0, or what is left, rounded up to the unit, when k_wakeup ended the sleep. K_FOREVER: K_TICKS_FOREVER.
int32_t k_sleep(k_timeout_t timeout);
int32_t k_usleep(int32_t us);
static inline int32_t k_msleep(int32_t ms) {
    return k_sleep(Z_TIMEOUT_OF(ms, ms));
}

void k_wakeup(k_tid_t thread);
void k_yield(void);

// Loop for so long, preemptible.
void k_busy_wait(uint32_t us);

int k_thread_priority_get(k_tid_t thread);
void k_thread_priority_set(k_tid_t thread, int prio);

void k_sched_lock(void);
void k_sched_unlock(void);

// `slice` milliseconds (0: none) for threads of a priority that is not above `prio`.
void k_sched_time_slice_set(int32_t slice, int prio);

static inline bool k_is_in_isr(void) {
    return arch_in_isr();
}

// Whether the caller is a preemptible thread with the scheduler unlocked.
int k_is_preempt_thread(void);

static inline bool k_is_pre_kernel(void) {
    extern bool kern_started;
    return !kern_started;
}
static inline bool k_can_yield(void) {
    return !k_is_pre_kernel() && !k_is_in_isr();
}

static inline void k_thread_custom_data_set(void *value) {
    arch_current()->custom_data = value;
    #ifdef ARCH_CUSTOM_DATA
    ARCH_CUSTOM_DATA = value;
    #endif
}
static inline void *k_thread_custom_data_get(void) {
    #ifdef ARCH_CUSTOM_DATA
    return ARCH_CUSTOM_DATA;
    #else
    return arch_current()->custom_data;
    #endif
}

// 0, or -EINVAL for a name that is too long for k_thread_name_copy's buffer (-ENOSPC).
int k_thread_name_set(k_tid_t thread, const char *name); // cut to CONFIG_THREAD_MAX_NAME_LEN - 1
const char *k_thread_name_get(k_tid_t thread); // NULL where there is none
int k_thread_name_copy(k_tid_t thread, char *buf, size_t size);

// The states of a thread, joined by "+".
const char *k_thread_state_str(k_tid_t thread, char *buf, size_t size);

// Cores that may run a thread that does not run now: 0 or -EINVAL.
int k_thread_cpu_mask_clear(k_tid_t thread);
int k_thread_cpu_mask_enable_all(k_tid_t thread);
int k_thread_cpu_mask_enable(k_tid_t thread, int cpu);
int k_thread_cpu_mask_disable(k_tid_t thread, int cpu);
int k_thread_cpu_pin(k_tid_t thread, int cpu);

// All threads; with the kernel locked, so `cb` is short, or without, so that none may end meanwhile.
void k_thread_foreach(k_thread_user_cb_t cb, void *user_data);
void k_thread_foreach_unlocked(k_thread_user_cb_t cb, void *user_data);

// 0: bytes of the stack that were never used.
int k_thread_stack_space_get(const struct k_thread *thread, size_t *unused);

int k_thread_runtime_stats_get(k_tid_t thread, k_thread_runtime_stats_t *stats);
int k_thread_runtime_stats_all_get(k_thread_runtime_stats_t *stats);

// Ticks until the thread's wait is over.
k_ticks_t k_thread_timeout_remaining_ticks(const struct k_thread *thread);
k_ticks_t k_thread_timeout_expires_ticks(const struct k_thread *thread);

#define k_panic() kern_fail(__func__, "k_panic")
#define k_oops() kern_fail(__func__, "k_oops")

// ---- time

static inline int64_t k_uptime_ticks(void) {
    return sys_clock_tick_get();
}
static inline int64_t k_uptime_get(void) {
    return (int64_t)k_ticks_to_ms_floor64((uint64_t)k_uptime_ticks());
}
static inline uint32_t k_uptime_get_32(void) {
    return (uint32_t)k_uptime_get();
}
static inline uint32_t k_uptime_seconds(void) {
    return (uint32_t)k_ticks_to_sec_floor64((uint64_t)k_uptime_ticks());
}
// Milliseconds since *reftime, which becomes now.
static inline int64_t k_uptime_delta(int64_t *reftime) {
    int64_t now = k_uptime_get(), delta = now - *reftime;
    *reftime = now;
    return delta;
}
// With CONFIG_TRACING, the program's, called with the kernel locked: what this core runs from here on.
void sys_trace_thread_switched_in(struct k_thread *thread);
void sys_trace_idle(void);

static inline uint32_t k_cycle_get_32(void) {
    return arch_cycles_32();
}
uint64_t k_cycle_get_64(void);

// ---- interrupts

// Keeps out this core's interrupts and every other core's section of this kind. Nests. A thread that waits inside gives
// it up meanwhile.
unsigned kern_irq_lock(void);
void kern_irq_unlock(unsigned key);

// With one core and nothing that looks at it, it is the masking alone.
#define KERN_IRQ_LOCK_MASKS (!KERN_HOLDERS && ARCH_SWITCHES_ITSELF && !(CONFIG_PREEMPTION_WATCH_MS))
static inline unsigned irq_lock(void) {
    return KERN_IRQ_LOCK_MASKS ? arch_mask() : kern_irq_lock();
}
static inline void irq_unlock(unsigned key) {
    if (KERN_IRQ_LOCK_MASKS) {
        arch_unmask(key);
    } else {
        kern_irq_unlock(key);
    }
}

// T. Call `routine` in an interrupt, and return when it has returned.
void irq_offload(void (*routine)(const void *parameter), const void *parameter);

#endif // ZEPHYR_KERNEL_THREAD_H
