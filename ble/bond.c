// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The application's store of secrets, asked for one at a time, and the bonds at hand.
#include "host.h"

#include "crypto.h"

#if BLE_PAIRINGS

// What is loaded next, when bonding is on.
enum { LOAD_NOTHING, LOAD_IDENTITY, LOAD_NEW_IDENTITY, LOAD_BONDS };

// Values of `asked` beside BLE_WANT_*.
enum { ASKED_NOTHING, ASKED_LOAD = 255 };

static const uint8_t nobody[7] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

void ble_bond_identity(const ble_address_t *address, uint8_t identity[7]) {
    identity[0] = address->type & 1;
    memcpy(identity + 1, address->octets, 6);
}

// The address that we are known by: that of this connection unless it is a private one.
void ble_bond_own_identity(ble_t *b, const ble_conn_t *c, uint8_t identity[7]) {
    bool private = c->own.type != BLE_ADDRESS_PUBLIC && (c->own.octets[5] & 0xc0) != 0xc0;
    ble_address_t address = c->own;
    if (private && memcmp(b->hci.public_address.octets, "\0\0\0\0\0", 6) != 0) {
        address = b->hci.public_address;
    } else if (private) {
        address.type = BLE_ADDRESS_RANDOM;
        memcpy(address.octets, b->gap.static_address, 6);
    }
    ble_bond_identity(&address, identity);
}

// ---- the bonds at hand

ble_bond_t *ble_bond_find(ble_t *b, const uint8_t identity[7]) {
    for (unsigned i = 0; i < BLE_BONDS; i++) {
        if (memcmp(b->security.bonds[i].identity, identity, 7) == 0) {
            return &b->security.bonds[i];
        }
    }
    return NULL;
}

bool ble_bond_possible(ble_t *b, const ble_address_t *address) {
    uint8_t identity[7];
    ble_bond_identity(address, identity);
    return ble_bond_find(b, identity) != NULL || b->security.more
           || (b->security.settings.bonding && !b->security.loaded);
}

bool ble_bond_weaker(uint8_t flags, uint8_t key_size, uint8_t than_flags, uint8_t than_key_size) {
    uint8_t lost = than_flags & ~flags & (BLE_BOND_SECURE | BLE_BOND_AUTHENTICATED);
    return lost != 0 || key_size < than_key_size;
}

static ble_bond_t *place(ble_t *b, const uint8_t identity[7]) {
    ble_security_state_t *s = &b->security;
    ble_bond_t *bond = ble_bond_find(b, identity);
    if (bond == NULL) {
        bond = ble_bond_find(b, nobody);
    }
    if (bond == NULL) {
        bond = &s->bonds[s->oldest];
        s->oldest = (s->oldest + 1) % BLE_BONDS;
        s->more = true;
    }
    return bond;
}

void ble_bond_keep(ble_t *b, const ble_bond_record_t *record) {
    ble_bond_t *bond = place(b, record->identity);
    if (memcmp(bond->identity, record->identity, 7) != 0) {
        memset(bond->air, 0, 6); // another one's
    }
    memcpy(bond->identity, record->identity, 7);
    bond->flags = (record->flags & (BLE_BOND_SECURE | BLE_BOND_AUTHENTICATED)) | record->key_size << 2;
    memset(bond->irk, 0, sizeof(bond->irk));
    if (record->flags & BLE_BOND_IRK) {
        memcpy(bond->irk, record->irk, 16);
    }
}

void ble_bond_forget(ble_t *b, const uint8_t identity[7]) {
    ble_bond_t *bond = ble_bond_find(b, identity);
    if (bond != NULL) {
        memset(bond, 0, sizeof(*bond));
        memcpy(bond->identity, nobody, 7);
    }
}

// A key of zeros is what devices without private addresses give (Core, Vol 3, Part C, 10.7).
static bool has_irk(const ble_bond_t *bond) {
    static const uint8_t none[16];
    return memcmp(bond->irk, none, 16) != 0;
}

bool ble_smp_resolve(ble_t *b, const ble_address_t *peer, ble_address_t *identity) {
    bool resolvable = peer->type == BLE_ADDRESS_RANDOM && (peer->octets[5] & 0xc0) == 0x40;
    for (unsigned i = 0; i < BLE_BONDS && resolvable; i++) {
        ble_bond_t *bond = &b->security.bonds[i];
        uint8_t hash[3];
        if (has_irk(bond)) {
            ble_ah(bond->irk, peer->octets + 3, hash);
            if (memcmp(hash, peer->octets, 3) == 0) {
                memcpy(bond->air, peer->octets, 6);
                identity->type = bond->identity[0] | BLE_ADDRESS_PUBLIC_IDENTITY;
                memcpy(identity->octets, bond->identity + 1, 6);
                return true;
            }
        }
    }
    return false;
}

static ble_bond_t *bond_of(ble_t *b, const ble_address_t *peer) {
    uint8_t identity[7];
    ble_bond_identity(peer, identity);
    return ble_bond_find(b, identity);
}

void ble_bond_heard(ble_t *b, const ble_address_t *air, ble_address_t *peer) {
    ble_bond_t *bond;
    *peer = *air;
    if (!ble_smp_resolve(b, air, peer) && (bond = bond_of(b, air)) != NULL) {
        memset(bond->air, 0, 6);
    }
}

void ble_bond_reach(ble_t *b, ble_address_t *peer) {
    static const uint8_t none[6];
    const ble_bond_t *bond = bond_of(b, peer);
    if (bond != NULL && memcmp(bond->air, none, 6) != 0) {
        peer->type = BLE_ADDRESS_RANDOM;
        memcpy(peer->octets, bond->air, 6);
    }
}

void ble_smp_own_irk(ble_t *b, uint8_t irk[16]) {
    memcpy(irk, b->security.identity.irk, 16);
}

// ---- what the store has answered

// The record, if it is one and that of `identity` (NULL: whose ever).
static ble_bond_record_t *record_of(ble_t *b, size_t length, const uint8_t *identity) {
    ble_bond_record_t *r = (void *)b->security.answer;
    bool valid = length == sizeof(*r) && r->version == BLE_BOND_VERSION && r->key_size >= 7 && r->key_size <= 16
                 && r->identity[0] <= BLE_ADDRESS_RANDOM
                 && (identity == NULL || memcmp(r->identity, identity, 7) == 0);
    return valid ? r : NULL;
}

// Peers that were faster are known now, and so is our key for private addresses.
static void load_end(ble_t *b) {
    b->security.load = LOAD_NOTHING;
    b->security.loaded = true;
    ble_address_renew(b);
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        ble_conn_t *c = &b->conns[i];
        if (c->state == BLE_CONN_OPEN) {
            ble_smp_resolve(b, &c->peer, &c->identity);
        }
    }
}

// Ours is stored only when the store is known to have none: one that does not answer may have it.
static void identity_answered(ble_t *b, size_t length, bool late) {
    ble_security_state_t *s = &b->security;
    const ble_identity_record_t *r = (const void *)s->answer;
    if (length == sizeof(*r) && r->version == BLE_BOND_VERSION) {
        s->identity = *r;
        memcpy(b->gap.static_address, r->static_address, 6);
        s->load = LOAD_BONDS;
    } else {
        memcpy(s->identity.static_address, b->gap.static_address, 6);
        s->load = late ? LOAD_BONDS : LOAD_NEW_IDENTITY;
    }
}

static void bond_answered(ble_t *b, size_t length, bool late) {
    ble_security_state_t *s = &b->security;
    const ble_bond_record_t *r = record_of(b, length, NULL);
    s->more = late || (length != 0 && s->bond_index >= BLE_BONDS);
    if (length == 0 || s->bond_index >= BLE_BONDS) {
        load_end(b);
        return;
    }
    if (r != NULL) {
        ble_bond_keep(b, r);
    }
    s->bond_index++;
}

static void load_answered(ble_t *b, size_t length, bool late) {
    if (b->security.load == LOAD_IDENTITY) {
        identity_answered(b, length, late);
    } else if (b->security.load == LOAD_NEW_IDENTITY) {
        b->security.load = LOAD_BONDS;
    } else {
        bond_answered(b, length, late);
    }
}

// Nobody waits for an answer when the link has gone, or when the question has been put anew meanwhile.
static void conn_answered(ble_t *b, ble_conn_t *c, uint8_t what, size_t length, bool late) {
    if (what == BLE_WANT_STORE) {
        ble_smp_stored(b, c);
    } else if (c->state != BLE_CONN_OPEN || (c->smp.want & what)) {
        return;
    } else if (BLE_SIGNED_WRITES && what == BLE_WANT_SIGNATURE) {
        ble_sign_answered(b, c, late ? NULL : record_of(b, length, b->security.asked_key));
    } else if (late) {
        ble_keys_not_found(b, c, what);
    } else if (what == BLE_WANT_SUBSCRIPTIONS) {
        ble_gatts_subscriptions_set(b, c, b->security.answer, length);
        ble_gatts_bonded(b, c);
    } else if (!(what & (BLE_WANT_STORE_SUBSCRIPTIONS | BLE_WANT_STORE_COUNTERS))) {
        const ble_bond_record_t *record = record_of(b, length, b->security.asked_key);
        if (record == NULL) {
            ble_bond_forget(b, b->security.asked_key);
        }
        ble_keys_found(b, c, what, record);
    }
}

// ---- one question after another

static void next(ble_t *b);

// `asked` stays set so that nothing is asked, and so `answer` is not written, before this is over.
static void answered(ble_t *b, size_t length, bool late) {
    ble_security_state_t *s = &b->security;
    uint8_t what = s->asked;
    ble_conn_t *c = s->asked_for;
    if (what == ASKED_LOAD) {
        load_answered(b, length, late);
    } else if (what != ASKED_NOTHING) {
        conn_answered(b, c, what, length, late);
    }
    if (s->asked != what) {
        return; // what was answered is given back, changed
    }
    s->asked = ASKED_NOTHING;
    s->asked_for = NULL;
    if (c != NULL) {
        ble_smp_settle(b, c);
    }
}

static void secret_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    (void)source;
    if (!late) {
        answered(b, answer > 0 ? answer : 0, false);
    }
    next(b);
}

// A question counts as answered with no; what is to be stored must stay where it is until it is given back.
static void secret_expired(ble_t *b, ble_timer_t *timer) {
    (void)timer;
    if (b->security.secret.event.type != BLE_EVENT_SECRET_SET) {
        b->security.secret.late = true;
        answered(b, 0, true);
    }
}

static void ask(ble_t *b, bool set, uint8_t type, uint8_t index, bool keyed, const void *value, size_t length) {
    ble_security_state_t *s = &b->security;
    uint16_t connection = s->asked_for != NULL ? s->asked_for->handle : BLE_NO_CONNECTION;
    ble_event_t *event = ble_source_event(&s->secret, set ? BLE_EVENT_SECRET_SET : BLE_EVENT_SECRET_GET, connection);
    event->secret.type = type;
    event->secret.index = index;
    event->secret.key = keyed ? s->asked_key : NULL;
    event->secret.key_length = keyed ? sizeof(s->asked_key) : 0;
    event->secret.value = length != 0 ? value : NULL;
    event->secret.value_length = length;
    ble_source_tell(b, &s->secret);
}

void ble_bond_rewrite(ble_t *b) {
    b->security.asked = BLE_WANT_STORE_COUNTERS;
    ask(b, true, BLE_SECRET_BOND, 0, true, b->security.answer, sizeof(ble_bond_record_t));
}

static void ask_load(ble_t *b) {
    ble_security_state_t *s = &b->security;
    s->asked = ASKED_LOAD;
    if (s->load == LOAD_IDENTITY) {
        ask(b, false, BLE_SECRET_IDENTITY, 0, false, NULL, 0);
    } else if (s->load == LOAD_NEW_IDENTITY) {
        ask(b, true, BLE_SECRET_IDENTITY, 0, false, &s->identity, sizeof(s->identity));
    } else {
        ask(b, false, BLE_SECRET_BOND, s->bond_index, false, NULL, 0);
    }
}

static void ask_for(ble_t *b, ble_conn_t *c) {
    ble_security_state_t *s = &b->security;
    ble_smp_t *smp = &c->smp;
    uint8_t what = smp->want & -smp->want;
    const ble_pairing_t *p = c->pairing;
    smp->want &= ~what;
    s->asked = what;
    s->asked_for = c;
    ble_bond_identity(&c->identity, s->asked_key);
    if (what == BLE_WANT_STORE) {
        memcpy(s->asked_key, p->record.identity, 7);
        ask(b, true, BLE_SECRET_BOND, 0, true, &p->record, sizeof(p->record));
    } else if (what == BLE_WANT_SUBSCRIPTIONS) {
        ask(b, false, BLE_SECRET_SUBSCRIPTIONS, 0, true, NULL, 0);
    } else if (what == BLE_WANT_STORE_SUBSCRIPTIONS) {
        size_t length = sizeof(s->answer);
        ble_gatts_subscriptions_get(b, c, s->answer, &length);
        ask(b, true, BLE_SECRET_SUBSCRIPTIONS, 0, true, s->answer, length);
    } else {
        if (what == BLE_WANT_CHECK && p->check != 0) {
            memcpy(s->asked_key, p->record.identity, 7);
        }
        ask(b, false, BLE_SECRET_BOND, 0, true, NULL, 0);
    }
}

static void next(ble_t *b) {
    ble_security_state_t *s = &b->security;
    if (s->asked != ASKED_NOTHING || !ble_source_idle(&s->secret)) {
        return;
    }
    if (s->load != LOAD_NOTHING) {
        ask_load(b);
        return;
    }
    for (unsigned i = 1; i <= BLE_CONNECTIONS; i++) {
        unsigned at = (s->turn + i) % BLE_CONNECTIONS;
        ble_conn_t *c = &b->conns[at];
        if (c->state != BLE_CONN_FREE && c->smp.want != 0) {
            s->turn = at;
            ask_for(b, c);
            return;
        }
    }
}

void ble_bond_want(ble_t *b, ble_conn_t *c, unsigned what) {
    c->smp.want |= what;
    next(b);
}

bool ble_bond_quiet(ble_t *b, ble_conn_t *c) {
    return c->smp.want == 0 && b->security.asked_for != c;
}

void ble_bond_load(ble_t *b) {
    if (!b->security.loaded && b->security.load == LOAD_NOTHING) {
        b->security.load = LOAD_IDENTITY;
        next(b);
    }
}

void ble_bond_init(ble_t *b) {
    for (unsigned i = 0; i < BLE_BONDS; i++) {
        memcpy(b->security.bonds[i].identity, nobody, 7);
    }
    b->security.answer_timer.expired = secret_expired;
    ble_source_init(&b->security.secret, BLE_CLASS_SECURITY, secret_done, &b->security.answer_timer);
}

#endif // BLE_PAIRINGS
