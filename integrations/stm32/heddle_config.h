// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the port's mpconfigport.h.
#ifndef INTEGRATIONS_STM32_HEDDLE_CONFIG_H
#define INTEGRATIONS_STM32_HEDDLE_CONFIG_H

#undef MICROPY_SCHEDULER_DEPTH
#define MICROPY_SCHEDULER_DEPTH (32)
#undef MICROPY_SOFT_TIMER_TICKS_MS

// What vm/mpconfigheddle.h has, and room for what a switch and an interrupt save of floating point.
#ifdef __ARM_FP
#define MICROPY_STACK_CHECK_MARGIN (768 + 34 * 4)
#endif

#include "mpconfigheddle.h"

// ST's USB library and the kernel's headers have these, too.
#undef MIN
#undef MAX

// What upstream does in PendSV is done by two slots, ours and the soft timers'.
void heddle_pendsv_suspend(void);
void heddle_pendsv_resume(void);
#undef MICROPY_PY_PENDSV_ENTER
#undef MICROPY_PY_PENDSV_EXIT
#define MICROPY_PY_PENDSV_ENTER heddle_pendsv_suspend();
#define MICROPY_PY_PENDSV_REENTER heddle_pendsv_suspend();
#define MICROPY_PY_PENDSV_EXIT heddle_pendsv_resume();

// There is something in systick.h's table.
void heddle_tick(void);

// Drivers that wait look again after each interrupt, and each millisecond. vm/ has no use for it.
#undef MICROPY_EVENT_POLL_HOOK
#define MICROPY_EVENT_POLL_HOOK \
    do { \
        extern void mp_event_wait_ms(mp_uint_t ms); \
        mp_event_wait_ms(1); \
    } while (0);
#undef MICROPY_THREAD_YIELD
#define MICROPY_THREAD_YIELD() MICROPY_EVENT_POLL_HOOK

// The LED of the Pyboards whose brightness would be TIM2's, which is the clock.
#undef MICROPY_HW_LED3_PWM

#endif // INTEGRATIONS_STM32_HEDDLE_CONFIG_H
