// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Pairing, bonds, encryption (Core, Vol 3, Part H). For the host's thread.
//
// Secure Connections take two multiplications on the curve P-256 for each pairing, one for our key and one for the
// common secret. They are the host's longest work: 1 s each on a Cortex-M3 of 25 MHz (26 million instructions), 0.1 s
// on a Cortex-M4 of 80 MHz. Each is a step of the host's work of its own, and whatever else is there comes between
// them. A peer waits 30 s for each of its answers.
#ifndef HEDDLE_BLE_SMP_H
#define HEDDLE_BLE_SMP_H

#include "base.h"
#include "bond.h"

#define BLE_CID_SMP (6)
#define BLE_SMP_TIMEOUT_MS (30000) // (3.4)

// Commands (3.3).
enum {
    BLE_SMP_PAIRING_REQUEST = 0x01,
    BLE_SMP_PAIRING_RESPONSE = 0x02,
    BLE_SMP_CONFIRM = 0x03,
    BLE_SMP_RANDOM = 0x04,
    BLE_SMP_FAILED = 0x05,
    BLE_SMP_ENCRYPTION_INFORMATION = 0x06,
    BLE_SMP_CENTRAL_IDENTIFICATION = 0x07,
    BLE_SMP_IDENTITY_INFORMATION = 0x08,
    BLE_SMP_IDENTITY_ADDRESS = 0x09,
    BLE_SMP_SIGNING_INFORMATION = 0x0a,
    BLE_SMP_SECURITY_REQUEST = 0x0b,
    BLE_SMP_PUBLIC_KEY = 0x0c,
    BLE_SMP_DHKEY_CHECK = 0x0d,
    BLE_SMP_KEYPRESS = 0x0e,
    BLE_SMP_COMMANDS,
};

// Reasons of Pairing Failed (3.5.5).
enum {
    BLE_SMP_PASSKEY_ENTRY_FAILED = 0x01,
    BLE_SMP_OOB_NOT_AVAILABLE = 0x02,
    BLE_SMP_AUTHENTICATION_REQUIREMENTS = 0x03,
    BLE_SMP_CONFIRM_FAILED = 0x04,
    BLE_SMP_PAIRING_NOT_SUPPORTED = 0x05,
    BLE_SMP_KEY_SIZE = 0x06,
    BLE_SMP_COMMAND_NOT_SUPPORTED = 0x07,
    BLE_SMP_UNSPECIFIED = 0x08,
    BLE_SMP_REPEATED_ATTEMPTS = 0x09,
    BLE_SMP_INVALID_PARAMETERS = 0x0a,
    BLE_SMP_DHKEY_CHECK_FAILED = 0x0b,
    BLE_SMP_COMPARISON_FAILED = 0x0c,
    BLE_SMP_KEY_REJECTED = 0x0f,
};

// Of a pairing command, by octet (3.5.1), and the bits of two of them.
enum { BLE_SMP_IO = 1, BLE_SMP_OOB, BLE_SMP_AUTH, BLE_SMP_KEY_SIZE_MAX, BLE_SMP_CENTRAL_KEYS, BLE_SMP_PERIPHERAL_KEYS };
enum { BLE_AUTH_BONDING = 0x01, BLE_AUTH_BONDING_MASK = 0x03, BLE_AUTH_MITM = 0x04, BLE_AUTH_SECURE = 0x08 };
enum { BLE_KEYS_ENCRYPTION = 1, BLE_KEYS_IDENTITY = 2, BLE_KEYS_SIGNING = 4 };

typedef enum {
    BLE_METHOD_JUST_WORKS,
    BLE_METHOD_COMPARE,
    BLE_METHOD_DISPLAY, // of a passkey, by us
    BLE_METHOD_INPUT, // by us
    BLE_METHOD_OOB,
} ble_method_t;

typedef enum { BLE_JOB_NONE, BLE_JOB_KEY_PAIR, BLE_JOB_DHKEY } ble_job_t;

// A pairing in progress. What is awaited of the peer is `expected`, so it is most of the state.
typedef struct ble_pairing {
    struct ble_conn *conn; // NULL: free
    uint16_t expected; // commands, a bit each
    uint8_t method;
    uint8_t key_size;
    bool secure; // Secure Connections
    bool authenticated, bonding; // agreed on
    bool answered; // by the user: the passkey is known, or the comparison accepted
    bool confirmed; // the peer's confirm value is here, or its DHKey check, before the user's answer
    bool encrypting; // `key` is the key
    bool distributing;
    bool storing; // done, but for the store
    bool checking; // for the store's answer
    uint8_t check; // the identity that WANT_CHECK is about: 0 that of the connection, 1 the claimed one
    uint8_t job; // ble_job_t
    uint8_t round; // of a passkey's 20 bits
    uint32_t passkey;
    uint8_t request[7], response[7];
    uint8_t key[16]; // STK or LTK
    uint16_t send, receive; // commands of key distribution, a bit each
    union {
        struct { // until the link is encrypted
            uint8_t ours[16], theirs[16]; // random numbers
            uint8_t confirm[16]; // the peer's, or its DHKey check
            uint8_t our_confirm[16];
            uint8_t peer_public[64];
            uint8_t dhkey[32]; // then MacKey
        };
        ble_bond_record_t record; // from then on
    };
} ble_pairing_t;

static inline bool ble_pairing_has_passkey(const ble_pairing_t *p) {
    return p->method == BLE_METHOD_DISPLAY || p->method == BLE_METHOD_INPUT;
}

// What it makes of a bond, BLE_BOND_*.
static inline uint8_t ble_pairing_flags(const ble_pairing_t *p) {
    return (p->secure ? BLE_BOND_SECURE : 0) | (p->authenticated ? BLE_BOND_AUTHENTICATED : 0);
}

// What the application has still to be told, in this order. The encryption is not of the link's source: an event there
// that the application has not got yet would put it behind what the peer does over the encrypted link; as a passkey's
// does until it is given back.
enum { BLE_TELL_PASSKEY = 1, BLE_TELL_ENCRYPTION = 2, BLE_TELL_PAIRED = 4 };

typedef enum {
    BLE_SMP_IDLE,
    BLE_SMP_ASKED, // Security Request sent
    BLE_SMP_LOOKING, // for the bond, as central
    BLE_SMP_ENCRYPTING, // with it
} ble_smp_state_t;

// A connection's.
typedef struct {
    uint8_t state; // without a pairing
    bool dead; // a time-out has ended SMP on this link
    uint8_t tell;
    uint8_t action; // what the user is asked, BLE_PASSKEY_*
    uint8_t want; // of the store
    bool mitm; // what the peer has asked for in its Security Request
    // Of the bond's key that the controller has got.
    bool key_given, key_authenticated;
    uint8_t key_size;
    // The key request that waits for the store.
    uint8_t rand[8];
    uint16_t ediv;
    int16_t status; // of BLE_EVENT_PAIRED
    uint32_t number;
    ble_source_t source; // passkey, encryption, paired
    ble_timer_t timer; // BLE_SMP_TIMEOUT_MS, or BLE_ANSWER_MS for the store's answer to a key request
} ble_smp_t;

// Who has failed lately, so has to wait.
typedef struct {
    uint8_t identity[7];
    uint8_t count;
    uint64_t until_us;
} ble_failure_t;

typedef enum {
    BLE_OOB_NONE,
    BLE_OOB_SECURE,
    BLE_OOB_LEGACY,
} ble_oob_kind_t;

// All connections'.
typedef struct {
    ble_security_t settings;
    ble_source_t secret; // one question or order to the application's store at a time
    ble_timer_t answer_timer; // the source's
    uint8_t answer[BLE_SECRET_MAX]; // written by ble_event_answer
    // What the store has been asked last.
    uint8_t asked; // BLE_WANT_*, or 0
    struct ble_conn *asked_for; // NULL: our identity or all bonds
    uint8_t asked_key[7];
    uint8_t turn; // the connection that was asked for last
    uint8_t load; // what is next: 0 nothing, 1 identity, 2 to store it, 3 bonds
    bool loaded;
    uint8_t bond_index;
    bool more; // the store may hold bonds that are not at hand
    uint8_t oldest; // the one that gives way
    ble_bond_t bonds[BLE_BONDS];
    ble_identity_record_t identity;
    // Pairings.
    ble_pairing_t pairings[BLE_PAIRINGS];
    ble_timer_t job_timer;
    bool has_key;
    uint8_t public_key[64], private_key[32];
    // Out of band, until the end of a pairing that has used it: the peer's, and our number that the peer may have.
    uint8_t oob_kind; // ble_oob_kind_t
    bool gave_oob;
    ble_oob_t oob; // the key of legacy pairing is its `random`
    uint8_t oob_random[16];
    ble_failure_t failures[BLE_CONNECTIONS];
} ble_security_state_t;

void ble_smp_init(ble_t *b);
void ble_smp_ready(ble_t *b); // the controller is: random numbers are random
void ble_smp_opened(struct ble_conn *c);
void ble_smp_closed(ble_t *b, struct ble_conn *c);
bool ble_smp_quiet(ble_t *b, struct ble_conn *c); // nothing of the connection has still to be told or stored
void ble_smp_receive(ble_t *b, struct ble_conn *c, ble_buffer_t *pdu); // takes it
void ble_smp_encryption_changed(ble_t *b, struct ble_conn *c, uint8_t status, bool on);
void ble_smp_key_request(ble_t *b, struct ble_conn *c, const uint8_t rand[8], uint16_t ediv); // LE's event

// Whether `peer` is a resolvable private address, and a bonded peer's; then whose. Else `identity` stays as it is.
bool ble_smp_resolve(ble_t *b, const ble_address_t *peer, ble_address_t *identity);

// For the GATT server: a bonded peer's subscriptions have changed, store them.
void ble_smp_subscribed(ble_t *b, struct ble_conn *c);

// Signed writes (sign.c). The store is asked for this peer's bond, false when there is none; and it has answered: the
// server's packet that is held is verified, the client's procedure that waits is signed.
#define BLE_SIGNATURE_SIZE (12) // a counter in 4 octets, then 8 of a MAC
bool ble_sign_ask(ble_t *b, struct ble_conn *c);
void ble_sign_answered(ble_t *b, struct ble_conn *c, ble_bond_record_t *record); // NULL: there is none

// Ours, for resolvable addresses: a new one each start until the store has given the one that it holds.
void ble_smp_own_irk(ble_t *b, uint8_t irk[16]);

// ---- among the files of pairing

// smp.c
bool ble_smp_send(ble_t *b, struct ble_conn *c, uint8_t command, const void *octets, size_t length);
void ble_smp_timer(ble_t *b, struct ble_conn *c); // starts BLE_SMP_TIMEOUT_MS anew
void ble_smp_fail(ble_t *b, struct ble_conn *c, uint8_t reason); // Pairing Failed, and the end of the pairing
void ble_smp_end(ble_t *b, struct ble_conn *c, int status); // the same without a word to the peer; 0: it has succeeded
void ble_smp_key_drop(ble_t *b); // our key pair, unless a pairing still needs it
void ble_smp_stored(ble_t *b, struct ble_conn *c); // the bond is: the pairing's place is free
void ble_smp_expect(ble_pairing_t *p, uint8_t command);
void ble_smp_ask(ble_t *b, struct ble_conn *c, uint8_t action, uint32_t number);
void ble_smp_ask_passkey(ble_t *b, struct ble_conn *c); // to be shown or typed, as the method has it
void ble_smp_tell(ble_t *b, struct ble_conn *c, unsigned what);
void ble_smp_settle(ble_t *b, struct ble_conn *c);
void ble_smp_address(const ble_address_t *address, uint8_t octets[7]); // as the toolbox wants it
bool ble_smp_blocked(ble_t *b, struct ble_conn *c);

// smp_features.c
int ble_smp_begin(ble_t *b, struct ble_conn *c); // as central: 0 or -errno
uint8_t ble_smp_auth(ble_t *b);
void ble_smp_request(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_smp_response(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_smp_agreed(ble_t *b, struct ble_conn *c); // there is no better bond that would be replaced
bool ble_smp_can_authenticate(ble_t *b);

// smp_legacy.c
void ble_legacy_start(ble_t *b, struct ble_conn *c);
void ble_legacy_confirm(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_legacy_random(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_legacy_answered(ble_t *b, struct ble_conn *c); // the passkey is known

// smp_sc.c
void ble_sc_init(ble_t *b);
int ble_sc_oob(ble_t *b, ble_oob_t *ours);
void ble_sc_start(ble_t *b, struct ble_conn *c);
void ble_sc_public_key(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_sc_confirm(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_sc_random(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_sc_dhkey_check(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_sc_answered(ble_t *b, struct ble_conn *c);
void ble_sc_job(ble_t *b, struct ble_conn *c); // do what has been put off

// smp_keys.c
void ble_keys_encrypt(ble_t *b, struct ble_conn *c); // with the pairing's key
void ble_keys_received(ble_t *b, struct ble_conn *c, const uint8_t *pdu);
void ble_keys_checked(ble_t *b, struct ble_conn *c); // the claimed identity is the peer's to claim
void ble_keys_found(ble_t *b, struct ble_conn *c, uint8_t what, const ble_bond_record_t *record); // NULL: no bond

void ble_keys_not_found(ble_t *b, struct ble_conn *c, uint8_t what); // the store has not answered in time

#endif // HEDDLE_BLE_SMP_H
