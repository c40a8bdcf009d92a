// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server of one host and the client of another: each function and event of both.
#include "two.h"

static two_link_t link_of(void) {
    two_link_t link = two_pair();
    CHECK(ble_gattc_exchange_mtu(&two_host[0], link.central) == 0);
    CHECK(two_expect(0, BLE_EVENT_MTU).event.value == BLE_MTU && two_expect(1, BLE_EVENT_MTU).event.value == BLE_MTU);
    return link;
}

// ---- discovery

static void discovery(void) {
    two_link_t link = two_pair();
    ble_t *b = &two_host[0];
    two_services_t *s = &two_services[1];
    CHECK(ble_gattc_services(b, link.central, NULL) == 0);
    CHECK(two_expect(0, BLE_EVENT_SERVICE).event.handle == 1);
    two_expect(0, BLE_EVENT_SERVICE);
    two_event_t e = two_expect(0, BLE_EVENT_SERVICE);
    CHECK(e.event.handle == s->service.handle && e.event.attribute.end == s->service.end);
    CHECK(ble_uuid_equal(&e.event.attribute.uuid, &s->service.uuid));
    CHECK(two_expect(0, BLE_EVENT_SERVICES_DONE).event.status == 0);
    CHECK(ble_gattc_services(b, link.central, &s->service.uuid) == 0);
    CHECK(two_expect(0, BLE_EVENT_SERVICE).event.handle == s->service.handle);
    CHECK(two_expect(0, BLE_EVENT_SERVICES_DONE).event.status == 0);
    CHECK(ble_gattc_characteristics(b, link.central, s->service.handle, s->service.end, NULL) == 0);
    for (unsigned i = 0; i < 4; i++) {
        const ble_characteristic_t *ch = &s->characteristics[i];
        e = two_expect(0, BLE_EVENT_CHARACTERISTIC);
        CHECK(e.event.handle == ch->handle && e.event.attribute.properties == (ch->flags & 0xff));
        CHECK(ble_uuid_equal(&e.event.attribute.uuid, &ch->uuid));
        CHECK(e.event.attribute.end == (i < 3 ? s->characteristics[i + 1].handle - 2 : s->service.end));
    }
    CHECK(two_expect(0, BLE_EVENT_CHARACTERISTICS_DONE).event.status == 0);
    CHECK(ble_gattc_characteristics(b, link.central, 1, 0xffff, &s->characteristics[TWO_FIXED].uuid) == 0);
    CHECK(two_expect(0, BLE_EVENT_CHARACTERISTIC).event.handle == two_handle(1, TWO_FIXED));
    CHECK(two_expect(0, BLE_EVENT_CHARACTERISTICS_DONE).event.status == 0);
    CHECK(ble_gattc_descriptors(b, link.central, two_handle(1, TWO_VALUE), s->descriptor.handle) == 0);
    static const uint16_t uuids[] = { 0xaa01, 0x2902, 0x2901 };
    for (unsigned i = 0; i < 3; i++) {
        e = two_expect(0, BLE_EVENT_DESCRIPTOR);
        CHECK(e.event.handle == two_handle(1, TWO_VALUE) + i && ble_get16(e.event.attribute.uuid.octets) == uuids[i]);
    }
    CHECK(two_expect(0, BLE_EVENT_DESCRIPTORS_DONE).event.status == 0);
    two_end(0, 1, link);
}

// ---- values

static two_event_t read_value(two_link_t link, uint16_t handle) {
    CHECK(ble_gattc_read(&two_host[0], link.central, handle) == 0);
    two_event_t e = two_expect(0, BLE_EVENT_READ_RESULT);
    two_event_t done = two_expect(0, BLE_EVENT_READ_DONE);
    CHECK(e.event.handle == handle && done.event.handle == handle && done.event.status == 0);
    return e;
}

static void write_value(two_link_t link, uint16_t handle, const uint8_t *octets, size_t length, int status) {
    CHECK(ble_gattc_write(&two_host[0], link.central, handle, octets, length) == 0);
    two_event_t e = two_expect(0, BLE_EVENT_WRITE_DONE);
    CHECK(e.event.handle == handle && e.event.status == status);
}

static void fill(uint8_t *octets, size_t length, unsigned seed) {
    for (size_t i = 0; i < length; i++) {
        octets[i] = i * seed + (i >> 8) + 3;
    }
}

// A long read asks the application of the server more than once.
static void reads_on(two_link_t link) {
    two_services_t *s = &two_services[1];
    two_event_t e = read_value(link, two_handle(1, TWO_FIXED));
    CHECK(e.length == 4 && memcmp(e.data, s->fixed, 4) == 0);
    CHECK(two_expect(1, BLE_EVENT_READ).event.handle == two_handle(1, TWO_FIXED));
    e = read_value(link, two_handle(1, TWO_VALUE));
    CHECK(e.length == 300 && memcmp(e.data, s->value, 300) == 0);
    CHECK(two_expect(1, BLE_EVENT_READ).event.handle == two_handle(1, TWO_VALUE));
    e = read_value(link, s->descriptor.handle);
    CHECK(e.length == 5 && memcmp(e.data, "value", 5) == 0);
    two_forget(1);
}

static void reads(void) {
    two_link_t link = two_pair();
    reads_on(link); // with an MTU of 23
    CHECK(ble_gattc_exchange_mtu(&two_host[0], link.central) == 0);
    two_expect(0, BLE_EVENT_MTU);
    two_expect(1, BLE_EVENT_MTU);
    reads_on(link);
    two_end(0, 1, link);
}

static void writes_on(two_link_t link) {
    static const uint16_t lengths[] = { 0, 1, 18, 19, 20, 21, 100, 253, 254, 300, 512 };
    uint8_t octets[512], got[512];
    for (unsigned i = 0; i < BLE_COUNT(lengths); i++) {
        size_t length = sizeof(got);
        fill(octets, lengths[i], 3 + i);
        write_value(link, two_handle(1, TWO_VALUE), octets, lengths[i], 0);
        two_event_t e = two_expect(1, BLE_EVENT_WRITTEN);
        CHECK(e.event.handle == two_handle(1, TWO_VALUE) && e.event.length == lengths[i]);
        CHECK(e.event.data == NULL || memcmp(e.data, octets, lengths[i]) == 0);
        CHECK(ble_gatts_read(&two_host[1], two_handle(1, TWO_VALUE), got, &length) == 0);
        CHECK(length == lengths[i] && memcmp(got, octets, length) == 0);
    }
    CHECK(ble_gattc_write(&two_host[0], link.central, two_handle(1, TWO_VALUE), octets, 513) == -EINVAL);
}

static void writes(void) {
    two_link_t link = two_pair();
    writes_on(link);
    CHECK(ble_gattc_exchange_mtu(&two_host[0], link.central) == 0);
    two_expect(0, BLE_EVENT_MTU);
    two_expect(1, BLE_EVENT_MTU);
    writes_on(link);
    two_end(0, 1, link);
}

static void refused(void) {
    two_link_t link = link_of();
    uint8_t octets[20] = { 0 };
    write_value(link, two_handle(1, TWO_FIXED), octets, 4, BLE_ATT_WRITE_NOT_PERMITTED);
    write_value(link, 0x4000, octets, 4, BLE_ATT_INVALID_HANDLE);
    write_value(link, two_handle(1, TWO_ASKED), octets, 9, BLE_ATT_INVALID_LENGTH);
    CHECK(ble_gattc_read(&two_host[0], link.central, 0x4000) == 0);
    CHECK(two_expect(0, BLE_EVENT_READ_DONE).event.status == BLE_ATT_INVALID_HANDLE);
    two_answer(1, BLE_EVENT_READ, BLE_ATT_READ_NOT_PERMITTED);
    CHECK(ble_gattc_read(&two_host[0], link.central, two_handle(1, TWO_ASKED)) == 0);
    CHECK(two_expect(0, BLE_EVENT_READ_DONE).event.status == BLE_ATT_READ_NOT_PERMITTED);
    two_end(0, 1, (two_forget(1), link));
}

// What the application writes when it is asked is what the peer reads.
static void write_fresh(unsigned host, const ble_event_t *event) {
    if (event->type == BLE_EVENT_READ) {
        CHECK(ble_gatts_write(&two_host[host], event->handle, (const uint8_t *)"fresh", 5, false) == 0);
    }
}

static void asked(void) {
    two_link_t link = link_of();
    rtos_poke(two_handler, write_fresh);
    two_event_t e = read_value(link, two_handle(1, TWO_ASKED));
    CHECK(e.length == 5 && memcmp(e.data, "fresh", 5) == 0);
    two_expect(1, BLE_EVENT_READ);
    two_end(0, 1, link);
}

static void commands(void) {
    two_link_t link = link_of();
    uint8_t octets[253], got[64];
    size_t length = sizeof(got);
    fill(octets, sizeof(octets), 5);
    for (unsigned i = 0; i < 20; i++) {
        unsigned n = i % 2 == 0 ? 1 + i : 253;
        CHECK(ble_gattc_write_command(&two_host[0], link.central, two_handle(1, TWO_VALUE), octets, n, 20000) == 0);
        two_event_t e = two_expect(1, BLE_EVENT_WRITTEN);
        CHECK(e.length == n && memcmp(e.data, octets, n) == 0);
    }
    CHECK(ble_gattc_write_command(&two_host[0], link.central, 1, octets, 254, 0) == -EINVAL);
    write_value(link, two_handle(1, TWO_APPEND), (const uint8_t *)"ab", 2, 0);
    two_expect(1, BLE_EVENT_WRITTEN);
    write_value(link, two_handle(1, TWO_APPEND), (const uint8_t *)"cd", 2, 0);
    two_expect(1, BLE_EVENT_WRITTEN);
    CHECK(ble_gatts_read(&two_host[1], two_handle(1, TWO_APPEND), got, &length) == 0);
    CHECK(length == 4 && memcmp(got, "abcd", 4) == 0);
    length = sizeof(got);
    CHECK(ble_gatts_read(&two_host[1], two_handle(1, TWO_APPEND), got, &length) == 0 && length == 0);
    two_end(0, 1, link);
}

// ---- what the server sends

static void subscribe(two_link_t link, unsigned what) {
    uint8_t octets[2] = { what, 0 };
    write_value(link, two_handle(1, TWO_VALUE) + 1, octets, 2, 0);
    two_event_t e = two_expect(1, BLE_EVENT_SUBSCRIBED);
    CHECK(e.event.handle == two_handle(1, TWO_VALUE) && e.event.value == what);
}

static void is_value(unsigned type, const void *octets, size_t length) {
    two_event_t e = two_expect(0, type);
    CHECK(e.event.handle == two_handle(1, TWO_VALUE) && e.length == length && memcmp(e.data, octets, length) == 0);
}

static void notifications(void) {
    two_link_t link = link_of();
    ble_t *b = &two_host[1];
    uint16_t handle = two_handle(1, TWO_VALUE);
    CHECK(ble_gatts_write(b, handle, (const uint8_t *)"no", 2, true) == 0); // nobody has subscribed
    subscribe(link, BLE_SUBSCRIBE_NOTIFY);
    two_quiet(0);
    CHECK(ble_gatts_write(b, handle, (const uint8_t *)"yes", 3, true) == 0);
    is_value(BLE_EVENT_NOTIFIED, "yes", 3);
    CHECK(ble_gatts_notify(b, link.peripheral, handle, (const uint8_t *)"other", 5, 0) == 0);
    is_value(BLE_EVENT_NOTIFIED, "other", 5);
    CHECK(ble_gatts_notify(b, link.peripheral, handle, NULL, 0, 0) == 0);
    is_value(BLE_EVENT_NOTIFIED, "yes", 3);
    CHECK(ble_gatts_notify(b, link.peripheral, 0x4000, NULL, 0, 0) == -ENOENT);
    subscribe(link, 0);
    CHECK(ble_gatts_write(b, handle, (const uint8_t *)"no", 2, true) == 0);
    two_quiet(0);
    two_end(0, 1, link);
}

static void indications(void) {
    two_link_t link = link_of();
    ble_t *b = &two_host[1];
    uint16_t handle = two_handle(1, TWO_VALUE);
    subscribe(link, BLE_SUBSCRIBE_INDICATE);
    CHECK(ble_gatts_write(b, handle, (const uint8_t *)"1", 1, true) == 0);
    is_value(BLE_EVENT_INDICATION, "1", 1);
    CHECK(two_expect(1, BLE_EVENT_INDICATED).event.status == 0);
    two_keep(0, BLE_EVENT_INDICATION);
    CHECK(ble_gatts_indicate(b, link.peripheral, handle, (const uint8_t *)"2", 1, 20000) == 0);
    is_value(BLE_EVENT_INDICATION, "2", 1);
    CHECK(ble_gatts_indicate(b, link.peripheral, handle, (const uint8_t *)"3", 1, 0) == -EALREADY);
    CHECK(ble_gatts_write(b, handle, (const uint8_t *)"4", 1, true) == 0); // goes out when it may
    two_quiet(1);
    two_give_back(0, 0);
    CHECK(two_expect(1, BLE_EVENT_INDICATED).event.status == 0);
    is_value(BLE_EVENT_INDICATION, "4", 1);
    CHECK(two_expect(1, BLE_EVENT_INDICATED).event.status == 0);
    two_end(0, 1, link);
}

static void indication_without_end(void) {
    two_link_t link = link_of();
    two_keep(0, BLE_EVENT_INDICATION);
    CHECK(ble_gatts_indicate(&two_host[1], link.peripheral, two_handle(1, TWO_VALUE), NULL, 0, 20000) == 0);
    two_expect(0, BLE_EVENT_INDICATION);
    two_part(1, link.peripheral);
    two_event_t e = two_expect(1, BLE_EVENT_INDICATED);
    CHECK(e.event.status == -ENOTCONN && e.event.handle == two_handle(1, TWO_VALUE));
    two_expect(1, BLE_EVENT_DISCONNECTED);
    two_settled(1);
    two_quiet(0); // the link's end is the last thing
    two_give_back(0, 0);
    two_expect(0, BLE_EVENT_DISCONNECTED);
    two_settled(0);
}

// ---- the MTU

static void mtu_of(uint16_t central, uint16_t peripheral) {
    two_link_t link = two_pair();
    uint16_t least = central < peripheral ? central : peripheral;
    CHECK(ble_set_mtu(&two_host[0], central) == 0 && ble_set_mtu(&two_host[1], peripheral) == 0);
    CHECK(ble_mtu(&two_host[0]) == central);
    CHECK(ble_gattc_exchange_mtu(&two_host[0], link.central) == 0);
    CHECK(two_expect(0, BLE_EVENT_MTU).event.value == least && two_expect(1, BLE_EVENT_MTU).event.value == least);
    CHECK(ble_gattc_exchange_mtu(&two_host[0], link.central) == -EALREADY);
    CHECK(ble_gattc_exchange_mtu(&two_host[1], link.peripheral) == 0); // the other way
    CHECK(two_expect(1, BLE_EVENT_MTU).event.value == least && two_expect(0, BLE_EVENT_MTU).event.value == least);
    CHECK(ble_connection_mtu(&two_host[0], link.central) == least);
    two_end(0, 1, link);
    CHECK(ble_set_mtu(&two_host[0], BLE_MTU) == 0 && ble_set_mtu(&two_host[1], BLE_MTU) == 0);
    ble_stop(&two_host[0]);
    ble_stop(&two_host[1]);
}

static void mtus(void) {
    mtu_of(BLE_MTU, BLE_MTU);
    mtu_of(23, BLE_MTU);
    mtu_of(100, 50);
    mtu_of(64, 185);
}

// ---- the database

static void services_change(void) {
    static ble_characteristic_t ch = { .uuid = { 2, { 9, 0xaa } }, .flags = BLE_READ };
    static ble_service_t more = { .uuid = { 2, { 8, 0xaa } }, .characteristics = &ch, .characteristic_count = 1 };
    two_link_t link = link_of();
    static const uint8_t indicate[] = { 2, 0 };
    write_value(link, BLE_HANDLE_CHANGED + 1, indicate, 2, 0);
    CHECK(ble_gatts_add(&two_host[1], &more) == 0);
    two_event_t e = two_expect(0, BLE_EVENT_INDICATION);
    CHECK(e.event.handle == BLE_HANDLE_CHANGED && ble_get16(e.data) == more.handle);
    CHECK(ble_get16(e.data + 2) == more.end);
    CHECK(ble_gattc_services(&two_host[0], link.central, &more.uuid) == 0);
    CHECK(two_expect(0, BLE_EVENT_SERVICE).event.handle == more.handle);
    two_expect(0, BLE_EVENT_SERVICES_DONE);
    two_quiet(1);
    CHECK(ble_gatts_clear(&two_host[1]) == 0);
    two_expect(0, BLE_EVENT_INDICATION);
    two_end(0, 1, link);
}

static void values(void) {
    static uint8_t others[2][16];
    uint8_t got[32], name[BLE_NAME_MAX];
    size_t length = sizeof(got);
    for (unsigned running = 0; running < 2; running++) {
        if (running) {
            two_start(1);
        }
        two_serve(1);
        uint8_t *memory = others[running];
        uint16_t handle = two_handle(1, TWO_ASKED);
        CHECK(ble_gatts_write(&two_host[1], handle, (const uint8_t *)"12345", 5, true) == 0);
        CHECK(ble_gatts_write(&two_host[1], handle, got, 9, false) == -EINVAL);
        CHECK(ble_gatts_write(&two_host[1], 0x4000, got, 1, false) == -ENOENT);
        CHECK(ble_gatts_set_buffer(&two_host[1], handle, &memory, 16, true) == 0);
        CHECK(memory == two_services[1].asked);
        length = sizeof(got);
        CHECK(ble_gatts_read(&two_host[1], handle, got, &length) == 0 && length == 5 && memcmp(got, "12345", 5) == 0);
        CHECK(ble_gatts_read(&two_host[1], 0x4000, got, &length) == -ENOENT);
        CHECK(ble_set_name(&two_host[1], (const uint8_t *)"loom", 4) == 0);
        CHECK(ble_name(&two_host[1], name) == 4 && memcmp(name, "loom", 4) == 0);
    }
    CHECK(ble_set_name(&two_host[1], got, BLE_NAME_MAX + 1) == -EINVAL);
    two_start(0);
    two_link_t link = two_connected(0, 1);
    two_event_t e = read_value(link, BLE_HANDLE_NAME);
    CHECK(e.length == 4 && memcmp(e.data, "loom", 4) == 0);
    two_end(0, 1, link);
}

// All procedures wait for their turn, and one more has no place.
static void many_procedures(void) {
    two_link_t link = link_of();
    unsigned begun = 0;
    two_keep(1, BLE_EVENT_READ); // the first one has to wait
    for (int error = 0; error == 0; begun += error == 0) {
        error = ble_gattc_read(&two_host[0], link.central, two_handle(1, TWO_FIXED));
        CHECK(error == 0 || error == -ENOMEM);
    }
    CHECK(begun == BLE_PROCEDURES);
    two_expect(1, BLE_EVENT_READ);
    two_give_back(1, 0);
    two_count_is(0, BLE_EVENT_READ_RESULT, BLE_PROCEDURES);
    two_count_is(0, BLE_EVENT_READ_DONE, BLE_PROCEDURES);
    two_forget(0);
    two_forget(1);
    two_end(0, 1, link);
}

const two_case_t two_cases_gatt[] = {
    { "gatt-discovery", discovery },
    { "gatt-reads", reads },
    { "gatt-writes", writes },
    { "gatt-refused", refused },
    { "gatt-asked", asked },
    { "gatt-commands", commands },
    { "gatt-notifications", notifications },
    { "gatt-indications", indications },
    { "gatt-indication-without-end", indication_without_end },
    { "gatt-mtus", mtus },
    { "gatt-services-change", services_change },
    { "gatt-values", values },
    { "gatt-many-procedures", many_procedures },
    { NULL, NULL },
};
