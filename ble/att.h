// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A connection's attribute bearer: what comes for the server and for the client, one after another. For the host's
// thread.
//
// Packets wait in the inbox. The next one is looked at when the application has given the event of the last one back:
// its data is that packet's, so that a handler sees each write and each notification as it came, and the peer's next
// request has to wait meanwhile. Should the application take longer than BLE_ANSWER_MS, the server goes on without it.
#ifndef HEDDLE_BLE_ATT_H
#define HEDDLE_BLE_ATT_H

#include "base.h"

#define BLE_CID_ATT (4)
#define BLE_ATT_MTU_MIN (23)
#define BLE_ATT_TRANSACTION_MS (30000) // Core, Vol 3, Part F, 3.3.3

// Opcodes (Core, Vol 3, Part F, 3.4.8). Bit 6: a command, which has no answer. Bit 7: signed.
enum {
    BLE_ATT_ERROR = 0x01,
    BLE_ATT_MTU_REQUEST = 0x02,
    BLE_ATT_MTU_RESPONSE = 0x03,
    BLE_ATT_FIND_INFORMATION_REQUEST = 0x04,
    BLE_ATT_FIND_INFORMATION_RESPONSE = 0x05,
    BLE_ATT_FIND_BY_TYPE_VALUE_REQUEST = 0x06,
    BLE_ATT_FIND_BY_TYPE_VALUE_RESPONSE = 0x07,
    BLE_ATT_READ_BY_TYPE_REQUEST = 0x08,
    BLE_ATT_READ_BY_TYPE_RESPONSE = 0x09,
    BLE_ATT_READ_REQUEST = 0x0a,
    BLE_ATT_READ_RESPONSE = 0x0b,
    BLE_ATT_READ_BLOB_REQUEST = 0x0c,
    BLE_ATT_READ_BLOB_RESPONSE = 0x0d,
    BLE_ATT_READ_MULTIPLE_REQUEST = 0x0e,
    BLE_ATT_READ_MULTIPLE_RESPONSE = 0x0f,
    BLE_ATT_READ_BY_GROUP_TYPE_REQUEST = 0x10,
    BLE_ATT_READ_BY_GROUP_TYPE_RESPONSE = 0x11,
    BLE_ATT_WRITE_REQUEST = 0x12,
    BLE_ATT_WRITE_RESPONSE = 0x13,
    BLE_ATT_PREPARE_WRITE_REQUEST = 0x16,
    BLE_ATT_PREPARE_WRITE_RESPONSE = 0x17,
    BLE_ATT_EXECUTE_WRITE_REQUEST = 0x18,
    BLE_ATT_EXECUTE_WRITE_RESPONSE = 0x19,
    BLE_ATT_NOTIFICATION = 0x1b,
    BLE_ATT_INDICATION = 0x1d,
    BLE_ATT_CONFIRMATION = 0x1e,
    BLE_ATT_READ_MULTIPLE_VARIABLE_REQUEST = 0x20,
    BLE_ATT_READ_MULTIPLE_VARIABLE_RESPONSE = 0x21,
    BLE_ATT_MULTIPLE_NOTIFICATION = 0x23,
    BLE_ATT_WRITE_COMMAND = 0x52,
    BLE_ATT_SIGNED_WRITE_COMMAND = 0xd2,
};

// Errors (3.4.1.1).
enum {
    BLE_ATT_INVALID_HANDLE = 0x01,
    BLE_ATT_READ_NOT_PERMITTED = 0x02,
    BLE_ATT_WRITE_NOT_PERMITTED = 0x03,
    BLE_ATT_INVALID_PDU = 0x04,
    BLE_ATT_INSUFFICIENT_AUTHENTICATION = 0x05,
    BLE_ATT_REQUEST_NOT_SUPPORTED = 0x06,
    BLE_ATT_INVALID_OFFSET = 0x07,
    BLE_ATT_INSUFFICIENT_AUTHORIZATION = 0x08,
    BLE_ATT_PREPARE_QUEUE_FULL = 0x09,
    BLE_ATT_ATTRIBUTE_NOT_FOUND = 0x0a,
    BLE_ATT_ATTRIBUTE_NOT_LONG = 0x0b,
    BLE_ATT_KEY_SIZE_TOO_SHORT = 0x0c,
    BLE_ATT_INVALID_LENGTH = 0x0d,
    BLE_ATT_UNLIKELY = 0x0e,
    BLE_ATT_INSUFFICIENT_ENCRYPTION = 0x0f,
    BLE_ATT_UNSUPPORTED_GROUP_TYPE = 0x10,
    BLE_ATT_INSUFFICIENT_RESOURCES = 0x11,
    BLE_ATT_OUT_OF_SYNC = 0x12,
    BLE_ATT_VALUE_NOT_ALLOWED = 0x13,
};

// Whether the peer knows that services have changed (Core, Vol 3, Part G, 2.5.2.1).
enum {
    BLE_SYNC_AWARE,
    BLE_SYNC_UNAWARE,
    BLE_SYNC_INFORMED, // has been sent the error or the hash: aware with its next request
};

// What answers a request, errors among it.
static inline bool ble_att_is_response(uint8_t opcode) {
    return (opcode & 1) && opcode <= BLE_ATT_READ_MULTIPLE_VARIABLE_RESPONSE && opcode != BLE_ATT_NOTIFICATION
           && opcode != BLE_ATT_INDICATION;
}

struct ble_conn;
struct ble_procedure;

typedef struct {
    uint16_t mtu; // in force
    uint16_t requested_mtu; // by us, 0 for never
    // The server's.
    uint8_t sync; // BLE_SYNC_*
    uint8_t features; // Client Supported Features
    bool indicating_internal; // it is the host's own: Service Changed
    bool indicated; // it has ended; to be told, with this status
    bool indicate_broken; // one was never confirmed: none may follow
    uint8_t refused; // with which error the last one
    uint16_t asked; // how many reads of this packet the application has answered
    int16_t indicate_status;
    uint16_t indicating; // the handle of the indication that is not yet confirmed, or 0
    uint16_t changed_start, changed_end; // to be told by Service Changed, 0 for none
#if BLE_CLIENT
    // The client's.
    bool mtu_exchanged; // by us, or going to be: not twice (Core, Vol 3, Part F, 3.4.2.1)
    bool silent; // a request has had no answer: the bearer may not be used any more (3.3.3)
    uint16_t position; // in the packet that is held, of what is to be told next
    struct ble_procedure *procedure; // that runs, then those that wait
#endif
    ble_buffer_t *held; // whose data the event has
    uint32_t notify, indicate; // a bit each subscription
    uint32_t dirty; // of these, what the peer has still to get
    uint32_t restored; // of these, what came from the bond and has still to be told
    ble_queue_t inbox;
    ble_source_t source;
    // The event is back, or its time is over: go on with what it was about. Sets up the next event of the same packet
    // where there is one. NULL: there is nothing to go on with.
    void (*resume)(ble_t *b, struct ble_conn *c, int answer);
    uint32_t dropped; // commands and notifications that nobody had room for
    ble_queue_t prepared; // Prepare Write requests, with what follows on them
    ble_timer_t answer_timer; // the source's
    ble_timer_t indicate_timer;
#if BLE_CLIENT
    ble_timer_t procedure_timer; // BLE_ATT_TRANSACTION_MS
#endif
} ble_att_t;

void ble_att_opened(struct ble_conn *c);
void ble_att_closed(ble_t *b, struct ble_conn *c);
bool ble_att_quiet(struct ble_conn *c); // the link is gone and so is what the application had to be told
void ble_att_receive(ble_t *b, struct ble_conn *c, ble_buffer_t *pdu);

// Look at what waits in the inbox, as far as that can be.
void ble_att_work(ble_t *b, struct ble_conn *c);

// For the server and the client, while they look at a packet or in `resume`: tell the application, and go on with
// `resume`. The event is that of the idle source, from ble_source_event(&c->att.source, ...).
void ble_att_tell(ble_t *b, struct ble_conn *c, void (*resume)(ble_t *b, struct ble_conn *c, int answer));

// An answer to the peer: a buffer at the level of answers, its opcode set. NULL never happens for the answer to the one
// request that a peer may have outstanding.
ble_buffer_t *ble_att_answer(ble_t *b, uint8_t opcode);
void ble_att_error(ble_t *b, struct ble_conn *c, uint8_t request, uint16_t handle, uint8_t error);
void ble_att_send(ble_t *b, struct ble_conn *c, ble_buffer_t *pdu);

// A signed write is looked at: `held` waits for the application's store, no event and no other packet comes meanwhile.
// And the store has answered: the write is done where the signature is `good`.
void ble_att_hold(ble_t *b, struct ble_conn *c);
bool ble_att_holds(struct ble_conn *c);
void ble_att_let_go(ble_t *b, struct ble_conn *c, bool good);

void ble_att_set_mtu(ble_t *b, struct ble_conn *c, uint16_t theirs, uint16_t ours); // the exchange has ended: tell it

// gatts.c and gattc.c: a packet for the server, or for the client. It stays the bearer's, as c->att.held, until
// after the last `resume`.
void ble_gatts_pdu(ble_t *b, struct ble_conn *c, ble_buffer_t *pdu);
void ble_gattc_pdu(ble_t *b, struct ble_conn *c, ble_buffer_t *pdu);

#endif // HEDDLE_BLE_ATT_H
