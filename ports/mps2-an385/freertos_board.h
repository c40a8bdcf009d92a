// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of the board.
#ifndef MPS2_FREERTOS_BOARD_H
#define MPS2_FREERTOS_BOARD_H

#define configCPU_CLOCK_HZ 25000000
#define configPRIO_BITS 8
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x20

#endif // MPS2_FREERTOS_BOARD_H
