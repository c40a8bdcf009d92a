// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Registers of the Cortex-M3 and of the CMSDK devices on the mps2-an385, and the numbers of their interrupts.
#ifndef MPS2_REGS_H
#define MPS2_REGS_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))
#define REG8(address) (*(volatile uint8_t *)(address))

// CPU_HZ also clocks every timer of the board.
#define CPU_HZ (25000000u)

#define SYSTICK_CTRL REG32(0xe000e010)
#define SYSTICK_LOAD REG32(0xe000e014)
#define SYSTICK_VAL REG32(0xe000e018)

#define NVIC_ENABLE REG32(0xe000e100)
#define NVIC_PEND REG32(0xe000e200)
#define NVIC_PRIORITY(irq) REG8(0xe000e400 + (irq))

#define SCB_ICSR REG32(0xe000ed04)
#define SCB_AIRCR REG32(0xe000ed0c)
#define SCB_SHPR3 REG32(0xe000ed20)
#define SCB_SHCSR REG32(0xe000ed24)
#define SCB_CFSR REG32(0xe000ed28)
#define SCB_HFSR REG32(0xe000ed2c)
#define SCB_BFAR REG32(0xe000ed38)

#define MPU_CTRL REG32(0xe000ed94)
#define MPU_RBAR REG32(0xe000ed9c)
#define MPU_RASR REG32(0xe000eda0)

#define ICSR_PEND_SV (1u << 28)
#define AIRCR_RESET (0x05fa0004)
#define SHCSR_FAULTS (7u << 16)
#define MPU_CTRL_ENABLE (1u << 0)
#define MPU_CTRL_DEFAULT_MAP (1u << 2)
#define MPU_RBAR_REGION(n) (1u << 4 | (n))
#define MPU_RASR_NO_ACCESS(log2_size) (1u << 28 | ((log2_size) - 1) << 1 | 1)

typedef struct {
    volatile uint32_t ctrl;
    volatile uint32_t value;
    volatile uint32_t reload;
    volatile uint32_t intstatus;
} cmsdk_timer_t;

#define TIMER0 ((cmsdk_timer_t *)0x40000000)
#define TIMER1 ((cmsdk_timer_t *)0x40001000)
#define DUAL_TIMER_CTRL REG32(0x40002008)
#define DUAL_TIMER_CTRL_FREE_32_BIT (1u << 7 | 1u << 1)
#define TIMER_CTRL_ENABLE (1u << 0)
#define TIMER_CTRL_IRQ (1u << 3)

typedef struct {
    volatile uint32_t data;
    volatile uint32_t state;
    volatile uint32_t ctrl;
    volatile uint32_t intstatus;
    volatile uint32_t bauddiv;
} cmsdk_uart_t;

#define UART0 ((cmsdk_uart_t *)0x40004000)
#define UART_STATE_TX_FULL (1u << 0)
#define UART_STATE_RX_FULL (1u << 1)
#define UART_CTRL_TX (1u << 0)
#define UART_CTRL_RX (1u << 1)
#define UART_CTRL_TX_IRQ (1u << 2)
#define UART_CTRL_RX_IRQ (1u << 3)
#define UART_INT_TX (1u << 0)
#define UART_INT_RX (1u << 1)

#define IRQ_COUNT (32)
#define IRQ_UART0_RX (0)
#define IRQ_UART0_TX (1)
#define IRQ_TIMER0 (8)
#define IRQ_TIMER1 (9)
// A GPIO line that no device of the model drives: only software raises it.
#define IRQ_SOFTWARE (31)

// Lower numbers are more urgent. Every device is less urgent than the 0x20 up to which a kernel may mask, and more
// urgent than SysTick and PendSV, which a kernel switches threads in.
#define PRIORITY_DEVICE (0x60)
#define PRIORITY_KERNEL (0xff)

#endif // MPS2_REGS_H
