// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// HCI events: those that the host knows with any fields, any others, and every answer to every command, from the start
// on. A controller may say anything at any time.
#include "fuzz.h"

// ---- answers to commands

static void complete(const uint8_t *packet, const uint8_t *octets, size_t length) {
    uint8_t p[255] = { 1, packet[1], packet[2] };
    memcpy(p + 3, octets, length);
    alone_give_event(0x0e, p, 3 + length);
}

static void good(const uint8_t *packet) {
    uint8_t octets[65] = { 0 };
    if (ble_get16(packet + 1) == BLE_HCI_LE_READ_BUFFER_SIZE) {
        octets[1] = 27 + fuzz_octet();
        octets[3] = 1 + fuzz_below(8);
    } else if (fuzz_one_in(4)) {
        fuzz_fill(octets + 1, 32);
    }
    complete(packet, octets, sizeof(octets));
}

static void status(const uint8_t *packet, uint8_t status) {
    uint8_t p[4] = { status, 1, packet[1], packet[2] };
    alone_give_event(0x0f, p, sizeof(p));
}

static void command(const uint8_t *packet) {
    uint8_t octets[200];
    uint8_t how = fuzz_octet();
    if (how < 224) {
        good(packet);
    } else if (how < 232) {
        complete(packet, octets, fuzz_octets(octets, sizeof(octets)));
    } else if (how < 240) {
        octets[0] = fuzz_octet();
        complete(packet, octets, 1);
    } else if (how < 254) {
        status(packet, fuzz_octet());
    } // else not at all, or later
}

// ---- events

static void event_of(uint8_t code) {
    uint8_t p[255];
    fuzz_event(code, p, fuzz_octets(p, sizeof(p)));
}

// The first fields of most of them: status and a handle that is there.
static void event_about(uint8_t code) {
    uint8_t p[255] = { fuzz_one_in(4) ? fuzz_octet() : 0 };
    ble_put16(p + 1, fuzz_connection());
    fuzz_event(code, p, 3 + fuzz_octets(p + 3, sizeof(p) - 3));
}

static void le_event_about(uint8_t subevent, bool with_status) {
    uint8_t p[64] = { subevent };
    size_t at = 1;
    if (with_status) {
        p[at++] = fuzz_one_in(4) ? fuzz_octet() : 0;
    }
    ble_put16(p + at, fuzz_connection());
    at += 2;
    fuzz_fill(p + at, 28);
    fuzz_event(0x3e, p, fuzz_one_in(16) ? fuzz_below(sizeof(p)) : at + 28);
}

static void answer_late(void) {
    uint8_t p[4] = { 1 };
    if (alone.hci.sent) {
        memcpy(p + 1, ((ble_command_t *)alone.hci.commands)->packet + 1, 2);
    }
    p[3] = fuzz_octet();
    p[0] = fuzz_below(3);
    fuzz_event(0x0e, p, 3 + fuzz_below(2));
}

// ---- the application

static void advertise(void) {
    static const uint8_t data[31];
    ble_advertise_t a = { .interval_us = 20000, .kind = fuzz_below(5), .data = data, .length = fuzz_below(32) };
    ble_advertise(&alone, &a);
}

static void scan(void) {
    ble_scan_t s = { .duration_ms = 10 * fuzz_octet(), .interval_us = 10000, .window_us = 10000 };
    s.duplicates = fuzz_below(2);
    ble_scan(&alone, &s);
}

static void connect(void) {
    ble_connect_t c = { .peer = { 1, { fuzz_octet(), 2, 3, 4, 5, 0xc6 } }, .duration_ms = 10 * fuzz_octet() };
    ble_connect(&alone, &c);
}

static void raw(void) {
    uint8_t status, answer[16], parameters[255];
    size_t length = fuzz_below(17), n = fuzz_octets(parameters, sizeof(parameters));
    ble_hci_command(&alone, fuzz_two(), parameters, n, &status, answer, &length);
}

static void call(unsigned what) {
    ble_address_t own;
    switch (what) {
        case 0:
            advertise();
            break;
        case 1:
            ble_advertise_stop(&alone);
            break;
        case 2:
            scan();
            break;
        case 3:
            ble_scan_stop(&alone);
            break;
        case 4:
        case 5:
            connect();
            break;
        case 6:
            ble_connect_cancel(&alone);
            break;
        case 7:
            ble_update_parameters(&alone, fuzz_connection(), 6, 6 + fuzz_octet(), fuzz_octet(), 10 + fuzz_two());
            break;
        case 8:
            raw();
            break;
        case 9:
            ble_set_own_address(&alone, fuzz_below(4));
            break;
        case 10:
            ble_own_address(&alone, &own);
            break;
        default:
            ble_pair(&alone, fuzz_connection());
    }
}

static void event(unsigned what) {
    static const uint8_t codes[] = { 0x05, 0x08, 0x30, 0x59 };
    static const uint8_t with_status[] = { 0x01, 0x03, 0x04, 0x0a, 0x0c }, without[] = { 0x05, 0x06, 0x07 };
    if (what < 16) {
        event_of(fuzz_octet());
    } else if (what < 32) {
        answer_late();
    } else if (what < 64) {
        event_about(codes[what % 4]);
    } else if (what < 96) {
        le_event_about(with_status[fuzz_below(sizeof(with_status))], true);
    } else if (what < 112) {
        le_event_about(without[what % 3], false);
    } else {
        event_of(0x3e);
    }
}

static void step(unsigned what) {
    if (what < 128) {
        event(what);
    } else {
        call(what % 12);
    }
}

const fuzz_target_t fuzz_target = { .step = step, .command = command };
