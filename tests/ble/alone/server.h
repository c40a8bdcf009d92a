// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For tests of the GATT client: an attribute server that says what the test wants, and the application's side.
#ifndef HEDDLE_TESTS_BLE_ALONE_SERVER_H
#define HEDDLE_TESTS_BLE_ALONE_SERVER_H

#include "alone.h"

#include <stdio.h>
#include <stdlib.h>

#define A (0x40)
#define B (0x41)
#define ATT (4)

// ---- the server's side

// Say octets to the host.
#define SAY(connection, ...) \
    do { \
        const uint8_t say_[] = { __VA_ARGS__ }; \
        alone_l2cap(connection, ATT, say_, sizeof(say_)); \
    } while (0)

// What the host has sent next must be this, on this connection.
#define HEAR(connection, ...) \
    do { \
        const uint8_t hear_[] = { __VA_ARGS__ }; \
        hear(__LINE__, connection, hear_, sizeof(hear_)); \
    } while (0)

// The next attribute packet of any connection, commands passed over: its length, or 0.
static inline size_t heard(uint16_t *connection, uint8_t pdu[600]) {
    uint8_t packet[1024];
    size_t n;
    do {
        n = alone_sent(packet);
    } while (n != 0 && packet[0] != 2);
    if (n == 0) {
        return 0;
    }
    *connection = ble_get16(packet + 1) & 0xfff;
    size_t length = n - 9;
    alone_check(n > 9 && ble_get16(packet + 7) == ATT);
    memcpy(pdu, packet + 9, length);
    for (size_t whole = ble_get16(packet + 5); length < whole; length += n - 5) {
        uint8_t more[1024];
        n = alone_sent(more);
        alone_check(n > 5 && more[0] == 2 && (ble_get16(more + 1) & 0x3fff) == (*connection | 0x1000));
        memcpy(pdu + length, more + 5, n - 5);
    }
    return length;
}

static inline void hear(int line, uint16_t connection, const uint8_t *octets, size_t length) {
    uint8_t pdu[600];
    uint16_t on = 0;
    size_t n = heard(&on, pdu);
    if (n != length || on != connection || memcmp(pdu, octets, n) != 0) {
        printf("line %d: connection %x, %zu octets:", line, on, n);
        for (size_t i = 0; i < n; i++) {
            printf(" %02x", pdu[i]);
        }
        alone_failed(__FILE__, line, " what was expected");
    }
}

static inline void silence(void) {
    uint8_t pdu[600];
    uint16_t on;
    alone_check(heard(&on, pdu) == 0);
}

// ---- the application's side

// The next event, kept.
static inline ble_event_t keep(int type) {
    ble_event_t e;
    bool any = alone_next(&e);
    if (!any || e.type != type) {
        printf("event %d, not %d\n", any ? e.type : -1, type);
        alone_check(any && e.type == type);
    }
    return e;
}

static inline void give_back(const ble_event_t *e) {
    ble_event_done(&alone, e, 0);
    alone_wait(0);
}

static inline ble_event_t take(int type) {
    ble_event_t e = keep(type);
    give_back(&e);
    return e;
}

static inline void take_end(int type, int status) {
    ble_event_t e = take(type);
    if (e.status != status) {
        printf("status %d, not %d\n", e.status, status);
        alone_check(e.status == status);
    }
}

static inline void no_event(void) {
    ble_event_t e;
    alone_check(!alone_next(&e));
}

static inline bool value_is(const ble_event_t *e, const uint8_t *octets, size_t length) {
    return (size_t)e->length + e->rest.length == length && memcmp(e->data, octets, e->length) == 0
           && (e->rest.length == 0 || memcmp(e->rest.data, octets + e->length, e->rest.length) == 0);
}

// ---- begin and end of each case

static inline void begin(void) {
    alone_start();
    alone_connect(A, true);
    take(BLE_EVENT_CONNECTED);
}

// Nothing is left over: not a packet, a buffer or a procedure.
static inline void nothing_left(void) {
    silence();
    no_event();
    alone_check(alone.free_count == BLE_BUFFERS);
    for (unsigned i = 0; i < BLE_PROCEDURES; i++) {
        alone_check(alone.gattc.all[i].kind == BLE_PROCEDURE_NONE);
    }
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        alone_check(alone.conns[i].att.procedure == NULL && !ble_timer_is_set(&alone.conns[i].att.procedure_timer));
    }
}

static inline void end(void) {
    nothing_left();
    alone_stop();
}

static inline void exchange(uint16_t mtu) {
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0);
    HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
    SAY(A, 0x03, mtu & 0xff, mtu >> 8);
    alone_check(take(BLE_EVENT_MTU).value == (mtu < BLE_MTU ? mtu : BLE_MTU));
}

static uint8_t pattern[600];

static inline void pattern_fill(void) {
    for (unsigned i = 0; i < sizeof(pattern); i++) {
        pattern[i] = i * 7 + i / 256;
    }
}

// Answer a read, or a part of one, with `n` octets of the pattern.
static inline void say_value(uint8_t opcode, unsigned offset, unsigned n) {
    uint8_t pdu[600] = { opcode };
    memcpy(pdu + 1, pattern + offset, n);
    alone_l2cap(A, ATT, pdu, 1 + n);
}

static const ble_uuid_t uuid16 = { 2, { 0x0f, 0x18 } };
static const ble_uuid_t uuid32 = { 4, { 0x0f, 0x18, 0, 0 } };
static const ble_uuid_t uuid128 = { 16, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
#define UUID128 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16

// ---- reading the pattern

static inline void take_value(size_t length) {
    ble_event_t e = keep(BLE_EVENT_READ_RESULT);
    alone_check(e.connection == A && e.handle == 0x1234 && value_is(&e, pattern, length));
    no_event();
    give_back(&e);
    e = take(BLE_EVENT_READ_DONE);
    alone_check(e.handle == 0x1234 && e.status == 0);
}

static inline void begin_read(void) {
    alone_check(ble_gattc_read(&alone, A, 0x1234) == 0);
    HEAR(A, 0x0a, 0x34, 0x12);
}

// Values of all lengths up to the longest, and how often the server has to be asked.

// ---- all cases of a program

typedef struct {
    const char *name;
    void (*run)(void);
} case_t;

static inline int run_cases(const case_t *cases, unsigned count) {
    pattern_fill();
    for (unsigned i = 0; i < count; i++) {
        cases[i].run();
        printf("ok %s\n", cases[i].name);
    }
    printf("%u cases\n", count);
    return 0;
}

#endif // HEDDLE_TESTS_BLE_ALONE_SERVER_H
