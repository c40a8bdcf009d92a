// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Life, advertising, scanning, connecting: what the controller is told, and what the application is.
#include "alone.h"

#include <stdio.h>

static ble_event_t event;
static uint8_t parameters[255];

static void set_command_status(uint16_t opcode, uint8_t status) {
    uint8_t p[4] = { status, 1, opcode, opcode >> 8 };
    alone_event(0x0f, p, sizeof(p));
}

static void complete(uint16_t opcode, uint8_t status) {
    uint8_t p[4] = { 1, opcode, opcode >> 8, status };
    alone_event(0x0e, p, sizeof(p));
}

static void starts_again(void) {
    for (int i = 0; i < 3; i++) {
        alone_start();
        alone_check(ble_running(&alone));
        ble_setup_t setup = alone.setup;
        alone_check(ble_start(&alone, &setup) == -EALREADY);
        alone_check(alone.free_count == BLE_BUFFERS);
        alone_stop();
        alone_check(!ble_running(&alone));
        alone_check(ble_advertise_stop(&alone) == -ENODEV);
        alone_stop();
    }
}

static void silent_controller(void) {
    alone_start();
    alone_answers = false;
    ble_advertise_t advertise = { .interval_us = 20000 };
    alone_check(ble_advertise(&alone, &advertise) == -ENODEV); // after BLE_COMMAND_MS
    alone_check(alone_take(&event, 0) == BLE_EVENT_LOST && event.status == -ETIMEDOUT);
    alone_check(ble_scan_stop(&alone) == -ENODEV);
    alone_stop();
    alone_start(); // and it works again
    alone_stop();
}

static void complete_commanded(const uint8_t *packet, uint8_t credits) {
    uint8_t p[4] = { credits, packet[1], packet[2], 0 };
    alone_give_event(0x0e, p, sizeof(p));
}

static void complete_without_credit(const uint8_t *packet) {
    complete_commanded(packet, 0);
}

static void complete_with_credit(const uint8_t *packet) {
    complete_commanded(packet, 1);
}

// A controller that gives no credit for the next command, or whose transport takes nothing any more, is as dead.
static void no_turn_for_commands(void) {
    ble_advertise_t advertise = { .interval_us = 20000 };
    alone_start();
    alone_commanded = complete_without_credit;
    alone_check(ble_advertise(&alone, &advertise) == -ENODEV);
    alone_check(alone_take(&event, 0) == BLE_EVENT_LOST && event.status == -ETIMEDOUT);
    alone_stop();
    alone_commanded = NULL;
    alone_start();
    alone_connect(64, true);
    alone_room = 3;
    alone_l2cap(64, BLE_CID_ATT, (const uint8_t[]) { 0x0a, 1, 0 }, 3); // the answer is begun
    alone_check(ble_advertise(&alone, &advertise) == -ENODEV);
    alone_stop();
    alone_start();
    alone_connect(64, true);
    alone_room = 3;
    alone_l2cap(64, BLE_CID_ATT, (const uint8_t[]) { 0x0a, 1, 0 }, 3);
    alone_stop();
    alone_check(!ble_running(&alone));
    alone_start(); // what was begun is not gone on with
    alone_check(alone.free_count == BLE_BUFFERS);
    alone_stop();
}

// The application's commands leave room for what the controller waits for.
static void replies_have_room(void) {
    static const uint8_t request[11] = { 6, 64, 0, 6, 0, 6, 0, 0, 0, 200, 0 };
    ble_call_t calls[64] = { 0 };
    unsigned n = 0;
    alone_start();
    alone_connect(64, true);
    alone_answers = false;
    while (ble_command_for(&alone, &calls[n], BLE_HCI_LE_RAND, NULL, 0) == BLE_PENDING) {
        n++;
    }
    alone_event(0x3e, request, sizeof(request));
    for (unsigned i = 0; i < n; i++) {
        complete(BLE_HCI_LE_RAND, 0);
    }
    alone_check(alone_sent_command(BLE_HCI_LE_PARAMETER_REQUEST_REPLY, parameters) == 14);
    alone_answers = true;
    complete(BLE_HCI_LE_PARAMETER_REQUEST_REPLY, 0);
    alone_stop();
}

// Pairing waits for room on a link that stands, but not for ever.
static void pairs_without_room(void) {
    alone_start();
    alone_completes = false;
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        alone_connect(64 + i, false);
    }
    for (unsigned i = 0; i < 8 * BLE_CONNECTIONS; i++) { // commands that are rejected
        alone_l2cap(64 + i % BLE_CONNECTIONS, BLE_CID_SIGNAL, (const uint8_t[]) { 0x99, 1, 0, 0 }, 4);
    }
    alone_check(ble_pair(&alone, 64) == -ENOMEM);
    alone_stop();
}

// A peer asks and asks, and takes nothing: the others' answers have their buffers all the same.
static void others_are_answered_by(bool central) {
    static const struct {
        uint16_t cid;
        uint8_t length, octets[7];
    } asked[] = {
        { BLE_CID_ATT, 3, { BLE_ATT_READ_REQUEST, 1 } }, { BLE_CID_ATT, 3, { BLE_ATT_INDICATION, 1 } },
        { BLE_CID_SIGNAL, 4, { 0x99, 1 } }, { BLE_CID_SMP, 7, { 1, 3, 0, 1, 16 } }, { BLE_CID_SMP, 1, { 0x0c } },
        { BLE_CID_SMP, 2, { 0x0b, 1 } }, { BLE_CID_SMP, 2, { 0x05, 8 } },
    };
    uint8_t answer[600];
    alone_start();
    alone_connect(64, central);
    alone_connect(65, false);
    alone_completes = false;
    while (alone_take(&event, 0) >= 0) {
    }
    for (unsigned i = 0; i < 2 * BLE_BUFFERS * BLE_COUNT(asked); i++) {
        alone_l2cap(64, asked[i % BLE_COUNT(asked)].cid, asked[i % BLE_COUNT(asked)].octets,
            asked[i % BLE_COUNT(asked)].length);
        while (alone_take(&event, 0) >= 0) {
        }
        alone_check(ble_conn_find(&alone, 64)->out.count <= 8);
    }
    alone_l2cap(65, BLE_CID_ATT, asked[0].octets, asked[0].length);
    alone_check(alone_sent_on(65, BLE_CID_ATT, answer) != 0);
    alone_stop();
}

static void others_are_answered(void) {
    others_are_answered_by(false);
    others_are_answered_by(true);
}

static void advertises(void) {
    static const uint8_t data[] = { 2, 1, 6 };
    alone_start();
    ble_advertise_t advertise = { .interval_us = 100000, .kind = 0, .data = data, .length = sizeof(data) };
    alone_check(ble_advertise(&alone, &advertise) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_ADVERTISING_PARAMETERS, parameters) == 15);
    alone_check(ble_get16(parameters) == 160 && ble_get16(parameters + 2) == 160 && parameters[13] == 7);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_ADVERTISING_DATA, parameters) == 32 && parameters[0] == 3);
    alone_check(memcmp(parameters + 1, data, 3) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_SCAN_RESPONSE, parameters) == 32 && parameters[0] == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_ADVERTISE, parameters) == 1 && parameters[0] == 1);
    alone_check(ble_advertise(&alone, &advertise) == 0); // off first
    alone_check(alone_sent_command(BLE_HCI_LE_ADVERTISE, parameters) == 1 && parameters[0] == 0);
    alone_check(ble_advertise_stop(&alone) == 0);
    advertise.interval_us = 19999;
    alone_check(ble_advertise(&alone, &advertise) == -EINVAL);
    advertise = (ble_advertise_t) { .interval_us = 20000, .data = parameters, .length = 32 };
    alone_check(ble_advertise(&alone, &advertise) == -EINVAL);
    alone_stop();
}

static void connected_before(const uint8_t *packet) {
    static const uint8_t p[19] = { 1, 0, 64, 0, 1, 0, 64, 2, 3, 4, 5, 0xc6, 24, 0, 0, 0, 42, 0, 0 };
    if (ble_get16(packet + 1) == BLE_HCI_LE_SET_ADVERTISING_PARAMETERS) {
        alone_give_event(0x3e, p, sizeof(p));
    }
    complete_with_credit(packet);
}

// A peer has found the advertising that is replaced: the next one goes on, and the link is of the address before.
static void advertises_over_connection(void) {
    ble_advertise_t advertise = { .interval_us = 100000 };
    ble_address_t own;
    alone_start();
    alone_check(ble_set_own_address(&alone, BLE_OWN_NON_RESOLVABLE) == 0);
    alone_check(ble_advertise(&alone, &advertise) == 0);
    alone_check(ble_own_address(&alone, &own) == 0);
    alone_commanded = connected_before;
    alone_answers = false;
    alone_check(ble_advertise(&alone, &advertise) == 0);
    alone_commanded = NULL;
    alone_answers = true;
    alone_check(memcmp(ble_conn_find(&alone, 64)->own.octets, own.octets, 6) == 0);
    while (alone_sent_command(BLE_HCI_LE_ADVERTISE, parameters) >= 0) {
    }
    alone_check(ble_advertise_stop(&alone) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_ADVERTISE, parameters) == 1 && parameters[0] == 0);
    alone_check(ble_set_own_address(&alone, BLE_OWN_PUBLIC) == 0);
    alone_stop();
}

static void report(uint8_t n, const uint8_t *data, uint8_t length) {
    uint8_t p[64] = { 0x02, 1, 0, 1, n, 2, 3, 4, 5, 0xc6, length };
    memcpy(p + 11, data, length);
    p[11 + length] = 0xd0;
    alone_event(0x3e, p, 12 + length);
}

static void scans(void) {
    static const uint8_t data[31] = { 2, 1, 6 };
    alone_start();
    ble_scan_t scan = { .duration_ms = 1000, .interval_us = 30000, .window_us = 30000, .duplicates = true };
    alone_check(ble_scan(&alone, &scan) == 0);
    for (unsigned i = 0; i < BLE_REPORTS + 2; i++) {
        report(i, data, 3);
    }
    alone_check(ble_scan_dropped(&alone) == 2); // the rest waits for the application
    for (unsigned i = 0; i < BLE_REPORTS; i++) {
        alone_check(alone_take(&event, 0) == BLE_EVENT_SCAN_REPORT);
        alone_check(event.report.peer.octets[0] == i && event.length == 3 && event.report.rssi == (int8_t)0xd0);
    }
    report(1, data, 31); // the longest
    alone_check(alone_take(&event, 0) == BLE_EVENT_SCAN_REPORT);
    alone_check(!alone_next(&event));
    alone_wait(1000);
    alone_check(alone_take(&event, 0) == BLE_EVENT_SCAN_DONE);
    report(1, data, 3);
    alone_check(!alone_next(&event));
    scan.window_us = 40000;
    alone_check(ble_scan(&alone, &scan) == -EINVAL);
    alone_stop();
}

static const ble_connect_t somebody = { .peer = { 1, { 9, 2, 3, 4, 5, 0xc6 } }, .duration_ms = 1000 };

static void connect_failed(uint8_t status) {
    uint8_t p[19] = { 0x01, status };
    alone_event(0x3e, p, sizeof(p));
}

static void tries_until_the_deadline(void) {
    alone_start();
    alone_answers = false;
    alone_check(ble_connect(&alone, &somebody) == 0);
    alone_check(ble_connect(&alone, &somebody) == -EALREADY);
    unsigned tries = 0;
    for (unsigned ms = 0; ms < 1000; ms += 20) {
        if (alone_sent_command(BLE_HCI_LE_CREATE_CONNECTION, parameters) == 25) {
            tries++;
            set_command_status(BLE_HCI_LE_CREATE_CONNECTION, 0);
            connect_failed(BLE_STATUS_NOT_ESTABLISHED);
        }
        alone_wait(20);
    }
    alone_check(tries >= 40);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECT_FAILED);
    alone_check(event.status != 0 && event.link.peer.octets[0] == 9 && event.connection == BLE_NO_CONNECTION);
    alone_answers = true;
    alone_stop();
}

static void cancels_at_the_deadline(void) {
    alone_start();
    alone_answers = false;
    alone_check(ble_connect(&alone, &somebody) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_CREATE_CONNECTION, parameters) == 25);
    set_command_status(BLE_HCI_LE_CREATE_CONNECTION, 0);
    alone_wait(1001);
    alone_check(alone_sent_command(BLE_HCI_LE_CREATE_CONNECTION_CANCEL, parameters) == 0);
    complete(BLE_HCI_LE_CREATE_CONNECTION_CANCEL, 0);
    alone_check(!alone_next(&event));
    connect_failed(BLE_STATUS_UNKNOWN_CONNECTION);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECT_FAILED);
    alone_check(ble_connect_cancel(&alone) == -EALREADY);
    alone_answers = true;
    alone_stop();
}

// The connection was faster than its cancelling.
static void connects_while_cancelled(void) {
    alone_start();
    alone_answers = false;
    alone_check(ble_connect(&alone, &somebody) == 0);
    set_command_status(BLE_HCI_LE_CREATE_CONNECTION, 0);
    alone_check(ble_connect_cancel(&alone) == 0);
    alone_connect(64, true);
    complete(BLE_HCI_LE_CREATE_CONNECTION_CANCEL, BLE_STATUS_DISALLOWED);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED && event.link.central);
    alone_wait(2000);
    alone_check(!alone_next(&event));
    alone_answers = true;
    alone_stop();
}

static void connects_and_ends(void) {
    alone_start();
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        alone_connect(i, false);
        alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED && event.connection == i && !event.link.central);
    }
    alone_check(ble_connect(&alone, &somebody) == -ENOMEM);
    alone_connect(40, false); // one too many
    alone_check(alone_sent_command(BLE_HCI_DISCONNECT, parameters) == 3 && parameters[0] == 40);
    alone_check(!alone_next(&event));
    alone_check(ble_disconnect(&alone, 40) == -ENOTCONN);
    alone_check(ble_disconnect(&alone, 1) == 0);
    alone_check(alone_sent_command(BLE_HCI_DISCONNECT, parameters) == 3 && parameters[0] == 1);
    alone_disconnect(1, 0x16);
    alone_check(alone_take(&event, 0) == BLE_EVENT_DISCONNECTED && event.status == 0x16 && event.connection == 1);
    alone_connect(1, false); // the place is free again
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED);
    uint8_t error = 1;
    alone_event(0x10, &error, 1); // the controller's hardware
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        alone_check(alone_take(&event, 0) == BLE_EVENT_DISCONNECTED && event.status == BLE_STATUS_TIMEOUT);
    }
    alone_check(alone_take(&event, 0) == BLE_EVENT_LOST && event.status == -EIO);
    alone_stop();
}

// The last place goes to a peer that has found our advertising while we connect to another.
static void connects_without_a_place(void) {
    alone_start();
    for (unsigned i = 1; i < BLE_CONNECTIONS; i++) {
        alone_connect(i, false);
        alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED);
    }
    alone_check(ble_connect(&alone, &somebody) == 0);
    alone_connect(20, false);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED);
    alone_connect(21, true);
    alone_check(alone_sent_command(BLE_HCI_DISCONNECT, parameters) == 3 && parameters[0] == 21);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECT_FAILED && event.status != 0);
    alone_check(ble_connect_cancel(&alone) == -EALREADY);
    alone_stop();
}

// What this host cannot do ends nothing that it does.
static void scan_refused(void) {
    ble_scan_t scan = { .interval_us = 30000, .window_us = 20000 };
    alone_start();
    alone_check(ble_scan(&alone, &scan) == 0);
    scan.coded = true;
    alone_check(ble_scan(&alone, &scan) == -EINVAL);
    report(7, parameters, 3);
    alone_check(alone_take(&event, 0) == BLE_EVENT_SCAN_REPORT);
    alone_stop();
}

// What has not begun does not end.
static void scans_in_vain(void) {
    alone_start();
    ble_scan_t scan = { .duration_ms = 0, .interval_us = 30000, .window_us = 30000 };
    alone_refuse(BLE_HCI_LE_SCAN, BLE_STATUS_DISALLOWED);
    alone_check(ble_scan(&alone, &scan) == -EALREADY);
    alone_refuse(0, 0);
    alone_wait(10);
    alone_check(!alone_next(&event));
    alone_check(ble_scan(&alone, &scan) == 0 && ble_scan_stop(&alone) == 0);
    alone_check(alone_take(&event, 0) == BLE_EVENT_SCAN_DONE);
    alone_stop();
}

// ---- of 4.2 and 5.0; the controller says what it has

static void asks_for_speed(void) {
    alone_start();
    alone_check(ble_set_data_length(&alone, 251) == -EOPNOTSUPP && ble_set_phys(&alone, BLE_PHY_2M) == -EOPNOTSUPP);
    alone_check(ble_set_extended(&alone, true) == -EOPNOTSUPP);
    alone_connect(1, true);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_DATA_LENGTH, parameters) == -1); // nobody has asked for it
    memset(alone.hci.supported, 0xff, sizeof(alone.hci.supported));
    alone_check(ble_set_phys(&alone, BLE_PHY_2M) == -EOPNOTSUPP); // the command, but not the radio
    alone.hci.features[1] = 1;
    alone_check(ble_set_data_length(&alone, 100) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_WRITE_DATA_LENGTH, parameters) == 4);
    alone_check(memcmp(parameters, "\x64\x00\x90\x03", 4) == 0); // 8 * (100 + 14)
    alone_check(alone_sent_command(BLE_HCI_LE_SET_DATA_LENGTH, parameters) == 6);
    alone_check(memcmp(parameters, "\x01\x00\x64\x00\x90\x03", 6) == 0);
    alone_check(ble_set_phys(&alone, BLE_PHY_CODED) == -EOPNOTSUPP && ble_set_phys(&alone, 3) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_DEFAULT_PHY, parameters) == 3);
    alone_check(memcmp(parameters, "\x00\x03\x03", 3) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_PHY, parameters) == 7);
    alone_check(memcmp(parameters, "\x01\x00\x00\x03\x03\x00\x00", 7) == 0);
    alone.hci.features[1] = 9;
    alone_connect(2, false);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_DATA_LENGTH, parameters) == 6);
    alone_check(memcmp(parameters, "\x02\x00\x64\x00\x90\x42", 6) == 0); // coded takes longer
    alone_check(alone_sent_command(BLE_HCI_LE_SET_PHY, parameters) == 7 && parameters[0] == 2);
    alone_stop();
}

// A report of `n`, with so many octets of a pattern from `first` on.
// What one event has room for: of a host with small buffers it is less.
#define LONGEST (BLE_BUFFER_SIZE < 251 ? BLE_BUFFER_SIZE : 251)

static void extended_report(uint8_t n, uint8_t bits, unsigned first, uint8_t length) {
    uint8_t p[255] = { 0x0d, 1, bits, 0, 1, n, 2, 3, 4, 5, 0xc6, 1, 0, 0xff, 0x7f, 0xd0 };
    p[25] = length;
    for (unsigned i = 0; i < length; i++) {
        p[26 + i] = first + i;
    }
    alone_event(0x3e, p, 26 + length);
}

static void is_reported(uint8_t n, uint8_t kind, unsigned length) {
    alone_check(alone_take(&event, 0) == BLE_EVENT_SCAN_REPORT && event.report.peer.octets[0] == n);
    alone_check(event.report.kind == kind && event.length == length && event.report.rssi == (int8_t)0xd0);
}

static void scans_extended(void) {
    static const uint8_t kinds[][2] = { { 0x13, 0 }, { 0x15, 1 }, { 0x12, 2 }, { 0x10, 3 }, { 0x1b, 4 }, { 0x1a, 4 },
                                        { 0x01, 0 }, { 0x05, 1 }, { 0x02, 2 }, { 0x00, 3 }, { 0x0a, 4 }, { 0x04, 3 } };
    ble_scan_t scan = { .interval_us = 30000, .window_us = 20000, .active = true, .coded = true };
    alone_start();
    memset(alone.hci.supported, 0xff, sizeof(alone.hci.supported));
    alone_check(ble_scan(&alone, &scan) == -EINVAL && ble_set_extended(&alone, true) == 0);
    alone_check(ble_scan(&alone, &scan) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, parameters) == 13);
    alone_check(memcmp(parameters + 1, "\x00\x05\x01\x30\x00\x20\x00\x01\x30\x00\x20\x00", 12) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_SCAN_EXTENDED, parameters) == 6);
    alone_check(memcmp(parameters, "\x01\x01\x00\x00\x00\x00", 6) == 0);
    for (unsigned i = 0; i < BLE_COUNT(kinds); i++) {
        extended_report(i, kinds[i][0], 0, 5);
        is_reported(i, kinds[i][1], 5);
    }
    extended_report(1, 0x20, 0, 200); // more of it comes
    alone_check(!alone_next(&event));
    extended_report(1, 0x20, 200, 20);
    extended_report(1, 0x00, 220, 31);
    alone_check(alone_next(&event) && event.length == LONGEST);
    for (unsigned i = 0; i < LONGEST; i++) {
        alone_check(event.data[i] == i);
    }
    ble_event_done(&alone, &event, 0);
    extended_report(1, 0x20, 0, 229); // and more than a report has room for
    extended_report(1, 0x40, 229, 229);
    is_reported(1, 3, LONGEST);
    extended_report(1, 0x20, 0, 9); // another advertiser comes between
    extended_report(2, 0x00, 0, 3);
    is_reported(1, 3, 9);
    is_reported(2, 3, 3);
    extended_report(1, 0x20, 0, 9);
    alone_refuse(BLE_HCI_LE_SCAN_EXTENDED, BLE_STATUS_DISALLOWED); // or another scan, that does not even begin
    alone_check(ble_scan(&alone, &scan) == -EALREADY);
    alone_refuse(0, 0);
    is_reported(1, 3, 9);
    alone_check(ble_scan(&alone, &scan) == 0);
    extended_report(1, 0x20, 0, 9);
    alone_check(ble_scan_stop(&alone) == 0); // or the end
    is_reported(1, 3, 9);
    alone_check(alone_take(&event, 0) == BLE_EVENT_SCAN_DONE && alone.free_count == BLE_BUFFERS);
    extended_report(1, 0x00, 0, 9);
    alone_check(!alone_next(&event));
    alone_stop();
}

// What is too long for its event is not looked at; where there is no buffer or no place a report is counted.
// At high duty for 1.28 s at most, as a controller refuses no time and more (7.8.56).
static void directed_extended(void) {
    static const uint8_t kinds[][2] = { { 1, 128 }, { 4, 0 }, { 0, 0 } };
    alone_start();
    memset(alone.hci.supported, 0xff, sizeof(alone.hci.supported));
    alone_check(ble_set_extended(&alone, true) == 0);
    for (unsigned i = 0; i < BLE_COUNT(kinds); i++) {
        ble_advertise_t a = { .interval_us = 30000, .kind = kinds[i][0], .peer = somebody.peer };
        alone_check(ble_advertise(&alone, &a) == 0);
        do {
            alone_check(alone_sent_command(BLE_HCI_LE_ADVERTISE_EXTENDED, parameters) == 6);
        } while (parameters[0] == 0);
        alone_check(parameters[3] == kinds[i][1] && parameters[4] == 0);
    }
    alone_stop();
}

static void extended_lies(void) {
    ble_scan_t scan = { .interval_us = 30000, .window_us = 30000 };
    uint8_t p[60] = { 0x0d, 2, 0, 0, 1, 1, 2, 3, 4, 5, 6 };
    alone_start();
    memset(alone.hci.supported, 0xff, sizeof(alone.hci.supported));
    alone_check(ble_set_extended(&alone, true) == 0 && ble_scan(&alone, &scan) == 0);
    for (unsigned n = 1; n < 36; n++) {
        p[25] = n < 26 ? 0 : 10; // 26 octets of header, and 10 that may not be there
        alone_event(0x3e, p, n);
        alone_check(!alone_next(&event));
    }
    p[4] = 0xff; // from nobody
    alone_event(0x3e, p, 36);
    alone_check(!alone_next(&event));
    ble_buffer_t *taken[BLE_BUFFERS];
    unsigned count = 0;
    while ((taken[count] = ble_buffer_take(&alone, BLE_FOR_APPLICATION)) != NULL) {
        count++;
    }
    extended_report(1, 0, 0, 32);
    alone_check(ble_scan_dropped(&alone) == 1 && !alone_next(&event));
    extended_report(1, 0, 0, 31);
    is_reported(1, 3, 31);
    while (count > 0) {
        ble_buffer_free(&alone, taken[--count]);
    }
    for (unsigned i = 0; i < BLE_REPORTS + 1; i++) {
        extended_report(i, 0, 0, 40);
    }
    alone_check(ble_scan_dropped(&alone) >= 2);
    while (alone_take(&event, 0) >= 0) {
    }
    alone_check(alone.free_count == BLE_BUFFERS);
    alone_stop();
}

// A controller gives a handle out again at once. What comes on the new link waits until the old one's end is known.
static void handle_again(void) {
    static const uint8_t mtu_request[] = { 2, 64, 0 };
    uint8_t answer[600];
    ble_event_t kept;
    alone_start();
    alone_connect(1, false);
    alone_check(alone_next(&kept) && kept.type == BLE_EVENT_CONNECTED);
    alone_disconnect(1, 0x13);
    alone_connect(1, true);
    alone_l2cap(1, 4, mtu_request, sizeof(mtu_request));
    if (BLE_PAIRINGS) {
        ble_conn_find(&alone, 1)->smp.status = 5; // of a pairing, not of what is told
        ble_smp_tell(&alone, ble_conn_find(&alone, 1), BLE_TELL_ENCRYPTION);
    }
    alone_check(!alone_next(&event) && alone_sent_on(1, 4, answer) == 0);
    ble_event_done(&alone, &kept, 0);
    alone_check(alone_take(&event, 0) == BLE_EVENT_DISCONNECTED && !event.link.central);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED && event.link.central);
    alone_check(!BLE_PAIRINGS || (alone_take(&event, 0) == BLE_EVENT_ENCRYPTION && event.status == 0));
    alone_check(alone_sent_on(1, 4, answer) == 3 && answer[0] == 3);
    alone_check(alone_take(&event, 0) == BLE_EVENT_MTU);
    alone_connect(1, false); // and one whose end was never told has ended
    alone_check(alone_take(&event, 0) == BLE_EVENT_DISCONNECTED && event.link.central);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED && !event.link.central);
    alone_check(alone.conn_count == 1);
    alone_stop();
}

// The end of every connection is told before that of the controller, whatever is kept.
static void lost_comes_last(void) {
    ble_event_t kept;
    uint8_t error = 1;
    alone_start();
    alone_connect(1, false);
    alone_check(alone_next(&kept) && kept.type == BLE_EVENT_CONNECTED);
    alone_event(0x10, &error, 1);
    alone_check(!alone_next(&event));
    ble_event_done(&alone, &kept, 0);
    alone_check(alone_take(&event, 0) == BLE_EVENT_DISCONNECTED);
    alone_check(alone_take(&event, 0) == BLE_EVENT_LOST);
    alone_stop();
}

static void stops_with_connections(void) {
    alone_start();
    alone_connect(1, false);
    alone_connect(2, true);
    alone_stop(); // nobody tells the end of the connections: STOP_MS
    alone_check(alone_sent_command(BLE_HCI_DISCONNECT, parameters) == 3);
    alone_check(alone_sent_command(BLE_HCI_DISCONNECT, parameters) == 3);
    alone_check(alone_sent_command(BLE_HCI_RESET, parameters) == 0);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED);
    ble_event_t late = event;
    alone_start();
    ble_event_done(&alone, &late, 0); // of an earlier start: nobody's
    alone_connect(1, false);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED);
    alone_stop();
}

// Headers and what they announce may lie.
static void lies(void) {
    static const uint8_t nothing[][12] = {
        { 4, 0x3e, 0 }, { 4, 0x3e, 1, 1 }, { 4, 0x3e, 2, 2, 9 }, { 4, 0x0e, 0 }, { 4, 0x0f, 2, 1, 1 },
        { 4, 0x13, 1, 200 }, { 4, 0x13, 5, 9, 1, 0, 200, 0 }, { 4, 0x05, 0 }, { 4, 0x08, 0 }, { 4, 0xff, 0 },
        { 2, 1, 0, 0, 0 }, { 2, 1, 0x20, 2, 0, 9, 9 }, { 2, 1, 0x10, 3, 0, 9, 9, 9 }, { 2, 9, 0x20, 1, 0, 1 },
        { 3, 1, 0, 1, 9 }, { 5, 1, 0, 2, 0, 9, 9 },
    };
    static const uint8_t sizes[] = { 3, 4, 5, 3, 5, 4, 8, 3, 3, 3, 5, 7, 8, 6, 5, 7 };
    alone_start();
    alone_connect(1, false);
    alone_check(alone_take(&event, 0) == BLE_EVENT_CONNECTED);
    unsigned free_count = alone.free_count;
    for (unsigned i = 0; i < BLE_COUNT(nothing); i++) {
        alone_feed(nothing[i], sizes[i]);
    }
    alone_check(alone.hci.header_length == 0 && !alone_next(&event));
    alone_check(alone.free_count + 1u >= free_count); // the unfinished packet may have one
    uint8_t long_one[5 + 400] = { 2, 1, 0x20, 400 & 255, 400 >> 8, 0xff, 0xff, 4, 0 };
    alone_feed(long_one, sizeof(long_one)); // longer than any buffer
    alone_check(alone.free_count == free_count);
    uint8_t wrong = 7;
    alone_feed(&wrong, 1);
    alone_check(alone_take(&event, 0) == BLE_EVENT_DISCONNECTED);
    alone_check(alone_take(&event, 0) == BLE_EVENT_LOST && event.status == -EPROTO);
    alone_stop();
}

// No header of L2CAP would fit into the packets of a controller that says such a thing.
static void controller_of_short_packets(void) {
    static const uint8_t lengths[] = { 0, 1, 3, 26, 27 };
    for (unsigned i = 0; i < sizeof(lengths); i++) {
        alone_acl_length = lengths[i];
        alone_check(alone_try_start() == (lengths[i] < 27 ? -EIO : 0));
        ble_stop(&alone);
    }
    alone_acl_length = 192;
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        { "starts_again", starts_again }, { "silent_controller", silent_controller },
        { "controller_of_short_packets", controller_of_short_packets },
        { "no_turn_for_commands", no_turn_for_commands }, { "pairs_without_room", pairs_without_room },
        { "replies_have_room", replies_have_room }, { "others_are_answered", others_are_answered },
        { "advertises", advertises }, { "advertises_over_connection", advertises_over_connection },
        { "scans", scans }, { "tries_until_the_deadline", tries_until_the_deadline },
        { "cancels_at_the_deadline", cancels_at_the_deadline },
        { "connects_while_cancelled", connects_while_cancelled }, { "connects_and_ends", connects_and_ends },
        { "connects_without_a_place", connects_without_a_place }, { "scans_in_vain", scans_in_vain },
        { "scan_refused", scan_refused },
        { "asks_for_speed", asks_for_speed }, { "scans_extended", scans_extended },
        { "directed_extended", directed_extended },
        { "extended_lies", extended_lies }, { "handle_again", handle_again }, { "lost_comes_last", lost_comes_last },
        { "stops_with_connections", stops_with_connections }, { "lies", lies },
    };
    for (unsigned i = 0; i < BLE_COUNT(cases); i++) {
        cases[i].run();
        printf("ok %s\n", cases[i].name);
    }
    printf("%u cases\n", (unsigned)BLE_COUNT(cases));
    return 0;
}
