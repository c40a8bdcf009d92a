// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The attribute client: procedures of all kinds on several links, and servers that answer what was asked, or anything.
#include "fuzz.h"

// The last request on each connection.
typedef struct {
    uint8_t octets[BLE_MTU];
    size_t length;
} asked_t;

static asked_t asked[FUZZ_CONNECTIONS];

static asked_t *asked_on(uint16_t connection) {
    return &asked[connection - FUZZ_FIRST];
}

static void heard(uint16_t connection, uint16_t cid, const uint8_t *payload, size_t length) {
    if (cid == BLE_CID_ATT && !(payload[0] & 1) && !(payload[0] & 0x40)) {
        asked_t *a = asked_on(connection);
        memcpy(a->octets, payload, length);
        a->length = length;
    }
}

// ---- the servers

// Entries of handles that go on from what was asked, as many as the input says, and the rest of each.
static size_t entries(uint8_t *p, const asked_t *a, size_t handles, size_t rest, size_t most) {
    uint16_t handle = ble_get16(a->octets + 1);
    size_t at = 0;
    for (unsigned number = 1 + fuzz_below(8); number > 0 && at + 2 * handles + rest <= most; number--) {
        for (size_t i = 0; i < handles; i++) {
            handle += fuzz_one_in(16) ? fuzz_octet() : 1;
            ble_put16(p + at, fuzz_one_in(64) ? fuzz_two() : handle);
            at += 2;
        }
        fuzz_fill(p + at, rest);
        at += rest;
    }
    return at;
}

static size_t services_fill(uint8_t *p, const asked_t *a) {
    bool wide = fuzz_one_in(2);
    p[1] = wide ? 20 : 6;
    return 2 + entries(p + 2, a, 2, wide ? 16 : 2, 21);
}

// A declaration: handle, properties, the value's handle, UUID.
static size_t characteristics_fill(uint8_t *p, const asked_t *a) {
    bool wide = fuzz_one_in(2);
    size_t size = wide ? 21 : 7;
    uint16_t handle = ble_get16(a->octets + 1);
    p[1] = size;
    size_t at = 2;
    for (unsigned number = 1 + fuzz_below(3); number > 0 && at + size <= 23; number--, at += size) {
        ble_put16(p + at, handle);
        p[at + 2] = fuzz_octet();
        ble_put16(p + at + 3, handle + 1);
        fuzz_fill(p + at + 5, size - 5);
        handle += 2;
    }
    return at;
}

static size_t value_fill(uint8_t *p, const ble_conn_t *c) {
    size_t length = fuzz_one_in(2) ? (size_t)c->att.mtu - 1 : fuzz_octet();
    length = length < 500 ? length : 500;
    memset(p + 1, 0x5a, length);
    return 1 + length;
}

// What a server would say.
static size_t response_fill(uint8_t *p, const ble_conn_t *c, const asked_t *a) {
    p[0] = a->octets[0] + 1;
    switch (a->octets[0]) {
        case BLE_ATT_MTU_REQUEST:
            ble_put16(p + 1, fuzz_two());
            return 3;
        case BLE_ATT_FIND_INFORMATION_REQUEST:
            p[1] = 1 + fuzz_below(2);
            return 2 + entries(p + 2, a, 1, p[1] == 1 ? 2 : 16, 21);
        case BLE_ATT_FIND_BY_TYPE_VALUE_REQUEST:
            return 1 + entries(p + 1, a, 2, 0, 22);
        case BLE_ATT_READ_BY_TYPE_REQUEST:
            return characteristics_fill(p, a);
        case BLE_ATT_READ_BY_GROUP_TYPE_REQUEST:
            return services_fill(p, a);
        case BLE_ATT_READ_REQUEST:
        case BLE_ATT_READ_BLOB_REQUEST:
            return value_fill(p, c);
        case BLE_ATT_PREPARE_WRITE_REQUEST:
            memcpy(p + 1, a->octets + 1, a->length - 1);
            return a->length;
        default:
            return 1;
    }
}

static void respond(void) {
    uint8_t p[600];
    ble_conn_t *c = fuzz_conn();
    asked_t *a = c == NULL ? NULL : asked_on(c->handle);
    if (a == NULL || a->length == 0) {
        return;
    }
    size_t length = response_fill(p, c, a);
    if (fuzz_one_in(32)) {
        p[fuzz_octet() % length] = fuzz_octet();
    }
    fuzz_l2cap(c->handle, BLE_CID_ATT, p, fuzz_one_in(32) ? fuzz_octet() % length : length);
}

static void refuse(void) {
    uint16_t connection = fuzz_connection();
    const asked_t *a = asked_on(connection);
    uint8_t p[5] = { 0x01, a->octets[0], a->octets[1], a->octets[2], fuzz_one_in(2) ? fuzz_octet() : 0x0a };
    fuzz_l2cap(connection, BLE_CID_ATT, p, sizeof(p));
}

// Notifications, indications, several in one.
static void push(void) {
    static const uint8_t opcodes[] = { 0x1b, 0x1d, 0x23 };
    uint8_t p[600] = { opcodes[fuzz_below(3)] };
    uint16_t connection = fuzz_connection();
    ble_put16(p + 1, fuzz_octet());
    fuzz_l2cap(connection, BLE_CID_ATT, p, 3 + fuzz_octets(p + 3, sizeof(p) - 3));
}

static void any_packet(void) {
    uint8_t p[255];
    uint16_t connection = fuzz_connection();
    fuzz_l2cap(connection, BLE_CID_ATT, p, fuzz_octets(p, sizeof(p)));
}

// ---- the application

static const ble_uuid_t *some_uuid(void) {
    static const ble_uuid_t uuids[] = { { 2, { 0x0f, 0x18 } }, { 4, { 0x0f, 0x18 } }, { 16, { 1, 2, 3 } } };
    unsigned i = fuzz_below(4);
    return i == 3 ? NULL : &uuids[i];
}

static void call(unsigned what) {
    uint8_t octets[BLE_VALUE_MAX] = { 0 };
    uint16_t connection = fuzz_connection(), handle = 1 + fuzz_octet();
    switch (what) {
        case 0:
            ble_gattc_services(&alone, connection, some_uuid());
            break;
        case 1:
            ble_gattc_characteristics(&alone, connection, handle, fuzz_one_in(2) ? handle + fuzz_octet() : 0xffff,
                some_uuid());
            break;
        case 2:
            ble_gattc_descriptors(&alone, connection, handle, fuzz_one_in(2) ? handle + fuzz_octet() : 0xffff);
            break;
        case 3:
            ble_gattc_read(&alone, connection, handle);
            break;
        case 4:
        case 5:
            ble_gattc_write(&alone, connection, handle, octets, 2u * fuzz_octet());
            break;
        case 6:
            ble_gattc_write_command(&alone, connection, handle, octets, fuzz_octet(), fuzz_octet());
            break;
        default:
            ble_gattc_exchange_mtu(&alone, connection);
    }
}

static void step(unsigned what) {
    if (what < 64) {
        respond();
    } else if (what < 80) {
        refuse();
    } else if (what < 104) {
        push();
    } else if (what < 120) {
        any_packet();
    } else {
        call(what % 8);
    }
}

static void begin(void) {
    memset(asked, 0, sizeof(asked));
    fuzz_connect(FUZZ_FIRST, true);
    fuzz_connect(FUZZ_FIRST + 1, false);
}

const fuzz_target_t fuzz_target = { .begin = begin, .step = step, .heard = heard };
