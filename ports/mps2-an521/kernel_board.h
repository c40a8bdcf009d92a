// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/cortex_m wants to know of the board, beside board.h.
#ifndef MPS2_KERNEL_BOARD_H
#define MPS2_KERNEL_BOARD_H

#define BOARD_SYSTICK_HZ 20000000 // a multiple of 1 MHz

// The dual timer's first half, which clock.c leaves counting down through all its 32 bits.
#define BOARD_CYCLES_HZ 20000000
#define BOARD_CYCLES() (~*(volatile uint32_t *)0x50002004)

// The dual timer's, which the clock counts with, the other core's and software's.
#define BOARD_OWN_IRQ(irq) ((irq) == 5 || (irq) == 6 || (irq) == 123)

// Where code can be.
#define BOARD_CODE_START 0x10000000
#define BOARD_CODE_SIZE 0x00400000

#endif // MPS2_KERNEL_BOARD_H
