// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server: what peers write, at once or prepared.
#include "host.h"

// Buffers that one connection's prepared writes may take: a longest value in parts, and one more.
#define PART_HEADER (5) // opcode, handle, offset
#define PART_ROOM (BLE_BUFFER_SIZE - BLE_HEADROOM - PART_HEADER)
#define PREPARED_MAX (BLE_VALUE_MAX / PART_ROOM + 2)

// A write that has several parts, or one.
typedef struct {
    bool commit; // do it; else only say whether it can be done
    bool begun;
    size_t length; // of the value, so far
    size_t written; // by this write, so far
} write_t;

// ---- values of the application

// How much of `length` there is room for behind `at`; -1: the write is refused.
static int value_room(const ble_value_t *v, size_t at, size_t length) {
    size_t size = v->size < BLE_VALUE_MAX ? v->size : BLE_VALUE_MAX;
    if (at + length <= size) {
        return length;
    }
    return !v->cut ? -1 : at < size ? (int)(size - at) : 0;
}

static int value_append(ble_value_t *v, write_t *w, size_t offset, const uint8_t *octets, size_t length) {
    if (offset != w->written) {
        return BLE_ATT_INVALID_OFFSET; // of what is written
    }
    int room = value_room(v, w->length, length);
    if (room < 0) {
        return BLE_ATT_INVALID_LENGTH;
    }
    if (w->commit) {
        memcpy(v->octets + v->length, octets, room);
        v->length += room;
    }
    w->length += room;
    w->written += length;
    return 0;
}

// From offset 0 a write gives the value anew; from another it changes a part, or adds to the end.
static int value_write(ble_value_t *v, write_t *w, size_t offset, const uint8_t *octets, size_t length) {
    if (!w->begun) {
        w->begun = true;
        w->length = offset == 0 && !v->append ? 0 : v->length;
    }
    if (v->append) {
        return value_append(v, w, offset, octets, length);
    }
    if (offset > w->length) {
        return BLE_ATT_INVALID_OFFSET;
    }
    int room = value_room(v, offset, length);
    if (room < 0) {
        return BLE_ATT_INVALID_LENGTH;
    }
    w->length = offset + room > w->length ? offset + room : w->length;
    w->written += length;
    if (w->commit) {
        memcpy(v->octets + offset, octets, room);
        v->length = w->length;
    }
    return 0;
}

// ---- values of the host

static int subscribe(ble_conn_t *c, const ble_attribute_t *a, const uint8_t *octets, bool commit) {
    const ble_characteristic_t *ch = a->characteristic;
    uint32_t bit = 1u << ch->subscription;
    uint16_t wanted = ble_get16(octets);
    uint16_t offered = (ch->flags & BLE_NOTIFY ? BLE_SUBSCRIBE_NOTIFY : 0)
                       | (ch->flags & BLE_INDICATE ? BLE_SUBSCRIBE_INDICATE : 0);
    if (wanted & ~offered) {
        return BLE_ATT_VALUE_NOT_ALLOWED;
    }
    if (commit) {
        c->att.notify = wanted & BLE_SUBSCRIBE_NOTIFY ? c->att.notify | bit : c->att.notify & ~bit;
        c->att.indicate = wanted & BLE_SUBSCRIBE_INDICATE ? c->att.indicate | bit : c->att.indicate & ~bit;
        c->att.dirty &= c->att.notify | c->att.indicate;
    }
    return 0;
}

// Features that a peer has said to have stay (Core, Vol 3, Part G, 7.2); what we do not know is not kept.
static int set_features(ble_conn_t *c, const uint8_t *octets, bool commit) {
    if (c->att.features & ~octets[0]) {
        return BLE_ATT_VALUE_NOT_ALLOWED;
    }
    if (commit) {
        c->att.features = octets[0] & 0x07;
    }
    return 0;
}

static int host_write(ble_conn_t *c, const ble_attribute_t *a, size_t offset, const uint8_t *octets, size_t length,
    bool commit) {
    bool subscription = a->kind == BLE_ATTRIBUTE_SUBSCRIPTION;
    if (offset != 0) {
        return BLE_ATT_INVALID_OFFSET;
    }
    if (subscription ? length != 2 : length == 0) {
        return BLE_ATT_INVALID_LENGTH;
    }
    return subscription ? subscribe(c, a, octets, commit) : set_features(c, octets, commit);
}

static int write_part(ble_conn_t *c, const ble_attribute_t *a, write_t *w, size_t offset, const uint8_t *octets,
    size_t length) {
    return a->value != NULL ? value_write(a->value, w, offset, octets, length)
           : host_write(c, a, offset, octets, length, w->commit);
}

// The parts are over: whether it is long enough.
static int write_end(const ble_attribute_t *a, const write_t *w) {
    return a->value != NULL && a->value->fixed && w->length != a->value->size ? BLE_ATT_INVALID_LENGTH : 0;
}

static int writable(ble_request_t *q, uint16_t handle, ble_attribute_t *a) {
    q->handle = handle;
    if (!ble_attribute_find(q->b, handle, a)) {
        return BLE_ATT_INVALID_HANDLE;
    }
    // What takes signed writes alone takes no others, but where encryption stands for the signature.
    bool plain = a->flags & (BLE_WRITE | BLE_WRITE_NO_RESPONSE);
    if (!plain && q->p[0] != BLE_ATT_SIGNED_WRITE_COMMAND && !q->c->encrypted) {
        return BLE_ATT_WRITE_NOT_PERMITTED;
    }
    return ble_attribute_permitted(q->c, a, true);
}

// ---- telling the application

// The event of a write that has been done, filled in; NULL where there is nothing to tell.
static ble_event_t *write_event(ble_t *b, ble_conn_t *c, const ble_attribute_t *a, uint32_t subscribed) {
    bool subscription = a->kind == BLE_ATTRIBUTE_SUBSCRIPTION;
    uint32_t bit = subscription ? 1u << a->characteristic->subscription : 0;
    if (BLE_PAIRINGS && c->bonded && (subscription ? (subscribed & bit) : a->handle == BLE_HANDLE_FEATURES)) {
        ble_smp_subscribed(b, c);
    }
    bool told = subscription ? a->handle > BLE_HANDLE_FIRST && (subscribed & bit) : a->value != NULL;
    if (!told || !ble_source_idle(&c->att.source)) {
        return NULL;
    }
    ble_event_t *event = ble_source_event(&c->att.source, subscription ? BLE_EVENT_SUBSCRIBED : BLE_EVENT_WRITTEN,
        c->handle);
    event->handle = subscription ? a->characteristic->handle : a->handle;
    event->value = ble_subscribed(c, bit);
    return event;
}

// ---- a write at once

static void tell_now(ble_request_t *q, const ble_attribute_t *a, const uint8_t *octets, size_t length,
    uint32_t subscribed) {
    ble_event_t *event = write_event(q->b, q->c, a, subscribed);
    if (event == NULL) {
        return;
    }
    if (event->type == BLE_EVENT_WRITTEN) {
        event->data = octets;
        event->length = length;
    }
    ble_att_tell(q->b, q->c, NULL);
}

// What the application has to agree to it is told before, else after.
static int write_now(ble_request_t *q, const uint8_t *octets, size_t length) {
    ble_attribute_t a;
    write_t check = { .commit = false }, commit = { .commit = true };
    int result = writable(q, ble_get16(q->p + 1), &a);
    bool ask = result == 0 && a.value != NULL && (a.flags & BLE_WRITE_AUTHORIZED);
    if (ask || (result == 0 && a.value != NULL && a.value->fixed)) { // else a part that is not right writes nothing
        result = write_part(q->c, &a, &check, 0, octets, length);
        result = result == 0 ? write_end(&a, &check) : result;
    }
    if (ask && result == 0) {
        result = ble_gatts_ask(q, &a, BLE_EVENT_WRITTEN, octets, length);
    }
    uint32_t notify = q->c->att.notify, indicate = q->c->att.indicate;
    result = result == 0 ? write_part(q->c, &a, &commit, 0, octets, length) : result;
    if (result == 0 && !ask) {
        tell_now(q, &a, octets, length, (notify ^ q->c->att.notify) | (indicate ^ q->c->att.indicate));
    }
    return result;
}

int ble_gatts_write_request(ble_request_t *q) {
    return write_now(q, q->p + 3, q->length - 3);
}

// With an encrypted link there is no use for a signature (Core, Vol 3, Part C, 10.4.1). While the application has an
// event of this source in hand and is late with it, a packet cannot be kept, and a command may be dropped.
int ble_gatts_write_signed(ble_request_t *q) {
    if (q->c->att.asked != 0) { // the signature is good, and the application has answered
        return write_now(q, q->p + 3, q->length - 3 - BLE_SIGNATURE_SIZE);
    }
    ble_attribute_t a;
    bool meant = ble_attribute_find(q->b, ble_get16(q->p + 1), &a) && (a.flags & BLE_SIGNED_WRITE);
    if (BLE_SIGNED_WRITES && meant && !q->c->encrypted && ble_source_idle(&q->c->att.source)
        && ble_sign_ask(q->b, q->c)) {
        ble_att_hold(q->b, q->c);
    }
    return BLE_ATT_WRITE_NOT_PERMITTED; // which nobody is told: it is a command
}

// Services may have changed meanwhile.
void ble_gatts_signed(ble_t *b, ble_conn_t *c, ble_buffer_t *pdu) {
    ble_request_t q = { .b = b, .c = c, .p = ble_buffer_data(pdu), .length = pdu->length };
    ble_attribute_t a;
    if (ble_attribute_find(b, ble_get16(q.p + 1), &a) && (a.flags & BLE_SIGNED_WRITE)) {
        write_now(&q, q.p + 3, q.length - 3 - BLE_SIGNATURE_SIZE);
    }
}

// ---- prepared writes: a queue of their requests, parts that follow on each other in one buffer

static uint16_t part_handle(ble_buffer_t *part) {
    return ble_get16(ble_buffer_data(part) + 1);
}

static bool part_extend(ble_request_t *q, size_t length) {
    ble_buffer_t *last = ble_queue_last(&q->c->att.prepared);
    if (last == NULL || part_handle(last) != q->handle || ble_buffer_room(last) < length
        || ble_get16(ble_buffer_data(last) + 3) + last->length - PART_HEADER != ble_get16(q->p + 3)) {
        return false;
    }
    memcpy(ble_buffer_data(last) + last->length, q->p + PART_HEADER, length);
    last->length += length;
    return true;
}

// Once the link is gone nobody would clear the queue again.
static int part_add(ble_request_t *q) {
    if (q->c->att.prepared.count >= PREPARED_MAX || q->c->state != BLE_CONN_OPEN) {
        return BLE_ATT_PREPARE_QUEUE_FULL;
    }
    ble_buffer_t *part = ble_buffer_take(q->b, (ble_level_t)(BLE_FOR_APPLICATION - 1));
    if (part == NULL) {
        return BLE_ATT_PREPARE_QUEUE_FULL;
    }
    memcpy(ble_buffer_data(part), q->p, q->length);
    part->length = q->length;
    ble_queue_put(&q->c->att.prepared, part);
    return 0;
}

// What the application has to agree to may not be long.
int ble_gatts_write_prepare(ble_request_t *q) {
    ble_attribute_t a;
    int result = writable(q, ble_get16(q->p + 1), &a);
    if (result == 0 && (a.flags & BLE_WRITE_AUTHORIZED)) {
        result = BLE_ATT_INSUFFICIENT_AUTHORIZATION;
    }
    if (result == 0 && !part_extend(q, q->length - PART_HEADER)) {
        result = part_add(q);
    }
    if (result == 0) {
        memcpy(ble_buffer_data(q->answer) + 1, q->p + 1, q->length - 1);
        q->answer->length = q->length;
    }
    return result;
}

// All parts for the attribute of `part`, which is the first of them.
static int parts_write(ble_request_t *q, ble_buffer_t *part, bool commit) {
    ble_attribute_t a;
    write_t w = { .commit = commit };
    int result = writable(q, part_handle(part), &a);
    for (ble_buffer_t *at = part; at != NULL && result == 0; at = at->next) {
        if (part_handle(at) == a.handle) {
            const uint8_t *p = ble_buffer_data(at);
            result = write_part(q->c, &a, &w, ble_get16(p + 3), p + PART_HEADER, at->length - PART_HEADER);
        }
    }
    return result == 0 ? write_end(&a, &w) : result;
}

static bool is_first(ble_conn_t *c, ble_buffer_t *part) {
    ble_buffer_t *at = c->att.prepared.head;
    while (part_handle(at) != part_handle(part)) {
        at = at->next;
    }
    return at == part;
}

static int all_write(ble_request_t *q, bool commit) {
    int result = 0;
    for (ble_buffer_t *part = q->c->att.prepared.head; part != NULL && result == 0; part = part->next) {
        if (is_first(q->c, part)) {
            result = parts_write(q, part, commit);
        }
    }
    return result;
}

// Take out the first part and all others for its attribute: it is returned, and how many octets they all have.
static ble_buffer_t *parts_take(ble_t *b, ble_conn_t *c, size_t *length) {
    ble_queue_t rest = c->att.prepared;
    ble_buffer_t *first = ble_queue_get(&rest);
    c->att.prepared = (ble_queue_t) { 0 };
    *length = first->length - PART_HEADER;
    for (ble_buffer_t *part; (part = ble_queue_get(&rest)) != NULL;) {
        if (part_handle(part) == part_handle(first)) {
            *length += part->length - PART_HEADER;
            ble_buffer_free(b, part);
        } else {
            ble_queue_put(&c->att.prepared, part);
        }
    }
    return first;
}

// Tell the next write that has been done. Its data is what the bearer holds from here, in place of the request.
static void prepared_resume(ble_t *b, ble_conn_t *c, int answer) {
    (void)answer;
    while (c->att.prepared.head != NULL) {
        size_t length;
        ble_attribute_t a;
        ble_buffer_t *first = parts_take(b, c, &length);
        ble_event_t *event = ble_attribute_find(b, part_handle(first), &a) ? write_event(b, c, &a, UINT32_MAX) : NULL;
        if (event == NULL) {
            ble_buffer_free(b, first);
            continue;
        }
        if (event->type == BLE_EVENT_WRITTEN) {
            event->data = length + PART_HEADER == first->length ? ble_buffer_data(first) + PART_HEADER : NULL;
            event->length = length;
        }
        ble_buffer_free(b, c->att.held);
        c->att.held = first;
        ble_att_tell(b, c, prepared_resume);
        return;
    }
}

int ble_gatts_write_execute(ble_request_t *q) {
    int result = q->p[1] > 1 ? BLE_ATT_INVALID_PDU : 0;
    if (q->p[1] == 1) {
        result = all_write(q, false);
    }
    if (q->p[1] == 1 && result == 0) {
        all_write(q, true);
        prepared_resume(q->b, q->c, 0);
    } else {
        ble_queue_clear(q->b, &q->c->att.prepared);
    }
    return result;
}
