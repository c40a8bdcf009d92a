// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/lock.c: one holder, no lost wake-up, a grant beats a timeout and an interruption.
#include <errno.h>

#include "vm.h"

static core_lock_t lock;
static unsigned holders;
static unsigned counter;

static void hold(void) {
    CHECK(holders == 0);
    holders = 1;
    vm_work();
    counter += 1;
    CHECK(holders == 1);
    CHECK(core_lock_holder(&lock) == core_self()->ident);
    holders = 0;
}

static void take_and_release(void *arg) {
    (void)arg;
    CHECK(core_lock_acquire(&lock, CORE_FOREVER, true) == 0);
    hold();
    CHECK(core_lock_release(&lock) == 0);
}

CASE(lock_two_threads) {
    core_lock_init(&lock);
    uint32_t other = vm_start(take_and_release, NULL);
    take_and_release(NULL);
    vm_join(other);
    CHECK(counter == 2);
    CHECK(core_lock_holder(&lock) == 0);
}
