// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// An interrupt is kept from the edge of its line until its handler starts, even if the line falls; while that is high,
// it is pending again when the handler ends, and cannot be cleared; one pended by software is taken once.
#include "pico.h"

static volatile uint32_t taken, leave_high;

static void irq(void) {
    taken++;
    if (taken > leave_high) {
        TIMER_INTF = 0;
    }
}

int main(void) {
    vectors[IRQ(0)] = irq;
    NVIC_ISER = 1;
    NVIC_ISPR = 1;
    CHECK(taken == 1);
    CHECK(!(NVIC_ISPR & 1));
    mask();
    TIMER_INTF = 1;
    CHECK(NVIC_ISPR & 1);
    NVIC_ICPR = 1;
    CHECK(NVIC_ISPR & 1);
    TIMER_INTF = 0;
    CHECK(NVIC_ISPR & 1); // the edge is remembered
    NVIC_ICPR = 1;
    CHECK(!(NVIC_ISPR & 1));
    unmask();
    CHECK(taken == 1);
    leave_high = 4;
    TIMER_INTF = 1;
    __asm volatile ("nop\nnop\nnop\nnop");
    CHECK(taken == 5);
    CHECK(!(NVIC_ISPR & 1));
    // Disabled, it stays pending.
    NVIC_ICER = 1;
    CHECK(!(NVIC_ISER & 1));
    NVIC_ISPR = 1;
    CHECK(taken == 5);
    NVIC_ISER = 1;
    CHECK(taken == 6);
    return 0;
}
