// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The clock: TIM2 counts microseconds, TIM3 64 of them, and TIM5 cycles, each through 32 bits. How often TIM2 has come
// round TIM3 knows. That TIM3 has is seen by who reads it next, which somebody has to do once in 76 hours: in QEMU its
// interrupt would come for ever from then on.
#include "board.h"
#include "control.h"
#include "irq.h"
#include "kernel_board.h"
#include "regs.h"
#include "startup.h"

#define COARSE_US (64)

static uint32_t rounds;
static uint32_t last;

uint64_t board_clock_us(void) {
    uint32_t state = irq_mask();
    uint32_t coarse = TIM3->cnt;
    int32_t us = (int32_t)(TIM2->cnt - coarse * COARSE_US);
    rounds += coarse < last;
    last = coarse;
    uint64_t about = ((uint64_t)rounds << 32 | coarse) * COARSE_US;
    irq_unmask(state);
    return about + (int64_t)us;
}

uintptr_t board_ticks_cpu(void) {
    return BOARD_CYCLES();
}

static void start(tim_t *tim, uint32_t hz) {
    tim->psc = TIM_HZ / hz - 1;
    tim->arr = 0xffffffff;
    tim->egr = TIM_EGR_UPDATE;
    tim->cnt = 0;
    tim->cr1 = TIM_CR1_ENABLE;
}

void clock_init(void) {
    start(TIM3, 1000000 / COARSE_US);
    start(TIM2, 1000000);
    start(TIM5, BOARD_CYCLES_HZ);
}
