// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT client's procedures come to an end: whatever a server answers, whenever the link goes.
#include "server.h"

// ---- lies

typedef struct {
    int done; // the event of the procedure's end
    uint8_t length;
    uint8_t pdu[23];
} lie_t;

static const lie_t lies[] = {
    // Services: nothing, no list, elements of other sizes, half an element, handles that do not rise.
    { BLE_EVENT_SERVICES_DONE, 1, { 0x11 } },
    { BLE_EVENT_SERVICES_DONE, 2, { 0x11, 6 } },
    { BLE_EVENT_SERVICES_DONE, 2, { 0x11, 0 } },
    { BLE_EVENT_SERVICES_DONE, 8, { 0x11, 0, 1, 0, 2, 0, 0, 0x18 } },
    { BLE_EVENT_SERVICES_DONE, 7, { 0x11, 5, 1, 0, 2, 0, 0 } },
    { BLE_EVENT_SERVICES_DONE, 9, { 0x11, 7, 1, 0, 2, 0, 0, 0x18, 0 } },
    { BLE_EVENT_SERVICES_DONE, 6, { 0x11, 4, 1, 0, 2, 0 } },
    { BLE_EVENT_SERVICES_DONE, 7, { 0x11, 6, 1, 0, 2, 0, 0 } },
    { BLE_EVENT_SERVICES_DONE, 9, { 0x11, 6, 1, 0, 2, 0, 0, 0x18, 3 } },
    { BLE_EVENT_SERVICES_DONE, 8, { 0x11, 20, 1, 0, 2, 0, 0, 0x18 } },
    { BLE_EVENT_SERVICES_DONE, 8, { 0x11, 6, 0, 0, 2, 0, 0, 0x18 } },
    { BLE_EVENT_SERVICES_DONE, 8, { 0x11, 6, 3, 0, 2, 0, 0, 0x18 } },
    { BLE_EVENT_SERVICES_DONE, 14, { 0x11, 6, 1, 0, 3, 0, 0, 0x18, 3, 0, 4, 0, 0, 0x18 } },
    { BLE_EVENT_SERVICES_DONE, 14, { 0x11, 6, 1, 0, 0xff, 0xff, 0, 0x18, 3, 0, 4, 0, 0, 0x18 } },
    { BLE_EVENT_SERVICES_DONE, 14, { 0x11, 6, 5, 0, 6, 0, 0, 0x18, 3, 0, 4, 0, 0, 0x18 } },
    // Another answer, an error for another request, half an error, no error.
    { BLE_EVENT_SERVICES_DONE, 8, { 0x09, 6, 1, 0, 2, 0, 0, 0x18 } },
    { BLE_EVENT_SERVICES_DONE, 5, { 0x07, 1, 0, 2, 0 } },
    { BLE_EVENT_SERVICES_DONE, 1, { 0x13 } },
    { BLE_EVENT_SERVICES_DONE, 3, { 0x03, 64, 0 } },
    { BLE_EVENT_SERVICES_DONE, 5, { 0x01, 0x08, 1, 0, 0x0a } },
    { BLE_EVENT_SERVICES_DONE, 4, { 0x01, 0x10, 1, 0 } },
    { BLE_EVENT_SERVICES_DONE, 6, { 0x01, 0x10, 1, 0, 0x0a, 0 } },
    { BLE_EVENT_SERVICES_DONE, 1, { 0x01 } },
    { BLE_EVENT_SERVICES_DONE, 5, { 0x01, 0x10, 1, 0, 0 } },
    // Characteristics, of the handles 2 to 30; besides: the value before or at its declaration, or out of the range.
    { BLE_EVENT_CHARACTERISTICS_DONE, 1, { 0x09 } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 2, { 0x09, 7 } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 8, { 0x09, 6, 3, 0, 2, 4, 0, 0 } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 10, { 0x09, 8, 3, 0, 2, 4, 0, 0, 0x2a, 0 } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 10, { 0x09, 7, 3, 0, 2, 4, 0, 0, 0x2a, 0 } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 9, { 0x09, 7, 3, 0, 2, 3, 0, 0, 0x2a } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 9, { 0x09, 7, 4, 0, 2, 3, 0, 0, 0x2a } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 9, { 0x09, 7, 1, 0, 2, 2, 0, 0, 0x2a } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 9, { 0x09, 7, 30, 0, 2, 31, 0, 0, 0x2a } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 9, { 0x09, 7, 31, 0, 2, 32, 0, 0, 0x2a } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 16, { 0x09, 7, 3, 0, 2, 5, 0, 0, 0x2a, 5, 0, 2, 6, 0, 0, 0x2a } },
    { BLE_EVENT_CHARACTERISTICS_DONE, 16, { 0x09, 7, 8, 0, 2, 9, 0, 0, 0x2a, 5, 0, 2, 6, 0, 0, 0x2a } },
    // Descriptors, of the handles 2 to 30: a format that there is not, too.
    { BLE_EVENT_DESCRIPTORS_DONE, 1, { 0x05 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 2, { 0x05, 1 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 6, { 0x05, 0, 5, 0, 0, 0x29 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 6, { 0x05, 3, 5, 0, 0, 0x29 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 6, { 0x05, 2, 5, 0, 0, 0x29 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 5, { 0x05, 1, 5, 0, 0 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 7, { 0x05, 1, 5, 0, 0, 0x29, 6 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 6, { 0x05, 1, 1, 0, 0, 0x29 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 6, { 0x05, 1, 31, 0, 0, 0x29 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 10, { 0x05, 1, 5, 0, 0, 0x29, 5, 0, 0, 0x29 } },
    { BLE_EVENT_DESCRIPTORS_DONE, 10, { 0x05, 1, 6, 0, 0, 0x29, 5, 0, 0, 0x29 } },
    // Reading and writing.
    { BLE_EVENT_READ_DONE, 2, { 0x0d, 1 } },
    { BLE_EVENT_READ_DONE, 2, { 0x0f, 1 } },
    { BLE_EVENT_READ_DONE, 5, { 0x01, 0x0c, 1, 0, 0x07 } },
    { BLE_EVENT_WRITE_DONE, 2, { 0x13, 0 } },
    { BLE_EVENT_WRITE_DONE, 1, { 0x19 } },
    { BLE_EVENT_WRITE_DONE, 5, { 0x01, 0x18, 1, 0, 0x07 } },
};

static void begin_procedure(int done) {
    switch (done) {
        case BLE_EVENT_SERVICES_DONE:
            alone_check(ble_gattc_services(&alone, A, NULL) == 0);
            break;
        case BLE_EVENT_CHARACTERISTICS_DONE:
            alone_check(ble_gattc_characteristics(&alone, A, 2, 30, NULL) == 0);
            break;
        case BLE_EVENT_DESCRIPTORS_DONE:
            alone_check(ble_gattc_descriptors(&alone, A, 2, 30) == 0);
            break;
        case BLE_EVENT_READ_DONE:
            alone_check(ble_gattc_read(&alone, A, 2) == 0);
            break;
        default:
            alone_check(ble_gattc_write(&alone, A, 2, pattern, 5) == 0);
    }
}

// Each lie ends its procedure, tells nothing of what it says, and the next procedure is not touched by it.
static void lying(void) {
    for (unsigned i = 0; i < BLE_COUNT(lies); i++) {
        begin();
        begin_procedure(lies[i].done);
        uint8_t pdu[600];
        uint16_t on;
        alone_check(heard(&on, pdu) != 0);
        alone_l2cap(A, ATT, lies[i].pdu, lies[i].length);
        ble_event_t e = take(lies[i].done);
        if (e.status != -EPROTO) {
            printf("lie %u\n", i);
            alone_check(e.status == -EPROTO);
        }
        begin_read();
        say_value(0x0b, 0, 4);
        take_value(4);
        end();
    }
}

// The next answer of a list begins before the end of the last.

// ---- the link's end, at every step

// A server that answers in small pieces, so that there are many steps.
static void serve(const uint8_t *q, size_t n) {
    uint16_t start = n >= 3 ? ble_get16(q + 1) : 0;
    switch (q[0]) {
        case 0x02:
            SAY(A, 0x03, 23, 0);
            break;
        case 0x04:
            SAY(A, 0x05, 1, start, 0, 0, 0x29);
            break;
        case 0x06:
        case 0x10:
            if (start > 9) {
                SAY(A, 0x01, q[0], start, 0, 0x0a);
            } else if (q[0] == 0x06) {
                SAY(A, 0x07, start, 0, start + 2, 0, start + 4, 0, start + 5, 0);
            } else {
                SAY(A, 0x11, 6, start, 0, start + 2, 0, 0, 0x18, start + 3, 0, start + 5, 0, 0, 0x18);
            }
            break;
        case 0x08:
            if (start > 9) {
                SAY(A, 0x01, q[0], start, 0, 0x0a);
            } else {
                SAY(A, 0x09, 7, start, 0, 2, start + 1, 0, 0, 0x2a, start + 2, 0, 2, start + 3, 0, 0, 0x2a);
            }
            break;
        case 0x0a:
            say_value(0x0b, 0, 22);
            break;
        case 0x0c:
            say_value(0x0d, 22, ble_get16(q + 3) == 22 ? 22 : 0);
            break;
        case 0x12:
            SAY(A, 0x13);
            break;
        case 0x16: {
            uint8_t pdu[600];
            memcpy(pdu, q, n);
            pdu[0] = 0x17;
            alone_l2cap(A, ATT, pdu, n);
            break;
        }
        default:
            alone_check(q[0] == 0x18);
            SAY(A, 0x19);
    }
}

// All procedures at once, and what their ends are in order.
static void begin_all(void) {
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    alone_check(ble_gattc_services(&alone, A, &uuid16) == 0);
    alone_check(ble_gattc_characteristics(&alone, A, 1, 20, NULL) == 0);
    alone_check(ble_gattc_descriptors(&alone, A, 3, 5) == 0);
    alone_check(ble_gattc_read(&alone, A, 7) == 0);
    alone_check(ble_gattc_write(&alone, A, 7, pattern, 30) == 0);
}

static const uint8_t ends[] = { BLE_EVENT_SERVICES_DONE, BLE_EVENT_SERVICES_DONE, BLE_EVENT_CHARACTERISTICS_DONE,
                                BLE_EVENT_DESCRIPTORS_DONE, BLE_EVENT_READ_DONE, BLE_EVENT_WRITE_DONE };

typedef struct {
    unsigned ended; // procedures
    bool broken; // one of them with -ENOTCONN
    bool disconnected;
} account_t;

static void account(account_t *a, const ble_event_t *e) {
    alone_check(!a->disconnected); // is the last event
    a->disconnected = e->type == BLE_EVENT_DISCONNECTED;
    if (a->ended < BLE_COUNT(ends) && e->type == ends[a->ended]) {
        a->ended++;
        alone_check(e->status == -ENOTCONN || (e->status == 0 && !a->broken));
        a->broken |= e->status != 0;
    } else {
        bool result = e->type == BLE_EVENT_SERVICE || e->type == BLE_EVENT_CHARACTERISTIC
            || e->type == BLE_EVENT_DESCRIPTOR || e->type == BLE_EVENT_READ_RESULT || e->type == BLE_EVENT_NOTIFIED;
        alone_check(a->disconnected || (result && a->ended < BLE_COUNT(ends)));
    }
}

// One request answered, or one event taken; the link ends before step `last` has been finished. Whether there was a
// step so far.
static bool run_to(unsigned last, account_t *a) {
    for (unsigned step = 0;; step++) {
        uint8_t pdu[600];
        uint16_t on;
        size_t n = heard(&on, pdu);
        ble_event_t e;
        if (n != 0) {
            if (step == last) {
                alone_disconnect(A, 0x13);
                return true;
            }
            serve(pdu, n);
        } else if (alone_next(&e)) {
            account(a, &e);
            if (step == last) {
                alone_disconnect(A, 0x13);
                give_back(&e);
                return true;
            }
            give_back(&e);
        } else {
            return false;
        }
    }
}

static void link_ends_anywhere(void) {
    unsigned last = 0;
    for (bool more = true; more; last++) {
        account_t a = { 0 };
        begin();
        begin_all();
        more = run_to(last, &a);
        for (ble_event_t e; more && alone_next(&e); give_back(&e)) {
            account(&a, &e);
        }
        alone_check(a.ended == BLE_COUNT(ends) && a.disconnected == more && a.broken <= more);
        alone_check(last != 0 || a.broken);
        end();
    }
    alone_check(last > 40);
}

// The answer has come before the link's end, but the application has been at something else: it is told.
static void link_ends_behind_the_answer(void) {
    begin();
    begin_read();
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    SAY(A, 0x1b, 1, 0, 1);
    ble_event_t e = keep(BLE_EVENT_NOTIFIED);
    say_value(0x0b, 0, 3);
    SAY(A, 0x1b, 2, 0, 1);
    alone_disconnect(A, 8);
    alone_check(ble_gattc_read(&alone, A, 1) == -ENOTCONN);
    give_back(&e);
    take_value(3);
    alone_check(take(BLE_EVENT_NOTIFIED).handle == 2);
    take_end(BLE_EVENT_SERVICES_DONE, -ENOTCONN);
    take_end(BLE_EVENT_DISCONNECTED, 8);
    end();
    begin(); // the first part of more
    begin_read();
    SAY(A, 0x1b, 1, 0, 1);
    e = keep(BLE_EVENT_NOTIFIED);
    say_value(0x0b, 0, 22);
    alone_disconnect(A, 8);
    give_back(&e);
    take_end(BLE_EVENT_READ_DONE, -ENOTCONN);
    take_end(BLE_EVENT_DISCONNECTED, 8);
    end();
    begin(); // an exchange of the MTU has no end of its own
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0);
    alone_check(ble_gattc_write(&alone, A, 7, pattern, 3) == 0);
    HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
    alone_disconnect(A, 8);
    take_end(BLE_EVENT_WRITE_DONE, -ENOTCONN);
    take_end(BLE_EVENT_DISCONNECTED, 8);
    end();
    begin();
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0);
    HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
    alone_disconnect(A, 8);
    take_end(BLE_EVENT_DISCONNECTED, 8);
    end();
}

// ---- anything at all

static uint32_t chance(uint32_t n) {
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (state >> 8) % n;
}

// An answer of the right opcode, mostly, and of octets that are small or at random.
static void say_anything(uint8_t request) {
    uint8_t pdu[64];
    unsigned n = 1 + chance(chance(2) ? 23 : 10);
    for (unsigned i = 0; i < n; i++) {
        pdu[i] = chance(3) ? chance(24) : chance(256);
    }
    pdu[0] = chance(8) ? request + 1u : chance(0x24);
    if (n > 1 && (request == 0x10 || request == 0x08)) {
        pdu[1] = chance(4) ? (request == 0x10 ? 6 : 7) : pdu[1];
    }
    alone_l2cap(A, ATT, pdu, n);
}

// Whatever is answered, procedures end, and nothing is lost.
static void anything(void) {
    for (unsigned round = 0; round < 3000; round++) {
        begin();
        begin_all();
        account_t a = { 0 };
        uint8_t request = 0;
        for (unsigned steps = 0; a.ended < BLE_COUNT(ends) && steps < 2000; steps++) {
            uint8_t pdu[600];
            uint16_t on;
            ble_event_t e;
            if (alone_next(&e)) {
                a.ended += e.type == ends[a.ended];
                give_back(&e);
            } else {
                request = heard(&on, pdu) != 0 && pdu[0] != BLE_ATT_CONFIRMATION ? pdu[0] : request;
                say_anything(request);
            }
        }
        alone_check(a.ended == BLE_COUNT(ends));
        uint8_t pdu[600];
        uint16_t on;
        for (ble_event_t e; alone_next(&e);) {
            give_back(&e);
        }
        while (heard(&on, pdu) != 0) {
        }
        end();
    }
}

int main(void) {
    static const case_t cases[] = {
        { "lying", lying },
        { "link_ends_anywhere", link_ends_anywhere },
        { "link_ends_behind_the_answer", link_ends_behind_the_answer },
        { "anything", anything },
    };
    return run_cases(cases, BLE_COUNT(cases));
}
