// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Who runs where. The ready queue is a list a priority and a word that says which have a thread: every step costs the
// same with 2 threads and with 200. Threads that run are in no list.
#include "kern.h"

kern_t kern;
bool kern_started;

// A level is a list, the first one of the most urgent, and a bit of kern.levels, the highest one of that.
static unsigned level_of(int prio) {
    return prio - K_HIGHEST_THREAD_PRIO;
}

static uint32_t level_bit(unsigned level) {
    return 0x80000000u >> level;
}

static void level_put(struct k_thread *t, bool first) {
    unsigned level = level_of(t->prio);
    sys_dlist_t *list = &kern.ready[level];
    sys_dlist_insert(first ? list->head : list, &t->node);
    kern.levels |= level_bit(level);
}

static void level_take(struct k_thread *t) {
    sys_dnode_t *next = t->node.next, *prev = t->node.prev;
    kern_unlink(&t->node);
    if (next == prev) { // the list itself
        kern.levels &= ~level_bit(level_of(t->prio));
    }
}

static void queue_put(struct k_thread *t) {
    level_put(t, false);
    t->flags = KERN_QUEUED;
}

static void queue_take(struct k_thread *t) {
    level_take(t);
    t->flags = 0;
}

static bool may_run_on(const struct k_thread *t, unsigned core) {
    return ARCH_CORES == 1 || (t->cpu_mask >> core & 1);
}

// The first of a level with threads that may run on `core`.
static struct k_thread *level_first(unsigned level, unsigned core) {
    sys_dlist_t *list = &kern.ready[level];
    for (sys_dnode_t *node = list->head; ARCH_CORES == 1 || node != list; node = node->next) {
        struct k_thread *t = CONTAINER_OF(node, struct k_thread, node);
        if (may_run_on(t, core)) {
            return t;
        }
    }
    return NULL;
}

static struct k_thread *queue_first(unsigned core) {
    for (uint32_t levels = kern.levels; levels != 0;) {
        unsigned level = __builtin_clz(levels);
        struct k_thread *t = level_first(level, core);
        if (t != NULL) {
            return t;
        }
        levels &= ~level_bit(level);
    }
    return NULL;
}

static bool is_preemptible(const struct k_thread *t) {
    return t->prio >= 0 && t->sched_locked == 0;
}

// Whether `t` is to run instead of what runs there.
static bool displaces(const struct k_thread *t, const struct k_thread *running) {
    return running->state != 0 || (t->prio < running->prio && is_preemptible(running));
}

// A thread that is about to leave its core is as little urgent as can be.
static bool is_less_urgent(const struct k_thread *a, const struct k_thread *b) {
    return b->state == 0 && (a->state != 0 || a->prio > b->prio);
}

// ---- slices

// slice_prio is that of a preemptible thread, or less urgent than any where there are no slices.
static bool is_sliced(const struct k_thread *t) {
    return t->prio >= kern.slice_prio && t->sched_locked == 0;
}

// The idle thread has none.
static bool has_equal(const struct k_thread *t, unsigned core) {
    unsigned level = level_of(t->prio);
    return (kern.levels & level_bit(level)) && level_first(level, core) != NULL;
}

// The running thread's slice, while an equal waits: over, or the timer is for its end. A slice begins when a thread
// comes onto a core, other than back from being displaced. A switch that is under way would not hear of being asked for
// another, so then the timer's interrupt does that.
static __attribute__((noinline)) void slice_look(kern_cpu_t *cpu, bool switching) {
    struct k_thread *t = cpu->current;
    uint32_t cycles = arch_cycles_32() - t->slice_from;
    // Of whole cycles a tick: it may be over a little early, and nothing long is divided.
    int64_t left = kern.slice_ticks - cycles / ((unsigned)sys_clock_hw_cycles_per_sec() / 1000000);
    if (left <= 0 && !switching) {
        t->flags |= KERN_YIELDS;
        kern_ask_locked();
    } else {
        cpu->slice_armed = true;
        cpu->slice_at = kern_now() + MAX(left, 0);
        kern_timer_update_locked();
    }
}

// The timer may be set for somebody's slice that ends earlier: it then looks again.
static inline void slice_count(kern_cpu_t *cpu, const struct k_thread *t, unsigned core, bool switching) {
    if (has_equal(t, core) && !cpu->slice_armed && is_sliced(t)) {
        slice_look(cpu, switching);
    }
}

static void slice_set(int32_t ms, int prio) {
    kern.slice_ticks = (int64_t)k_ms_to_ticks_ceil64((uint64_t)MAX(ms, 0));
    kern.slice_prio = ms <= 0 ? K_LOWEST_THREAD_PRIO : MAX(prio, 0);
}

void k_sched_time_slice_set(int32_t slice, int prio) {
    kern_key_t key = kern_lock();
    slice_set(slice, prio);
    slice_count(kern_cpu(), arch_current(), arch_core(), false);
    kern_unlock(key);
}

// ---- asking for a switch

// Whether it has to be kept that a core was asked to switch.
#define KERN_ASKED (!ARCH_SWITCHES_ITSELF || ARCH_CORES > 1)

static void ask(kern_cpu_t *cpu) {
    if (KERN_ASKED) {
        cpu->asked = true;
    }
    arch_switch_ask();
}

// Who is not ready any more leaves its core without this.
static void tell(unsigned core) {
    if (ARCH_CORES == 1 || core == arch_core()) {
        if (kern.cpus[core].current->state == 0) {
            kern_ask_locked();
        }
    } else if (!kern.cpus[core].asked) {
        kern.cpus[core].asked = true;
        arch_ipi(core);
    }
}

void kern_ask_locked(void) {
    if (kern_started) {
        ask(kern_cpu());
    }
}

// An equal of who runs on another core: that one counts its slice from now on.
static void tell_of_equal(const struct k_thread *t, unsigned core) {
    kern_cpu_t *cpu = &kern.cpus[core];
    const struct k_thread *running = cpu->current;
    if (running->prio != t->prio || cpu->slice_armed || !is_sliced(running) || !may_run_on(t, core)) {
        return;
    }
    if (ARCH_CORES == 1 || core == arch_core()) {
        slice_look(cpu, false);
    } else if (!cpu->look) {
        cpu->look = true;
        arch_ipi(core);
    }
}

// Tell the core where `t`, which is in the ready queue, displaces the least urgent thread; this one if it is as good.
static bool place_somewhere(const struct k_thread *t) {
    const struct k_thread *least = NULL;
    unsigned count = arch_core_count();
    for (unsigned i = 0, core = arch_core(); i < count; ++i, core = core + 1 < count ? core + 1 : 0) {
        const struct k_thread *running = kern.cpus[core].current;
        if (may_run_on(t, core) && displaces(t, running) && (least == NULL || is_less_urgent(running, least))) {
            least = running;
        }
    }
    if (least != NULL) {
        tell(least->cpu);
    }
    return least != NULL;
}

static void place(const struct k_thread *t) {
    if (ARCH_CORES == 1) {
        // No choice, in fewer instructions. Who leaves the core looks at the queue anyway.
        const struct k_thread *running = kern.cpus[0].current;
        if (running->state != 0) {
            return;
        }
        if (displaces(t, running)) {
            kern_ask_locked();
        } else {
            tell_of_equal(t, 0);
        }
        return;
    }
    if (!place_somewhere(t)) {
        for (unsigned core = 0; core < arch_core_count(); ++core) {
            tell_of_equal(t, core);
        }
    }
}

// A core that was told of one thread may find two. The most urgent of those that are left and displace somebody has to
// be placed again; where it comes, the next one is.
static void place_rest(void) {
    if (ARCH_CORES == 1) {
        return;
    }
    int least = kern.cpus[0].current->prio;
    for (unsigned core = 1; core < arch_core_count(); ++core) {
        least = MAX(least, kern.cpus[core].current->prio);
    }
    for (uint32_t levels = kern.levels; levels != 0;) {
        unsigned level = __builtin_clz(levels);
        if (level >= level_of(least)) {
            return;
        }
        struct k_thread *t;
        SYS_DLIST_FOR_EACH_CONTAINER(&kern.ready[level], t, node) {
            if (place_somewhere(t)) {
                return;
            }
        }
        levels &= ~level_bit(level);
    }
}

void kern_ready_locked(struct k_thread *t) {
    if (t->state != 0 || (t->flags & (KERN_QUEUED | KERN_ON_CORE))) {
        return;
    }
    queue_put(t);
    place(t);
}

void kern_unready_locked(struct k_thread *t) {
    if (t->flags & KERN_QUEUED) {
        queue_take(t);
    }
}

static void set_prio(struct k_thread *t, int prio) {
    bool falls = prio > t->prio;
    if (t->flags & KERN_QUEUED) {
        queue_take(t);
        t->prio = prio;
        queue_put(t);
        place(t);
        return;
    }
    t->prio = prio;
    if ((t->flags & KERN_ON_CORE) && falls) {
        tell(t->cpu);
    }
    if (t->pended_on != NULL) {
        _wait_q_t *q = t->pended_on;
        kern_unlink(&t->node);
        kern_wait_q_add(q, t);
    }
}

void kern_update_prio_locked(struct k_thread *t) {
    // It ends in a circle of threads that wait for each other, too: once round, each has the most urgent one's.
    while (t != NULL) {
        int prio = t->held == NULL ? t->own_prio : MIN(t->own_prio, kern_lent_prio_locked(t));
        if (prio == t->prio) {
            break;
        }
        set_prio(t, prio);
        t = t->wanted == NULL ? NULL : t->wanted->owner;
    }
}

void kern_set_cores_locked(struct k_thread *t, unsigned cores) {
    t->cpu_mask = cores;
    if (t->flags & KERN_QUEUED) {
        place(t);
    } else if ((t->flags & KERN_ON_CORE) && !may_run_on(t, t->cpu)) {
        tell(t->cpu);
    }
}

// ---- the switch

static inline void count_time(kern_cpu_t *cpu, struct k_thread *running, uint32_t now) {
    running->cycles += now - cpu->since;
    cpu->since = now;
}

// Whether who runs goes on though `next` is ready.
static bool goes_on(const struct k_thread *old, const struct k_thread *next) {
    if (next == NULL || next->prio > old->prio) {
        return true;
    }
    return !(old->flags & KERN_YIELDS) && (next->prio == old->prio || !is_preemptible(old));
}

// Who ran is ready, and does not go on here.
static void give_way(struct k_thread *old) {
    if (old->flags & KERN_IDLE) {
        old->flags = KERN_IDLE;
    } else if (old->flags & KERN_YIELDS) {
        level_put(old, false);
        old->flags = KERN_QUEUED;
    } else {
        level_put(old, true);
        old->flags = KERN_QUEUED | KERN_DISPLACED;
    }
}

// Who ran is not ready. One that ends makes others ready: they are looked at behind this.
static void leave(struct k_thread *old) {
    if (old->state & _THREAD_ABORTING) {
        kern_thread_die_locked(old);
    }
    old->flags = 0;
}

// Who is to run, or NULL, comes out of the queue: the same, or the idle thread.
static struct k_thread *enter(kern_cpu_t *cpu, struct k_thread *next, uint32_t now) {
    if (next != NULL) {
        level_take(next);
        if (!(next->flags & KERN_DISPLACED)) {
            next->slice_from = now;
        }
        next->flags = KERN_ON_CORE;
    } else {
        next = &cpu->idle;
        next->flags = KERN_IDLE | KERN_ON_CORE;
    }
    if (ARCH_CORES > 1) {
        next->cpu = arch_core();
    }
    cpu->current = next;
    return next;
}

static struct k_thread *watched(struct k_thread *t) {
    if (CONFIG_PREEMPTION_WATCH_MS) {
        kern_watch_pick_locked(t);
    }
    return t;
}

static void trace(struct k_thread *next) {
    if (next->flags & KERN_IDLE) {
        sys_trace_idle();
    } else {
        sys_trace_thread_switched_in(next);
    }
}

struct k_thread *kern_pick(void) {
    kern_cpu_t *cpu = kern_cpu();
    unsigned core = arch_core();
    struct k_thread *old = cpu->current, *next;
    if (KERN_ASKED) {
        cpu->asked = false;
    }
    bool may_stay = may_run_on(old, core);
    if (old->state == 0) {
        next = queue_first(core);
        if (may_stay && goes_on(old, next)) {
            old->flags &= ~KERN_YIELDS;
            slice_count(cpu, old, core, true);
            place_rest();
            return watched(old);
        }
        give_way(old);
    } else {
        leave(old);
        next = queue_first(core);
    }
    uint32_t now = arch_cycles_32();
    if (CONFIG_SCHED_THREAD_USAGE) {
        count_time(cpu, old, now);
    }
    next = enter(cpu, next, now);
    if (CONFIG_TRACING) {
        trace(next);
    }
    if (!may_stay && (old->flags & KERN_QUEUED)) {
        place(old);
    }
    slice_count(cpu, next, core, true);
    place_rest();
    return watched(next);
}

int kern_swap(kern_key_t key) {
    __ASSERT_NO_MSG(kern_locked());
    struct k_thread *self = arch_current();
    ask(kern_cpu());
    arch_swap(key);
    if (CONFIG_PREEMPTION_WATCH_MS && key != 0) {
        kern_watch_masked(); // again
    }
    return self->swap_retval;
}

void kern_unmask_and_switch(uint32_t key) {
    if (key == 0 && arch_asked()) {
        kern_lock();
        arch_swap(0);
    } else {
        arch_unmask(key);
    }
}

// ---- interrupts

// Who calls what is due looks at the first timeout after that.
static int64_t timer_next(const kern_cpu_t *cpu) {
    const struct _timeout *first = kern.due ? NULL : kern.timeouts;
    return first != NULL && first->at < cpu->slice_at ? first->at : cpu->slice_at;
}

void kern_timer_update_locked(void) {
    kern_cpu_t *cpu = kern_cpu();
    int64_t at = timer_next(cpu);
    if (at < cpu->armed) {
        cpu->armed = at;
        arch_timer_set(at);
    }
}

void kern_timer_isr(void) {
    kern_key_t key = kern_lock();
    kern_cpu_t *cpu = kern_cpu();
    int64_t now = kern_now();
    if (CONFIG_DEADLOCK_REPORT && ARCH_CORES > 1) {
        cpu->idle.flags &= ~KERN_RESTS; // what a function of a timer raises may be still to come here
    }
    kern_timeouts_due_locked(key, now);
    if (now >= cpu->slice_at) {
        cpu->slice_armed = false;
        cpu->slice_at = KERN_NEVER;
        slice_count(cpu, cpu->current, arch_core(), false);
    }
    if (CONFIG_SCHED_THREAD_USAGE) {
        count_time(cpu, cpu->current, arch_cycles_32());
    }
    cpu->armed = timer_next(cpu);
    arch_timer_set(cpu->armed);
    kern_unlock(key);
}

void kern_ipi_isr(void) {
    kern_key_t key = kern_lock();
    kern_cpu_t *cpu = kern_cpu();
    if (cpu->look) {
        cpu->look = false;
        slice_count(cpu, cpu->current, arch_core(), false);
    }
    if (cpu->asked) {
        arch_switch_ask();
    }
    kern_unlock(key);
}

// ---- what threads say about scheduling

void k_yield(void) {
    kern_check_may_wait(__func__);
    kern_key_t key = kern_lock();
    arch_current()->flags |= KERN_YIELDS;
    kern_swap(key);
}

void k_sched_lock(void) {
    kern_key_t key = kern_lock();
    struct k_thread *self = arch_current();
    __ASSERT(!arch_in_isr());
    __ASSERT(self->sched_locked != 255);
    self->sched_locked += 1;
    kern_unlock(key);
}

void k_sched_unlock(void) {
    kern_key_t key = kern_lock();
    struct k_thread *self = arch_current();
    __ASSERT(!arch_in_isr());
    __ASSERT(self->sched_locked != 0);
    self->sched_locked -= 1;
    if (goes_on(self, queue_first(arch_core()))) {
        slice_count(kern_cpu(), self, arch_core(), false);
    } else {
        kern_ask_locked();
    }
    kern_unlock(key);
}

int k_is_preempt_thread(void) {
    return !arch_in_isr() && is_preemptible(arch_current());
}

unsigned kern_irq_lock(void) {
    kern_key_t key = kern_lock_here();
    if (CONFIG_PREEMPTION_WATCH_MS && key == 0) {
        kern_watch_masked();
    }
    return key;
}

void kern_irq_unlock(unsigned key) {
    if (CONFIG_PREEMPTION_WATCH_MS && key == 0) {
        kern_watch_unmask("irq_unlock");
    }
    kern_unlock_here(key);
}

int k_spin_trylock(struct k_spinlock *lock, k_spinlock_key_t *key) {
    uint32_t masked = arch_mask();
    if (!kern_spin_try(lock)) {
        arch_unmask(masked);
        return -EBUSY;
    }
    key->key = masked;
    return 0;
}

uint64_t k_cycle_get_64(void) {
    return arch_cycles_64();
}

void k_busy_wait(uint32_t us) {
    int64_t until = kern_now() + us;
    while (kern_now() < until) {
        arch_spin();
    }
}

void kern_sched_init(void) {
    for (unsigned i = 0; i < KERN_LEVELS; ++i) {
        sys_dlist_init(&kern.ready[i]);
    }
    for (unsigned i = 0; i < ARCH_CORES; ++i) {
        kern.cpus[i].current = &kern.cpus[i].idle;
        kern.cpus[i].slice_at = KERN_NEVER;
        kern.cpus[i].armed = KERN_NEVER;
    }
    slice_set(CONFIG_TIMESLICE_SIZE, CONFIG_TIMESLICE_PRIORITY);
}
