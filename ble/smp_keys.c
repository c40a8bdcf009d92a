// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Encryption, with a pairing's key or a bond's, and the keys that the two sides give each other behind it (Core, Vol 3,
// Part H, 2.4 and 3.6).
#include "host.h"

#include "crypto.h"

#if BLE_PAIRINGS

// ---- the controller's part

// Octets behind the key's size are 0 (2.3.4).
static void key_cut(uint8_t key[16], uint8_t size) {
    memset(key + size, 0, 16 - size);
}

// A peer in a pairing has no other way to know, and would wait for 30 s.
static void encryption_failed(ble_t *b, ble_conn_t *c, int error) {
    if (c->pairing != NULL && c->pairing->encrypting) {
        const uint8_t reason = BLE_SMP_UNSPECIFIED;
        ble_smp_send(b, c, BLE_SMP_FAILED, &reason, 1);
        ble_smp_end(b, c, error);
    } else if (c->smp.state == BLE_SMP_ENCRYPTING) {
        ble_smp_end(b, c, error);
        ble_smp_tell(b, c, BLE_TELL_ENCRYPTION);
    }
}

static void start_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    (void)answer, (void)length;
    ble_conn_t *c = ble_conn_find(b, (uintptr_t)context);
    if (c != NULL && status != 0) {
        encryption_failed(b, c, -EIO);
    }
}

// As central (Core, Vol 4, Part E, 7.8.24).
static void encryption_start(ble_t *b, ble_conn_t *c, const ble_bond_key_t *key) {
    uint8_t p[28];
    ble_put16(p, c->handle);
    memcpy(p + 2, key->rand, 8);
    memcpy(p + 10, key->ediv, 2);
    memcpy(p + 12, key->ltk, 16);
    if (ble_command(b, BLE_HCI_LE_START_ENCRYPTION, p, sizeof(p), start_done, (void *)(uintptr_t)c->handle) != 0) {
        encryption_failed(b, c, -ENOMEM);
    }
}

// As peripheral.
static void key_refuse(ble_t *b, ble_conn_t *c) {
    uint8_t p[2];
    ble_put16(p, c->handle);
    ble_reply(b, BLE_HCI_LE_KEY_NEGATIVE_REPLY, p, sizeof(p), NULL, NULL);
}

// A controller that does not take the key would let the central wait.
static void reply_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    (void)answer, (void)length;
    ble_conn_t *c = ble_conn_find(b, (uintptr_t)context);
    if (c != NULL && status != 0) {
        c->smp.key_given = false;
        key_refuse(b, c);
        encryption_failed(b, c, -EIO);
    }
}

static void key_reply(ble_t *b, ble_conn_t *c, const uint8_t *key) {
    uint8_t p[18];
    ble_put16(p, c->handle);
    memcpy(p + 2, key, 16);
    ble_reply(b, BLE_HCI_LE_KEY_REPLY, p, sizeof(p), reply_done, (void *)(uintptr_t)c->handle);
}

// ---- with a pairing's key

void ble_keys_encrypt(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    key_cut(p->key, p->key_size);
    p->encrypting = true;
    if (ble_is_central(c)) {
        ble_bond_key_t key = { .ediv = { 0 } };
        memcpy(key.ltk, p->key, 16);
        encryption_start(b, c, &key);
    }
}

// ---- with a bond's

// Good enough for what the application, or the peer, asks for now.
static bool is_good(ble_t *b, const ble_conn_t *c, const ble_bond_record_t *record) {
    const ble_security_t *s = &b->security.settings;
    return record->key_size >= s->key_size && ((record->flags & BLE_BOND_SECURE) || !s->secure_only)
           && (!ble_is_central(c) || !c->smp.mitm || (record->flags & BLE_BOND_AUTHENTICATED));
}

static void key_given(ble_conn_t *c, const ble_bond_record_t *record) {
    c->smp.key_given = true;
    c->smp.key_authenticated = record->flags & BLE_BOND_AUTHENTICATED;
    c->smp.key_size = record->key_size;
}

static void found_for_central(ble_t *b, ble_conn_t *c, const ble_bond_record_t *record) {
    if (c->smp.state != BLE_SMP_LOOKING) {
        return;
    }
    if (record != NULL && (record->flags & BLE_BOND_PEER_KEY) && is_good(b, c, record)) {
        c->smp.state = BLE_SMP_ENCRYPTING;
        key_given(c, record);
        encryption_start(b, c, &record->peers);
        return;
    }
    c->smp.state = BLE_SMP_IDLE;
    int error = ble_smp_begin(b, c);
    if (error != 0) {
        ble_smp_end(b, c, error);
    }
}

static bool is_asked_for(const ble_conn_t *c, const ble_bond_key_t *key) {
    return ble_get16(key->ediv) == c->smp.ediv && memcmp(key->rand, c->smp.rand, 8) == 0;
}

static void found_for_peripheral(ble_t *b, ble_conn_t *c, const ble_bond_record_t *record) {
    bool found = record != NULL && (record->flags & BLE_BOND_OUR_KEY) && is_asked_for(c, &record->ours)
                 && is_good(b, c, record);
    if (c->pairing == NULL && c->smp.state != BLE_SMP_ASKED) {
        ble_timer_clear(b, &c->smp.timer);
    }
    if (found) {
        key_given(c, record);
        key_reply(b, c, record->ours.ltk);
    } else {
        key_refuse(b, c);
    }
}

// The weaker one does not take the place of the better one, nor one that nobody vouches for that of another device's.
static void found_for_check(ble_t *b, ble_conn_t *c, const ble_bond_record_t *record) {
    ble_pairing_t *p = c->pairing;
    uint8_t flags = ble_pairing_flags(p);
    bool refused = record != NULL
                   && (ble_bond_weaker(flags, p->key_size, record->flags, record->key_size)
                       || (p->check != 0 && !p->authenticated));
    p->checking = false;
    if (refused) {
        ble_smp_fail(b, c, p->check == 0 ? BLE_SMP_AUTHENTICATION_REQUIREMENTS : BLE_SMP_KEY_REJECTED);
    } else if (p->check == 0) {
        ble_smp_agreed(b, c);
    } else {
        ble_keys_checked(b, c);
    }
}

// The store has not answered: nobody knows what a new bond would replace.
void ble_keys_not_found(ble_t *b, ble_conn_t *c, uint8_t what) {
    if (what == BLE_WANT_KEY) {
        found_for_peripheral(b, c, NULL);
    } else if (what == BLE_WANT_ENCRYPTION && c->smp.state == BLE_SMP_LOOKING) {
        ble_smp_end(b, c, -EAGAIN);
    } else if (what == BLE_WANT_CHECK && c->pairing != NULL && c->pairing->checking) {
        ble_smp_fail(b, c, BLE_SMP_UNSPECIFIED);
    }
}

void ble_keys_found(ble_t *b, ble_conn_t *c, uint8_t what, const ble_bond_record_t *record) {
    if (what == BLE_WANT_KEY) {
        found_for_peripheral(b, c, record);
    } else if (what == BLE_WANT_ENCRYPTION) {
        found_for_central(b, c, record);
    } else if (what == BLE_WANT_CHECK && c->pairing != NULL && c->pairing->checking) {
        found_for_check(b, c, record);
    }
}

// The store has not been asked in time: the application has something else in hand.
static void request_expired(ble_t *b, ble_timer_t *timer) {
    ble_conn_t *c = BLE_OWNER(timer, ble_conn_t, smp.timer);
    if (c->smp.want & BLE_WANT_KEY) {
        c->smp.want &= ~BLE_WANT_KEY;
        found_for_peripheral(b, c, NULL);
    }
}

void ble_smp_key_request(ble_t *b, ble_conn_t *c, const uint8_t rand[8], uint16_t ediv) {
    static const uint8_t zero[8];
    ble_smp_t *s = &c->smp;
    bool named = ediv != 0 || memcmp(rand, zero, 8) != 0;
    if (ble_is_central(c)) {
        return;
    }
    if (c->pairing != NULL && !c->pairing->storing) {
        if (c->pairing->encrypting && !named) {
            key_reply(b, c, c->pairing->key);
        } else {
            key_refuse(b, c);
        }
        return;
    }
    s->ediv = ediv;
    memcpy(s->rand, rand, 8);
    if (s->state == BLE_SMP_IDLE) {
        s->timer.expired = request_expired;
        ble_timer_set(b, &s->timer, BLE_ANSWER_MS);
    }
    ble_bond_want(b, c, BLE_WANT_KEY);
}

// ---- keys for each other

static void record_begin(ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    ble_bond_record_t *r = &p->record;
    memset(r, 0, sizeof(*r)); // it takes the place of the random numbers
    r->version = BLE_BOND_VERSION;
    r->key_size = p->key_size;
    r->flags = ble_pairing_flags(p);
    ble_bond_identity(&c->identity, r->identity);
    if (p->secure) {
        r->flags |= BLE_BOND_OUR_KEY | BLE_BOND_PEER_KEY;
        memcpy(r->ours.ltk, p->key, 16);
        memcpy(r->peers.ltk, p->key, 16);
    }
}

static bool key_send(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint8_t *key = (uint8_t *)&p->record.ours; // then EDIV and Rand, as they are sent
    ble_random(b, key, sizeof(p->record.ours));
    key_cut(key, p->key_size);
    p->record.flags |= BLE_BOND_OUR_KEY;
    return ble_smp_send(b, c, BLE_SMP_ENCRYPTION_INFORMATION, key, 16)
           && ble_smp_send(b, c, BLE_SMP_CENTRAL_IDENTIFICATION, key + 16, 10);
}

static bool identity_send(ble_t *b, ble_conn_t *c) {
    uint8_t identity[7];
    ble_bond_own_identity(b, c, identity);
    return ble_smp_send(b, c, BLE_SMP_IDENTITY_INFORMATION, b->security.identity.irk, 16)
           && ble_smp_send(b, c, BLE_SMP_IDENTITY_ADDRESS, identity, 7);
}

static bool csrk_send(ble_t *b, ble_conn_t *c) {
    ble_bond_record_t *r = &c->pairing->record;
    ble_random(b, r->our_csrk, sizeof(r->our_csrk));
    r->flags |= BLE_BOND_OUR_CSRK;
    return ble_smp_send(b, c, BLE_SMP_SIGNING_INFORMATION, r->our_csrk, 16);
}

static bool keys_send(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint16_t send = p->send;
    p->send = 0;
    return (!(send >> BLE_SMP_ENCRYPTION_INFORMATION & 1) || key_send(b, c))
           && (!(send >> BLE_SMP_IDENTITY_INFORMATION & 1) || identity_send(b, c))
           && (!(send >> BLE_SMP_SIGNING_INFORMATION & 1) || csrk_send(b, c));
}

// An identity to keep the bond by: not a private address, which is another one tomorrow.
static bool is_identity(const uint8_t identity[7]) {
    return identity[0] == BLE_ADDRESS_PUBLIC || (identity[6] & 0xc0) == 0xc0;
}

static bool is_worth_storing(const ble_pairing_t *p) {
    return p->bonding && (p->record.flags & (BLE_BOND_OUR_KEY | BLE_BOND_PEER_KEY)) && is_identity(p->record.identity);
}

// The record waits in the pairing's place until the store has it. The application hears of that and then of the
// encryption, before anything that the peer does next.
static void complete(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    p->distributing = false;
    p->storing = true;
    ble_smp_key_drop(b);
    ble_timer_clear(b, &c->smp.timer);
    c->bonded = is_worth_storing(p);
    if (c->bonded) {
        bool anew = ble_bond_possible(b, &c->identity); // what the store has of its subscriptions is of the bond before
        ble_address_t identity;
        ble_bond_keep(b, &p->record);
        ble_smp_resolve(b, &c->peer, &identity); // that is its address now
        ble_bond_want(b, c, BLE_WANT_STORE);
        if (anew || (c->att.notify | c->att.indicate | c->att.features) != 0) {
            ble_smp_subscribed(b, c);
        }
    }
    ble_smp_tell(b, c, BLE_TELL_ENCRYPTION);
    if (!c->bonded) {
        ble_smp_end(b, c, 0);
    } else {
        c->smp.status = 0;
        ble_smp_tell(b, c, BLE_TELL_PAIRED);
    }
}

// The peripheral gives its keys first; what it has been promised follows.
static void keys_next(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    if ((!ble_is_central(c) || p->receive == 0) && !keys_send(b, c)) {
        ble_smp_end(b, c, -ENOMEM);
    } else if (p->receive != 0) {
        p->expected = p->receive & -p->receive;
    } else {
        complete(b, c);
    }
}

// Whether the peer's private address is one of those that its key gives.
static bool resolves(const ble_address_t *peer, const uint8_t irk[16]) {
    uint8_t hash[3];
    ble_ah(irk, peer->octets + 3, hash);
    return memcmp(hash, peer->octets, 3) == 0;
}

static bool is_resolvable(const ble_address_t *peer) {
    return (peer->type & 1) == BLE_ADDRESS_RANDOM && (peer->octets[5] & 0xc0) == 0x40;
}

void ble_keys_checked(ble_t *b, ble_conn_t *c) {
    const ble_bond_record_t *r = &c->pairing->record;
    c->identity.type = r->identity[0] | (is_resolvable(&c->peer) ? BLE_ADDRESS_PUBLIC_IDENTITY : 0);
    memcpy(c->identity.octets, r->identity + 1, 6);
    keys_next(b, c);
}

// The peer says who it is. Where that is a bonded device, and not the one that it came as, the store is asked whether
// this device is still bonded.
static void identity_received(ble_t *b, ble_conn_t *c, const uint8_t *identity) {
    ble_pairing_t *p = c->pairing;
    uint8_t came[7];
    ble_bond_identity(&c->identity, came);
    if (identity[0] > BLE_ADDRESS_RANDOM || !is_identity(identity)) {
        ble_smp_fail(b, c, BLE_SMP_INVALID_PARAMETERS);
        return;
    }
    if (is_resolvable(&c->peer) && !resolves(&c->peer, p->record.irk)) {
        ble_smp_fail(b, c, BLE_SMP_KEY_REJECTED);
        return;
    }
    ble_address_t claimed = { .type = identity[0] };
    memcpy(claimed.octets, identity + 1, 6);
    memcpy(p->record.identity, identity, 7);
    p->check = 1;
    if (memcmp(identity, came, 7) != 0 && ble_bond_possible(b, &claimed)) {
        p->checking = true;
        ble_bond_want(b, c, BLE_WANT_CHECK);
    } else {
        ble_keys_checked(b, c);
    }
}

void ble_keys_received(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    ble_bond_record_t *r = &p->record;
    p->receive &= ~(1u << pdu[0]);
    switch (pdu[0]) {
        case BLE_SMP_ENCRYPTION_INFORMATION:
            memcpy(r->peers.ltk, pdu + 1, 16);
            key_cut(r->peers.ltk, p->key_size);
            break;
        case BLE_SMP_CENTRAL_IDENTIFICATION:
            memcpy(r->peers.ediv, pdu + 1, 2);
            memcpy(r->peers.rand, pdu + 3, 8);
            r->flags |= BLE_BOND_PEER_KEY;
            break;
        case BLE_SMP_IDENTITY_INFORMATION:
            memcpy(r->irk, pdu + 1, 16);
            r->flags |= BLE_BOND_IRK;
            break;
        case BLE_SMP_IDENTITY_ADDRESS:
            identity_received(b, c, pdu + 1);
            return;
        case BLE_SMP_SIGNING_INFORMATION:
            memcpy(r->peer_csrk, pdu + 1, 16);
            r->flags |= BLE_BOND_PEER_CSRK;
    }
    keys_next(b, c);
}

// ---- the link is encrypted, or is not

static void encrypted_by_pairing(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    c->encrypted = true;
    c->authenticated = p->authenticated;
    c->key_size = p->key_size;
    c->bonded = false;
    p->encrypting = false;
    p->distributing = true;
    record_begin(c);
    keys_next(b, c);
}

static void encrypted_by_bond(ble_t *b, ble_conn_t *c) {
    c->encrypted = true;
    c->authenticated = c->smp.key_authenticated;
    c->key_size = c->smp.key_size;
    c->bonded = true;
    c->smp.key_given = false;
    c->smp.state = BLE_SMP_IDLE;
    if (c->pairing == NULL) {
        ble_timer_clear(b, &c->smp.timer);
    }
    ble_bond_want(b, c, BLE_WANT_SUBSCRIPTIONS);
    ble_smp_tell(b, c, BLE_TELL_ENCRYPTION);
}

void ble_smp_encryption_changed(ble_t *b, ble_conn_t *c, uint8_t status, bool on) {
    if (status != 0) {
        c->smp.key_given = false;
        encryption_failed(b, c, status == BLE_STATUS_KEY_MISSING ? -ENOENT : -EIO);
    } else if (!on) {
        c->encrypted = c->authenticated = false;
        ble_smp_tell(b, c, BLE_TELL_ENCRYPTION);
    } else if (c->pairing != NULL && c->pairing->encrypting) {
        encrypted_by_pairing(b, c);
    } else if (c->smp.key_given) {
        encrypted_by_bond(b, c);
    }
}

#endif // BLE_PAIRINGS
