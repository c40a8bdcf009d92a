// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/aarch64 wants to know of the board.
#ifndef VIRT_KERNEL_BOARD_H
#define VIRT_KERNEL_BOARD_H

#define BOARD_GICD ((uintptr_t)0x08000000)
#define BOARD_GICC ((uintptr_t)0x08010000)
#define BOARD_GICR ((uintptr_t)0x080a0000)
#define BOARD_GIC_LINES (64) // that can have a handler

#endif // VIRT_KERNEL_BOARD_H
