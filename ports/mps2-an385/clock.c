// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The clock: TIMER0 counts down from PERIOD - 1 at 25 MHz, so that one period is exactly 2^27 microseconds, and its
// interrupt counts periods. A period begins when the counter arrives at 0, which is when the interrupt is raised.
#include "board.h"
#include "clock.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"

#define TICKS_PER_US (CPU_HZ / 1000000)
#define PERIOD_BITS (27)
#define PERIOD (TICKS_PER_US << PERIOD_BITS)

static volatile uint32_t periods;

typedef struct {
    uint32_t period;
    uint32_t ticks; // 0 to PERIOD: a counter at 0 whose interrupt has not been raised yet ends the old period.
} instant_t;

static inline instant_t clock_read(void) {
    uint32_t state = irq_mask();
    instant_t now = { periods, TIMER0->value };
    now.ticks = PERIOD - now.ticks;
    if (TIMER0->intstatus != 0) {
        uint32_t value = TIMER0->value;
        now.period += 1;
        now.ticks = value == 0 ? 0 : PERIOD - value;
    }
    irq_unmask(state);
    return now;
}

uint64_t board_clock_us(void) {
    instant_t now = clock_read();
    return ((uint64_t)now.period << PERIOD_BITS) + now.ticks / TICKS_PER_US;
}

uint32_t clock_ticks(void) {
    instant_t now = clock_read();
    return now.period * PERIOD + now.ticks;
}

void TIMER0_Handler(void) {
    // One tick of 40 ns: past it a counter at 0 can only be the end of this period.
    while (TIMER0->value == 0) {
        __asm volatile ("yield");
    }
    uint32_t state = irq_mask();
    TIMER0->intstatus = 1;
    periods += 1;
    irq_unmask(state);
}

void clock_init(void) {
    TIMER0->ctrl = 0;
    TIMER0->intstatus = 1;
    TIMER0->reload = PERIOD - 1;
    TIMER0->value = PERIOD - 1;
    TIMER0->ctrl = TIMER_CTRL_ENABLE | TIMER_CTRL_IRQ;
    NVIC_ENABLE = 1u << IRQ_TIMER0;
    DUAL_TIMER_CTRL = DUAL_TIMER_CTRL_FREE_32_BIT;
}
