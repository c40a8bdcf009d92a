// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/cortex_m wants to know of the board, beside board.h. Assembly reads it, too.
#ifndef PICO_KERNEL_BOARD_H
#define PICO_KERNEL_BOARD_H

// TIMER's microseconds, in TIMERAWL.
#define BOARD_CYCLES_HZ 1000000
#define BOARD_CYCLES() (*(volatile uint32_t *)0x40054028)

// SIO's CPUID; and BASE2 of its second interpolator, where a core keeps who runs.
#define BOARD_CORE_ID 0xd0000000
#define BOARD_CORE_WORD 0xd00000d0

// Spin lock 14. The pico-sdk leaves 14 and 15 to an operating system; its own are 9 to 13, and those from 16 on it
// gives to whoever asks.
#define BOARD_SPIN_LOCK 0xd0000138

// Of the MPU's regions, with the next one.
#define BOARD_GUARD_REGION 0

// The kernel's timers, the other core's and software's.
#define BOARD_OWN_IRQ(irq) ((irq) == 0 || (irq) == 1 || (irq) == 15 || (irq) == 16 || (irq) == 31)

// Where code can be.
#define BOARD_RAM_START 0x20000000
#define BOARD_CODE_START 0x10000000
#define BOARD_CODE_SIZE 0x01000000

#endif // PICO_KERNEL_BOARD_H
