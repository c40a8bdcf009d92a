// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The transport to a controller: UART1. Its interrupts move bytes between the device and two rings; the host's thread
// has the other ends. What the ring to the host has no room for stays in the device, and whoever sends is held: by
// QEMU, or by the wires for that.
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "hci.h"
#include "irq.h"
#include "regs.h"
#include "rtos.h"
#include "startup.h"

#define RING_SIZE (1024) // holds three of the longest packets of LE; a power of two
#define TX_BURST (16) // bytes of one interrupt, as in uart.c
#define TX_ROOM (RING_SIZE / 2) // so much room is worth a wake

// Each end counts its own bytes and never those of the other.
typedef struct {
    volatile uint32_t put, got;
    uint8_t data[RING_SIZE];
} ring_t;

static ring_t rx, tx;
static bool is_open;
static volatile bool wants_room;
static volatile bool held; // bytes wait in the device: the ring was full
static void (*wake_fn)(void *arg);
static void *wake_arg;

static uint32_t ring_count(const ring_t *ring) {
    return ring->put - ring->got;
}

// How many of `count` bytes lie in one piece, from that one on.
static size_t ring_piece(uint32_t at, size_t count) {
    size_t whole = RING_SIZE - at % RING_SIZE;
    return count < whole ? count : whole;
}

// Two pieces at most. The other end, an interrupt's, sees bytes before their number, and free places when they are.
static size_t ring_get(ring_t *ring, uint8_t *to, size_t len) {
    size_t count = ring_count(ring), n = len < count ? len : count;
    if (n == 0) {
        return 0;
    }
    size_t first = ring_piece(ring->got, n);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    memcpy(to, &ring->data[ring->got % RING_SIZE], first);
    if (n != first) {
        memcpy(to + first, ring->data, n - first);
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->got += n;
    return n;
}

static size_t ring_put(ring_t *ring, const uint8_t *from, size_t len) {
    size_t room = RING_SIZE - ring_count(ring), n = len < room ? len : room;
    size_t first = ring_piece(ring->put, n);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    memcpy(&ring->data[ring->put % RING_SIZE], from, first);
    if (n != first) {
        memcpy(ring->data, from + first, n - first);
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->put += n;
    return n;
}

// ---- where packets end, so that the host is woken by whole ones

static uint32_t head_len, left; // bytes of the head so far, and then of the packet
static uint8_t head[5];

// Bytes of the head of a packet of this type, 0 for an unknown one.
static unsigned head_size(uint8_t type) {
    return type == 2 ? 5 : type == 1 || type == 3 ? 4 : type == 4 ? 3 : 0;
}

// Whether a packet ends with this byte, or nobody knows.
static bool ends_packet(uint8_t byte) {
    if (left > 0) {
        return --left == 0;
    }
    head[head_len++] = byte;
    unsigned size = head_size(head[0]);
    if (head_len < size) {
        return false;
    }
    left = size == 5 ? head[3] | head[4] << 8 : size > 0 ? head[size - 1] : 0;
    head_len = 0;
    return left == 0;
}

// ---- interrupts

void UART1_RX_Handler(void) {
    bool news = false;
    UART1->intstatus = UART_INT_RX;
    while ((UART1->state & UART_STATE_RX_FULL) && ring_count(&rx) < RING_SIZE) {
        uint8_t byte = (uint8_t)UART1->data;
        rx.data[rx.put % RING_SIZE] = byte;
        rx.put += 1;
        news = ends_packet(byte) || news;
    }
    held = ring_count(&rx) == RING_SIZE;
    if (news || held) {
        wake_fn(wake_arg);
    }
}

// Each byte sent raises the interrupt again, so the last of a burst brings the next burst.
void UART1_TX_Handler(void) {
    UART1->intstatus = UART_INT_TX;
    size_t count = ring_count(&tx);
    const uint8_t *begin = &tx.data[tx.got % RING_SIZE], *at = begin;
    const uint8_t *end = begin + ring_piece(tx.got, count < TX_BURST ? count : TX_BURST);
    while (at != end && !(UART1->state & UART_STATE_TX_FULL)) {
        UART1->data = *at++;
    }
    tx.got += at - begin;
    if (wants_room && ring_count(&tx) <= RING_SIZE - TX_ROOM) {
        wants_room = false;
        wake_fn(wake_arg);
    }
}

// ---- the transport

static int hci_open(ble_transport_t *t, void (*wake)(void *arg), void *arg) {
    (void)t;
    if (is_open) {
        return -EBUSY;
    }
    rx.put = rx.got = tx.put = tx.got = 0;
    head_len = left = 0;
    wants_room = held = false;
    wake_fn = wake;
    wake_arg = arg;
    is_open = true;
    UART1->bauddiv = 16;
    UART1->ctrl = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_TX_IRQ | UART_CTRL_RX_IRQ;
    // QEMU looks for waiting input when the data register is read, but not when the receiver is enabled.
    (void)UART1->data;
    nvic_enable(IRQ_UART1_RX);
    nvic_enable(IRQ_UART1_TX);
    return 0;
}

static void hci_close(ble_transport_t *t) {
    (void)t;
    nvic_disable(IRQ_UART1_RX);
    nvic_disable(IRQ_UART1_TX);
    UART1->ctrl = 0;
    is_open = false;
}

static int hci_read(ble_transport_t *t, uint8_t *buf, size_t len) {
    (void)t;
    if (!is_open) {
        return -EPIPE;
    }
    size_t n = ring_get(&rx, buf, len);
    if (held) {
        held = false;
        nvic_pend(IRQ_UART1_RX);
    }
    return (int)n;
}

static int hci_write(ble_transport_t *t, const uint8_t *buf, size_t len) {
    (void)t;
    if (!is_open) {
        return -EPIPE;
    }
    size_t n = ring_put(&tx, buf, len);
    wants_room = n < len;
    nvic_pend(IRQ_UART1_TX);
    return (int)n;
}

ble_transport_t *hci_transport(const char *device) {
    static ble_transport_t transport = { hci_open, hci_close, hci_read, hci_write };
    (void)device;
    return &transport;
}

void hci_error_text(const ble_transport_t *t, int error, char *text) {
    (void)t;
    strcpy(text, error == -EBUSY ? "UART1 is in use" : "UART1 is not open");
}
