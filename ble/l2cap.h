// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP: signalling and connection-oriented channels. For the host's thread.
//
// Incoming data. A credit is a promise of a buffer: the pool keeps as many free as peers have credits for (`promised`),
// whoever else asks. Each channel can always have one, and what of BLE_CHANNEL_BUFFERS is above that goes to whoever
// reads; so with all channels open and none of them read, attributes still have the buffers of their level and the
// application has one to send with. Frames stay in the buffers that they came in until the application has read them,
// and only then is their credit given again. What is read is a stream: an SDU may be read before its last frame is
// here, as it may be longer than the whole pool.
//
// Outgoing data. A buffer is only taken for a frame that has its credit and a place in its connection's queue, so that
// a peer that gives no credits holds no buffer. What has to wait meanwhile is in the channel's own store, or, as far as
// it does not fit, in the memory of the caller, who waits until it does. So an SDU of BLE_CHANNEL_STORE octets is
// always taken at once, and two peers that send to each other before they read do not block each other with such ones.
#ifndef HEDDLE_BLE_L2CAP_H
#define HEDDLE_BLE_L2CAP_H

#include "base.h"

#define BLE_L2CAP_HEADER (4) // length and channel, in front of a packet in a connection's queue
#define BLE_CID_SIGNAL (5)
#define BLE_SIGNAL_MTU (23) // of LE (Core, Vol 3, Part A, 4)
#define BLE_SIGNAL_MS (10000) // for a peer's response: the timer RTX, 1 to 60 s (6.2.1)

// Channels' identifiers on LE (2.1), and the least MTU and MPS (4.22).
enum { BLE_CID_FIRST = 0x40, BLE_CID_LAST = 0x7f, BLE_CHANNEL_MTU_MIN = 23, BLE_CHANNEL_MPS_MAX = 65533 };

// The longest frame, either way: with its header of 4 octets it fills packets of the link layer, of 251 octets.
#define BLE_MPS (BLE_MTU < 247 ? BLE_MTU : (BLE_MTU + 4) / 251 * 251 - 4)

// What all channels together may hold and promise. One is left for the application to send with.
#define BLE_CHANNEL_BUFFERS (BLE_BUFFERS - BLE_FOR_APPLICATION - 1)
_Static_assert(BLE_CHANNELS == 0 || BLE_CHANNELS <= BLE_CHANNEL_BUFFERS,
    "BLE_BUFFERS must be at least 2 * BLE_CONNECTIONS + BLE_CHANNELS + 2");
_Static_assert(BLE_CHANNELS <= BLE_CID_LAST - BLE_CID_FIRST + 1, "BLE_CHANNELS is too large");

// Codes of commands (4).
enum {
    BLE_SIGNAL_REJECT = 0x01,
    BLE_SIGNAL_DISCONNECT_REQUEST = 0x06,
    BLE_SIGNAL_DISCONNECT_RESPONSE = 0x07,
    BLE_SIGNAL_PARAMETER_REQUEST = 0x12,
    BLE_SIGNAL_PARAMETER_RESPONSE = 0x13,
    BLE_SIGNAL_CONNECT_REQUEST = 0x14,
    BLE_SIGNAL_CONNECT_RESPONSE = 0x15,
    BLE_SIGNAL_CREDITS = 0x16,
};

// Results of LE Credit Based Connection Response (4.23).
enum {
    BLE_CHANNEL_ACCEPTED = 0,
    BLE_CHANNEL_UNKNOWN_PSM = 2,
    BLE_CHANNEL_NO_RESOURCES = 4,
    BLE_CHANNEL_NO_AUTHENTICATION = 5,
    BLE_CHANNEL_NO_AUTHORIZATION = 6,
    BLE_CHANNEL_KEY_TOO_SHORT = 7,
    BLE_CHANNEL_NO_ENCRYPTION = 8,
    BLE_CHANNEL_INVALID_CID = 9,
    BLE_CHANNEL_CID_TAKEN = 10,
    BLE_CHANNEL_UNACCEPTABLE = 11,
};
#define BLE_CHANNEL_ASKED (0xffff) // not yet: the application is asked

struct ble_conn;

// A connection's signalling.
typedef struct {
    uint8_t identifier; // of our last request
    uint8_t asked; // of the parameter update request that is outstanding, 0 for none
    bool updating; // `wanted` is what the application has asked for
    uint16_t wanted[4]; // interval, least and largest, latency, timeout
    ble_timer_t timer;
} ble_signal_t;

typedef enum {
    BLE_CHANNEL_UNHEARD, // nobody listens to its PSM yet
    BLE_CHANNEL_ASK, // the application is asked whether it accepts
    BLE_CHANNEL_ACCEPT, // the response is to be sent
    BLE_CHANNEL_REFUSE, // the same
    BLE_CHANNEL_REQUEST, // the request is to be sent
    BLE_CHANNEL_CONNECTING, // and has been
    BLE_CHANNEL_OPEN,
    BLE_CHANNEL_ENDING, // the disconnection request is to be sent, once the last SDU has been
    BLE_CHANNEL_DISCONNECTING, // and has been
    BLE_CHANNEL_CLOSED, // to be told
} ble_channel_state_t;

typedef struct {
    struct ble_conn *conn; // NULL: free
    uint8_t state;
    uint8_t tell; // what the application has still to be told, besides the end
    bool silent; // nor the end: it was never open
    uint8_t identifier; // of the request that waits for its response, ours or (while accepting) the peer's
    bool stalled; // no other SDU yet
    bool sending; // there is an SDU
    bool begun; // its first frame has been sent
    uint16_t result; // of a refusal
    int16_t status; // of the end
    uint16_t psm, peer_cid, our_mtu, peer_mtu, mps; // the frames that we send
    // Incoming.
    ble_queue_t inbox;
    uint16_t expected; // octets of an SDU, that have still to come
    uint16_t given; // credits that the peer has
    // Outgoing.
    uint16_t credits;
    uint16_t length, left; // of the SDU
    const uint8_t *octets; // what is left, in the store or in the sender's memory
    ble_call_t *sender; // who waits until the rest is in the store
    ble_source_t source;
    ble_timer_t timer; // for what the state waits for
    uint8_t store[BLE_CHANNEL_STORE];
} ble_channel_t;

typedef struct {
    uint16_t promised; // credits that peers have, of all channels
    uint8_t turn; // the channel that has sent the last frame
    uint8_t used; // how many channels are somebody's
    uint16_t psm; // listened to, 0 for none
    uint16_t mtu;
    ble_channel_t channels[BLE_CHANNELS];
} ble_l2cap_t;

void ble_l2cap_receive(ble_t *b, struct ble_conn *c, uint16_t cid, ble_buffer_t *pdu); // takes it
// How many packets wait in the connection's queue, none of it begun, for a channel, with BLE_CID_FIRST for all that are
// not fixed: those whose first octet is one of these, NULL for all.
unsigned ble_l2cap_waiting(const struct ble_conn *c, uint16_t cid, bool (*is)(uint8_t code));

// ---- signalling

void ble_signal_receive(ble_t *b, struct ble_conn *c, ble_buffer_t *pdu); // takes it
void ble_signal_closed(ble_t *b, struct ble_conn *c);
uint8_t ble_signal_identifier(ble_t *b, struct ble_conn *c); // that no other request has

// Make a command of `buffer`, to be sent on BLE_CID_SIGNAL; where its data of `length` octets goes.
uint8_t *ble_signal_put(ble_buffer_t *buffer, uint8_t code, uint8_t identifier, uint16_t length);

// LE Connection Update Complete has come: true when the peer is now asked in another way, so that there is nothing to
// tell yet.
bool ble_signal_updated(ble_t *b, struct ble_conn *c, uint8_t status);

// ---- channels: what the peer asks for

// LE Credit Based Connection Request: its result, BLE_CHANNEL_ASKED when it will be sent later. `p`: PSM, CID, MTU, MPS
// and credits of the peer.
// LE Credit Based Connection Response; with a result that is no acceptance that is all of it.
uint8_t *ble_channel_response(ble_buffer_t *buffer, uint8_t identifier, uint16_t result);
uint16_t ble_channel_asked(ble_t *b, struct ble_conn *c, uint8_t identifier, const uint8_t *p);
// The response: CID, MTU, MPS, credits, result.
void ble_channel_answered(ble_t *b, struct ble_conn *c, uint8_t identifier, const uint8_t *p);
void ble_channel_credits(ble_t *b, struct ble_conn *c, uint16_t peer_cid, uint16_t credits);
void ble_channel_ended(ble_t *b, ble_channel_t *channel); // by the peer
void ble_channel_disconnected(ble_t *b, struct ble_conn *c, uint8_t identifier, uint16_t peer_cid, uint16_t cid);
bool ble_channel_awaits(ble_t *b, struct ble_conn *c, uint8_t identifier); // the response to this request of ours
void ble_channel_rejected(ble_t *b, struct ble_conn *c, uint8_t identifier);

// ---- channels: within

uint16_t ble_channel_cid(ble_t *b, const ble_channel_t *channel);
ble_channel_t *ble_channel_by_cid(ble_t *b, struct ble_conn *c, uint16_t cid); // ours; one that a peer knows, or NULL
ble_channel_t *ble_channel_find(ble_t *b, uint16_t connection, uint16_t cid, int *error); // for the application
void ble_channel_tell(ble_t *b, ble_channel_t *channel, unsigned what); // BLE_CHANNEL_TELL_*
void ble_channel_end(ble_t *b, ble_channel_t *channel, int status); // an open one, once its last SDU has been sent
void ble_channel_receive_pdu(ble_t *b, struct ble_conn *c, uint16_t cid, ble_buffer_t *pdu); // takes it
unsigned ble_channel_grant(ble_t *b, ble_channel_t *channel); // give the peer credits: how many
void ble_channel_withdraw(ble_t *b, ble_channel_t *channel); // those that it has are void
void ble_channel_drop(ble_t *b, ble_channel_t *channel, int result); // the SDU, which its sender is told
void ble_channel_expired(ble_t *b, ble_channel_t *channel); // a sender has waited for too long
void ble_channel_flow(ble_t *b); // send frames and credits

void ble_channels_work(ble_t *b); // send what has credits and room
void ble_channels_closed(ble_t *b, struct ble_conn *c);
bool ble_channels_quiet(ble_t *b, struct ble_conn *c); // nothing of the connection's channels has still to be told

enum { BLE_CHANNEL_TELL_OPEN = 1, BLE_CHANNEL_TELL_DATA = 2, BLE_CHANNEL_TELL_READY = 4 };

#endif // HEDDLE_BLE_L2CAP_H
