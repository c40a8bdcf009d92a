// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of the board. The most urgent interrupt of the port that may
// wake somebody is that of a UART.
#ifndef INTEGRATIONS_STM32_FREERTOS_BOARD_H
#define INTEGRATIONS_STM32_FREERTOS_BOARD_H

#include "heddle_freertos.h"

#define configCPU_CLOCK_HZ SystemCoreClock
#define configPRIO_BITS 4
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x10

#endif // INTEGRATIONS_STM32_FREERTOS_BOARD_H
