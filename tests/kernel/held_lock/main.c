// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// With two cores: one has a spin lock until the other one has said that it waits for it, which takes as long as
// CONFIG_PREEMPTION_WATCH_MS.
#include <zephyr/kernel.h>

static struct k_spinlock lock;
static atomic_t held;

static void hold(void *p1, void *p2, void *p3) {
    k_spinlock_key_t key = k_spin_lock(&lock);
    atomic_set(&held, 1);
    k_busy_wait(10 * 1000 * CONFIG_PREEMPTION_WATCH_MS);
    k_spin_unlock(&lock, key);
}

K_THREAD_DEFINE(holder, MAX(1024, ARCH_STACK_MIN), hold, NULL, NULL, NULL, 0, 0, 0);

int main(void) {
    while (!atomic_get(&held)) {
        k_yield();
    }
    k_spin_unlock(&lock, k_spin_lock(&lock));
    return 0;
}
