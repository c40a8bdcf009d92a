// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the files of the kernel share. One lock guards everything: every list, every state, every object. With one core
// it is the masking of interrupts and nothing else. `_locked`, and L in a comment, mean that the caller has it.
//
// A thread's context belongs to the core that the thread is on, from when kern_pick() puts it there until kern_pick()
// has put another one there and the lock was given back. Only a thread that is on no core is in the ready queue, so no
// thread ever runs on two. Who is made ready while still on its core goes on there, or is queued by its kern_pick().
#ifndef KERNEL_KERN_H
#define KERNEL_KERN_H

#include <zephyr/kernel.h>

#include "arch/arch.h"

// k_thread.state: why it does not run. 0: it is ready, or runs.
enum {
    _THREAD_NEW = BIT(0), // not started
    _THREAD_PENDING = BIT(1), // waits for an object
    _THREAD_SLEEPING = BIT(2),
    _THREAD_SUSPENDED = BIT(3),
    _THREAD_ABORTING = BIT(4), // is on a core still, and dies when it leaves it
    _THREAD_DEAD = BIT(5),
};

// k_thread.flags: none; QUEUED, perhaps with DISPLACED; ON_CORE, perhaps with YIELDS; or IDLE, perhaps with ON_CORE and
// then with RESTS.
enum {
    KERN_QUEUED = BIT(0), // is in the ready queue
    KERN_ON_CORE = BIT(1), // a core runs it, or is about to leave it
    KERN_YIELDS = BIT(2), // lets its equals go first
    KERN_IDLE = BIT(3),
    KERN_RESTS = BIT(4), // of an idle thread: nothing has come since it looked for a deadlock
    KERN_DISPLACED = BIT(5), // with QUEUED: goes on in its slice
};

#define KERN_LEVELS (CONFIG_NUM_COOP_PRIORITIES + CONFIG_NUM_PREEMPT_PRIORITIES + 1)
#define KERN_NEVER (INT64_MAX)

typedef struct {
    struct k_thread *current;
    bool asked; // to switch, once nothing keeps it
    bool look; // asked by another core to see to its slice
    bool slice_armed; // there is a slice_at
    int64_t slice_at; // when the timer looks at the slice, or KERN_NEVER
    int64_t armed; // when the timer fires
    uint32_t since; // cycles when the running thread came, or was last counted
    struct k_thread idle;
} kern_cpu_t;

typedef struct {
    struct k_spinlock lock;
    uint32_t levels; // that have a thread; the most urgent is the highest bit
    sys_dlist_t ready[KERN_LEVELS];
    struct _timeout *timeouts; // the first
    uint32_t order;
    bool due; // what is due is being called: by one interrupt at a time
    uint32_t due_key; // that one's
    sys_dlist_t threads; // all that have begun and not ended
    int64_t slice_ticks; // 0 for none
    int slice_prio;
    kern_cpu_t cpus[ARCH_CORES];
} kern_t;

extern kern_t kern;
extern bool kern_started;

// With interrupts masked.
static inline kern_cpu_t *kern_cpu(void) {
    return &kern.cpus[arch_core()];
}

// ---- the lock. Nests: an irq_lock() section is one.

typedef uint32_t kern_key_t;
#define KERN_NESTED (1u << 16) // this core had it

// Calls of a function where a copy of it in each file would be larger, and nothing counts for how long.
#if ARCH_CORES > 1 && defined(__OPTIMIZE_SIZE__)
#define KERN_LOCK_CALLS (!(CONFIG_PREEMPTION_WATCH_MS))
#else
#define KERN_LOCK_CALLS (0)
#endif

static inline kern_key_t kern_lock_here(void) {
    kern_key_t key = arch_mask();
    if (kern_spin_is_mine(&kern.lock)) {
        return key | KERN_NESTED;
    }
    kern_spin_take(&kern.lock);
    return key;
}

static inline kern_key_t kern_lock(void) {
    return KERN_LOCK_CALLS ? irq_lock() : kern_lock_here();
}

// Known where there are KERN_HOLDERS only.
static inline bool kern_locked(void) {
    return kern_spin_is_mine(&kern.lock);
}

// A switch that was asked for happens here at the latest, if `key` ends all masking.
static inline void kern_unlock_here(kern_key_t key) {
    if (!(key & KERN_NESTED)) {
        kern_spin_give(&kern.lock);
        kern_unmask(key);
    }
}

static inline void kern_unlock(kern_key_t key) {
    if (KERN_LOCK_CALLS) {
        irq_unlock(key);
    } else {
        kern_unlock_here(key);
    }
}

// ---- cores.c: for arch/

// Starts the other cores, each with `start`, which says whether it could, and waits for it. One that does not come up
// is named on the console, and the others go on without it and those behind it.
void kern_cores_start(bool (*start)(unsigned core));

// On a core that has come up: back when it is let in, which is never if it comes too late.
void kern_core_enter(unsigned core);

// ---- sched.c

void kern_sched_init(void);

// L. For arch/: choose who runs on this core from now on. The context of the thread before must be saved, as far as
// others may look at it, before the lock is given back.
struct k_thread *kern_pick(void);

// L. Something that kept `t` from running is over: runs it if nothing else does.
void kern_ready_locked(struct k_thread *t);

// L. `t` may not run now: takes it out of the ready queue.
void kern_unready_locked(struct k_thread *t);

// L. The running thread, which is in a wait queue or not ready, leaves its core; back when it runs again, without the
// lock. Its swap_retval.
int kern_swap(kern_key_t key);

// L. This core looks again for who runs.
void kern_ask_locked(void);

// L. `t`, NULL for nobody, has the most urgent of its own priority and of those that wait for what it holds: something
// of that has changed. So may, then, who holds what `t` waits for, and so on.
void kern_update_prio_locked(struct k_thread *t);

// L. Cores that may run `t`, also where it runs.
void kern_set_cores_locked(struct k_thread *t, unsigned cores);

// L. This core's timer is for the first timeout and its slice.
void kern_timer_update_locked(void);

// Interrupt: another core asked for something; the timer fired.
void kern_ipi_isr(void);
void kern_timer_isr(void);

// A thread's node goes into another list, or nobody asks whether it is in one.
static inline void kern_unlink(sys_dnode_t *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
}

// ---- wait.c

// T. Wait in `q`, or just so long where it is NULL: what kern_wake_locked says, or -EAGAIN when the time is over. Takes
// the lock `key`. `timeout` is not K_NO_WAIT.
int kern_wait(_wait_q_t *q, k_timeout_t timeout, kern_key_t key);

// L. Its first half: the running thread waits, and leaves its core in the kern_swap() that has to follow.
void kern_pend_locked(_wait_q_t *q, k_timeout_t timeout);

// L. End a thread's wait, so that its kern_wait returns `retval`.
void kern_wake_locked(struct k_thread *t, int retval);

// L. All of them: whether there was one.
bool kern_wake_all_locked(_wait_q_t *q, int retval);

static inline void kern_wait_q_init(_wait_q_t *q) {
    sys_dlist_init(&q->waiters);
}

static inline struct k_thread *kern_waiter_first(const _wait_q_t *q) {
    sys_dnode_t *node = sys_dlist_peek_head(&q->waiters);
    return node == NULL ? NULL : CONTAINER_OF(node, struct k_thread, node);
}

// L. kern_wake_locked of the first waiter: NULL when there is none.
static inline struct k_thread *kern_wake_first_locked(_wait_q_t *q, int retval) {
    struct k_thread *t = kern_waiter_first(q);
    if (t != NULL) {
        kern_wake_locked(t, retval);
    }
    return t;
}

// L. Out of every queue and timeout, with no result: for abort.
void kern_unwait_locked(struct k_thread *t);

// L. Into a wait queue by its priority, and again when that has changed.
void kern_wait_q_add(_wait_q_t *q, struct k_thread *t);

// T. What a call says that may not wait here; who may is known to wait in it.
static inline void kern_check_may_wait(const char *call) {
    if (CONFIG_ASSERT && arch_in_isr()) {
        kern_fail(call, "would wait in an interrupt");
    }
    #if CONFIG_DEADLOCK_REPORT
    arch_current()->call = call;
    #endif
}

// ---- timeout.c

int64_t kern_now(void);

// `at` and so many ticks more, however many: before KERN_NEVER.
static inline int64_t kern_later(int64_t at, k_ticks_t ticks) {
    return ticks < KERN_NEVER - 1 - at ? at + ticks : KERN_NEVER - 1;
}

// When a timeout ends by the clock. KERN_NEVER for K_FOREVER.
int64_t kern_end(k_timeout_t timeout);

// When a timeout is over: rounded up, never early. KERN_NEVER for K_FOREVER.
int64_t kern_expiry(k_timeout_t timeout);

// L. `at` may be KERN_NEVER, which adds nothing.
void kern_timeout_add_locked(struct _timeout *t, int64_t at, void (*fn)(struct _timeout *t));

static inline bool kern_timeout_is_set(const struct _timeout *t) {
    return t->rank != 0;
}

// L. One that is to come does not.
void kern_timeout_take_locked(struct _timeout *t);

// L. The same, if it is: whether it was.
static inline bool kern_timeout_remove_locked(struct _timeout *t) {
    bool is_set = kern_timeout_is_set(t);
    if (is_set) {
        kern_timeout_take_locked(t);
    }
    return is_set;
}

// When it comes, now if it is not set; and the ticks until then.
k_ticks_t kern_timeout_expires(const struct _timeout *t);
k_ticks_t kern_timeout_remaining(const struct _timeout *t);

// L, in the interrupt that took the lock with `key`. Call what is due. A function may give the lock up and take it
// again.
void kern_timeouts_due_locked(kern_key_t key, int64_t now);

// ---- thread.c

// L. The end of a thread that is on no core, or leaves this one: out of everything, and its joiners go on.
void kern_thread_die_locked(struct k_thread *t);

// Before kern_start, and before any other call.
void kern_init(void);

// Start the kernel: threads that were made run from now on. The caller's context becomes the idle thread of core 0.
FUNC_NORETURN void kern_start(void);

// For arch/, on each core, as its idle thread.
FUNC_NORETURN void kern_idle_main(void);

// For arch/: where a thread begins, on its own stack, with interrupts enabled.
FUNC_NORETURN void kern_thread_entry(k_thread_entry_t entry, void *p1, void *p2, void *p3);

// For reports. A printk() of %s, %d, and %x which has eight digits, for programs without the other one.
void kern_say(const char *format, ...);

static inline const char *kern_name(const struct k_thread *t) {
    return t->name[0] != '\0' ? t->name : "without a name";
}

// ---- deadlock.c, watch.c: there when they are configured

// With interrupts masked, in the idle thread: say so and stop if nobody can ever go on.
void kern_deadlock_look(void);

// L. This core has chosen who runs, which may be who ran.
void kern_watch_pick_locked(const struct k_thread *t);

// ---- main.c

// Start the kernel with main() as a thread; and those of K_THREAD_DEFINE, in a thread.
FUNC_NORETURN void kern_main(void);
void kern_static_threads_start(void);

// ---- mutex.c, poll.c: there when a program uses them

// L. The mutexes of a thread that dies are nobody's.
void kern_mutexes_lost_locked(struct k_thread *t) __attribute__((weak));

// L. The most urgent priority that is lent to a thread with a mutex; K_IDLE_PRIO where nobody waits for one of its.
int kern_lent_prio_locked(struct k_thread *t) __attribute__((weak));

// L. Something that k_poll may wait for has happened.
void kern_poll_notify_locked(sys_dlist_t *events, uint32_t state) __attribute__((weak));

static inline void kern_notify_locked(sys_dlist_t *events, uint32_t state) {
    if (!sys_dlist_is_empty(events)) {
        kern_poll_notify_locked(events, state);
    }
}

#endif // KERNEL_KERN_H
