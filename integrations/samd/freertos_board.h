// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of the board. Interrupts have priority 1 of 0 to 7: board.c.
#ifndef INTEGRATIONS_SAMD_FREERTOS_BOARD_H
#define INTEGRATIONS_SAMD_FREERTOS_BOARD_H

#include "kernel_board.h"

#define configCPU_CLOCK_HZ get_cpu_freq()
#define configPRIO_BITS 3
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x20

#define portGET_RUN_TIME_COUNTER_VALUE() BOARD_CYCLES()
#define configRUN_TIME_COUNTER_HZ BOARD_CYCLES_HZ

#define configUSE_MUTEXES 0 // no driver here has any

#endif // INTEGRATIONS_SAMD_FREERTOS_BOARD_H
