// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Discovery by the GATT client, octet for octet.
#include "server.h"

static void check_attribute(const ble_event_t *e, uint16_t handle, uint16_t end_handle, const ble_uuid_t *uuid) {
    alone_check(e->connection == A && e->handle == handle && e->attribute.end == end_handle);
    alone_check(e->attribute.uuid.size == uuid->size);
    alone_check(memcmp(e->attribute.uuid.octets, uuid->octets, uuid->size) == 0);
}

static void services(void) {
    begin();
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    HEAR(A, 0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28);
    SAY(A, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 6, 0, 0x0f, 0x18);
    ble_event_t e = take(BLE_EVENT_SERVICE);
    check_attribute(&e, 1, 5, &(ble_uuid_t) { 2, { 0x00, 0x18 } });
    silence(); // not before the application has seen all of the first answer
    e = take(BLE_EVENT_SERVICE);
    check_attribute(&e, 6, 6, &uuid16);
    HEAR(A, 0x10, 0x07, 0x00, 0xff, 0xff, 0x00, 0x28);
    alone_check(ble_gattc_exchange_mtu(&alone, A) == 0); // waits for its turn
    silence();
    SAY(A, 0x01, 0x10, 7, 0, 0x0a);
    take_end(BLE_EVENT_SERVICES_DONE, 0);
    HEAR(A, 0x02, BLE_MTU & 0xff, BLE_MTU >> 8);
    SAY(A, 0x03, 64, 0);
    alone_check(take(BLE_EVENT_MTU).value == 64);
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    HEAR(A, 0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28);
    SAY(A, 0x11, 20, 0x20, 0, 0xff, 0xff, UUID128);
    e = take(BLE_EVENT_SERVICE);
    check_attribute(&e, 0x20, 0xffff, &uuid128);
    take_end(BLE_EVENT_SERVICES_DONE, 0); // there is no handle behind the highest
    end();
}

static void services_by_uuid(void) {
    begin();
    alone_check(ble_gattc_services(&alone, A, &uuid16) == 0);
    HEAR(A, 0x06, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    SAY(A, 0x07, 1, 0, 5, 0, 9, 0, 12, 0);
    ble_event_t e = take(BLE_EVENT_SERVICE);
    check_attribute(&e, 1, 5, &uuid16);
    e = take(BLE_EVENT_SERVICE);
    check_attribute(&e, 9, 12, &uuid16);
    HEAR(A, 0x06, 13, 0x00, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    SAY(A, 0x07, 20, 0, 0xff, 0xff);
    take(BLE_EVENT_SERVICE);
    take_end(BLE_EVENT_SERVICES_DONE, 0);
    alone_check(ble_gattc_services(&alone, A, &uuid128) == 0);
    HEAR(A, 0x06, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28, UUID128);
    SAY(A, 0x01, 0x06, 1, 0, 0x0a);
    take_end(BLE_EVENT_SERVICES_DONE, 0);
    alone_check(ble_gattc_services(&alone, A, &uuid32) == 0);
    HEAR(A, 0x06, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28, 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x0f,
        0x18, 0, 0);
    SAY(A, 0x01, 0x06, 1, 0, 0x06);
    take_end(BLE_EVENT_SERVICES_DONE, 0x06);
    end();
}

static void characteristics(void) {
    begin();
    alone_check(ble_gattc_characteristics(&alone, A, 2, 30, NULL) == 0);
    HEAR(A, 0x08, 2, 0, 30, 0, 0x03, 0x28);
    SAY(A, 0x09, 7, 3, 0, 0x12, 4, 0, 0x0f, 0x18, 8, 0, 0x02, 9, 0, 0x01, 0x2a);
    ble_event_t e = take(BLE_EVENT_CHARACTERISTIC);
    check_attribute(&e, 4, 7, &uuid16);
    alone_check(e.attribute.properties == 0x12);
    HEAR(A, 0x08, 10, 0, 30, 0, 0x03, 0x28);
    no_event(); // the second one's end is not known yet
    SAY(A, 0x09, 21, 12, 0, 0x08, 14, 0, UUID128);
    e = take(BLE_EVENT_CHARACTERISTIC);
    check_attribute(&e, 9, 11, &(ble_uuid_t) { 2, { 0x01, 0x2a } });
    HEAR(A, 0x08, 15, 0, 30, 0, 0x03, 0x28);
    SAY(A, 0x01, 0x08, 15, 0, 0x0a);
    e = take(BLE_EVENT_CHARACTERISTIC);
    check_attribute(&e, 14, 30, &uuid128);
    alone_check(e.attribute.properties == 0x08);
    take_end(BLE_EVENT_CHARACTERISTICS_DONE, 0);
    // The last handle of the range ends it without another request.
    alone_check(ble_gattc_characteristics(&alone, A, 2, 4, NULL) == 0);
    HEAR(A, 0x08, 2, 0, 4, 0, 0x03, 0x28);
    SAY(A, 0x09, 7, 3, 0, 0x12, 4, 0, 0x0f, 0x18);
    e = take(BLE_EVENT_CHARACTERISTIC);
    check_attribute(&e, 4, 4, &uuid16);
    take_end(BLE_EVENT_CHARACTERISTICS_DONE, 0);
    // One whose end is not known when the server fails is not told.
    alone_check(ble_gattc_characteristics(&alone, A, 1, 0xffff, NULL) == 0);
    HEAR(A, 0x08, 1, 0, 0xff, 0xff, 0x03, 0x28);
    SAY(A, 0x09, 7, 3, 0, 0x12, 4, 0, 0x0f, 0x18);
    HEAR(A, 0x08, 5, 0, 0xff, 0xff, 0x03, 0x28);
    SAY(A, 0x01, 0x08, 5, 0, 0x0e);
    take_end(BLE_EVENT_CHARACTERISTICS_DONE, 0x0e);
    end();
}

static void characteristics_by_uuid(void) {
    begin();
    const ble_uuid_t *same[] = { &uuid16, &uuid32 };
    for (unsigned i = 0; i < 2; i++) {
        alone_check(ble_gattc_characteristics(&alone, A, 2, 30, same[i]) == 0);
        HEAR(A, 0x08, 2, 0, 30, 0, 0x03, 0x28);
        SAY(A, 0x09, 7, 3, 0, 0x12, 4, 0, 0x0f, 0x18, 8, 0, 0x02, 9, 0, 0x01, 0x2a);
        ble_event_t e = take(BLE_EVENT_CHARACTERISTIC);
        check_attribute(&e, 4, 7, &uuid16);
        HEAR(A, 0x08, 10, 0, 30, 0, 0x03, 0x28);
        SAY(A, 0x09, 21, 12, 0, 0x20, 14, 0, 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x0f, 0x18, 0,
            0);
        no_event();
        HEAR(A, 0x08, 15, 0, 30, 0, 0x03, 0x28);
        SAY(A, 0x01, 0x08, 15, 0, 0x0a);
        e = take(BLE_EVENT_CHARACTERISTIC);
        alone_check(e.handle == 14 && e.attribute.end == 30 && e.attribute.properties == 0x20);
        take_end(BLE_EVENT_CHARACTERISTICS_DONE, 0);
    }
    alone_check(ble_gattc_characteristics(&alone, A, 2, 30, &uuid128) == 0);
    HEAR(A, 0x08, 2, 0, 30, 0, 0x03, 0x28);
    SAY(A, 0x09, 7, 3, 0, 0x12, 4, 0, 0x0f, 0x18, 8, 0, 0x02, 30, 0, 0x01, 0x2a);
    take_end(BLE_EVENT_CHARACTERISTICS_DONE, 0);
    end();
}

static void descriptors(void) {
    begin();
    alone_check(ble_gattc_descriptors(&alone, A, 5, 9) == 0);
    HEAR(A, 0x04, 5, 0, 9, 0);
    SAY(A, 0x05, 1, 5, 0, 0x0f, 0x18, 6, 0, 0x02, 0x29);
    ble_event_t e = take(BLE_EVENT_DESCRIPTOR);
    check_attribute(&e, 5, 0, &uuid16);
    e = take(BLE_EVENT_DESCRIPTOR);
    check_attribute(&e, 6, 0, &(ble_uuid_t) { 2, { 0x02, 0x29 } });
    HEAR(A, 0x04, 7, 0, 9, 0);
    SAY(A, 0x05, 2, 9, 0, UUID128);
    e = take(BLE_EVENT_DESCRIPTOR);
    check_attribute(&e, 9, 0, &uuid128);
    take_end(BLE_EVENT_DESCRIPTORS_DONE, 0);
    alone_check(ble_gattc_descriptors(&alone, A, 0xffff, 0xffff) == 0);
    HEAR(A, 0x04, 0xff, 0xff, 0xff, 0xff);
    SAY(A, 0x05, 1, 0xff, 0xff, 0x0f, 0x18);
    take(BLE_EVENT_DESCRIPTOR);
    take_end(BLE_EVENT_DESCRIPTORS_DONE, 0);
    end();
}

static void going_back(void) {
    begin();
    alone_check(ble_gattc_services(&alone, A, NULL) == 0);
    HEAR(A, 0x10, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28);
    SAY(A, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18);
    take(BLE_EVENT_SERVICE);
    HEAR(A, 0x10, 0x06, 0x00, 0xff, 0xff, 0x00, 0x28);
    SAY(A, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18);
    take_end(BLE_EVENT_SERVICES_DONE, -EPROTO);
    end();
}

// Answers that nobody waits for: of every opcode, when nothing runs and while results are told.

int main(void) {
    static const case_t cases[] = {
        { "services", services },
        { "services_by_uuid", services_by_uuid },
        { "characteristics", characteristics },
        { "characteristics_by_uuid", characteristics_by_uuid },
        { "descriptors", descriptors },
        { "going_back", going_back },
    };
    return run_cases(cases, BLE_COUNT(cases));
}
