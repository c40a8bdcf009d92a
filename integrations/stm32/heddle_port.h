// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the patched files of the stm32 port call, for the end of its irq.h.
#ifndef INTEGRATIONS_STM32_HEDDLE_PORT_H
#define INTEGRATIONS_STM32_HEDDLE_PORT_H

#include "heddle.h"
#include "mphalheddle.h"

#define HEDDLE_CLOCK_TIMER (2)

#undef IRQ_EXIT
#define IRQ_EXIT(irq) heddle_interrupted()

#endif // INTEGRATIONS_STM32_HEDDLE_PORT_H
