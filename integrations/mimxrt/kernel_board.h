// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What kernel/arch/cortex_m wants to know of the board, beside board.h. Assembly reads it, too. BOARD_GUARD_REGION is
// heddle.mk's.
#ifndef INTEGRATIONS_MIMXRT_KERNEL_BOARD_H
#define INTEGRATIONS_MIMXRT_KERNEL_BOARD_H

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

extern uint32_t SystemCoreClock;
extern uint8_t __flash_start; // as upstream declares it
uint32_t ticks_us32(void);
bool heddle_own_irq(unsigned irq);
#endif

#define BOARD_SYSTICK_HZ SystemCoreClock

// GPT2's microseconds.
#define BOARD_CYCLES_HZ 1000000
#define BOARD_CYCLES() ticks_us32()

// GPT2's, whose number is the chip's.
#define BOARD_OWN_IRQ(irq) heddle_own_irq(irq)

// Upstream's linker script has no place for what is not cleared.
#define ARCH_STACK_SECTION __attribute__((section(".bss.stacks")))

// DTCM; the heap is in OCRAM or SDRAM, above it.
#define BOARD_RAM_START 0x20000000

// Where code can be, but for what is in ITCM.
#define BOARD_CODE_START (uintptr_t)&__flash_start
#define BOARD_CODE_SIZE 0x00100000

#endif // INTEGRATIONS_MIMXRT_KERNEL_BOARD_H
