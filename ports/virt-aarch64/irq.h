// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Masking of interrupts, where there are no threads, and one core. Nests by keeping what irq_mask() returned.
#ifndef VIRT_IRQ_H
#define VIRT_IRQ_H

#include "arch_kernel.h"

static inline uint32_t irq_mask(void) {
    return arch_mask();
}

static inline void irq_unmask(uint32_t state) {
    arch_unmask(state);
}

// Whether waiting for an interrupt would be waiting for ever.
static inline bool irq_is_blocked(void) {
    return arch_masked();
}

// Ended by a masked interrupt, too.
static inline void irq_wait(void) {
    __asm volatile ("dsb sy\n wfi" : : : "memory");
}

#endif // VIRT_IRQ_H
