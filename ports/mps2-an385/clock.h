// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef MPS2_CLOCK_H
#define MPS2_CLOCK_H

#include <stdint.h>

// Ticks of 40 ns since reset, wrapping at 2^32. board_clock_us() is in board.h.
uint32_t clock_ticks(void);

#endif // MPS2_CLOCK_H
