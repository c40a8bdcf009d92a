// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// With interrupts masked, WFI ends at a pending one that is taken only when they are unmasked; one that is disabled, or
// not above the handler that waits, does not end it.
#include "pico.h"

static volatile uint32_t taken[4];

static void irq(void) {
    uint32_t alarm = exception_now() - IRQ(0);
    taken[alarm]++;
    TIMER_INTR = 1 << alarm;
}

// Of the lowest priority: waits for one that may displace it, and one that may not comes first.
static void waiter(void) {
    uint32_t start = TIMER_LOW;
    TIMER_ALARM(1) = start + 50;
    TIMER_ALARM(0) = start + 100;
    wfi();
    CHECK(TIMER_LOW - start >= 100);
    CHECK(taken[0] == 2 && taken[1] == 0);
}

int main(void) {
    vectors[IRQ(0)] = vectors[IRQ(1)] = irq;
    vectors[IRQ(26)] = waiter;
    TIMER_INTE = 3;
    NVIC_ISER = 1;
    mask();
    uint32_t start = TIMER_LOW;
    TIMER_ALARM(1) = start + 20; // not enabled
    TIMER_ALARM(0) = start + 50;
    wfi();
    CHECK(TIMER_LOW - start >= 50);
    CHECK(taken[0] == 0);
    wfi(); // it is still pending
    unmask();
    CHECK(taken[0] == 1);
    NVIC_ICPR = 2;
    TIMER_INTR = 2;
    NVIC_ICPR = 2;
    CHECK(!(NVIC_ISPR & 2));
    // By register, too.
    __asm volatile ("msr primask, %0" : : "r" (1) : "memory");
    NVIC_ISPR = 1;
    CHECK(taken[0] == 1);
    NVIC_ICPR = 1;
    __asm volatile ("msr primask, %0" : : "r" (0) : "memory");
    CHECK(taken[0] == 1);
    NVIC_IPR(0) = 3u << 14; // alarm 1: 3
    NVIC_IPR(6) = 3u << 22; // 26: 3
    NVIC_ISER = 2 | 1u << 26;
    NVIC_ISPR = 1u << 26;
    CHECK(taken[0] == 2 && taken[1] == 1);
    return 0;
}
