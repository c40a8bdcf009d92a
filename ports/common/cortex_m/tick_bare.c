// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Without threads: soft timers are started by SysTick and run by PendSV.
#include "py/cstack.h"
#include "py/mphal.h"
#include "shared/runtime/softtimer.h"

#include "hal_bare.h"
#include "regs.h"

#define TICK_HZ (1000)
#define SYSTICK_RUN (7) // Enabled, with an interrupt, from the processor's clock.

// What lies below the limit of the stack: room for interrupts, which share it.
#define STACK_RESERVE (2048)

extern char main_stack_start[], main_stack_end[];

void SysTick_Handler(void);
void PendSV_Handler(void);

void hal_bare_init(void) {
    SYSTICK_LOAD = CPU_HZ / TICK_HZ - 1;
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = SYSTICK_RUN;
}

void hal_bare_stack_init(void) {
    mp_cstack_init_with_top(main_stack_end, main_stack_end - main_stack_start - STACK_RESERVE);
}

void SysTick_Handler(void) {
    if (hal_bare_tick()) {
        SCB_ICSR = ICSR_PEND_SV;
    }
}

void PendSV_Handler(void) {
    soft_timer_handler();
}
