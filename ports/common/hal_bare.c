// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Without threads: time, and when soft timers are due.
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/softtimer.h"

#include "board.h"
#include "hal_bare.h"
#include "irq.h"

static volatile uint32_t soft_timer_due;
static volatile bool soft_timer_armed;

bool hal_bare_tick(void) {
    bool due = soft_timer_armed && soft_timer_ticks_diff(soft_timer_due, soft_timer_get_ms()) <= 0;
    if (due) {
        soft_timer_armed = false;
    }
    return due;
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
