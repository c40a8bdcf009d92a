// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server: which request it is, asking the application, answers and errors.
//
// A request is looked at from its start each time: when it comes upon a value that the application has to be asked
// about, what there is of an answer is thrown away and made again after that. So nothing has to be remembered but how
// many values the application has been asked about, and services may change meanwhile.
#include "host.h"

// ---- asking the application

static void asked_resume(ble_t *b, ble_conn_t *c, int answer);

int ble_gatts_ask(ble_request_t *q, const ble_attribute_t *a, ble_event_type_t type, const uint8_t *octets,
    size_t length) {
    ble_conn_t *c = q->c;
    unsigned guard = type == BLE_EVENT_READ ? BLE_READ_AUTHORIZED : BLE_WRITE_AUTHORIZED;
    if (q->asked++ < c->att.asked) {
        return q->asked == c->att.asked ? c->att.refused : 0;
    }
    if (!ble_source_idle(&c->att.source)) { // it was too slow before
        return a->flags & guard ? BLE_ATT_INSUFFICIENT_AUTHORIZATION : 0;
    }
    ble_event_t *event = ble_source_event(&c->att.source, type, c->handle);
    event->handle = a->handle;
    event->data = octets;
    event->length = length;
    ble_att_tell(q->b, c, asked_resume);
    return BLE_ASKED;
}

// ---- packets

static const struct {
    uint8_t opcode;
    uint8_t shortest;
    uint16_t longest;
    int (*run)(ble_request_t *q);
} requests[] = {
    { BLE_ATT_WRITE_COMMAND, 3, BLE_MTU, ble_gatts_write_request },
    { BLE_ATT_WRITE_REQUEST, 3, BLE_MTU, ble_gatts_write_request },
    { BLE_ATT_READ_REQUEST, 3, 3, ble_gatts_read_whole },
    { BLE_ATT_MTU_REQUEST, 3, 3, ble_gatts_exchange_mtu },
    { BLE_ATT_FIND_INFORMATION_REQUEST, 5, 5, ble_gatts_find_information },
    { BLE_ATT_FIND_BY_TYPE_VALUE_REQUEST, 7, BLE_MTU, ble_gatts_find_by_type_value },
    { BLE_ATT_READ_BY_TYPE_REQUEST, 7, 21, ble_gatts_read_by_type },
    { BLE_ATT_READ_BLOB_REQUEST, 5, 5, ble_gatts_read_blob },
    { BLE_ATT_READ_MULTIPLE_REQUEST, 5, BLE_MTU, ble_gatts_read_multiple },
    { BLE_ATT_READ_BY_GROUP_TYPE_REQUEST, 7, 21, ble_gatts_read_by_group_type },
    { BLE_ATT_PREPARE_WRITE_REQUEST, 5, BLE_MTU, ble_gatts_write_prepare },
    { BLE_ATT_EXECUTE_WRITE_REQUEST, 2, 2, ble_gatts_write_execute },
    { BLE_ATT_CONFIRMATION, 1, 1, ble_gatts_confirmed },
    { BLE_ATT_READ_MULTIPLE_VARIABLE_REQUEST, 5, BLE_MTU, ble_gatts_read_multiple_variable },
    { BLE_ATT_SIGNED_WRITE_COMMAND, 15, BLE_MTU, ble_gatts_write_signed },
};

static int run(ble_request_t *q) {
    for (unsigned i = 0; i < BLE_COUNT(requests); i++) {
        if (requests[i].opcode == q->p[0]) {
            bool well_formed = q->length >= requests[i].shortest && q->length <= requests[i].longest;
            return well_formed ? requests[i].run(q) : BLE_ATT_INVALID_PDU;
        }
    }
    return BLE_ATT_REQUEST_NOT_SUPPORTED;
}

static void answer_error(ble_request_t *q, uint8_t code) {
    uint8_t *p = ble_buffer_data(q->answer);
    p[0] = BLE_ATT_ERROR;
    p[1] = q->p[0];
    ble_put16(p + 2, q->handle);
    p[4] = code;
    q->answer->length = 5;
}

static void look(ble_t *b, ble_conn_t *c, ble_buffer_t *pdu, int result) {
    ble_request_t q = { .b = b, .c = c, .p = ble_buffer_data(pdu), .length = pdu->length };
    if ((q.p[0] & 0x40) || q.p[0] == BLE_ATT_CONFIRMATION) {
        run(&q);
        return;
    }
    // The peer waits for the answer of its last request before the next one (Core, Vol 3, Part F, 3.3.2); one that does
    // not may not fill the buffers with answers that it does not take.
    bool asks_again = ble_l2cap_waiting(c, BLE_CID_ATT, ble_att_is_response) != 0;
    q.answer = asks_again ? NULL : ble_att_answer(b, q.p[0] + 1);
    if (q.answer == NULL) {
        c->att.dropped++;
        return;
    }
    if (result == 0) {
        result = run(&q);
    }
    if (result == BLE_ASKED) {
        ble_buffer_free(b, q.answer);
        return;
    }
    if (result != 0) {
        answer_error(&q, result);
    }
    ble_att_send(b, c, q.answer);
    if (result == 0 && q.p[0] == BLE_ATT_MTU_REQUEST) { // after the answer, which has still the old one
        ble_att_set_mtu(b, c, ble_get16(q.p + 1), ble_mtu(b));
    }
}

// The answer that stands for one that has not come in time.
static uint8_t late_answer(ble_t *b, const ble_event_t *event) {
    ble_attribute_t a;
    unsigned guard = event->type == BLE_EVENT_READ ? BLE_READ_AUTHORIZED : BLE_WRITE_AUTHORIZED;
    bool guarded = ble_attribute_find(b, event->handle, &a) && (a.flags & guard);
    return guarded ? BLE_ATT_INSUFFICIENT_AUTHORIZATION : 0;
}

static void asked_resume(ble_t *b, ble_conn_t *c, int answer) {
    c->att.asked++;
    c->att.refused = answer >= 0 && answer <= 255 ? answer : BLE_ATT_UNLIKELY;
    if (!ble_source_idle(&c->att.source)) {
        c->att.refused = late_answer(b, &c->att.source.event);
    }
    look(b, c, c->att.held, 0);
}

// ---- peers that keep what they have discovered (Core, Vol 3, Part G, 2.5.2.1)

// Whether a request is about handles that the peer has found before.
static bool by_handle(const uint8_t *p, size_t length) {
    switch (p[0]) {
        case BLE_ATT_READ_BY_TYPE_REQUEST: {
            bool everywhere = length >= 5 && ble_get16(p + 1) == 1 && ble_get16(p + 3) == 0xffff;
            bool discovery = length == 7 && (ble_get16(p + 5) == 0x2802 || ble_get16(p + 5) == 0x2803);
            return !everywhere && !discovery;
        }
        case BLE_ATT_READ_REQUEST:
        case BLE_ATT_READ_BLOB_REQUEST:
        case BLE_ATT_READ_MULTIPLE_REQUEST:
        case BLE_ATT_READ_MULTIPLE_VARIABLE_REQUEST:
        case BLE_ATT_WRITE_REQUEST:
        case BLE_ATT_PREPARE_WRITE_REQUEST:
            return true;
        default:
            return false;
    }
}

void ble_gatts_pdu(ble_t *b, ble_conn_t *c, ble_buffer_t *pdu) {
    const uint8_t *p = ble_buffer_data(pdu);
    bool command = p[0] & 0x40;
    int result = 0;
    c->att.asked = 0;
    c->att.refused = 0;
    if (c->att.sync == BLE_SYNC_INFORMED && !command && p[0] != BLE_ATT_CONFIRMATION) {
        ble_gatts_aware(b, c);
    }
    if (c->att.sync != BLE_SYNC_AWARE && command) {
        return;
    }
    if (c->att.sync == BLE_SYNC_UNAWARE && by_handle(p, pdu->length)) {
        c->att.sync = BLE_SYNC_INFORMED;
        result = BLE_ATT_OUT_OF_SYNC;
    }
    look(b, c, pdu, result);
}
