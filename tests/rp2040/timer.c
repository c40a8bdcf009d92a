// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The timer's alarms reach whichever core has them enabled, never before their time; one that has passed does not ring.
#include "pico.h"

static volatile uint32_t rang[4], when[4], done;

static void irq(void) {
    uint32_t alarm = exception_now() - IRQ(0);
    when[alarm] = TIMER_LOW;
    TIMER_INTR = 1 << alarm;
    rang[alarm]++;
}

static void ring(uint32_t alarm, uint32_t delay) {
    uint32_t before = rang[alarm];
    uint32_t target = TIMER_LOW + delay;
    TIMER_ALARM(alarm) = target;
    while (rang[alarm] == before) {
        wfi();
    }
    CHECK((int32_t)(when[alarm] - target) >= 0 && when[alarm] - target < 3);
}

static void ring_often(uint32_t alarm) {
    NVIC_ISER = 1 << alarm;
    for (uint32_t delay = 20; delay < 200; delay++) {
        ring(alarm, delay);
        for (volatile uint32_t wait = 0; wait < delay % 7; wait++) {
        }
    }
}

static void second(void) {
    ring_often(1);
    done = 1;
    sev();
}

int main(void) {
    for (uint32_t i = 0; i < 4; i++) {
        vectors[IRQ(i)] = irq;
    }
    TIMER_INTE = 15;
    start_core1(second);
    ring_often(0);
    while (!done) {
        wfe();
    }
    // Core 1's alarm was no concern of this core's; both see the line.
    CHECK(rang[0] == 180 && rang[1] == 180);
    NVIC_ISER = 1 << 2;
    TIMER_ALARM(2) = TIMER_LOW - 5;
    uint32_t start = TIMER_LOW;
    while (TIMER_LOW - start < 100) {
    }
    CHECK(rang[2] == 0);
    // Forced by hand, through the alias that sets bits, and while it is forced again and again.
    mask();
    REG(0x4005603c) = 1 << 2;
    CHECK(NVIC_ISPR & (1 << 2));
    REG(0x4005703c) = 1 << 2;
    unmask();
    CHECK(rang[2] == 1);
    return 0;
}
