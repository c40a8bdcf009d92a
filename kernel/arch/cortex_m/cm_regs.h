// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Registers of the processor.
#ifndef ARCH_CORTEX_M_REGS_H
#define ARCH_CORTEX_M_REGS_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

#define SYSTICK_CTRL REG32(0xe000e010)
#define SYSTICK_LOAD REG32(0xe000e014)
#define SYSTICK_VAL REG32(0xe000e018)
#define SYSTICK_RUN (7) // enabled, with an interrupt, from the processor's clock
#define SYSTICK_MOST (0xffffff)

// Of 32 interrupts.
#if __ARM_ARCH == 6
#define IRQ_SETS (1)
#else
#define IRQ_SETS ((REG32(0xe000e004) & 0xf) + 1)
#endif
#define NVIC_ENABLED(set) REG32(0xe000e100 + 4 * (set))
#define NVIC_PENDING(set) REG32(0xe000e200 + 4 * (set))

#define SCB_ICSR REG32(0xe000ed04)
#define SCB_SHPR3 REG32(0xe000ed20)
#define SCB_CFSR REG32(0xe000ed28)
#define SCB_HFSR REG32(0xe000ed2c)
#define SCB_MMFAR REG32(0xe000ed34)
#define SCB_BFAR REG32(0xe000ed38)

#define MPU_CTRL REG32(0xe000ed94)
#define MPU_RBAR REG32(0xe000ed9c)
#define MPU_RASR REG32(0xe000eda0)
#define MPU_CTRL_ENABLE (1u << 0)
#define MPU_CTRL_DEFAULT_MAP (1u << 2)
#define MPU_RBAR_REGION(n) (1u << 4 | (n))
// Of ARMv6-M: the smallest region, of normal memory, with a bit from 8 on for each eighth that it leaves out.
#define MPU_REGION_BYTES (256u)
#define MPU_RASR_SMALLEST (1u << 28 | 5u << 24 | 6u << 16 | 7u << 1 | 1)

#define ICSR_PEND_SV (1u << 28)
#define ICSR_PEND_SYSTICK (1u << 26)
#define SHPR3_PEND_SV_LEAST (0xffu << 16)

#define CFSR_MSTKERR (1u << 4)
#define CFSR_MMARVALID (1u << 7)
#define CFSR_STKERR (1u << 12)
#define CFSR_BFARVALID (1u << 15)
#define CFSR_STKOF (1u << 20) // ARMv8-M

#endif // ARCH_CORTEX_M_REGS_H
