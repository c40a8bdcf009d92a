// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console on UART0: a ring each way, both driven by interrupts. Where waiting is impossible - in an interrupt,
// with interrupts masked, in a panic - output is polled, after what the ring still holds.
#include <stddef.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/interrupt_char.h"

#include "irq.h"
#include "regs.h"
#include "startup.h"
#include "uart.h"

#define RING_SIZE (1024)

// How many characters one interrupt sends: more would hold back the clock's and the others of the same priority.
#define TX_BURST (16)

// How many characters uart_write() copies with interrupts masked.
#define TX_COPY (32)

// `put` and `got` count for ever; they are equal when the ring is empty.
typedef struct {
    volatile uint32_t put;
    volatile uint32_t got;
    char data[RING_SIZE];
} ring_t;

static ring_t rx;
static ring_t tx;
static volatile bool tx_awaited;

static inline bool ring_is_empty(const ring_t *ring) {
    return ring->put == ring->got;
}

static inline bool ring_is_full(const ring_t *ring) {
    return ring->put - ring->got == RING_SIZE;
}

static inline void ring_put(ring_t *ring, char c) {
    ring->data[ring->put % RING_SIZE] = c;
    ring->put += 1;
}

static inline char ring_get(ring_t *ring) {
    char c = ring->data[ring->got % RING_SIZE];
    ring->got += 1;
    return c;
}

// A full ring loses characters as a UART without flow control does, but never the interrupt character.
static void rx_accept(char c) {
    if ((unsigned char)c == mp_interrupt_char) {
        rx.got = rx.put;
        mp_sched_keyboard_interrupt();
    } else if (!ring_is_full(&rx)) {
        ring_put(&rx, c);
    }
}

void UART0_RX_Handler(void) {
    UART0->intstatus = UART_INT_RX;
    uint32_t state = irq_mask();
    while (UART0->state & UART_STATE_RX_FULL) {
        rx_accept((char)UART0->data);
    }
    irq_unmask(state);
    board_event();
}

// Each character sent raises the interrupt again, so the last of a burst brings the next burst.
void UART0_TX_Handler(void) {
    UART0->intstatus = UART_INT_TX;
    uint32_t state = irq_mask();
    for (int i = 0; i < TX_BURST && !ring_is_empty(&tx) && !(UART0->state & UART_STATE_TX_FULL); ++i) {
        UART0->data = (unsigned char)ring_get(&tx);
    }
    bool awaited = tx_awaited && !ring_is_full(&tx);
    if (awaited) {
        tx_awaited = false;
    }
    irq_unmask(state);
    if (awaited) {
        board_event();
    }
}

void uart_init(void) {
    UART0->bauddiv = 16;
    UART0->ctrl = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_TX_IRQ | UART_CTRL_RX_IRQ;
    // QEMU looks for waiting input when the data register is read, but not when the receiver is enabled.
    (void)UART0->data;
    NVIC_ENABLE = 1u << IRQ_UART0_RX | 1u << IRQ_UART0_TX;
}

bool uart_is_readable(void) {
    return !ring_is_empty(&rx);
}

bool uart_is_writable(void) {
    return !ring_is_full(&tx);
}

int uart_getc(void) {
    uint32_t state = irq_mask();
    int c = ring_is_empty(&rx) ? -1 : (unsigned char)ring_get(&rx);
    irq_unmask(state);
    return c;
}

static void putc_polled(char c) {
    while (UART0->state & UART_STATE_TX_FULL) {
        __asm volatile ("yield");
    }
    UART0->data = (unsigned char)c;
}

void uart_drain(void) {
    uint32_t state = irq_mask();
    while (!ring_is_empty(&tx)) {
        putc_polled(ring_get(&tx));
    }
    while (UART0->state & UART_STATE_TX_FULL) {
        __asm volatile ("yield");
    }
    irq_unmask(state);
}

static void write_polled(const char *text, size_t len) {
    uint32_t state = irq_mask();
    uart_drain();
    for (size_t i = 0; i < len; ++i) {
        putc_polled(text[i]);
    }
    irq_unmask(state);
}

static size_t write_some(const char *text, size_t len) {
    size_t n = 0;
    uint32_t state = irq_mask();
    while (n < len && n < TX_COPY && !ring_is_full(&tx)) {
        ring_put(&tx, text[n++]);
    }
    tx_awaited |= ring_is_full(&tx);
    NVIC_PEND = 1u << IRQ_UART0_TX;
    irq_unmask(state);
    return n;
}

// Wait until there may be room again. Looking and waiting are one step: an interrupt ends the wait though masked.
static void tx_wait(void) {
    #if MICROPY_PY_THREAD
    heddle_event_wait_uninterruptible(TX_WAIT_MS);
    #else
    uint32_t state = irq_mask();
    if (ring_is_full(&tx)) {
        irq_wait();
    }
    irq_unmask(state);
    #endif
}

void uart_write(const char *text, size_t len) {
    if (irq_is_blocked()) {
        write_polled(text, len);
        return;
    }
    while (len > 0) {
        size_t n = write_some(text, len);
        text += n;
        len -= n;
        if (n == 0) {
            tx_wait();
        }
    }
}
