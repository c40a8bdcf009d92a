// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A pin that its own output interrupts, on either core, and a program of PIO that does so at an exact period.
#include "pico.h"

#define GPIO_OUT_SET REG(0xd0000014)
#define GPIO_OUT_CLR REG(0xd0000018)
#define GPIO_IN REG(0xd0000004)
#define GPIO_OE_SET REG(0xd0000024)
#define GPIO2_CTRL REG(0x40014014)
#define IO_INTR0 REG(0x400140f0)
#define PROC0_INTE0 REG(0x40014100)
#define PROC1_INTE0 REG(0x40014130)
#define PROC1_INTS0 REG(0x40014150)
#define PAD2_SET REG(0x4001e00c)
#define EDGE_HIGH_2 (8u << 8)

#define PIO_CTRL REG(0x50200000)
#define PIO_IRQ REG(0x50200030)
#define PIO_INSTR(n) REG(0x50200048 + 4 * (n))
#define SM0_CLKDIV REG(0x502000c8)
#define SM0_EXECCTRL REG(0x502000cc)
#define PIO_IRQ0_INTE REG(0x5020012c)

static volatile uint32_t edges, on_core1, periods, first, last;

static void pin_irq(void) {
    IO_INTR0 = EDGE_HIGH_2;
    edges++;
    on_core1 += CPUID;
}

static void second(void) {
    NVIC_ISER = 1 << 13;
    for (;;) {
        wfi();
    }
}

static void pio_irq(void) {
    PIO_IRQ = 1;
    last = TIMER_LOW;
    if (periods++ == 0) {
        first = last;
    }
}

static void pin(void) {
    vectors[IRQ(13)] = pin_irq;
    PAD2_SET = 1 << 6;
    GPIO2_CTRL = 5;
    GPIO_OE_SET = 1 << 2;
    GPIO_OUT_CLR = 1 << 2;
    IO_INTR0 = EDGE_HIGH_2;
    PROC0_INTE0 = EDGE_HIGH_2;
    NVIC_ISER = 1 << 13;
    for (uint32_t i = 1; i <= 5; i++) {
        GPIO_OUT_SET = 1 << 2;
        CHECK(GPIO_IN & (1 << 2));
        CHECK(edges == i);
        GPIO_OUT_CLR = 1 << 2;
        CHECK(!(GPIO_IN & (1 << 2)));
        CHECK(edges == i);
    }
    CHECK(on_core1 == 0);
    PROC0_INTE0 = 0;
    PROC1_INTE0 = EDGE_HIGH_2;
    CHECK(PROC1_INTE0 == EDGE_HIGH_2 && PROC1_INTS0 == 0);
    start_core1(second);
    GPIO_OUT_SET = 1 << 2;
    while (on_core1 == 0) {
    }
    CHECK(edges == 6 && on_core1 == 1 && PROC1_INTS0 == 0);
    GPIO_OUT_CLR = 1 << 2;
}

// "nop [23]" and "irq 0": 25 of its cycles, which are 125 of the processor's each, 25 us in all.
static void pio(void) {
    vectors[IRQ(7)] = pio_irq;
    NVIC_ISER = 1 << 7;
    PIO_INSTR(0) = 0xa042 | 23 << 8;
    PIO_INSTR(1) = 0xc000;
    SM0_CLKDIV = 125u << 16;
    SM0_EXECCTRL = 1 << 12;
    PIO_IRQ0_INTE = 1 << 8;
    PIO_CTRL = 1;
    while (periods < 41) {
        wfi();
    }
    PIO_CTRL = 0;
    CHECK(last - first >= 998 && last - first <= 1002);
}

int main(void) {
    pin();
    pio();
    return 0;
}
