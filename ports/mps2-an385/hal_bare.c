// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Without threads: time, and soft timers that SysTick starts and PendSV runs.
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/softtimer.h"

#include "board.h"
#include "hal_bare.h"
#include "irq.h"
#include "regs.h"

#define TICK_HZ (1000)
#define SYSTICK_RUN (7) // Enabled, with an interrupt, from the processor's clock.

static volatile uint32_t soft_timer_due;
static volatile bool soft_timer_armed;

void SysTick_Handler(void);
void PendSV_Handler(void);

void hal_bare_init(void) {
    SYSTICK_LOAD = CPU_HZ / TICK_HZ - 1;
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = SYSTICK_RUN;
}

void SysTick_Handler(void) {
    if (soft_timer_armed && soft_timer_ticks_diff(soft_timer_due, soft_timer_get_ms()) <= 0) {
        soft_timer_armed = false;
        SCB_ICSR = ICSR_PEND_SV;
    }
}

void PendSV_Handler(void) {
    soft_timer_handler();
}

uint32_t soft_timer_get_ms(void) {
    return mp_hal_ticks_ms();
}

void soft_timer_schedule_at_ms(uint32_t ticks_ms) {
    uint32_t state = irq_mask();
    soft_timer_due = ticks_ms;
    soft_timer_armed = true;
    irq_unmask(state);
}

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(board_clock_us() / 1000);
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)board_clock_us();
}

uint64_t mp_hal_time_ns(void) {
    return board_clock_us() * 1000;
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = board_clock_us() + (uint64_t)ms * 1000;
    mp_event_handle_nowait();
    for (uint64_t now; (now = board_clock_us()) < end;) {
        mp_event_wait_ms((mp_uint_t)((end - now + 999) / 1000));
    }
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = board_clock_us() + us;
    while (board_clock_us() < end) {
        __asm volatile ("yield");
    }
}
