// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What these ports ask of a board beyond include/board.h.
#ifndef PORTS_CONTROL_H
#define PORTS_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

// Everything that Python and a kernel find running: clock, console and interrupts.
void board_init(void);

// The finest clock there is, of MICROPY_HW_TICKS_CPU_HZ; it wraps.
uintptr_t board_ticks_cpu(void);

// Send what was printed and leave, for the host, with `status`.
void board_exit(int status) __attribute__((noreturn));

// Reset the board; RAM in .noinit keeps its contents.
void board_reset(void) __attribute__((noreturn));

// Whether board_reset(), and not power, started this run.
bool board_was_reset(void);

#endif // PORTS_CONTROL_H
