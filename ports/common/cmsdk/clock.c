// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The clock: TIMER0 counts down from PERIOD - 1, so that one period is exactly 2^27 microseconds. Half periods are
// counted by whoever first reads the counter in the next one, on any core. The second half of the dual timer interrupts
// often enough for there to be somebody; its first half counts down through all its 32 bits.
#include "board.h"
#include "control.h"
#include "regs.h"
#include "startup.h"

#define TICKS_PER_US (CPU_HZ / 1000000)
#define PERIOD_BITS (27)
#define PERIOD (TICKS_PER_US << PERIOD_BITS)
#define LOOK_S (30) // a half period has 67 s

static uint32_t halves;

typedef struct {
    uint32_t period;
    uint32_t ticks;
} instant_t;

static inline instant_t clock_read(void) {
    // Before the counter: the count may be one behind it, and never before it.
    uint32_t half = __atomic_load_n(&halves, __ATOMIC_ACQUIRE);
    uint32_t ticks = PERIOD - 1 - TIMER0->value;
    if (half % 2 != (ticks >= PERIOD / 2)) {
        uint32_t expected = half++;
        // Another core may just have done so.
        __atomic_compare_exchange_n(&halves, &expected, half, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    return (instant_t) { half / 2, ticks };
}

uint64_t board_clock_us(void) {
    instant_t now = clock_read();
    return ((uint64_t)now.period << PERIOD_BITS) + now.ticks / TICKS_PER_US;
}

uintptr_t board_ticks_cpu(void) {
    instant_t now = clock_read();
    return now.period * PERIOD + now.ticks;
}

void DUAL_TIMER_Handler(void) {
    DUAL_TIMER->half[1].intclr = 1;
    (void)clock_read();
}

void clock_init(void) {
    TIMER0->ctrl = 0;
    TIMER0->reload = PERIOD - 1;
    TIMER0->value = PERIOD - 1;
    TIMER0->ctrl = TIMER_CTRL_ENABLE;
    DUAL_TIMER->half[0].ctrl = DUAL_TIMER_CTRL_FREE_32_BIT;
    DUAL_TIMER->half[1].load = LOOK_S * CPU_HZ;
    DUAL_TIMER->half[1].ctrl = DUAL_TIMER_CTRL_PERIODIC_32_BIT_IRQ;
    nvic_enable(IRQ_DUAL_TIMER);
}
