// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The FIFOs: eight words, flags of both ends, errors that stay, interrupts 15 and 16.
#include "pico.h"

#define VLD 1
#define RDY 2
#define WOF 4
#define ROE 8

static volatile uint32_t taken[2], sum, go;

static void irq(void) {
    uint32_t core = CPUID;
    CHECK(exception_now() == IRQ(15) + core);
    taken[core]++;
    while (FIFO_ST & VLD) {
        sum += FIFO_RD;
    }
    FIFO_ST = 0xff;
    sev();
}

static void second(void) {
    while (go == 0) {
        wfe();
    }
    // Full from the other end. The boot ROM has left an error: it reads before it looks.
    CHECK(FIFO_ST == (VLD | RDY | ROE));
    FIFO_ST = ROE;
    CHECK(FIFO_ST == (VLD | RDY));
    for (uint32_t i = 0; i < 8; i++) {
        CHECK(FIFO_RD == 100 + i);
    }
    CHECK(FIFO_ST == RDY);
    CHECK(FIFO_RD == 0);
    CHECK(FIFO_ST == (RDY | ROE));
    FIFO_ST = ROE;
    CHECK(FIFO_ST == RDY);
    NVIC_ISER = 1 << 16;
    go = 2;
    sev();
    while (taken[1] < 3) {
        wfi();
    }
    go = 3;
    FIFO_WR = 5;
    sev();
}

static void overflow(void) {
    for (uint32_t i = 0; i < 8; i++) {
        CHECK(FIFO_ST == RDY);
        FIFO_WR = 100 + i;
    }
    CHECK(FIFO_ST == 0);
    FIFO_WR = 999;
    CHECK(FIFO_ST == WOF);
    // An error is an interrupt, too.
    CHECK(NVIC_ISPR & (1 << 15));
    FIFO_ST = WOF;
    CHECK(FIFO_ST == 0);
    NVIC_ICPR = 1 << 15;
    CHECK(!(NVIC_ISPR & (1 << 15)));
}

int main(void) {
    vectors[IRQ(15)] = vectors[IRQ(16)] = irq;
    start_core1(second);
    NVIC_ICPR = 1 << 15;
    overflow();
    go = 1;
    sev();
    while (go != 2) {
        wfe();
    }
    for (uint32_t i = 1; i <= 3; i++) {
        FIFO_WR = i;
        while (taken[1] < i) {
            wfe();
        }
    }
    CHECK(sum == 6);
    NVIC_ISER = 1 << 15;
    while (taken[0] == 0) {
        wfi();
    }
    CHECK(sum == 11 && taken[0] == 1 && taken[1] == 3);
    return 0;
}
