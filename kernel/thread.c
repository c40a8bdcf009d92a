// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A thread's life.
#include <string.h>

#include "kern.h"

#define FILL ((uintptr_t)-1 / 3 * 2) // 0xaa..., of a new stack, a word at a time

static void thread_list(struct k_thread *t) {
    sys_dlist_append(&kern.threads, &t->all);
}

static bool prio_is_good(int prio) {
    return prio >= K_HIGHEST_APPLICATION_THREAD_PRIO && prio <= K_LOWEST_APPLICATION_THREAD_PRIO;
}

static void check(bool good, const char *call, const char *reason) {
    if (CONFIG_ASSERT && !good) {
        kern_fail(call, reason);
    }
}

static void start_in_time(struct _timeout *timeout) {
    struct k_thread *t = CONTAINER_OF(timeout, struct k_thread, timeout);
    t->state &= ~_THREAD_NEW;
    kern_ready_locked(t);
}

static void stack_fill(uintptr_t low, size_t size) {
    uintptr_t *word = (uintptr_t *)low;
    for (size_t n = size / sizeof(*word); n > 0; --n) {
        *word++ = FILL;
    }
}

static void thread_set_up(struct k_thread *t, k_thread_stack_t *stack, size_t size, int prio, uint32_t options) {
    memset(t, 0, sizeof(*t));
    t->state = _THREAD_NEW;
    t->prio = t->own_prio = prio;
    t->options = options;
    t->cpu_mask = BIT_MASK(ARCH_CORES);
    kern_wait_q_init(&t->joiners);
    t->stack = (uintptr_t)stack + ARCH_STACK_GUARD_OF(stack);
    t->stack_size = ROUND_DOWN(size, ARCH_STACK_ALIGN);
}

k_tid_t k_thread_create(struct k_thread *t, k_thread_stack_t *stack, size_t size, k_thread_entry_t entry,
    void *p1, void *p2, void *p3, int prio, uint32_t options, k_timeout_t delay) {
    check(prio_is_good(prio), __func__, "the priority is out of range");
    check(size >= ARCH_STACK_MIN, __func__, "the stack is too small");
    check((uintptr_t)stack % ARCH_STACK_ALIGN == 0, __func__, "the stack is not aligned");
    thread_set_up(t, stack, size, prio, options);
    if (CONFIG_INIT_STACKS) {
        stack_fill(t->stack, t->stack_size);
    }
    arch_thread_init(t, entry, p1, p2, p3);
    kern_key_t key = kern_lock();
    thread_list(t);
    // From here on others may look at the thread: everything above is set.
    if (K_TIMEOUT_EQ(delay, K_NO_WAIT)) {
        t->state = 0;
        kern_ready_locked(t);
    } else if (!K_TIMEOUT_EQ(delay, K_FOREVER)) {
        kern_timeout_add_locked(&t->timeout, kern_expiry(delay), start_in_time);
    }
    kern_unlock(key);
    return t;
}

void k_thread_start(k_tid_t t) {
    kern_key_t key = kern_lock();
    if (t->state & _THREAD_NEW) {
        kern_timeout_remove_locked(&t->timeout);
        start_in_time(&t->timeout);
    }
    kern_unlock(key);
}

void kern_thread_entry(k_thread_entry_t entry, void *p1, void *p2, void *p3) {
    entry(p1, p2, p3);
    k_thread_abort(k_current_get());
    CODE_UNREACHABLE;
}

// ---- the end

void kern_thread_die_locked(struct k_thread *t) {
    kern_unready_locked(t);
    kern_unwait_locked(t);
    if (t->held != NULL) {
        kern_mutexes_lost_locked(t);
    }
    t->state = _THREAD_DEAD;
    sys_dlist_remove(&t->all);
    kern_wake_all_locked(&t->joiners, 0);
}

static bool is_leaving(const struct k_thread *t) {
    return (__atomic_load_n(&t->flags, __ATOMIC_RELAXED) & KERN_ON_CORE)
           && __atomic_load_n(&t->state, __ATOMIC_RELAXED) != 0;
}

// L, and again. `t`, which may not run any more, leaves the other core that it is on. An interrupt does not wait for
// that: the other core may be in one that waits for this.
static void leave_other_core_locked(struct k_thread *t, kern_key_t *key) {
    while (is_leaving(t)) {
        kern_cpu_t *cpu = &kern.cpus[t->cpu];
        if (!cpu->asked) {
            cpu->asked = true;
            arch_ipi(t->cpu);
        }
        if (*key != 0) {
            return;
        }
        kern_unlock(*key);
        // Without the lock, which the other core wants.
        while (is_leaving(t)) {
            arch_spin();
        }
        *key = kern_lock();
    }
}

// L. `t`, which may not run any more, leaves the core that it is on, if it is on one. Gives the lock back.
static void leave_core(struct k_thread *t, kern_key_t key) {
    if (t != arch_current()) {
        leave_other_core_locked(t, &key);
        kern_unlock(key);
    } else if (arch_in_isr()) {
        kern_ask_locked();
        kern_unlock(key);
    } else {
        kern_swap(key);
    }
}

void k_thread_abort(k_tid_t t) {
    kern_key_t key = kern_lock();
    check(!(t->options & K_ESSENTIAL), __func__, "the thread is essential");
    if (t->flags & KERN_ON_CORE) {
        // It may be about to take the lock and wait for something: it dies when it is out of that.
        t->state |= _THREAD_ABORTING;
    } else if (!(t->state & _THREAD_DEAD)) {
        kern_thread_die_locked(t);
    }
    leave_core(t, key);
}

int k_thread_join(struct k_thread *t, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    struct k_thread *self = arch_current();
    int ret;
    if (t->state & _THREAD_DEAD) {
        ret = 0;
    } else if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        ret = -EBUSY;
    } else if (t == self || t->pended_on == &self->joiners) {
        ret = -EDEADLK;
    } else {
        kern_check_may_wait(__func__);
        return kern_wait(&t->joiners, timeout, key);
    }
    kern_unlock(key);
    return ret;
}

void k_thread_suspend(k_tid_t t) {
    kern_key_t key = kern_lock();
    if (t->state & (_THREAD_SUSPENDED | _THREAD_ABORTING | _THREAD_DEAD)) {
        kern_unlock(key);
        return;
    }
    kern_unready_locked(t);
    t->state |= _THREAD_SUSPENDED;
    leave_core(t, key);
}

void k_thread_resume(k_tid_t t) {
    kern_key_t key = kern_lock();
    t->state &= ~_THREAD_SUSPENDED;
    kern_ready_locked(t);
    kern_unlock(key);
}

// ---- sleep

// Ticks that were left.
static int64_t sleep_ticks(k_timeout_t timeout) {
    kern_check_may_wait("k_sleep");
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        k_yield();
        return 0;
    }
    kern_key_t key = kern_lock();
    int64_t end = kern_end(timeout);
    if (kern_wait(NULL, timeout, key) == -EAGAIN) {
        return 0;
    }
    return end == KERN_NEVER ? KERN_NEVER : MAX(end - kern_now(), 0);
}

int32_t k_sleep(k_timeout_t timeout) {
    int64_t left = sleep_ticks(timeout);
    if (left == KERN_NEVER) {
        return (int32_t)K_TICKS_FOREVER;
    }
    return (int32_t)MIN(k_ticks_to_ms_ceil64((uint64_t)left), INT32_MAX);
}

int32_t k_usleep(int32_t us) {
    return (int32_t)k_ticks_to_us_ceil64((uint64_t)sleep_ticks(K_USEC(us)));
}

void k_wakeup(k_tid_t t) {
    kern_key_t key = kern_lock();
    if (t->state & _THREAD_SLEEPING) {
        kern_wake_locked(t, 0);
    }
    kern_unlock(key);
}

// ---- what is known of a thread

int k_thread_priority_get(k_tid_t t) {
    return t->prio;
}

void k_thread_priority_set(k_tid_t t, int prio) {
    check(prio_is_good(prio), __func__, "the priority is out of range");
    kern_key_t key = kern_lock();
    t->own_prio = prio;
    kern_update_prio_locked(t);
    kern_unlock(key);
}

int k_thread_name_set(k_tid_t t, const char *name) {
    t = t == NULL ? k_current_get() : t;
    kern_key_t key = kern_lock();
    size_t n = 0;
    for (; n < sizeof(t->name) - 1 && name[n] != '\0'; ++n) {
        t->name[n] = name[n];
    }
    t->name[n] = '\0';
    kern_unlock(key);
    return 0;
}

const char *k_thread_name_get(k_tid_t t) {
    return t->name;
}

int k_thread_name_copy(k_tid_t t, char *buf, size_t size) {
    kern_key_t key = kern_lock();
    size_t length = strlen(t->name) + 1;
    if (length <= size) {
        memcpy(buf, t->name, length);
    }
    kern_unlock(key);
    return length <= size ? 0 : -ENOSPC;
}

const char *k_thread_state_str(k_tid_t t, char *buf, size_t size) {
    static const struct {
        uint8_t state;
        char name[10];
    } names[] = {
        { _THREAD_NEW, "prestart" }, { _THREAD_PENDING, "pending" }, { _THREAD_SLEEPING, "sleeping" },
        { _THREAD_SUSPENDED, "suspended" }, { _THREAD_ABORTING, "aborting" }, { _THREAD_DEAD, "dead" },
    };
    if (buf == NULL || size == 0) {
        return "";
    }
    size_t n = 0;
    uint8_t state = __atomic_load_n(&t->state, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < ARRAY_SIZE(names); ++i) {
        const char *name = names[i].name;
        if (!(state & names[i].state)) {
            continue;
        }
        if (n > 0 && n < size - 1) {
            buf[n++] = '+';
        }
        while (*name != '\0' && n < size - 1) {
            buf[n++] = *name++;
        }
    }
    const char *ready = state == 0 ? (t->flags & KERN_QUEUED ? "queued" : "") : "";
    while (*ready != '\0' && n < size - 1) {
        buf[n++] = *ready++;
    }
    buf[n] = '\0';
    return buf;
}

static int cpu_mask_set(k_tid_t t, uint8_t keep, uint8_t add) {
    kern_key_t key = kern_lock();
    // Zephyr's rule: of a thread that cannot run.
    bool good = t->state != 0 && !(t->flags & KERN_ON_CORE) && (add & ~BIT_MASK(ARCH_CORES)) == 0;
    if (good) {
        t->cpu_mask = (t->cpu_mask & keep) | add;
    }
    kern_unlock(key);
    return good ? 0 : -EINVAL;
}

static uint8_t cpu_bit(int cpu) {
    return cpu >= 0 && cpu < 8 ? 1u << cpu : 0;
}

int k_thread_cpu_mask_clear(k_tid_t t) {
    return cpu_mask_set(t, 0, 0);
}

int k_thread_cpu_mask_enable_all(k_tid_t t) {
    return cpu_mask_set(t, 0, BIT_MASK(ARCH_CORES));
}

int k_thread_cpu_mask_enable(k_tid_t t, int cpu) {
    return cpu >= ARCH_CORES || cpu_bit(cpu) == 0 ? -EINVAL : cpu_mask_set(t, 0xff, cpu_bit(cpu));
}

int k_thread_cpu_mask_disable(k_tid_t t, int cpu) {
    return cpu >= ARCH_CORES || cpu_bit(cpu) == 0 ? -EINVAL : cpu_mask_set(t, (uint8_t)~cpu_bit(cpu), 0);
}

int k_thread_cpu_pin(k_tid_t t, int cpu) {
    return cpu >= ARCH_CORES || cpu_bit(cpu) == 0 ? -EINVAL : cpu_mask_set(t, 0, cpu_bit(cpu));
}

void k_thread_foreach(k_thread_user_cb_t cb, void *user_data) {
    kern_key_t key = kern_lock();
    k_thread_foreach_unlocked(cb, user_data);
    kern_unlock(key);
}

void k_thread_foreach_unlocked(k_thread_user_cb_t cb, void *user_data) {
    struct k_thread *t;
    SYS_DLIST_FOR_EACH_CONTAINER(&kern.threads, t, all) {
        cb(t, user_data);
    }
}

int k_thread_stack_space_get(const struct k_thread *t, size_t *unused) {
    if (!CONFIG_INIT_STACKS) {
        return -ENOTSUP;
    }
    const uintptr_t *word = (const uintptr_t *)t->stack;
    size_t n = 0;
    while (n < t->stack_size / sizeof(*word) && word[n] == FILL) {
        n += 1;
    }
    *unused = n * sizeof(*word);
    return 0;
}

static uint64_t cycles_locked(const struct k_thread *t) {
    uint64_t cycles = t->cycles;
    const kern_cpu_t *cpu = &kern.cpus[t->cpu];
    return cpu->current == t ? cycles + (uint32_t)(arch_cycles_32() - cpu->since) : cycles;
}

int k_thread_runtime_stats_get(k_tid_t t, k_thread_runtime_stats_t *stats) {
    if (t == NULL || stats == NULL) {
        return -EINVAL;
    }
    kern_key_t key = kern_lock();
    *stats = (k_thread_runtime_stats_t) { .execution_cycles = cycles_locked(t) };
    stats->total_cycles = stats->execution_cycles;
    kern_unlock(key);
    return 0;
}

// Since the start, over all cores.
int k_thread_runtime_stats_all_get(k_thread_runtime_stats_t *stats) {
    if (stats == NULL) {
        return -EINVAL;
    }
    kern_key_t key = kern_lock();
    *stats = (k_thread_runtime_stats_t) { .execution_cycles = arch_cycles_64() * arch_core_count() };
    for (unsigned core = 0; core < arch_core_count(); ++core) {
        stats->idle_cycles += cycles_locked(&kern.cpus[core].idle);
    }
    stats->total_cycles = stats->execution_cycles - MIN(stats->idle_cycles, stats->execution_cycles);
    kern_unlock(key);
    return 0;
}

k_ticks_t k_thread_timeout_expires_ticks(const struct k_thread *t) {
    return kern_timeout_expires(&t->timeout);
}

k_ticks_t k_thread_timeout_remaining_ticks(const struct k_thread *t) {
    return kern_timeout_remaining(&t->timeout);
}

// ---- the start

static K_KERNEL_STACK_ARRAY_DEFINE(idle_stacks, ARCH_CORES, CONFIG_IDLE_STACK_SIZE);

void kern_init(void) {
    sys_dlist_init(&kern.threads);
    kern_sched_init();
    for (unsigned core = 0; core < ARCH_CORES; ++core) {
        struct k_thread *idle = &kern.cpus[core].idle;
        thread_set_up(idle, idle_stacks[core], CONFIG_IDLE_STACK_SIZE, K_IDLE_PRIO, 0);
        idle->state = 0;
        idle->flags = KERN_IDLE | KERN_ON_CORE;
        idle->cpu = core;
        strncpy(idle->name, "idle", sizeof(idle->name));
        thread_list(idle);
    }
}

// What comes between the look and the wait ends the wait, though it is masked.
static void look_and_idle(void) {
    uint32_t key = arch_mask();
    kern_deadlock_look();
    arch_idle();
    kern_unmask(key);
}

void kern_idle_main(void) {
    // The first look at who is ready.
    kern_key_t key = kern_lock();
    kern_cpu()->since = arch_cycles_32();
    kern_ask_locked();
    kern_unlock(key);
    for (;;) {
        if (CONFIG_DEADLOCK_REPORT && ARCH_IDLE_LOOKS) {
            look_and_idle();
        } else {
            arch_idle();
        }
    }
}

void kern_start(void) {
    kern_started = true;
    arch_start();
}
