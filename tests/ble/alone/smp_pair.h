// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Whole pairings with the peer of smp_peer.h: its user, the controller's encryption, the keys for each other.
#ifndef HEDDLE_TESTS_BLE_ALONE_SMP_PAIR_H
#define HEDDLE_TESTS_BLE_ALONE_SMP_PAIR_H

#include <stdio.h>

#include "smp_peer.h"

// ---- the controller's part of encryption

static void encryption_event(uint8_t status, bool on) {
    uint8_t p[4] = { status, HANDLE, 0, on };
    alone_event(0x08, p, sizeof(p));
}

static void key_request(const uint8_t ediv_rand[10]) {
    uint8_t p[13] = { 0x05, HANDLE, 0 };
    memcpy(p + 3, ediv_rand + 2, 8);
    memcpy(p + 11, ediv_rand, 2);
    alone_event(0x3e, p, sizeof(p));
}

static void encryption_begins(const uint8_t key[16], uint8_t size, const uint8_t ediv_rand[10]) {
    uint8_t p[255], cut[16] = { 0 };
    memcpy(cut, key, size);
    if (peer.central) {
        key_request(ediv_rand);
        while (take() >= 0) {
        }
        alone_check(alone_sent_command(BLE_HCI_LE_KEY_REPLY, p) == 18 && p[0] == HANDLE && p[1] == 0);
        alone_check(memcmp(p + 2, cut, 16) == 0);
    } else {
        alone_check(alone_sent_command(BLE_HCI_LE_START_ENCRYPTION, p) == 28 && p[0] == HANDLE && p[1] == 0);
        alone_check(memcmp(p + 2, ediv_rand + 2, 8) == 0 && memcmp(p + 10, ediv_rand, 2) == 0);
        alone_check(memcmp(p + 12, cut, 16) == 0);
    }
}

static const uint8_t unnamed[10];

static void encrypt(void) {
    if (probe != NULL && peer.central) {
        probe(0);
    }
    encryption_begins(peer.key, peer.key_size, unnamed);
    if (probe != NULL) {
        probe(0);
    }
    encryption_event(0, true);
}

static void keys_from_host(uint8_t keys) {
    if ((keys & BLE_KEYS_ENCRYPTION) && !is_secure()) {
        memcpy(peer.ltk, sent(BLE_SMP_ENCRYPTION_INFORMATION, 16), 16);
        memcpy(peer.ediv_rand, sent(BLE_SMP_CENTRAL_IDENTIFICATION, 10), 10);
    }
    if (keys & BLE_KEYS_IDENTITY) {
        memcpy(peer.irk, sent(BLE_SMP_IDENTITY_INFORMATION, 16), 16);
        memcpy(peer.identity, sent(BLE_SMP_IDENTITY_ADDRESS, 7), 7);
        alone_check(peer.identity[0] == peer.host.type && memcmp(peer.identity + 1, peer.host.octets, 6) == 0);
    }
    if (keys & BLE_KEYS_SIGNING) {
        memcpy(peer.csrk, sent(BLE_SMP_SIGNING_INFORMATION, 16), 16);
    }
}

static uint8_t own_ltk[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static uint8_t own_ediv_rand[10] = { 21, 22, 31, 32, 33, 34, 35, 36, 37, 38 };
static uint8_t own_irk[16] = { 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56 };
static uint8_t own_csrk[16] = { 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76 };
static ble_address_t claimed; // the identity, where it is another than the peer's address
static bool claims;

static void identity_feed(void) {
    uint8_t identity[7];
    ble_bond_identity(claims ? &claimed : &peer.address, identity);
    feed(BLE_SMP_IDENTITY_INFORMATION, own_irk, 16);
    feed(BLE_SMP_IDENTITY_ADDRESS, identity, 7);
}

static void keys_to_host(uint8_t keys) {
    if ((keys & BLE_KEYS_ENCRYPTION) && !is_secure()) {
        feed(BLE_SMP_ENCRYPTION_INFORMATION, own_ltk, 16);
        feed(BLE_SMP_CENTRAL_IDENTIFICATION, own_ediv_rand, 10);
    }
    if (keys & BLE_KEYS_IDENTITY) {
        identity_feed();
    }
    if (keys & BLE_KEYS_SIGNING) {
        feed(BLE_SMP_SIGNING_INFORMATION, own_csrk, 16);
    }
}

// The peripheral's first.
static void distribute(void) {
    if (peer.central) {
        keys_from_host(peer.response[6]);
        keys_to_host(peer.response[5]);
    } else {
        keys_to_host(peer.response[6]);
        keys_from_host(peer.response[5]);
    }
}

static const ble_bond_record_t *bond(void) {
    uint8_t identity[7];
    ble_bond_identity(claims ? &claimed : &peer.address, identity);
    secret_t *s = store_find(BLE_SECRET_BOND, 0, identity, 7);
    alone_check(s == NULL || s->length == sizeof(ble_bond_record_t));
    return s == NULL ? NULL : (const void *)s->value;
}

static void secured(bool authenticated, bool bonded, uint8_t size) {
    alone_check(conn->encrypted && conn->authenticated == authenticated && conn->bonded == bonded);
    alone_check(conn->key_size == size);
    int type;
    while ((type = take()) >= 0 && type != BLE_EVENT_ENCRYPTION) {
    }
    alone_check(type == BLE_EVENT_ENCRYPTION && event.security.encrypted && event.security.key_size == size);
    alone_check(event.security.authenticated == authenticated && event.security.bonded == bonded);
    alone_check(take() == BLE_EVENT_PAIRED && event.status == 0);
    alone_check(take() == -1 && conn->pairing == NULL);
}

// ---- all methods: what the host and its peer can, in both roles

// (Core, Vol 3, Part H, table 2.8) Rows: the responder's capability, columns: the initiator's. J Just Works, N compare
// with Secure Connections, else i or r or J; i: the initiator types, r: the responder, b: both.
static const char *const legacy_table[5] = { "JJiJi", "JJiJi", "rrbJr", "JJJJJ", "rriJr" };
static const char *const secure_table[5] = { "JJiJi", "JNiJN", "rrbJr", "JJJJJ", "rNiJN" };

static char method_of(unsigned host_io, bool secure) {
    unsigned initiator = peer.central ? peer.io : host_io, responder = peer.central ? host_io : peer.io;
    return (secure ? secure_table : legacy_table)[responder][initiator];
}

// The user does what is asked for.
static void user(char method) {
    bool types = method == 'b' || (method == 'i') == !peer.central;
    alone_check(take() == BLE_EVENT_PASSKEY);
    alone_check(event.passkey.action == (types ? BLE_PASSKEY_INPUT : BLE_PASSKEY_DISPLAY));
    alone_check(event.passkey.number <= 999999);
    uint8_t action = event.passkey.action;
    peer.passkey = types ? 987654 : event.passkey.number;
    if (probe != NULL) {
        probe(peer.central ? 1u << BLE_SMP_CONFIRM : 0);
    }
    uint8_t other = types ? BLE_PASSKEY_DISPLAY : BLE_PASSKEY_INPUT;
    alone_check(ble_passkey(&alone, HANDLE, other, 1) == -EALREADY);
    alone_check(ble_passkey(&alone, HANDLE, action, peer.passkey) == 0);
    alone_check(ble_passkey(&alone, HANDLE, action, peer.passkey) == -EALREADY);
}

static void user_compares(void) {
    alone_check(take() == BLE_EVENT_PASSKEY && event.passkey.action == BLE_PASSKEY_COMPARE);
    alone_check(event.passkey.number == sc_number());
    if (probe != NULL) {
        probe(peer.central ? 1u << BLE_SMP_DHKEY_CHECK : 0);
    }
    alone_check(ble_passkey(&alone, HANDLE, BLE_PASSKEY_COMPARE, 1) == 0);
}

static void authenticate(char method, bool secure) {
    if (secure) {
        sc_keys();
        alone_wait(5);
    }
    if (method == 'i' || method == 'r' || method == 'b') {
        user(method);
        (secure ? sc_passkey : legacy)();
    } else if (secure) {
        sc_randoms();
        if (method == 'N') {
            user_compares();
        }
    } else {
        legacy();
    }
    if (secure) {
        sc_checks(method == 'N');
    }
}

static void pair_as(bool central, bool secure, unsigned host_io, unsigned peer_io) {
    begin(central, host_io, true, true);
    peer.io = peer_io;
    peer.auth = BLE_AUTH_BONDING | (secure ? BLE_AUTH_SECURE : 0);
    char method = method_of(host_io, secure);
    features();
    authenticate(method, secure);
    encrypt();
    distribute();
    secured(method != 'J', true, 16);
}

// ---- bonds

static void bonded(bool central, bool secure, char method) {
    unsigned host_io = method == 'J' ? BLE_NO_INPUT_OUTPUT : BLE_DISPLAY_YESNO;
    begin(central, host_io, true, method != 'J');
    peer.io = host_io;
    peer.auth = BLE_AUTH_BONDING | (secure ? BLE_AUTH_SECURE : 0);
    features();
    authenticate(method, secure);
    encrypt();
    distribute();
}

static void drain(void) {
    while (take() >= 0) {
    }
    told_count = 0;
}

// The link ends and comes up again, with the peer at `address`.
static void again(bool central) {
    alone_disconnect(HANDLE, 0x13);
    drain();
    connect(central);
}

static ble_address_t private_address(uint8_t n) {
    ble_address_t address = { .type = BLE_ADDRESS_RANDOM, .octets = { 0, 0, 0, n, n, 0x40 } };
    ble_ah(own_irk, address.octets + 3, address.octets);
    return address;
}

#define RUN(name) (name(), printf("ok " #name "\n"), count++)

#endif // HEDDLE_TESTS_BLE_ALONE_SMP_PAIR_H
