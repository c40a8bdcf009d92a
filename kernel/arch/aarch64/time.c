// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Time is the virtual counter, which all cores share; each has a timer that compares with it, and interrupts only where
// something waits for a time.
#include "aarch64.h"
#include "gic.h"

#define TIMER_LINE (27)
#define FAR_AWAY ((int64_t)1 << 52) // microseconds: later than this nobody looks

static uint64_t us_per_count; // times 2^64
static uint64_t counts_per_us; // times 2^53

// `n` / `d`, which is less than 1, times 2^`bits`.
static uint64_t fraction(uint64_t n, uint64_t d, unsigned bits) {
    uint64_t result = 0;
    for (; bits > 0; --bits) {
        n <<= 1;
        result = result << 1 | (n >= d);
        n -= n >= d ? d : 0;
    }
    return result;
}

static uint64_t counter_hz(void) {
    uint64_t hz;
    __asm ("mrs %0, cntfrq_el0" : "=r" (hz));
    return hz;
}

void arch_time_init(void) {
    uint64_t hz = counter_hz();
    __ASSERT(hz > 1000000);
    us_per_count = fraction(1000000, hz, 64);
    counts_per_us = (hz / 1000000 << 53) + fraction(hz % 1000000, 1000000, 53);
}

int64_t arch_ticks(void) {
    return (int64_t)((__uint128_t)arch_cycles_64() * us_per_count >> 64);
}

int sys_clock_hw_cycles_per_sec(void) {
    return (int)counter_hz();
}

void arch_timer_set(int64_t at) {
    if (at == KERN_NEVER) {
        __asm volatile ("msr cntv_ctl_el0, %0\n isb" : : "r" ((uint64_t)0) : "memory");
        return;
    }
    // One more, as both factors are rounded down: then arch_ticks() says `at`.
    uint64_t count = (uint64_t)((__uint128_t)(uint64_t)MIN(at, FAR_AWAY) * counts_per_us >> 53) + 1;
    __asm volatile (
        "msr cntv_cval_el0, %0\n msr cntv_ctl_el0, %1\n isb" : : "r" (count), "r" ((uint64_t)1) : "memory");
}

void arch_timer_init_core(void) {
    arch_timer_set(KERN_NEVER);
    gic_handle(TIMER_LINE, kern_timer_isr);
}
