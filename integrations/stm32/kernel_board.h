// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/cortex_m wants to know of the board, beside board.h. Assembly reads it, too. BOARD_GUARD_REGION is
// heddle.mk's.
#ifndef INTEGRATIONS_STM32_KERNEL_BOARD_H
#define INTEGRATIONS_STM32_KERNEL_BOARD_H

#ifndef __ASSEMBLER__
#include <stdint.h>

extern uint32_t SystemCoreClock;
#endif

#define BOARD_SYSTICK_HZ SystemCoreClock // which machine.freq() changes

// TIM2's microseconds.
#define BOARD_CYCLES_HZ 1000000
#define BOARD_CYCLES() (*(volatile uint32_t *)0x40000024)

// TIM2's.
#define BOARD_OWN_IRQ(irq) ((irq) == 28)

// Upstream's linker scripts have no place for what is not cleared.
#define ARCH_STACK_SECTION __attribute__((section(".bss.stacks")))

#define BOARD_RAM_START 0x20000000

// Where code can be.
#define BOARD_CODE_START 0x08000000
#define BOARD_CODE_SIZE 0x00200000

#endif // INTEGRATIONS_STM32_KERNEL_BOARD_H
