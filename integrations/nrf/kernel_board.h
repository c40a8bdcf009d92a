// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/cortex_m wants to know of the board, beside board.h. Assembly reads it, too. BOARD_GUARD_REGION is
// heddle.mk's. There is no BOARD_SYSTICK_HZ, as SysTick stands still while the processor waits: board.c has a timer.
#ifndef INTEGRATIONS_NRF_KERNEL_BOARD_H
#define INTEGRATIONS_NRF_KERNEL_BOARD_H

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "board.h"
#endif

// Of 0 to 7 a SoftDevice has 0, 1 and 4. All interrupts of the port are at this one or less urgent, nothing more urgent
// calls Heddle, and the kernel's critical sections leave that alone.
#define BOARD_PRIORITY 5
#define BOARD_MASK (BOARD_PRIORITY << 5)

#define BOARD_CYCLES_HZ 1000000
#define BOARD_CYCLES() ((uint32_t)board_clock_us())

// TIMER4's.
#define BOARD_OWN_IRQ(irq) ((irq) == 27)

// Upstream's linker script has no place for what is not cleared.
#define ARCH_STACK_SECTION __attribute__((section(".bss.stacks")))

#define BOARD_RAM_START 0x20000000

// Where code can be.
#define BOARD_CODE_START 0x00000000
#define BOARD_CODE_SIZE 0x00100000

#endif // INTEGRATIONS_NRF_KERNEL_BOARD_H
