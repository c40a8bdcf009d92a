// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The firmware's calls for power.
#include "aarch64.h"

#define PSCI_CPU_ON (0xc4000003)
#define PSCI_SYSTEM_OFF (0x84000008)
#define PSCI_SYSTEM_RESET (0x84000009)

static bool by_smc;

void psci_init(bool smc) {
    by_smc = smc;
}

static int call(uint32_t function, uint64_t a, uint64_t b, uint64_t c) {
    register uint64_t x0 __asm("x0") = function;
    register uint64_t x1 __asm("x1") = a;
    register uint64_t x2 __asm("x2") = b;
    register uint64_t x3 __asm("x3") = c;
    #define CLOBBERED "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", \
    "memory"
    if (by_smc) {
        __asm volatile ("smc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3) : : CLOBBERED);
    } else {
        __asm volatile ("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3) : : CLOBBERED);
    }
    return (int)x0;
}

int psci_cpu_on(unsigned core, void (*entry)(void)) {
    return call(PSCI_CPU_ON, core, (uintptr_t)entry, core);
}

void psci_system_off(void) {
    call(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void psci_system_reset(void) {
    call(PSCI_SYSTEM_RESET, 0, 0, 0);
}
