// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What Bluetooth 4.2 and 5.0 brought, where the controllers have it: longer packets, other radios, long advertising.
#include "two.h"

static uint8_t long_data[251];

// ---- length and radio

static unsigned phy_of(unsigned host, uint16_t connection) {
    uint8_t status, answer[8], handle[2] = { connection, connection >> 8 };
    size_t length = sizeof(answer);
    CHECK(ble_hci_command(&two_host[host], 0x2030, handle, 2, &status, answer, &length) == 0); // LE Read PHY
    CHECK(status == 0 && length == 4 && answer[2] == answer[3]);
    return answer[2];
}

// Asked for before the connection, and while there is one; and told again what the controller says that it does.
static void speed(void) {
    ble_t *b = &two_host[0];
    two_link_t link = two_pair();
    CHECK(phy_of(0, link.central) == 1 && phy_of(1, link.peripheral) == 1);
    CHECK(ble_set_phys(b, BLE_PHY_1M | BLE_PHY_2M) == 0);
    two_until(phy_of(0, link.central) == 2 && phy_of(1, link.peripheral) == 2);
    CHECK(ble_set_phys(b, BLE_PHY_CODED) == 0);
    two_until(phy_of(0, link.central) == 3 && phy_of(1, link.peripheral) == 3);
    two_end(0, 1, link);
    link = two_connected(0, 1);
    two_until(phy_of(1, link.peripheral) == 3);
    CHECK(ble_set_data_length(b, 251) == 0);
    CHECK(ble_set_data_length(b, 26) == -EINVAL && ble_set_data_length(b, 252) == -EINVAL);
    CHECK(ble_set_phys(b, 0) == -EINVAL && ble_set_phys(b, 8) == -EINVAL);
    two_end(0, 1, link);
    CHECK(*air_complaint(0) == 0 && *air_complaint(1) == 0);
}

static void refuse(unsigned host, uint16_t opcode) {
    air_knobs_t knobs = air_knobs();
    knobs.unknown[0] = opcode;
    air_configure(host, &knobs);
}

// A controller without the one or the other, or that says so only when it is asked.
static void speed_missing(void) {
    ble_t *b = &two_host[0];
    air_knobs_t knobs = air_knobs();
    refuse(0, 0x2022);
    two_start(0);
    CHECK(ble_set_data_length(b, 251) == -EOPNOTSUPP && ble_set_phys(b, BLE_PHY_2M) == 0);
    ble_stop(b);
    refuse(0, 0x2032);
    two_start(0);
    CHECK(ble_set_data_length(b, 251) == 0 && ble_set_phys(b, BLE_PHY_2M) == -EOPNOTSUPP);
    ble_stop(b);
    knobs.features_off = 1 << 11; // coded
    air_configure(0, &knobs);
    two_start(0);
    CHECK(ble_set_phys(b, BLE_PHY_2M | BLE_PHY_CODED) == -EOPNOTSUPP && ble_set_phys(b, BLE_PHY_2M) == 0);
    ble_stop(b);
    knobs = air_knobs();
    knobs.refuse[0].opcode = 0x2024;
    knobs.refuse[0].status = 0x11;
    knobs.refuse[0].times = 1;
    air_configure(0, &knobs);
    two_start(0);
    CHECK(ble_set_data_length(b, 251) == -EOPNOTSUPP);
    two_start(1);
    two_end(0, 1, two_connected(0, 1));
}

// ---- extended advertising

static void scan(bool coded, bool active) {
    const ble_scan_t scan = { .interval_us = 10000, .window_us = 10000, .coded = coded, .active = active };
    CHECK(ble_scan(&two_host[0], &scan) == 0);
}

static void scan_ends(void) {
    CHECK(ble_scan_stop(&two_host[0]) == 0);
    two_expect(0, BLE_EVENT_SCAN_DONE);
    CHECK(ble_advertise_stop(&two_host[1]) == 0);
    two_quiet(0);
}

static int advertise(unsigned kind, size_t length, size_t response, bool coded) {
    const ble_advertise_t advertise = { .interval_us = 20000, .kind = kind, .data = long_data, .length = length,
                                        .response = long_data, .response_length = response, .coded = coded,
                                        .peer = two_address(0) };
    return ble_advertise(&two_host[1], &advertise);
}

static void heard(unsigned kind, size_t length) {
    two_event_t e = two_expect(0, BLE_EVENT_SCAN_REPORT);
    ble_address_t from = two_address(1);
    CHECK(e.event.report.kind == kind && ble_address_equal(&e.event.report.peer, &from) && e.event.report.rssi == -60);
    CHECK(e.length == length && memcmp(e.data, long_data, length) == 0);
}

static void begin(void) {
    for (unsigned i = 0; i < sizeof(long_data); i++) {
        long_data[i] = i * 3 + 1;
    }
    two_start(0);
    two_start(1);
    CHECK(ble_set_extended(&two_host[0], true) == 0 && ble_set_extended(&two_host[1], true) == 0);
}

// 229 octets are what a report has room for, so the longest comes in two.
static void extended(void) {
    static const uint8_t lengths[] = { 0, 3, 31, 32, 229, 230, 251 };
    begin();
    for (unsigned coded = 0; coded < 2; coded++) {
        for (unsigned i = 0; i < sizeof(lengths); i++) {
            bool legacy = !coded && lengths[i] <= 31;
            scan(coded, true);
            CHECK(advertise(0, lengths[i], legacy ? 4 : 0, coded) == 0);
            heard(0, lengths[i]);
            if (legacy) {
                heard(4, 4);
            }
            scan_ends();
            CHECK(advertise(3, lengths[i], 0, coded) == 0);
            scan(coded, false);
            heard(3, lengths[i]);
            scan_ends();
        }
    }
    CHECK(advertise(2, 0, 251, false) == 0); // scannable: the data is in the response
    scan(false, true);
    heard(2, 0);
    heard(4, 251);
    scan_ends();
    CHECK(advertise(0, 3, 0, true) == 0); // out of range of who does not listen for it
    scan(false, false);
    scan_ends();
    CHECK(advertise(0, 32, 1, false) == -EINVAL && advertise(2, 32, 1, false) == -EINVAL);
    CHECK(advertise(0, 252, 0, false) == -EINVAL && advertise(2, 3, 0, true) == -EINVAL);
    two_settled(0);
    two_settled(1);
    CHECK(*air_complaint(0) == 0 && *air_complaint(1) == 0);
}

// From each kind of packet to a connection, with every kind of address of ours.
static void extended_connects(void) {
    begin();
    for (unsigned kind = BLE_OWN_PUBLIC; kind <= BLE_OWN_NON_RESOLVABLE; kind++) {
        for (unsigned i = 0; i < 3; i++) {
            CHECK(ble_set_own_address(&two_host[1], kind) == 0);
            CHECK(advertise(0, i == 1 ? 100 : 3, 0, i == 2) == 0);
            ble_connect_t connect = { .duration_ms = 20000, .coded = i == 2 };
            CHECK(ble_own_address(&two_host[1], &connect.peer) == 0);
            CHECK(ble_connect(&two_host[0], &connect) == 0);
            two_link_t link = { two_expect(0, BLE_EVENT_CONNECTED).event.connection, 0 };
            link.peripheral = two_expect(1, BLE_EVENT_CONNECTED).event.connection;
            two_end(0, 1, link);
        }
    }
    CHECK(ble_set_own_address(&two_host[1], BLE_OWN_PUBLIC) == 0);
    CHECK(advertise(1, 0, 0, false) == 0); // directed, nobody answers
    two_expect(1, BLE_EVENT_ADVERTISING_ENDED);
    CHECK(ble_set_extended(&two_host[1], false) == -EALREADY && ble_set_extended(&two_host[1], true) == 0);
    ble_stop(&two_host[1]);
    two_start(1); // off again
    CHECK(advertise(0, 32, 0, false) == -EINVAL && advertise(0, 3, 0, true) == -EINVAL);
    CHECK(advertise(0, 31, 0, false) == 0 && ble_set_extended(&two_host[1], true) == -EALREADY);
    const ble_scan_t coded = { .interval_us = 10000, .window_us = 10000, .coded = true };
    const ble_connect_t coded_connect = { .peer = two_address(0), .duration_ms = 10, .coded = true };
    CHECK(ble_scan(&two_host[1], &coded) == -EINVAL && ble_connect(&two_host[1], &coded_connect) == -EINVAL);
    CHECK(*air_complaint(0) == 0 && *air_complaint(1) == 0);
}

// Each command of it may be what a controller has not.
static void extended_missing(void) {
    static const uint16_t opcodes[] = { 0x2035, 0x2036, 0x2037, 0x2038, 0x2039, 0x203c, 0x2041, 0x2042, 0x2043 };
    for (unsigned i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        refuse(0, opcodes[i]);
        two_start(0);
        CHECK(ble_set_extended(&two_host[0], true) == -EOPNOTSUPP && ble_set_extended(&two_host[0], false) == 0);
        ble_stop(&two_host[0]);
    }
    two_start(0);
    two_start(1);
    two_end(0, 1, two_connected(0, 1));
}

const two_case_t two_cases_five[] = {
    { "five-speed", speed },
    { "five-speed-missing", speed_missing },
    { "five-extended", extended },
    { "five-extended-connects", extended_connects },
    { "five-extended-missing", extended_missing },
    { NULL, NULL },
};
