// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The PL011 of QEMU's virt.
#ifndef VIRT_REGS_H
#define VIRT_REGS_H

#include <stdint.h>

#define UART_REG(offset) (*(volatile uint32_t *)((uintptr_t)0x09000000 + (offset)))
#define UART_DATA UART_REG(0x00)
#define UART_FLAGS UART_REG(0x18)
#define UART_LINE_CONTROL UART_REG(0x2c)
#define UART_CONTROL UART_REG(0x30)
#define UART_MASK UART_REG(0x38)
#define UART_CLEAR UART_REG(0x44)

#define FLAGS_RX_EMPTY (1u << 4)
#define FLAGS_TX_FULL (1u << 5)
#define LINE_FIFOS_8_BITS (7u << 4)
#define CONTROL_ON (1u << 9 | 1u << 8 | 1u << 0)
#define IRQ_RX (1u << 6 | 1u << 4) // at a level, or after a time
#define UART_LINE (33)

#define HOST_DATA (0x44000000) // where QEMU puts what the host says

#endif // VIRT_REGS_H
