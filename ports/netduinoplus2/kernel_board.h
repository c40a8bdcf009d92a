// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/cortex_m wants to know of the board, beside board.h.
#ifndef NETDUINO_KERNEL_BOARD_H
#define NETDUINO_KERNEL_BOARD_H

#define BOARD_SYSTICK_HZ 168000000 // a multiple of 1 MHz

// TIM5.
#define BOARD_CYCLES_HZ 25000000
#define BOARD_CYCLES() (*(volatile uint32_t *)0x40000c24)

// The MPU's region that startup.c has made read-only, 32 bytes long.
#define BOARD_GUARD_REGION 1

// Software's.
#define BOARD_OWN_IRQ(irq) ((irq) == 4)

// Where code can be.
#define BOARD_CODE_START 0x08000000
#define BOARD_CODE_SIZE 0x000c0000

#endif // NETDUINO_KERNEL_BOARD_H
