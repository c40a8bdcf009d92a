// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server, octet for octet: every request in each state of security, wrong lengths, borders of the MTU, what
// goes out unasked. Packets are written as they go over the air, in hexadecimal.
#include <stdio.h>

#include "alone.h"

#define CONN (64)

static unsigned cases;

static void ok(const char *name) {
    printf("ok %s\n", name);
    cases++;
}

// ---- the database

enum {
    OPEN = 16, OPEN_SUBSCRIPTION = 17, OPEN_DESCRIPTOR = 18, ENCRYPTED = 20, AUTHENTICATED = 22, KEY_16 = 24,
    READ_ONLY = 26, WRITE_ONLY = 28, FIXED = 30, APPEND = 32, GUARDED = 34, GUARDED_SUBSCRIPTION = 35, LONG = 37,
    AUTHORIZED = 40, AUTHORIZED_WRITE = 42, OTHER = 44,
};

static uint8_t memory[10][512];
static ble_characteristic_t characteristics[10], others[3];
static uint8_t authorized_memory[4], other_memory[1];
static ble_descriptor_t descriptor;
static ble_service_t services[2];

static void characteristic(unsigned i, uint16_t flags, const char *value, uint16_t size) {
    ble_characteristic_t *ch = &characteristics[i];
    memset(ch, 0, sizeof(*ch));
    ch->uuid = (ble_uuid_t) { 2, { 1 + i, 0xa0 } };
    ch->flags = flags;
    ch->value = (ble_value_t) { .octets = memory[i], .length = strlen(value), .size = size };
    memcpy(memory[i], value, strlen(value));
}

static void database(void) {
    const ble_uuid_t wide = { 16, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
    ble_gatts_clear(&alone);
    characteristic(0, BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE | BLE_NOTIFY | BLE_INDICATE, "abc", 20);
    characteristic(1, BLE_READ | BLE_WRITE | BLE_READ_ENCRYPTED | BLE_WRITE_ENCRYPTED, "e", 8);
    characteristic(2, BLE_READ | BLE_WRITE | BLE_READ_AUTHENTICATED | BLE_WRITE_AUTHENTICATED, "m", 8);
    characteristic(3, BLE_READ | BLE_WRITE | BLE_READ_ENCRYPTED | BLE_WRITE_ENCRYPTED, "k", 8);
    characteristic(4, BLE_READ, "r", 8);
    characteristic(5, BLE_WRITE, "w", 8);
    characteristic(6, BLE_READ | BLE_WRITE, "four", 4);
    characteristic(7, BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE, "", 10);
    characteristic(8, BLE_READ | BLE_READ_ENCRYPTED | BLE_NOTIFY, "g", 8);
    characteristic(9, BLE_READ | BLE_WRITE, "", 512);
    characteristics[3].key_size = 16;
    characteristics[6].uuid = wide;
    characteristics[6].value.fixed = true;
    characteristics[7].value.append = true;
    characteristics[8].key_size = 16;
    for (unsigned i = 0; i < 300; i++) {
        memory[9][i] = i;
    }
    characteristics[9].value.length = 300;
    descriptor = (ble_descriptor_t) { .uuid = { 2, { 0x01, 0x29 } }, .flags = BLE_READ,
                                      .value = { (uint8_t *)"hi", 2, 2, false, false } };
    characteristics[0].descriptors = &descriptor;
    characteristics[0].descriptor_count = 1;
    others[0] = (ble_characteristic_t) { .uuid = { 2, { 0x11, 0xa0 } }, .flags = BLE_READ | BLE_READ_AUTHORIZED,
                                         .value = { (uint8_t *)"z", 1, 1, false, false } };
    others[1] = (ble_characteristic_t) { .uuid = { 2, { 0x12, 0xa0 } },
                                         .flags = BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE | BLE_WRITE_AUTHORIZED,
                                         .value = { authorized_memory, 1, 4, false, false } };
    others[2] = (ble_characteristic_t) { .uuid = { 2, { 0x13, 0xa0 } }, .flags = BLE_NOTIFY,
                                         .value = { other_memory, 1, 1, false, false } };
    authorized_memory[0] = 'y';
    services[0] = (ble_service_t) { .uuid = { 2, { 0x00, 0xa0 } }, .characteristic_count = 10,
                                    .characteristics = characteristics };
    services[1] = (ble_service_t) { .uuid = wide, .secondary = true, .characteristic_count = 3,
                                    .characteristics = others };
    alone_check(ble_gatts_add(&alone, &services[0]) == 0 && ble_gatts_add(&alone, &services[1]) == 0);
    alone_check(characteristics[0].handle == OPEN && characteristics[8].handle == GUARDED);
    alone_check(characteristics[9].handle == LONG && services[0].end == LONG && others[0].handle == AUTHORIZED);
}

// ---- packets

static size_t octets_of(const char *hex, uint8_t *octets) {
    size_t n = 0;
    for (unsigned value; sscanf(hex, " %2x", &value) == 1; n++) {
        octets[n] = value;
        hex += strspn(hex, " ");
        hex += 2;
    }
    return n;
}

static void send_on(uint16_t connection, const char *hex) {
    uint8_t octets[600];
    size_t n = octets_of(hex, octets);
    alone_l2cap(connection, BLE_CID_ATT, octets, n);
}

static void expect_on(uint16_t connection, const char *hex, int line) {
    uint8_t want[600], got[600];
    size_t n = octets_of(hex, want);
    size_t length = alone_sent_on(connection, BLE_CID_ATT, got);
    if (n != length || memcmp(want, got, n) != 0) {
        printf("line %d: wanted %s, got", line, hex);
        for (size_t i = 0; i < length; i++) {
            printf(" %02x", got[i]);
        }
        printf("\n");
        alone_failed(__FILE__, line, "the packet is as wanted");
    }
}

#define send(hex) send_on(CONN, hex)
#define expect(hex) expect_on(CONN, hex, __LINE__)

// All events, given back; the last one is in `last`, how many in `events`.
static ble_event_t last;
static unsigned events;

static void drain(int answer) {
    events = 0;
    for (ble_event_t event; alone_take(&event, answer) != -1;) {
        if (event.event_class == BLE_CLASS_ATT) {
            last = event;
            events++;
        }
    }
}

#define ask(request, answer) (send(request), drain(0), expect(answer))

static ble_conn_t *conn(void) {
    return ble_conn_find(&alone, CONN);
}

static void fresh(void) {
    alone_stop();
    drain(0);
    database();
    alone_start();
    alone_connect(CONN, false);
    drain(0);
}

static void mtu(unsigned n) {
    char request[16];
    snprintf(request, sizeof(request), "02 %02x %02x", n & 255, n >> 8);
    ask(request, "03 00 01"); // BLE_MTU is 256
}

// ---- discovery

static void test_discovery(void) {
    fresh();
    ask("10 01 00 ff ff 00 28", "11 06 01 00 05 00 00 18 06 00 0d 00 01 18 0e 00 25 00 00 a0");
    ask("10 26 00 ff ff 00 28", "01 10 26 00 0a");
    ask("10 01 00 ff ff 01 28", "11 14 26 00 2d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10");
    ask("10 01 00 ff ff fb 34 9b 5f 80 00 00 80 00 10 00 00 00 28 00 00",
        "11 06 01 00 05 00 00 18 06 00 0d 00 01 18 0e 00 25 00 00 a0");
    ask("10 01 00 ff ff 03 28", "01 10 01 00 10");
    ask("10 00 00 ff ff 00 28", "01 10 00 00 01");
    ask("10 05 00 04 00 00 28", "01 10 05 00 01");
    ok("read by group type");
    ask("06 01 00 ff ff 00 28 01 18", "07 06 00 0d 00");
    ask("06 01 00 ff ff 00 28 01 19", "01 06 01 00 0a");
    ask("06 01 00 ff ff 00 28", "01 06 01 00 0a");
    ask("06 00 00 ff ff 00 28 01 18", "01 06 00 00 01");
    ask("06 02 00 01 00 00 28 01 18", "01 06 02 00 01");
    ask("06 01 00 ff ff 01 28 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10", "07 26 00 2d 00");
    ok("find by type value");
    ask("08 01 00 ff ff 03 28", "09 07 02 00 02 03 00 00 2a 04 00 02 05 00 01 2a 07 00 20 08 00 05 2a");
    ask("08 0e 00 25 00 03 28", "09 07 0f 00 3e 10 00 01 a0 13 00 0a 14 00 02 a0 15 00 0a 16 00 03 a0");
    ask("08 1d 00 25 00 03 28", "09 15 1d 00 0a 1e 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10");
    ask("08 1e 00 ff ff 02 28", "01 08 1e 00 0a");
    ask("08 01 00 ff ff 00 2a", "09 08 03 00 48 45 44 44 4c 45");
    ask("08 01 00 ff ff 01 a0", "09 05 10 00 61 62 63");
    alone_check(events == 1 && last.type == BLE_EVENT_READ && last.handle == OPEN);
    ask("08 01 00 ff ff 02 a0", "01 08 14 00 05");
    ask("08 01 00 ff ff 06 a0", "01 08 1c 00 02");
    ok("read by type");
    ask("04 01 00 ff ff", "05 01 01 00 00 28 02 00 03 28 03 00 00 2a 04 00 03 28 05 00 01 2a");
    ask("04 10 00 12 00", "05 01 10 00 01 a0 11 00 02 29 12 00 01 29");
    ask("04 1d 00 25 00", "05 01 1d 00 03 28");
    ask("04 1e 00 25 00", "05 02 1e 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10");
    ask("04 2e 00 ff ff", "01 04 2e 00 0a");
    ask("04 ff ff ff ff", "01 04 ff ff 0a");
    ask("04 00 00 ff ff", "01 04 00 00 01");
    ask("04 05 00 01 00", "01 04 05 00 01");
    ok("find information");
}

// ---- security

typedef struct {
    const char *name;
    bool encrypted, authenticated, bonded;
    uint8_t key_size;
    uint8_t errors[3]; // for ENCRYPTED, AUTHENTICATED, KEY_16
} security_t;

static void expect_result(uint8_t request, uint16_t handle, uint8_t error, const char *answer) {
    char hex[32];
    snprintf(hex, sizeof(hex), "01 %02x %02x 00 %02x", request, handle, error);
    expect(error == 0 ? answer : hex);
}

// Every way to read and to write one value.
static void accesses(uint16_t handle, uint8_t error, const char *value) {
    char request[64], answer[64];
    snprintf(request, sizeof(request), "0a %02x 00", handle);
    snprintf(answer, sizeof(answer), "0b %s", value);
    send(request);
    drain(0);
    alone_check(events == (error == 0));
    expect_result(0x0a, handle, error, answer);

    snprintf(request, sizeof(request), "0c %02x 00 01 00", handle);
    send(request);
    drain(0);
    expect_result(0x0c, handle, error, "0d");

    snprintf(request, sizeof(request), "0e 10 00 %02x 00", handle);
    snprintf(answer, sizeof(answer), "0f 61 62 63 %s", value);
    send(request);
    drain(0);
    expect_result(0x0e, handle, error, answer);

    snprintf(request, sizeof(request), "20 10 00 %02x 00", handle);
    snprintf(answer, sizeof(answer), "21 03 00 61 62 63 01 00 %s", value);
    send(request);
    drain(0);
    expect_result(0x20, handle, error, answer);

    snprintf(request, sizeof(request), "12 %02x 00 %s", handle, value);
    send(request);
    drain(0);
    alone_check(events == (error == 0));
    expect_result(0x12, handle, error, "13");

    snprintf(request, sizeof(request), "52 %02x 00 %s", handle, value);
    send(request);
    drain(0);
    alone_check(events == (error == 0));
    expect("");

    snprintf(request, sizeof(request), "16 %02x 00 00 00 %s", handle, value);
    snprintf(answer, sizeof(answer), "17 %02x 00 00 00 %s", handle, value);
    send(request);
    drain(0);
    expect_result(0x16, handle, error, answer);
    ask("18 01", "19");
    alone_check(events == (error == 0));
}

static void test_security(void) {
    static const security_t states[] = {
        { "plain", false, false, false, 0, { 0x05, 0x05, 0x05 } },
        { "plain, bonded", false, false, true, 0, { 0x0f, 0x0f, 0x0f } },
        { "encrypted with 7 octets", true, false, false, 7, { 0, 0x05, 0x0c } },
        { "encrypted with 16 octets", true, false, false, 16, { 0, 0x05, 0 } },
        { "authenticated with 15 octets", true, true, true, 15, { 0, 0, 0x0c } },
        { "authenticated with 16 octets", true, true, true, 16, { 0, 0, 0 } },
    };
    for (unsigned i = 0; i < BLE_COUNT(states); i++) {
        const security_t *s = &states[i];
        fresh();
        conn()->encrypted = s->encrypted;
        conn()->authenticated = s->authenticated;
        conn()->bonded = s->bonded;
        conn()->key_size = s->key_size;
        accesses(ENCRYPTED, s->errors[0], "65");
        accesses(AUTHENTICATED, s->errors[1], "6d");
        accesses(KEY_16, s->errors[2], "6b");
        // Whoever may not read a value may not have it sent.
        send("12 23 00 01 00");
        drain(0);
        expect_result(0x12, GUARDED_SUBSCRIPTION, s->errors[2], "13");
        ask("0a 23 00", s->errors[2] == 0 ? "0b 01 00" : "0b 00 00");
        // Lists end before what may not be read.
        ask("08 01 00 ff ff 05 a0", "09 03 1a 00 72");
        ok(s->name);
    }
}

static void test_permissions(void) {
    fresh();
    ask("12 1a 00 00", "01 12 1a 00 03");
    ask("16 1a 00 00 00 00", "01 16 1a 00 03");
    ask("0a 1c 00", "01 0a 1c 00 02");
    ask("0c 1c 00 00 00", "01 0c 1c 00 02");
    ask("0a 08 00", "01 0a 08 00 02");
    ask("12 03 00 00", "01 12 03 00 03");
    ask("12 0f 00 00", "01 12 0f 00 03");
    ask("12 0e 00 00", "01 12 0e 00 03");
    ask("0a 00 00", "01 0a 00 00 01");
    ask("0a 2e 00", "01 0a 2e 00 01");
    ask("12 ff ff 00", "01 12 ff ff 01");
    ask("16 2e 00 00 00 00", "01 16 2e 00 01");
    ask("0e 10 00 2e 00", "01 0e 2e 00 01");
    ask("20 2e 00 10 00", "01 20 2e 00 01");
    ask("52 1a 00 00", "");
    ask("52 2e 00 00", "");
    ask("0a 0e 00", "0b 00 a0");
    ask("0a 12 00", "0b 68 69");
    ok("permissions without security");
}

// ---- lengths

// Whatever of a request's length is not the right one; everything else about it is right.
static void test_lengths(void) {
    static const struct {
        uint8_t opcode, shortest;
        uint8_t longest; // 0: any
        uint8_t step;
    } lengths[] = {
        { 0x02, 3, 3, 1 }, { 0x04, 5, 5, 1 }, { 0x06, 7, 0, 1 }, { 0x08, 7, 21, 14 }, { 0x0a, 3, 3, 1 },
        { 0x0c, 5, 5, 1 }, { 0x0e, 5, 0, 2 }, { 0x10, 7, 21, 14 }, { 0x12, 3, 0, 1 }, { 0x16, 5, 0, 1 },
        { 0x18, 2, 2, 1 }, { 0x20, 5, 0, 2 },
    };
    for (unsigned i = 0; i < BLE_COUNT(lengths); i++) {
        for (unsigned n = 1; n <= 23; n++) {
            fresh();
            bool right = n >= lengths[i].shortest && (lengths[i].longest == 0 || n <= lengths[i].longest)
                         && (n - lengths[i].shortest) % lengths[i].step == 0;
            uint8_t pdu[23] = { lengths[i].opcode }, got[600];
            alone_l2cap(CONN, BLE_CID_ATT, pdu, n);
            drain(0);
            size_t length = alone_sent_on(CONN, BLE_CID_ATT, got);
            alone_check(length >= 1);
            alone_check((length == 5 && got[0] == 1 && got[1] == lengths[i].opcode && got[4] == 4) == !right);
        }
    }
    ok("lengths of requests");
    fresh();
    ask("52", "");
    ask("52 10", "");
    ask("1e 00", "");
    ask("d2 10 00 00 00 00 00 00 00 00 00 00 00 00", "");
    ask("d2 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "");
    alone_check(events == 0 && memory[0][0] == 'a');
    ok("lengths of commands");
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        char request[8], answer[24];
        bool known = opcode <= 0x19 ? opcode != 0x14 && opcode != 0x15 && opcode != 0x00 && opcode != 0x1a : false;
        known |= opcode == 0x1b || opcode == 0x1d || opcode == 0x1e || opcode == 0x20 || opcode == 0x21
                 || opcode == 0x23;
        bool clients = (opcode & 1) && opcode <= 0x21;
        snprintf(request, sizeof(request), "%02x", opcode);
        snprintf(answer, sizeof(answer), "01 %02x 00 00 06", opcode);
        if (!known && !clients) {
            ask(request, opcode & 0x40 ? "" : answer);
        }
    }
    ok("unknown opcodes");
}

// ---- the MTU

static void fill_hex(char *hex, const char *head, unsigned first, unsigned count) {
    hex += sprintf(hex, "%s", head);
    for (unsigned i = 0; i < count; i++) {
        hex += sprintf(hex, " %02x", (first + i) & 255);
    }
}

static void test_mtu(void) {
    static char hex[2000];
    static const unsigned theirs[] = { 0, 22, 23, 24, 64, 255, 256, 257, 517, 65535 };
    for (unsigned i = 0; i < BLE_COUNT(theirs); i++) {
        unsigned in_force = theirs[i] < 23 ? 23 : theirs[i] > 256 ? 256 : theirs[i];
        fresh();
        mtu(theirs[i]);
        alone_check(conn()->att.mtu == in_force);
        fill_hex(hex, "0b", 0, in_force - 1);
        ask("0a 25 00", hex);
        fill_hex(hex, "0d", 290, in_force - 1 < 10 ? in_force - 1 : 10);
        ask("0c 25 00 22 01", hex);
        ask("0c 25 00 2c 01", "0d");
        ask("0c 25 00 2d 01", "01 0c 25 00 07");
        unsigned most = in_force - 4 < 253 ? in_force - 4 : 253;
        fill_hex(hex, "", most + 2, 1);
        char head[32];
        snprintf(head, sizeof(head), "09 %02x 25 00", most + 2);
        fill_hex(hex, head, 0, most);
        ask("08 01 00 ff ff 0a a0", hex);
        fill_hex(hex, "0f 61 62 63", 0, in_force - 4);
        ask("0e 10 00 25 00", hex);
        fill_hex(hex, "21 03 00 61 62 63 2c 01", 0, in_force - 8);
        ask("20 10 00 25 00", hex);
        alone_check(ble_gatts_notify(&alone, CONN, LONG, NULL, 0, 0) == 0);
        fill_hex(hex, "1b 25 00", 0, in_force - 3);
        expect(hex);
        alone_check(ble_gatts_indicate(&alone, CONN, LONG, NULL, 0, 0) == 0);
        fill_hex(hex, "1d 25 00", 0, in_force - 3);
        expect(hex);
    }
    ok("MTU");
    // A length that does not fit whole is not there: 1 + 2 + 3 + 2 + 3 ... of 23.
    fresh();
    ask("20 10 00 10 00 10 00 10 00 10 00",
        "21 03 00 61 62 63 03 00 61 62 63 03 00 61 62 63 03 00 61 62 63 03 00");
    alone_check(events == 5);
    mtu(27); // nor is half a length
    ask("20 10 00 10 00 10 00 10 00 10 00 10 00",
        "21 03 00 61 62 63 03 00 61 62 63 03 00 61 62 63 03 00 61 62 63 03 00 61 62 63");
    ok("read multiple variable, cut");
    ask("04 01 00 ff ff", "05 01 01 00 00 28 02 00 03 28 03 00 00 2a 04 00 03 28 05 00 01 2a 06 00 00 28");
    mtu(25);
    ask("04 01 00 ff ff", "05 01 01 00 00 28 02 00 03 28 03 00 00 2a 04 00 03 28 05 00 01 2a");
    ask("06 01 00 ff ff 03 28 02 05 00 01 2a", "07 04 00 04 00");
    ok("lists, cut");
    alone_check(ble_set_mtu(&alone, 22) == -EINVAL && ble_set_mtu(&alone, 257) == -EINVAL);
    alone_check(ble_mtu(&alone) == 256 && ble_set_mtu(&alone, 50) == 0 && ble_mtu(&alone) == 50);
    ask("02 2c 01", "03 32 00");
    alone_check(conn()->att.mtu == 50 && ble_set_mtu(&alone, 256) == 0);
    ok("preferred MTU");
}

// ---- writes

static void expect_value(uint16_t handle, const char *value, int line) {
    uint8_t octets[512];
    size_t length = sizeof(octets);
    alone_check(ble_gatts_read(&alone, handle, octets, &length) == 0);
    if (length != strlen(value) || memcmp(octets, value, length) != 0) {
        printf("line %d: %zu %.*s\n", line, length, (int)length, octets);
        alone_failed(__FILE__, line, value);
    }
}

#define is(handle, value) expect_value(handle, value, __LINE__)

static void test_writes(void) {
    fresh();
    ask("12 10 00 78 79", "13");
    alone_check(events == 1 && last.type == BLE_EVENT_WRITTEN && last.handle == OPEN && last.length == 2);
    is(OPEN, "xy");
    ask("12 10 00", "13");
    is(OPEN, "");
    ask("52 10 00 63", "");
    is(OPEN, "c");
    ask("12 10 00 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39", "13");
    mtu(100);
    ask("12 10 00 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30", "01 12 10 00 0d");
    alone_check(events == 0);
    is(OPEN, "01234567890123456789");
    ask("12 1e 00 78 79 7a", "01 12 1e 00 0d");
    ask("12 1e 00 78 79 7a 78 79", "01 12 1e 00 0d");
    ask("12 1e 00 78 79 7a 21", "13");
    is(FIXED, "xyz!");
    ok("write");
    ask("12 20 00 61 62 63", "13");
    ask("52 20 00 64 65 66", "");
    ask("12 20 00 67 68 69 6a 6b", "01 12 20 00 0d");
    ask("12 20 00 67 68 69 6a", "13");
    is(APPEND, "abcdefghij");
    is(APPEND, "");
    ok("append");
    ble_event_t event;
    send("12 10 00 61 62");
    expect("13");
    alone_check(alone_next(&event) && event.length == 2 && memcmp(event.data, "ab", 2) == 0);
    send("52 10 00 63 64"); // waits
    is(OPEN, "ab");
    alone_check(memcmp(event.data, "ab", 2) == 0);
    ble_event_done(&alone, &event, 0);
    alone_check(alone_next(&event) && memcmp(event.data, "cd", 2) == 0);
    is(OPEN, "cd");
    ble_event_done(&alone, &event, 0);
    drain(0);
    ok("each write is seen");
}

static void test_prepared(void) {
    fresh();
    ask("16 10 00 00 00 61 62", "17 10 00 00 00 61 62");
    ask("16 10 00 02 00 63 64 65", "17 10 00 02 00 63 64 65");
    alone_check(conn()->att.prepared.count == 1);
    is(OPEN, "abc");
    ask("18 01", "19");
    alone_check(events == 1 && last.type == BLE_EVENT_WRITTEN && last.handle == OPEN && last.length == 5);
    is(OPEN, "abcde");
    ask("18 01", "19");
    alone_check(events == 0);
    ok("prepared, in one buffer");
    ask("16 10 00 02 00 58", "17 10 00 02 00 58");
    ask("18 00", "19");
    is(OPEN, "abcde");
    ask("18 02", "01 18 00 00 04");
    ok("cancelled");
    ask("16 10 00 01 00 58 59", "17 10 00 01 00 58 59");
    ask("16 1e 00 00 00 77 78 79 7a", "17 1e 00 00 00 77 78 79 7a");
    ask("18 01", "19");
    alone_check(events == 2 && last.handle == FIXED);
    is(OPEN, "aXYde");
    is(FIXED, "wxyz");
    ok("two values");
    ask("16 10 00 00 00 31", "17 10 00 00 00 31");
    ask("16 1e 00 00 00 31 32 33", "17 1e 00 00 00 31 32 33");
    ask("18 01", "01 18 1e 00 0d");
    is(OPEN, "aXYde");
    is(FIXED, "wxyz");
    ask("18 01", "19"); // the queue is gone
    alone_check(events == 0);
    ask("16 10 00 00 00 31", "17 10 00 00 00 31");
    ask("16 10 00 02 00 31", "17 10 00 02 00 31");
    ask("18 01", "01 18 10 00 07");
    ask("16 10 00 14 00 31", "17 10 00 14 00 31");
    ask("18 01", "01 18 10 00 07");
    ask("16 1e 00 04 00 31", "17 1e 00 04 00 31");
    ask("18 01", "01 18 1e 00 0d");
    ask("16 10 00 ff ff 31", "17 10 00 ff ff 31");
    ask("18 01", "01 18 10 00 07");
    is(OPEN, "aXYde");
    is(FIXED, "wxyz");
    ok("all or nothing");
    ask("16 11 00 00 00 01 00", "17 11 00 00 00 01 00");
    ask("18 01", "19");
    alone_check(events == 1 && last.type == BLE_EVENT_SUBSCRIBED && last.value == BLE_SUBSCRIBE_NOTIFY);
    ask("16 20 00 00 00 31", "17 20 00 00 00 31");
    ask("16 20 00 01 00 32", "17 20 00 01 00 32");
    ask("18 01", "19");
    is(APPEND, "12");
    ok("prepared subscription and append");
    for (unsigned i = 0; i < 3; i++) {
        ask("16 10 00 09 00 31", "17 10 00 09 00 31");
    }
    ask("16 10 00 09 00 31", "17 10 00 09 00 31");
    ask("16 10 00 09 00 31", "01 16 10 00 09");
    ask("18 00", "19");
    alone_check(conn()->att.prepared.count == 0);
    ok("a full queue");
    ble_event_t event;
    ask("16 10 00 00 00 41 42", "17 10 00 00 00 41 42");
    send("18 01");
    expect("19");
    alone_check(alone_next(&event) && event.length == 2 && memcmp(event.data, "AB", 2) == 0);
    send("52 10 00 63 64 65 66"); // these wait in other buffers
    send("52 10 00 63 64 65 66");
    send("52 10 00 63 64 65 66");
    alone_check(memcmp(event.data, "AB", 2) == 0);
    ble_event_done(&alone, &event, 0);
    drain(0);
    alone_check(alone.free_count == BLE_BUFFERS);
    ok("data of a prepared write");
    send("12 10 00 31");
    alone_check(alone_next(&event));
    send("16 10 00 00 00 31"); // waits
    alone_disconnect(CONN, 0x13);
    ble_event_done(&alone, &event, 0);
    drain(0);
    alone_check(alone.free_count == BLE_BUFFERS);
    ok("prepared when the link ends");
}

static void test_long(void) {
    static char hex[2000], answer[2000], head[32];
    uint8_t octets[512];
    fresh();
    for (unsigned offset = 0; offset < 512; offset += 18) { // with the smallest MTU
        unsigned n = 512 - offset < 18 ? 512 - offset : 18;
        snprintf(head, sizeof(head), "16 25 00 %02x %02x", offset & 255, offset >> 8);
        fill_hex(hex, head, offset * 3, n);
        memcpy(answer, hex, sizeof(hex));
        answer[1] = '7';
        ask(hex, answer);
    }
    ask("18 01", "19");
    alone_check(events == 1 && last.length == 512 && last.data == NULL);
    size_t length = sizeof(octets);
    alone_check(ble_gatts_read(&alone, LONG, octets, &length) == 0 && length == 512);
    alone_check(octets[18] == 54 && octets[511] == (504 * 3 + 7) % 256);
    ask("16 25 00 00 02 00", "17 25 00 00 02 00");
    ask("18 01", "01 18 25 00 0d");
    alone_check(alone.free_count == BLE_BUFFERS);
    ok("a long write");
}

// ---- reads that ask

static void test_asking(void) {
    ble_event_t event;
    fresh();
    send("0a 10 00");
    expect("");
    alone_check(alone_next(&event) && event.type == BLE_EVENT_READ && event.handle == OPEN);
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"new", 3, false) == 0);
    expect("");
    ble_event_done(&alone, &event, 0);
    expect("0b 6e 65 77");
    send("0a 10 00");
    drain(0x80);
    expect("01 0a 10 00 80");
    send("0a 10 00");
    drain(-1);
    expect("01 0a 10 00 0e");
    send("0e 10 00 1a 00");
    alone_check(alone_take(&event, 0) == BLE_EVENT_READ && alone_take(&event, 0x81) == BLE_EVENT_READ);
    expect("01 0e 1a 00 81");
    ok("the application is asked");
    // Nobody answers.
    send("0a 10 00");
    alone_check(alone_next(&event));
    alone_wait(BLE_ANSWER_MS - 1);
    expect("");
    alone_wait(2);
    expect("0b 6e 65 77");
    send("0a 10 00"); // and goes on without being asked
    expect("0b 6e 65 77");
    send("0a 28 00"); // but not for what is guarded
    expect("01 0a 28 00 08");
    send("12 10 00 39");
    expect("13");
    ble_event_done(&alone, &event, 0x99);
    expect("");
    is(OPEN, "9");
    ask("0a 28 00", "0b 7a");
    send("0a 28 00");
    alone_check(alone_next(&event));
    alone_wait(BLE_ANSWER_MS + 1);
    expect("01 0a 28 00 08");
    ble_event_done(&alone, &event, 0);
    drain(0);
    ok("the application is late");
    send("0a 10 00");
    alone_check(alone_next(&event));
    ble_gatts_clear(&alone);
    ble_event_done(&alone, &event, 0);
    expect("01 0a 10 00 01");
    ok("services go while it is asked");
    fresh();
    send("12 2a 00 31 32");
    expect("");
    alone_check(alone_next(&event) && event.type == BLE_EVENT_WRITTEN && memcmp(event.data, "12", event.length) == 0);
    is(AUTHORIZED_WRITE, "y");
    ble_event_done(&alone, &event, 0);
    expect("13");
    is(AUTHORIZED_WRITE, "12");
    drain(0);
    alone_check(events == 0);
    send("12 2a 00 33");
    drain(0x80);
    expect("01 12 2a 00 80");
    send("52 2a 00 34");
    drain(0x80);
    is(AUTHORIZED_WRITE, "12");
    ask("52 2a 00 35", "");
    is(AUTHORIZED_WRITE, "5");
    ask("12 2a 00 31 31 31 31 31", "01 12 2a 00 0d");
    alone_check(events == 0);
    ask("16 2a 00 00 00 31", "01 16 2a 00 08");
    send("12 2a 00 36");
    alone_check(alone_next(&event));
    alone_wait(BLE_ANSWER_MS + 1);
    expect("01 12 2a 00 08");
    send("12 2a 00 37");
    expect("01 12 2a 00 08");
    ble_event_done(&alone, &event, 0);
    is(AUTHORIZED_WRITE, "5");
    ok("writes that the application agrees to");
}

// ---- subscriptions

static void test_subscriptions(void) {
    fresh();
    ask("0a 11 00", "0b 00 00");
    ask("12 11 00 01 00", "13");
    alone_check(events == 1 && last.type == BLE_EVENT_SUBSCRIBED && last.handle == OPEN && last.value == 1);
    ask("12 11 00 01 00", "13");
    alone_check(events == 0);
    ask("0a 11 00", "0b 01 00");
    ask("12 11 00 04 00", "01 12 11 00 13");
    ask("12 11 00 01", "01 12 11 00 0d");
    ask("12 11 00 01 00 00", "01 12 11 00 0d");
    ask("12 11 00", "01 12 11 00 0d");
    ask("12 09 00 01 00", "01 12 09 00 13");
    ask("12 09 00 02 00", "13");
    alone_check(events == 0);
    alone_connect(65, false);
    drain(0);
    send_on(65, "0a 11 00");
    expect_on(65, "0b 00 00", __LINE__);
    ok("subscriptions of each connection");
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"1", 1, false) == 0);
    expect("");
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"2", 1, true) == 0);
    expect("1b 10 00 32");
    send_on(65, "12 11 00 02 00");
    drain(0);
    expect_on(65, "13", __LINE__);
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"3", 1, true) == 0);
    uint8_t packet[1024];
    unsigned found = 0;
    for (size_t n; (n = alone_sent(packet)) != 0;) {
        found += packet[1] == CONN && packet[9] == 0x1b;
        found += packet[1] == 65 && packet[9] == 0x1d ? 16 : 0;
    }
    alone_check(found == 17);
    // While it is not confirmed only the newest value is kept.
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"4", 1, true) == 0);
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"5", 1, true) == 0);
    expect_on(65, "", __LINE__);
    send_on(65, "1e");
    drain(0);
    alone_check(events == 1 && last.type == BLE_EVENT_INDICATED && last.connection == 65 && last.status == 0);
    expect_on(65, "1d 10 00 35", __LINE__);
    ok("updates");
}

static void test_no_room(void) {
    fresh();
    ask("12 11 00 01 00", "13");
    alone.hci.acl_free = 0; // the controller takes nothing
    unsigned sent = 0;
    while (ble_gatts_notify(&alone, CONN, OPEN, NULL, 0, 0) == 0) {
        sent++;
    }
    alone_check(sent == BLE_BUFFERS - BLE_FOR_APPLICATION);
    alone_check(ble_gatts_notify(&alone, CONN, OPEN, NULL, 0, 100) == -ENOMEM);
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"old", 3, true) == 0);
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"new", 3, true) == 0);
    send("0a 1a 00"); // answers have their own
    drain(0);
    alone.hci.acl_free = 4;
    for (unsigned i = 0; i < sent; i++) {
        expect("1b 10 00 61 62 63");
    }
    expect("0b 72");
    expect("1b 10 00 6e 65 77");
    expect("");
    alone_check(alone.free_count == BLE_BUFFERS);
    ok("no room");
    for (unsigned multiple = 0; multiple < 2; multiple++) {
        fresh();
        ask("12 11 00 01 00", "13");
        ask("12 2d 00 01 00", "13");
        ask("12 0b 00 04", "13");
        alone.hci.acl_free = 0;
        while (ble_gatts_notify(&alone, CONN, OPEN, NULL, 0, 0) == 0) {
        }
        alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"01234567890123456789", multiple ? 20 : 2,
            true) == 0);
        alone_check(ble_gatts_write(&alone, OTHER, (const uint8_t *)"o", 1, true) == 0);
        alone.hci.acl_free = 4;
        for (unsigned i = 0; i < sent; i++) {
            expect("1b 10 00 61 62 63");
        }
        if (multiple == 0) {
            expect("23 10 00 02 00 30 31 2c 00 01 00 6f");
        } else { // not both fit whole
            expect("1b 10 00 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39");
            expect("1b 2c 00 6f");
        }
        expect("");
        alone_check(conn()->att.dirty == 0);
    }
    ok("several values in one packet");
    fresh();
    alone_connect(65, false);
    drain(0);
    alone.hci.acl_free = 0;
    while (ble_gatts_notify(&alone, CONN, OPEN, NULL, 0, 0) == 0) {
    }
    alone_check(ble_gatts_notify(&alone, 65, OPEN, NULL, 0, 0) == 0);
    alone.hci.acl_free = 4;
    alone_check(ble_gatts_notify(&alone, CONN, OPEN, NULL, 0, 100) == 0);
    fresh();
    ok("a share for each connection");
    // A peer that asks without taking the answers gets no more of them.
    alone.hci.acl_free = 0;
    for (unsigned i = 0; i < 10; i++) {
        send("0a 03 00");
    }
    alone_check(alone.free_count >= BLE_BUFFERS - 2);
    alone.hci.acl_free = 4;
    expect("0b 48 45 44 44 4c 45");
    expect("");
    ok("requests without waiting");
}

static void test_indications(void) {
    fresh();
    alone_check(ble_gatts_indicate(&alone, CONN, OPEN, (const uint8_t *)"x", 1, 0) == 0);
    expect("1d 10 00 78");
    alone_check(ble_gatts_indicate(&alone, CONN, OPEN, NULL, 0, 0) == -EALREADY);
    alone_check(ble_gatts_indicate(&alone, CONN, 999, NULL, 0, 0) == -ENOENT);
    alone_check(ble_gatts_notify(&alone, 1, OPEN, NULL, 0, 0) == -ENOTCONN);
    alone_check(ble_gatts_notify(&alone, CONN, OPEN_DESCRIPTOR, NULL, 0, 0) == -ENOENT);
    alone_check(ble_gatts_notify(&alone, CONN, BLE_HANDLE_CHANGED, NULL, 0, 0) == -ENOENT);
    send("1e");
    drain(0);
    alone_check(events == 1 && last.type == BLE_EVENT_INDICATED && last.handle == OPEN && last.status == 0);
    send("1e");
    drain(0);
    alone_check(events == 0);
    ok("an indication");
    uint8_t parameters[255];
    alone_check(ble_gatts_indicate(&alone, CONN, OPEN, NULL, 0, 0) == 0);
    alone_wait(29999);
    drain(0);
    alone_check(events == 0);
    alone_wait(2);
    alone_check(alone_sent_command(BLE_HCI_DISCONNECT, parameters) == 3 && parameters[0] == CONN);
    drain(0);
    alone_check(events == 1 && last.type == BLE_EVENT_INDICATED && last.status == -ETIMEDOUT);
    alone_check(ble_gatts_indicate(&alone, CONN, OPEN, NULL, 0, 0) == -ENOTCONN);
    ok("an indication that is not confirmed");
    fresh();
    ble_event_t event;
    alone_check(ble_gatts_indicate(&alone, CONN, OPEN, NULL, 0, 0) == 0);
    send("12 10 00 31");
    alone_check(alone_next(&event) && event.type == BLE_EVENT_WRITTEN);
    alone_disconnect(CONN, 0x13);
    ble_event_done(&alone, &event, 0);
    alone_check(alone_take(&event, 0) == BLE_EVENT_INDICATED && event.status == -ENOTCONN && event.handle == OPEN);
    alone_check(alone_take(&event, 0) == BLE_EVENT_DISCONNECTED);
    alone_check(alone.free_count == BLE_BUFFERS);
    ok("an indication when the link ends");
}

// ---- services that change

static ble_characteristic_t late_characteristic;
static ble_service_t late_service;

static void change(void) {
    late_characteristic = (ble_characteristic_t) { .uuid = { 2, { 0x21, 0xa0 } }, .flags = BLE_READ };
    late_service = (ble_service_t) { .uuid = { 2, { 0x20, 0xa0 } }, .characteristic_count = 1,
                                     .characteristics = &late_characteristic };
    alone_check(ble_gatts_add(&alone, &late_service) == 0);
}

static void test_changed(void) {
    fresh();
    ask("12 09 00 02 00", "13");
    ask("12 11 00 01 00", "13");
    change();
    expect("1d 08 00 2e 00 30 00");
    ask("0a 10 00", "0b 61 62 63"); // without robust caching
    alone_check(ble_gatts_indicate(&alone, CONN, OPEN, NULL, 0, 100) == -ENOMEM);
    ble_gatts_clear(&alone);
    expect("");
    send("1e");
    drain(0);
    alone_check(events == 0);
    expect("1d 08 00 0e 00 ff ff");
    send("1e");
    database();
    expect("1d 08 00 0e 00 25 00");
    ask("0a 11 00", "0b 00 00"); // of the new services
    ok("Service Changed");
    fresh();
    ask("0a 0b 00", "0b 00");
    ask("12 0b 00 01", "13");
    ask("12 0b 00 00", "01 12 0b 00 13");
    ask("12 0b 00", "01 12 0b 00 0d");
    ask("0a 0b 00", "0b 01");
    ask("12 11 00 01 00", "13");
    change();
    expect("");
    alone_check(ble_gatts_write(&alone, OPEN, (const uint8_t *)"q", 1, true) == 0);
    expect(""); // nothing is sent to who does not know
    ask("52 10 00 21", ""); // and commands are nothing
    is(OPEN, "q");
    ask("10 01 00 0d 00 00 28", "11 06 01 00 05 00 00 18 06 00 0d 00 01 18");
    ask("08 01 00 05 00 03 28", "09 07 02 00 02 03 00 00 2a 04 00 02 05 00 01 2a");
    ask("12 10 00 21", "01 12 00 00 12");
    ask("52 10 00 21", "");
    is(OPEN, "q");
    send("12 10 00 21");
    drain(0);
    uint8_t got[600];
    alone_check(alone_sent_on(CONN, BLE_CID_ATT, got) == 1 && got[0] == 0x13);
    expect("1b 10 00 21"); // what it has missed, newest
    ok("out of sync: the error");
    static const char *const by_handle[] = { "0a 10 00", "0c 10 00 00 00", "0e 10 00 10 00", "20 10 00 10 00",
                                             "12 10 00 00", "16 10 00 00 00 00", "08 01 00 20 00 00 2a" };
    for (unsigned i = 0; i < BLE_COUNT(by_handle); i++) {
        char answer[24];
        fresh();
        ask("12 0b 00 01", "13");
        change();
        snprintf(answer, sizeof(answer), "01 %.2s 00 00 12", by_handle[i]);
        ask(by_handle[i], answer);
        alone_check(events == 0);
    }
    ok("out of sync: all requests");
    fresh();
    ask("12 0b 00 01", "13");
    ask("12 09 00 02 00", "13");
    change();
    expect("1d 08 00 2e 00 30 00");
    send("1e");
    ask("0a 10 00", "0b 61 62 63");
    ok("out of sync: confirmed");
    fresh();
    ask("12 0b 00 01", "13");
    change();
    send("08 01 00 ff ff 2a 2b");
    drain(0);
    alone_check(alone_sent_on(CONN, BLE_CID_ATT, got) == 20 && got[1] == 18 && memcmp(got + 4, ble_gatts_hash(&alone),
        16) == 0);
    ask("52 10 00 21", "");
    is(OPEN, "abc");
    ask("0a 10 00", "0b 61 62 63");
    ok("out of sync: the hash");
}

static void test_bonds(void) {
    uint8_t kept[BLE_SUBSCRIPTIONS_SIZE];
    size_t length = 3;
    fresh();
    ask("12 0b 00 01", "13");
    ask("12 09 00 02 00", "13");
    ask("12 11 00 03 00", "13");
    ble_gatts_subscriptions_get(&alone, conn(), kept, &length);
    alone_check(length == 0);
    length = sizeof(kept);
    ble_gatts_subscriptions_get(&alone, conn(), kept, &length);
    alone_check(length == BLE_SUBSCRIPTIONS_SIZE);
    fresh();
    ble_gatts_subscriptions_set(&alone, conn(), kept, length - 1);
    alone_check(conn()->att.notify == 0);
    ble_gatts_subscriptions_set(&alone, conn(), kept, length);
    ble_gatts_bonded(&alone, conn());
    drain(0);
    alone_check(events == 1 && last.type == BLE_EVENT_SUBSCRIBED && last.handle == OPEN && last.value == 3);
    ask("0a 11 00", "0b 03 00");
    ask("0a 0b 00", "0b 01");
    ok("subscriptions of a bond");
    ble_event_t event;
    fresh();
    ble_gatts_subscriptions_set(&alone, conn(), kept, length);
    ble_gatts_bonded(&alone, conn());
    alone_check(alone_next(&event) && event.type == BLE_EVENT_SUBSCRIBED);
    send("0a 10 00");
    alone_wait(BLE_ANSWER_MS - 1);
    expect("");
    alone_wait(2);
    expect("0b 61 62 63");
    ask("12 10 00 31", "13");
    alone_check(events == 0);
    ble_event_done(&alone, &event, 0);
    ask("12 10 00 31", "13");
    alone_check(events == 1);
    ok("an event of no packet that is kept");
    fresh();
    change();
    ble_gatts_subscriptions_set(&alone, conn(), kept, length);
    ble_gatts_bonded(&alone, conn());
    drain(0);
    alone_check(events == 0);
    expect("1d 08 00 01 00 ff ff");
    ask("0a 11 00", "01 0a 00 00 12");
    ask("0a 11 00", "0b 00 00");
    ok("services have changed since");
    static const uint8_t unknown[16];
    fresh(); // what the peer has not yet confirmed, it does not know
    ask("12 09 00 02 00", "13");
    ask("12 11 00 01 00", "13");
    change();
    for (unsigned i = 0; i < 3; i++) {
        ble_gatts_subscriptions_get(&alone, conn(), kept, &length);
        alone_check((memcmp(kept + 1, unknown, 16) == 0) == (i < 2));
        if (i == 0) {
            expect("1d 08 00 2e 00 30 00");
        } else if (i == 1) {
            send("1e");
        }
    }
    ok("a change that is not confirmed is not kept as known");
}

// ---- the application's side

static void test_values(void) {
    uint8_t octets[32], *other = octets;
    size_t length;
    fresh();
    alone_check(ble_set_name(&alone, (const uint8_t *)"loom", 4) == 0);
    ask("0a 03 00", "0b 6c 6f 6f 6d");
    alone_check(ble_set_name(&alone, octets, BLE_NAME_MAX + 1) == -EINVAL);
    uint8_t name[BLE_NAME_MAX];
    alone_check(ble_name(&alone, name) == 4 && memcmp(name, "loom", 4) == 0);
    alone.gatts.named = false;
    alone_check(ble_name(&alone, name) == 6 && memcmp(name, "HEDDLE", 6) == 0);
    ask("0a 05 00", "0b 00 00");
    ok("the name");
    length = 2;
    alone_check(ble_gatts_read(&alone, OPEN, octets, &length) == 0 && length == 3 && memcmp(octets, "ab", 2) == 0);
    alone_check(ble_gatts_read(&alone, 999, octets, &length) == -ENOENT);
    alone_check(ble_gatts_read(&alone, BLE_HANDLE_NAME, octets, &length) == -ENOENT);
    alone_check(ble_gatts_write(&alone, 999, octets, 1, false) == -ENOENT);
    alone_check(ble_gatts_write(&alone, FIXED, octets, 5, false) == -EINVAL);
    alone_check(ble_gatts_write(&alone, OPEN_DESCRIPTOR, (const uint8_t *)"", 0, true) == 0);
    alone_check(ble_gatts_set_buffer(&alone, OPEN, &other, 2, true) == 0 && other == memory[0]);
    is(OPEN, "ab");
    is(OPEN, "");
    alone_check(ble_gatts_set_buffer(&alone, OPEN, &other, 513, false) == -EINVAL);
    alone_check(ble_gatts_set_buffer(&alone, 999, &other, 5, false) == -ENOENT);
    ok("values");
    static ble_characteristic_t many[BLE_SUBSCRIPTIONS];
    for (unsigned i = 0; i < BLE_COUNT(many); i++) {
        many[i] = (ble_characteristic_t) { .uuid = { 2, { 0 } }, .flags = BLE_NOTIFY };
    }
    late_service = (ble_service_t) { .uuid = { 2, { 0 } }, .characteristic_count = BLE_COUNT(many),
                                     .characteristics = many };
    ble_gatts_clear(&alone);
    alone_check(ble_gatts_add(&alone, &late_service) == -ENOMEM);
    late_service.characteristic_count--;
    alone_check(ble_gatts_add(&alone, &late_service) == 0);
    alone_check(many[BLE_COUNT(many) - 2].subscription == 31);
    ask("12 13 00 00 00", "01 12 13 00 03");
    late_service.uuid.size = 3;
    alone_check(ble_gatts_add(&alone, &late_service) == -EINVAL);
    ok("as many subscriptions as there may be");
    ble_uuid_t four = { 4, { 1, 2, 3, 4 } }, sixteen = { 16, { 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0,
                                                              1, 2, 3, 4 } };
    alone_check(ble_uuid_equal(&four, &sixteen) && !ble_uuid_equal(&four, &late_characteristic.uuid));
    ok("UUIDs of all sizes");
}

int main(void) {
    alone_start();
    test_discovery();
    test_permissions();
    test_security();
    test_lengths();
    test_mtu();
    test_writes();
    test_prepared();
    test_long();
    test_asking();
    test_subscriptions();
    test_no_room();
    test_indications();
    test_changed();
    test_bonds();
    test_values();
    alone_stop();
    printf("%u cases\n", cases);
    return 0;
}
