// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The start of several cores, one after the other. They are let in together, so that nobody has to know of some.
#include "kern.h"

#define CORE_START_US (2000000) // how long a core may take to come up

unsigned kern_cores_up = 1;
static unsigned cores_here = 1; // that wait to be let in

void kern_core_enter(unsigned core) {
    __atomic_store_n(&cores_here, core + 1, __ATOMIC_RELEASE);
    // For ever, if the first core has given up on this one.
    while (arch_core_count() <= core) {
        arch_spin();
    }
}

static bool is_here(unsigned core) {
    int64_t until = kern_now() + CORE_START_US;
    while (__atomic_load_n(&cores_here, __ATOMIC_ACQUIRE) != core + 1) {
        if (kern_now() >= until) {
            kern_say("core %d does not come up; going on with %d\n", core, core);
            return false;
        }
        arch_spin();
    }
    return true;
}

void kern_cores_start(bool (*start)(unsigned core)) {
    unsigned cores = 1;
    while (cores < ARCH_CORES && start(cores) && is_here(cores)) {
        cores += 1;
    }
    // From this store on they run threads.
    __atomic_store_n(&kern_cores_up, cores, __ATOMIC_RELEASE);
}
