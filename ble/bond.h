// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Bonds: what the application's store holds, and what is kept at hand of it. For the host's thread.
//
// The store is asked and told by one event at a time, BLE_EVENT_SECRET_GET and BLE_EVENT_SECRET_SET. Records are octets
// without any alignment, the first one their version, so a store may be moved to another board. What has another
// version or another length counts as not there. Numbers in them have the order of the air.
#ifndef HEDDLE_BLE_BOND_H
#define HEDDLE_BLE_BOND_H

#include "base.h"

struct ble_conn;
struct ble_pairing;

#define BLE_BOND_VERSION (1)

// Flags of a bond: how it came to be, and which of its keys are there.
enum {
    BLE_BOND_SECURE = 1, // LE Secure Connections
    BLE_BOND_AUTHENTICATED = 2,
    BLE_BOND_OUR_KEY = 4,
    BLE_BOND_PEER_KEY = 8,
    BLE_BOND_IRK = 16,
    BLE_BOND_OUR_CSRK = 32,
    BLE_BOND_PEER_CSRK = 64,
};

// A long term key, and by which numbers a legacy central names it; both are 0 with Secure Connections.
typedef struct {
    uint8_t ltk[16];
    uint8_t ediv[2];
    uint8_t rand[8];
} ble_bond_key_t;

// The value of BLE_SECRET_BOND, version 1. The key is the peer's identity address, its type (0 or 1) first.
typedef struct {
    uint8_t version;
    uint8_t flags;
    uint8_t key_size; // 7 to 16; the octets of a key behind it are 0
    uint8_t identity[7];
    ble_bond_key_t ours; // with which we answer as peripheral
    ble_bond_key_t peers; // with which we encrypt as central; the same with Secure Connections
    uint8_t irk[16]; // the peer's
    uint8_t our_csrk[16], peer_csrk[16];
    uint8_t our_counter[4], peer_counter[4]; // of signatures: the next one
} ble_bond_record_t;

_Static_assert(sizeof(ble_bond_record_t) == 118, "a record has no gaps");
_Static_assert(sizeof(ble_bond_record_t) <= BLE_SECRET_MAX, "BLE_SECRET_MAX is too small for a bond");

// The value of BLE_SECRET_IDENTITY, version 1.
typedef struct {
    uint8_t version;
    uint8_t irk[16];
    uint8_t static_address[6];
} ble_identity_record_t;

_Static_assert(sizeof(ble_identity_record_t) == 23, "a record has no gaps");

// What is kept at hand of a bond.
typedef struct {
    uint8_t identity[7]; // all 0xff: free
    uint8_t flags; // the two lowest of the record's, the key size above
    uint8_t irk[16]; // 0: none
    uint8_t air[6]; // the private address that it was last heard with; 0: none since, or it was heard as itself
} ble_bond_t;

// What a connection wants of the store, in the order of their urgency.
enum {
    BLE_WANT_STORE = 1, // a new bond
    BLE_WANT_KEY = 2, // as peripheral, for the controller's key request
    BLE_WANT_ENCRYPTION = 4, // as central
    BLE_WANT_CHECK = 8, // whether a pairing may replace the bond that there is
    BLE_WANT_SUBSCRIPTIONS = 16,
    BLE_WANT_STORE_SUBSCRIPTIONS = 32,
    BLE_WANT_SIGNATURE = 64,
    BLE_WANT_STORE_COUNTERS = 128, // behind that, and at once
};

void ble_bond_init(ble_t *b);
void ble_bond_load(ble_t *b); // our identity, then all bonds, once
void ble_bond_want(ble_t *b, struct ble_conn *c, unsigned what);
void ble_bond_rewrite(ble_t *b); // the record that the store has just given has been changed: give it back
bool ble_bond_quiet(ble_t *b, struct ble_conn *c);

// Whether the store may hold a bond of this identity, as far as is known without asking it.
bool ble_bond_possible(ble_t *b, const ble_address_t *identity);
ble_bond_t *ble_bond_find(ble_t *b, const uint8_t identity[7]); // of those at hand

// Of what was heard with this address: `peer`, or the identity of who is bonded with us and has a private one.
void ble_bond_heard(ble_t *b, const ble_address_t *air, ble_address_t *peer);
// How to reach the peer: becomes its private address where it has one, which the controller cannot know.
void ble_bond_reach(ble_t *b, ble_address_t *peer);
void ble_bond_keep(ble_t *b, const ble_bond_record_t *record);
void ble_bond_forget(ble_t *b, const uint8_t identity[7]);
void ble_bond_identity(const ble_address_t *address, uint8_t identity[7]); // the key of a record

void ble_bond_own_identity(ble_t *b, const struct ble_conn *c, uint8_t identity[7]);

// Whether keys of this kind are worth less than those of `flags` and `key_size`.
bool ble_bond_weaker(uint8_t flags, uint8_t key_size, uint8_t than_flags, uint8_t than_key_size);

static inline uint8_t ble_bond_flags(const ble_bond_t *bond) {
    return bond->flags & (BLE_BOND_SECURE | BLE_BOND_AUTHENTICATED);
}

static inline uint8_t ble_bond_key_size(const ble_bond_t *bond) {
    return bond->flags >> 2;
}

#endif // HEDDLE_BLE_BOND_H
