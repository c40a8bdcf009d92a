// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Values that the GATT client reads and writes, however long. A value is a chain of buffers: of a read, the packets
// themselves that it came in; so reading takes no memory beyond what has come.
#include "host.h"

#if BLE_CLIENT

_Static_assert(2 * BLE_BUFFER_SIZE >= BLE_VALUE_MAX, "an event has two pieces of a value at most");

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

// ---- reading

void ble_read_request(ble_procedure_t *p, ble_buffer_t *buffer) {
    uint8_t *data = ble_buffer_data(buffer);
    data[0] = p->length == 0 ? BLE_ATT_READ_REQUEST : BLE_ATT_READ_BLOB_REQUEST;
    ble_put16(data + 1, p->handle);
    ble_put16(data + 3, p->length);
    buffer->length = p->length == 0 ? 3 : 5;
}

static void read_tell(ble_t *b, ble_conn_t *c, ble_procedure_t *p) {
    ble_procedure_end(p, 0);
    ble_event_t *event = ble_source_event(&c->att.source, BLE_EVENT_READ_RESULT, c->handle);
    ble_buffer_t *first = p->data.head;
    event->handle = p->handle;
    event->data = ble_buffer_data(first);
    event->length = first->length;
    if (first->next != NULL) {
        event->rest.data = ble_buffer_data(first->next);
        event->rest.length = first->next->length;
    }
    ble_att_tell(b, c, NULL);
}

// Add what the held packet has behind its opcode: to the last buffer, and what does not fit there stays in the packet,
// which is then the chain's.
static void read_keep(ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *pdu) {
    const uint8_t *data = ble_buffer_data(pdu) + 1;
    unsigned length = pdu->length - 1;
    p->length += length;
    if (p->data.head != NULL) {
        ble_buffer_t *last = ble_queue_last(&p->data);
        unsigned n = least(length, ble_buffer_room(last));
        memcpy(ble_buffer_data(last) + last->length, data, n);
        last->length += n;
        data += n;
        length -= n;
    }
    if (length != 0 || p->data.head == NULL) {
        memmove(pdu->octets, data, length);
        pdu->start = 0;
        pdu->length = length;
        c->att.held = NULL;
        ble_queue_put(&p->data, pdu);
    }
}

// An answer that is as long as it could be has more behind it.
void ble_read_response(ble_t *b, ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *pdu) {
    bool full = pdu->length >= p->mtu;
    if (p->length + pdu->length - 1 > BLE_VALUE_MAX) {
        ble_procedure_end(p, -EPROTO);
        return;
    }
    read_keep(c, p, pdu);
    if (full && p->length < BLE_VALUE_MAX) {
        ble_procedure_ask(c, p);
    } else {
        read_tell(b, c, p);
    }
}

// That there is nothing behind what has been read is no failure.
void ble_read_failed(ble_t *b, ble_conn_t *c, ble_procedure_t *p, int status) {
    if (p->length != 0 && (status == BLE_ATT_ATTRIBUTE_NOT_LONG || status == BLE_ATT_INVALID_OFFSET)) {
        read_tell(b, c, p);
    } else {
        ble_procedure_end(p, status);
    }
}

// ---- writing

bool ble_write_is_short(ble_conn_t *c, ble_procedure_t *p) {
    return p->offset == 0 && p->status == 0 && p->length + 3 <= c->att.mtu;
}

// The octets at p->offset that are in one buffer, at most `most` of them.
static unsigned write_piece(ble_procedure_t *p, unsigned at, unsigned most, const uint8_t **piece) {
    ble_buffer_t *buffer = p->data.head;
    while (at >= buffer->length) {
        at -= buffer->length;
        buffer = buffer->next;
    }
    *piece = ble_buffer_data(buffer) + at;
    return least(most, buffer->length - at);
}

// How much a Prepare Write has of the value: its opcode, handle and offset take 5 octets.
static unsigned write_part(ble_procedure_t *p) {
    return least(p->length - p->offset, p->mtu - 5);
}

static void prepare_request(ble_procedure_t *p, ble_buffer_t *buffer) {
    uint8_t *data = ble_buffer_data(buffer);
    unsigned part = write_part(p);
    data[0] = BLE_ATT_PREPARE_WRITE_REQUEST;
    ble_put16(data + 1, p->handle);
    ble_put16(data + 3, p->offset);
    for (unsigned n, done = 0; done < part; done += n) {
        const uint8_t *piece;
        n = write_piece(p, p->offset + done, part - done, &piece);
        memcpy(data + 5 + done, piece, n);
    }
    buffer->length = 5 + part;
}

// Whether the answer is the request's octets.
static bool prepare_is_echo(ble_procedure_t *p, ble_buffer_t *pdu) {
    const uint8_t *data = ble_buffer_data(pdu);
    unsigned part = write_part(p);
    bool same = pdu->length == 5 + part && ble_get16(data + 1) == p->handle && ble_get16(data + 3) == p->offset;
    for (unsigned n, done = 0; same && done < part; done += n) {
        const uint8_t *piece;
        n = write_piece(p, p->offset + done, part - done, &piece);
        same = memcmp(data + 5 + done, piece, n) == 0;
    }
    return same;
}

// With p->status set what has been prepared is thrown away.
void ble_write_request(ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *buffer) {
    if (ble_write_is_short(c, p)) {
        buffer->start -= 3;
        buffer->length += 3;
        ble_buffer_data(buffer)[0] = BLE_ATT_WRITE_REQUEST;
        ble_put16(ble_buffer_data(buffer) + 1, p->handle);
    } else if (p->status == 0 && p->offset < p->length) {
        prepare_request(p, buffer);
    } else {
        ble_buffer_data(buffer)[0] = BLE_ATT_EXECUTE_WRITE_REQUEST;
        ble_buffer_data(buffer)[1] = p->status == 0;
        buffer->length = 2;
    }
}

void ble_write_response(ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *pdu) {
    if (p->request != BLE_ATT_PREPARE_WRITE_REQUEST) {
        ble_write_failed(c, p, pdu->length == 1 ? 0 : -EPROTO);
    } else if (prepare_is_echo(p, pdu)) {
        p->offset += write_part(p);
        ble_procedure_ask(c, p);
    } else {
        ble_write_failed(c, p, -EPROTO);
    }
}

// The first error is what is told; after one while preparing the server is still told to forget what it has.
void ble_write_failed(ble_conn_t *c, ble_procedure_t *p, int status) {
    if (p->status != 0) {
        status = p->status;
    }
    if (p->request == BLE_ATT_PREPARE_WRITE_REQUEST) {
        p->status = status;
        ble_procedure_ask(c, p);
    } else {
        ble_procedure_end(p, status);
    }
}

#endif // BLE_CLIENT
