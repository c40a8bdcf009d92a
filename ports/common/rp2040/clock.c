// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The clock: the timer's 64 bits, read without the registers that hold a half back, which both cores would share.
#include "board.h"
#include "rp2040.h"

uint64_t board_clock_us(void) {
    for (;;) {
        uint32_t high = TIMER->timerawh, low = TIMER->timerawl;
        if (TIMER->timerawh == high) {
            return (uint64_t)high << 32 | low;
        }
    }
}
