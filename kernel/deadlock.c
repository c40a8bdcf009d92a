// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A deadlock: all threads wait for ever. An idle thread looks before it waits: no thread is ready that a core may run,
// nothing is due at a time, no device may interrupt, and no other core has anything to do: it has looked, too, since it
// ran a thread or a timer's function, either of which may have raised an interrupt that has not come yet.
#include "kern.h"

static bool may_run_somewhere(const struct k_thread *t) {
    return (t->cpu_mask & BIT_MASK(arch_core_count())) != 0;
}

static bool any_ready_locked(void) {
    for (uint32_t levels = kern.levels; levels != 0; levels &= levels - 1) {
        const struct k_thread *t;
        SYS_DLIST_FOR_EACH_CONTAINER(&kern.ready[31 - __builtin_ctz(levels)], t, node) {
            if (may_run_somewhere(t)) {
                return true;
            }
        }
    }
    return false;
}

static bool all_rest_locked(void) {
    for (unsigned core = 0; core < arch_core_count(); ++core) {
        const kern_cpu_t *cpu = &kern.cpus[core];
        if (cpu->asked || cpu->current != &cpu->idle || !(cpu->idle.flags & KERN_RESTS)) {
            return false;
        }
    }
    return true;
}

// Where all have ended there is nobody to wait.
static bool any_thread_locked(void) {
    const struct k_thread *t;
    SYS_DLIST_FOR_EACH_CONTAINER(&kern.threads, t, all) {
        if (!(t->flags & KERN_IDLE)) {
            return true;
        }
    }
    return false;
}

static bool is_stuck_locked(void) {
    return all_rest_locked() && kern.timeouts == NULL && !kern.due && !any_ready_locked() && any_thread_locked();
}

// ---- the report

// The one that ends when `q` is woken, or NULL.
static const struct k_thread *joined_at(const _wait_q_t *q) {
    const struct k_thread *t;
    SYS_DLIST_FOR_EACH_CONTAINER(&kern.threads, t, all) {
        if (&t->joiners == q) {
            return t;
        }
    }
    return NULL;
}

static void say_object(const struct k_thread *t) {
    const struct k_thread *joined = joined_at(t->pended_on);
    if (t->wanted != NULL && t->wanted->owner == NULL) {
        printk("waits for the mutex %p, whose owner has ended", t->wanted);
    } else if (t->wanted != NULL) {
        printk("waits for the mutex %p, owner %s", t->wanted, kern_name(t->wanted->owner));
    } else if (joined != NULL) {
        printk("waits for the end of %s", kern_name(joined));
    } else {
        #if CONFIG_DEADLOCK_REPORT
        printk("waits in %s, for %p", t->call, t->pended_on); // an object begins with its queue
        #endif
    }
}

static void say_why(const struct k_thread *t) {
    if (t->state & _THREAD_NEW) {
        printk("not started");
    } else if (t->pended_on != NULL) {
        say_object(t);
    } else if (t->state & _THREAD_SLEEPING) {
        printk("sleeps for ever");
    } else if (t->state == 0) {
        printk("ready, and no core may run it");
    }
    if (t->state & _THREAD_SUSPENDED) {
        printk(t->state == _THREAD_SUSPENDED ? "suspended" : ", suspended");
    }
    printk("\n");
}

static void report_locked(void) {
    printk("deadlock: nobody can go on, nothing is due, and no device interrupts\n");
    const struct k_thread *t;
    SYS_DLIST_FOR_EACH_CONTAINER(&kern.threads, t, all) {
        if (!(t->flags & KERN_IDLE)) {
            printk("thread %s, priority %d: ", kern_name(t), t->prio);
            say_why(t);
        }
    }
}

void kern_deadlock_look(void) {
    kern_key_t key = kern_lock();
    if (!arch_irq_source()) {
        kern_cpu()->idle.flags |= KERN_RESTS;
        if (is_stuck_locked()) {
            report_locked();
            arch_exit(1);
        }
    }
    kern_unlock(key);
}
