// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What only this port asks of its board, beyond include/board.h.
#ifndef MPS2_CONTROL_H
#define MPS2_CONTROL_H

#include <stdbool.h>

// Send what was printed and leave QEMU with `status`.
void board_exit(int status) __attribute__((noreturn));

// Reset the board; RAM in .noinit keeps its contents.
void board_reset(void) __attribute__((noreturn));

// Whether board_reset(), and not power, started this run.
bool board_was_reset(void);

#endif // MPS2_CONTROL_H
