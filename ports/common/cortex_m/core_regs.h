// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Registers of a Cortex-M. ARMv6-M has some of them: none that tells of faults, and four priorities.
#ifndef CORTEX_M_CORE_REGS_H
#define CORTEX_M_CORE_REGS_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))
#define REG8(address) (*(volatile uint8_t *)(address))

#define SYSTICK_CTRL REG32(0xe000e010)
#define SYSTICK_LOAD REG32(0xe000e014)
#define SYSTICK_VAL REG32(0xe000e018)

#define NVIC_PRIORITIES(irq) REG32(0xe000e400 + (irq) / 4 * 4) // of four interrupts

#define SCB_VTOR REG32(0xe000ed08)
#define SCB_CPACR REG32(0xe000ed88)
#define SCB_ICSR REG32(0xe000ed04)
#define SCB_AIRCR REG32(0xe000ed0c)
#define SCB_SHPR3 REG32(0xe000ed20)
#define SCB_SHCSR REG32(0xe000ed24)
#define SCB_CFSR REG32(0xe000ed28)
#define SCB_HFSR REG32(0xe000ed2c)
#define SCB_MMFAR REG32(0xe000ed34)
#define SCB_BFAR REG32(0xe000ed38)

#define MPU_CTRL REG32(0xe000ed94)
#define MPU_RNR REG32(0xe000ed98)
#define MPU_RBAR REG32(0xe000ed9c)
#define MPU_RASR REG32(0xe000eda0)

#define ICSR_PEND_SV (1u << 28)
#define ICSR_UNPEND_SYSTICK (1u << 25)
#define AIRCR_RESET (0x05fa0004)
#define SHCSR_FAULTS (7u << 16)
#define CPACR_FPU (0xfu << 20)
#define CFSR_MSTKERR (1u << 4)
#define CFSR_MMARVALID (1u << 7)
#define MPU_CTRL_ENABLE (1u << 0)
#define MPU_CTRL_DEFAULT_MAP (1u << 2)
#define MPU_RBAR_REGION(n) (1u << 4 | (n))
#define MPU_RASR_NO_ACCESS(log2_size) (1u << 28 | ((log2_size) - 1) << 1 | 1)
#define MPU_RASR_READ_ONLY(log2_size) (MPU_RASR_NO_ACCESS(log2_size) | 5u << 24 | 6u << 16) // of normal memory

// Lower numbers are more urgent. Every device is less urgent than the 0x20 up to which a kernel may mask, and more
// urgent than SysTick and PendSV, which a kernel switches threads in.
#define PRIORITY_DEVICE (0x60)
#define PRIORITY_KERNEL (0xff)

// A board with several has said so.
#ifndef BOARD_CORES
#define BOARD_CORES (1)
#define BOARD_CORE() (0)
#endif

// By words, which is how ARMv6-M wants it. Nobody else may change that of the three beside it meanwhile.
static inline void nvic_set_priority(unsigned irq, unsigned priority) {
    unsigned shift = irq % 4 * 8;
    NVIC_PRIORITIES(irq) = (NVIC_PRIORITIES(irq) & ~(0xffu << shift)) | priority << shift;
}

static inline void nvic_enable(unsigned irq) {
    REG32(0xe000e100 + irq / 32 * 4) = 1u << irq % 32;
}

static inline void nvic_disable(unsigned irq) {
    REG32(0xe000e180 + irq / 32 * 4) = 1u << irq % 32;
}

static inline void nvic_pend(unsigned irq) {
    REG32(0xe000e200 + irq / 32 * 4) = 1u << irq % 32;
}

#endif // CORTEX_M_CORE_REGS_H
