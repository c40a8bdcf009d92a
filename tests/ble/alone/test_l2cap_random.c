// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Two peers that do anything to L2CAP's channels, in an order that a seed gives: `test_l2cap_random [SEED]`. What must
// hold all the time: credits and the frames that are held are no more than what channels may have; at the end: every
// channel that the application has been told of has ended once, and every buffer is back.
#include <stdio.h>
#include <stdlib.h>

#include "alone.h"

enum { PSM = 0x80, STEPS = 200000, HELD = 4 };

static uint32_t state;

static uint32_t any(uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static ble_event_t held[HELD];
static unsigned held_count;
static unsigned opened, closed, ready, data_events;

static uint16_t connection(void) {
    return 64 + any(2);
}

static void check(void) {
    unsigned given = 0, inbox = 0;
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        const ble_channel_t *channel = &alone.l2cap.channels[i];
        given += channel->conn != NULL ? channel->given : 0;
        inbox += channel->conn != NULL ? channel->inbox.count : 0;
    }
    alone_check(given == alone.l2cap.promised);
    alone_check(given + inbox <= BLE_CHANNEL_BUFFERS);
    alone_check(alone.free_count <= BLE_BUFFERS);
}

static void drain(void) {
    uint8_t packet[1024];
    while (alone_sent(packet) != 0) {
    }
}

static void count(const ble_event_t *event) {
    opened += event->type == BLE_EVENT_CHANNEL_OPEN;
    ready += event->type == BLE_EVENT_CHANNEL_READY;
    data_events += event->type == BLE_EVENT_CHANNEL_DATA;
    // One that had not opened ends with an error of its own.
    closed += event->type == BLE_EVENT_CHANNEL_CLOSED;
}

static void event_take(void) {
    ble_event_t event;
    if (alone_next(&event)) {
        count(&event);
        if (any(3) == 0 && held_count < HELD) {
            held[held_count++] = event;
        } else {
            ble_event_done(&alone, &event, any(4) == 0 ? (int)any(12) : 0);
        }
    }
}

static void event_give(void) {
    if (held_count != 0) {
        ble_event_done(&alone, &held[--held_count], 0);
    }
}

// ---- the peers

static uint16_t some_cid(void) {
    return any(8) == 0 ? any(0x90) : 0x40 + any(BLE_CHANNELS + 1);
}

static uint16_t some_size(void) {
    return any(6) == 0 ? any(65536) : 23 + any(300);
}

static void put_command(uint8_t *p) {
    static const uint8_t codes[] = { 0x01, 0x06, 0x07, 0x12, 0x13, 0x14, 0x14, 0x15, 0x15, 0x15, 0x16, 0x16, 0x16 };
    static const uint8_t lengths[] = { 2, 4, 4, 8, 2, 10, 10, 10, 10, 10, 4, 4, 4 };
    unsigned i = any(sizeof(codes));
    p[0] = any(40) == 0 ? any(256) : codes[i];
    p[1] = any(2) != 0 ? alone.conns[0].signal.identifier : any(6);
    ble_put16(p + 2, any(40) == 0 ? any(25) : lengths[i]);
    for (unsigned k = 4; k < 24; k += 2) {
        ble_put16(p + k, any(3) != 0 ? some_cid() : some_size());
    }
    if (p[0] == 0x14) {
        ble_put16(p + 4, any(10) == 0 ? any(300) : PSM);
    }
    if (p[0] == 0x14 || p[0] == 0x15) {
        ble_put16(p + 8, some_size());
        ble_put16(p + 10, any(4) == 0 ? any(65536) : any(10));
        ble_put16(p + 12, any(4) == 0 ? any(12) : 0);
    }
    if (p[0] == 0x16) {
        ble_put16(p + 6, any(100) == 0 ? any(65536) : any(4) + 1);
    }
}

static void peer_command(void) {
    uint8_t p[28];
    put_command(p);
    unsigned length = 4 + ble_get16(p + 2);
    alone_l2cap(connection(), BLE_CID_SIGNAL, p, any(50) == 0 || length > sizeof(p) ? any(sizeof(p)) : length);
}

// Mostly what the channel expects.
static void peer_frame(void) {
    uint8_t p[BLE_MTU + 300] = { 0 };
    ble_channel_t *channel = &alone.l2cap.channels[any(BLE_CHANNELS)];
    if (channel->conn == NULL || channel->conn->state != BLE_CONN_OPEN || (channel->given == 0 && any(20) != 0)) {
        return;
    }
    uint16_t handle = any(20) == 0 ? connection() : channel->conn->handle;
    unsigned n = channel->expected != 0 ? any(channel->expected + 1u) : any(250);
    unsigned begin = channel->expected == 0 ? 2 : 0;
    n = n > BLE_MPS - begin ? BLE_MPS - begin : n;
    ble_put16(p, begin != 0 ? n + any(200) : 0);
    n += any(60) == 0 ? any(10) : 0;
    alone_l2cap(handle, BLE_CID_FIRST + (channel - alone.l2cap.channels), p, begin + n);
}

// ---- the application

static void call(void) {
    static uint8_t octets[700];
    bool stalled;
    size_t length = any(700);
    switch (any(6)) {
        case 0:
            ble_channel_connect(&alone, connection(), PSM, 23 + any(600));
            break;
        case 1:
            if (any(4) == 0) {
                ble_channel_disconnect(&alone, connection(), some_cid());
            }
            break;
        case 2:
        case 3:
            ble_channel_send(&alone, connection(), some_cid(), octets, length, &stalled);
            break;
        default:
            ble_channel_receive(&alone, connection(), some_cid(), octets, &length);
    }
}

static void link_change(void) {
    uint16_t handle = connection();
    if (ble_conn_find(&alone, handle) != NULL) {
        if (any(20) == 0) {
            alone_disconnect(handle, 0x13);
        }
    } else {
        alone_connect(handle, any(2));
    }
}

static void step(void) {
    if (ble_timer_is_set(&alone.hci.stall_timer)) {
        alone_wait(BLE_STALL_MS); // both links stand, and their peers have filled the pool
    }
    switch (any(16)) {
        case 0:
            link_change();
            break;
        case 1:
            alone_wait(any(4) == 0 ? any(3000) : any(50));
            break;
        case 2:
        case 3:
            event_give();
            break;
        case 4:
        case 5:
        case 6:
            call();
            break;
        case 7:
        case 8:
        case 9:
            peer_frame();
            break;
        case 10:
        case 11:
        case 12:
            peer_command();
            break;
        case 13:
            alone.hci.acl_free = any(3) != 0 ? alone.hci.acl_total : 0; // the link stands, or goes
            break;
        default:
            event_take();
    }
}

static void end(void) {
    ble_event_t event;
    for (uint16_t handle = 64; handle < 66; handle++) {
        if (ble_conn_find(&alone, handle) != NULL) {
            alone_disconnect(handle, 0x13);
        }
    }
    while (held_count != 0) {
        event_give();
    }
    for (unsigned i = 0; i < 20; i++) {
        while (alone_next(&event)) {
            count(&event);
            ble_event_done(&alone, &event, 0);
        }
        alone_wait(BLE_STALL_MS);
        drain();
    }
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        alone_check(alone.l2cap.channels[i].conn == NULL);
    }
    alone_check(alone.l2cap.promised == 0);
    alone_check(alone.conn_count == 0);
    alone_check(alone.free_count == BLE_BUFFERS);
    alone_check(closed >= opened);
}

static void run(uint32_t seed) {
    state = seed;
    held_count = 0;
    opened = closed = ready = data_events = 0;
    alone_start();
    alone_check(ble_channel_listen(&alone, PSM, 600) == 0);
    for (unsigned i = 0; i < STEPS; i++) {
        step();
        drain();
        check();
    }
    end();
    alone_stop();
    printf("ok seed %u: %u opened, %u ended, %u ready, %u data\n", (unsigned)seed, opened, closed, ready, data_events);
    alone_check(opened > 100 && ready > 10 && data_events > 100); // else it has shown nothing
}

int main(int argc, char **argv) {
    uint32_t first = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    unsigned runs = argc > 1 ? 1 : 4;
    for (unsigned i = 0; i < runs; i++) {
        run(first + i);
    }
    printf("%u cases\n", runs);
    return 0;
}
