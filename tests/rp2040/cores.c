// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Core 1 waits in the boot ROM, starts as it is told, and does so again after a reset.
#include "pico.h"

#define PSM_FRCE_OFF REG(0x40010004)
#define PSM_SET REG(0x40012004)
#define PSM_CLEAR REG(0x40013004)
#define PROC1 (1u << 16)

static volatile uint32_t ran, stack, table, result;

static void second(void) {
    uint32_t local;
    CHECK(CPUID == 1);
    stack = (uint32_t)&local;
    table = VTOR;
    ran++;
    sev();
}

static void wait_for(uint32_t count) {
    while (ran != count) {
        wfe();
    }
}

int main(void) {
    CHECK(CPUID == 0);
    // The ROM has drained its FIFO and said so.
    CHECK(fifo_pop() == 0);
    // A sequence that is broken off begins again.
    fifo_push(1);
    CHECK(fifo_pop() == 1);
    fifo_push(0);
    CHECK(fifo_pop() == 0);
    start_core1(second);
    wait_for(1);
    CHECK(table == (uint32_t)vectors);
    CHECK(stack > 0x20000000 && stack < 0x20042000);
    for (uint32_t again = 2; again < 5; again++) {
        PSM_SET = PROC1;
        CHECK(PSM_FRCE_OFF & PROC1);
        PSM_CLEAR = PROC1;
        CHECK(fifo_pop() == 0);
        start_core1(second);
        wait_for(again);
    }
    // Each core has its divider.
    REG(0xd0000060) = 1000;
    REG(0xd0000064) = 7;
    CHECK(REG(0xd0000074) == 6 && REG(0xd0000070) == 142);
    REG(0xd0000068) = -1000;
    REG(0xd000006c) = 7;
    CHECK((int32_t)REG(0xd0000074) == -6 && (int32_t)REG(0xd0000070) == -142);
    return result;
}
