// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of the board. No interrupt is more urgent than 1: board.c.
#ifndef INTEGRATIONS_MIMXRT_FREERTOS_BOARD_H
#define INTEGRATIONS_MIMXRT_FREERTOS_BOARD_H

#include "heddle_freertos.h"

#define configCPU_CLOCK_HZ SystemCoreClock
#define configPRIO_BITS 4
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x10

#endif // INTEGRATIONS_MIMXRT_FREERTOS_BOARD_H
