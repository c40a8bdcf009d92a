// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console's wire: the PL011. Input comes by interrupt; output goes out at once, as QEMU's never is full for long.
#include "arch_kernel.h"
#include "console.h"
#include "control.h"
#include "gic.h"
#include "regs.h"

static void rx_isr(void) {
    UART_CLEAR = UINT32_MAX;
    while (!(UART_FLAGS & FLAGS_RX_EMPTY)) {
        char c = (char)UART_DATA;
        console_received(&c, 1);
    }
}

void board_init(void) {
    UART_LINE_CONTROL = LINE_FIFOS_8_BITS;
    UART_CONTROL = CONTROL_ON;
    if (console_is_read()) {
        UART_MASK = IRQ_RX;
        // What came before, too: as long as it is there nothing interrupts.
        uint32_t key = arch_mask();
        rx_isr();
        gic_handle(UART_LINE, rx_isr);
        arch_unmask(key);
    }
}

void wire_kick(void) {
    char c;
    while (console_take(&c, 1) != 0) {
        wire_put(c);
    }
}

void wire_put(char c) {
    while (UART_FLAGS & FLAGS_TX_FULL) {
        arch_spin();
    }
    UART_DATA = (unsigned char)c;
}

void wire_flush(void) {
}
