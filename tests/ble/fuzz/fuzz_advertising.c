// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Advertising data: reports of a scan, legacy and extended ones, several in one event, that are longer or shorter than
// they say, of private addresses that a bond resolves or does not, and an application that is slow.
#include "crypto.h"
#include "fuzz.h"

static const uint8_t irk[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static void scan(void) {
    ble_scan_t s = { .duration_ms = 10 * fuzz_octet(), .interval_us = 10000, .window_us = 10000 };
    s.active = fuzz_one_in(2);
    s.duplicates = fuzz_one_in(2);
    ble_scan(&alone, &s);
}

static void address_fill(uint8_t p[7]) {
    p[0] = fuzz_one_in(8) ? fuzz_octet() : fuzz_below(2);
    fuzz_fill(p + 1, 6);
    if (fuzz_one_in(2)) {
        p[0] = BLE_ADDRESS_RANDOM;
        p[6] = (p[6] & 0x3f) | 0x40;
        ble_ah(irk, p + 4, p + 1);
    }
}

// What of it is right is most, but not always all.
static size_t report_fill(uint8_t *p) {
    p[0] = fuzz_one_in(16) ? fuzz_octet() : fuzz_below(5);
    address_fill(p + 1);
    size_t n = fuzz_octets(p + 9, 31);
    p[8] = fuzz_one_in(16) ? fuzz_octet() : n;
    p[9 + n] = fuzz_octet();
    return 10 + n;
}

// (Core, Vol 4, Part E, 7.7.65.13) Some in several parts.
static size_t extended_fill(uint8_t *p) {
    fuzz_fill(p, 24);
    address_fill(p + 2);
    size_t n = fuzz_octets(p + 24, 100);
    p[23] = fuzz_one_in(16) ? fuzz_octet() : n;
    return 24 + n;
}

// An event of one report or several, which may say another number or be cut off.
static void reports(uint8_t subevent, unsigned most, size_t (*fill)(uint8_t *p)) {
    uint8_t p[255] = { subevent };
    unsigned number = 1 + fuzz_below(most);
    p[1] = fuzz_one_in(16) ? fuzz_octet() : number;
    size_t at = 2;
    while (number-- > 0) {
        at += fill(p + at);
    }
    fuzz_event(0x3e, p, fuzz_one_in(16) ? fuzz_octet() % at : at);
}

static void any_event(void) {
    static const uint8_t subevents[] = { 0x02, 0x0b, 0x0d };
    uint8_t p[255] = { subevents[fuzz_below(3)] };
    fuzz_event(0x3e, p, 1 + fuzz_octets(p + 1, sizeof(p) - 1));
}

static void step(unsigned what) {
    if (what < 128) {
        reports(0x02, 4, report_fill);
    } else if (what < 144) {
        any_event();
    } else if (what < 168) {
        scan();
    } else if (what < 176) {
        ble_scan_stop(&alone);
    } else if (what < 216) {
        reports(0x0d, 2, extended_fill);
    } else {
        ble_set_own_address(&alone, fuzz_below(4));
    }
}

// The store has our identity and one bond.
static int event(const ble_event_t *event, int answer) {
    ble_bond_record_t bond = { .version = BLE_BOND_VERSION, .flags = BLE_BOND_IRK, .key_size = 16 };
    if (event->type == BLE_EVENT_SCAN_REPORT) {
        alone_check(event->length <= BLE_EXTENDED_MAX); // a controller may send extended ones unasked
    }
    if (event->type != BLE_EVENT_SECRET_GET || event->secret.type != BLE_SECRET_BOND || event->secret.index != 0) {
        return answer;
    }
    fuzz_fill(bond.identity, sizeof(bond.identity));
    memcpy(bond.irk, irk, sizeof(irk));
    ble_event_answer(&alone, event, (const uint8_t *)&bond, fuzz_one_in(8) ? fuzz_below(sizeof(bond)) : sizeof(bond));
    return FUZZ_ANSWERED;
}

static void prepare(void) {
    const ble_security_t security = { .bonding = true, .io = BLE_NO_INPUT_OUTPUT, .key_size = 7 };
    ble_set_security(&alone, &security);
}

static void begin(void) {
    const ble_scan_t s = { .interval_us = 10000, .window_us = 10000, .duplicates = true };
    fuzz_take(false);
    fuzz_take(false);
    fuzz_take(false);
    ble_scan(&alone, &s);
}

const fuzz_target_t fuzz_target = { .prepare = prepare, .begin = begin, .step = step, .event = event };
