// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Semihosting: text, and the end with a status from a masked handler of core 1.
#include "pico.h"

static uint32_t semihosting(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm ("r0") = operation;
    register const void *r1 __asm ("r1") = argument;
    __asm volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return r0;
}

static void pendsv(void) {
    mask();
    leave(42);
}

static void second(void) {
    ICSR = PENDSVSET;
    for (;;) {
    }
}

int main(void) {
    vectors[PENDSV] = pendsv;
    semihosting(4, "text\n");
    semihosting(3, "!");
    CHECK(semihosting(0x99, 0) == 0xffffffff);
    start_core1(second);
    for (;;) {
        wfe();
    }
}
