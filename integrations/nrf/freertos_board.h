// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of the board. SysTick is its tick: board_idle() does not
// wait.
#ifndef INTEGRATIONS_NRF_FREERTOS_BOARD_H
#define INTEGRATIONS_NRF_FREERTOS_BOARD_H

#include "heddle_freertos.h"

#define configCPU_CLOCK_HZ 64000000
#define configPRIO_BITS 3
#define configMAX_SYSCALL_INTERRUPT_PRIORITY BOARD_MASK

#endif // INTEGRATIONS_NRF_FREERTOS_BOARD_H
