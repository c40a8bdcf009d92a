// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Each way to hold preemption for longer than CONFIG_PREEMPTION_WATCH_MS, and some that look like it and are none.
#include <zephyr/kernel.h>

#define LONG_US (2000 * CONFIG_PREEMPTION_WATCH_MS)

static void nothing(void *p1, void *p2, void *p3) {
}

static void cooperative(void *p1, void *p2, void *p3) {
    k_busy_wait(LONG_US);
}

// Gives way, if there were somebody.
static void yields(void *p1, void *p2, void *p3) {
    for (int i = 0; i < 20; ++i) {
        k_busy_wait(LONG_US / 20);
        k_yield();
    }
}

static void locks(void *p1, void *p2, void *p3) {
    k_sched_lock();
    k_busy_wait(LONG_US);
    k_sched_unlock();
}

static void masks(void *p1, void *p2, void *p3) {
    unsigned key = irq_lock();
    k_busy_wait(LONG_US);
    irq_unlock(key);
}

static void waits_masked(void *p1, void *p2, void *p3) {
    unsigned key = irq_lock();
    k_usleep(LONG_US);
    irq_unlock(key);
}

static void spins(void *p1, void *p2, void *p3) {
    static struct k_spinlock lock;
    k_spinlock_key_t key = k_spin_lock(&lock);
    k_busy_wait(LONG_US);
    k_spin_unlock(&lock, key);
}

static K_THREAD_STACK_ARRAY_DEFINE(stacks, 2, MAX(1024, ARCH_STACK_MIN));
static struct k_thread threads[2];

// Both on one core, the second of them when the first one runs.
static void run(const char *name, k_thread_entry_t entry, int prio, int other_prio) {
    printk("%s\n", name);
    k_thread_create(&threads[0], stacks[0], K_THREAD_STACK_SIZEOF(stacks[0]), entry, NULL, NULL, NULL, prio, 0,
        K_FOREVER);
    k_thread_create(&threads[1], stacks[1], K_THREAD_STACK_SIZEOF(stacks[1]), nothing, NULL, NULL, NULL, other_prio, 0,
        K_FOREVER);
    k_thread_name_set(&threads[0], name);
    k_thread_name_set(&threads[1], "other");
    for (int i = 0; i < 2; ++i) {
        k_thread_cpu_pin(&threads[i], 0);
        k_thread_start(&threads[i]);
    }
    for (int i = 0; i < 2; ++i) {
        k_thread_join(&threads[i], K_FOREVER);
    }
}

int main(void) {
    // More urgent, so that both are started first, with one core too.
    k_thread_priority_set(k_current_get(), -10);
    run("cooperative", cooperative, -2, 3);
    run("locks", locks, 5, 5);
    run("masks", masks, 5, 5);
    run("spins", spins, 5, 5);
    run("urgent", cooperative, 2, 3);
    run("yields", yields, -2, 3);
    run("waits_masked", waits_masked, 5, 5);
    return 0;
}
