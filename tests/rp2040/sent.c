// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A UART's transmit interrupt: there once something has been sent, gone when it is cleared, and masked by its bit.
#include "pico.h"

#define UART1_DR REG(0x40038000)
#define UART1_IMSC REG(0x40038038)
#define UART1_RIS REG(0x4003803c)
#define UART1_MIS REG(0x40038040)
#define UART1_ICR REG(0x40038044)
#define TX (1 << 5)

static volatile uint32_t asked;

static void irq(void) {
    CHECK(UART1_MIS == TX);
    UART1_ICR = TX;
    asked++;
}

int main(void) {
    vectors[IRQ(21)] = irq;
    NVIC_ISER = 1 << 21;
    UART1_IMSC = TX;
    CHECK(UART1_RIS == 0 && asked == 0);
    for (uint32_t i = 1; i < 100; i++) {
        UART1_DR = i;
        CHECK(UART1_RIS == 0 && asked == i);
    }
    UART1_IMSC = 0;
    UART1_DR = 100;
    CHECK(UART1_RIS == TX && UART1_MIS == 0 && asked == 99);
    UART1_IMSC = TX;
    CHECK(UART1_RIS == 0 && asked == 100);
    return 0;
}
