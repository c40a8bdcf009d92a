// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board's clock while nobody reads it for longer than 32 bits of microseconds last, in which no interrupt is let
// in either, beside a timer of the test's own. For a run where time is instructions, and is not waited for.
#include <zephyr/kernel.h>

#include "board.h"
#include "irq.h"
#include "regs.h"

#define MINUTES (100)
#define PERIOD (1u << 24) // cycles of SysTick
#define SYSTICK_RUN (7) // Enabled, with an interrupt, from the processor's clock.
#define TIM4 ((tim_t *)0x40000800)
#define WITNESS_HZ (15625) // comes round after 76 hours

int main(void) {
    uint32_t state = irq_mask();
    SYSTICK_LOAD = PERIOD - 1;
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = SYSTICK_RUN;
    TIM4->psc = TIM_HZ / WITNESS_HZ - 1;
    TIM4->arr = 0xffffffff;
    TIM4->egr = TIM_EGR_UPDATE;
    TIM4->cnt = 0;
    TIM4->cr1 = TIM_CR1_ENABLE;
    uint64_t begin_us = board_clock_us();
    for (uint32_t turns = (uint64_t)MINUTES * 60 * CPU_HZ / PERIOD; turns > 0; --turns) {
        irq_wait();
        SCB_ICSR = ICSR_UNPEND_SYSTICK;
    }
    int64_t seconds = (board_clock_us() - begin_us) / 1000000;
    int64_t witness = TIM4->cnt / WITNESS_HZ;
    irq_unmask(state);
    printk("%lld s, %lld s by the witness\n", seconds, witness);
    // QEMU may let time that is slept through pass twice, which both see.
    return seconds < 60 * MINUTES - 2 || seconds < witness - 1 || seconds > witness + 1;
}
