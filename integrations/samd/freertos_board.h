// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of the board. Interrupts have priority 1 of 0 to 7: board.c.
#ifndef INTEGRATIONS_SAMD_FREERTOS_BOARD_H
#define INTEGRATIONS_SAMD_FREERTOS_BOARD_H

#include "heddle_freertos.h"

#define configCPU_CLOCK_HZ get_cpu_freq()
#define configPRIO_BITS 3
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x20

#endif // INTEGRATIONS_SAMD_FREERTOS_BOARD_H
