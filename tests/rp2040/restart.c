// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The watchdog starts the chip again: its scratch registers stay, core 1 is back in the boot ROM.
#include "pico.h"

#define WATCHDOG_CTRL REG(0x40058000)
#define WATCHDOG_LOAD REG(0x40058004)
#define WATCHDOG_REASON REG(0x40058008)
#define SCRATCH REG(0x4005800c)

static void second(void) {
    for (;;) {
    }
}

int main(void) {
    start_core1(second);
    say_number(++SCRATCH);
    say("\n");
    switch (SCRATCH) {
        case 1:
            CHECK(WATCHDOG_REASON == 0);
            WATCHDOG_CTRL = 1u << 31;
            break;
        case 2:
            CHECK(WATCHDOG_REASON == 2);
            WATCHDOG_LOAD = 1000;
            WATCHDOG_CTRL = 1u << 30;
            break;
        case 3:
            CHECK(WATCHDOG_REASON == 1);
            REG(0xe000ed0c) = 0x05fa0004;
            break;
        default:
            return 0;
    }
    for (;;) {
    }
}
