// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What cores.c gives to a start-up, that of this repository or the pico-sdk's, beside what the kernel asks of a board.
#ifndef RP2040_CORES_H
#define RP2040_CORES_H

#include <stdbool.h>

// On each core, first of all and with interrupts masked: who it is, and its interrupts from the other core and its
// alarm. On the first one cores_init_shared() once the timer is out of reset.
void cores_init(void);
void cores_init_shared(void);

// The start-up's: a second core's priorities of interrupts, and cores_init().
void core_init(void);

// In the interrupt of board_ipi(), before the kernel has it. This one does nothing.
void board_told(void);

// The second core runs nothing until it is started.
void cores_second_off(void);

// The other core has been stopped for good, in the middle of whatever it did.
extern volatile bool cores_halting;

// For the table of vectors of both cores.
void TIMER_0_Handler(void);
void TIMER_1_Handler(void);
void SIO_PROC0_Handler(void);
void SIO_PROC1_Handler(void);

#endif // RP2040_CORES_H
