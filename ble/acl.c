// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// ACL packets: cut to what the controller takes, sent in turns, put together again.
#include "host.h"

// The packet boundary flag, above the handle's 12 bits (Core, Vol 4, Part E, 5.4.2).
enum { FIRST_FROM_HOST = 0 << 12, CONTINUED = 1 << 12, BOUNDARY = 3 << 12 };

#define ACL_HEADER (1 + 4)

ble_buffer_t *ble_acl_buffer(ble_t *b, ble_conn_t *c) {
    unsigned most = (BLE_BUFFERS - BLE_FOR_APPLICATION) / b->conn_count;
    return c->out.count < (most != 0 ? most : 1) ? ble_buffer_take(b, BLE_FOR_APPLICATION) : NULL;
}

void ble_acl_send(ble_t *b, ble_conn_t *c, uint16_t cid, ble_buffer_t *buffer) {
    if (c->state != BLE_CONN_OPEN) {
        ble_buffer_free(b, buffer);
        return;
    }
    buffer->start -= BLE_L2CAP_HEADER;
    ble_put16(ble_buffer_data(buffer), buffer->length);
    ble_put16(ble_buffer_data(buffer) + 2, cid);
    buffer->length += BLE_L2CAP_HEADER;
    ble_queue_put(&c->out, buffer);
    b->unsent++;
}

// How many of the controller's packets one connection may hold: one is left for each other one, as far as they go.
static unsigned share(ble_t *b) {
    unsigned total = b->hci.acl_total;
    unsigned others = b->conn_count != 0 ? b->conn_count - 1 : 0;
    return total > others ? total - others : 1;
}

// Only open connections have something to send.
static ble_conn_t *turn_take(ble_t *b) {
    unsigned most = share(b);
    for (unsigned i = 1; i <= BLE_CONNECTIONS; i++) {
        unsigned at = (b->acl_turn + i) % BLE_CONNECTIONS;
        ble_conn_t *c = &b->conns[at];
        if (c->out.head != NULL && c->unacknowledged < most) {
            b->acl_turn = at;
            return c;
        }
    }
    return NULL;
}

// A fragment's header is written before its data, over what has been sent already.
size_t ble_acl_next(ble_t *b, const uint8_t **packet) {
    ble_conn_t *c = b->unsent != 0 && b->hci.acl_free != 0 ? turn_take(b) : NULL;
    if (c == NULL) {
        return 0;
    }
    ble_buffer_t *buffer = c->out.head;
    uint16_t n = buffer->length < b->hci.acl_length ? buffer->length : b->hci.acl_length;
    uint8_t *p = ble_buffer_data(buffer) - ACL_HEADER;
    p[0] = 2; // H4: ACL data
    ble_put16(p + 1, c->handle | (c->out_begun ? CONTINUED : FIRST_FROM_HOST));
    ble_put16(p + 3, n);
    buffer->start += n;
    buffer->length -= n;
    c->out_begun = buffer->length != 0;
    c->unacknowledged++;
    b->hci.acl_free--;
    b->acl_writing = c;
    *packet = p;
    return ACL_HEADER + n;
}

void ble_acl_written(ble_t *b) {
    ble_conn_t *c = b->acl_writing;
    b->acl_writing = NULL;
    if (c != NULL && c->out.head->length == 0) {
        ble_buffer_free(b, ble_queue_get(&c->out));
        b->unsent--;
    }
    ble_buffer_free(b, b->acl_orphan);
    b->acl_orphan = NULL;
}

void ble_acl_completed(ble_t *b, uint16_t handle, unsigned packets) {
    ble_conn_t *c = ble_conn_find(b, handle);
    if (c != NULL) {
        packets = packets < c->unacknowledged ? packets : c->unacknowledged;
        c->unacknowledged -= packets;
        b->hci.acl_free += packets;
    }
}

// ---- input

// Whether a first fragment has a place, else why not.
static bool first_begin(ble_t *b, ble_conn_t *c) {
    ble_buffer_free(b, c->in); // what was not finished never will be
    c->in = NULL;
    if (c->att.inbox.count >= BLE_INBOX && !c->overrun) {
        return false;
    }
    c->in = ble_buffer_take(b, c->overrun ? BLE_FOR_ANSWER : BLE_FOR_INCOMING);
    c->in_wanted = 0;
    c->overrun &= c->att.inbox.count != 0;
    return c->in != NULL;
}

bool ble_acl_begin(ble_t *b, const uint8_t header[4], uint8_t **data) {
    uint16_t n = ble_get16(header + 2);
    ble_conn_t *c = ble_conn_find(b, ble_get16(header) & 0xfff);
    bool continued = (ble_get16(header) & BOUNDARY) == CONTINUED;
    *data = NULL;
    if (c == NULL) {
        return true;
    }
    bool late = c->overrun;
    bool unknown = c->tell & BLE_TELL_CONNECTED; // to the application: nothing of it may come before
    if (!continued && ((unknown && !late) || !first_begin(b, c))) {
        return late; // once it has waited for too long it is thrown away, and so is what belongs to it
    }
    if (c->in != NULL && n <= ble_buffer_room(c->in) + (continued ? 0 : BLE_L2CAP_HEADER)) {
        if (!continued) {
            c->in->start -= BLE_L2CAP_HEADER;
        }
        *data = ble_buffer_data(c->in) + c->in->length;
    } else {
        ble_buffer_free(b, c->in); // longer than anything we have agreed to
        c->in = NULL;
    }
    return true;
}

void ble_acl_overrun(ble_t *b, const uint8_t header[4]) {
    ble_conn_t *c = ble_conn_find(b, ble_get16(header) & 0xfff);
    if (c != NULL) {
        c->overrun = true;
    }
}

void ble_acl_end(ble_t *b, const uint8_t header[4]) {
    ble_conn_t *c = ble_conn_find(b, ble_get16(header) & 0xfff);
    ble_buffer_t *in = c != NULL ? c->in : NULL;
    if (in == NULL || b->hci.in == NULL) {
        return;
    }
    in->length += ble_get16(header + 2);
    if (c->in_wanted == 0 && in->length >= BLE_L2CAP_HEADER) {
        c->in_wanted = BLE_L2CAP_HEADER + ble_get16(ble_buffer_data(in));
    }
    if (c->in_wanted == 0 || in->length < c->in_wanted) {
        return;
    }
    c->in = NULL;
    if (in->length != c->in_wanted) {
        ble_buffer_free(b, in); // longer than it says
        return;
    }
    uint16_t cid = ble_get16(ble_buffer_data(in) + 2);
    in->start += BLE_L2CAP_HEADER;
    in->length -= BLE_L2CAP_HEADER;
    ble_l2cap_receive(b, c, cid, in);
}
