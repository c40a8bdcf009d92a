// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the patched files of the rp2 port call.
#ifndef INTEGRATIONS_RP2_HEDDLE_PORT_H
#define INTEGRATIONS_RP2_HEDDLE_PORT_H

#include <stdbool.h>
#include <stddef.h>

// The other core runs nothing from flash between these two; whoever else wants that waits.
void heddle_flash_lock(void);
void heddle_flash_unlock(void);

// On the first core, once the timer runs and before heddle_start().
void heddle_board_init(void);

// heddle_start(), from the stack that upstream's main() is on.
void heddle_board_start(void (*python)(void *)) __attribute__((noreturn));

// ---- board.c, for what is a kernel's

// To the console, in any context, with interrupts masked; and the board's reset once that is out.
void heddle_write_masked(const char *text, size_t length);
void heddle_exit_masked(void) __attribute__((noreturn));

// On the core that board_ipi() was for.
void board_told(void);

// ---- board_zephyr.c or board_freertos.c, for board.c

// The other core stops for good, in the middle of whatever it does; whether that was asked for; and one that has not
// come up does not.
void heddle_halt_other(void);
bool heddle_halting(void);
void heddle_other_off(void);

// ---- irq.c, or with FreeRTOS nothing

void heddle_irq_init(void);

// On the core that is told.
void heddle_irq_told(void);

#endif // INTEGRATIONS_RP2_HEDDLE_PORT_H
