// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A whole session of two hosts, with everything that can go wrong at each of its packets. Whatever does: each call
// returns, each procedure that was begun ends, and each connection; no buffer is lost, and the next start works.
#include "two.h"

static two_link_t link;
static unsigned reads, writes; // that have been begun
static unsigned connects;

// ---- the session: each step is false when it, or the connection, has failed

static bool find(void) {
    static const ble_scan_t scan = { .interval_us = 10000, .window_us = 10000, .active = true };
    return two_advertise(1) == 0 && ble_scan(&two_host[0], &scan) == 0 && two_await(0, BLE_EVENT_SCAN_REPORT, NULL)
           && ble_scan_stop(&two_host[0]) == 0 && two_await(0, BLE_EVENT_SCAN_DONE, NULL);
}

static bool meet(void) {
    two_event_t c, p;
    if (two_connect(0, 1, 20000) != 0) {
        return false;
    }
    connects++;
    if (!two_await(0, BLE_EVENT_CONNECTED, &c) || !two_await(1, BLE_EVENT_CONNECTED, &p)) {
        return false;
    }
    link = (two_link_t) { c.event.connection, p.event.connection };
    return ble_gattc_exchange_mtu(&two_host[0], link.central) == 0 && two_await(0, BLE_EVENT_MTU, NULL);
}

static bool discover(void) {
    ble_t *b = &two_host[0];
    return ble_gattc_services(b, link.central, NULL) == 0 && two_await(0, BLE_EVENT_SERVICES_DONE, NULL)
           && ble_gattc_characteristics(b, link.central, 1, 0xffff, NULL) == 0
           && two_await(0, BLE_EVENT_CHARACTERISTICS_DONE, NULL)
           && ble_gattc_descriptors(b, link.central, 1, 0xffff) == 0
           && two_await(0, BLE_EVENT_DESCRIPTORS_DONE, NULL);
}

static bool write_value(uint16_t handle, const uint8_t *octets, size_t length) {
    two_event_t e;
    if (ble_gattc_write(&two_host[0], link.central, handle, octets, length) != 0) {
        return false;
    }
    writes++;
    return two_await(0, BLE_EVENT_WRITE_DONE, &e) && e.event.status == 0;
}

static bool read_value(uint16_t handle, const uint8_t *octets, size_t length) {
    two_event_t e;
    if (ble_gattc_read(&two_host[0], link.central, handle) != 0) {
        return false;
    }
    reads++;
    bool read = two_await(0, BLE_EVENT_READ_RESULT, &e);
    CHECK(!read || (e.length == length && memcmp(e.data, octets, length) == 0));
    return two_await(0, BLE_EVENT_READ_DONE, NULL) && read;
}

static bool change(void) {
    uint8_t octets[300];
    uint16_t handle = two_handle(1, TWO_VALUE);
    for (unsigned i = 0; i < sizeof(octets); i++) {
        octets[i] = i + 9;
    }
    return write_value(handle, octets, sizeof(octets)) && read_value(handle, octets, sizeof(octets))
           && ble_gattc_write_command(&two_host[0], link.central, handle, octets, 200, 20000) == 0
           && write_value(two_handle(1, TWO_ASKED), octets, 8) && read_value(handle, octets, 200);
}

static bool tell(void) {
    static const uint8_t on[] = { 3, 0 };
    uint16_t handle = two_handle(1, TWO_VALUE);
    uint8_t octets[200] = { 1 };
    bool told = write_value(handle + 1, on, 2) && two_await(1, BLE_EVENT_SUBSCRIBED, NULL);
    for (unsigned i = 0; i < 4 && told; i++) {
        told = ble_gatts_notify(&two_host[1], link.peripheral, handle, octets, sizeof(octets), 20000) == 0;
    }
    for (unsigned i = 0; i < 4 && told; i++) {
        told = two_await(0, BLE_EVENT_NOTIFIED, NULL);
    }
    return told && ble_gatts_indicate(&two_host[1], link.peripheral, handle, octets, 20, 20000) == 0
           && two_await(0, BLE_EVENT_INDICATION, NULL) && two_await(1, BLE_EVENT_INDICATED, NULL)
           && ble_update_parameters(&two_host[0], link.central, 40, 40, 0, 200) == 0
           && two_await(0, BLE_EVENT_PARAMETERS, NULL) && two_await(1, BLE_EVENT_PARAMETERS, NULL);
}

static bool session(void) {
    link.central = link.peripheral = BLE_NO_CONNECTION;
    two_begin();
    reads = writes = connects = 0;
    return find() && meet() && discover() && change() && tell();
}

// ---- its end, whatever came

static unsigned ends_of(unsigned host) {
    return two_count(host, BLE_EVENT_DISCONNECTED) + two_count(host, BLE_EVENT_CONNECT_FAILED);
}

// A host that runs lets go of everything; one that has lost its controller says so, and has ended everything.
static void host_ends(unsigned host, bool lost) {
    ble_t *b = &two_host[host];
    if (!lost) {
        ble_scan_stop(b);
        ble_advertise_stop(b);
        ble_connect_cancel(b);
        ble_disconnect(b, two_connection(link, host));
        two_settled(host);
    } else {
        two_until(two_count(host, BLE_EVENT_LOST) == 1);
    }
    unsigned began = host == 0 ? connects : two_count(1, BLE_EVENT_CONNECTED);
    two_until(ends_of(host) >= began);
    CHECK(ends_of(host) == began);
    if (host == 0) {
        two_until(two_count(0, BLE_EVENT_READ_DONE) == reads && two_count(0, BLE_EVENT_WRITE_DONE) == writes);
    }
    if (lost && !TWO_SLOW) {
        two_until(rtos_peek(b->free_count) == BLE_BUFFERS); // without a call: there are none any more
    }
    ble_stop(b);
}

static void both_start(void) {
    two_start_both();
    two_serve(1);
}

static void both_end(void) {
    host_ends(0, false);
    host_ends(1, false);
}

static void whole(void) {
    both_start();
    CHECK(session());
    both_end();
}

// ---- with other controllers

static void whole_with(const air_knobs_t *knobs) {
    two_air(3);
    air_configure(0, knobs);
    air_configure(1, knobs);
    whole();
    CHECK(air_counts(0).complaints == 0 && air_counts(1).complaints == 0);
}

static void buffer_sizes(void) {
    static const uint8_t sizes[][2] = { { 27, 1 }, { 27, 2 }, { 27, 8 }, { 31, 3 }, { 64, 1 }, { 251, 1 }, { 251, 8 } };
    for (unsigned i = 0; i < BLE_COUNT(sizes); i++) {
        air_knobs_t knobs = air_knobs();
        knobs.acl_len = sizes[i][0];
        knobs.acl_num = sizes[i][1];
        whole_with(&knobs);
    }
}

static void split_reads(void) {
    for (unsigned cut = 1; cut < 64; cut += TWO_SLOW ? 7 : 1) {
        air_knobs_t knobs = air_knobs();
        knobs.read_cut = cut;
        whole_with(&knobs);
    }
    air_knobs_t knobs = air_knobs();
    knobs.read_max = 1;
    whole_with(&knobs);
}

static void split_writes(void) {
    for (unsigned most = 1; most < 24; most += 11) {
        air_knobs_t knobs = air_knobs();
        knobs.write_max = most;
        knobs.write_none = 20;
        whole_with(&knobs);
    }
}

static void commands_unknown(void) {
    for (unsigned i = 0; air_optional(i) != 0; i += TWO_SLOW ? 5 : 1) {
        air_knobs_t knobs = air_knobs();
        if (air_optional(i) != BLE_HCI_LE_RAND) { // there is no other source of what nobody can guess
            knobs.unknown[0] = air_optional(i);
            knobs.unknown_by_status = i % 2;
            whole_with(&knobs);
        }
    }
}

static void other_orders(void) {
    for (unsigned i = 0; i < 5; i++) {
        air_knobs_t knobs = air_knobs();
        knobs.credits_late = i == 0;
        knobs.old_complete = i == 1;
        knobs.completed_every = i == 2 ? 4 : 1;
        knobs.data_by_step = i == 3;
        knobs.data_shuffled = i == 3;
        knobs.asks_parameters = i == 4;
        whole_with(&knobs);
    }
}

// ---- with a fault at each step

// The link is lost at each packet on the air.
static void link_dropped(void) {
    CHECK(two_drop_each(TWO_SLOW ? 9 : 1, both_start, session, both_end) > 50);
}

static void hardware_error(unsigned host) {
    air_hardware_error(host, 1);
}

static rtos_thread_t *stopper;
static volatile bool stop_asked, stop_done;

static void stop_ask(unsigned host) {
    (void)host;
    rtos_poke(stop_asked, true);
    rtos_unpark(rtos_peek(stopper));
}

static void stop_main(void *arg) {
    ble_t *b = &two_host[*(unsigned *)arg];
    rtos_poke(stopper, rtos_thread_self());
    rtos_poke(stop_done, false);
    while (!rtos_peek(stop_asked)) {
        rtos_park(RTOS_FOREVER);
    }
    ble_stop(b);
    CHECK(!ble_running(b));
    rtos_poke(stop_done, true);
}

// At the nth step of one host's input or output `fn` happens; whether it came to that.
static bool whole_until(unsigned host, unsigned nth, void (*fn)(unsigned host)) {
    bool stops = fn == stop_ask;
    two_air(1);
    both_start();
    rtos_poke(stop_asked, false);
    if (stops) {
        two_spawn(stop_main, &host);
        two_until(rtos_peek(stopper) != NULL);
    }
    two_at(host, nth, fn);
    bool went_well = session();
    bool passed = two_at_passed(host);
    CHECK(passed || went_well);
    two_at(host, 0, NULL);
    if (stops) {
        stop_ask(host);
        two_join();
        rtos_poke(stopper, NULL);
    } else {
        host_ends(host, passed);
    }
    host_ends(!host, false);
    return passed;
}

static void each_step(unsigned host, unsigned stride, void (*fn)(unsigned host)) {
    unsigned nth = 0;
    do {
        nth += TWO_SLOW ? 8 * stride + 3 : stride;
    } while (whole_until(host, nth, fn));
    CHECK(nth > 100);
    whole(); // as if nothing had been
}

static void transport_lost(void) {
    each_step(0, 1, air_lose);
    each_step(1, 1, air_lose);
}

static void controller_fails(void) {
    each_step(0, 5, hardware_error);
    each_step(1, 5, hardware_error);
}

static void stopped(void) {
    each_step(0, 2, stop_ask);
    each_step(1, 2, stop_ask);
}

// The transport is lost at each step of a start: ble_start returns with an error, and the next one does not.
static void start_fails(void) {
    int error = -1;
    for (unsigned nth = 1; error != 0; nth++) {
        two_air(1);
        two_at(0, nth, air_lose);
        error = two_try_start(0);
        CHECK(error == 0 || !ble_running(&two_host[0]));
        if (!two_at_passed(0)) {
            CHECK(error == 0);
        }
        two_at(0, 0, NULL);
        ble_stop(&two_host[0]);
        two_forget(0);
        two_start(0);
        two_settled(0);
        ble_stop(&two_host[0]);
    }
}

const two_case_t two_cases_session[] = {
    { "session-whole", whole },
    { "session-buffer-sizes", buffer_sizes },
    { "session-split-reads", split_reads },
    { "session-split-writes", split_writes },
    { "session-commands-unknown", commands_unknown },
    { "session-other-orders", other_orders },
    { "session-link-dropped", link_dropped },
    { "session-transport-lost", transport_lost },
    { "session-controller-fails", controller_fails },
    { "session-stopped", stopped },
    { "session-start-fails", start_fails },
    { NULL, NULL },
};
