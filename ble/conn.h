// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Connections: their table, what the application learns of their links, ACL packets. For the host's thread.
#ifndef HEDDLE_BLE_CONN_H
#define HEDDLE_BLE_CONN_H

#include "att.h"
#include "base.h"
#include "l2cap.h"
#include "smp.h"

// What the application has still to be told of a link, in this order.
enum {
    BLE_TELL_CONNECTED = 1,
    BLE_TELL_PARAMETERS = 2,
    BLE_TELL_MTU = 4,
    BLE_TELL_DISCONNECTED = 8,
};

typedef enum {
    BLE_CONN_FREE,
    BLE_CONN_OPEN,
    BLE_CONN_CLOSED, // the link is gone; the application has not yet been told everything
} ble_conn_state_t;

typedef struct ble_conn {
    uint8_t state; // ble_conn_state_t
    bool central; // our role
    bool encrypted, authenticated, bonded;
    uint8_t key_size;
    uint8_t tell; // BLE_TELL_*
    uint8_t reason; // of the disconnection
    uint8_t parameters_status;
    bool out_begun; // of the first packet of `out`, a fragment has been sent
    uint8_t unacknowledged; // packets that the controller has
    uint16_t handle;
    uint16_t number; // of all connections, in order
#if BLE_PAIRINGS
    ble_pairing_t *pairing; // NULL: none
#endif
    // The layers above.
    ble_att_t att;
#if BLE_PAIRINGS
    ble_smp_t smp;
#endif
    ble_signal_t signal;
    ble_address_t peer; // as on the air
    ble_address_t identity; // the peer's, the same where it is not known
    ble_address_t own; // as on the air: what pairing confirms
    uint16_t interval, latency, timeout;
    // What the application is told.
    ble_source_t link;
    // ACL.
    ble_queue_t out; // whole L2CAP packets; the first one's sent octets are gone from its front
    ble_buffer_t *in; // being assembled
    uint16_t in_wanted;
    bool overrun; // its full inbox has kept the host from reading for too long
} ble_conn_t;

ble_conn_t *ble_conn_find(ble_t *b, uint16_t handle); // an open one, or NULL
ble_conn_t *ble_conn_by_identity(ble_t *b, const ble_address_t *identity);

// A link has come up. NULL when the table is full.
ble_conn_t *ble_conn_open(ble_t *b, uint16_t handle, bool central, const ble_address_t *peer);
void ble_conn_closed(ble_t *b, ble_conn_t *c, uint8_t reason);
void ble_conn_close_all(ble_t *b, uint8_t reason); // those that are open, and what is half written to the controller
void ble_conn_tell(ble_t *b, ble_conn_t *c, unsigned what); // BLE_TELL_*
void ble_conn_security(const ble_conn_t *c, ble_event_t *event); // what the event says of the link's

// End the link, for `call` as ble_command_for has it. Its disconnection follows.
int ble_conn_disconnect(ble_t *b, ble_call_t *call, ble_conn_t *c);

// Everything that the application had to be told before the disconnection has been: go on with that.
void ble_conn_settle(ble_t *b, ble_conn_t *c);

// A buffer for what the application sends. NULL when there is none, or when the connection's queue has its share of
// them already: the other connections have theirs whether this one's peer takes its packets or not.
ble_buffer_t *ble_acl_buffer(ble_t *b, ble_conn_t *c);

// Send the payload of `buffer` on the L2CAP channel `cid`; the buffer is the connection's from here.
void ble_acl_send(ble_t *b, ble_conn_t *c, uint16_t cid, ble_buffer_t *buffer);

// Below, for hci.c. The next packet to write, its octets, 0 for none; and it has been written.
size_t ble_acl_next(ble_t *b, const uint8_t **packet);
void ble_acl_written(ble_t *b);

// A packet's header has come: where its data goes, NULL to throw it away. False: there is no room for it yet.
bool ble_acl_begin(ble_t *b, const uint8_t header[4], uint8_t **data);
void ble_acl_end(ble_t *b, const uint8_t header[4]); // its data has come
void ble_acl_overrun(ble_t *b, const uint8_t header[4]); // it has waited for too long

// The controller has sent packets.
void ble_acl_completed(ble_t *b, uint16_t handle, unsigned packets);

// Our role; a constant in a build that has only one.
static inline bool ble_is_central(const ble_conn_t *c) {
    return BLE_CENTRAL && c->central;
}

static inline bool ble_address_equal(const ble_address_t *a, const ble_address_t *b) {
    return a->type == b->type && memcmp(a->octets, b->octets, 6) == 0;
}

#endif // HEDDLE_BLE_CONN_H
