// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Masking of interrupts by PRIMASK. Nests by keeping what irq_mask() returned.
#ifndef CORTEX_M_IRQ_H
#define CORTEX_M_IRQ_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t irq_mask(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\n cpsid i" : "=r" (state) : : "memory");
    return state;
}

static inline void irq_unmask(uint32_t state) {
    __asm volatile ("msr primask, %0" : : "r" (state) : "memory");
}

// Whether waiting for an interrupt would be waiting for ever: in an interrupt, or with interrupts masked.
static inline bool irq_is_blocked(void) {
    uint32_t ipsr, primask, basepri;
    __asm volatile ("mrs %0, ipsr" : "=r" (ipsr));
    __asm volatile ("mrs %0, primask" : "=r" (primask));
    __asm volatile ("mrs %0, basepri" : "=r" (basepri));
    return (ipsr | primask | basepri) != 0;
}

static inline void irq_wait(void) {
    __asm volatile ("dsb\n wfi" : : : "memory");
}

#endif // CORTEX_M_IRQ_H
