// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the port's mpconfigport.h.
#ifndef INTEGRATIONS_STM32_HEDDLE_CONFIG_H
#define INTEGRATIONS_STM32_HEDDLE_CONFIG_H

#include "heddle_upstream.h"
#include "heddle_pendsv.h"

#undef MICROPY_THREAD_YIELD
#define MICROPY_THREAD_YIELD() MICROPY_EVENT_POLL_HOOK

// The LED of the Pyboards whose brightness would be TIM2's, which is the clock.
#undef MICROPY_HW_LED3_PWM

#endif // INTEGRATIONS_STM32_HEDDLE_CONFIG_H
