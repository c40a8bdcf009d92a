// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console's wire: UART0, which only sends.
#include "console.h"
#include "regs.h"
#include "startup.h"

#define BAUD (115200)

// In 64ths, for a clock of which 16 make a bit.
#define DIVISOR ((CPU_HZ * 4 + BAUD / 2) / BAUD)

void uart_init(void) {
    GPIO_CTRL(0) = GPIO_CTRL_UART;
    GPIO_CTRL(1) = GPIO_CTRL_UART;
    UART0->ibrd = DIVISOR / 64;
    UART0->fbrd = DIVISOR % 64;
    UART0->lcr_h = UART_LCR_8_BITS_FIFO;
    UART0->cr = UART_CR_ON;
}

void wire_kick(void) {
}

void wire_flush(void) {
    while (UART0->fr & UART_FR_BUSY) {
        __asm volatile ("yield");
    }
}

void wire_put(char c) {
    while (UART0->fr & UART_FR_TX_FULL) {
        __asm volatile ("yield");
    }
    UART0->dr = (unsigned char)c;
}
