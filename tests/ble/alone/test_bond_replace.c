// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Who may replace a bond: not a weaker one, and not another device.
#include "smp_pair.h"

// The host as central pairs though it has a bond.
static void features_anew(void) {
    while (take() >= 0) {
    }
    alone_check(ble_smp_begin(&alone, conn) == 0);
    memcpy(peer.request + 1, sent(BLE_SMP_PAIRING_REQUEST, 6), 6);
    peer.request[0] = BLE_SMP_PAIRING_REQUEST;
    features_fill(peer.response, BLE_SMP_PAIRING_RESPONSE);
    feed(BLE_SMP_PAIRING_RESPONSE, peer.response + 1, 6);
}

// A pairing that is begun by either side with the peer's present features.
static void begins(uint8_t reason) {
    (peer.central ? request : features_anew)();
    while (take() >= 0) {
        alone_check(event.type == BLE_EVENT_PAIRED && event.status == reason);
    }
    if (reason != 0) {
        alone_check(sent(BLE_SMP_FAILED, 1)[0] == reason);
        silent();
    } else if (peer.central) {
        alone_check(sent(BLE_SMP_PAIRING_RESPONSE, 6) != NULL);
    } else {
        sent(is_secure() ? BLE_SMP_PUBLIC_KEY : BLE_SMP_CONFIRM, is_secure() ? 64 : 16);
    }
}

static void weaker(bool central) {
    uint8_t before[sizeof(ble_bond_record_t)];
    bonded(central, true, 'N');
    drain();
    memcpy(before, bond(), sizeof(before));
    again(central);
    peer.io = BLE_NO_INPUT_OUTPUT; // not authenticated
    begins(BLE_SMP_AUTHENTICATION_REQUIREMENTS);
    peer.io = BLE_KEYBOARD_ONLY;
    peer.key_size = 15;
    begins(BLE_SMP_AUTHENTICATION_REQUIREMENTS);
    peer.key_size = 16;
    peer.auth = BLE_AUTH_BONDING; // legacy
    begins(BLE_SMP_AUTHENTICATION_REQUIREMENTS);
    alone_check(memcmp(before, bond(), sizeof(before)) == 0);
    peer.auth |= BLE_AUTH_SECURE; // as good
    begins(0);
    again(central);
    peer.auth = BLE_AUTH_SECURE; // worse, but no bond
    peer.io = BLE_NO_INPUT_OUTPUT;
    begins(0);
    again(central);
    uint8_t identity[7];
    ble_bond_identity(&peer.address, identity);
    *store_find(BLE_SECRET_BOND, 0, identity, 7) = (secret_t){ 0 };
    peer.auth = BLE_AUTH_BONDING; // worse, and the user has forgotten the better one
    begins(0);
    end();
}

static void weaker_ones_do_not_replace(void) {
    weaker(false);
    weaker(true);
}

// While the store does not answer, nobody knows whether there is a better one: neither side goes on.
static void store_does_not_answer(void) {
    for (int central = 0; central < 2; central++) {
        bonded(central, true, 'N');
        again(central);
        store_is_slow = true;
        peer.io = BLE_NO_INPUT_OUTPUT;
        if (central) {
            alone_check(ble_pair(&alone, HANDLE) == 0); // looks for the bond
        } else {
            request();
        }
        alone_check(take() == -1);
        silent();
        alone_wait(BLE_ANSWER_MS);
        alone_check(take() == BLE_EVENT_PAIRED && event.status == (central ? -EAGAIN : BLE_SMP_UNSPECIFIED));
        if (!central) {
            alone_check(sent(BLE_SMP_FAILED, 1)[0] == BLE_SMP_UNSPECIFIED);
            request(); // the store still has the question
            silent();
            alone_wait(BLE_SMP_TIMEOUT_MS);
            alone_check(take() == BLE_EVENT_PAIRED && event.status == -ETIMEDOUT);
        }
        silent();
        store_is_slow = false;
        ble_event_done(&alone, &slow_event, 0);
        alone_check(take() == -1 && bond() != NULL && (bond()->flags & BLE_BOND_AUTHENTICATED));
        end();
    }
}

// An answer to the question of a pairing that has ended meanwhile is none to that of the next.
static void stale_answer(void) {
    bonded(false, true, 'N');
    again(false);
    store_is_slow = true;
    peer.io = BLE_NO_INPUT_OUTPUT;
    request();
    drain();
    feed(BLE_SMP_FAILED, "\x08", 1);
    request();
    drain();
    store_is_slow = false;
    ble_event_done(&alone, &slow_event, 0); // none
    silent();
    drain(); // asked again
    alone_check(sent(BLE_SMP_FAILED, 1)[0] == BLE_SMP_AUTHENTICATION_REQUIREMENTS);
    end();
}

// Another device says that it is the bonded one.
static void claim(bool central, const ble_address_t *from, bool known, uint8_t reason) {
    bonded(central, true, 'J');
    drain();
    claims = true;
    claimed = peer.address;
    alone_disconnect(HANDLE, 0x13);
    drain();
    alone_connect(HANDLE, central);
    drain();
    addresses();
    conn->peer = conn->identity = peer.address = *from;
    if (known) { // as the host has seen it come
        conn->identity = claimed;
    }
    (peer.central ? features : features_anew)();
    authenticate('J', true);
    encrypt();
    if (peer.central) {
        keys_from_host(peer.response[6]);
    }
    identity_feed();
    drain();
    if (reason != 0) {
        alone_check(sent(BLE_SMP_FAILED, 1)[0] == reason);
        alone_check(conn->smp.status == reason && !conn->bonded);
        alone_check(!ble_address_equal(&conn->identity, &claimed));
    } else {
        give(BLE_SMP_SIGNING_INFORMATION, own_csrk, 16);
        drain();
        alone_check(conn->bonded && conn->smp.status == 0);
        alone_check(memcmp(conn->identity.octets, claimed.octets, 6) == 0);
    }
    claims = false;
    end();
}

static void claims_are_checked(void) {
    ble_address_t another = { .type = BLE_ADDRESS_PUBLIC, .octets = { 9, 9, 9, 9, 9, 9 } };
    ble_address_t unresolved = { .type = BLE_ADDRESS_RANDOM, .octets = { 9, 9, 9, 9, 9, 0x49 } };
    ble_address_t private = private_address(7);
    for (int central = 0; central < 2; central++) {
        claim(central, &another, false, BLE_SMP_KEY_REJECTED);
        claim(central, &unresolved, false, BLE_SMP_KEY_REJECTED);
        claim(central, &private, false, BLE_SMP_KEY_REJECTED);
        claim(central, &private, true, 0);
    }
}

static void no_identity(const uint8_t identity[7]) {
    begin(true, BLE_NO_INPUT_OUTPUT, true, false);
    features();
    authenticate('J', true);
    encrypt();
    feed(BLE_SMP_IDENTITY_INFORMATION, own_irk, 16);
    feed(BLE_SMP_IDENTITY_ADDRESS, identity, 7);
    failed(BLE_SMP_INVALID_PARAMETERS);
    end();
}

static void identities_are_checked(void) {
    static const uint8_t third[7] = { 2, 1, 2, 3, 4, 5, 6 }, private[7] = { 1, 1, 2, 3, 4, 5, 0x46 };
    no_identity(third);
    no_identity(private);
}

// Nobody's identity so far, but a private address that this key does not give; then one that it gives.
static void private_addresses_are_checked(void) {
    ble_address_t from[2] = { { .type = BLE_ADDRESS_RANDOM, .octets = { 9, 9, 9, 9, 9, 0x49 } }, private_address(5) };
    for (int i = 0; i < 2; i++) {
        begin(true, BLE_NO_INPUT_OUTPUT, true, false);
        conn->peer = conn->identity = peer.address = from[i];
        claims = true;
        claimed = (ble_address_t){ .type = BLE_ADDRESS_RANDOM, .octets = { 7, 7, 7, 7, 7, 0xc7 } };
        features();
        authenticate('J', true);
        encrypt();
        identity_feed();
        if (i == 0) {
            failed(BLE_SMP_KEY_REJECTED);
        } else {
            feed(BLE_SMP_SIGNING_INFORMATION, own_csrk, 16);
            drain();
            alone_check(bond() != NULL && conn->bonded && conn->identity.type == BLE_ADDRESS_RANDOM_IDENTITY);
        }
        claims = false;
        end();
    }
}

int main(void) {
    int count = 0;
    RUN(weaker_ones_do_not_replace);
    RUN(store_does_not_answer);
    RUN(stale_answer);
    RUN(claims_are_checked);
    RUN(identities_are_checked);
    RUN(private_addresses_are_checked);
    printf("%d cases\n", count);
    return 0;
}
