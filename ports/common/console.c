// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Both rings change in critical sections.
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/interrupt_char.h"

#include "console.h"

#ifndef CONSOLE_RING_SIZE
#define CONSOLE_RING_SIZE (1024)
#endif

// How many characters one critical section copies.
#define COPY (32)

// How long a thread waits for room before it looks again, should an event have been someone else's.
#define TX_WAIT_MS (10)

// `put` and `got` count for ever; they are equal when the ring is empty.
typedef struct {
    volatile uint32_t put;
    volatile uint32_t got;
    char data[CONSOLE_RING_SIZE];
} ring_t;

static ring_t rx;
static ring_t tx;
static volatile bool rx_ended;
static volatile bool tx_awaited;

static bool ring_is_empty(const ring_t *ring) {
    return ring->put == ring->got;
}

static bool ring_is_full(const ring_t *ring) {
    return ring->put - ring->got == CONSOLE_RING_SIZE;
}

static void ring_put(ring_t *ring, char c) {
    ring->data[ring->put % CONSOLE_RING_SIZE] = c;
    ring->put += 1;
}

static char ring_get(ring_t *ring) {
    char c = ring->data[ring->got % CONSOLE_RING_SIZE];
    ring->got += 1;
    return c;
}

// ---- the wire's side

bool console_is_read(void) {
    return true;
}

void console_received(const char *text, size_t len) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    for (size_t i = 0; i < len; ++i) {
        if ((unsigned char)text[i] == mp_interrupt_char) {
            rx.got = rx.put;
            mp_sched_keyboard_interrupt();
        } else if (!ring_is_full(&rx)) {
            ring_put(&rx, text[i]);
        }
    }
    MICROPY_END_ATOMIC_SECTION(state);
    board_event();
}

void console_ended(void) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    rx_ended = true;
    MICROPY_END_ATOMIC_SECTION(state);
    board_event();
}

size_t console_take(char *to, size_t size) {
    size_t n = 0;
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    while (n < size && !ring_is_empty(&tx)) {
        to[n++] = ring_get(&tx);
    }
    bool awaited = tx_awaited && !ring_is_full(&tx);
    if (awaited) {
        tx_awaited = false;
    }
    MICROPY_END_ATOMIC_SECTION(state);
    if (awaited) {
        board_event();
    }
    return n;
}

// ---- Python's side

bool console_is_readable(void) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    bool readable = !ring_is_empty(&rx) || rx_ended;
    MICROPY_END_ATOMIC_SECTION(state);
    return readable;
}

bool console_is_writable(void) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    bool full = ring_is_full(&tx);
    MICROPY_END_ATOMIC_SECTION(state);
    return !full;
}

int console_getc(void) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    int c = ring_is_empty(&rx) ? -1 : (unsigned char)ring_get(&rx);
    MICROPY_END_ATOMIC_SECTION(state);
    return c;
}

bool console_has_ended(void) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    bool ended = rx_ended && ring_is_empty(&rx);
    MICROPY_END_ATOMIC_SECTION(state);
    return ended;
}

void console_drain(void) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    wire_flush();
    while (!ring_is_empty(&tx)) {
        wire_put(ring_get(&tx));
    }
    wire_flush();
    MICROPY_END_ATOMIC_SECTION(state);
}

static void write_polled(const char *text, size_t len) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    console_drain();
    for (size_t i = 0; i < len; ++i) {
        wire_put(text[i]);
    }
    MICROPY_END_ATOMIC_SECTION(state);
}

static size_t write_some(const char *text, size_t len) {
    size_t n = 0;
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    while (n < len && n < COPY && !ring_is_full(&tx)) {
        ring_put(&tx, text[n++]);
    }
    // Whoever waits or polls for room is told when there is some.
    tx_awaited |= ring_is_full(&tx);
    wire_kick();
    MICROPY_END_ATOMIC_SECTION(state);
    return n;
}

#if MICROPY_PY_THREAD
static bool may_wait(void) {
    return !rtos_in_isr() && !rtos_masked();
}

static void wait_for_room(void) {
    heddle_event_wait_uninterruptible(TX_WAIT_MS);
}
#else
static bool may_wait(void) {
    return !irq_is_blocked();
}

// Looking and waiting are one step: an interrupt ends the wait though masked.
static void wait_for_room(void) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    if (ring_is_full(&tx)) {
        irq_wait();
    }
    MICROPY_END_ATOMIC_SECTION(state);
}
#endif

void console_write(const char *text, size_t len) {
    if (!may_wait()) {
        write_polled(text, len);
        return;
    }
    while (len > 0) {
        size_t n = write_some(text, len);
        text += n;
        len -= n;
        if (n == 0) {
            wait_for_room();
        }
    }
}
