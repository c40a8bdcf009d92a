// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A peer that pairs, written with the same toolbox and with fixed random numbers, in both roles.
#ifndef HEDDLE_TESTS_BLE_ALONE_SMP_PEER_H
#define HEDDLE_TESTS_BLE_ALONE_SMP_PEER_H

#include "crypto.h"
#include "smp_store.h"

#define HANDLE (64)

// ---- the peer

typedef struct {
    uint8_t io, auth, key_size, keys, oob; // of its command
    uint8_t request[7], response[7];
    uint8_t secret[32], public[64]; // its key pair
    uint8_t host_public[64];
    uint8_t ours[16], theirs[16]; // random numbers; "ours" is the peer's
    uint8_t dhkey[32], mackey[16], key[16];
    uint8_t confirm[16]; // the host's
    uint32_t passkey;
    // What it has been given.
    uint8_t ltk[16], ediv_rand[10], irk[16], identity[7], csrk[16];
    ble_address_t address, host;
    bool central; // the peer's role
} peer_t;

static peer_t peer;
static uint8_t pdu[600];
static ble_conn_t *conn;

static void (*probe)(unsigned awaited); // called wherever the peer gives something, or others are waited for

static void give(uint8_t command, const void *octets, size_t length) {
    uint8_t packet[100] = { command };
    if (length != 0) {
        memcpy(packet + 1, octets, length);
    }
    alone_l2cap(HANDLE, BLE_CID_SMP, packet, 1 + length);
}

static void feed(uint8_t command, const void *octets, size_t length) {
    if (probe != NULL) {
        probe(1u << command);
    }
    give(command, octets, length);
}

// What the host sends next, once it has done what it puts off.
static const uint8_t *sent(uint8_t command, size_t length) {
    size_t n = alone_sent_on(HANDLE, BLE_CID_SMP, pdu);
    if (n == 0) {
        alone_wait(5);
        n = alone_sent_on(HANDLE, BLE_CID_SMP, pdu);
    }
    alone_check(n == 1 + length);
    alone_check(pdu[0] == command);
    return pdu + 1;
}

static void silent(void) {
    alone_wait(5);
    alone_check(alone_sent_on(HANDLE, BLE_CID_SMP, pdu) == 0);
}

static void failed(uint8_t reason) {
    alone_check(sent(BLE_SMP_FAILED, 1)[0] == reason);
    silent();
    int type;
    while ((type = take()) >= 0 && type != BLE_EVENT_PAIRED) {
    }
    alone_check(type == BLE_EVENT_PAIRED && event.status == reason);
    alone_check(event.security.encrypted == conn->encrypted && event.security.authenticated == conn->authenticated);
    alone_check(conn->pairing == NULL && !conn->bonded);
}

// The peer's confirm value is of something else than what the host has: that is seen with the number behind it.
static void confirm_fails(const uint8_t confirm[16]) {
    if (!peer.central) {
        sent(BLE_SMP_CONFIRM, 16);
    }
    feed(BLE_SMP_CONFIRM, confirm, 16);
    sent(peer.central ? BLE_SMP_CONFIRM : BLE_SMP_RANDOM, 16);
    feed(BLE_SMP_RANDOM, peer.ours, 16);
    failed(BLE_SMP_CONFIRM_FAILED);
}

static void set(uint8_t io, bool bonding, bool mitm) {
    ble_security_t s = { .io = io, .bonding = bonding, .mitm = mitm, .key_size = 7 };
    alone_check(ble_set_security(&alone, &s) == 0);
}

static void addresses(void) {
    static const uint8_t own[6] = { 1, 2, 3, 4, 5, 0xc1 };
    conn = ble_conn_find(&alone, HANDLE);
    conn->own.type = BLE_ADDRESS_RANDOM;
    memcpy(conn->own.octets, own, 6);
    peer.host = conn->own;
    peer.address = conn->peer;
    peer.central = !conn->central;
}

static void connect(bool central) {
    alone_connect(HANDLE, central);
    addresses();
    alone_check(take() == BLE_EVENT_CONNECTED);
    told_count = 0;
}

// The application's settings before the start; the peer is able to do everything, and wants what it is told to.
static void begin(bool central, uint8_t io, bool bonding, bool mitm) {
    uint8_t random[32];
    memset(&peer, 0, sizeof(peer));
    memset(random, 0x35, sizeof(random));
    alone_check(ble_p256_keypair(random, peer.public, peer.secret) == 0);
    peer.key_size = 16;
    peer.keys = 7;
    peer.io = BLE_NO_INPUT_OUTPUT;
    peer.auth = BLE_AUTH_BONDING | BLE_AUTH_SECURE;
    memset(peer.ours, 0x77, 16);
    stored = 0;
    store_is_slow = false;
    set(io, bonding, mitm);
    alone_start();
    while (take() >= 0) {
    }
    connect(central);
}

static void end(void) {
    alone_disconnect(HANDLE, 0x13);
    while (take() >= 0) {
    }
    alone_check(alone.free_count == BLE_BUFFERS);
    for (unsigned i = 0; i < BLE_PAIRINGS; i++) {
        alone_check(alone.security.pairings[i].conn == NULL);
    }
    told_count = 0;
    alone_stop();
}

static bool is_secure(void) {
    return peer.request[3] & peer.response[3] & BLE_AUTH_SECURE;
}

static void features_fill(uint8_t p[7], uint8_t command) {
    uint8_t octets[7] = { command, peer.io, peer.oob, peer.auth, peer.key_size, peer.keys, peer.keys };
    memcpy(p, octets, 7);
}

static void request(void) {
    features_fill(peer.request, BLE_SMP_PAIRING_REQUEST);
    feed(BLE_SMP_PAIRING_REQUEST, peer.request + 1, 6);
}

// The two commands, with the host as responder or as initiator.
static void features(void) {
    if (peer.central) {
        request();
        memcpy(peer.response + 1, sent(BLE_SMP_PAIRING_RESPONSE, 6), 6);
        peer.response[0] = BLE_SMP_PAIRING_RESPONSE;
    } else {
        alone_check(ble_pair(&alone, HANDLE) == 0);
        while (take() >= 0) {
        }
        memcpy(peer.request + 1, sent(BLE_SMP_PAIRING_REQUEST, 6), 6);
        peer.request[0] = BLE_SMP_PAIRING_REQUEST;
        features_fill(peer.response, BLE_SMP_PAIRING_RESPONSE);
        peer.response[5] &= peer.request[5];
        peer.response[6] &= peer.request[6];
        feed(BLE_SMP_PAIRING_RESPONSE, peer.response + 1, 6);
    }
}

static void seven(const ble_address_t *address, uint8_t octets[7]) {
    memcpy(octets, address->octets, 6);
    octets[6] = address->type;
}

static const uint8_t *central_address(void) {
    static uint8_t octets[7];
    seven(peer.central ? &peer.address : &peer.host, octets);
    return octets;
}

static const uint8_t *peripheral_address(void) {
    static uint8_t octets[7];
    seven(peer.central ? &peer.host : &peer.address, octets);
    return octets;
}

static const uint8_t *oob_key; // of legacy pairing

static void tk(uint8_t key[16]) {
    memset(key, 0, 16);
    ble_put32(key, peer.passkey);
    if (oob_key != NULL) {
        memcpy(key, oob_key, 16);
    }
}

static void legacy_confirm(const uint8_t random[16], uint8_t confirm[16]) {
    uint8_t key[16];
    tk(key);
    ble_c1(key, random, peer.request, peer.response, central_address(), peripheral_address(), confirm);
}

// After the features: confirm values and random numbers, and the peer looks at the host's as the host at its.
static void legacy(void) {
    uint8_t confirm[16], key[16];
    legacy_confirm(peer.ours, confirm);
    if (peer.central) {
        feed(BLE_SMP_CONFIRM, confirm, 16);
    }
    memcpy(peer.confirm, sent(BLE_SMP_CONFIRM, 16), 16);
    if (peer.central) {
        feed(BLE_SMP_RANDOM, peer.ours, 16);
    } else {
        feed(BLE_SMP_CONFIRM, confirm, 16);
    }
    memcpy(peer.theirs, sent(BLE_SMP_RANDOM, 16), 16);
    legacy_confirm(peer.theirs, confirm);
    alone_check(memcmp(confirm, peer.confirm, 16) == 0);
    tk(key);
    ble_s1(key, peer.central ? peer.theirs : peer.ours, peer.central ? peer.ours : peer.theirs, peer.key);
    if (!peer.central) {
        feed(BLE_SMP_RANDOM, peer.ours, 16);
    }
}

static void sc_keys(void) {
    if (peer.central) {
        feed(BLE_SMP_PUBLIC_KEY, peer.public, 64);
    }
    memcpy(peer.host_public, sent(BLE_SMP_PUBLIC_KEY, 64), 64);
    alone_check(ble_p256_dhkey(peer.secret, peer.host_public, peer.dhkey) == 0);
    if (!peer.central) {
        feed(BLE_SMP_PUBLIC_KEY, peer.public, 64);
    }
}

// Just works and comparison: only the peripheral has to commit itself.
static void sc_randoms(void) {
    uint8_t confirm[16];
    if (peer.central) {
        memcpy(peer.confirm, sent(BLE_SMP_CONFIRM, 16), 16);
        feed(BLE_SMP_RANDOM, peer.ours, 16);
        memcpy(peer.theirs, sent(BLE_SMP_RANDOM, 16), 16);
        ble_f4(peer.host_public, peer.public, peer.theirs, 0, confirm);
        alone_check(memcmp(confirm, peer.confirm, 16) == 0);
    } else {
        ble_f4(peer.public, peer.host_public, peer.ours, 0, confirm);
        feed(BLE_SMP_CONFIRM, confirm, 16);
        memcpy(peer.theirs, sent(BLE_SMP_RANDOM, 16), 16);
        feed(BLE_SMP_RANDOM, peer.ours, 16);
    }
}

static uint32_t sc_number(void) {
    return (peer.central ? ble_g2(peer.public, peer.host_public, peer.ours, peer.theirs)
                         : ble_g2(peer.host_public, peer.public, peer.theirs, peer.ours))
           % 1000000;
}

static void sc_own_confirm(unsigned round, uint8_t confirm[16]) {
    peer.ours[0] = round; // another number each round
    ble_f4(peer.public, peer.host_public, peer.ours, 0x80 | (peer.passkey >> round & 1), confirm);
}

static void sc_round(unsigned round) {
    uint8_t confirm[16], host_confirm[16];
    sc_own_confirm(round, confirm);
    if (peer.central) {
        feed(BLE_SMP_CONFIRM, confirm, 16);
    }
    memcpy(host_confirm, sent(BLE_SMP_CONFIRM, 16), 16);
    alone_check(memcmp(host_confirm, peer.confirm, 16) != 0); // never the same one again
    memcpy(peer.confirm, host_confirm, 16);
    if (peer.central) {
        feed(BLE_SMP_RANDOM, peer.ours, 16);
    } else {
        feed(BLE_SMP_CONFIRM, confirm, 16);
    }
    memcpy(peer.theirs, sent(BLE_SMP_RANDOM, 16), 16);
    ble_f4(peer.host_public, peer.public, peer.theirs, 0x80 | (peer.passkey >> round & 1), confirm);
    alone_check(memcmp(confirm, peer.confirm, 16) == 0);
    if (!peer.central) {
        feed(BLE_SMP_RANDOM, peer.ours, 16);
    }
}

static void sc_passkey(void) {
    for (unsigned round = 0; round < 20; round++) {
        sc_round(round);
    }
}

static bool oob;
static uint8_t oob_numbers[2][16]; // in the peer's and in the host's check value

static void sc_check(bool hosts, bool compared, uint8_t check[16]) {
    bool central = peer.central != hosts;
    uint8_t r[16] = { 0 };
    const uint8_t *a = central ? central_address() : peripheral_address();
    const uint8_t *other = central ? peripheral_address() : central_address();
    if (oob) {
        memcpy(r, oob_numbers[hosts], 16);
    } else if (!compared) {
        ble_put32(r, peer.passkey);
    }
    ble_f6(peer.mackey, hosts ? peer.theirs : peer.ours, hosts ? peer.ours : peer.theirs, r,
        (central ? peer.request : peer.response) + 1, a, other, check);
}

static void sc_f5(void) {
    ble_f5(peer.dhkey, peer.central ? peer.ours : peer.theirs, peer.central ? peer.theirs : peer.ours,
        central_address(), peripheral_address(), peer.mackey, peer.key);
}

static void sc_checks(bool compared) {
    uint8_t check[16], host_check[16];
    sc_f5();
    sc_check(false, compared, check);
    sc_check(true, compared, host_check);
    if (peer.central) {
        feed(BLE_SMP_DHKEY_CHECK, check, 16);
    }
    alone_check(memcmp(sent(BLE_SMP_DHKEY_CHECK, 16), host_check, 16) == 0);
    if (!peer.central) {
        feed(BLE_SMP_DHKEY_CHECK, check, 16);
    }
}

#endif // HEDDLE_TESTS_BLE_ALONE_SMP_PEER_H
