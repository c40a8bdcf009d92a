// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console's wire: UART0.
#include "console.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"

// How many characters one interrupt sends: more would hold back the clock's and the others of the same priority.
#define TX_BURST (16)

void UART0_RX_Handler(void) {
    UART0->intstatus = UART_INT_RX;
    while (UART0->state & UART_STATE_RX_FULL) {
        char c = (char)UART0->data;
        console_received(&c, 1);
    }
}

// Each character sent raises the interrupt again, so the last of a burst brings the next burst.
void UART0_TX_Handler(void) {
    UART0->intstatus = UART_INT_TX;
    char c;
    for (int i = 0; i < TX_BURST && !(UART0->state & UART_STATE_TX_FULL) && console_take(&c, 1) != 0; ++i) {
        UART0->data = (unsigned char)c;
    }
}

static void send_at_once(void) {
    char c;
    while (console_take(&c, 1) != 0) {
        wire_put(c);
    }
}

void uart_init(void) {
    UART0->bauddiv = 16;
    UART0->ctrl = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_RX_IRQ;
    // QEMU looks for waiting input when the data register is read, but not when the receiver is enabled.
    (void)UART0->data;
    if (console_is_read()) {
        nvic_enable(IRQ_UART0_RX);
        nvic_enable(IRQ_UART0_TX);
    }
}

// Who polls never comes here, and has no interrupt for each character.
void wire_kick(void) {
    // This is a section that no other core is in, an interrupt is not; and QEMU's UART is not full for long.
    if (BOARD_CORES > 1) {
        send_at_once();
        return;
    }
    UART0->ctrl = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_RX_IRQ | UART_CTRL_TX_IRQ;
    nvic_pend(IRQ_UART0_TX);
}

void wire_flush(void) {
    while (UART0->state & UART_STATE_TX_FULL) {
        __asm volatile ("yield");
    }
}

void wire_put(char c) {
    wire_flush();
    UART0->data = (unsigned char)c;
}
