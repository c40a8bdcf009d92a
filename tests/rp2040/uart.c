// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Says back what it is sent, by interrupts, to Ctrl-C, and its time in ms when asked by "?"; the status is how many
// characters it has said back.
#include "pico.h"

#define UART_DR REG(0x40034000)
#define UART_FR REG(0x40034018)
#define UART_IMSC REG(0x40034038)
#define RXFE (1 << 4)
#define RXIM (1 << 4)

static volatile uint32_t count, ended;

static void irq(void) {
    while (!(UART_FR & RXFE)) {
        uint32_t character = UART_DR;
        if (character == 3) {
            ended = 1;
        } else if (character == '?') {
            say_number(TIMER_LOW / 1000);
            say("\n");
        } else {
            UART_DR = character;
            count++;
        }
    }
}

int main(void) {
    vectors[IRQ(20)] = irq;
    NVIC_ISER = 1 << 20;
    UART_IMSC = RXIM;
    say("ready\n");
    while (!ended) {
        wfi();
    }
    return count;
}
