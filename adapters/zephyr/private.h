// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the contract asks and Zephyr's headers do not tell, of Heddle's own kernel. On Zephyr itself this file and
// private.c are what has to be written again.
#ifndef HEDDLE_ADAPTERS_ZEPHYR_PRIVATE_H
#define HEDDLE_ADAPTERS_ZEPHYR_PRIVATE_H

#include <zephyr/kernel.h>

#define RTOS_CORES (ARCH_CORES)
#define RTOS_HAS_CAS (1) // on ARMv6-M kernel/arch/cortex_m/atomic.c
#define RTOS_STACK_MIN (MAX(ARCH_STACK_MIN, sizeof(void *) == 8 ? 8192 : 2048))
#define RTOS_STACK_DEFAULT (MAX(ARCH_STACK_MIN, sizeof(void *) == 8 ? 16384 : 4096))
#define RTOS_STACK_ALIGN (MIN(ARCH_STACK_ALIGN, 16))
// A kernel's stack may have to be aligned to more than what is allocated is.
#define RTOS_STACK_GUARD (ARCH_STACK_GUARD_ANYWHERE + ARCH_STACK_ALIGN - RTOS_STACK_ALIGN)

static inline unsigned rtos_core_count(void) {
    return arch_core_count();
}

static inline unsigned rtos_core_id(void) {
    return arch_core();
}

static inline bool rtos_masked(void) {
    return arch_masked();
}

// For adapters/common/stop.c.
#define rtos_spin_while(word, value) arch_spin()

// Of a thread that does not run: its registers are from here up, or in its k_thread.
void *zephyr_saved_sp(const struct k_thread *t);

// An rtos_state_t.
unsigned zephyr_state(const struct k_thread *t);

// Where it runs or ran last.
unsigned zephyr_core(const struct k_thread *t);

// The idle thread of a core.
struct k_thread *zephyr_idle(unsigned core);

// Cores that may run a thread, also one that runs.
void zephyr_set_cores(struct k_thread *t, unsigned cores);

// From before the start: the threads that there are begin to run.
void zephyr_prepare(void);
void zephyr_start(void) __attribute__((noreturn));

#endif // HEDDLE_ADAPTERS_ZEPHYR_PRIVATE_H
