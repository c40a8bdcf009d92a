// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The handlers that the vector table names, and the set-up of each device.
#ifndef PICO_STARTUP_H
#define PICO_STARTUP_H

void TIMER_0_Handler(void);
void TIMER_1_Handler(void);
void TIMER_2_Handler(void);
void SIO_PROC0_Handler(void);
void SIO_PROC1_Handler(void);
void SOFTWARE_Handler(void);

// The tests may have the third; the others are for the kernel.
#define BOARD_WEAK_HANDLERS \
    WEAK_HANDLER(TIMER_0_Handler); WEAK_HANDLER(TIMER_1_Handler); WEAK_HANDLER(TIMER_2_Handler); \
    WEAK_HANDLER(SIO_PROC0_Handler); WEAK_HANDLER(SIO_PROC1_Handler);

#define BOARD_VECTORS \
    [FIRST_IRQ + IRQ_TIMER(0)] = TIMER_0_Handler, \
    [FIRST_IRQ + IRQ_TIMER(1)] = TIMER_1_Handler, \
    [FIRST_IRQ + IRQ_TIMER(2)] = TIMER_2_Handler, \
    [FIRST_IRQ + 3 ... FIRST_IRQ + 14] = fault_handler, \
    [FIRST_IRQ + IRQ_SIO(0)] = SIO_PROC0_Handler, \
    [FIRST_IRQ + IRQ_SIO(1)] = SIO_PROC1_Handler, \
    [FIRST_IRQ + 17 ... FIRST_IRQ + 30] = fault_handler, \
    [FIRST_IRQ + IRQ_SOFTWARE] = SOFTWARE_Handler,

void clock_init(void);
void uart_init(void);

#endif // PICO_STARTUP_H
