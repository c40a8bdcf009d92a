// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Preemption that is held for too long is reported, once each time, and things go on. While a core runs a thread, a
// timeout looks at all of them four times in CONFIG_PREEMPTION_WATCH_MS: one where a thread that cannot be displaced
// has run without giving way, and others waited for its core each time, is a case. Masked interrupts keep this out,
// too: who lets them in again looks at the time since when.
#include "kern.h"

#define LOOKS (4)
#define WAITERS_SAID (4)
#define TURNS (1000) // at least, or a core that an emulator did not run for so long would tell

typedef struct {
    uint32_t picks; // each is a moment when the core's thread gave way, or came
    uint32_t picks_seen;
    int64_t from; // ticks, of the first look that found it so
    bool is_said;
    int64_t masked_from;
} watch_t;

static watch_t watches[ARCH_CORES];
static struct _timeout look_timeout;

static int64_t limit(void) {
    return (int64_t)CONFIG_PREEMPTION_WATCH_MS * 1000;
}

static unsigned ms_since(int64_t from) {
    return (unsigned)((kern_now() - from) / 1000);
}

// Whether `t` would run on the core, if only the one there could be displaced. A cooperative thread keeps out all.
static bool is_kept_out(const struct k_thread *t, unsigned core) {
    const struct k_thread *running = kern.cpus[core].current;
    return (t->cpu_mask & BIT(core)) && (running->prio < 0 || t->prio <= running->prio);
}

// Calls `fn` for the first of them: how many there are.
static unsigned kept_out_locked(unsigned core, void (*fn)(const struct k_thread *t)) {
    unsigned count = 0;
    for (unsigned level = 0; level < KERN_LEVELS; ++level) {
        const struct k_thread *t;
        SYS_DLIST_FOR_EACH_CONTAINER(&kern.ready[level], t, node) {
            if (is_kept_out(t, core) && ++count <= WAITERS_SAID && fn != NULL) {
                fn(t);
            }
        }
    }
    return count;
}

static bool holds_locked(unsigned core) {
    const struct k_thread *t = kern.cpus[core].current;
    return (t->prio < 0 || t->sched_locked != 0) && kept_out_locked(core, NULL) != 0;
}

// ---- the report

static void say_waiter(const struct k_thread *t) {
    printk(" %s", kern_name(t));
}

static void say_waiters_locked(unsigned core) {
    printk("; waiting:");
    unsigned count = kept_out_locked(core, say_waiter);
    if (count > WAITERS_SAID) {
        printk(" and %u more", count - WAITERS_SAID);
    }
    printk(count == 0 ? " nobody\n" : "\n");
}

static void report_locked(unsigned core, int64_t from) {
    const struct k_thread *t = kern.cpus[core].current;
    printk("watch: thread %s, priority %d, has kept its core for %u ms, %s", kern_name(t), t->prio, ms_since(from),
        t->sched_locked != 0 ? "in k_sched_lock" : "as it is cooperative");
    say_waiters_locked(core);
}

// ---- the looks

static void look_at_locked(unsigned core) {
    watch_t *w = &watches[core];
    bool goes_on = w->picks_seen == w->picks && w->from != 0;
    if (!holds_locked(core)) {
        w->from = 0;
    } else if (!goes_on) {
        w->from = kern_now();
        w->picks_seen = w->picks;
        w->is_said = false;
    } else if (!w->is_said && kern_now() - w->from >= limit()) {
        w->is_said = true;
        report_locked(core, w->from);
    }
}

static void look_again_locked(void);

static void look(struct _timeout *timeout) {
    (void)timeout;
    bool any = false;
    for (unsigned core = 0; core < arch_core_count(); ++core) {
        look_at_locked(core);
        any |= !(kern.cpus[core].current->flags & KERN_IDLE);
    }
    if (any) {
        look_again_locked();
    }
}

static void look_again_locked(void) {
    kern_timeout_add_locked(&look_timeout, kern_now() + limit() / LOOKS, look);
}

void kern_watch_pick_locked(const struct k_thread *t) {
    watches[arch_core()].picks += 1;
    if (!(t->flags & KERN_IDLE) && !kern_timeout_is_set(&look_timeout)) {
        look_again_locked();
    }
}

// ---- masked interrupts, and spin locks

void kern_watch_masked(void) {
    watches[arch_core()].masked_from = kern_now();
}

void kern_watch_unmask(const char *call) {
    int64_t from = watches[arch_core()].masked_from;
    if (kern_now() - from < limit()) {
        return;
    }
    kern_key_t key = kern_lock();
    const struct k_thread *t = arch_current();
    printk("watch: thread %s%s has masked interrupts for %u ms up to %s", kern_name(t),
        arch_in_isr() ? ", in an interrupt," : "", ms_since(from), call);
    say_waiters_locked(arch_core());
    kern_unlock(key);
}

void kern_watch_spin(struct k_spinlock *lock) {
    int64_t from = kern_now();
    for (unsigned turns = 0; !kern_spin_try(lock); ++turns) {
        unsigned holder = __atomic_load_n(&lock->holder, __ATOMIC_RELAXED);
        if (turns >= TURNS && holder != 0 && kern_now() - from >= limit()) {
            printk("watch: core %u, thread %s, waits for the spin lock %p for %u ms, which core %u has, thread %s\n",
                arch_core(), kern_name(arch_current()), lock, ms_since(from), holder - 1,
                kern_name(kern.cpus[holder - 1].current));
            from = INT64_MAX / 2; // once
        }
        arch_spin();
    }
}
