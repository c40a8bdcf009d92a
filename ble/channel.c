// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP's connection-oriented channels: how they open and end, and what the application is told.
#include "host.h"

#if BLE_CHANNELS

#define OPEN BLE_CHANNEL_TELL_OPEN
#define DATA BLE_CHANNEL_TELL_DATA
#define READY BLE_CHANNEL_TELL_READY

static ble_channel_t *channel_of(ble_source_t *source) {
    return BLE_OWNER(source, ble_channel_t, source);
}

uint16_t ble_channel_cid(ble_t *b, const ble_channel_t *channel) {
    return BLE_CID_FIRST + (channel - b->l2cap.channels);
}

ble_channel_t *ble_channel_by_cid(ble_t *b, ble_conn_t *c, uint16_t cid) {
    if (cid < BLE_CID_FIRST || cid >= BLE_CID_FIRST + BLE_CHANNELS) {
        return NULL;
    }
    ble_channel_t *channel = &b->l2cap.channels[cid - BLE_CID_FIRST];
    bool known = channel->state >= BLE_CHANNEL_OPEN && channel->state <= BLE_CHANNEL_DISCONNECTING;
    return channel->conn == c && known ? channel : NULL;
}

static ble_channel_t *by_peer_cid(ble_t *b, ble_conn_t *c, uint16_t peer_cid) {
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        ble_channel_t *channel = &b->l2cap.channels[i];
        if (channel->conn == c && channel->peer_cid == peer_cid && channel->state != BLE_CHANNEL_CLOSED) {
            return channel;
        }
    }
    return NULL;
}

// Ours whose request this answers.
static ble_channel_t *by_identifier(ble_t *b, ble_conn_t *c, uint8_t identifier, ble_channel_state_t state) {
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        ble_channel_t *channel = &b->l2cap.channels[i];
        if (channel->conn == c && channel->state == state && channel->identifier == identifier) {
            return channel;
        }
    }
    return NULL;
}

bool ble_channel_awaits(ble_t *b, ble_conn_t *c, uint8_t identifier) {
    return by_identifier(b, c, identifier, BLE_CHANNEL_CONNECTING) != NULL
           || by_identifier(b, c, identifier, BLE_CHANNEL_DISCONNECTING) != NULL;
}

// Also one whose link is gone, until its end has been told: what came before may be read.
ble_channel_t *ble_channel_find(ble_t *b, uint16_t connection, uint16_t cid, int *error) {
    ble_channel_t *channel = NULL;
    if (cid >= BLE_CID_FIRST && cid < BLE_CID_FIRST + BLE_CHANNELS) {
        channel = &b->l2cap.channels[cid - BLE_CID_FIRST];
    }
    if (channel != NULL && channel->conn != NULL && channel->conn->handle == connection) {
        return channel;
    }
    *error = ble_conn_find(b, connection) == NULL ? -ENOTCONN : -ENOENT;
    return NULL;
}

// ---- events

static void release(ble_t *b, ble_channel_t *channel) {
    ble_conn_t *c = channel->conn;
    ble_timer_clear(b, &channel->timer);
    ble_queue_clear(b, &channel->inbox);
    channel->conn = NULL;
    b->l2cap.used--;
    ble_conn_settle(b, c);
}

static void tell(ble_t *b, ble_channel_t *channel, ble_event_type_t type) {
    ble_event_t *event = ble_source_event(&channel->source, type, channel->conn->handle);
    event->status = type == BLE_EVENT_CHANNEL_CLOSED ? channel->status : 0;
    event->channel.cid = ble_channel_cid(b, channel);
    event->channel.psm = channel->psm;
    event->channel.our_mtu = channel->our_mtu;
    event->channel.peer_mtu = channel->peer_mtu;
    ble_source_tell(b, &channel->source);
}

// The end is told when what came before has been read. Who does not go on reading has not got for ever.
static void tell_closed(ble_t *b, ble_channel_t *channel) {
    if (channel->silent) {
        release(b, channel);
    } else if (channel->inbox.head == NULL) {
        ble_timer_clear(b, &channel->timer);
        tell(b, channel, BLE_EVENT_CHANNEL_CLOSED);
    } else if (!ble_timer_is_set(&channel->timer)) {
        ble_timer_set(b, &channel->timer, BLE_STALL_MS);
    }
}

static void tell_next(ble_t *b, ble_channel_t *channel) {
    unsigned what = channel->tell & -channel->tell;
    if (!ble_source_idle(&channel->source)) {
        return;
    }
    channel->tell &= ~what;
    if (what == OPEN) {
        tell(b, channel, BLE_EVENT_CHANNEL_OPEN);
    } else if (what == DATA && channel->inbox.head != NULL) {
        tell(b, channel, BLE_EVENT_CHANNEL_DATA);
    } else if (what == DATA) {
        tell_next(b, channel); // it has been read already
    } else if (channel->state == BLE_CHANNEL_CLOSED) {
        tell_closed(b, channel);
    } else if (what == READY) {
        tell(b, channel, BLE_EVENT_CHANNEL_READY);
    }
}

void ble_channel_tell(ble_t *b, ble_channel_t *channel, unsigned what) {
    channel->tell |= what;
    tell_next(b, channel);
}

static void refuse(ble_channel_t *channel, uint16_t result) {
    channel->result = result;
    channel->state = BLE_CHANNEL_REFUSE;
}

// The application's reason, where it is one that it may have.
static void accept_answered(ble_channel_t *channel, int answer) {
    bool known = answer == BLE_CHANNEL_UNKNOWN_PSM || answer == BLE_CHANNEL_UNACCEPTABLE
                 || (answer >= BLE_CHANNEL_NO_RESOURCES && answer <= BLE_CHANNEL_NO_ENCRYPTION);
    if (answer == 0) {
        channel->state = BLE_CHANNEL_ACCEPT;
    } else {
        refuse(channel, known ? answer : BLE_CHANNEL_NO_RESOURCES);
    }
}

static void channel_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    (void)late;
    ble_channel_t *channel = channel_of(source);
    if (source->event.type == BLE_EVENT_CHANNEL_CLOSED) {
        release(b, channel);
        return;
    }
    if (source->event.type == BLE_EVENT_CHANNEL_ACCEPT && channel->state == BLE_CHANNEL_ASK) {
        ble_timer_clear(b, &channel->timer);
        accept_answered(channel, answer);
    }
    tell_next(b, channel);
}

// ---- states

static void closed(ble_t *b, ble_channel_t *channel, int status, bool silent) {
    ble_timer_clear(b, &channel->timer);
    ble_channel_drop(b, channel, -ENOTCONN);
    ble_channel_withdraw(b, channel);
    channel->state = BLE_CHANNEL_CLOSED;
    channel->status = status;
    channel->silent = silent;
    tell_next(b, channel);
}

static void timer_expired(ble_t *b, ble_timer_t *timer) {
    ble_channel_t *channel = BLE_OWNER(timer, ble_channel_t, timer);
    switch (channel->state) {
        case BLE_CHANNEL_OPEN:
            ble_channel_expired(b, channel);
            break;
        case BLE_CHANNEL_ENDING:
            ble_channel_drop(b, channel, -ENOTCONN);
            break;
        case BLE_CHANNEL_DISCONNECTING:
            closed(b, channel, channel->status, false);
            break;
        case BLE_CHANNEL_CLOSED:
            ble_queue_clear(b, &channel->inbox);
            tell_next(b, channel);
            break;
        case BLE_CHANNEL_UNHEARD:
            refuse(channel, BLE_CHANNEL_UNKNOWN_PSM);
            break;
        case BLE_CHANNEL_ASK:
            refuse(channel, BLE_CHANNEL_NO_RESOURCES);
            break;
        default:
            closed(b, channel, -ETIMEDOUT, false);
    }
}

static ble_channel_t *channel_new(ble_t *b, ble_conn_t *c, uint16_t psm, uint16_t mtu, ble_channel_state_t state) {
    ble_channel_t *channel = b->l2cap.channels;
    while (channel < b->l2cap.channels + BLE_CHANNELS && channel->conn != NULL) {
        channel++;
    }
    if (channel == b->l2cap.channels + BLE_CHANNELS) {
        return NULL;
    }
    memset(channel, 0, sizeof(*channel));
    channel->conn = c;
    b->l2cap.used++;
    channel->state = state;
    channel->psm = psm;
    channel->our_mtu = mtu;
    channel->timer.expired = timer_expired;
    ble_source_init(&channel->source, BLE_CLASS_CHANNEL, channel_done, NULL);
    return channel;
}

void ble_channel_end(ble_t *b, ble_channel_t *channel, int status) {
    ble_channel_withdraw(b, channel);
    channel->state = BLE_CHANNEL_ENDING;
    channel->status = status;
    ble_timer_set(b, &channel->timer, BLE_ANSWER_MS);
}

// ---- what the peer asks for

static void peer_set(ble_channel_t *channel, uint16_t cid, uint16_t mtu, uint16_t mps, uint16_t credits) {
    channel->peer_cid = cid;
    channel->peer_mtu = mtu;
    channel->mps = mps < BLE_MPS ? mps : BLE_MPS;
    channel->credits = credits;
    channel->stalled = credits == 0;
}

static bool sizes_good(uint16_t mtu, uint16_t mps) {
    return mtu >= BLE_CHANNEL_MTU_MIN && mps >= BLE_CHANNEL_MTU_MIN && mps <= BLE_CHANNEL_MPS_MAX;
}

static bool has_unheard(ble_t *b, ble_conn_t *c) {
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        if (b->l2cap.channels[i].conn == c && b->l2cap.channels[i].state == BLE_CHANNEL_UNHEARD) {
            return true;
        }
    }
    return false;
}

static void accept_ask(ble_t *b, ble_channel_t *channel) {
    ble_timer_set(b, &channel->timer, BLE_ANSWER_MS);
    channel->state = BLE_CHANNEL_ASK;
    channel->our_mtu = b->l2cap.mtu;
    tell(b, channel, BLE_EVENT_CHANNEL_ACCEPT);
}

uint16_t ble_channel_asked(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p) {
    uint16_t psm = ble_get16(p), cid = ble_get16(p + 2), mtu = ble_get16(p + 4), mps = ble_get16(p + 6);
    bool heard = psm == b->l2cap.psm;
    if (psm == 0 || (!heard && has_unheard(b, c))) {
        return BLE_CHANNEL_UNKNOWN_PSM; // one request of a peer may wait
    }
    if (cid < BLE_CID_FIRST || cid > BLE_CID_LAST) {
        return BLE_CHANNEL_INVALID_CID;
    }
    if (by_peer_cid(b, c, cid) != NULL) {
        return BLE_CHANNEL_CID_TAKEN;
    }
    if (!sizes_good(mtu, mps)) {
        return BLE_CHANNEL_UNACCEPTABLE;
    }
    ble_channel_t *channel = channel_new(b, c, psm, b->l2cap.mtu, BLE_CHANNEL_UNHEARD);
    if (channel == NULL) {
        return heard ? BLE_CHANNEL_NO_RESOURCES : BLE_CHANNEL_UNKNOWN_PSM;
    }
    channel->identifier = identifier;
    peer_set(channel, cid, mtu, mps, ble_get16(p + 8));
    if (heard) {
        accept_ask(b, channel);
    } else {
        ble_timer_set(b, &channel->timer, BLE_LISTEN_MS);
    }
    return BLE_CHANNEL_ASKED;
}

// What is agreed to must make sense; when only the sizes do not, the peer has a channel that has to be ended.
void ble_channel_answered(ble_t *b, ble_conn_t *c, uint8_t identifier, const uint8_t *p) {
    ble_channel_t *channel = by_identifier(b, c, identifier, BLE_CHANNEL_CONNECTING);
    uint16_t cid = ble_get16(p), mtu = ble_get16(p + 2), mps = ble_get16(p + 4), result = ble_get16(p + 8);
    if (channel == NULL) {
        return;
    }
    if (result != 0) {
        closed(b, channel, result, false);
    } else if (cid < BLE_CID_FIRST || cid > BLE_CID_LAST || by_peer_cid(b, c, cid) != NULL) {
        closed(b, channel, -EPROTO, false);
    } else {
        peer_set(channel, cid, mtu, mps, ble_get16(p + 6));
        channel->state = BLE_CHANNEL_OPEN;
        ble_timer_clear(b, &channel->timer);
        if (sizes_good(mtu, mps)) {
            ble_channel_tell(b, channel, OPEN);
        } else {
            ble_channel_end(b, channel, -EPROTO);
        }
    }
}

void ble_channel_credits(ble_t *b, ble_conn_t *c, uint16_t peer_cid, uint16_t credits) {
    ble_channel_t *channel = by_peer_cid(b, c, peer_cid);
    if (channel == NULL || (channel->state != BLE_CHANNEL_OPEN && channel->state != BLE_CHANNEL_ENDING)) {
        return;
    }
    if (credits != 0 && credits <= UINT16_MAX - channel->credits) {
        channel->credits += credits;
    } else if (channel->state == BLE_CHANNEL_OPEN) {
        ble_channel_drop(b, channel, -ENOTCONN);
        ble_channel_end(b, channel, -EPROTO);
    }
}

void ble_channel_ended(ble_t *b, ble_channel_t *channel) {
    closed(b, channel, channel->status, false);
}

void ble_channel_disconnected(ble_t *b, ble_conn_t *c, uint8_t identifier, uint16_t peer_cid, uint16_t cid) {
    ble_channel_t *channel = by_identifier(b, c, identifier, BLE_CHANNEL_DISCONNECTING);
    if (channel != NULL && channel->peer_cid == peer_cid && ble_channel_cid(b, channel) == cid) {
        closed(b, channel, channel->status, false);
    }
}

void ble_channel_rejected(ble_t *b, ble_conn_t *c, uint8_t identifier) {
    ble_channel_t *asking = by_identifier(b, c, identifier, BLE_CHANNEL_CONNECTING);
    ble_channel_t *ending = by_identifier(b, c, identifier, BLE_CHANNEL_DISCONNECTING);
    if (asking != NULL) {
        closed(b, asking, -EOPNOTSUPP, false);
    } else if (ending != NULL) {
        closed(b, ending, ending->status, false); // it is gone there
    }
}

// ---- what we ask for and answer: whatever the state owes the peer, as soon as there is a buffer

static void put_request(ble_t *b, ble_channel_t *channel, ble_buffer_t *buffer) {
    channel->identifier = ble_signal_identifier(b, channel->conn);
    uint8_t *p = ble_signal_put(buffer, BLE_SIGNAL_CONNECT_REQUEST, channel->identifier, 10);
    ble_put16(p, channel->psm);
    ble_put16(p + 2, ble_channel_cid(b, channel));
    ble_put16(p + 4, channel->our_mtu);
    ble_put16(p + 6, BLE_MPS);
    ble_put16(p + 8, ble_channel_grant(b, channel));
    channel->state = BLE_CHANNEL_CONNECTING;
    ble_timer_set(b, &channel->timer, BLE_SIGNAL_MS);
}

uint8_t *ble_channel_response(ble_buffer_t *buffer, uint8_t identifier, uint16_t result) {
    uint8_t *p = ble_signal_put(buffer, BLE_SIGNAL_CONNECT_RESPONSE, identifier, 10);
    memset(p, 0, 8);
    ble_put16(p + 8, result);
    return p;
}

static void put_acceptance(ble_t *b, ble_channel_t *channel, ble_buffer_t *buffer) {
    uint8_t *p = ble_channel_response(buffer, channel->identifier, BLE_CHANNEL_ACCEPTED);
    ble_put16(p, ble_channel_cid(b, channel));
    ble_put16(p + 2, channel->our_mtu);
    ble_put16(p + 4, BLE_MPS);
    ble_put16(p + 6, ble_channel_grant(b, channel));
}

static void put_disconnect(ble_t *b, ble_channel_t *channel, ble_buffer_t *buffer) {
    channel->identifier = ble_signal_identifier(b, channel->conn);
    uint8_t *p = ble_signal_put(buffer, BLE_SIGNAL_DISCONNECT_REQUEST, channel->identifier, 4);
    ble_put16(p, channel->peer_cid);
    ble_put16(p + 2, ble_channel_cid(b, channel));
    channel->state = BLE_CHANNEL_DISCONNECTING;
    ble_timer_set(b, &channel->timer, BLE_SIGNAL_MS);
}

static bool owes(const ble_channel_t *channel) {
    return channel->state == BLE_CHANNEL_REQUEST || channel->state == BLE_CHANNEL_ACCEPT
           || channel->state == BLE_CHANNEL_REFUSE || (channel->state == BLE_CHANNEL_ENDING && !channel->sending);
}

static void pay(ble_t *b, ble_channel_t *channel) {
    ble_conn_t *c = channel->conn;
    ble_buffer_t *buffer = ble_buffer_take(b, BLE_FOR_INCOMING);
    if (buffer == NULL) {
        return;
    }
    switch (channel->state) {
        case BLE_CHANNEL_REQUEST:
            put_request(b, channel, buffer);
            break;
        case BLE_CHANNEL_ENDING:
            put_disconnect(b, channel, buffer);
            break;
        case BLE_CHANNEL_ACCEPT:
            channel->state = BLE_CHANNEL_OPEN;
            put_acceptance(b, channel, buffer);
            ble_channel_tell(b, channel, OPEN);
            break;
        default:
            ble_channel_response(buffer, channel->identifier, channel->result);
            closed(b, channel, 0, true);
    }
    ble_acl_send(b, c, BLE_CID_SIGNAL, buffer);
}

void ble_channels_work(ble_t *b) {
    if (b->l2cap.used == 0) {
        return; // each packet of any other channel comes by here
    }
    ble_channel_flow(b);
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        ble_channel_t *channel = &b->l2cap.channels[i];
        if (channel->conn != NULL && owes(channel)) {
            pay(b, channel);
        }
    }
}

// ---- life of the link

void ble_channels_closed(ble_t *b, ble_conn_t *c) {
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        ble_channel_t *channel = &b->l2cap.channels[i];
        if (channel->conn == c && channel->state != BLE_CHANNEL_CLOSED) {
            bool asking = channel->state == BLE_CHANNEL_REQUEST || channel->state == BLE_CHANNEL_CONNECTING;
            closed(b, channel, asking ? -ENOTCONN : channel->status, channel->state < BLE_CHANNEL_REQUEST);
        }
    }
}

bool ble_channels_quiet(ble_t *b, ble_conn_t *c) {
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        if (b->l2cap.channels[i].conn == c) {
            return false;
        }
    }
    return true;
}

// ---- calls

typedef struct {
    ble_call_t call;
    uint16_t connection, cid, psm, mtu;
} channel_call_t;

static int listen_run(ble_t *b, ble_call_t *call) {
    channel_call_t *l = (channel_call_t *)call;
    b->l2cap.psm = l->psm;
    b->l2cap.mtu = l->mtu;
    for (ble_channel_t *ch = b->l2cap.channels; ch < b->l2cap.channels + BLE_CHANNELS; ch++) {
        if (ch->conn != NULL && ch->state == BLE_CHANNEL_UNHEARD && ch->psm == l->psm) {
            accept_ask(b, ch);
        }
    }
    return 0;
}

static bool ends_good(uint16_t psm, uint16_t mtu) {
    return psm >= 1 && psm <= 0xff && mtu >= BLE_CHANNEL_MTU_MIN;
}

int ble_channel_listen(ble_t *b, uint16_t psm, uint16_t mtu) {
    channel_call_t l = { .psm = psm, .mtu = mtu };
    return psm == 0 || ends_good(psm, mtu) ? ble_call(b, &l.call, listen_run, RTOS_NO_WAIT) : -EINVAL;
}

static int connect_run(ble_t *b, ble_call_t *call) {
    channel_call_t *l = (channel_call_t *)call;
    ble_conn_t *c = ble_conn_find(b, l->connection);
    if (c == NULL) {
        return -ENOTCONN;
    }
    return channel_new(b, c, l->psm, l->mtu, BLE_CHANNEL_REQUEST) != NULL ? 0 : -ENOMEM;
}

int ble_channel_connect(ble_t *b, uint16_t connection, uint16_t psm, uint16_t mtu) {
    channel_call_t l = { .connection = connection, .psm = psm, .mtu = mtu };
    return ends_good(psm, mtu) ? ble_call(b, &l.call, connect_run, RTOS_NO_WAIT) : -EINVAL;
}

// The rest of an SDU in the store still goes; one that its sender has not yet got rid of does not.
static int disconnect_run(ble_t *b, ble_call_t *call) {
    channel_call_t *l = (channel_call_t *)call;
    int error;
    ble_channel_t *channel = ble_channel_find(b, l->connection, l->cid, &error);
    if (channel == NULL || channel->state != BLE_CHANNEL_OPEN) {
        return channel == NULL ? error : -EALREADY;
    }
    if (channel->sender != NULL) {
        ble_channel_drop(b, channel, -ENOTCONN);
    }
    ble_queue_clear(b, &channel->inbox);
    ble_channel_end(b, channel, 0);
    return 0;
}

int ble_channel_disconnect(ble_t *b, uint16_t connection, uint16_t cid) {
    channel_call_t l = { .connection = connection, .cid = cid };
    return ble_call(b, &l.call, disconnect_run, RTOS_NO_WAIT);
}

#endif // BLE_CHANNELS
