// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP's signalling on LE: commands one a packet, each checked, answered in the buffer that the request came in.
#include "host.h"

// Reasons of Command Reject (Core, Vol 3, Part A, 4.1).
enum { NOT_UNDERSTOOD = 0, MTU_EXCEEDED = 1, INVALID_CID = 2 };

// Status codes for BLE_EVENT_PARAMETERS (Core, Vol 1, Part F).
enum { UNSUPPORTED_REMOTE = 0x1a, RESPONSE_TIMEOUT = 0x22, UNACCEPTABLE_PARAMETERS = 0x3b };

#define HEADER (4)

// Answers that may wait on one connection: a peer that asks but does not listen has its commands obeyed all the same,
// and no more of the pool than these.
#define ANSWERS (3)

uint8_t *ble_signal_put(ble_buffer_t *buffer, uint8_t code, uint8_t identifier, uint16_t length) {
    buffer->start = BLE_HEADROOM;
    buffer->length = HEADER + length;
    uint8_t *p = ble_buffer_data(buffer);
    p[0] = code;
    p[1] = identifier;
    ble_put16(p + 2, length);
    return p + HEADER;
}

uint8_t ble_signal_identifier(ble_t *b, ble_conn_t *c) {
    bool taken = true;
    while (taken) {
        c->signal.identifier = c->signal.identifier % 255 + 1; // never 0
        taken = c->signal.asked == c->signal.identifier
                || (BLE_CHANNELS && ble_channel_awaits(b, c, c->signal.identifier));
    }
    return c->signal.identifier;
}

// ---- connection parameters

static bool valid(const uint16_t p[4]) {
    return ble_parameters_valid(p[0], p[1], p[2], p[3]);
}

static int update(ble_t *b, ble_conn_t *c, const uint16_t p[4], ble_command_done_t done, void *context) {
    uint8_t parameters[14] = { c->handle, c->handle >> 8 }; // the length of connection events is the controller's
    for (unsigned i = 0; i < 4; i++) {
        ble_put16(parameters + 2 + 2 * i, p[i]);
    }
    return ble_command(b, BLE_HCI_LE_CONNECTION_UPDATE, parameters, sizeof(parameters), done, context);
}

// The peripheral's question to the central's host is over; what comes of it the link tells.
static void asked_end(ble_t *b, ble_conn_t *c, uint8_t status) {
    c->signal.asked = 0;
    ble_timer_clear(b, &c->signal.timer);
    if (status != 0) {
        c->parameters_status = status;
        ble_conn_tell(b, c, BLE_TELL_PARAMETERS);
    }
}

static void asked_expired(ble_t *b, ble_timer_t *timer) {
    asked_end(b, BLE_OWNER(timer, ble_conn_t, signal.timer), RESPONSE_TIMEOUT);
}

static int ask(ble_t *b, ble_conn_t *c) {
    if (c->signal.asked != 0) {
        return -EALREADY;
    }
    ble_buffer_t *buffer = ble_buffer_take(b, BLE_FOR_ANSWER);
    if (buffer == NULL) {
        return -ENOMEM;
    }
    c->signal.updating = false;
    c->signal.asked = ble_signal_identifier(b, c);
    uint8_t *p = ble_signal_put(buffer, BLE_SIGNAL_PARAMETER_REQUEST, c->signal.asked, 8);
    for (unsigned i = 0; i < 4; i++) {
        ble_put16(p + 2 * i, c->signal.wanted[i]);
    }
    c->signal.timer.expired = asked_expired;
    ble_timer_set(b, &c->signal.timer, BLE_SIGNAL_MS);
    ble_acl_send(b, c, BLE_CID_SIGNAL, buffer);
    return 0;
}

bool ble_signal_updated(ble_t *b, ble_conn_t *c, uint8_t status) {
    bool again = c->signal.updating && !ble_is_central(c) && status == UNSUPPORTED_REMOTE;
    c->signal.updating = false;
    return again && ask(b, c) == 0;
}

typedef struct {
    ble_call_t call;
    uint16_t connection;
    uint16_t wanted[4];
} update_t;

static void update_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    (void)answer, (void)length;
    update_t *u = context;
    ble_conn_t *c = ble_conn_find(b, u->connection);
    int result = ble_errno(status);
    if (c != NULL && status != 0) {
        c->signal.updating = false;
        result = ble_is_central(c) || status == BLE_STATUS_LOST ? result : ask(b, c);
    }
    ble_call_end(b, &u->call, result);
}

// A peripheral may only use the link's procedure where both controllers have it: bit 1 of the features.
static int update_run(ble_t *b, ble_call_t *call) {
    update_t *u = (update_t *)call;
    ble_conn_t *c = ble_conn_find(b, u->connection);
    if (c == NULL) {
        return -ENOTCONN;
    }
    if (c->signal.asked != 0) {
        return -EALREADY;
    }
    memcpy(c->signal.wanted, u->wanted, sizeof(u->wanted));
    if (!ble_is_central(c) && !(b->hci.features[0] & 2)) {
        return ask(b, c);
    }
    int error = update(b, c, u->wanted, update_done, u);
    c->signal.updating = error == 0;
    return error == 0 ? BLE_PENDING : error;
}

int ble_update_parameters(ble_t *b, uint16_t connection, uint16_t interval_min, uint16_t interval_max,
    uint16_t latency, uint16_t timeout) {
    update_t u = { .connection = connection, .wanted = { interval_min, interval_max, latency, timeout } };
    return valid(u.wanted) ? ble_call(b, &u.call, update_run, RTOS_NO_WAIT) : -EINVAL;
}

void ble_signal_closed(ble_t *b, ble_conn_t *c) {
    c->signal.asked = 0;
    ble_timer_clear(b, &c->signal.timer);
}

// ---- what a peer sends. Each returns whether `pdu` is now the answer, else it is free.

static bool reject(uint8_t identifier, ble_buffer_t *pdu, uint16_t reason, const uint8_t *data, size_t length) {
    uint8_t copy[4] = { 0 }; // the data may be within the buffer
    if (length != 0) {
        memcpy(copy, data, length);
    }
    uint8_t *p = ble_signal_put(pdu, BLE_SIGNAL_REJECT, identifier, 2 + length);
    ble_put16(p, reason);
    memcpy(p + 2, copy, length);
    return true;
}

static bool rejected(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    (void)p, (void)pdu;
    if (c->signal.asked == identifier) {
        asked_end(b, c, UNSUPPORTED_REMOTE);
    } else if (BLE_CHANNELS) {
        ble_channel_rejected(b, c, identifier);
    }
    return false;
}

// Only a peripheral may ask (4.20).
static bool parameter_request(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    if (!ble_is_central(c)) {
        return reject(identifier, pdu, NOT_UNDERSTOOD, NULL, 0);
    }
    uint16_t wanted[4] = { ble_get16(p), ble_get16(p + 2), ble_get16(p + 4), ble_get16(p + 6) };
    bool good = valid(wanted) && update(b, c, wanted, NULL, NULL) == 0;
    ble_put16(ble_signal_put(pdu, BLE_SIGNAL_PARAMETER_RESPONSE, identifier, 2), good ? 0 : 1);
    return true;
}

static bool parameter_response(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    (void)pdu;
    if (c->signal.asked == identifier) {
        asked_end(b, c, ble_get16(p) == 0 ? 0 : UNACCEPTABLE_PARAMETERS);
    }
    return false;
}

static bool connect_request(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    uint16_t result = ble_channel_asked(b, c, identifier, p);
    if (result == BLE_CHANNEL_ASKED) {
        return false;
    }
    ble_channel_response(pdu, identifier, result);
    return true;
}

static bool connect_response(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    (void)pdu;
    ble_channel_answered(b, c, identifier, p);
    return false;
}

static bool credits(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    (void)identifier, (void)pdu;
    ble_channel_credits(b, c, ble_get16(p), ble_get16(p + 2));
    return false;
}

// Our CID, then the peer's. A pair that is not one is ignored (4.6).
static bool disconnect_request(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    uint16_t cid = ble_get16(p), peer_cid = ble_get16(p + 2);
    ble_channel_t *channel = ble_channel_by_cid(b, c, cid);
    if (channel == NULL) {
        return reject(identifier, pdu, INVALID_CID, p, 4);
    }
    if (channel->peer_cid != peer_cid) {
        return false;
    }
    uint8_t *answer = ble_signal_put(pdu, BLE_SIGNAL_DISCONNECT_RESPONSE, identifier, 4);
    ble_put16(answer, cid);
    ble_put16(answer + 2, peer_cid);
    ble_channel_ended(b, channel);
    return true;
}

static bool disconnect_response(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu) {
    (void)pdu;
    ble_channel_disconnected(b, c, identifier, ble_get16(p), ble_get16(p + 2));
    return false;
}

typedef struct {
    uint8_t code;
    uint8_t length; // of its data
    bool (*handle)(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p, ble_buffer_t *pdu); // NULL: unknown
} command_t;

static const command_t commands[] = {
    { BLE_SIGNAL_DISCONNECT_REQUEST, 4, BLE_CHANNELS ? disconnect_request : NULL },
    { BLE_SIGNAL_DISCONNECT_RESPONSE, 4, BLE_CHANNELS ? disconnect_response : NULL },
    { BLE_SIGNAL_PARAMETER_REQUEST, 8, parameter_request },
    { BLE_SIGNAL_PARAMETER_RESPONSE, 2, parameter_response },
    { BLE_SIGNAL_CONNECT_REQUEST, 10, BLE_CHANNELS ? connect_request : NULL },
    { BLE_SIGNAL_CONNECT_RESPONSE, 10, BLE_CHANNELS ? connect_response : NULL },
    { BLE_SIGNAL_CREDITS, 4, BLE_CHANNELS ? credits : NULL },
};

// What is never answered, even when it makes no sense: all responses there are (4, table 4.2) and Command Reject.
static bool is_response(uint8_t code) {
    return code == 0x18 || code == 0x1a || (code <= BLE_SIGNAL_CONNECT_RESPONSE && (code & 1));
}

static bool command(ble_t *b, ble_conn_t *c, uint8_t *p, size_t length, ble_buffer_t *pdu) {
    uint8_t code = p[0], identifier = p[1];
    bool whole = length >= HEADER && length <= BLE_SIGNAL_MTU && ble_get16(p + 2) == length - HEADER;
    if (whole && code == BLE_SIGNAL_REJECT && length >= HEADER + 2) {
        return rejected(b, c, identifier, p + HEADER, pdu); // with data after its reason that is not needed
    }
    for (unsigned i = 0; i < BLE_COUNT(commands) && whole; i++) {
        if (commands[i].code == code && commands[i].length == length - HEADER && commands[i].handle != NULL) {
            return commands[i].handle(b, c, identifier, p + HEADER, pdu);
        }
    }
    if (is_response(code)) {
        return false;
    }
    if (length > BLE_SIGNAL_MTU) {
        static const uint8_t mtu[2] = { BLE_SIGNAL_MTU, 0 };
        return reject(identifier, pdu, MTU_EXCEEDED, mtu, sizeof(mtu));
    }
    return reject(identifier, pdu, NOT_UNDERSTOOD, NULL, 0);
}

// 0 is no identifier (4).
void ble_signal_receive(ble_t *b, ble_conn_t *c, ble_buffer_t *pdu) {
    uint8_t *p = ble_buffer_data(pdu);
    bool good = pdu->length >= 2 && p[1] != 0;
    if (good && command(b, c, p, pdu->length, pdu)
        && ble_l2cap_waiting(c, BLE_CID_SIGNAL, is_response) < ANSWERS) {
        ble_acl_send(b, c, BLE_CID_SIGNAL, pdu);
    } else {
        ble_buffer_free(b, pdu);
    }
}
