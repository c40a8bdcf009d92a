// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Where the devices of the mps2-an385 are, and the numbers of their interrupts.
#ifndef MPS2_REGS_H
#define MPS2_REGS_H

#include "cmsdk.h"
#include "core_regs.h"

// CPU_HZ also clocks every timer of the board.
#define CPU_HZ (25000000u)

// Where the host leaves a script or arguments before the start.
#define HOST_DATA (0x21000000)

#define TIMER0 ((cmsdk_timer_t *)0x40000000)
#define TIMER1 ((cmsdk_timer_t *)0x40001000)
#define DUAL_TIMER ((cmsdk_dual_timer_t *)0x40002000)
#define UART0 ((cmsdk_uart_t *)0x40004000)
#define UART1 ((cmsdk_uart_t *)0x40005000)

#define IRQ_COUNT (32)
#define IRQ_UART0_RX (0)
#define IRQ_UART0_TX (1)
#define IRQ_UART1_RX (2)
#define IRQ_UART1_TX (3)
#define IRQ_TIMER1 (9)
#define IRQ_DUAL_TIMER (10)
// A GPIO line that no device of the model drives: only software raises it.
#define IRQ_SOFTWARE (31)

#endif // MPS2_REGS_H
