// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP's signalling and channels: commands of peers with any fields, frames within and without credits, and the
// application's calls.
#include "fuzz.h"

enum { PSM = 0x80 };

static unsigned told_open, told_closed;

// ---- the peers

static uint16_t some_cid(void) {
    uint8_t n = fuzz_octet();
    return n < 128 ? BLE_CID_FIRST + n % (BLE_CHANNELS + 1) : n;
}

static uint16_t some_size(void) {
    return fuzz_one_in(4) ? fuzz_two() : 23 + fuzz_octet();
}

static uint8_t identifier(const ble_conn_t *c) {
    return fuzz_one_in(4) ? fuzz_octet() : c->signal.identifier;
}

static void connect_request(uint8_t *p) {
    ble_put16(p, fuzz_one_in(16) ? fuzz_two() : PSM);
    ble_put16(p + 2, some_cid());
    ble_put16(p + 4, some_size());
    ble_put16(p + 6, some_size());
    ble_put16(p + 8, fuzz_one_in(8) ? fuzz_two() : fuzz_octet());
}

static void connect_response(uint8_t *p) {
    ble_put16(p, some_cid());
    ble_put16(p + 2, some_size());
    ble_put16(p + 4, some_size());
    ble_put16(p + 6, fuzz_one_in(8) ? fuzz_two() : fuzz_octet());
    ble_put16(p + 8, fuzz_one_in(4) ? fuzz_below(12) : 0);
}

static void credits(uint8_t *p) {
    ble_put16(p, some_cid());
    ble_put16(p + 2, fuzz_one_in(16) ? fuzz_two() : 1 + fuzz_below(8));
}

static void disconnect(uint8_t *p) {
    ble_put16(p, some_cid());
    ble_put16(p + 2, some_cid());
}

static size_t command_fill(unsigned what, uint8_t *p) {
    static const uint8_t lengths[] = { 10, 10, 4, 4, 4, 8, 2, 2 };
    switch (what) {
        case 0:
            connect_request(p);
            break;
        case 1:
            connect_response(p);
            break;
        case 2:
            credits(p);
            break;
        case 3:
        case 4:
            disconnect(p);
            break;
        default:
            fuzz_fill(p, lengths[what]);
    }
    return lengths[what];
}

static void command(unsigned what) {
    static const uint8_t codes[] = { 0x14, 0x15, 0x16, 0x06, 0x07, 0x12, 0x13, 0x01 };
    uint8_t p[4 + 32] = { codes[what] };
    ble_conn_t *c = fuzz_conn();
    if (c == NULL) {
        return;
    }
    p[1] = identifier(c);
    size_t length = command_fill(what, p + 4);
    ble_put16(p + 2, fuzz_one_in(32) ? fuzz_octet() : length);
    fuzz_l2cap(c->handle, BLE_CID_SIGNAL, p, fuzz_one_in(32) ? fuzz_below(sizeof(p)) : 4 + length);
}

static void any_command(void) {
    uint8_t p[255];
    uint16_t connection = fuzz_connection();
    fuzz_l2cap(connection, BLE_CID_SIGNAL, p, fuzz_octets(p, sizeof(p)));
}

// Of an SDU: its first one says how long that is.
static void frame(void) {
    uint8_t p[2 + 600] = { 0 };
    const ble_channel_t *channel = &alone.l2cap.channels[fuzz_below(BLE_CHANNELS)];
    if (channel->conn == NULL) {
        return;
    }
    bool first = channel->expected == 0 || fuzz_one_in(16);
    size_t length = fuzz_one_in(8) ? fuzz_two() % 600 : fuzz_octet();
    ble_put16(p, first && length >= 2 ? length - 2 + (fuzz_one_in(2) ? fuzz_octet() : 0) : 0);
    fuzz_l2cap(channel->conn->handle, ble_channel_cid(&alone, channel), p, length);
}

static void any_frame(void) {
    uint8_t p[255];
    uint16_t connection = fuzz_connection(), cid = fuzz_one_in(4) ? fuzz_two() : some_cid();
    fuzz_l2cap(connection, cid, p, fuzz_octets(p, sizeof(p)));
}

// ---- the application

static uint16_t own_cid(uint16_t *connection) {
    const ble_channel_t *channel = &alone.l2cap.channels[fuzz_below(BLE_CHANNELS)];
    *connection = channel->conn != NULL ? channel->conn->handle : fuzz_connection();
    return fuzz_one_in(16) ? fuzz_two() : ble_channel_cid(&alone, channel);
}

static void call(unsigned what) {
    static uint8_t octets[1024];
    uint16_t connection, cid = own_cid(&connection);
    bool stalled;
    size_t length = 4u * fuzz_octet();
    switch (what) {
        case 0:
            ble_channel_connect(&alone, fuzz_connection(), PSM, some_size());
            break;
        case 1:
            ble_channel_disconnect(&alone, connection, cid);
            break;
        case 2:
        case 3:
            ble_channel_send(&alone, connection, cid, octets, length, &stalled);
            break;
        case 4:
        case 5:
            ble_channel_receive(&alone, connection, cid, fuzz_one_in(4) ? NULL : octets, &length);
            break;
        case 6:
            ble_channel_listen(&alone, fuzz_one_in(4) ? 0 : PSM, some_size());
            break;
        default:
            ble_update_parameters(&alone, fuzz_connection(), 6, 6 + fuzz_octet(), fuzz_octet(), 10 + fuzz_two());
    }
}

static void updated(void) {
    uint8_t p[10] = { 0x03, fuzz_one_in(2) ? fuzz_octet() : 0 };
    ble_put16(p + 2, fuzz_connection());
    ble_put16(p + 4, 24);
    ble_put16(p + 8, 42);
    fuzz_event(0x3e, p, sizeof(p));
}

// ---- what must hold

static void check(void) {
    unsigned given = 0, held = 0;
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        const ble_channel_t *channel = &alone.l2cap.channels[i];
        given += channel->conn != NULL ? channel->given : 0;
        held += channel->conn != NULL ? channel->inbox.count : 0;
    }
    alone_check(given == alone.l2cap.promised && given + held <= BLE_CHANNEL_BUFFERS);
}

static void step(unsigned what) {
    if (what < 64) {
        command(what % 8);
    } else if (what < 112) {
        frame();
    } else if (what < 120) {
        any_command();
    } else if (what < 128) {
        any_frame();
    } else if (what < 136) {
        updated();
    } else {
        call(what % 8);
    }
    check();
}

static int event(const ble_event_t *event, int answer) {
    told_open += event->type == BLE_EVENT_CHANNEL_OPEN;
    told_closed += event->type == BLE_EVENT_CHANNEL_CLOSED;
    return answer;
}

static void begin(void) {
    told_open = told_closed = 0;
    fuzz_connect(FUZZ_FIRST, true);
    fuzz_connect(FUZZ_FIRST + 1, false);
    ble_channel_listen(&alone, PSM, 600);
}

static void end(void) {
    alone_check(alone.generation != 1 || told_closed >= told_open); // of one start
}

const fuzz_target_t fuzz_target = { .begin = begin, .step = step, .event = event, .end = end };
