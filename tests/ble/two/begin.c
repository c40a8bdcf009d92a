// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What most cases begin and end with: services, advertising, a connection.
#include "two.h"

two_services_t two_services[TWO_HOSTS];

static const ble_uuid_t uuids[] = {
    { 2, { 0x01, 0xaa } }, { 16, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } }, { 4, { 3, 0xaa, 1, 1 } },
    { 2, { 0x04, 0xaa } },
};

static void characteristic(two_services_t *s, unsigned which, uint16_t flags, uint8_t *octets, uint16_t size,
    uint16_t length) {
    s->characteristics[which] = (ble_characteristic_t) {
        .uuid = uuids[which], .flags = flags, .value = { .octets = octets, .size = size, .length = length },
    };
}

void two_serve(unsigned host) {
    two_services_t *s = &two_services[host];
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < sizeof(s->value); i++) {
        s->value[i] = i * 7;
    }
    characteristic(s, TWO_VALUE, BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE | BLE_NOTIFY | BLE_INDICATE, s->value,
        512, 300);
    characteristic(s, TWO_FIXED, BLE_READ, s->fixed, 4, 4);
    characteristic(s, TWO_APPEND, BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE, s->append, 64, 0);
    s->characteristics[TWO_APPEND].value.append = true;
    characteristic(s, TWO_ASKED, BLE_READ | BLE_WRITE, s->asked, 8, 8);
    s->descriptor = (ble_descriptor_t) {
        .uuid = { 2, { 0x01, 0x29 } }, .flags = BLE_READ,
        .value = { .octets = s->description, .size = 16, .length = 5 },
    };
    memcpy(s->description, "value", 5);
    s->characteristics[TWO_VALUE].descriptors = &s->descriptor;
    s->characteristics[TWO_VALUE].descriptor_count = 1;
    s->service.uuid = (ble_uuid_t) { 2, { 0x00, 0xaa } };
    s->service.characteristics = s->characteristics;
    s->service.characteristic_count = 4;
    CHECK(ble_gatts_clear(&two_host[host]) == 0);
    CHECK(ble_gatts_add(&two_host[host], &s->service) == 0);
}

uint16_t two_handle(unsigned host, unsigned which) {
    return two_services[host].characteristics[which].handle;
}

// The air gives controller n this one.
ble_address_t two_address(unsigned host) {
    return (ble_address_t) { BLE_ADDRESS_PUBLIC, { host + 1, 0, 0, 0, 0, 0x02 } };
}

int two_advertise(unsigned host) {
    static const uint8_t data[] = { 2, 1, 6, 3, 9, 'a', 'b' };
    const ble_advertise_t advertise = { .interval_us = 20000, .data = data, .length = sizeof(data) };
    return ble_advertise(&two_host[host], &advertise);
}

int two_connect(unsigned host, unsigned peer, uint32_t ms) {
    const ble_connect_t connect = { .peer = two_address(peer), .duration_ms = ms };
    return ble_connect(&two_host[host], &connect);
}

two_link_t two_connected(unsigned central, unsigned peripheral) {
    CHECK(two_advertise(peripheral) == 0);
    CHECK(two_connect(central, peripheral, 20000) == 0);
    two_event_t c = two_expect(central, BLE_EVENT_CONNECTED), p = two_expect(peripheral, BLE_EVENT_CONNECTED);
    ble_address_t of_c = two_address(peripheral), of_p = two_address(central);
    CHECK(c.event.link.central && ble_address_equal(&c.event.link.peer, &of_c));
    CHECK(!p.event.link.central && ble_address_equal(&p.event.link.peer, &of_p));
    return (two_link_t) { c.event.connection, p.event.connection };
}

void two_start_both(void) {
    two_start(0);
    two_start(1);
}

uint16_t two_connection(two_link_t link, unsigned host) {
    return host == 0 ? link.central : link.peripheral;
}

two_link_t two_pair(void) {
    two_start_both();
    two_serve(1);
    return two_connected(0, 1);
}

void two_part(unsigned host, uint16_t connection) {
    CHECK(ble_disconnect(&two_host[host], connection) == 0);
}

unsigned two_drop_each(unsigned step, void (*begin)(void), bool (*session)(void), void (*end)(void)) {
    for (unsigned nth = step;; nth += step) {
        two_air(1);
        begin();
        air_drop_at(nth);
        bool went_well = session(), dropped = air_dropped();
        CHECK(went_well || dropped);
        end();
        if (!dropped) {
            return nth;
        }
    }
}

void two_end(unsigned central, unsigned peripheral, two_link_t link) {
    two_part(central, link.central);
    CHECK(two_expect(central, BLE_EVENT_DISCONNECTED).event.connection == link.central);
    CHECK(two_expect(peripheral, BLE_EVENT_DISCONNECTED).event.connection == link.peripheral);
    two_settled(central);
    two_settled(peripheral);
}
