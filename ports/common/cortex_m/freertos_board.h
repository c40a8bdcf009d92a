// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of a board, from what our own kernel does.
#ifndef CORTEX_M_FREERTOS_BOARD_H
#define CORTEX_M_FREERTOS_BOARD_H

#include "kernel_board.h"

#define configCPU_CLOCK_HZ BOARD_SYSTICK_HZ
#define configPRIO_BITS 8
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x20

#define portGET_RUN_TIME_COUNTER_VALUE() BOARD_CYCLES()
#define configRUN_TIME_COUNTER_HZ BOARD_CYCLES_HZ

// Stacks are aligned to 16 bytes, the MPU's smallest region to its size of 32. startup.c sets up region 1, so that it
// takes one word to move it; the return from PendSV is the barrier that the MPU wants.
#define configBOARD_STACK_GUARD 48
#define configBOARD_GUARD_STACK(low) \
    (*(volatile unsigned long *)0xe000ed9c = (((unsigned long)(low) + 31) & ~31ul) | 0x11)

#define configUSE_MUTEXES 0 // no driver here has any

#endif // CORTEX_M_FREERTOS_BOARD_H
