// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server's database, and its life with a connection. For the host's thread.
#ifndef HEDDLE_BLE_GATTS_H
#define HEDDLE_BLE_GATTS_H

#include "base.h"

struct ble_conn;

// Handles of the host's own services; the application's follow them.
enum {
    BLE_HANDLE_NAME = 3,
    BLE_HANDLE_APPEARANCE = 5,
    BLE_HANDLE_CHANGED = 8, // Service Changed
    BLE_HANDLE_FEATURES = 11, // Client Supported Features
    BLE_HANDLE_HASH = 13, // Database Hash
    BLE_HANDLE_FIRST = 14,
};

typedef struct {
    ble_service_t *services; // the application's, by handle
    uint16_t next_handle; // 0: BLE_HANDLE_FIRST
    uint8_t subscriptions; // given out, besides that of Service Changed, which has bit 0
    uint16_t preferred_mtu; // 0: BLE_MTU
    uint8_t name_length;
    uint8_t name[BLE_NAME_MAX];
    bool named; // else it is "HEDDLE"
    bool hashed; // `hash` is that of the services
    bool unsent; // values or changes may have to be sent to somebody
    uint8_t hash[16];
} ble_gatts_t;

// ---- the database (gatts_db.c)

typedef enum {
    BLE_ATTRIBUTE_SERVICE,
    BLE_ATTRIBUTE_CHARACTERISTIC, // its declaration
    BLE_ATTRIBUTE_VALUE,
    BLE_ATTRIBUTE_SUBSCRIPTION, // Client Characteristic Configuration
    BLE_ATTRIBUTE_DESCRIPTOR,
} ble_attribute_kind_t;

// What is known of a handle. Good until services change.
typedef struct {
    uint16_t handle;
    uint16_t flags; // BLE_READ ...
    uint8_t key_size;
    uint8_t kind; // ble_attribute_kind_t
    const ble_uuid_t *type; // not as attribute packets have it
    const ble_service_t *service;
    const ble_characteristic_t *characteristic; // NULL for a service
    ble_value_t *value; // the application's, or NULL
} ble_attribute_t;

bool ble_attribute_find(ble_t *b, uint16_t handle, ble_attribute_t *a);
bool ble_attribute_from(ble_t *b, unsigned handle, ble_attribute_t *a); // that one, or the next behind it
bool ble_attribute_subscription(ble_t *b, unsigned bit, ble_attribute_t *a); // the value that has this bit

// 0, or why the peer may not read or write it.
uint8_t ble_attribute_permitted(const struct ble_conn *c, const ble_attribute_t *a, bool write);

// What the peer would read, at most 512 octets. `*octets` points into the database or to `scratch`.
#define BLE_SCRATCH (19) // a declaration with a UUID of 16 octets
size_t ble_attribute_get(ble_t *b, const struct ble_conn *c, const ble_attribute_t *a, uint8_t scratch[BLE_SCRATCH],
    const uint8_t **octets);

uint16_t ble_subscribed(const struct ble_conn *c, uint32_t bit); // BLE_SUBSCRIBE_*
extern const ble_uuid_t ble_service_types[2]; // the primary ones, the secondary ones
void ble_uuid_air(ble_uuid_t *to, const ble_uuid_t *uuid); // as attribute packets have it, of 2 octets or 16
bool ble_uuid_valid(const ble_uuid_t *uuid); // its size is one that there is
bool ble_uuid_equal(const ble_uuid_t *a, const ble_uuid_t *b); // also of different sizes
const uint8_t *ble_gatts_hash(ble_t *b);

static inline bool ble_characteristic_subscribable(const ble_characteristic_t *characteristic) {
    return (characteristic->flags & (BLE_NOTIFY | BLE_INDICATE)) != 0;
}

// ---- requests (gatts.c, gatts_read.c, gatts_write.c)

// A packet of a peer's that is being looked at.
typedef struct {
    ble_t *b;
    struct ble_conn *c;
    const uint8_t *p;
    size_t length;
    ble_buffer_t *answer; // its opcode is set; NULL for a command
    uint16_t handle; // what an error is about
    unsigned asked; // of the application, so far
} ble_request_t;

// Besides 0 and an ATT error: the application has been asked, and the request is looked at again after its answer.
#define BLE_ASKED (-1)

// Ask the application about a value: 0, the error that it answered, or BLE_ASKED.
int ble_gatts_ask(ble_request_t *q, const ble_attribute_t *a, ble_event_type_t type, const uint8_t *octets,
    size_t length);

// Each makes an answer of its kind: 0, an ATT error, or BLE_ASKED.
int ble_gatts_exchange_mtu(ble_request_t *q);
int ble_gatts_find_information(ble_request_t *q);
int ble_gatts_find_by_type_value(ble_request_t *q);
int ble_gatts_read_by_type(ble_request_t *q);
int ble_gatts_read_by_group_type(ble_request_t *q);
int ble_gatts_read_whole(ble_request_t *q);
int ble_gatts_read_blob(ble_request_t *q);
int ble_gatts_read_multiple(ble_request_t *q);
int ble_gatts_read_multiple_variable(ble_request_t *q);
int ble_gatts_write_request(ble_request_t *q); // and the command
int ble_gatts_write_signed(ble_request_t *q);
void ble_gatts_signed(ble_t *b, struct ble_conn *c, ble_buffer_t *pdu); // its signature is good: do it
int ble_gatts_write_prepare(ble_request_t *q);
int ble_gatts_write_execute(ble_request_t *q);

// ---- what goes to peers unasked (gatts_notify.c)

void ble_gatts_update(ble_t *b, const ble_characteristic_t *characteristic); // the newest value, to all subscribed
void ble_gatts_changed(ble_t *b, uint16_t start, uint16_t end); // services, on all connections
void ble_gatts_aware(ble_t *b, struct ble_conn *c); // the peer knows our services again
int ble_gatts_confirmed(ble_request_t *q);
void ble_gatts_work(ble_t *b); // send what has waited for room
void ble_gatts_next(ble_t *b, struct ble_conn *c); // the source is idle: tell the end of an indication

// A bonded peer's subscriptions as they are kept with its bond: smp.c stores them when ble_smp_subscribed says that
// they have changed, and at the end of a connection. Once the link is encrypted it gives them back, which is ignored
// when it is not of this form, and calls ble_gatts_bonded. `*length` is the room, then what was used.
#define BLE_SUBSCRIPTIONS_SIZE (25)
void ble_gatts_subscriptions_get(ble_t *b, const struct ble_conn *c, uint8_t *octets, size_t *length);
void ble_gatts_subscriptions_set(ble_t *b, struct ble_conn *c, const uint8_t *octets, size_t length);

// ---- a connection's life

void ble_gatts_closed(ble_t *b, struct ble_conn *c);
void ble_gatts_bonded(ble_t *b, struct ble_conn *c); // its subscriptions have come from its bond: tell them

#endif // HEDDLE_BLE_GATTS_H
