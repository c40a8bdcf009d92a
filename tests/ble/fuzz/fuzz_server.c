// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The attribute server: requests with any fields on links of any security, subscriptions of bonds, and an application
// that reads, writes, notifies and has other services meanwhile.
#include "fuzz.h"

enum { CHARACTERISTICS = 8, VALUE = 64, LAST_HANDLE = 60 };

static uint8_t memory[CHARACTERISTICS][512], other[512];
static ble_characteristic_t characteristics[CHARACTERISTICS], wide[1];
static ble_descriptor_t descriptor;
static ble_service_t services[2];

static const struct {
    uint16_t flags, size;
    uint8_t key_size;
    bool append, cut, fixed;
} kinds[CHARACTERISTICS] = {
    { BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE | BLE_NOTIFY | BLE_INDICATE, 20, 0, false, false, false },
    { BLE_READ | BLE_WRITE | BLE_READ_ENCRYPTED | BLE_WRITE_ENCRYPTED | BLE_NOTIFY, 8, 16, false, true, false },
    { BLE_READ | BLE_WRITE | BLE_READ_AUTHENTICATED | BLE_WRITE_AUTHENTICATED | BLE_INDICATE, 8, 0, false, false,
      false },
    { BLE_READ | BLE_WRITE, 4, 0, false, false, true },
    { BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE, 10, 0, true, false, false },
    { BLE_READ | BLE_WRITE | BLE_NOTIFY, 512, 0, false, false, false },
    { BLE_READ | BLE_WRITE | BLE_READ_AUTHORIZED | BLE_WRITE_AUTHORIZED | BLE_WRITE_NO_RESPONSE, 300, 0, false, true,
      false },
    { BLE_READ | BLE_WRITE | BLE_SIGNED_WRITE, 0, 0, false, false, false },
};

static void database(void) {
    for (unsigned i = 0; i < CHARACTERISTICS; i++) {
        characteristics[i] = (ble_characteristic_t) {
            .uuid = { 2, { i, 0xa0 } }, .flags = kinds[i].flags, .key_size = kinds[i].key_size,
            .value = { memory[i], kinds[i].size / 2, kinds[i].size, kinds[i].append, kinds[i].cut, kinds[i].fixed },
        };
    }
    descriptor = (ble_descriptor_t) { .uuid = { 2, { 0x01, 0x29 } }, .flags = BLE_READ | BLE_WRITE,
                                      .value = { other, 2, 30, false, false, false } };
    characteristics[0].descriptors = &descriptor;
    characteristics[0].descriptor_count = 1;
    wide[0] = (ble_characteristic_t) { .uuid = { 16, { 1, 2, 3 } }, .flags = BLE_READ | BLE_NOTIFY,
                                       .value = { other + 100, 5, 5, false, false, false } };
    services[0] = (ble_service_t) { .uuid = { 2, { 0x0f, 0x18 } }, .characteristic_count = CHARACTERISTICS,
                                    .characteristics = characteristics };
    services[1] = (ble_service_t) { .uuid = { 16, { 1, 2, 4 } }, .secondary = true, .characteristic_count = 1,
                                    .characteristics = wide };
    ble_gatts_add(&alone, &services[0]);
    ble_gatts_add(&alone, &services[1]);
}

// ---- the peers

static uint16_t some_handle(void) {
    return fuzz_one_in(32) ? fuzz_two() : fuzz_below(LAST_HANDLE);
}

// What of the handles of most requests is right.
static size_t request_fill(uint8_t *p) {
    static const uint8_t opcodes[] = { 0x02, 0x04, 0x06, 0x08, 0x0a, 0x0c, 0x0e, 0x10, 0x12, 0x16, 0x18, 0x1e, 0x20,
                                       0x52, 0xd2, 0x06 };
    static const uint16_t types[] = { 0x2800, 0x2801, 0x2802, 0x2803, 0x2902, 0x2a00, 0xa000, 0x2b2a };
    p[0] = opcodes[fuzz_below(sizeof(opcodes))];
    if (p[0] == 0x18) {
        p[1] = fuzz_octet();
        return 2;
    }
    ble_put16(p + 1, p[0] == 0x02 ? fuzz_two() : some_handle());
    if (p[0] == 0x04 || p[0] == 0x06 || p[0] == 0x08 || p[0] == 0x10) {
        ble_put16(p + 3, fuzz_one_in(4) ? some_handle() : 0xffff);
        ble_put16(p + 5, types[fuzz_below(BLE_COUNT(types))]);
        return p[0] == 0x04 ? 5 : 7 + (fuzz_one_in(4) ? fuzz_octets(p + 7, VALUE) : 0);
    }
    ble_put16(p + 3, p[0] == 0x0c || p[0] == 0x16 ? fuzz_octet() : fuzz_two());
    return p[0] == 0x02 || p[0] == 0x0a ? 3 : p[0] == 0x0c ? 5 : 5 + fuzz_octets(p + 5, 512);
}

static void request(void) {
    uint8_t p[600];
    uint16_t connection = fuzz_connection();
    size_t length = request_fill(p);
    fuzz_l2cap(connection, BLE_CID_ATT, p, fuzz_one_in(32) ? fuzz_below(length + 1) : length);
}

static void any_request(void) {
    uint8_t p[600];
    uint16_t connection = fuzz_connection();
    fuzz_l2cap(connection, BLE_CID_ATT, p, fuzz_octets(p, sizeof(p)));
}

// What a bond has kept.
static void subscriptions(void) {
    uint8_t p[64];
    ble_conn_t *c = fuzz_conn();
    size_t n = fuzz_octets(p, sizeof(p));
    if (c != NULL) {
        c->bonded = true;
        ble_gatts_subscriptions_set(&alone, c, p, n);
        ble_gatts_bonded(&alone, c);
    }
}

// ---- the application

static void call(unsigned what) {
    static uint8_t memories[2][512];
    uint8_t octets[512], *buffer = memories[fuzz_below(2)];
    size_t length = fuzz_octets(octets, sizeof(octets));
    uint16_t handle = some_handle(), connection = fuzz_connection();
    ble_conn_t *c = ble_conn_find(&alone, connection);
    switch (what) {
        case 0:
            ble_gatts_notify(&alone, connection, handle, length == 0 ? NULL : octets, length, fuzz_octet());
            break;
        case 1:
            ble_gatts_indicate(&alone, connection, handle, length == 0 ? NULL : octets, length, fuzz_octet());
            break;
        case 2:
        case 3:
            ble_gatts_write(&alone, handle, octets, length, what == 3);
            break;
        case 4:
            ble_gatts_read(&alone, handle, octets, &length);
            break;
        case 5:
            ble_gatts_clear(&alone);
            if (!fuzz_one_in(4)) {
                database();
            }
            break;
        case 6:
            ble_set_mtu(&alone, fuzz_two());
            break;
        default:
            if (handle == characteristics[5].handle) {
                ble_gatts_set_buffer(&alone, handle, &buffer, 1 + fuzz_octet(), fuzz_one_in(2));
            } else if (c != NULL) {
                fuzz_secure(c);
            }
    }
}

static void step(unsigned what) {
    if (what < 96) {
        request();
    } else if (what < 112) {
        any_request();
    } else if (what < 116) {
        subscriptions();
    } else {
        call(what % 8);
    }
}

static void begin(void) {
    fuzz_connect(FUZZ_FIRST, true);
    fuzz_connect(FUZZ_FIRST + 1, false);
}

const fuzz_target_t fuzz_target = { .prepare = database, .begin = begin, .step = step };
