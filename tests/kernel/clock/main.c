// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board's clock while nobody reads it for longer than 32 bits of microseconds last, in which no interrupt is let
// in either. For a run where time is instructions, and is not waited for.
#include <zephyr/kernel.h>

#include "board.h"
#include "irq.h"
#include "regs.h"

#define MINUTES (100)
#define PERIOD (1u << 24) // cycles of SysTick
#define SYSTICK_RUN (7) // Enabled, with an interrupt, from the processor's clock.

int main(void) {
    uint32_t state = irq_mask();
    SYSTICK_LOAD = PERIOD - 1;
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = SYSTICK_RUN;
    uint64_t begin_us = board_clock_us();
    for (uint32_t turns = (uint64_t)MINUTES * 60 * CPU_HZ / PERIOD; turns > 0; --turns) {
        irq_wait();
        SCB_ICSR = ICSR_UNPEND_SYSTICK;
    }
    uint64_t seconds = (board_clock_us() - begin_us) / 1000000;
    irq_unmask(state);
    printk("%llu s\n", seconds);
    // Some versions of QEMU let time that is slept through pass twice.
    return (seconds < 60 * MINUTES - 2 || seconds > 60 * MINUTES + 2)
           && (seconds < 120 * MINUTES - 2 || seconds > 120 * MINUTES + 2);
}
