// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A fault in the handler of one: the processor stops, and the emulator says so.
#include "pico.h"

static void hard(void) {
    REG(0x60000000) = 0;
}

int main(void) {
    vectors[HARDFAULT] = hard;
    REG(0x70000004) = 0;
    return 0;
}
