// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Pairing with peers that lie, guess, flood or fall silent, and with users who say no.
#include "smp_pair.h"

static uint8_t wrong[64];

static const uint8_t *flipped(const uint8_t *octets, size_t length) {
    memcpy(wrong, octets, length);
    wrong[length - 1] ^= 0x40;
    return wrong;
}

static void secure(bool central, uint8_t io, uint8_t peer_io) {
    begin(central, io, true, true);
    peer.io = peer_io;
    features();
}

// ---- public keys

// The host's own key, X and Y or X alone.
static void key_sent_back(bool central, bool whole) {
    secure(central, BLE_NO_INPUT_OUTPUT, BLE_NO_INPUT_OUTPUT);
    if (central) {
        memcpy(peer.host_public, sent(BLE_SMP_PUBLIC_KEY, 64), 64);
    } else {
        // Known from another pairing that is under way at the same time.
        uint8_t random[32] = { 1 };
        alone_check(ble_p256_keypair(random, alone.security.public_key, alone.security.private_key) == 0);
        alone.security.has_key = true;
        memcpy(peer.host_public, alone.security.public_key, 64);
    }
    if (!whole) {
        peer.host_public[40] ^= 1;
    }
    feed(BLE_SMP_PUBLIC_KEY, peer.host_public, 64);
    failed(BLE_SMP_INVALID_PARAMETERS);
    end();
}

static void own_key_is_refused(void) {
    for (int i = 0; i < 4; i++) {
        key_sent_back(i & 1, i & 2);
    }
}

static void key_off_the_curve(bool central, const uint8_t key[64]) {
    secure(central, BLE_NO_INPUT_OUTPUT, BLE_NO_INPUT_OUTPUT);
    if (central) {
        sent(BLE_SMP_PUBLIC_KEY, 64);
    }
    feed(BLE_SMP_PUBLIC_KEY, key, 64);
    if (!central) {
        sent(BLE_SMP_PUBLIC_KEY, 64);
        sent(BLE_SMP_CONFIRM, 16);
    }
    failed(BLE_SMP_DHKEY_CHECK_FAILED);
    end();
}

// The X of the specification's debug mode (Core, Vol 3, Part H, 2.3.5.6.1): everybody knows its private key.
static const uint8_t debug_key[64] = {
    0xe6, 0x9d, 0x35, 0x0e, 0x48, 0x01, 0x03, 0xcc, 0xdb, 0xfd, 0xf4, 0xac, 0x11, 0x91, 0xf4, 0xef, //
    0xb9, 0xa5, 0xf9, 0xe9, 0xa7, 0x83, 0x2c, 0x5e, 0x2c, 0xbe, 0x97, 0xf2, 0xd2, 0x03, 0xb0, 0x20, //
    0x8b, 0xd2, 0x89, 0x15, 0xd0, 0x8e, 0x1c, 0x74, 0x24, 0x30, 0xed, 0x8f, 0xc2, 0x45, 0x63, 0x76, //
    0x5c, 0x15, 0x52, 0x5a, 0xbf, 0x9a, 0x32, 0x63, 0x6d, 0xeb, 0x2a, 0x65, 0x49, 0x9c, 0x80, 0xdc,
};

static void bad_keys_are_refused(void) {
    static const uint8_t zero[64];
    uint8_t key[64], random[32] = { 9 }, private_key[32];
    alone_check(ble_p256_keypair(random, key, private_key) == 0);
    for (int central = 0; central < 2; central++) {
        key_off_the_curve(central, flipped(key, 64));
        key_off_the_curve(central, zero);
        key_off_the_curve(central, debug_key);
    }
}

// Each pairing has a key pair of its own.
static void keys_are_new(void) {
    uint8_t first[64];
    secure(false, BLE_NO_INPUT_OUTPUT, BLE_NO_INPUT_OUTPUT);
    sc_keys();
    memcpy(first, peer.host_public, 64);
    give(BLE_SMP_KEYPRESS, "", 1);
    sent(BLE_SMP_CONFIRM, 16);
    failed(BLE_SMP_UNSPECIFIED);
    features();
    sc_keys();
    alone_check(memcmp(first, peer.host_public, 64) != 0);
    end();
}

// ---- confirm values, random numbers, checks

static void legacy_lie(bool central, bool reflect) {
    begin(central, BLE_NO_INPUT_OUTPUT, true, false);
    peer.auth = BLE_AUTH_BONDING;
    features();
    if (reflect) {
        memcpy(peer.confirm, sent(BLE_SMP_CONFIRM, 16), 16);
        feed(BLE_SMP_CONFIRM, peer.confirm, 16);
    } else {
        uint8_t confirm[16];
        legacy_confirm(peer.ours, confirm);
        if (!peer.central) {
            sent(BLE_SMP_CONFIRM, 16);
        }
        feed(BLE_SMP_CONFIRM, confirm, 16);
        sent(peer.central ? BLE_SMP_CONFIRM : BLE_SMP_RANDOM, 16);
        feed(BLE_SMP_RANDOM, flipped(peer.ours, 16), 16);
    }
    failed(BLE_SMP_CONFIRM_FAILED);
    end();
}

static void legacy_lies(void) {
    legacy_lie(false, false);
    legacy_lie(true, false);
    legacy_lie(true, true);
}

static void just_works_lies(void) {
    uint8_t confirm[16], check[16];
    secure(true, BLE_NO_INPUT_OUTPUT, BLE_NO_INPUT_OUTPUT); // a random number that was not the one committed to
    sc_keys();
    ble_f4(peer.public, peer.host_public, peer.ours, 0, confirm);
    feed(BLE_SMP_CONFIRM, confirm, 16);
    sent(BLE_SMP_RANDOM, 16);
    feed(BLE_SMP_RANDOM, flipped(peer.ours, 16), 16);
    failed(BLE_SMP_CONFIRM_FAILED);
    end();
    for (int central = 0; central < 2; central++) { // a check by somebody who does not have the key
        secure(central, BLE_NO_INPUT_OUTPUT, BLE_NO_INPUT_OUTPUT);
        sc_keys();
        sc_randoms();
        sc_f5();
        sc_check(false, false, check);
        if (central) {
            sent(BLE_SMP_DHKEY_CHECK, 16);
        }
        feed(BLE_SMP_DHKEY_CHECK, flipped(check, 16), 16);
        failed(BLE_SMP_DHKEY_CHECK_FAILED);
        end();
    }
}

// Another passkey than the one that was typed, seen at its first wrong bit.
static void passkey_wrong(bool central, uint32_t bit) {
    uint8_t confirm[16];
    secure(central, BLE_KEYBOARD_ONLY, BLE_DISPLAY_ONLY);
    sc_keys();
    user(central ? 'i' : 'r');
    peer.passkey ^= 1u << bit;
    for (unsigned round = 0; round < bit; round++) {
        sc_round(round);
    }
    sc_own_confirm(bit, confirm);
    confirm_fails(confirm);
    end();
}

static void passkeys_wrong(void) {
    for (uint32_t bit = 0; bit < 20; bit += 19) {
        passkey_wrong(false, bit);
        passkey_wrong(true, bit);
    }
    secure(true, BLE_KEYBOARD_ONLY, BLE_DISPLAY_ONLY); // the host's own value sent back
    sc_keys();
    user('i');
    memcpy(peer.confirm, sent(BLE_SMP_CONFIRM, 16), 16);
    feed(BLE_SMP_CONFIRM, peer.confirm, 16);
    failed(BLE_SMP_CONFIRM_FAILED);
    end();
}

// ---- users

// The peer's value comes before our user has typed anything: it has to wait.
static void user_is_slow(bool secure_connections) {
    uint8_t confirm[16];
    begin(false, BLE_KEYBOARD_ONLY, true, true);
    peer.io = BLE_DISPLAY_ONLY;
    peer.auth = BLE_AUTH_BONDING | (secure_connections ? BLE_AUTH_SECURE : 0);
    peer.passkey = 987654;
    features();
    if (secure_connections) {
        sc_keys();
        sc_own_confirm(0, confirm);
    } else {
        legacy_confirm(peer.ours, confirm);
    }
    feed(BLE_SMP_CONFIRM, confirm, 16);
    silent();
    user('r');
    sent(BLE_SMP_CONFIRM, 16);
    feed(BLE_SMP_RANDOM, peer.ours, 16);
    sent(BLE_SMP_RANDOM, 16);
    end();
}

static void compared_slowly(uint32_t answer) {
    uint8_t check[16];
    secure(false, BLE_DISPLAY_YESNO, BLE_DISPLAY_YESNO);
    sc_keys();
    sc_randoms();
    sc_f5();
    sc_check(false, true, check);
    feed(BLE_SMP_DHKEY_CHECK, check, 16);
    silent();
    alone_check(!conn->pairing->encrypting);
    alone_check(take() == BLE_EVENT_PASSKEY);
    alone_check(ble_passkey(&alone, HANDLE, BLE_PASSKEY_COMPARE, answer) == 0);
    if (answer == 1) {
        sent(BLE_SMP_DHKEY_CHECK, 16);
    } else {
        failed(BLE_SMP_COMPARISON_FAILED);
    }
    end();
}

static void users(void) {
    user_is_slow(false);
    user_is_slow(true);
    compared_slowly(1);
    compared_slowly(0);
    secure(true, BLE_KEYBOARD_ONLY, BLE_DISPLAY_ONLY);
    sc_keys();
    alone_check(take() == BLE_EVENT_PASSKEY);
    alone_check(ble_passkey(&alone, HANDLE + 1, BLE_PASSKEY_INPUT, 1) == -ENOTCONN);
    alone_check(ble_passkey(&alone, HANDLE, BLE_PASSKEY_INPUT, 1000000) == 0); // not to be had
    failed(BLE_SMP_PASSKEY_ENTRY_FAILED);
    alone_check(ble_passkey(&alone, HANDLE, BLE_PASSKEY_INPUT, 1) == -EALREADY);
    end();
}

// ---- features

static void feature_is_refused(bool central, unsigned at, uint8_t value, uint8_t reason) {
    begin(central, BLE_NO_INPUT_OUTPUT, true, false);
    uint8_t p[7];
    features_fill(p, 0);
    p[at] = value;
    if (central) {
        alone_check(ble_pair(&alone, HANDLE) == 0);
        sent(BLE_SMP_PAIRING_REQUEST, 6);
        feed(BLE_SMP_PAIRING_RESPONSE, p + 1, 6);
        failed(reason);
    } else {
        feed(BLE_SMP_PAIRING_REQUEST, p + 1, 6);
        alone_check(sent(BLE_SMP_FAILED, 1)[0] == reason);
    }
    end();
}

static void features_are_refused(void) {
    for (int central = 0; central < 2; central++) {
        feature_is_refused(central, BLE_SMP_IO, 5, BLE_SMP_INVALID_PARAMETERS);
        feature_is_refused(central, BLE_SMP_OOB, 2, BLE_SMP_INVALID_PARAMETERS);
        feature_is_refused(central, BLE_SMP_OOB, 1, BLE_SMP_OOB_NOT_AVAILABLE);
        feature_is_refused(central, BLE_SMP_AUTH, 0x0a, BLE_SMP_INVALID_PARAMETERS);
        feature_is_refused(central, BLE_SMP_KEY_SIZE_MAX, 6, BLE_SMP_INVALID_PARAMETERS);
        feature_is_refused(central, BLE_SMP_KEY_SIZE_MAX, 17, BLE_SMP_INVALID_PARAMETERS);
    }
    feature_is_refused(true, BLE_SMP_CENTRAL_KEYS, 0x0f, BLE_SMP_INVALID_PARAMETERS); // more than was offered
    feature_is_refused(true, BLE_SMP_PERIPHERAL_KEYS, 0x0f, BLE_SMP_INVALID_PARAMETERS);
}

// A peer cannot have less than the application demands.
static void floors(void) {
    ble_security_t s = { .io = BLE_NO_INPUT_OUTPUT, .key_size = 10, .secure_only = true };
    for (int central = 0; central < 2; central++) {
        begin(central, BLE_NO_INPUT_OUTPUT, false, false);
        alone_check(ble_set_security(&alone, &s) == 0);
        peer.key_size = 9;
        (central ? features : request)();
        failed(BLE_SMP_KEY_SIZE);
        peer.key_size = 10;
        peer.auth = 0;
        (central ? features : request)();
        failed(BLE_SMP_AUTHENTICATION_REQUIREMENTS);
        peer.auth = BLE_AUTH_SECURE;
        features();
        authenticate('J', true);
        encrypt();
        distribute();
        secured(false, false, 10);
        end();
    }
    s.key_size = 6;
    alone_check(ble_set_security(&alone, &s) == -EINVAL);
    s.key_size = 17;
    alone_check(ble_set_security(&alone, &s) == -EINVAL);
    s.key_size = 16;
    s.io = 5;
    alone_check(ble_set_security(&alone, &s) == -EINVAL);
}

// ---- time

// Silence for 30 s ends it, and SMP on this link with it, in both directions.
static void silence(void) {
    for (int central = 0; central < 2; central++) {
        begin(central, BLE_NO_INPUT_OUTPUT, true, false);
        features();
        if (central) {
            sent(BLE_SMP_PUBLIC_KEY, 64);
        }
        silent();
        alone_wait(BLE_SMP_TIMEOUT_MS);
        alone_check(take() == BLE_EVENT_PAIRED && event.status == -ETIMEDOUT);
        alone_check(conn->pairing == NULL);
        request();
        give(BLE_SMP_SECURITY_REQUEST, "\x09", 1);
        silent();
        alone_check(ble_pair(&alone, HANDLE) == -ETIMEDOUT);
        silent();
        alone_disconnect(HANDLE, 0x13);
        alone_check(take() == BLE_EVENT_DISCONNECTED);
        connect(central);
        features();
        end();
    }
}

// Who guesses waits, each time longer, whatever the link; others do not.
static void guesses(void) {
    legacy_lie(false, false); // in another life
    begin(false, BLE_NO_INPUT_OUTPUT, true, false);
    peer.auth = BLE_AUTH_BONDING;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t ms = 1000u << (i < 6 ? i : 6);
        features();
        feed(BLE_SMP_CONFIRM, peer.ours, 16);
        sent(BLE_SMP_CONFIRM, 16);
        feed(BLE_SMP_RANDOM, peer.ours, 16);
        failed(BLE_SMP_CONFIRM_FAILED);
        alone_check(ble_pair(&alone, HANDLE) == -EAGAIN);
        request();
        alone_check(sent(BLE_SMP_FAILED, 1)[0] == BLE_SMP_REPEATED_ATTEMPTS);
        alone_wait(ms - 20);
        alone_disconnect(HANDLE, 0x13);
        while (take() >= 0) {
        }
        connect(false);
        request();
        alone_check(sent(BLE_SMP_FAILED, 1)[0] == BLE_SMP_REPEATED_ATTEMPTS);
        alone_check(take() == -1);
        alone_wait(20);
    }
    features();
    end();
}

// ---- room

// As many at once as there is memory for; one more is told so, and can come later.
static void many(void) {
    begin(false, BLE_NO_INPUT_OUTPUT, false, false);
    uint8_t p[7];
    features_fill(p, BLE_SMP_PAIRING_REQUEST);
    for (unsigned i = 0; i <= BLE_PAIRINGS; i++) {
        if (i != 0) {
            alone_connect(HANDLE + i, false);
        }
        alone_l2cap(HANDLE + i, BLE_CID_SMP, p, 7);
        alone_check(alone_sent_on(HANDLE + i, BLE_CID_SMP, pdu) != 0);
        alone_check(pdu[0] == (i < BLE_PAIRINGS ? BLE_SMP_PAIRING_RESPONSE : BLE_SMP_FAILED));
    }
    alone_disconnect(HANDLE + 1, 0x13);
    alone_l2cap(HANDLE + BLE_PAIRINGS, BLE_CID_SMP, p, 7);
    alone_check(alone_sent_on(HANDLE + BLE_PAIRINGS, BLE_CID_SMP, pdu) == 7);
    for (unsigned i = 2; i <= BLE_PAIRINGS; i++) {
        alone_disconnect(HANDLE + i, 0x13);
    }
    end();
}

static void pair_calls(void) {
    begin(true, BLE_NO_INPUT_OUTPUT, false, false);
    alone_check(ble_pair(&alone, HANDLE + 1) == -ENOTCONN);
    alone_check(ble_pair(&alone, HANDLE) == 0);
    alone_check(ble_pair(&alone, HANDLE) == -EALREADY);
    sent(BLE_SMP_PAIRING_REQUEST, 6);
    feed(BLE_SMP_FAILED, "\x05", 1); // Pairing Not Supported
    alone_check(take() == BLE_EVENT_PAIRED && event.status == 5);
    silent();
    end();
    begin(false, BLE_NO_INPUT_OUTPUT, false, true);
    alone_check(ble_pair(&alone, HANDLE) == 0);
    alone_check(sent(BLE_SMP_SECURITY_REQUEST, 1)[0] == (BLE_AUTH_SECURE | BLE_AUTH_MITM));
    alone_check(ble_pair(&alone, HANDLE) == -EALREADY);
    feed(BLE_SMP_FAILED, "\x05", 1);
    alone_check(take() == BLE_EVENT_PAIRED && event.status == 5);
    alone_check(ble_pair(&alone, HANDLE) == 0);
    sent(BLE_SMP_SECURITY_REQUEST, 1);
    alone_wait(BLE_SMP_TIMEOUT_MS); // the peer does nothing
    alone_check(take() == BLE_EVENT_PAIRED && event.status == -ETIMEDOUT);
    end();
}

int main(void) {
    int count = 0;
    RUN(own_key_is_refused);
    RUN(bad_keys_are_refused);
    RUN(keys_are_new);
    RUN(legacy_lies);
    RUN(just_works_lies);
    RUN(passkeys_wrong);
    RUN(users);
    RUN(features_are_refused);
    RUN(floors);
    RUN(silence);
    RUN(guesses);
    RUN(many);
    RUN(pair_calls);
    printf("%d cases\n", count);
    return 0;
}
