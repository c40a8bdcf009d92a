// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Advertising, scanning and connecting by the extended commands of a controller of 5.0 (Core, Vol 4, Part E, 7.8.52 to
// 7.8.66): one set of advertising, data of what fits into one command, 1M and coded PHY.
#include "host.h"

#define SET (0) // its handle
#define SID (0)

// PHYs, as a number and as a bit.
enum { PHY_1M = 1, PHY_CODED = 3, BIT_1M = 1, BIT_CODED = 4 };

// Of advertising and of its reports.
enum { CONNECTABLE = 0x01, SCANNABLE = 0x02, DIRECTED = 0x04, HIGH_DUTY = 0x08, RESPONSE = 0x08, LEGACY = 0x10 };

#define HIGH_DUTY_TIME (128) // as long as it may, in 10 ms (Core, Vol 4, Part E, 7.8.56)

// All that ble_advertise sends at once: off, our address twice, the set away, its parameters, data, on.
_Static_assert(!BLE_EXTENDED_COMMANDS
        || BLE_COMMAND_OCTETS >= 2 * BLE_COMMAND_SIZE(6) + 2 * BLE_COMMAND_SIZE(7) + BLE_COMMAND_SIZE(1)
        + BLE_COMMAND_SIZE(25) + BLE_COMMAND_SIZE(4 + BLE_EXTENDED_MAX) + BLE_COMMAND_RESERVE,
    "BLE_COMMAND_OCTETS: too few for extended advertising; leave it out with BLE_EXTENDED_COMMANDS=0");

// ---- on and off, by the commands of either kind

int ble_advertising_switch(ble_t *b, ble_call_t *call, bool on) {
    uint8_t p[6] = { on, 1, SET, on && b->gap.high_duty ? HIGH_DUTY_TIME : 0 };
    bool extended = ble_extended(b);
    return ble_command_for(b, call, extended ? BLE_HCI_LE_ADVERTISE_EXTENDED : BLE_HCI_LE_ADVERTISE, p,
        extended ? sizeof(p) : 1);
}

const ble_command_t *ble_advertising_begins(ble_t *b) {
    return ble_switches_on(b, ble_extended(b) ? BLE_HCI_LE_ADVERTISE_EXTENDED : BLE_HCI_LE_ADVERTISE);
}

int ble_scan_switch(ble_t *b, ble_call_t *call, bool on) {
    uint8_t p[6] = { on, on && !b->gap.scan_duplicates };
    bool extended = ble_extended(b);
    return ble_command_for(b, call, extended ? BLE_HCI_LE_SCAN_EXTENDED : BLE_HCI_LE_SCAN, p,
        extended ? sizeof(p) : 2);
}

// ---- advertising

// As long as legacy packets can carry it, they do: every scanner hears them.
static uint8_t properties(const ble_advertise_t *a) {
    static const uint8_t legacy[5] = { LEGACY | CONNECTABLE | SCANNABLE, LEGACY | CONNECTABLE | DIRECTED | HIGH_DUTY,
                                       LEGACY | SCANNABLE, LEGACY, LEGACY | CONNECTABLE | DIRECTED };
    static const uint8_t extended[5] = { CONNECTABLE, CONNECTABLE | DIRECTED, SCANNABLE, 0, CONNECTABLE | DIRECTED };
    bool fits = !a->coded && a->length <= BLE_ADVERTISING_MAX && a->response_length <= BLE_ADVERTISING_MAX;
    return (fits ? legacy : extended)[a->kind];
}

// Data is of what is not scannable, the response of what is, in packets that are not legacy.
bool ble_extended_valid(const ble_advertise_t *a) {
    uint8_t bits = properties(a);
    return a->length <= BLE_EXTENDED_MAX && a->response_length <= BLE_EXTENDED_MAX
           && ((bits & LEGACY) || (bits & SCANNABLE ? a->length == 0 && a->response_length != 0
                                   : a->response_length == 0));
}

static void data_set(ble_t *b, ble_call_t *call, uint16_t opcode, const uint8_t *data, uint8_t length) {
    uint8_t p[4 + BLE_EXTENDED_MAX] = { SET, 3, 1, length }; // all of it, in as few packets as may be
    if (length != 0) {
        memcpy(p + 4, data, length);
    }
    ble_command_for(b, call, opcode, p, 4 + length);
}

void ble_extended_address(ble_t *b) {
    uint8_t p[7] = { SET };
    memcpy(p + 1, b->gap.random, 6);
    ble_command(b, BLE_HCI_LE_SET_SET_ADDRESS, p, sizeof(p), NULL, NULL);
}

// What the set was before is forgotten, its data first of all: a controller that has no set says so.
void ble_extended_advertise(ble_t *b, ble_call_t *call, const ble_advertise_t *a) {
    static const uint8_t set = SET;
    uint8_t bits = properties(a);
    b->gap.high_duty = bits & HIGH_DUTY;
    uint8_t p[25] = { SET, bits };
    uint32_t interval = a->interval_us / 625;
    for (unsigned i = 0; i < 2; i++) {
        ble_put16(p + 3 + 3 * i, interval);
    }
    p[9] = 7; // all three channels
    p[10] = b->gap.advertising_as.type;
    p[11] = a->peer.type & 1;
    memcpy(p + 12, a->peer.octets, 6);
    p[19] = 0x7f; // the controller's choice of power
    p[20] = p[22] = a->coded ? PHY_CODED : PHY_1M;
    p[23] = SID;
    ble_command(b, BLE_HCI_LE_REMOVE_SET, &set, 1, NULL, NULL);
    ble_command_for(b, call, BLE_HCI_LE_SET_EXTENDED_PARAMETERS, p, sizeof(p));
    if (b->gap.advertising_as.type == BLE_ADDRESS_RANDOM) {
        ble_extended_address(b);
    }
    bool legacy = bits & LEGACY;
    if (legacy ? !(bits & DIRECTED) : !(bits & SCANNABLE)) {
        data_set(b, call, BLE_HCI_LE_SET_EXTENDED_DATA, a->data, a->length);
    }
    if (bits & SCANNABLE) {
        data_set(b, call, BLE_HCI_LE_SET_EXTENDED_RESPONSE, a->response, a->response_length);
    }
}

#if BLE_CENTRAL

// ---- scanning and connecting, each PHY with its parameters

void ble_extended_scan(ble_t *b, ble_call_t *call, const ble_scan_t *s, uint8_t own_type) {
    uint8_t p[3 + 2 * 5] = { own_type, 0, s->coded ? BIT_1M | BIT_CODED : BIT_1M };
    for (unsigned i = 0; i < 2; i++) {
        p[3 + 5 * i] = s->active;
        ble_put16(p + 4 + 5 * i, s->interval_us / 625);
        ble_put16(p + 6 + 5 * i, s->window_us / 625);
    }
    ble_command_for(b, call, BLE_HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, p, s->coded ? 13 : 8);
}

// The parameters from the legacy command: where they lie there.
enum { LEGACY_PEER = 5, LEGACY_OWN = 12, LEGACY_INTERVAL = 13, LEGACY_END = 25 };

int ble_extended_create(ble_t *b, const uint8_t legacy[25], bool coded, ble_command_done_t done) {
    uint8_t p[10 + 2 * 16] = { 0, legacy[LEGACY_OWN] };
    memcpy(p + 2, legacy + LEGACY_PEER, 7);
    p[9] = coded ? BIT_1M | BIT_CODED : BIT_1M;
    for (unsigned i = 0; i < 2; i++) {
        memcpy(p + 10 + 16 * i, legacy, 4);
        memcpy(p + 14 + 16 * i, legacy + LEGACY_INTERVAL, LEGACY_END - LEGACY_INTERVAL);
    }
    return ble_command(b, BLE_HCI_LE_CREATE_EXTENDED, p, coded ? 42 : 26, done, NULL);
}

// ---- reports (7.7.65.13)

#define REPORT_HEADER (24)

// The kind that a legacy report would have.
static uint8_t kind_of(uint8_t bits) {
    if (bits & RESPONSE) {
        return 4;
    }
    return bits & CONNECTABLE ? (bits & DIRECTED ? 1 : 0) : bits & SCANNABLE ? 2 : 3;
}

// Status 1: more of its data follows. An advertiser without an address is nobody.
void ble_extended_reported(ble_t *b, const uint8_t *p, size_t length) {
    unsigned number = length > 0 ? p[0] : 0;
    size_t at = 1;
    for (unsigned i = 0; i < number && at + REPORT_HEADER <= length; i++) {
        const uint8_t *r = p + at;
        uint8_t n = r[23];
        if (at + REPORT_HEADER + n > length) {
            break;
        }
        if (b->gap.scanning && r[2] <= BLE_ADDRESS_RANDOM_IDENTITY) {
            ble_scan_put(b, kind_of(r[0]), r + 2, (int8_t)r[13], r + REPORT_HEADER, n, (r[0] >> 5 & 3) == 1);
        }
        at += REPORT_HEADER + n;
    }
}

#endif // BLE_CENTRAL

// ---- whether

typedef struct {
    ble_call_t call;
    bool on;
} extended_call_t;

// All but the periodic ones of two octets of Supported Commands (6.27), and the PHYs that reports name.
static int extended_run(ble_t *b, ble_call_t *call) {
    bool on = ((extended_call_t *)call)->on;
    bool there = BLE_EXTENDED_COMMANDS && (b->hci.supported[36] & 0x3e) == 0x3e
                 && (b->hci.supported[37] & 0xe1) == 0xe1;
    if (on && !there) {
        return -EOPNOTSUPP;
    }
    if (on != b->gap.extended && b->gap.begun) {
        return -EALREADY;
    }
    b->gap.extended = on;
    return 0;
}

int ble_set_extended(ble_t *b, bool on) {
    extended_call_t c = { .on = on };
    return ble_call(b, &c.call, extended_run, RTOS_FOREVER);
}
