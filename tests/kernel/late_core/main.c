// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A core does not start: the last of two, or the third of four, where the firmware's answer, ANSWER, may be that it
// cannot. If it did not say so, it starts late, when the others go on without it.
#include "kern.h"

#ifdef __aarch64__
#include "aarch64.h"
#define LATE (2)

int __real_psci_cpu_on(unsigned core, void (*entry)(void));
int __wrap_psci_cpu_on(unsigned core, void (*entry)(void));

int __wrap_psci_cpu_on(unsigned core, void (*entry)(void)) {
    return core == LATE ? ANSWER : __real_psci_cpu_on(core, entry);
}

static void start_late(void) {
    if (ANSWER == PSCI_SUCCESS) {
        __real_psci_cpu_on(LATE, arch_core_start);
    }
}
#else
#define LATE (1)

static const void *late_stack;

void __real_board_core_start(unsigned core, const void *stack);
void __wrap_board_core_start(unsigned core, const void *stack);

void __wrap_board_core_start(unsigned core, const void *stack) {
    late_stack = stack;
}

static void start_late(void) {
    __real_board_core_start(LATE, late_stack);
}
#endif

static K_THREAD_STACK_ARRAY_DEFINE(stacks, 4, 4096);
static struct k_thread threads[4];
static atomic_t ran_on[ARCH_CORES];

static void run(void *p1, void *p2, void *p3) {
    k_busy_wait(50000);
    atomic_inc(&ran_on[arch_core()]);
}

int main(void) {
    for (int i = 0; i < 4; ++i) {
        k_thread_create(&threads[i], stacks[i], K_THREAD_STACK_SIZEOF(stacks[i]), run, NULL, NULL, NULL, 1, 0,
            K_NO_WAIT);
    }
    // Some of them have no core now.
    start_late();
    for (int i = 0; i < 4; ++i) {
        k_thread_join(&threads[i], K_FOREVER);
    }
    int good = 0;
    bool all = true;
    for (unsigned core = 0; core < LATE; ++core) {
        good += ran_on[core];
        all = all && ran_on[core] > 0;
    }
    printk("%u cores, threads ran on %s\n", arch_core_count(), all && good == 4 ? "all" : "others");
    return 0;
}
