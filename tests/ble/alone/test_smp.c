// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Pairing, against a peer that is written here with the same toolbox: each method in each role, and every command in
// every state.
#include "smp_pair.h"

// ---- Just Works

static void just_works(bool central, bool secure, bool bonding) {
    begin(central, BLE_NO_INPUT_OUTPUT, bonding, false);
    peer.auth = (secure ? BLE_AUTH_SECURE : 0) | (bonding ? BLE_AUTH_BONDING : 0);
    features();
    if (secure) {
        sc_keys();
        sc_randoms();
        sc_checks(false);
    } else {
        legacy();
    }
    encrypt();
    distribute();
    silent();
    secured(false, bonding, 16);
    alone_check((bond() != NULL) == bonding);
}

static void bond_is_whole(bool secure) {
    const ble_bond_record_t *r = bond();
    alone_check(r->version == 1 && r->key_size == 16);
    alone_check(!(r->flags & BLE_BOND_SECURE) == !secure);
    alone_check((r->flags & 0x7c) == 0x7c);
    alone_check(memcmp(r->irk, own_irk, 16) == 0 && memcmp(r->peer_csrk, own_csrk, 16) == 0);
    alone_check(memcmp(r->our_csrk, peer.csrk, 16) == 0);
    alone_check(memcmp(r->ours.ltk, secure ? peer.key : peer.ltk, 16) == 0);
    alone_check(memcmp(r->peers.ltk, secure ? peer.key : own_ltk, 16) == 0);
    if (!secure) {
        alone_check(memcmp(r->ours.ediv, peer.ediv_rand, 2) == 0 && memcmp(r->ours.rand, peer.ediv_rand + 2, 8) == 0);
        alone_check(memcmp(r->peers.ediv, own_ediv_rand, 2) == 0);
        alone_check(memcmp(r->peers.rand, own_ediv_rand + 2, 8) == 0);
    }
}

static void works(void) {
    for (int i = 0; i < 8; i++) {
        just_works(i & 1, i & 2, i & 4);
        if (i & 4) {
            bond_is_whole(i & 2);
        }
        end();
    }
}

static void capabilities(void) {
    for (unsigned i = 0; i < 100; i++) {
        pair_as(i & 1, i & 2, i / 4 % 5, i / 20);
        end();
    }
}

// ---- out of band: the host has the peer's data (1), the peer has the host's (2), or both

static ble_oob_t oob_host, oob_peer;

static void oob_begin(bool central, unsigned who) {
    begin(central, BLE_NO_INPUT_OUTPUT, true, false);
    memset(oob_numbers, 0, sizeof(oob_numbers));
    memset(oob_peer.random, 0x5a, 16);
    ble_f4(peer.public, peer.public, oob_peer.random, 0, oob_peer.confirm);
    if (who & 1) {
        alone_check(ble_oob_set(&alone, &oob_peer) == 0);
        memcpy(oob_numbers[1], oob_peer.random, 16);
    }
    if (who & 2) {
        alone_check(ble_oob_create(&alone, &oob_host) == 0);
        memcpy(oob_numbers[0], oob_host.random, 16);
        peer.oob = 1;
    }
    oob = true;
}

static void oob_randoms(void) {
    if (peer.central) {
        feed(BLE_SMP_RANDOM, peer.ours, 16);
    }
    memcpy(peer.theirs, sent(BLE_SMP_RANDOM, 16), 16);
    if (!peer.central) {
        feed(BLE_SMP_RANDOM, peer.ours, 16);
    }
}

static void out_of_band(void) {
    uint8_t confirm[16];
    for (unsigned i = 0; i < 6; i++) {
        unsigned who = 1 + i / 2;
        oob_begin(i & 1, who);
        features();
        alone_check((peer.central ? peer.response : peer.request)[BLE_SMP_OOB] == (who & 1));
        alone_check(ble_oob_set(&alone, NULL) == -EALREADY && ble_oob_create(&alone, &oob_host) == -EALREADY);
        sc_keys();
        if (who & 2) {
            ble_f4(peer.host_public, peer.host_public, oob_host.random, 0, confirm);
            alone_check(memcmp(confirm, oob_host.confirm, 16) == 0);
        }
        oob_randoms();
        sc_checks(false);
        encrypt();
        distribute();
        secured(true, true, 16);
        alone_check(alone.security.oob_kind == BLE_OOB_NONE && !alone.security.gave_oob && !alone.security.has_key);
        oob = false;
        end();
    }
}

// Another key than the one that was told of, a number that was not, one that comes back, and legacy pairing.
static void out_of_band_lies(void) {
    uint8_t check[16];
    for (unsigned i = 0; i < 8; i++) {
        bool central = BLE_CENTRAL && (i & 1);
        unsigned how = i / 2;
        oob_begin(central, 3);
        if (how == 0) {
            oob_peer.confirm[15] ^= 1;
            alone_check(ble_oob_set(&alone, &oob_peer) == 0);
        }
        peer.auth = how == 3 ? BLE_AUTH_BONDING : peer.auth;
        if (how == 3 && !central) {
            request();
        } else if (how != 3) {
            features();
            sc_keys();
        } else {
            alone_check(ble_pair(&alone, HANDLE) == 0 && take() == -1);
            memcpy(peer.request + 1, sent(BLE_SMP_PAIRING_REQUEST, 6), 6);
            features_fill(peer.response, BLE_SMP_PAIRING_RESPONSE);
            feed(BLE_SMP_PAIRING_RESPONSE, peer.response + 1, 6);
        }
        if (how == 0) {
            alone_wait(5);
            failed(BLE_SMP_CONFIRM_FAILED);
        } else if (how == 1) {
            oob_randoms();
            sc_f5();
            oob_numbers[0][3] ^= 1;
            sc_check(false, false, check);
            if (central) {
                sent(BLE_SMP_DHKEY_CHECK, 16);
            }
            feed(BLE_SMP_DHKEY_CHECK, check, 16);
            failed(BLE_SMP_DHKEY_CHECK_FAILED);
        } else if (how == 2 && central) {
            memcpy(peer.theirs, sent(BLE_SMP_RANDOM, 16), 16);
            feed(BLE_SMP_RANDOM, peer.theirs, 16);
            failed(BLE_SMP_CONFIRM_FAILED);
        } else if (how == 3) {
            failed(BLE_SMP_OOB_NOT_AVAILABLE);
        }
        oob = false;
        end();
    }
}

// ---- legacy pairing out of band: both have the same key

static const uint8_t shared[16] = { 0x9c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xe0 };
static const uint8_t another[16] = { 0x9c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xe1 };

static void oob_key_begin(bool central, const uint8_t *peers, bool secure) {
    begin(central, BLE_NO_INPUT_OUTPUT, true, false);
    alone_check(ble_oob_key(&alone, shared) == 0);
    peer.oob = peers != NULL;
    peer.auth = BLE_AUTH_BONDING | (secure ? BLE_AUTH_SECURE : 0);
    oob_key = peers;
}

static const uint8_t *host_features(void) {
    return peer.central ? peer.response : peer.request;
}

static void oob_key_end(void) {
    oob_key = NULL;
    end();
}

static void legacy_out_of_band(void) {
    for (unsigned i = 0; i < 4; i++) {
        oob_key_begin(BLE_CENTRAL && (i & 1), shared, i & 2);
        features();
        alone_check(host_features()[BLE_SMP_OOB] == 1 && !(host_features()[BLE_SMP_AUTH] & BLE_AUTH_SECURE));
        alone_check(ble_oob_key(&alone, NULL) == -EALREADY);
        legacy();
        encrypt();
        distribute();
        secured(true, true, 16);
        alone_check((bond()->flags & (BLE_BOND_AUTHENTICATED | BLE_BOND_SECURE)) == BLE_BOND_AUTHENTICATED);
        alone_check(alone.security.oob_kind == BLE_OOB_NONE);
        oob_key_end();
    }
}

// The peer has another one: nothing of the host's key comes back, and the host's goes with the pairing.
static void legacy_out_of_band_wrong(void) {
    for (unsigned i = 0; i < 2; i++) {
        uint8_t confirm[16];
        oob_key_begin(BLE_CENTRAL && i != 0, another, false);
        features();
        legacy_confirm(peer.ours, confirm);
        confirm_fails(confirm);
        alone_check(alone.security.oob_kind == BLE_OOB_NONE);
        oob_key_end();
    }
}

// A peer that has none, and one that is to have Secure Connections or nothing: as without a key, which stays.
static void legacy_out_of_band_unused(void) {
    for (unsigned i = 0; i < 4; i++) {
        bool central = BLE_CENTRAL && (i & 1), only = i & 2;
        oob_key_begin(central, NULL, true);
        if (only) {
            ble_security_t s = { .io = BLE_NO_INPUT_OUTPUT, .bonding = true, .secure_only = true, .key_size = 7 };
            alone_check(ble_set_security(&alone, &s) == 0);
        }
        peer.oob = only && !central; // it says so, but was never given our data
        if (peer.oob) {
            request();
            failed(BLE_SMP_OOB_NOT_AVAILABLE);
        } else {
            features();
            alone_check(host_features()[BLE_SMP_OOB] == (central && !only));
            authenticate('J', is_secure());
            alone_check(is_secure() == (only || !central));
            encrypt();
            distribute();
            secured(false, true, 16);
            alone_check(alone.security.oob_kind == BLE_OOB_LEGACY);
        }
        oob_key_end();
    }
}

// ---- every command in every state

static const uint8_t lengths[BLE_SMP_COMMANDS] = { 0, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2 };
static unsigned probes;

// Nothing has come of it: no answer, nothing told, and the pairing goes on.
static void ignored(bool pairing) {
    silent();
    alone_check(take() == -1);
    alone_check((conn->pairing != NULL) == pairing);
}

// Something is refused to which no pairing belongs: an answer, and nothing told.
static void refused(uint8_t reason) {
    alone_check(sent(BLE_SMP_FAILED, 1)[0] == reason);
    ignored(false);
}

static void probe_pairing(uint8_t command, size_t length, bool passkey) {
    if (command == 0 || command >= BLE_SMP_COMMANDS) {
        failed(BLE_SMP_COMMAND_NOT_SUPPORTED);
    } else if (command == BLE_SMP_FAILED && length != 2) {
        ignored(true);
    } else if (length != lengths[command]) {
        failed(BLE_SMP_INVALID_PARAMETERS);
    } else if (command == BLE_SMP_FAILED) {
        silent();
        alone_check(conn->pairing == NULL && conn->smp.status == BLE_SMP_UNSPECIFIED);
    } else if (command == BLE_SMP_SECURITY_REQUEST && conn->central) {
        ignored(true);
    } else if (command == BLE_SMP_KEYPRESS && passkey) {
        ignored(true);
    } else if (conn->central ? command == BLE_SMP_PAIRING_REQUEST : command == BLE_SMP_SECURITY_REQUEST) {
        failed(BLE_SMP_COMMAND_NOT_SUPPORTED);
    } else {
        failed(BLE_SMP_UNSPECIFIED);
    }
}

static void probe_idle(uint8_t command, size_t length) {
    if (command == 0 || command >= BLE_SMP_COMMANDS) {
        refused(BLE_SMP_COMMAND_NOT_SUPPORTED);
    } else if (length != lengths[command] && command != BLE_SMP_FAILED) {
        refused(BLE_SMP_INVALID_PARAMETERS);
    } else if (conn->central && command == BLE_SMP_PAIRING_REQUEST) {
        refused(BLE_SMP_COMMAND_NOT_SUPPORTED);
    } else if (!conn->central && command == BLE_SMP_SECURITY_REQUEST) {
        refused(BLE_SMP_COMMAND_NOT_SUPPORTED);
    } else if (command == BLE_SMP_PAIRING_REQUEST) {
        sent(BLE_SMP_PAIRING_RESPONSE, 6);
    } else if (command == BLE_SMP_SECURITY_REQUEST) {
        sent(BLE_SMP_PAIRING_REQUEST, 6);
    } else {
        ignored(false);
    }
}

// The whole state of the host is one structure, so each command comes in the same state.
static void every_command(unsigned awaited) {
    static ble_t before;
    static secret_t store_before[BLE_COUNT(store)];
    unsigned stored_before = stored;
    bool pairing = conn->pairing != NULL;
    bool passkey = pairing && conn->pairing->method >= BLE_METHOD_DISPLAY;
    static const uint8_t octets[80] = { 0x03, 0x00, 0x09, 16, 0, 0 };
    before = alone;
    memcpy(store_before, store, sizeof(store));
    probe = NULL;
    for (unsigned i = 0; i < 2 * (BLE_SMP_COMMANDS + 2); i++) {
        uint8_t command = i / 2 < BLE_SMP_COMMANDS + 1 ? i / 2 : 0xff;
        size_t length = (command < BLE_SMP_COMMANDS && lengths[command] != 0 ? lengths[command] : 9) + (i & 1);
        bool right = !(i & 1) && command < BLE_SMP_COMMANDS && (awaited >> command & 1);
        static const uint8_t reason[80] = { BLE_SMP_UNSPECIFIED };
        if (!right || !pairing) {
            give(command, command == BLE_SMP_FAILED ? reason : octets, length - 1);
            told_count = 0;
            if (pairing) {
                probe_pairing(command, length, passkey);
            } else {
                probe_idle(command, length);
            }
            probes++;
        }
        alone = before;
        memcpy(store, store_before, sizeof(store));
        stored = stored_before;
    }
    told_count = 0;
    probe = every_command;
}

static void every_command_in_every_state(void) {
    for (unsigned i = 0; i < 20; i++) {
        static const uint8_t host[] = { BLE_NO_INPUT_OUTPUT, BLE_KEYBOARD_ONLY, BLE_DISPLAY_ONLY, BLE_DISPLAY_YESNO,
                                        BLE_KEYBOARD_ONLY };
        static const uint8_t peers[] = { BLE_DISPLAY_ONLY, BLE_DISPLAY_ONLY, BLE_KEYBOARD_ONLY, BLE_DISPLAY_YESNO,
                                         BLE_KEYBOARD_ONLY };
        probe = NULL;
        begin(i & 1, host[i / 4], true, true);
        every_command(0);
        peer.io = peers[i / 4];
        peer.auth = BLE_AUTH_BONDING | (i & 2 ? BLE_AUTH_SECURE : 0);
        char method = method_of(host[i / 4], i & 2);
        features();
        authenticate(method, i & 2);
        encrypt();
        distribute();
        secured(method != 'J', true, 16);
        probe = NULL;
        end();
    }
    alone_check(probes > 10000);
    probe = NULL;
}

// ---- ends

static void told_in_order(void) {
    for (int i = 0; i < 4; i++) {
        bonded(i & 1, i & 2, 'J');
        told_is(BLE_EVENT_SECRET_SET, BLE_EVENT_ENCRYPTION, BLE_EVENT_PAIRED);
        end();
    }
}

// What the link has to tell, and the application has not taken yet, does not put it behind the peer's next request.
static void told_beside_the_link(void) {
    for (int central = 0; central < 2; central++) {
        begin(central, BLE_NO_INPUT_OUTPUT, true, false);
        features();
        authenticate('J', true);
        encrypt();
        ble_conn_tell(&alone, conn, BLE_TELL_PARAMETERS | BLE_TELL_MTU);
        distribute();
        told_is(BLE_EVENT_PARAMETERS, BLE_EVENT_SECRET_SET, BLE_EVENT_ENCRYPTION, BLE_EVENT_MTU, BLE_EVENT_PAIRED);
        end();
    }
}

// The link is encrypted all the same, so it is told.
static void distribution_fails(void) {
    for (int central = 0; central < 2; central++) {
        begin(central, BLE_NO_INPUT_OUTPUT, true, false);
        features();
        authenticate('J', true);
        encrypt();
        give(BLE_SMP_IDENTITY_ADDRESS, unnamed, 7);
        told_is(BLE_EVENT_ENCRYPTION, BLE_EVENT_PAIRED);
        alone_check(event.security.encrypted && !event.security.bonded && event.security.key_size == 16);
        alone_check(conn->encrypted && !conn->bonded && conn->smp.status == BLE_SMP_UNSPECIFIED && bond() == NULL);
        end();
    }
}

// A private address is no key of a store, and without any long term key there is nothing to store.
static void nothing_to_keep(void) {
    for (int i = 0; i < 3; i++) {
        begin(false, BLE_NO_INPUT_OUTPUT, true, false);
        if (i != 2) {
            conn->peer = conn->identity = peer.address = private_address(4);
        }
        peer.keys = i == 1 ? BLE_KEYS_ENCRYPTION : 0;
        peer.auth = BLE_AUTH_BONDING | (i == 0 ? BLE_AUTH_SECURE : 0);
        features();
        authenticate('J', i == 0);
        encrypt();
        distribute();
        secured(false, false, 16);
        alone_check(stored == 1); // our identity
        end();
    }
}

// A key pair is not kept for the next pairing while the store takes its time.
static void key_pair_goes(void) {
    bonded(false, true, 'J');
    alone_check(conn->pairing->storing && !alone.security.has_key);
    for (uint8_t kind = 0; kind < 6; kind++) { // a keypress comes late: the pairing is the store's by now
        uint8_t keypress[2] = { BLE_SMP_KEYPRESS, kind };
        alone_l2cap(HANDLE, BLE_CID_SMP, keypress, sizeof(keypress));
        alone_check(conn->pairing->storing && alone_sent_on(HANDLE, BLE_CID_SMP, pdu) == 0);
    }
    drain();
    alone_check(conn->pairing == NULL);
    end();
}

int main(void) {
    int count = 0;
    RUN(works);
    RUN(capabilities);
    RUN(out_of_band);
    RUN(out_of_band_lies);
    RUN(legacy_out_of_band);
    RUN(legacy_out_of_band_wrong);
    RUN(legacy_out_of_band_unused);
    RUN(every_command_in_every_state);
    RUN(told_in_order);
    RUN(told_beside_the_link);
    RUN(distribution_fails);
    RUN(nothing_to_keep);
    RUN(key_pair_goes);
    printf("%d cases\n", count);
    return 0;
}
