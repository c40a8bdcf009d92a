// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console's wire: USART1. QEMU has no interrupt of its transmitter, which is never busy: software raises it.
#include "console.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"

// How many characters one interrupt sends: more would hold back others of the same priority.
#define TX_BURST (16)

static void receive(void) {
    while (USART1->sr & USART_SR_RX_FULL) {
        char c = (char)USART1->dr;
        console_received(&c, 1);
    }
}

static void send(void) {
    char text[TX_BURST];
    size_t n = console_take(text, sizeof(text));
    for (size_t i = 0; i < n; ++i) {
        wire_put(text[i]);
    }
    if (n == sizeof(text)) {
        wire_kick();
    }
}

void USART1_Handler(void) {
    receive();
    send();
}

void uart_init(void) {
    USART1->cr1 = USART_CR1_ENABLE | USART_CR1_TX | USART_CR1_RX | USART_CR1_RX_IRQ;
    if (console_is_read()) {
        nvic_enable(IRQ_USART1);
    }
}

void wire_kick(void) {
    nvic_pend(IRQ_USART1);
}

void wire_flush(void) {
    while (!(USART1->sr & USART_SR_SENT)) {
        __asm volatile ("yield");
    }
}

void wire_put(char c) {
    while (!(USART1->sr & USART_SR_TX_EMPTY)) {
        __asm volatile ("yield");
    }
    USART1->dr = (unsigned char)c;
}
