// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A timer that the kernel does not use, of each board: it interrupts once, so many ticks of 40 ns later.
#ifndef CORTEX_M_ALARM_H
#define CORTEX_M_ALARM_H

#include "regs.h"

#ifdef RP2040_H
#define ALARM_IRQ IRQ_TIMER(2)
#define ALARM_Handler TIMER_2_Handler

static inline void alarm_in(uint32_t ticks) {
    RP2040_SET(TIMER->inte) = 1u << 2;
    TIMER->alarm[2] = TIMER->timerawl + ticks / 25;
}

static inline void alarm_taken(void) {
    TIMER->intr = 1u << 2;
}
#else
#define ALARM_IRQ IRQ_TIMER1
#define ALARM_Handler TIMER1_Handler

static inline void alarm_in(uint32_t ticks) {
    TIMER1->ctrl = 0;
    TIMER1->reload = 0;
    TIMER1->value = ticks;
    TIMER1->ctrl = TIMER_CTRL_ENABLE | TIMER_CTRL_IRQ;
}

static inline void alarm_taken(void) {
    TIMER1->intstatus = 1;
}
#endif

void ALARM_Handler(void);

#endif // CORTEX_M_ALARM_H
