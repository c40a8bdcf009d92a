// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The handlers that the vector table names, and the set-up of each device.
#ifndef MPS2_STARTUP_H
#define MPS2_STARTUP_H

// 1: hci.c is linked in.
#ifndef BOARD_HCI
#define BOARD_HCI (0)
#endif

void UART0_RX_Handler(void);
void UART0_TX_Handler(void);
void UART1_RX_Handler(void);
void UART1_TX_Handler(void);
void DUAL_TIMER_Handler(void);
void SOFTWARE_Handler(void);
void TIMER1_Handler(void);

// The tests may have it.
#define BOARD_WEAK_HANDLERS WEAK_HANDLER(TIMER1_Handler);

#define BOARD_VECTORS \
    [FIRST_IRQ + IRQ_UART0_RX] = UART0_RX_Handler, \
    [FIRST_IRQ + IRQ_UART0_TX] = UART0_TX_Handler, \
    [FIRST_IRQ + IRQ_UART1_RX] = BOARD_HCI ? UART1_RX_Handler : fault_handler, \
    [FIRST_IRQ + IRQ_UART1_TX] = BOARD_HCI ? UART1_TX_Handler : fault_handler, \
    [FIRST_IRQ + 4 ... FIRST_IRQ + 8] = fault_handler, \
    [FIRST_IRQ + IRQ_TIMER1] = TIMER1_Handler, \
    [FIRST_IRQ + IRQ_DUAL_TIMER] = DUAL_TIMER_Handler, \
    [FIRST_IRQ + 11 ... FIRST_IRQ + 30] = fault_handler, \
    [FIRST_IRQ + IRQ_SOFTWARE] = SOFTWARE_Handler,


void clock_init(void);
void uart_init(void);

#endif // MPS2_STARTUP_H
