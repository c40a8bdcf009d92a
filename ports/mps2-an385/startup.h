// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The handlers that the vector table names, and the set-up of each device.
#ifndef MPS2_STARTUP_H
#define MPS2_STARTUP_H

void UART0_RX_Handler(void);
void UART0_TX_Handler(void);
void TIMER0_Handler(void);
void SOFTWARE_Handler(void);

// Everything that Python and a kernel find running: clock, UART and the software interrupt.
void board_init(void);
void clock_init(void);
void uart_init(void);

#endif // MPS2_STARTUP_H
