// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Advertising, scanning, connecting, parameters, the end of connections: each function and event once and more.
#include "two.h"

static const ble_scan_t listen = { .interval_us = 10000, .window_us = 10000 };

// ---- advertising and scanning

static void is_report(const two_event_t *e, unsigned kind, unsigned from, const char *data) {
    ble_address_t address = two_address(from);
    CHECK(e->event.report.kind == kind && ble_address_equal(&e->event.report.peer, &address));
    CHECK(e->event.report.rssi == -60);
    CHECK(e->length == strlen(data) && memcmp(e->data, data, e->length) == 0);
}

static int advertise(unsigned host, unsigned kind) {
    const ble_advertise_t advertise = {
        .interval_us = 20000, .kind = kind, .data = (const uint8_t *)"\2\1\6", .length = 3,
        .response = (const uint8_t *)"\3\11ab", .response_length = 4, .peer = two_address(0),
    };
    return ble_advertise(&two_host[host], &advertise);
}

static void scan_once(unsigned kind, bool active) {
    ble_scan_t scan = listen;
    scan.active = active;
    CHECK(advertise(1, kind) == 0);
    CHECK(ble_scan(&two_host[0], &scan) == 0);
    two_event_t e = two_expect(0, BLE_EVENT_SCAN_REPORT);
    is_report(&e, kind == 4 ? 1 : kind, 1, kind == 4 ? "" : "\2\1\6");
    if (active && (kind == 0 || kind == 2)) {
        e = two_expect(0, BLE_EVENT_SCAN_REPORT);
        is_report(&e, 4, 1, "\3\11ab");
    }
    CHECK(ble_scan_stop(&two_host[0]) == 0);
    two_expect(0, BLE_EVENT_SCAN_DONE);
    CHECK(ble_advertise_stop(&two_host[1]) == 0);
    two_quiet(0);
}

static void kinds(void) {
    static const uint8_t all[] = { 0, 2, 3, 4 };
    two_start(0);
    two_start(1);
    for (unsigned i = 0; i < sizeof(all); i++) {
        scan_once(all[i], false);
        scan_once(all[i], true);
    }
    two_settled(0);
    two_settled(1);
}

static void directed_ends(void) {
    two_start(1);
    CHECK(advertise(1, 1) == 0);
    two_expect(1, BLE_EVENT_ADVERTISING_ENDED);
    two_settled(1);
}

static void directed_connects(void) {
    two_start(0);
    two_start(1);
    CHECK(two_connect(0, 1, 20000) == 0);
    CHECK(advertise(1, 1) == 0);
    two_link_t link = { two_expect(0, BLE_EVENT_CONNECTED).event.connection, 0 };
    link.peripheral = two_expect(1, BLE_EVENT_CONNECTED).event.connection;
    two_end(0, 1, link);
}

static void duplicates(void) {
    ble_scan_t scan = listen;
    scan.duplicates = true;
    two_start(0);
    two_start(1);
    CHECK(advertise(1, 3) == 0);
    CHECK(ble_scan(&two_host[0], &scan) == 0);
    for (unsigned i = 0; i < 5; i++) {
        two_event_t e = two_expect(0, BLE_EVENT_SCAN_REPORT);
        is_report(&e, 3, 1, "\2\1\6");
    }
    CHECK(ble_scan_stop(&two_host[0]) == 0);
    two_until(two_count(0, BLE_EVENT_SCAN_DONE) == 1);
    two_settled(0);
}

static void scan_ends_by_itself(void) {
    ble_scan_t scan = listen;
    scan.duration_ms = 30;
    two_start(0);
    uint64_t begin_us = rtos_now_us();
    CHECK(ble_scan(&two_host[0], &scan) == 0);
    two_expect(0, BLE_EVENT_SCAN_DONE);
    CHECK(rtos_now_us() - begin_us >= 30000);
    CHECK(ble_scan_stop(&two_host[0]) == 0); // of nothing
    two_quiet(0);
}

// Both again while they go on: what counts is the last.
static void scan_again(void) {
    ble_scan_t scan = listen;
    two_start(0);
    two_start(1);
    CHECK(ble_scan(&two_host[0], &listen) == 0);
    CHECK(advertise(1, 0) == 0);
    CHECK(advertise(1, 3) == 0);
    scan.duplicates = true;
    CHECK(ble_scan(&two_host[0], &scan) == 0);
    two_event_t e = two_expect(0, BLE_EVENT_SCAN_REPORT);
    while (e.event.report.kind != 3) {
        e = two_expect(0, BLE_EVENT_SCAN_REPORT);
    }
    CHECK(ble_advertise_stop(&two_host[1]) == 0);
    CHECK(ble_scan_stop(&two_host[0]) == 0);
    two_until(two_count(0, BLE_EVENT_SCAN_DONE) == 1);
    two_forget(0);
    two_quiet(0);
}

static void bad_arguments(void) {
    ble_t *b = &two_host[0];
    ble_scan_t scan = listen;
    ble_advertise_t a = { .interval_us = 20000 };
    CHECK(ble_advertise(b, &a) == -ENODEV && ble_scan(b, &listen) == -ENODEV && ble_disconnect(b, 1) == -ENODEV);
    two_start(0);
    CHECK(two_try_start(0) == -EALREADY);
    scan.window_us = 20000;
    CHECK(ble_scan(b, &scan) == -EINVAL);
    a.interval_us = 19999;
    CHECK(ble_advertise(b, &a) == -EINVAL);
    a = (ble_advertise_t) { .interval_us = 20000, .kind = 5 };
    CHECK(ble_advertise(b, &a) == -EINVAL);
    a = (ble_advertise_t) { .interval_us = 20000, .length = 32 };
    CHECK(ble_advertise(b, &a) == -EINVAL);
    CHECK(ble_disconnect(b, 1) == -ENOTCONN && ble_update_parameters(b, 1, 6, 6, 0, 100) == -ENOTCONN);
    CHECK(ble_gatts_notify(b, 1, 3, NULL, 0, 0) == -ENOTCONN && ble_gattc_read(b, 1, 3) == -ENOTCONN);
    CHECK(ble_gattc_write_command(b, 1, 3, NULL, 0, 0) == -ENOTCONN && ble_connection_mtu(b, 1) == -ENOTCONN);
    CHECK(ble_set_mtu(b, 22) == -EINVAL && ble_set_mtu(b, BLE_MTU + 1) == -EINVAL);
    CHECK(ble_connect_cancel(b) == -EALREADY);
    two_settled(0);
}

// ---- connecting

static void connect_cancelled(void) {
    two_start(0);
    CHECK(two_connect(0, 1, 20000) == 0);
    CHECK(two_connect(0, 2, 20000) == -EALREADY);
    CHECK(ble_connect_cancel(&two_host[0]) == 0);
    CHECK(ble_connect_cancel(&two_host[0]) == -EALREADY || two_count(0, BLE_EVENT_CONNECT_FAILED) != 0);
    two_event_t e = two_expect(0, BLE_EVENT_CONNECT_FAILED);
    ble_address_t peer = two_address(1);
    CHECK(e.event.status != 0 && ble_address_equal(&e.event.link.peer, &peer) && e.event.link.central);
    two_settled(0);
}

static void connect_deadline(void) {
    two_start(0);
    uint64_t begin_us = rtos_now_us();
    CHECK(two_connect(0, 1, 40) == 0);
    two_expect(0, BLE_EVENT_CONNECT_FAILED);
    CHECK(rtos_now_us() - begin_us >= 40000);
    CHECK(two_connect(0, 1, 20000) == 0); // and it can be tried again
    CHECK(ble_connect_cancel(&two_host[0]) == 0);
    two_expect(0, BLE_EVENT_CONNECT_FAILED);
    two_settled(0);
}

// The controller gives up at once, and connections are not established: it is tried again.
static void connect_tried_again(void) {
    air_knobs_t knobs = air_knobs();
    knobs.connects_at_once = true;
    knobs.connects_fail = 2;
    air_configure(0, &knobs);
    two_start(0);
    two_start(1);
    CHECK(two_connect(0, 1, 30000) == 0);
    for (unsigned left = 2;; left--) {
        CHECK(two_advertise(1) == 0);
        two_expect(1, BLE_EVENT_CONNECTED);
        if (left == 0) {
            break;
        }
        CHECK(two_expect(1, BLE_EVENT_DISCONNECTED).event.status == BLE_STATUS_NOT_ESTABLISHED);
    }
    two_link_t link = { two_expect(0, BLE_EVENT_CONNECTED).event.connection, 0x80 };
    two_end(0, 1, link);
}

static void disconnect_by(unsigned side) {
    two_link_t link = two_pair();
    CHECK(two_connect(0, 1, 1000) == -EALREADY);
    two_part(side, two_connection(link, side));
    two_event_t own = two_expect(side, BLE_EVENT_DISCONNECTED), other = two_expect(!side, BLE_EVENT_DISCONNECTED);
    CHECK(own.event.status == BLE_STATUS_LOCAL_HOST && other.event.status == BLE_STATUS_REMOTE_USER);
    CHECK(own.event.link.central == (side == 0) && other.event.link.central == (side != 0));
    CHECK(ble_disconnect(&two_host[side], link.central) == -ENOTCONN);
    two_settled(0);
    two_settled(1);
}

static void disconnect_by_central(void) {
    disconnect_by(0);
}

static void disconnect_by_peripheral(void) {
    disconnect_by(1);
}

static void dropped(void) {
    two_pair();
    air_drop(0);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(two_expect(i, BLE_EVENT_DISCONNECTED).event.status == BLE_STATUS_TIMEOUT);
        two_settled(i);
    }
}

static void parameters(void) {
    two_link_t link = two_pair();
    CHECK(ble_update_parameters(&two_host[0], link.central, 6, 5, 0, 100) == -EINVAL);
    CHECK(ble_update_parameters(&two_host[0], link.central, 40, 40, 1, 200) == 0);
    for (unsigned i = 0; i < 2; i++) {
        two_event_t e = two_expect(i, BLE_EVENT_PARAMETERS);
        CHECK(e.event.status == 0 && e.event.parameters.interval == 40);
        CHECK(e.event.parameters.latency == 1 && e.event.parameters.timeout == 200);
    }
    two_end(0, 1, link);
}

// ---- several connections, in both roles

static void three_hosts(void) {
    two_start(2);
    two_link_t first = two_pair(); // 0 is a central of 1,
    two_link_t second = two_connected(1, 2); // 1 is one of 2,
    two_link_t third = two_connected(2, 0); // and 2 one of 0
    CHECK(second.central != first.peripheral && third.central != second.peripheral);
    CHECK(ble_gattc_read(&two_host[0], first.central, two_handle(1, TWO_FIXED)) == 0);
    CHECK(ble_gattc_services(&two_host[1], second.central, NULL) == 0);
    CHECK(ble_gattc_services(&two_host[2], third.central, NULL) == 0);
    two_until(two_count(0, BLE_EVENT_READ_DONE) == 1);
    two_until(two_count(1, BLE_EVENT_SERVICES_DONE) == 1);
    two_until(two_count(2, BLE_EVENT_SERVICES_DONE) == 1);
    for (unsigned i = 0; i < TWO_HOSTS; i++) {
        two_forget(i);
    }
    two_part(1, second.central);
    CHECK(two_expect(1, BLE_EVENT_DISCONNECTED).event.connection == second.central);
    CHECK(two_expect(2, BLE_EVENT_DISCONNECTED).event.connection == second.peripheral);
    two_quiet(0);
    CHECK(ble_connection_mtu(&two_host[0], first.central) == 23);
    two_part(0, third.peripheral);
    two_expect(0, BLE_EVENT_DISCONNECTED);
    two_expect(2, BLE_EVENT_DISCONNECTED);
    two_end(0, 1, first);
}

// ---- addresses, the name, commands

static void addresses(void) {
    ble_address_t address, wanted = two_address(0);
    two_start(0);
    two_start(1);
    CHECK(ble_own_address(&two_host[0], &address) == 0 && ble_address_equal(&address, &wanted));
    for (unsigned kind = BLE_OWN_STATIC; kind <= BLE_OWN_NON_RESOLVABLE; kind++) {
        static const uint8_t top[] = { [BLE_OWN_STATIC] = 3, [BLE_OWN_RESOLVABLE] = 1, [BLE_OWN_NON_RESOLVABLE] = 0 };
        CHECK(ble_set_own_address(&two_host[1], kind) == 0);
        CHECK(advertise(1, 3) == 0);
        CHECK(ble_own_address(&two_host[1], &address) == 0);
        CHECK(address.type == BLE_ADDRESS_RANDOM && address.octets[5] >> 6 == top[kind]);
        CHECK(ble_scan(&two_host[0], &listen) == 0);
        two_event_t e = two_expect(0, BLE_EVENT_SCAN_REPORT);
        CHECK(ble_address_equal(&e.event.report.peer, &address));
        CHECK(ble_scan_stop(&two_host[0]) == 0);
        two_expect(0, BLE_EVENT_SCAN_DONE);
        CHECK(ble_advertise_stop(&two_host[1]) == 0);
    }
    CHECK(ble_set_own_address(&two_host[1], BLE_OWN_PUBLIC) == 0);
    CHECK(ble_set_own_address(&two_host[1], 4) == -EINVAL);
}

static void raw_commands(void) {
    uint8_t status = 1, answer[16];
    size_t length = sizeof(answer);
    two_start(0);
    CHECK(ble_hci_command(&two_host[0], BLE_HCI_READ_BD_ADDR, NULL, 0, &status, answer, &length) == 0);
    ble_address_t own = two_address(0);
    CHECK(status == 0 && length == 6 && memcmp(answer, own.octets, 6) == 0);
    length = sizeof(answer);
    CHECK(ble_hci_command(&two_host[0], 0xfc01, NULL, 0, &status, answer, &length) == 0);
    CHECK(status == BLE_STATUS_UNKNOWN_COMMAND && length == 0);
}

const two_case_t two_cases_gap[] = {
    { "gap-kinds", kinds },
    { "gap-directed-ends", directed_ends },
    { "gap-directed-connects", directed_connects },
    { "gap-duplicates", duplicates },
    { "gap-scan-ends-by-itself", scan_ends_by_itself },
    { "gap-scan-again", scan_again },
    { "gap-bad-arguments", bad_arguments },
    { "gap-connect-cancelled", connect_cancelled },
    { "gap-connect-deadline", connect_deadline },
    { "gap-connect-tried-again", connect_tried_again },
    { "gap-disconnect-by-central", disconnect_by_central },
    { "gap-disconnect-by-peripheral", disconnect_by_peripheral },
    { "gap-dropped", dropped },
    { "gap-parameters", parameters },
    { "gap-three-hosts", three_hosts },
    { "gap-addresses", addresses },
    { "gap-raw-commands", raw_commands },
    { NULL, NULL },
};
