// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The devices of Arm's Cortex-M system design kit. A board's regs.h says where they are, and how fast they count.
#ifndef CMSDK_H
#define CMSDK_H

#include <stdint.h>

typedef struct {
    volatile uint32_t ctrl;
    volatile uint32_t value;
    volatile uint32_t reload;
    volatile uint32_t intstatus;
} cmsdk_timer_t;

#define TIMER_CTRL_ENABLE (1u << 0)
#define TIMER_CTRL_IRQ (1u << 3)

typedef struct {
    struct {
        volatile uint32_t load, value, ctrl, intclr, rawint, maskedint, reload, reserved;
    } half[2];
} cmsdk_dual_timer_t;

#define DUAL_TIMER_CTRL_FREE_32_BIT (1u << 7 | 1u << 1)
#define DUAL_TIMER_CTRL_PERIODIC_32_BIT_IRQ (1u << 7 | 1u << 6 | 1u << 5 | 1u << 1)

typedef struct {
    volatile uint32_t data;
    volatile uint32_t state;
    volatile uint32_t ctrl;
    volatile uint32_t intstatus;
    volatile uint32_t bauddiv;
} cmsdk_uart_t;

#define UART_STATE_TX_FULL (1u << 0)
#define UART_STATE_RX_FULL (1u << 1)
#define UART_CTRL_TX (1u << 0)
#define UART_CTRL_RX (1u << 1)
#define UART_CTRL_TX_IRQ (1u << 2)
#define UART_CTRL_RX_IRQ (1u << 3)
#define UART_INT_TX (1u << 0)
#define UART_INT_RX (1u << 1)

#endif // CMSDK_H
