// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of the board.
#ifndef MPS2_FREERTOS_BOARD_H
#define MPS2_FREERTOS_BOARD_H

#define configCPU_CLOCK_HZ 25000000
#define configPRIO_BITS 8
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x20

// The dual timer's first half, which clock.c leaves counting down through all its 32 bits.
#define portGET_RUN_TIME_COUNTER_VALUE() (~*(volatile unsigned long *)0x40002004)
#define configRUN_TIME_COUNTER_HZ configCPU_CLOCK_HZ

#endif // MPS2_FREERTOS_BOARD_H
