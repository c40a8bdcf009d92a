// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT client: turns, silence, the MTU, and what a server sends unasked.
#include "server.h"

static void mtu(void) {
    begin();
    exchange(100);
    alone_check(ble_gattc_exchange_mtu(&alone, A) == -EALREADY);
    end();
    begin(); // refused: the application learns what there is
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0);
    HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
    SAY(A, 0x01, 0x02, 0, 0, 0x06);
    alone_check(take(BLE_EVENT_MTU).value == 23);
    alone_check(ble_gattc_exchange_mtu(&alone, A) == -EALREADY);
    end();
    for (unsigned length = 1; length <= 4; length++) { // an answer of another length is none
        static const uint8_t answer[] = { 0x03, 64, 0, 0 };
        begin();
        alone_check(ble_gattc_exchange_mtu(&alone, A) == 0);
        HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
        alone_l2cap(A, ATT, answer, length);
        alone_check(take(BLE_EVENT_MTU).value == (length == 3 ? 64 : 23));
        end();
    }
    begin(); // less than there may be
    alone.gatts.preferred_mtu = 80;
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0);
    alone_check(ble_gattc_exchange_mtu(&alone, A) == -EALREADY); // it runs
    HEAR(A, 0x02, 80, 0);
    SAY(A, 0x03, 0, 0);
    alone_check(take(BLE_EVENT_MTU).value == 23);
    alone.gatts.preferred_mtu = 0;
    end();
    begin(); // with a packet of the new size behind the answer, while the application still has an event
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0);
    HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
    SAY(A, 0x1b, 1, 0, 2);
    ble_event_t e = keep(BLE_EVENT_NOTIFIED);
    SAY(A, 0x03, 64, 0);
    uint8_t pdu[64] = { 0x1b, 9, 0 };
    alone_l2cap(A, ATT, pdu, sizeof(pdu));
    no_event();
    give_back(&e);
    alone_check(take(BLE_EVENT_MTU).value == 64);
    alone_check(take(BLE_EVENT_NOTIFIED).length == 61);
    end();
}

// ---- what the server sends unasked

static void notifications(void) {
    begin();
    SAY(A, 0x1b, 0x34, 0x12, 1, 2, 3);
    SAY(A, 0x1b, 0x35, 0x12);
    SAY(A, 0x1b, 0x35); // not one
    SAY(A, 0x1b);
    ble_event_t e = keep(BLE_EVENT_NOTIFIED);
    alone_check(e.handle == 0x1234 && e.length == 3 && memcmp(e.data, (uint8_t[]) { 1, 2, 3 }, 3) == 0);
    no_event(); // the next when this one is back
    give_back(&e);
    e = take(BLE_EVENT_NOTIFIED);
    alone_check(e.handle == 0x1235 && e.length == 0);
    silence();
    end();
}

static void notifications_in_one(void) {
    begin();
    exchange(64);
    SAY(A, 0x23, 1, 0, 2, 0, 10, 11, 2, 0, 0, 0, 3, 0, 1, 0, 12);
    ble_event_t e = keep(BLE_EVENT_NOTIFIED);
    alone_check(e.handle == 1 && e.length == 2 && e.data[0] == 10 && e.data[1] == 11);
    give_back(&e);
    e = keep(BLE_EVENT_NOTIFIED);
    alone_check(e.handle == 2 && e.length == 0);
    give_back(&e);
    e = keep(BLE_EVENT_NOTIFIED);
    alone_check(e.handle == 3 && e.length == 1 && e.data[0] == 12);
    give_back(&e);
    no_event();
    SAY(A, 0x23, 1, 0, 1, 0, 10, 2, 0, 2, 0, 11); // the second one lies
    alone_check(take(BLE_EVENT_NOTIFIED).handle == 1);
    no_event();
    SAY(A, 0x23, 1, 0, 0xff, 0xff, 10);
    SAY(A, 0x23, 1, 0, 0);
    SAY(A, 0x23);
    end();
}

static void indications(void) {
    begin();
    SAY(A, 0x1d, 0x34, 0x12, 1);
    ble_event_t e = keep(BLE_EVENT_INDICATION);
    alone_check(e.handle == 0x1234 && e.length == 1 && e.data[0] == 1);
    silence(); // not confirmed before the application is done with it
    give_back(&e);
    HEAR(A, 0x1e);
    SAY(A, 0x1d, 0x34); // without a handle
    HEAR(A, 0x1e);
    no_event();
    SAY(A, 0x1d, 0x34, 0x12, 1);
    e = keep(BLE_EVENT_INDICATION);
    alone_disconnect(A, 0x13);
    give_back(&e);
    take(BLE_EVENT_DISCONNECTED);
    end();
}

// A notification between request and answer, and one behind the answer, come in their order.
static void order(void) {
    begin();
    begin_read();
    SAY(A, 0x1b, 1, 0, 1);
    say_value(0x0b, 0, 3);
    SAY(A, 0x1b, 2, 0, 1);
    alone_check(take(BLE_EVENT_NOTIFIED).handle == 1);
    take_value(3);
    alone_check(take(BLE_EVENT_NOTIFIED).handle == 2);
    end();
}

static void unasked(void) {
    begin();
    for (unsigned opcode = 1; opcode <= 0x21; opcode += 2) {
        if (opcode != 0x1b && opcode != 0x1d) {
            SAY(A, opcode, 0x10, 1, 0, 0x0a);
        }
    }
    nothing_left();
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    HEAR(A, 0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28);
    SAY(A, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 6, 0, 0x0f, 0x18);
    ble_event_t e = keep(BLE_EVENT_SERVICE);
    SAY(A, 0x01, 0x10, 7, 0, 0x0a); // one answer for two requests: it may be taken for the second's
    give_back(&e);
    take(BLE_EVENT_SERVICE);
    uint8_t pdu[600];
    uint16_t on;
    alone_check(heard(&on, pdu) == 7);
    SAY(A, 0x01, 0x10, 7, 0, 0x0a);
    take_end(BLE_EVENT_SERVICES_DONE, 0);
    end();
}

// ---- silence

static void silent_server(void) {
    begin();
    begin_read();
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    alone_wait(29999);
    no_event();
    alone_wait(2);
    uint8_t parameters[255];
    alone_check(alone_sent_command(BLE_HCI_DISCONNECT, parameters) == 3 && ble_get16(parameters) == A);
    take_end(BLE_EVENT_READ_DONE, -ETIMEDOUT);
    take_end(BLE_EVENT_SERVICES_DONE, -ENOTCONN);
    alone_check(ble_gattc_read(&alone, A, 1) == -ENOTCONN); // the bearer may not be used any more
    alone_check(ble_gattc_write_command(&alone, A, 1, pattern, 1, RTOS_NO_WAIT) == -ENOTCONN);
    say_value(0x0b, 0, 4); // too late
    no_event();
    alone_disconnect(A, 0x16);
    take(BLE_EVENT_DISCONNECTED);
    end();
}

// The answer is here and the application late: that is not the server's fault.
static void silent_application(void) {
    begin();
    SAY(A, 0x1b, 1, 0, 1);
    ble_event_t e = keep(BLE_EVENT_NOTIFIED);
    begin_read();
    alone_wait(20000);
    say_value(0x0b, 0, 4);
    alone_wait(40000);
    give_back(&e);
    take_value(4);
    end();
}

// An event of the client's that the application keeps does not keep the server from answering, and what the event was
// about goes on when it is back.
static void late_application(void) {
    begin();
    SAY(A, 0x1d, 1, 0, 1);
    ble_event_t e = keep(BLE_EVENT_INDICATION);
    SAY(A, 0x0a, 0xf0, 0xff); // there is no such handle
    alone_wait(BLE_ANSWER_MS - 1);
    silence();
    alone_wait(1);
    HEAR(A, 0x01, 0x0a, 0xf0, 0xff, 0x01);
    SAY(A, 0x1b, 2, 0, 1);
    SAY(A, 0x0a, 0xf1, 0xff); // before what is the client's
    HEAR(A, 0x01, 0x0a, 0xf1, 0xff, 0x01);
    SAY(A, 0x1b, 3, 0, 1);
    silence();
    no_event();
    give_back(&e);
    HEAR(A, 0x1e);
    alone_check(take(BLE_EVENT_NOTIFIED).handle == 2);
    alone_check(take(BLE_EVENT_NOTIFIED).handle == 3);
    end();
}

// A server that sends faster than the application takes keeps the others waiting for BLE_STALL_MS; then what overflows
// of it is dropped, and counted.
static void flooding_server(void) {
    begin();
    alone_connect(B, false);
    take(BLE_EVENT_CONNECTED);
    for (unsigned i = 0; i < 1 + BLE_INBOX + 2; i++) {
        SAY(A, 0x1b, 1, 0, i);
    }
    SAY(B, 0x0a, 0xf0, 0xff);
    ble_event_t e = keep(BLE_EVENT_NOTIFIED);
    alone_wait(BLE_STALL_MS - 1);
    silence();
    alone_check(alone_unread() != 0);
    alone_wait(1);
    HEAR(B, 0x01, 0x0a, 0xf0, 0xff, 0x01);
    alone_check(alone_unread() == 0 && ble_conn_find(&alone, A)->att.dropped == 2);
    for (unsigned i = 1; i <= BLE_INBOX; i++) {
        give_back(&e);
        e = keep(BLE_EVENT_NOTIFIED);
        alone_check(e.data[0] == i);
    }
    give_back(&e);
    SAY(A, 0x1b, 1, 0, 99); // from here on none is
    alone_check(take(BLE_EVENT_NOTIFIED).handle == 1);
    end();
}

// ---- turns

static void full(void) {
    begin();
    for (unsigned i = 0; i < BLE_PROCEDURES; i++) {
        alone_check(ble_gattc_read(&alone, A, 0x1234) == 0);
    }
    alone_check(ble_gattc_read(&alone, A, 0x1234) == -ENOMEM);
    alone_check(ble_gattc_exchange_mtu(&alone, A) == -ENOMEM);
    alone_connect(B, false);
    take(BLE_EVENT_CONNECTED);
    alone_check(ble_gattc_read(&alone, B, 0x1234) == -ENOMEM);
    for (unsigned i = 0; i < BLE_PROCEDURES; i++) {
        HEAR(A, 0x0a, 0x34, 0x12);
        silence();
        say_value(0x0b, 0, i);
        take_value(i);
    }
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0); // that it was refused is forgotten
    HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
    SAY(A, 0x03, 23, 0);
    take(BLE_EVENT_MTU);
    end();
}

// Without a buffer a request waits for one.
static void no_buffer(void) {
    begin();
    ble_queue_t taken = { 0 };
    for (ble_buffer_t *buffer; (buffer = ble_buffer_take(&alone, BLE_FOR_INCOMING)) != NULL;) {
        ble_queue_put(&taken, buffer);
    }
    alone_check(ble_gattc_read(&alone, A, 0x1234) == 0);
    alone_wait(60000);
    silence();
    ble_queue_clear(&alone, &taken);
    HEAR(A, 0x0a, 0x34, 0x12);
    say_value(0x0b, 0, 2);
    take_value(2);
    end();
}

// From inside the handling of each event the next call is made; it begins when its turn has come.
static void from_inside(void) {
    begin();
    alone_check(ble_gattc_services(&alone, A, &uuid16) == 0);
    HEAR(A, 0x06, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    SAY(A, 0x07, 1, 0, 9, 0);
    ble_event_t e = keep(BLE_EVENT_SERVICE);
    alone_check(ble_gattc_characteristics(&alone, A, e.handle, e.attribute.end, NULL) == 0);
    silence();
    give_back(&e);
    HEAR(A, 0x06, 10, 0x00, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    SAY(A, 0x01, 0x06, 10, 0, 0x0a);
    e = keep(BLE_EVENT_SERVICES_DONE);
    HEAR(A, 0x08, 1, 0, 9, 0, 0x03, 0x28);
    alone_check(ble_gattc_write(&alone, A, 3, pattern, 1) == 0);
    SAY(A, 0x09, 7, 2, 0, 2, 3, 0, 0, 0x2a); // is looked at when the event is back
    no_event();
    give_back(&e);
    HEAR(A, 0x08, 4, 0, 9, 0, 0x03, 0x28);
    SAY(A, 0x01, 0x08, 4, 0, 0x0a);
    e = keep(BLE_EVENT_CHARACTERISTIC);
    alone_check(ble_gattc_read(&alone, A, e.handle) == 0);
    give_back(&e);
    take_end(BLE_EVENT_CHARACTERISTICS_DONE, 0);
    HEAR(A, 0x12, 3, 0, pattern[0]);
    SAY(A, 0x13);
    e = keep(BLE_EVENT_WRITE_DONE);
    for (unsigned i = 0; i < BLE_PROCEDURES - 1; i++) { // its place is free again
        alone_check(ble_gattc_read(&alone, A, 3) == 0);
    }
    alone_check(ble_gattc_read(&alone, A, 3) == -ENOMEM);
    give_back(&e);
    for (unsigned i = 0; i < BLE_PROCEDURES; i++) {
        HEAR(A, 0x0a, 3, 0);
        SAY(A, 0x0b);
        take(BLE_EVENT_READ_RESULT);
        take(BLE_EVENT_READ_DONE);
    }
    end();
}

static void two_connections(void) {
    begin();
    alone_connect(B, false);
    take(BLE_EVENT_CONNECTED);
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    alone_check(ble_gattc_read(&alone, B, 5) == 0);
    alone_check(ble_gattc_read(&alone, A, 6) == 0);
    HEAR(A, 0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28);
    HEAR(B, 0x0a, 5, 0);
    SAY(A, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 0xff, 0xff, 0x0f, 0x18);
    ble_event_t of_a = keep(BLE_EVENT_SERVICE);
    SAY(B, 0x0b, 1, 2); // while A's event is out
    ble_event_t of_b = keep(BLE_EVENT_READ_RESULT);
    alone_check(of_a.connection == A && of_b.connection == B && of_b.handle == 5);
    give_back(&of_a);
    of_a = keep(BLE_EVENT_SERVICE);
    alone_check(of_a.handle == 6);
    alone_disconnect(B, 8);
    no_event();
    give_back(&of_b);
    ble_event_t e = take(BLE_EVENT_READ_DONE);
    alone_check(e.connection == B && e.status == 0); // all of it had come
    e = take(BLE_EVENT_DISCONNECTED);
    alone_check(e.connection == B);
    give_back(&of_a);
    take_end(BLE_EVENT_SERVICES_DONE, 0);
    HEAR(A, 0x0a, 6, 0);
    SAY(A, 0x0b);
    take(BLE_EVENT_READ_RESULT);
    take(BLE_EVENT_READ_DONE);
    end();
}

static void arguments(void) {
    ble_uuid_t wrong = { 3, { 0 } };
    alone_check(ble_gattc_read(&alone, A, 1) == -ENODEV);
    begin();
    alone_check(ble_gattc_services(&alone, A, &wrong) == -EINVAL);
    alone_check(ble_gattc_characteristics(&alone, A, 1, 2, &wrong) == -EINVAL);
    alone_check(ble_gattc_characteristics(&alone, A, 0, 2, NULL) == -EINVAL);
    alone_check(ble_gattc_characteristics(&alone, A, 3, 2, NULL) == -EINVAL);
    alone_check(ble_gattc_descriptors(&alone, A, 0, 2) == -EINVAL);
    alone_check(ble_gattc_descriptors(&alone, A, 3, 2) == -EINVAL);
    alone_check(ble_gattc_read(&alone, A, 0) == -EINVAL);
    alone_check(ble_gattc_write(&alone, A, 0, pattern, 1) == -EINVAL);
    alone_check(ble_gattc_write(&alone, A, 1, pattern, 513) == -EINVAL);
    alone_check(ble_gattc_write_command(&alone, A, 0, pattern, 1, 0) == -EINVAL);
    alone_check(ble_gattc_write_command(&alone, A, 1, pattern, 513, 0) == -EINVAL);
    alone_check(ble_gattc_services(&alone, B, NULL) == -ENOTCONN);
    alone_check(ble_gattc_characteristics(&alone, B, 1, 2, NULL) == -ENOTCONN);
    alone_check(ble_gattc_descriptors(&alone, B, 1, 2) == -ENOTCONN);
    alone_check(ble_gattc_read(&alone, B, 1) == -ENOTCONN);
    alone_check(ble_gattc_write(&alone, B, 1, pattern, 1) == -ENOTCONN);
    alone_check(ble_gattc_write_command(&alone, B, 1, pattern, 1, 0) == -ENOTCONN);
    alone_check(ble_gattc_exchange_mtu(&alone, B) == -ENOTCONN);
    end();
}

int main(void) {
    static const case_t cases[] = {
        { "mtu", mtu },
        { "notifications", notifications },
        { "notifications_in_one", notifications_in_one },
        { "indications", indications },
        { "order", order },
        { "unasked", unasked },
        { "silent_server", silent_server },
        { "silent_application", silent_application },
        { "late_application", late_application },
        { "flooding_server", flooding_server },
        { "full", full },
        { "no_buffer", no_buffer },
        { "from_inside", from_inside },
        { "two_connections", two_connections },
        { "arguments", arguments },
    };
    return run_cases(cases, BLE_COUNT(cases));
}
