// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Bonds: what is stored and told, encryption from it, private addresses.
#include "smp_pair.h"

static uint8_t parameters[255];

static void restart(bool central) {
    drain();
    alone_stop();
    alone_start();
    drain();
    connect(central);
}

// ---- encryption from a bond

static void encryption_told(bool authenticated, uint8_t size) {
    alone_check(take() == BLE_EVENT_ENCRYPTION && event.security.encrypted && event.security.bonded);
    alone_check(event.security.authenticated == authenticated && event.security.key_size == size);
    alone_check(conn->encrypted && conn->bonded && take() == -1);
    silent();
}

static void central_encrypts(void) {
    for (int i = 0; i < 8; i++) {
        bool secure = i & 1;
        bonded(true, secure, 'J');
        if (i & 2) {
            again(true);
        } else {
            restart(true);
        }
        if (i & 4) {
            give(BLE_SMP_SECURITY_REQUEST, "\x09", 1);
        } else {
            alone_check(ble_pair(&alone, HANDLE) == 0);
        }
        drain();
        encryption_begins(secure ? peer.key : own_ltk, 16, secure ? unnamed : own_ediv_rand);
        alone_check(ble_pair(&alone, HANDLE) == -EALREADY);
        encryption_event(0, true);
        encryption_told(false, 16);
        alone_check(ble_pair(&alone, HANDLE) == 0); // told once more
        encryption_told(false, 16);
        give(BLE_SMP_SECURITY_REQUEST, "\x09", 1); // good enough already
        silent();
        end();
    }
}

static void negative(void) {
    drain();
    alone_check(alone_sent_command(BLE_HCI_LE_KEY_NEGATIVE_REPLY, parameters) == 2 && parameters[0] == HANDLE);
    alone_check(alone_sent_command(BLE_HCI_LE_KEY_REPLY, parameters) == -1);
}

static void peripheral_answers(void) {
    uint8_t other[10];
    for (int i = 0; i < 4; i++) {
        bool secure = i & 1;
        bonded(false, secure, 'J');
        const uint8_t *name = secure ? unnamed : peer.ediv_rand;
        if (i & 2) {
            again(false);
        } else {
            restart(false);
        }
        memcpy(other, name, 10);
        other[9] ^= 1;
        key_request(other);
        negative();
        memcpy(other, name, 10);
        other[0] ^= 1;
        key_request(other);
        negative();
        encryption_begins(secure ? peer.key : peer.ltk, 16, name);
        encryption_event(0, true);
        encryption_told(false, 16);
        end();
    }
    begin(false, BLE_NO_INPUT_OUTPUT, true, false); // nobody's
    key_request(unnamed);
    negative();
    end();
}

// As peripheral we ask; the central has the bond, too.
static void peripheral_asks(void) {
    bonded(false, true, 'J');
    again(false);
    alone_check(ble_pair(&alone, HANDLE) == 0);
    alone_check(sent(BLE_SMP_SECURITY_REQUEST, 1)[0] == (BLE_AUTH_BONDING | BLE_AUTH_SECURE));
    encryption_begins(peer.key, 16, unnamed);
    encryption_event(0, true);
    encryption_told(false, 16);
    alone_wait(BLE_SMP_TIMEOUT_MS);
    alone_check(take() == -1); // it is not waited for any more
    end();
}

// The application keeps the question: the controller has its answer in time all the same, and what the application says
// later is nothing.
static void slow_store(void) {
    bonded(false, true, 'J');
    again(false);
    store_is_slow = true;
    key_request(unnamed);
    drain();
    alone_check(alone_sent_command(BLE_HCI_LE_KEY_NEGATIVE_REPLY, parameters) == -1);
    alone_wait(BLE_ANSWER_MS);
    negative();
    key_request(unnamed); // while it still has the first one
    alone_wait(BLE_ANSWER_MS);
    negative();
    ble_event_t kept = slow_event;
    store_is_slow = false;
    ble_event_answer(&alone, &kept, store[stored - 1].value, store[stored - 1].length);
    drain();
    alone_check(alone_sent_command(BLE_HCI_LE_KEY_REPLY, parameters) == -1);
    encryption_begins(peer.key, 16, unnamed);
    end();
}

// A link that ends meanwhile.
static void closed_while_asked(void) {
    bonded(false, true, 'J');
    again(false);
    store_is_slow = true;
    key_request(unnamed);
    drain();
    alone_disconnect(HANDLE, 0x13);
    alone_check(take() == -1);
    store_is_slow = false;
    ble_event_done(&alone, &slow_event, 0);
    alone_check(take() == BLE_EVENT_DISCONNECTED);
    connect(false);
    alone_check(alone_sent_command(BLE_HCI_LE_KEY_NEGATIVE_REPLY, parameters) == -1);
    end();
}

// The peer has lost its key. Nothing is made up for it: whoever pretends to be the peer could say so.
static void peer_has_lost_it(void) {
    bonded(true, true, 'J');
    again(true);
    alone_check(ble_pair(&alone, HANDLE) == 0);
    drain();
    encryption_event(BLE_STATUS_KEY_MISSING, false);
    silent();
    told_is(BLE_EVENT_PAIRED, BLE_EVENT_ENCRYPTION);
    alone_check(conn->smp.status == -ENOENT && !conn->encrypted && bond() != NULL);
    // The user has it forgotten, and only then there is a new one.
    uint8_t identity[7];
    ble_bond_identity(&peer.address, identity);
    *store_find(BLE_SECRET_BOND, 0, identity, 7) = (secret_t){ 0 };
    features();
    alone_check(ble_bond_find(&alone, identity) == NULL);
    authenticate('J', true);
    encrypt();
    distribute();
    secured(false, true, 16);
    end();
}

// ---- private addresses

static void resolves(void) {
    bonded(false, true, 'J');
    drain();
    ble_address_t private = private_address(3), identity, bonded_as = peer.address;
    for (int i = 0; i < 2; i++) {
        alone_check(ble_smp_resolve(&alone, &private, &identity));
        alone_check(identity.type == (bonded_as.type | 2) && memcmp(identity.octets, bonded_as.octets, 6) == 0);
        private.octets[0] ^= 1;
        alone_check(!ble_smp_resolve(&alone, &private, &identity));
        private.octets[0] ^= 1;
        restart(false);
    }
    uint8_t complete[19] = { 0x01, 0, HANDLE, 0, 1, 1 }; // LE Connection Complete
    memcpy(complete + 6, private.octets, 6);
    alone_disconnect(HANDLE, 0x13);
    drain();
    complete[12] = 24;
    alone_event(0x3e, complete, 19);
    alone_check(take() == BLE_EVENT_CONNECTED && memcmp(event.link.peer.octets, bonded_as.octets, 6) == 0);
    encryption_begins(peer.key, 16, unnamed); // by the bond of the identity
    end();
}

// With which address the controller is told to connect to the bonded peer.
static void connects_with(const ble_address_t *to, const ble_address_t *air) {
    ble_connect_t connect = { .peer = *to, .duration_ms = 1000 };
    uint8_t p[255];
    alone_check(ble_connect(&alone, &connect) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_CREATE_CONNECTION, p) == 25);
    alone_check(p[5] == (air->type & 1) && memcmp(p + 6, air->octets, 6) == 0);
    alone_check(ble_connect_cancel(&alone) == 0);
    uint8_t cancelled[19] = { 0x01, BLE_STATUS_UNKNOWN_CONNECTION };
    alone_event(0x3e, cancelled, 19);
    alone_check(take() == BLE_EVENT_CONNECT_FAILED);
}

static void heard(const ble_address_t *air) {
    uint8_t p[12] = { 0x02, 1, 0, air->type };
    memcpy(p + 4, air->octets, 6);
    alone_event(0x3e, p, 12);
    alone_check(take() == BLE_EVENT_SCAN_REPORT);
}

// A peripheral with a private address is reached by the last one that was heard of it, as its identity is nobody's on
// the air.
static void reaches_private(void) {
    ble_scan_t scan = { .interval_us = 30000, .window_us = 30000, .duplicates = true };
    bonded(true, true, 'J');
    drain();
    ble_address_t first = private_address(3), second = private_address(4), to = peer.address;
    alone_disconnect(HANDLE, 0x13);
    drain();
    connects_with(&to, &to);
    alone_check(ble_scan(&alone, &scan) == 0);
    heard(&first);
    connects_with(&to, &first);
    to.type |= 2;
    connects_with(&to, &first);
    heard(&second);
    connects_with(&to, &second);
    heard(&peer.address); // it has no private one any more
    connects_with(&to, &peer.address);
    end();
}

// A key of zeros is none.
static void no_irk(void) {
    uint8_t kept[16];
    memcpy(kept, own_irk, 16);
    memset(own_irk, 0, 16);
    bonded(false, true, 'J');
    drain();
    ble_address_t private = private_address(3), identity;
    alone_check(!ble_smp_resolve(&alone, &private, &identity));
    memcpy(own_irk, kept, 16);
    end();
}

static void own_identity(void) {
    uint8_t first[16], irk[16], address[6];
    begin(false, BLE_NO_INPUT_OUTPUT, true, false);
    secret_t *s = store_find(BLE_SECRET_IDENTITY, 0, NULL, 0);
    alone_check(s != NULL && s->length == 23 && s->value[0] == 1);
    ble_smp_own_irk(&alone, first);
    alone_check(memcmp(first, s->value + 1, 16) == 0);
    memcpy(address, alone.gap.static_address, 6);
    alone_check(memcmp(address, s->value + 17, 6) == 0);
    memset(s->value + 1, 0x5a, 16);
    s->value[17] = ++address[0];
    restart(false);
    ble_smp_own_irk(&alone, irk);
    alone_check(memcmp(irk, s->value + 1, 16) == 0 && memcmp(address, alone.gap.static_address, 6) == 0);
    s->length = 22; // a record of something else
    restart(false);
    alone_check(s->length == 23);
    // A store that does not answer may have one: it is not overwritten.
    memset(s->value + 1, 0x5b, 16);
    alone_disconnect(HANDLE, 0x13);
    drain();
    alone_stop();
    store_is_slow = true;
    alone_start();
    drain();
    alone_wait(BLE_ANSWER_MS);
    store_is_slow = false;
    ble_event_done(&alone, &slow_event, 0);
    drain();
    alone_check(s->value[1] == 0x5b);
    connect(false);
    end();
}

// Whether the next address of ours that the controller was given is one of the key.
static bool is_of_key(const uint8_t irk[16]) {
    uint8_t hash[3];
    alone_check(alone_sent_command(BLE_HCI_LE_SET_RANDOM_ADDRESS, parameters) == 6);
    ble_ah(irk, parameters + 3, hash);
    return memcmp(hash, parameters, 3) == 0;
}

// A private address that was chosen before the store has answered is exchanged for one of its key.
static void own_key_comes_late(void) {
    const ble_advertise_t advertise = { .interval_us = 20000 };
    uint8_t irk[16];
    begin(false, BLE_NO_INPUT_OUTPUT, true, false);
    alone_disconnect(HANDLE, 0x13);
    drain();
    memset(irk, 0x5a, sizeof(irk));
    memcpy(store[0].value + 1, irk, sizeof(irk));
    alone_stop();
    store_is_slow = true;
    alone_start();
    drain();
    alone_check(ble_set_own_address(&alone, BLE_OWN_RESOLVABLE) == 0 && ble_advertise(&alone, &advertise) == 0);
    alone_check(!is_of_key(irk));
    ble_event_t kept = slow_event;
    store_is_slow = false;
    ble_event_answer(&alone, &kept, store[0].value, store[0].length);
    drain();
    alone_check(is_of_key(irk));
    alone_check(ble_advertise_stop(&alone) == 0 && ble_set_own_address(&alone, BLE_OWN_PUBLIC) == 0);
    connect(false);
    end();
}

// More bonds than are kept at hand: the others are found by the store.
static void many_bonds(void) {
    bonded(false, true, 'J');
    drain();
    const ble_bond_record_t first = *bond();
    for (unsigned i = 0; i <= BLE_BONDS; i++) {
        ble_bond_record_t r = first;
        r.identity[1] = 100 + i;
        store_put(BLE_SECRET_BOND, r.identity, 7, (const uint8_t *)&r, sizeof(r));
    }
    *store_find(BLE_SECRET_BOND, 0, first.identity, 7) = (secret_t){ 0 };
    store_put(BLE_SECRET_BOND, first.identity, 7, (const uint8_t *)&first, sizeof(first));
    restart(false);
    alone_check(alone.security.more && ble_bond_find(&alone, first.identity) == NULL);
    encryption_begins(peer.key, 16, unnamed);
    end();
    begin(false, BLE_NO_INPUT_OUTPUT, true, false); // the new one takes the place of the oldest
    for (unsigned i = 0; i < BLE_BONDS; i++) {
        ble_bond_record_t r = first;
        r.identity[1] = 100 + i;
        ble_bond_keep(&alone, &r);
    }
    alone_check(!alone.security.more);
    features();
    authenticate('J', true);
    encrypt();
    distribute();
    drain();
    alone_check(alone.security.more && ble_bond_find(&alone, bond()->identity) != NULL);
    end();
}

// What is to be stored stays where it is for as long as the application has it.
static void slow_to_store(void) {
    bonded(false, true, 'J');
    alone_check(alone_next(&event) && event.type == BLE_EVENT_SECRET_SET && event.secret.type == BLE_SECRET_BOND);
    ble_event_t kept = event;
    alone_wait(2 * BLE_ANSWER_MS);
    const ble_bond_record_t *r = (const void *)kept.secret.value;
    alone_check(r->version == 1 && memcmp(r->ours.ltk, peer.key, 16) == 0 && conn->pairing != NULL);
    alone_disconnect(HANDLE, 0x13);
    drain();
    alone_check(r->version == 1 && memcmp(r->ours.ltk, peer.key, 16) == 0 && conn->state == BLE_CONN_CLOSED);
    ble_event_done(&alone, &kept, 0);
    alone_check(take() == BLE_EVENT_DISCONNECTED);
    connect(false);
    end();
}

// What a store gives back need not be what it got.
static void bad_records(void) {
    bonded(false, true, 'J');
    drain();
    secret_t *s = &store[stored - 1], good = *s;
    alone_check(s->type == BLE_SECRET_BOND);
    for (unsigned i = 0; i < 5; i++) {
        *s = good;
        s->length -= i == 0;
        s->value[0] += i == 1;
        s->value[2] = i == 2 ? 17 : i == 3 ? 0 : 16;
        s->value[4] ^= i == 4; // somebody else's
        again(false);
        key_request(unnamed);
        negative();
    }
    *s = good;
    again(false);
    encryption_begins(peer.key, 16, unnamed);
    uint8_t much[BLE_SECRET_MAX + 1] = { 0 };
    alone_check(ble_event_answer(&alone, &event, much, sizeof(much)) == -EINVAL);
    end();
}

// ---- what else belongs to a bond

static void subscriptions(void) {
    bonded(false, true, 'J');
    drain();
    conn->att.notify = 6;
    ble_smp_subscribed(&alone, conn);
    told_is(BLE_EVENT_SECRET_SET);
    uint8_t identity[7];
    ble_bond_identity(&peer.address, identity);
    secret_t *s = store_find(BLE_SECRET_SUBSCRIPTIONS, 0, identity, 7);
    alone_check(s != NULL && s->length == BLE_SUBSCRIPTIONS_SIZE);
    conn->att.notify = 4;
    ble_smp_subscribed(&alone, conn);
    again(false); // the link ends before the store has it
    alone_check(conn->att.notify == 0);
    encryption_begins(peer.key, 16, unnamed);
    alone_check(conn->att.notify == 0); // not before the peer has shown its key
    encryption_event(0, true);
    drain();
    alone_check(conn->att.notify == 4);
    end();
    for (int i = 0; i < 2; i++) { // those from before the bond, and what the peer's client can
        begin(true, BLE_NO_INPUT_OUTPUT, true, false);
        conn->att.notify = i ? 0 : 8;
        conn->att.features = i;
        features();
        authenticate('J', true);
        encrypt();
        distribute();
        told_is(BLE_EVENT_SECRET_SET, BLE_EVENT_ENCRYPTION, BLE_EVENT_SECRET_SET, BLE_EVENT_PAIRED);
        end();
    }
}

// A peer that pairs anew has subscribed to nothing, whatever it had with the bond before.
static void subscriptions_anew(void) {
    bonded(false, true, 'J');
    drain();
    conn->att.notify = 6;
    ble_smp_subscribed(&alone, conn);
    again(false);
    request();
    drain();
    memcpy(peer.response + 1, sent(BLE_SMP_PAIRING_RESPONSE, 6), 6);
    authenticate('J', true);
    encrypt();
    distribute();
    alone_check(conn->bonded && conn->att.notify == 0);
    again(false);
    encryption_begins(peer.key, 16, unnamed);
    encryption_event(0, true);
    drain();
    alone_check(conn->bonded && conn->att.notify == 0);
    end();
}

// The hash of our services that is kept is the one that the peer knows.
static const uint8_t *kept_hash(void) {
    uint8_t identity[7];
    drain();
    ble_bond_identity(&peer.address, identity);
    return store_find(BLE_SECRET_SUBSCRIPTIONS, 0, identity, 7)->value + 1;
}

static void services_change(void) {
    static const uint8_t unknown[16];
    static ble_service_t service = { .uuid = { 2, { 0, 0xa0 } } };
    static const uint8_t confirmation = BLE_ATT_CONFIRMATION;
    for (int i = 0; i < 4; i++) {
        bonded(false, true, 'J');
        drain();
        conn->att.indicate = 1; // Service Changed
        ble_smp_subscribed(&alone, conn);
        alone_check(memcmp(kept_hash(), ble_gatts_hash(&alone), 16) == 0);
        alone_completes = i < 2; // there is room for it, or not
        alone_check(ble_gatts_add(&alone, &service) == 0);
        ble_smp_subscribed(&alone, conn);
        alone_check(memcmp(kept_hash(), unknown, 16) == 0);
        if (i & 1) {
            ble_smp_subscribed(&alone, conn);
            alone_disconnect(HANDLE, 0x13);
            alone_check(memcmp(kept_hash(), unknown, 16) == 0);
        } else {
            alone_l2cap(HANDLE, BLE_CID_ATT, &confirmation, 1);
            alone_check(memcmp(kept_hash(), ble_gatts_hash(&alone), 16) == 0);
        }
        ble_gatts_clear(&alone);
        alone_completes = true;
        end();
    }
}

// A peer that was faster than the store.
static void known_later(void) {
    bonded(false, true, 'J');
    drain();
    ble_address_t private = private_address(3), bonded_as = peer.address;
    alone_stop();
    store_is_slow = true;
    alone_start();
    drain();
    connect(false);
    conn->peer = conn->identity = private;
    key_request(unnamed);
    drain();
    store_is_slow = false;
    event = slow_event;
    store_event();
    drain();
    alone_check(conn->identity.type == 2 && memcmp(conn->identity.octets, bonded_as.octets, 6) == 0);
    uint8_t p[255];
    alone_check(alone_sent_command(BLE_HCI_LE_KEY_REPLY, p) == 18 && memcmp(p + 2, peer.key, 16) == 0);
    alone_disconnect(HANDLE, 0x13);
    end();
}

// While two pair the controller gets the key of this pairing alone, and not before both have shown that they have it.
static void key_of_a_pairing(void) {
    begin(false, BLE_NO_INPUT_OUTPUT, true, false);
    features();
    sc_keys();
    sc_randoms();
    key_request(unnamed);
    negative();
    sc_checks(false);
    key_request(own_ediv_rand);
    negative();
    encrypt();
    end();
}

int main(void) {
    int count = 0;
    if (BLE_CENTRAL) {
        RUN(central_encrypts);
    }
    RUN(peripheral_answers);
    RUN(peripheral_asks);
    RUN(slow_store);
    RUN(closed_while_asked);
    if (BLE_CENTRAL) {
        RUN(peer_has_lost_it);
    }
    RUN(resolves);
#if BLE_CENTRAL
    RUN(reaches_private);
#endif
    RUN(no_irk);
    RUN(own_identity);
    RUN(own_key_comes_late);
    RUN(many_bonds);
    RUN(slow_to_store);
    RUN(bad_records);
    RUN(subscriptions);
    RUN(subscriptions_anew);
    RUN(services_change);
    if (BLE_CENTRAL) {
        RUN(known_later);
    }
    RUN(key_of_a_pairing);
    printf("%d cases\n", count);
    return 0;
}
