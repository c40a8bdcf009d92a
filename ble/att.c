// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The attribute bearer: whose packet it is, and when it may be looked at.
#include "host.h"

static ble_conn_t *conn_of(ble_source_t *source) {
    return BLE_OWNER(source, ble_conn_t, att.source);
}

// Responses, notifications and indications are for the client (Core, Vol 3, Part F, 3.4.8).
static bool is_clients(uint8_t opcode) {
    return opcode == BLE_ATT_MULTIPLE_NOTIFICATION || opcode == BLE_ATT_NOTIFICATION || opcode == BLE_ATT_INDICATION
           || ble_att_is_response(opcode);
}

// What a peer may send without waiting for an answer, so what may have to be dropped.
static bool is_unanswered(uint8_t opcode) {
    return (opcode & 0x40) || opcode == BLE_ATT_NOTIFICATION || opcode == BLE_ATT_MULTIPLE_NOTIFICATION;
}

static void held_free(ble_t *b, ble_conn_t *c) {
    ble_buffer_free(b, c->att.held);
    c->att.held = NULL;
}

static void client_next(ble_t *b, ble_conn_t *c) {
    if (BLE_CLIENT) {
        ble_gattc_next(b, c);
    }
}

static void pdu(ble_t *b, ble_conn_t *c, ble_buffer_t *buffer) {
    bool busy = !ble_source_idle(&c->att.source);
    if (!busy) {
        c->att.held = buffer;
    }
    if (!is_clients(ble_buffer_data(buffer)[0])) {
        ble_gatts_pdu(b, c, buffer);
    } else if (BLE_CLIENT) {
        ble_gattc_pdu(b, c, buffer);
    }
    if (busy) {
        ble_buffer_free(b, buffer);
    } else if (ble_source_idle(&c->att.source)) {
        held_free(b, c);
        client_next(b, c); // before the next packet: that came later
    }
}

// The next packet of the server's, from wherever it is.
static ble_buffer_t *servers_get(ble_queue_t *inbox) {
    ble_buffer_t **at = &inbox->head;
    while (*at != NULL && is_clients(ble_buffer_data(*at)[0])) {
        at = &(*at)->next;
    }
    ble_buffer_t *buffer = *at;
    if (buffer != NULL) {
        *at = buffer->next;
        inbox->count--;
    }
    return buffer;
}

// With the application late, what needs no event of it goes on: the server.
static ble_buffer_t *inbox_get(ble_conn_t *c) {
    if (ble_source_idle(&c->att.source)) {
        return ble_queue_get(&c->att.inbox);
    }
    return c->att.source.late ? servers_get(&c->att.inbox) : NULL;
}

void ble_att_work(ble_t *b, ble_conn_t *c) {
    for (ble_buffer_t *buffer; (buffer = inbox_get(c)) != NULL;) {
        b->room |= c->att.inbox.count + 1 >= BLE_INBOX; // it was full, which may have kept the host from reading
        pdu(b, c, buffer);
    }
    if (c->att.inbox.head == NULL) {
        c->overrun = false;
        ble_conn_settle(b, c);
    }
}

void ble_att_receive(ble_t *b, ble_conn_t *c, ble_buffer_t *buffer) {
    // Of those that are answered, and answers, one each may come besides.
    unsigned most = buffer->length > 0 && is_unanswered(ble_buffer_data(buffer)[0]) ? BLE_INBOX : BLE_INBOX + 4;
    // What the peer has sent behind its answer to our exchange of the MTU may be here before that has been looked at.
    uint16_t longest = c->att.requested_mtu > c->att.mtu ? c->att.requested_mtu : c->att.mtu;
    if (buffer->length == 0 || buffer->length > longest || c->att.inbox.count >= most) {
        c->att.dropped += buffer->length != 0;
        ble_buffer_free(b, buffer);
        return;
    }
    ble_queue_put(&c->att.inbox, buffer);
    ble_att_work(b, c);
}

// ---- events

void ble_att_tell(ble_t *b, ble_conn_t *c, void (*resume)(ble_t *b, ble_conn_t *c, int answer)) {
    c->att.resume = resume;
    ble_source_tell(b, &c->att.source);
}

// Whether the event in the application's hands is about a request or a command of the peer's: the server's answer is
// then the default if it is late. Any other event holds up the client only.
static bool is_asked(ble_conn_t *c) {
    return c->att.held != NULL && !is_clients(ble_buffer_data(c->att.held)[0]);
}

static void resume(ble_t *b, ble_conn_t *c, int answer) {
    if (c->att.resume != NULL) {
        c->att.resume(b, c, answer);
    }
}

// What was to be told of the packet has been; unless there is more of it, then comes what waits.
static void go_on(ble_t *b, ble_conn_t *c) {
    if (ble_source_idle(&c->att.source)) {
        held_free(b, c);
        ble_gatts_next(b, c);
    }
    if (ble_source_idle(&c->att.source)) {
        client_next(b, c);
        ble_att_work(b, c);
    }
}

static void att_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    ble_conn_t *c = conn_of(source);
    if (!late || !is_asked(c)) {
        resume(b, c, answer);
    }
    go_on(b, c);
}

void ble_att_hold(ble_t *b, ble_conn_t *c) {
    c->att.source.late = false;
    rtos_poke(c->att.source.state, BLE_SOURCE_HELD);
    ble_timer_set(b, &c->att.answer_timer, BLE_ANSWER_MS);
}

bool ble_att_holds(ble_conn_t *c) {
    return rtos_peek(c->att.source.state) == BLE_SOURCE_HELD;
}

static void hold_end(ble_t *b, ble_conn_t *c) {
    rtos_poke(c->att.source.state, BLE_SOURCE_IDLE);
    ble_timer_clear(b, &c->att.answer_timer);
}

void ble_att_let_go(ble_t *b, ble_conn_t *c, bool good) {
    hold_end(b, c);
    if (good) {
        ble_gatts_signed(b, c, c->att.held);
    }
    go_on(b, c);
}

// The application is too slow: the server goes on without it. A client's results wait all the same, since the procedure
// is the application's own.
static void att_expired(ble_t *b, ble_timer_t *timer) {
    ble_conn_t *c = BLE_OWNER(timer, ble_conn_t, att.answer_timer);
    if (ble_att_holds(c)) {
        ble_att_let_go(b, c, false);
        return;
    }
    c->att.source.late = true;
    if (is_asked(c)) {
        resume(b, c, 0);
    }
    ble_att_work(b, c);
}

// ---- packets

ble_buffer_t *ble_att_answer(ble_t *b, uint8_t opcode) {
    ble_buffer_t *buffer = ble_buffer_take(b, BLE_FOR_ANSWER);
    if (buffer != NULL) {
        ble_buffer_data(buffer)[0] = opcode;
        buffer->length = 1;
    }
    return buffer;
}

void ble_att_send(ble_t *b, ble_conn_t *c, ble_buffer_t *buffer) {
    ble_acl_send(b, c, BLE_CID_ATT, buffer);
}

void ble_att_error(ble_t *b, ble_conn_t *c, uint8_t request, uint16_t handle, uint8_t error) {
    ble_buffer_t *buffer = ble_att_answer(b, BLE_ATT_ERROR);
    if (buffer != NULL) {
        uint8_t *p = ble_buffer_data(buffer);
        p[1] = request;
        ble_put16(p + 2, handle);
        p[4] = error;
        buffer->length = 5;
        ble_att_send(b, c, buffer);
    }
}

void ble_att_set_mtu(ble_t *b, ble_conn_t *c, uint16_t theirs, uint16_t ours) {
    uint16_t mtu = theirs < ours ? theirs : ours;
    c->att.mtu = mtu > BLE_ATT_MTU_MIN ? mtu : BLE_ATT_MTU_MIN;
    ble_conn_tell(b, c, BLE_TELL_MTU);
}

// ---- life

void ble_att_opened(ble_conn_t *c) {
    c->att.mtu = BLE_ATT_MTU_MIN;
    c->att.answer_timer.expired = att_expired;
    ble_source_init(&c->att.source, BLE_CLASS_ATT, att_done, &c->att.answer_timer);
}

// What has come before the end is still looked at; what would be sent goes nowhere.
void ble_att_closed(ble_t *b, ble_conn_t *c) {
    if (ble_att_holds(c)) {
        hold_end(b, c);
        held_free(b, c);
    }
    ble_gatts_closed(b, c);
    if (BLE_CLIENT) {
        ble_gattc_closed(b, c);
    }
    ble_att_work(b, c);
}

bool ble_att_quiet(ble_conn_t *c) {
    return c->att.inbox.head == NULL && ble_source_idle(&c->att.source) && c->att.indicating == 0
           && (!BLE_CLIENT || ble_gattc_quiet(c));
}
