// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// QEMU's clocks are what they are. RCC is no more than zeros there, which upstream's set-up would wait for.
#include "py/mphal.h"

#include "pendsv.h"
#include "powerctrl.h"

void SystemClock_Config(void) {
    SystemCoreClock = 168000000;
    powerctrl_config_systick();
}

uint64_t mp_hal_time_ns(void) {
    return mp_hal_ticks_ms() * 1000000ull;
}

// For tests of deferred work: an interrupt that only software raises has it counted.
volatile uint32_t qemu_deferred;

static void count(void) {
    qemu_deferred += 1;
}

void WWDG_IRQHandler(void) {
    pendsv_schedule_dispatch(PENDSV_DISPATCH_BOARD, count);
}
