// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The handlers that the vector table names, and the set-up of each device.
#ifndef NETDUINO_STARTUP_H
#define NETDUINO_STARTUP_H

void SOFTWARE_Handler(void);
void USART1_Handler(void);

#define BOARD_WEAK_HANDLERS

#define BOARD_VECTORS \
    [FIRST_IRQ ... FIRST_IRQ + 3] = fault_handler, \
    [FIRST_IRQ + IRQ_SOFTWARE] = SOFTWARE_Handler, \
    [FIRST_IRQ + 5 ... FIRST_IRQ + 36] = fault_handler, \
    [FIRST_IRQ + IRQ_USART1] = USART1_Handler,

void clock_init(void);
void uart_init(void);

#endif // NETDUINO_STARTUP_H
