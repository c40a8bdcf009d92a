// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Discovery by the GATT client: requests for a range of handles, answers that list some of it; an event for each one.
//
// An answer is checked as a whole before the first event. All handles in it must rise and be in the range that was
// asked for, and the next request begins behind the last of them: so discovery ends whatever a server says.
#include "host.h"

#if BLE_CLIENT

// Declarations (Core, Vol 3, Part G, 3.4).
enum { PRIMARY_SERVICE = 0x2800, CHARACTERISTIC = 0x2803 };

// ---- requests

void ble_discovery_request(ble_procedure_t *p, ble_buffer_t *buffer) {
    uint8_t *data = ble_buffer_data(buffer);
    ble_put16(data + 1, p->start);
    ble_put16(data + 3, p->end);
    if (p->kind == BLE_PROCEDURE_DESCRIPTORS) {
        data[0] = BLE_ATT_FIND_INFORMATION_REQUEST;
        buffer->length = 5;
        return;
    }
    bool services = p->kind == BLE_PROCEDURE_SERVICES;
    data[0] = services ? BLE_ATT_READ_BY_GROUP_TYPE_REQUEST : BLE_ATT_READ_BY_TYPE_REQUEST;
    ble_put16(data + 5, services ? PRIMARY_SERVICE : CHARACTERISTIC);
    buffer->length = 7;
    if (services && p->filter) {
        data[0] = BLE_ATT_FIND_BY_TYPE_VALUE_REQUEST;
        memcpy(data + 7, p->uuid.octets, p->uuid.size);
        buffer->length += p->uuid.size;
    }
}

// ---- what an answer lists

// Where in an element the UUID is. Services that were found by theirs have none.
static uint8_t uuid_at(const ble_procedure_t *p) {
    return p->kind == BLE_PROCEDURE_SERVICES ? 4 : p->kind == BLE_PROCEDURE_CHARACTERISTICS ? 5 : 2;
}

// The first element, and in p->element the size of each: 0 when the answer cannot be right.
static unsigned list_begin(ble_procedure_t *p, ble_buffer_t *pdu) {
    const uint8_t *data = ble_buffer_data(pdu);
    unsigned begin = 2;
    if (p->request == BLE_ATT_FIND_BY_TYPE_VALUE_REQUEST) {
        p->element = 4;
        begin = 1;
    } else if (pdu->length < 2) {
        return 0;
    } else {
        bool information = p->request == BLE_ATT_FIND_INFORMATION_REQUEST; // a format: UUIDs of 2 or of 16 octets
        p->element = !information ? data[1] : data[1] == 1 ? 2 + 2 : data[1] == 2 ? 2 + 16 : 0;
        if (p->element != uuid_at(p) + 2 && p->element != uuid_at(p) + 16) {
            return 0;
        }
    }
    return pdu->length > begin && (pdu->length - begin) % p->element == 0 ? begin : 0;
}

// The handles that an element takes up.
static void element_handles(const ble_procedure_t *p, const uint8_t *element, uint16_t *first, uint16_t *last) {
    *first = ble_get16(element);
    switch (p->kind) {
        case BLE_PROCEDURE_SERVICES:
            *last = ble_get16(element + 2);
            break;
        case BLE_PROCEDURE_CHARACTERISTICS:
            *last = ble_get16(element + 3); // the value's, behind the declaration
            break;
        default:
            *last = *first;
    }
}

// Whether all elements are where they may be. Moves p->start behind the last one, to 0 behind the highest handle.
static bool list_check(ble_procedure_t *p, ble_buffer_t *pdu, unsigned begin) {
    uint32_t low = p->start;
    for (unsigned at = begin; at < pdu->length; at += p->element) {
        uint16_t first, last;
        element_handles(p, ble_buffer_data(pdu) + at, &first, &last);
        bool apart = p->kind != BLE_PROCEDURE_CHARACTERISTICS || first != last;
        if (first < low || last < first || last > p->end || !apart) {
            return false;
        }
        low = (uint32_t)last + 1;
    }
    p->start = low;
    return true;
}

// ---- telling

static void uuid_set(ble_uuid_t *uuid, const uint8_t *octets, uint8_t size) {
    uuid->size = size;
    memcpy(uuid->octets, octets, size);
}

// The characteristic whose end is known now. Whether it is one that is wanted.
static bool characteristic_event(ble_conn_t *c, ble_procedure_t *p, uint16_t end) {
    if (p->handle == 0) {
        return false;
    }
    ble_event_t *event = ble_source_event(&c->att.source, BLE_EVENT_CHARACTERISTIC, c->handle);
    event->handle = p->handle;
    event->attribute.end = end;
    event->attribute.properties = p->properties;
    event->attribute.uuid = p->uuid;
    p->handle = 0;
    return true;
}

// A declaration ends the characteristic before it, and its own one is kept where it is wanted: with a filter its UUID
// is the one that p->uuid has already.
static bool characteristic(ble_conn_t *c, ble_procedure_t *p, const uint8_t *element) {
    bool tell = characteristic_event(c, p, ble_get16(element) - 1);
    ble_uuid_t uuid;
    uuid_set(&uuid, element + 5, p->element - 5);
    if (!p->filter || ble_uuid_equal(&uuid, &p->uuid)) {
        p->handle = ble_get16(element + 3);
        p->properties = element[2];
        p->uuid = uuid;
    }
    return tell;
}

static bool service_or_descriptor(ble_conn_t *c, ble_procedure_t *p, const uint8_t *element) {
    bool service = p->kind == BLE_PROCEDURE_SERVICES;
    ble_event_t *event =
        ble_source_event(&c->att.source, service ? BLE_EVENT_SERVICE : BLE_EVENT_DESCRIPTOR, c->handle);
    event->handle = ble_get16(element);
    event->attribute.end = service ? ble_get16(element + 2) : 0;
    event->attribute.uuid = p->uuid;
    if (p->element > uuid_at(p)) {
        uuid_set(&event->attribute.uuid, element + uuid_at(p), p->element - uuid_at(p));
    }
    return true;
}

static void list_go_on(ble_t *b, ble_conn_t *c, int answer) {
    (void)answer;
    ble_procedure_t *p = c->att.procedure;
    while (c->att.position < c->att.held->length) {
        const uint8_t *element = ble_buffer_data(c->att.held) + c->att.position;
        c->att.position += p->element;
        if (p->kind == BLE_PROCEDURE_CHARACTERISTICS ? characteristic(c, p, element)
            : service_or_descriptor(c, p, element)) {
            ble_att_tell(b, c, list_go_on);
            return;
        }
    }
    if (p->start == 0 || p->start > p->end) {
        ble_discovery_end(b, c, p);
    } else {
        ble_procedure_ask(c, p);
    }
}

void ble_discovery_response(ble_t *b, ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *pdu) {
    unsigned begin = list_begin(p, pdu);
    if (begin == 0 || !list_check(p, pdu, begin)) {
        ble_procedure_end(p, -EPROTO);
        return;
    }
    p->state = BLE_PROCEDURE_TELL;
    c->att.position = begin;
    list_go_on(b, c, 0);
}

void ble_discovery_end(ble_t *b, ble_conn_t *c, ble_procedure_t *p) {
    ble_procedure_end(p, 0);
    if (p->kind == BLE_PROCEDURE_CHARACTERISTICS && characteristic_event(c, p, p->end)) {
        ble_att_tell(b, c, NULL);
    }
}

#endif // BLE_CLIENT
