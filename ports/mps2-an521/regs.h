// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Where the devices of the mps2-an521 are, by their Secure addresses, and the numbers of their interrupts.
#ifndef MPS2_REGS_H
#define MPS2_REGS_H

#define BOARD_CORES (2)
#define BOARD_CORE() (*(volatile uint32_t *)0x5001f000) // CPUID: each core sees its own

#include "cmsdk.h"
#include "core_regs.h"

// CPU_HZ also clocks every timer of the board.
#define CPU_HZ (20000000u)

// Where the host leaves a script or arguments before the start.
#define HOST_DATA (0x80000000)

#define TIMER0 ((cmsdk_timer_t *)0x50000000)
#define TIMER1 ((cmsdk_timer_t *)0x50001000)
#define DUAL_TIMER ((cmsdk_dual_timer_t *)0x50002000)
#define UART0 ((cmsdk_uart_t *)0x50200000)

// What one core tells another by an interrupt of it.
typedef struct {
    volatile uint32_t stat, set, clear, reserved;
} mhu_t;

#define MHU0(core) ((mhu_t *)0x50003000 + (core))

#define SYSCTL_INITSVTOR(core) REG32(0x50021110 + 4 * (core))
#define SYSCTL_CPUWAIT REG32(0x50021118)

#define IRQ_COUNT (124)
#define IRQ_TIMER1 (4)
#define IRQ_DUAL_TIMER (5)
#define IRQ_MHU0 (6)
#define IRQ_UART0_RX (32)
#define IRQ_UART0_TX (33)
// No device has it: only software raises it.
#define IRQ_SOFTWARE (123)

#endif // MPS2_REGS_H
