// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the files of kernel/arch/aarch64, and boards with it, share.
#ifndef KERNEL_ARCH_AARCH64_H
#define KERNEL_ARCH_AARCH64_H

#define ARCH_FRAME_SIZE (800)
#define ARCH_SWITCH_SIZE (176)
#define ARCH_IRQ_STACK_SIZE (12288) // one a core, and its guard, which is a third of it
#define ARCH_FAULT_STACK_LOG2_SIZE (12) // one a core

#define ARCH_SCTLR_OFF (0x30d00800) // the bits that are always 1
#define ARCH_SCTLR_ON (0x0008100d) // MMU, caches, stack alignment; what can be written is not executed

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern.h"

// What an interrupt leaves on its thread's stack, a fault on another one. See vectors.S.
typedef struct {
    uint64_t x[31];
    uint64_t pc;
    uint64_t pstate;
    uint64_t fpcr;
    uint64_t fpsr;
    __uint128_t q[32];
} arch_frame_t;
_Static_assert(sizeof(arch_frame_t) == ARCH_FRAME_SIZE && offsetof(arch_frame_t, q) == 288, "vectors.S");

// What a thread that gave up its core has on its stack.
typedef struct {
    uint64_t x19_x30[12];
    uint64_t d8_d15[8];
    uint64_t fpcr;
    uint64_t fpsr;
} arch_switch_t;
_Static_assert(sizeof(arch_switch_t) == ARCH_SWITCH_SIZE, "vectors.S");

// ---- the board

// On each core, when it can have interrupts; the first one is the first.
void arch_board_init_core(void);

// ---- vectors.S

// L, in a thread with interrupts masked: `next` runs on this core; back when something gives the core to the caller
// again. The lock passes to the one that comes.
void arch_switch(struct k_thread *next);

// Where a new thread begins.
void arch_thread_begin(void);

// Go on with `fn` on another stack, with interrupts enabled.
void arch_go_on(uintptr_t sp, void (*fn)(void)) __attribute__((noreturn));

// What vectors.S calls. The first two say who runs next, if another one does, and then have the lock.
struct k_thread *arch_irq(const arch_frame_t *frame);
struct k_thread *arch_svc(const arch_frame_t *frame);
void arch_switched(void);
void arch_thread_main(k_thread_entry_t entry, void *p1, void *p2, void *p3) __attribute__((noreturn));
void arch_fault(const arch_frame_t *frame, unsigned kind) __attribute__((noreturn));

// ---- the start

// This core does nothing any more.
void arch_halt(void) __attribute__((noreturn));

extern char arch_irq_stacks[ARCH_CORES][ARCH_IRQ_STACK_SIZE];

// Where the firmware starts another core, with its number in x0.
void arch_core_start(void);

// The board's: goes on with the start, to kern_start().
void board_start(void) __attribute__((noreturn));

// What start.S calls: on the first core, and on each of the others.
void arch_boot(bool from_el2) __attribute__((noreturn));
void arch_core_main(unsigned core) __attribute__((noreturn));

// ---- mmu.c

// With the MMU off, on the first core.
void arch_mmu_init(void);

// ---- psci.c

enum {
    PSCI_SUCCESS = 0,
    PSCI_INVALID_PARAMETERS = -2, // no such core
};

// The firmware listens to SMC where it starts us in EL2, else to HVC.
void psci_init(bool by_smc);

// PSCI_SUCCESS, or what is wrong. The core begins at `entry` with its number in x0 and the MMU off.
int psci_cpu_on(unsigned core, void (*entry)(void));

void psci_system_off(void);
void psci_system_reset(void);

// ---- time.c

void arch_time_init(void);
void arch_timer_init_core(void);

#endif // __ASSEMBLER__

#endif // KERNEL_ARCH_AARCH64_H
