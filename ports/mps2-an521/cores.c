// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The second core: its start, and what cores tell each other by MHU0.
#include "irq.h"
#include "kern.h"
#include "regs.h"
#include "startup.h"

#define TELL_IPI (1u << 0)
#define TELL_HALT (1u << 1)

extern const uint32_t vectors[];
void core_init(void);
void board_core_init(void);

// What a core finds at its start: a stack, and where to begin. A table of vectors is aligned to at least this.
static uintptr_t core_vectors[2] __attribute__((aligned(128)));

void board_core_init(void) {
    arch_core_set(BOARD_CORE());
    nvic_enable(IRQ_MHU0);
}

static void core_reset(void) {
    irq_mask(); // until it is a thread
    SCB_VTOR = (uintptr_t)vectors;
    core_init();
    arch_core_main();
}

void board_core_start(unsigned core, const void *stack) {
    core_vectors[0] = (uintptr_t)stack;
    core_vectors[1] = (uintptr_t)core_reset;
    SYSCTL_INITSVTOR(core) = (uintptr_t)core_vectors;
    __asm volatile ("dsb" : : : "memory");
    SYSCTL_CPUWAIT &= ~(1u << core);
}

void board_ipi(unsigned core) {
    MHU0(core)->set = TELL_IPI;
}

void board_halt_others(void) {
    for (unsigned core = 0; core < BOARD_CORES; ++core) {
        if (core != BOARD_CORE()) {
            MHU0(core)->set = TELL_HALT;
        }
    }
}

static void halt(void) {
    irq_mask();
    for (;;) {
        irq_wait();
    }
}

void MHU0_Handler(void) {
    mhu_t *mhu = MHU0(BOARD_CORE());
    uint32_t told = mhu->stat;
    mhu->clear = told;
    if (told & TELL_HALT) {
        halt();
    }
    kern_ipi_isr();
}
