// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Signed writes (Core, Vol 3, Part H, 2.4.5): a counter and a MAC behind the packet, with a key of the bond.
//
// Keys and counters are in the application's store, so each signature takes a question for the bond, and its record
// goes back with the counter moved on. The application hears of that before it hears of the write, and what we sign
// leaves behind it: a counter counts once.
#include "crypto.h"
#include "host.h"

#if BLE_SIGNED_WRITES

#define WRITE_HEADER (3) // opcode, handle

bool ble_sign_ask(ble_t *b, ble_conn_t *c) {
    bool possible = c->state == BLE_CONN_OPEN && ble_bond_possible(b, &c->identity);
    if (possible) {
        ble_bond_want(b, c, BLE_WANT_SIGNATURE);
    }
    return possible;
}

// ---- the server

// The last counter is never taken: none would follow it, so it could be said again and again.
static bool verified(const ble_buffer_t *pdu, ble_bond_record_t *r) {
    const uint8_t *p = &pdu->octets[pdu->start];
    size_t length = pdu->length - BLE_SIGNATURE_SIZE;
    uint32_t counter = ble_get32(p + length);
    uint8_t signature[BLE_SIGNATURE_SIZE];
    ble_sign(r->peer_csrk, p, length, counter, signature);
    if (!(r->flags & BLE_BOND_PEER_CSRK) || counter < ble_get32(r->peer_counter) || counter == UINT32_MAX
        || !ble_equal(signature, p + length, sizeof(signature))) {
        return false;
    }
    ble_put32(r->peer_counter, counter + 1);
    return true;
}

#if BLE_CLIENT

// ---- the client

// What is to be written becomes the packet: in the buffer of its data, whose front has room for the header.
static ble_buffer_t *packet(ble_procedure_t *p, uint8_t opcode) {
    ble_buffer_t *buffer = ble_queue_get(&p->data);
    buffer->start -= WRITE_HEADER;
    buffer->length += WRITE_HEADER;
    ble_buffer_data(buffer)[0] = opcode;
    ble_put16(ble_buffer_data(buffer) + 1, p->handle);
    return buffer;
}

static void written(ble_t *b, ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *buffer) {
    ble_att_send(b, c, buffer);
    ble_procedure_end(p, 0);
    ble_gattc_next(b, c);
}

static void refused(ble_t *b, ble_conn_t *c, ble_procedure_t *p) {
    ble_procedure_end(p, -ENOENT);
    ble_gattc_next(b, c);
}

void ble_sign_begin(ble_t *b, ble_conn_t *c, ble_procedure_t *p) {
    if (c->encrypted) {
        written(b, c, p, packet(p, BLE_ATT_WRITE_COMMAND));
    } else if (ble_sign_ask(b, c)) {
        p->state = BLE_PROCEDURE_SIGN;
    } else {
        refused(b, c, p);
    }
}

static ble_buffer_t *signed_packet(ble_procedure_t *p, ble_bond_record_t *r) {
    uint32_t counter = ble_get32(r->our_counter);
    if (!(r->flags & BLE_BOND_OUR_CSRK) || counter == UINT32_MAX) {
        return NULL;
    }
    ble_buffer_t *buffer = packet(p, BLE_ATT_SIGNED_WRITE_COMMAND);
    uint8_t *data = ble_buffer_data(buffer);
    ble_sign(r->our_csrk, data, buffer->length, counter, data + buffer->length);
    buffer->length += BLE_SIGNATURE_SIZE;
    ble_put32(r->our_counter, counter + 1);
    return buffer;
}

// The procedure that waits for it, if any. Whether the record has been given back.
static bool client_answered(ble_t *b, ble_conn_t *c, ble_bond_record_t *r) {
    ble_procedure_t *p = c->att.procedure;
    if (p == NULL || p->state != BLE_PROCEDURE_SIGN) {
        return false;
    }
    ble_buffer_t *buffer = r != NULL ? signed_packet(p, r) : NULL;
    if (buffer != NULL) {
        ble_bond_rewrite(b);
        written(b, c, p, buffer);
    } else {
        refused(b, c, p);
    }
    return buffer != NULL;
}

#else

static bool client_answered(ble_t *b, ble_conn_t *c, ble_bond_record_t *r) {
    (void)b, (void)c, (void)r;
    return false;
}

#endif // BLE_CLIENT

// ---- both

void ble_sign_answered(ble_t *b, ble_conn_t *c, ble_bond_record_t *r) {
    bool held = ble_att_holds(c);
    bool good = held && r != NULL && verified(c->att.held, r);
    if (!client_answered(b, c, r) && good) {
        ble_bond_rewrite(b);
    }
    if (held) {
        ble_att_let_go(b, c, good);
    }
}

#endif // BLE_SIGNED_WRITES
