// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/cortex_m wants to know of the board, beside board.h. Assembly reads it, too. BOARD_GUARD_REGION is
// heddle.mk's.
#ifndef INTEGRATIONS_SAMD_KERNEL_BOARD_H
#define INTEGRATIONS_SAMD_KERNEL_BOARD_H

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "board.h"

uint32_t get_cpu_freq(void);
#endif

#define BOARD_SYSTICK_HZ get_cpu_freq() // which machine.freq() changes, and SysTick with it

#define BOARD_CYCLES_HZ 1000000
#define BOARD_CYCLES() ((uint32_t)board_clock_us())

// TC0's.
#define BOARD_OWN_IRQ(irq) ((irq) == 107)

// Upstream's linker script has no place for what is not cleared.
#define ARCH_STACK_SECTION __attribute__((section(".bss.stacks")))

#define BOARD_RAM_START 0x20000000

// Where code can be.
#define BOARD_CODE_START 0x00000000
#define BOARD_CODE_SIZE 0x00100000

#endif // INTEGRATIONS_SAMD_KERNEL_BOARD_H
