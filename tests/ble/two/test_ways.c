// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// How other hosts have gone wrong, one case for each way: who waits for whom.
#include "two.h"

static const uint8_t both[] = { 3, 0 };


// The first notification is never given back. Other connections, other classes, and calls go on; and it itself does
// when it is given back.
static void event_kept(void) {
    static const ble_scan_t scan = { .interval_us = 10000, .window_us = 10000 };
    two_start(2);
    two_serve(2);
    two_link_t link = two_pair();
    two_link_t other = two_connected(0, 2);
    uint16_t handle = two_handle(1, TWO_VALUE), other_handle = two_handle(2, TWO_VALUE);
    two_keep(0, BLE_EVENT_NOTIFIED);
    CHECK(ble_gatts_notify(&two_host[1], link.peripheral, handle, both, 1, 20000) == 0);
    CHECK(two_expect(0, BLE_EVENT_NOTIFIED).event.connection == link.central);
    for (unsigned i = 0; i < BLE_INBOX; i++) {
        CHECK(ble_gatts_notify(&two_host[1], link.peripheral, handle, both, 1, 20000) == 0);
    }
    CHECK(ble_gatts_indicate(&two_host[2], other.peripheral, other_handle, both, 1, 20000) == 0);
    CHECK(two_expect(0, BLE_EVENT_INDICATION).event.connection == other.central);
    CHECK(ble_gattc_read(&two_host[0], other.central, other_handle) == 0);
    two_expect(0, BLE_EVENT_READ_RESULT);
    two_expect(0, BLE_EVENT_READ_DONE);
    CHECK(two_advertise(1) == 0);
    CHECK(ble_scan(&two_host[0], &scan) == 0);
    two_expect(0, BLE_EVENT_SCAN_REPORT);
    CHECK(ble_scan_stop(&two_host[0]) == 0);
    two_expect(0, BLE_EVENT_SCAN_DONE);
    two_give_back(0, 0);
    for (unsigned i = 0; i < BLE_INBOX; i++) {
        CHECK(two_expect(0, BLE_EVENT_NOTIFIED).event.connection == link.central);
    }
    two_forget(2);
    two_part(0, other.central);
    two_expect(0, BLE_EVENT_DISCONNECTED);
    two_end(0, 1, link);
}

// A peer that floods one connection whose event is kept: the others wait for no longer than BLE_STALL_MS.
static void flooded(void) {
    two_start(2);
    two_serve(2);
    two_link_t link = two_pair();
    two_link_t other = two_connected(0, 2);
    two_keep(0, BLE_EVENT_NOTIFIED);
    for (unsigned i = 0; i < 30; i++) {
        CHECK(ble_gatts_notify(&two_host[1], link.peripheral, two_handle(1, TWO_VALUE), both, 1, 20000) == 0);
    }
    two_expect(0, BLE_EVENT_NOTIFIED);
    CHECK(ble_gattc_read(&two_host[0], other.central, two_handle(2, TWO_VALUE)) == 0);
    two_expect(0, BLE_EVENT_READ_RESULT);
    two_expect(0, BLE_EVENT_READ_DONE);
    CHECK(two_advertise(0) == 0 && ble_advertise_stop(&two_host[0]) == 0);
    two_give_back(0, 0);
    two_log(0, false);
    two_part(1, link.peripheral);
    two_part(2, other.peripheral);
    two_until(two_count(0, BLE_EVENT_DISCONNECTED) == 2);
    two_settled(0);
}

// The server's application never answers: the peer is answered for it, once and again.
static void answer_late(void) {
    two_link_t link = two_pair();
    two_keep(1, BLE_EVENT_READ);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(ble_gattc_read(&two_host[0], link.central, two_handle(1, TWO_FIXED)) == 0);
        CHECK(two_expect(0, BLE_EVENT_READ_RESULT).length == 4);
        two_expect(0, BLE_EVENT_READ_DONE);
    }
    CHECK(ble_gattc_write(&two_host[0], link.central, two_handle(1, TWO_ASKED), both, 2) == 0);
    CHECK(two_expect(0, BLE_EVENT_WRITE_DONE).event.status == 0);
    two_expect(1, BLE_EVENT_READ);
    two_give_back(1, BLE_ATT_READ_NOT_PERMITTED); // too late
    two_quiet(0);
    two_forget(1);
    two_end(0, 1, link);
}

// ---- a call from inside a callback: every one that there is for a connection

static volatile unsigned called;

static void call_back(unsigned host, const ble_event_t *event) {
    ble_t *b = &two_host[host];
    static const ble_scan_t scan = { .interval_us = 10000, .window_us = 10000 };
    static const ble_security_t security = { .io = BLE_NO_INPUT_OUTPUT, .key_size = 7 };
    uint8_t octets[8] = { 0 };
    size_t length = sizeof(octets);
    if (host != 1 || (event->type != BLE_EVENT_WRITTEN && event->type != BLE_EVENT_CONNECTED)) {
        return;
    }
    uint16_t handle = two_handle(1, TWO_VALUE), connection = event->connection;
    CHECK(ble_gatts_notify(b, connection, handle, octets, 8, 20000) == 0);
    CHECK(ble_gattc_write_command(b, connection, 3, octets, 8, 20000) == 0);
    CHECK(ble_gatts_write(b, handle, octets, 8, true) == 0);
    CHECK(ble_gatts_read(b, handle, octets, &length) == 0);
    CHECK(ble_gattc_read(b, connection, BLE_HANDLE_NAME) == 0);
    CHECK(ble_scan(b, &scan) == 0 && ble_scan_stop(b) == 0);
    CHECK(two_advertise(1) == 0 && ble_advertise_stop(b) == 0);
    CHECK(ble_set_security(b, &security) == 0 && ble_sync(b) == 0);
    CHECK(ble_update_parameters(b, connection, 40, 40, 0, 200) != -ENODEV);
    if (event->type == BLE_EVENT_WRITTEN) {
        CHECK(ble_disconnect(b, connection) == 0);
    }
    rtos_poke(called, called + 1);
}

static void call_inside(void) {
    called = 0;
    rtos_poke(two_handler, call_back);
    two_start(0);
    two_start(1);
    two_serve(1);
    CHECK(two_advertise(1) == 0 && two_connect(0, 1, 20000) == 0);
    uint16_t connection = two_expect(0, BLE_EVENT_CONNECTED).event.connection;
    two_until(two_count(1, BLE_EVENT_READ_DONE) == 1);
    CHECK(ble_gattc_write(&two_host[0], connection, two_handle(1, TWO_ASKED), both, 2) == 0);
    two_until(two_count(0, BLE_EVENT_WRITE_DONE) == 1 && two_count(0, BLE_EVENT_DISCONNECTED) == 1);
    two_until(rtos_peek(called) == 2);
    two_settled(0);
    two_settled(1);
}

// ---- full queues

// What the application sends has taken every buffer that it may, and the controller takes nothing: a peer that
// subscribes is answered all the same.
static void answer_without_room(void) {
    air_knobs_t knobs = air_knobs();
    uint8_t octets[20] = { 0 };
    knobs.data_by_step = true;
    knobs.acl_num = 1;
    air_configure(1, &knobs);
    two_link_t link = two_pair();
    uint16_t handle = two_handle(1, TWO_VALUE);
    two_clock(false);
    unsigned sent = 0;
    int error; // with a moment to wait: the last packet may be on its way to the controller
    while ((error = ble_gatts_notify(&two_host[1], link.peripheral, handle, octets, 20, 5)) == 0) {
        sent++;
    }
    CHECK(error == -ENOMEM && sent > 2 && two_free(1) >= BLE_RESERVE);
    CHECK(ble_gattc_write(&two_host[0], link.central, handle + 1, both, 2) == 0);
    CHECK(two_expect(1, BLE_EVENT_SUBSCRIBED).event.value == 3);
    two_quiet(0);
    two_clock(true);
    for (unsigned i = 0; i < sent; i++) {
        two_expect(0, BLE_EVENT_NOTIFIED);
    }
    CHECK(two_expect(0, BLE_EVENT_WRITE_DONE).event.status == 0);
    two_end(0, 1, link);
}

static volatile int waited;

static void notify_for_ever(void *arg) {
    uint16_t connection = *(uint16_t *)arg;
    int error = ble_gatts_notify(&two_host[0], connection, two_handle(0, TWO_VALUE), both, 1, RTOS_FOREVER);
    rtos_poke(waited, error);
}

// Other connections have all buffers. A call that waits for one returns with the end of its own connection.
static void link_ends_without_room(void) {
    uint8_t octets[500] = { 0 };
    two_start(2);
    two_serve(0);
    two_serve(2);
    two_link_t link = two_pair();
    two_link_t other = two_connected(0, 2);
    two_keep(2, BLE_EVENT_READ);
    CHECK(ble_gattc_read(&two_host[0], other.central, two_handle(2, TWO_VALUE)) == 0);
    two_expect(2, BLE_EVENT_READ); // what follows has to wait for that
    while (ble_gattc_write(&two_host[0], other.central, two_handle(2, TWO_VALUE), octets, 500) == 0) {
    }
    while (ble_gattc_write(&two_host[0], other.central, two_handle(2, TWO_VALUE), octets, 1) == 0) {
    }
    rtos_poke(waited, 1);
    two_spawn(notify_for_ever, &link.central);
    for (unsigned i = 0; i < 5; i++) {
        two_pause();
        ble_sync(&two_host[0]);
    }
    CHECK(rtos_peek(waited) == 1);
    two_keep(0, BLE_EVENT_DISCONNECTED); // what ends the call is the link's end and not that it is known
    air_drop(1);
    uint64_t begin_us = rtos_now_us();
    two_until(rtos_peek(waited) != 1 || rtos_now_us() - begin_us > (BLE_ANSWER_MS - 100) * 1000);
    CHECK(waited == -ENOTCONN);
    two_give_back(2, 0);
    two_until(two_count(0, BLE_EVENT_DISCONNECTED) == 1);
    two_log(0, false);
}

static void command_call(void *arg) {
    static const ble_scan_t scan = { .interval_us = 10000, .window_us = 10000 };
    CHECK((arg != NULL ? two_advertise(0) : ble_scan(&two_host[0], &scan)) == 0);
    rtos_poke(waited, waited + 1);
}

// The controller has taken its last command for now.
static void credit_out(void) {
    air_knobs_t knobs = air_knobs();
    two_start(0);
    two_clock(false);
    knobs.credits_late = true;
    air_configure(0, &knobs);
    rtos_poke(waited, 0);
    two_spawn(command_call, NULL);
    two_spawn(command_call, &knobs);
    two_until(two_commands(0) >= 4 * sizeof(ble_command_t)); // more than one call's
    CHECK(rtos_peek(waited) == 0);
    two_clock(true);
    two_join();
    CHECK(ble_scan_stop(&two_host[0]) == 0);
    two_settled(0);
}

// ---- the link ends in between

static void request_without_answer(void) {
    for (unsigned side = 0; side < 2; side++) {
        two_link_t link = two_pair();
        two_keep(1, BLE_EVENT_READ);
        CHECK(ble_gattc_read(&two_host[0], link.central, two_handle(1, TWO_FIXED)) == 0);
        CHECK(ble_gattc_write(&two_host[0], link.central, two_handle(1, TWO_ASKED), both, 2) == 0);
        two_expect(1, BLE_EVENT_READ);
        two_part(side, two_connection(link, side));
        CHECK(two_expect(0, BLE_EVENT_READ_DONE).event.status == -ENOTCONN);
        CHECK(two_expect(0, BLE_EVENT_WRITE_DONE).event.status == -ENOTCONN);
        two_expect(0, BLE_EVENT_DISCONNECTED);
        two_settled(0);
        two_quiet(1);
        two_give_back(1, 0);
        two_expect(1, BLE_EVENT_DISCONNECTED);
        two_settled(1);
        ble_stop(&two_host[0]);
        ble_stop(&two_host[1]);
    }
}

// A scan whose reports outrun the application: what does not fit is counted, and the rest comes in order.
static void scan_outruns(void) {
    static const ble_scan_t scan = { .interval_us = 10000, .window_us = 10000, .duplicates = true };
    two_start(0);
    two_start(1);
    CHECK(two_advertise(1) == 0);
    CHECK(ble_scan_dropped(&two_host[0]) == 0);
    two_keep(0, BLE_EVENT_SCAN_REPORT);
    CHECK(ble_scan(&two_host[0], &scan) == 0);
    two_until(ble_scan_dropped(&two_host[0]) > 10);
    CHECK(ble_scan_stop(&two_host[0]) == 0);
    two_count_is(0, BLE_EVENT_SCAN_REPORT, 1);
    two_give_back(0, 0);
    for (unsigned i = 0; i < BLE_REPORTS; i++) {
        two_expect(0, BLE_EVENT_SCAN_REPORT);
    }
    two_expect(0, BLE_EVENT_SCAN_DONE);
    two_quiet(0);
}

const two_case_t two_cases_ways[] = {
    { "ways-event-kept", event_kept },
    { "ways-flooded", flooded },
    { "ways-answer-late", answer_late },
    { "ways-call-inside", call_inside },
    { "ways-answer-without-room", answer_without_room },
    { "ways-link-ends-without-room", link_ends_without_room },
    { "ways-credit-out", credit_out },
    { "ways-request-without-answer", request_without_answer },
    { "ways-scan-outruns", scan_outruns },
    { NULL, NULL },
};
