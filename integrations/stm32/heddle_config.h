// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the port's mpconfigport.h.
#ifndef INTEGRATIONS_STM32_HEDDLE_CONFIG_H
#define INTEGRATIONS_STM32_HEDDLE_CONFIG_H

#include "heddle_upstream.h"

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

#undef MICROPY_THREAD_YIELD
#define MICROPY_THREAD_YIELD() MICROPY_EVENT_POLL_HOOK

// The LED of the Pyboards whose brightness would be TIM2's, which is the clock.
#undef MICROPY_HW_LED3_PWM

#endif // INTEGRATIONS_STM32_HEDDLE_CONFIG_H
