// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Data on L2CAP's connection-oriented channels: SDUs cut to frames and read from them, and credits both ways. What is
// kept where, and why, is said in l2cap.h.
#include "host.h"

#if BLE_CHANNELS

#define SDU_LENGTH (2) // in front of an SDU's first frame

// Frames of channels that wait in a connection's queue: enough for the next one to be there when one is written.
#define QUEUED (2)

// ---- incoming

void ble_channel_withdraw(ble_t *b, ble_channel_t *channel) {
    b->l2cap.promised -= channel->given;
    b->room |= channel->given != 0;
    channel->given = 0;
}

// What a channel may not count on: each one's first buffer is always its own.
static unsigned extra(const ble_channel_t *channel) {
    unsigned has = channel->given + channel->inbox.count;
    return has > 1 ? has - 1 : 0;
}

// An application that sends without a pause leaves two more than are needed here, one for the packet with the credit;
// and with each credit it has one less.
#define GRANT_LEVEL (BLE_FOR_APPLICATION - 1)

static bool may_grant(ble_t *b, ble_channel_t *channel) {
    if (b->free_count < (unsigned)GRANT_LEVEL + b->l2cap.promised) {
        return false;
    }
    unsigned extras = 0;
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        extras += b->l2cap.channels[i].conn != NULL ? extra(&b->l2cap.channels[i]) : 0;
    }
    return channel->given + channel->inbox.count == 0 || extras < BLE_CHANNEL_BUFFERS - BLE_CHANNELS;
}

unsigned ble_channel_grant(ble_t *b, ble_channel_t *channel) {
    unsigned n = 0;
    while (may_grant(b, channel)) {
        channel->given++;
        b->l2cap.promised++;
        n++;
    }
    return n;
}

// While the application is reading, only what keeps the peer from waiting.
static void credits_send(ble_t *b, ble_channel_t *channel) {
    if (channel->inbox.head != NULL && channel->given != 0) {
        return;
    }
    // With room for the packet too, so that neither can fail: a buffer that is given back is room, and the host would
    // look at everything again, for ever.
    if (!may_grant(b, channel) || b->free_count <= (unsigned)GRANT_LEVEL + b->l2cap.promised) {
        return;
    }
    ble_buffer_t *buffer = ble_buffer_take(b, BLE_FOR_INCOMING);
    unsigned n = ble_channel_grant(b, channel);
    uint8_t *p = ble_signal_put(buffer, BLE_SIGNAL_CREDITS, ble_signal_identifier(b, channel->conn), 4);
    ble_put16(p, ble_channel_cid(b, channel));
    ble_put16(p + 2, n);
    ble_acl_send(b, channel->conn, BLE_CID_SIGNAL, buffer);
}

// Whether a frame is what the peer may send now; then what it has of the SDU is its payload.
static bool frame_good(ble_channel_t *channel, ble_buffer_t *pdu) {
    if (channel->given == 0 || pdu->length > BLE_MPS) {
        return false;
    }
    if (channel->expected == 0) {
        channel->expected = pdu->length >= SDU_LENGTH ? ble_get16(ble_buffer_data(pdu)) : 0;
        if (pdu->length < SDU_LENGTH || channel->expected > channel->our_mtu) {
            return false;
        }
        pdu->start += SDU_LENGTH;
        pdu->length -= SDU_LENGTH;
    }
    return pdu->length <= channel->expected;
}

void ble_channel_receive_pdu(ble_t *b, ble_conn_t *c, uint16_t cid, ble_buffer_t *pdu) {
    ble_channel_t *channel = ble_channel_by_cid(b, c, cid);
    bool keep = false;
    if (channel != NULL && channel->state == BLE_CHANNEL_OPEN) {
        if (frame_good(channel, pdu)) {
            channel->expected -= pdu->length;
            channel->given--;
            b->l2cap.promised--;
            keep = pdu->length != 0;
        } else {
            ble_channel_drop(b, channel, -ENOTCONN);
            ble_channel_end(b, channel, -EPROTO);
        }
    }
    if (keep) {
        ble_queue_put(&channel->inbox, pdu);
        ble_channel_tell(b, channel, BLE_CHANNEL_TELL_DATA);
    } else {
        ble_buffer_free(b, pdu);
    }
}

// ---- outgoing

static void frame_fill(ble_channel_t *channel, ble_buffer_t *buffer) {
    uint8_t *p = ble_buffer_data(buffer);
    uint16_t header = channel->begun ? 0 : SDU_LENGTH;
    uint16_t n = channel->mps - header < channel->left ? channel->mps - header : channel->left;
    if (header != 0) {
        ble_put16(p, channel->length);
    }
    if (n != 0) {
        memcpy(p + header, channel->octets, n);
        channel->octets += n;
    }
    buffer->length = header + n;
    channel->left -= n;
    channel->begun = true;
    channel->sending = channel->left != 0;
}

// The application's own packets may use the pool down to one buffer less, so that they cannot keep channels waiting.
static bool frame_send(ble_t *b, ble_channel_t *channel) {
    ble_conn_t *c = channel->conn;
    if (c == NULL || !channel->sending || channel->credits == 0
        || ble_l2cap_waiting(c, BLE_CID_FIRST, NULL) >= QUEUED) {
        return false;
    }
    ble_buffer_t *buffer = ble_buffer_take(b, (ble_level_t)(BLE_FOR_APPLICATION - 1));
    if (buffer == NULL) {
        return false;
    }
    frame_fill(channel, buffer);
    channel->credits--;
    ble_acl_send(b, c, channel->peer_cid, buffer);
    return true;
}

// Take the rest of the SDU from its sender, if it fits.
static bool store(ble_channel_t *channel) {
    if (channel->sending && channel->left > BLE_CHANNEL_STORE) {
        return false;
    }
    if (channel->left != 0) {
        memcpy(channel->store, channel->octets, channel->left);
    }
    channel->octets = channel->store;
    return true;
}

static void sender_end(ble_t *b, ble_channel_t *channel, int result) {
    ble_call_t *call = channel->sender;
    if (call != NULL) {
        channel->sender = NULL;
        ble_timer_clear(b, &channel->timer);
        ble_call_end(b, call, result);
    }
}

void ble_channel_drop(ble_t *b, ble_channel_t *channel, int result) {
    channel->sending = false;
    channel->left = 0;
    sender_end(b, channel, result);
}

// A peer that has had a part of an SDU, and no credits for the rest, has a channel that is of no use any more.
void ble_channel_expired(ble_t *b, ble_channel_t *channel) {
    bool begun = channel->begun;
    ble_channel_drop(b, channel, begun ? -ETIMEDOUT : -EAGAIN);
    if (begun) {
        ble_channel_end(b, channel, -ETIMEDOUT);
    }
}

static void sent(ble_t *b, ble_channel_t *channel) {
    if (channel->sender != NULL) {
        if (store(channel)) {
            sender_end(b, channel, 0);
        } else {
            ble_timer_set(b, &channel->timer, BLE_ANSWER_MS);
        }
    }
}

// Each channel one frame, then the next one, as long as one of them has one to send.
static void frames_send(ble_t *b) {
    for (unsigned i = 0; i < BLE_CHANNELS;) {
        unsigned at = (b->l2cap.turn + 1 + i) % BLE_CHANNELS;
        if (frame_send(b, &b->l2cap.channels[at])) {
            b->l2cap.turn = at;
            sent(b, &b->l2cap.channels[at]);
            i = 0;
        } else {
            i++;
        }
    }
}

void ble_channel_flow(ble_t *b) {
    frames_send(b);
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        ble_channel_t *channel = &b->l2cap.channels[i];
        if (channel->conn != NULL && channel->state == BLE_CHANNEL_OPEN) {
            credits_send(b, channel);
            if (channel->stalled && !channel->sending && channel->credits != 0) {
                channel->stalled = false;
                ble_channel_tell(b, channel, BLE_CHANNEL_TELL_READY);
            }
        }
    }
}

// ---- calls

typedef struct {
    ble_call_t call;
    uint16_t connection, cid;
    const uint8_t *octets;
    size_t length;
    bool stalled;
} send_t;

static int send_begin(ble_t *b, ble_channel_t *channel, send_t *s) {
    channel->sending = true;
    channel->begun = false;
    channel->octets = s->octets;
    channel->length = channel->left = s->length;
    while (frame_send(b, channel)) {
    }
    channel->stalled = channel->sending || channel->credits == 0;
    s->stalled = true; // what it is when it has to wait
    if (store(channel)) {
        s->stalled = channel->stalled;
        return 0;
    }
    channel->sender = &s->call;
    ble_timer_set(b, &channel->timer, BLE_ANSWER_MS);
    return BLE_PENDING;
}

static int send_run(ble_t *b, ble_call_t *call) {
    send_t *s = (send_t *)call;
    int error;
    ble_channel_t *channel = ble_channel_find(b, s->connection, s->cid, &error);
    if (channel == NULL) {
        return error;
    }
    if (channel->state != BLE_CHANNEL_OPEN) {
        return -ENOTCONN;
    }
    if (s->length > channel->peer_mtu) {
        return -EINVAL;
    }
    return channel->stalled ? -EAGAIN : send_begin(b, channel, s);
}

int ble_channel_send(ble_t *b, uint16_t connection, uint16_t cid, const uint8_t *octets, size_t length, bool *stalled) {
    send_t s = { .connection = connection, .cid = cid, .octets = octets, .length = length };
    int result = ble_call(b, &s.call, send_run, RTOS_NO_WAIT);
    *stalled = s.stalled;
    return result;
}

typedef struct {
    ble_call_t call;
    uint16_t connection, cid;
    uint8_t *octets;
    size_t length;
} receive_t;

static size_t available(const ble_channel_t *channel) {
    size_t n = 0;
    for (const ble_buffer_t *buffer = channel->inbox.head; buffer != NULL; buffer = buffer->next) {
        n += buffer->length;
    }
    return n;
}

static size_t inbox_read(ble_t *b, ble_channel_t *channel, uint8_t *octets, size_t size) {
    size_t done = 0;
    for (ble_buffer_t *buffer; done < size && (buffer = channel->inbox.head) != NULL;) {
        size_t n = buffer->length < size - done ? buffer->length : size - done;
        memcpy(octets + done, ble_buffer_data(buffer), n);
        done += n;
        buffer->start += n;
        buffer->length -= n;
        if (buffer->length == 0) {
            ble_buffer_free(b, ble_queue_get(&channel->inbox));
        }
    }
    return done;
}

static int receive_run(ble_t *b, ble_call_t *call) {
    receive_t *r = (receive_t *)call;
    int error;
    ble_channel_t *channel = ble_channel_find(b, r->connection, r->cid, &error);
    if (channel == NULL) {
        return error;
    }
    if (r->octets == NULL) {
        r->length = available(channel);
        return 0;
    }
    r->length = inbox_read(b, channel, r->octets, r->length);
    if (channel->state == BLE_CHANNEL_CLOSED && r->length != 0) {
        ble_timer_clear(b, &channel->timer); // it is reading: the end can wait, or is to be told
        ble_channel_tell(b, channel, 0);
    }
    return 0;
}

int ble_channel_receive(ble_t *b, uint16_t connection, uint16_t cid, uint8_t *octets, size_t *length) {
    receive_t r = { .connection = connection, .cid = cid, .octets = octets, .length = *length };
    int result = ble_call(b, &r.call, receive_run, RTOS_NO_WAIT);
    *length = result == 0 ? r.length : 0;
    return result;
}

#endif // BLE_CHANNELS
