// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// WFE sleeps until an event, from this core or the other, which is kept if it comes before; WFI does not end by one.
#include "pico.h"

static volatile uint32_t step, taken;

static void irq(void) {
    taken++;
}

static void wait(uint32_t micros) {
    uint32_t start = TIMER_LOW;
    while (TIMER_LOW - start < micros) {
    }
}

static void second(void) {
    sev();
    wfe(); // its own
    step = 1;
    wfe(); // of core 0, which waits before
    step = 2;
    wfe(); // of core 0, 100 us later
    step = 3;
    for (;;) {
        wfi(); // never ends by one
        step = 9;
    }
}

int main(void) {
    start_core1(second);
    wait(100);
    CHECK(step == 1);
    sev();
    wait(100);
    CHECK(step == 2);
    uint32_t before = TIMER_LOW;
    wfe(); // what it sent itself, too
    CHECK(TIMER_LOW - before < 10);
    sev();
    wait(100);
    CHECK(step == 3);
    sev();
    wait(100);
    CHECK(step == 3);
    // An interrupt that is pending and masked is no event, unless SEVONPEND says so.
    wfe();
    vectors[IRQ(0)] = irq;
    SCR = 16;
    mask();
    NVIC_ICER = ~0u;
    TIMER_INTE = 1;
    TIMER_ALARM(0) = TIMER_LOW + 50;
    before = TIMER_LOW;
    wfe();
    CHECK(TIMER_LOW - before >= 49);
    CHECK(NVIC_ISPR & 1);
    CHECK(taken == 0);
    return 0;
}
