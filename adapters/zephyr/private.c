// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "kern.h"
#include "private.h"

void *zephyr_saved_sp(const struct k_thread *t) {
    return arch_saved_sp(t);
}

void zephyr_set_cores(struct k_thread *t, unsigned cores) {
    kern_key_t key = kern_lock();
    kern_set_cores_locked(t, cores);
    kern_unlock(key);
}

void zephyr_prepare(void) {
    kern_init();
}

void zephyr_start(void) {
    kern_start();
}
