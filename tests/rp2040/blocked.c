// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Core 1 reads the flash while core 0 has it for a change.
#include "pico.h"

typedef void (*call_t)(void);

static volatile uint32_t away;

static void second(void) {
    while (!away) {
        wfe();
    }
    (void)REG(0x10000040);
}

int main(void) {
    start_core1(second);
    (void)REG(0x10000040);
    const uint16_t *entry = (const uint16_t *)(uint32_t)*(const volatile uint16_t *)0x14;
    while (entry[0] != ('E' | 'X' << 8)) {
        entry += 2;
    }
    ((call_t)(uint32_t)entry[1])();
    away = 1;
    sev();
    for (;;) {
        wfe();
    }
}
