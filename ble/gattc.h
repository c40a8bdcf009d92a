// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT client: procedures, each a chain of requests and their answers. For the host's thread.
//
// A connection's procedures run one after another: the first of its list has a request outstanding, or is telling the
// results of an answer, or has ended and its end has still to be told. Requests take buffers that the application's
// packets do not get, one for each connection, so that data that waits to be written cannot keep itself from going.
#ifndef HEDDLE_BLE_GATTC_H
#define HEDDLE_BLE_GATTC_H

#include "base.h"

struct ble_conn;

typedef enum {
    BLE_PROCEDURE_NONE, // free
    BLE_PROCEDURE_SERVICES,
    BLE_PROCEDURE_CHARACTERISTICS,
    BLE_PROCEDURE_DESCRIPTORS,
    BLE_PROCEDURE_READ,
    BLE_PROCEDURE_WRITE,
    BLE_PROCEDURE_SIGNED,
    BLE_PROCEDURE_MTU,
} ble_procedure_kind_t;

typedef enum {
    BLE_PROCEDURE_ASK, // the next request is to be sent
    BLE_PROCEDURE_SIGN, // the store is asked for the key
    BLE_PROCEDURE_SENT,
    BLE_PROCEDURE_TELL, // the results of the packet that is held
    BLE_PROCEDURE_ENDED, // with `status`, not yet told
} ble_procedure_state_t;

typedef struct ble_procedure {
    struct ble_procedure *next;
    uint8_t kind; // ble_procedure_kind_t
    uint8_t state; // ble_procedure_state_t
    uint8_t request; // the opcode that is outstanding
    uint8_t properties; // of the characteristic whose end is not yet known
    bool filter; // only what has `uuid` is wanted
    uint8_t element; // size of what the packet lists
    uint16_t mtu; // when the request was sent
    uint16_t start, end; // handles that have still to be asked for
    uint16_t handle; // of the value; of the characteristic whose end is not yet known, or 0
    uint16_t length; // of the value: read so far, or to be written
    uint16_t offset; // of what is written next
    ble_uuid_t uuid; // what is wanted, else that of the characteristic whose end is not yet known
    ble_queue_t data; // the value
    int status;
} ble_procedure_t;

typedef struct {
    ble_procedure_t all[BLE_CLIENT ? BLE_PROCEDURES : 0];
    uint8_t used;
} ble_gattc_pool_t;

void ble_gattc_closed(ble_t *b, struct ble_conn *c); // procedures end with -ENOTCONN, each told
bool ble_gattc_quiet(const struct ble_conn *c); // there is no procedure
void ble_gattc_next(ble_t *b, struct ble_conn *c); // where the source is idle, tell the end of a procedure
void ble_gattc_work(ble_t *b); // send the requests for which there is room

// Below, for the client's own files.

// A procedure goes on with its next request, or ends.
void ble_procedure_ask(struct ble_conn *c, ble_procedure_t *p);
void ble_procedure_end(ble_procedure_t *p, int status);

// The octets of a request, into an empty buffer; and its answer, of the right opcode.
void ble_discovery_request(ble_procedure_t *p, ble_buffer_t *buffer);
void ble_discovery_response(ble_t *b, struct ble_conn *c, ble_procedure_t *p, ble_buffer_t *pdu);
void ble_discovery_end(ble_t *b, struct ble_conn *c, ble_procedure_t *p); // there is nothing more to be found

bool ble_write_is_short(struct ble_conn *c, ble_procedure_t *p); // one request, in the buffer of its data
void ble_write_request(struct ble_conn *c, ble_procedure_t *p, ble_buffer_t *buffer);
void ble_write_response(struct ble_conn *c, ble_procedure_t *p, ble_buffer_t *pdu);
void ble_write_failed(struct ble_conn *c, ble_procedure_t *p, int status);

// Sign what is to be written, or have it sent without where the link is encrypted.
void ble_sign_begin(ble_t *b, struct ble_conn *c, ble_procedure_t *p);

void ble_read_request(ble_procedure_t *p, ble_buffer_t *buffer);
void ble_read_response(ble_t *b, struct ble_conn *c, ble_procedure_t *p, ble_buffer_t *pdu);
void ble_read_failed(ble_t *b, struct ble_conn *c, ble_procedure_t *p, int status);

#endif // HEDDLE_BLE_GATTC_H
