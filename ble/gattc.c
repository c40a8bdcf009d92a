// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Procedures of the GATT client: the calls that begin them, their turns, requests, answers and ends; and what the
// server sends unasked.
#include "host.h"

#if BLE_CLIENT

static ble_conn_t *conn_of(ble_timer_t *timer) {
    return BLE_OWNER(timer, ble_conn_t, att.procedure_timer);
}

// ---- life

void ble_procedure_end(ble_procedure_t *p, int status) {
    p->state = BLE_PROCEDURE_ENDED;
    p->status = status;
}

// What has come before the link's end has been looked at; nothing more will be.
void ble_procedure_ask(ble_conn_t *c, ble_procedure_t *p) {
    if (c->state == BLE_CONN_OPEN) {
        p->state = BLE_PROCEDURE_ASK;
    } else {
        ble_procedure_end(p, -ENOTCONN);
    }
}

static void procedure_free(ble_t *b, ble_procedure_t *p) {
    ble_queue_clear(b, &p->data);
    p->kind = BLE_PROCEDURE_NONE;
    b->gattc.used--;
}

// The end of the exchange is told by the MTU's event.
static void tell_end(ble_t *b, ble_conn_t *c, ble_procedure_t *p) {
    static const uint8_t types[] = {
        [BLE_PROCEDURE_SERVICES] = BLE_EVENT_SERVICES_DONE,
        [BLE_PROCEDURE_CHARACTERISTICS] = BLE_EVENT_CHARACTERISTICS_DONE,
        [BLE_PROCEDURE_DESCRIPTORS] = BLE_EVENT_DESCRIPTORS_DONE,
        [BLE_PROCEDURE_READ] = BLE_EVENT_READ_DONE,
        [BLE_PROCEDURE_WRITE] = BLE_EVENT_WRITE_DONE,
        [BLE_PROCEDURE_SIGNED] = BLE_EVENT_WRITE_DONE,
    };
    if (p->kind != BLE_PROCEDURE_MTU) {
        bool value = p->kind >= BLE_PROCEDURE_READ;
        ble_event_t *event = ble_source_event(&c->att.source, types[p->kind], c->handle);
        event->handle = value ? p->handle : 0;
        event->status = p->status;
        ble_att_tell(b, c, NULL);
    }
}

// Whether nothing else has to be told before this end: what came before the link's, when that is the reason.
static bool may_tell_end(ble_conn_t *c, ble_procedure_t *p) {
    return p->state == BLE_PROCEDURE_ENDED && ble_source_idle(&c->att.source)
           && (p->status != -ENOTCONN || c->att.inbox.head == NULL);
}

// The place of a procedure whose end is told is free: a handler may begin the next one.
void ble_gattc_next(ble_t *b, ble_conn_t *c) {
    for (ble_procedure_t *p; (p = c->att.procedure) != NULL && may_tell_end(c, p);) {
        c->att.procedure = p->next;
        tell_end(b, c, p);
        procedure_free(b, p);
    }
}

bool ble_gattc_quiet(const ble_conn_t *c) {
    return c->att.procedure == NULL;
}

// Whether an answer has come which has not been looked at yet.
static bool is_answered(ble_conn_t *c) {
    ble_buffer_t *pdu = c->att.inbox.head;
    while (pdu != NULL && !ble_att_is_response(ble_buffer_data(pdu)[0])) {
        pdu = pdu->next;
    }
    return pdu != NULL;
}

// All procedures from `p` on end because of the link.
static void end_all(ble_procedure_t *p) {
    for (; p != NULL; p = p->next) {
        if (p->state != BLE_PROCEDURE_ENDED) {
            ble_procedure_end(p, -ENOTCONN);
        }
    }
}

static void bearer_end(ble_t *b, ble_conn_t *c);

static void bearer_expired(ble_t *b, ble_timer_t *timer) {
    bearer_end(b, conn_of(timer));
}

// When there is no room for the command, again in a while.
static void bearer_end(ble_t *b, ble_conn_t *c) {
    if (ble_conn_disconnect(b, NULL, c) == -ENOMEM) {
        c->att.procedure_timer.expired = bearer_expired;
        ble_timer_set(b, &c->att.procedure_timer, BLE_COMMAND_MS);
    }
}

// The application may be what is late: the answer has come and waits for it.
static void request_expired(ble_t *b, ble_timer_t *timer) {
    ble_conn_t *c = conn_of(timer);
    ble_procedure_t *p = c->att.procedure;
    if (is_answered(c)) {
        return;
    }
    c->att.silent = true;
    ble_procedure_end(p, -ETIMEDOUT);
    end_all(p);
    bearer_end(b, c);
    ble_gattc_next(b, c);
}

void ble_gattc_closed(ble_t *b, ble_conn_t *c) {
    ble_procedure_t *p = c->att.procedure;
    ble_timer_clear(b, &c->att.procedure_timer);
    if (p != NULL) {
        bool goes_on = p->state == BLE_PROCEDURE_TELL || (p->state == BLE_PROCEDURE_SENT && is_answered(c));
        end_all(goes_on ? p->next : p);
    }
    ble_gattc_next(b, c);
}

// ---- requests

static void mtu_request(ble_t *b, ble_conn_t *c, ble_buffer_t *buffer) {
    uint8_t *data = ble_buffer_data(buffer);
    c->att.requested_mtu = ble_mtu(b);
    data[0] = BLE_ATT_MTU_REQUEST;
    ble_put16(data + 1, c->att.requested_mtu);
    buffer->length = 3;
}

static void request_fill(ble_t *b, ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *buffer) {
    switch (p->kind) {
        case BLE_PROCEDURE_READ:
            ble_read_request(p, buffer);
            break;
        case BLE_PROCEDURE_WRITE:
            ble_write_request(c, p, buffer);
            break;
        case BLE_PROCEDURE_MTU:
            mtu_request(b, c, buffer);
            break;
        default:
            ble_discovery_request(p, buffer);
    }
}

static void request(ble_t *b, ble_conn_t *c, ble_procedure_t *p) {
    if (BLE_SIGNED_WRITES && p->kind == BLE_PROCEDURE_SIGNED) {
        ble_sign_begin(b, c, p);
        return;
    }
    bool own = p->kind == BLE_PROCEDURE_WRITE && ble_write_is_short(c, p);
    ble_buffer_t *buffer = own ? ble_queue_get(&p->data) : ble_buffer_take(b, BLE_FOR_INCOMING);
    if (buffer != NULL) {
        p->mtu = c->att.mtu;
        request_fill(b, c, p, buffer);
        p->request = ble_buffer_data(buffer)[0];
        p->state = BLE_PROCEDURE_SENT;
        c->att.procedure_timer.expired = request_expired;
        ble_timer_set(b, &c->att.procedure_timer, BLE_ATT_TRANSACTION_MS);
        ble_att_send(b, c, buffer);
    }
}

void ble_gattc_work(ble_t *b) {
    if (b->gattc.used == 0) {
        return;
    }
    for (ble_conn_t *c = b->conns; c < b->conns + BLE_CONNECTIONS; c++) {
        ble_procedure_t *p = c->att.procedure;
        if (c->state == BLE_CONN_OPEN && p != NULL && p->state == BLE_PROCEDURE_ASK) {
            request(b, c, p);
        }
    }
}

// ---- answers

// Without an answer that can be used the MTU stays what it is.
static void mtu_end(ble_t *b, ble_conn_t *c, ble_procedure_t *p, uint16_t theirs, uint16_t ours) {
    ble_procedure_end(p, 0);
    if (c->state == BLE_CONN_OPEN) {
        ble_att_set_mtu(b, c, theirs, ours);
    }
}

static void failed(ble_t *b, ble_conn_t *c, ble_procedure_t *p, int status) {
    switch (p->kind) {
        case BLE_PROCEDURE_READ:
            ble_read_failed(b, c, p, status);
            break;
        case BLE_PROCEDURE_WRITE:
            ble_write_failed(c, p, status);
            break;
        case BLE_PROCEDURE_MTU:
            mtu_end(b, c, p, c->att.mtu, c->att.mtu);
            break;
        default:
            if (status == BLE_ATT_ATTRIBUTE_NOT_FOUND) {
                ble_discovery_end(b, c, p);
            } else {
                ble_procedure_end(p, status);
            }
    }
}

// Error Response: the request's opcode and handle, and the error. Servers differ in what they say of the handle.
static void error_response(ble_t *b, ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *pdu) {
    const uint8_t *data = ble_buffer_data(pdu);
    bool good = pdu->length == 5 && data[1] == p->request && data[4] != 0;
    failed(b, c, p, good ? data[4] : -EPROTO);
}

static void response(ble_t *b, ble_conn_t *c, ble_procedure_t *p, ble_buffer_t *pdu) {
    const uint8_t *data = ble_buffer_data(pdu);
    if (data[0] == BLE_ATT_ERROR) {
        error_response(b, c, p, pdu);
    } else if (data[0] != p->request + 1 || (p->kind == BLE_PROCEDURE_MTU && pdu->length != 3)) {
        failed(b, c, p, -EPROTO);
    } else if (p->kind == BLE_PROCEDURE_MTU) {
        mtu_end(b, c, p, ble_get16(data + 1), c->att.requested_mtu);
    } else if (p->kind == BLE_PROCEDURE_READ) {
        ble_read_response(b, c, p, pdu);
    } else if (p->kind == BLE_PROCEDURE_WRITE) {
        ble_write_response(c, p, pdu);
    } else {
        ble_discovery_response(b, c, p, pdu);
    }
}

// ---- what the server sends unasked

static bool is_confirmation(uint8_t opcode) {
    return opcode == BLE_ATT_CONFIRMATION;
}

// One that does not wait for it has no second one.
static void confirm(ble_t *b, ble_conn_t *c, int answer) {
    (void)answer;
    bool twice = ble_l2cap_waiting(c, BLE_CID_ATT, is_confirmation) != 0;
    ble_buffer_t *buffer = twice ? NULL : ble_att_answer(b, BLE_ATT_CONFIRMATION);
    if (buffer != NULL) {
        ble_att_send(b, c, buffer);
    }
}

static void tell_value(ble_t *b, ble_conn_t *c, ble_event_type_t type, const uint8_t *handle, const uint8_t *data,
    uint16_t length, void (*resume)(ble_t *b, ble_conn_t *c, int answer)) {
    ble_event_t *event = ble_source_event(&c->att.source, type, c->handle);
    event->handle = ble_get16(handle);
    event->data = data;
    event->length = length;
    ble_att_tell(b, c, resume);
}

// Multiple Handle Value Notification: handle, length and value, again and again. One that is cut short is the last.
static void multiple_go_on(ble_t *b, ble_conn_t *c, int answer) {
    (void)answer;
    const uint8_t *data = ble_buffer_data(c->att.held) + c->att.position;
    unsigned left = c->att.held->length - c->att.position;
    if (left >= 4 && ble_get16(data + 2) <= left - 4) {
        c->att.position += 4 + ble_get16(data + 2);
        tell_value(b, c, BLE_EVENT_NOTIFIED, data, data + 4, ble_get16(data + 2), multiple_go_on);
    }
}

void ble_gattc_pdu(ble_t *b, ble_conn_t *c, ble_buffer_t *pdu) {
    const uint8_t *data = ble_buffer_data(pdu);
    ble_procedure_t *p = c->att.procedure;
    switch (data[0]) {
        case BLE_ATT_MULTIPLE_NOTIFICATION:
            c->att.position = 1;
            multiple_go_on(b, c, 0);
            break;
        case BLE_ATT_NOTIFICATION:
            if (pdu->length >= 3) {
                tell_value(b, c, BLE_EVENT_NOTIFIED, data + 1, data + 3, pdu->length - 3, NULL);
            }
            break;
        case BLE_ATT_INDICATION:
            if (pdu->length >= 3) {
                tell_value(b, c, BLE_EVENT_INDICATION, data + 1, data + 3, pdu->length - 3, confirm);
            } else {
                confirm(b, c, 0); // the peer waits for it, whatever it meant
            }
            break;
        default: // an answer, where one is waited for
            if (p != NULL && p->state == BLE_PROCEDURE_SENT) {
                ble_timer_clear(b, &c->att.procedure_timer);
                response(b, c, p, pdu);
            }
    }
}

#endif // BLE_CLIENT
