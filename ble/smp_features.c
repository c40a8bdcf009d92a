// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The first phase of pairing: what both can and want, and so which method (Core, Vol 3, Part H, 2.3.5.1).
#include "host.h"

#if BLE_PAIRINGS

// Ours: the largest key that there is.
#define KEY_SIZE_MAX (16)

uint8_t ble_smp_auth(ble_t *b) {
    const ble_security_t *s = &b->security.settings;
    return BLE_AUTH_SECURE | (s->bonding ? BLE_AUTH_BONDING : 0) | (s->mitm ? BLE_AUTH_MITM : 0);
}

bool ble_smp_can_authenticate(ble_t *b) {
    return b->security.settings.io != BLE_NO_INPUT_OUTPUT;
}

// ---- the method

enum { JW = BLE_METHOD_JUST_WORKS, NC = BLE_METHOD_COMPARE, IN = BLE_METHOD_INPUT, RE = BLE_METHOD_DISPLAY };

// (Table 2.8) By the responder's and the initiator's capability. IN: the initiator displays, so the responder types.
// RE: the responder displays. Both type where both can only type.
static const uint8_t methods[5][5] = {
    { JW, JW, RE, JW, RE }, // DisplayOnly
    { JW, JW, RE, JW, RE }, // DisplayYesNo
    { IN, IN, IN, JW, IN }, // KeyboardOnly
    { JW, JW, JW, JW, JW }, // NoInputNoOutput
    { IN, IN, RE, JW, IN }, // KeyboardDisplay
};

static bool can_compare(uint8_t io) {
    return io == BLE_DISPLAY_YESNO || io == BLE_KEYBOARD_DISPLAY;
}

// The table is the responder's; the initiator does the other half, but types where both can only type.
static uint8_t io_method(const ble_pairing_t *p, bool central) {
    uint8_t initiator = p->request[BLE_SMP_IO], responder = p->response[BLE_SMP_IO];
    if (p->secure && can_compare(initiator) && can_compare(responder)) {
        return NC;
    }
    uint8_t method = methods[responder][initiator];
    if (method == JW || !central || (initiator == BLE_KEYBOARD_ONLY && responder == BLE_KEYBOARD_ONLY)) {
        return method;
    }
    return method == IN ? BLE_METHOD_DISPLAY : BLE_METHOD_INPUT;
}

static bool is_oob(const ble_pairing_t *p) {
    bool request = p->request[BLE_SMP_OOB], response = p->response[BLE_SMP_OOB];
    return p->secure ? request || response : request && response;
}

static void method_choose(ble_pairing_t *p, bool central) {
    uint8_t either = p->request[BLE_SMP_AUTH] | p->response[BLE_SMP_AUTH];
    if (is_oob(p)) {
        p->method = BLE_METHOD_OOB;
    } else {
        p->method = either & BLE_AUTH_MITM ? io_method(p, central) : BLE_METHOD_JUST_WORKS;
    }
    p->authenticated = p->method != BLE_METHOD_JUST_WORKS;
}

// ---- what was agreed on

// As commands: keys of one kind may take two.
static uint16_t keys_commands(uint8_t keys, bool secure) {
    uint16_t commands = 0;
    if ((keys & BLE_KEYS_ENCRYPTION) && !secure) {
        commands |= 1u << BLE_SMP_ENCRYPTION_INFORMATION | 1u << BLE_SMP_CENTRAL_IDENTIFICATION;
    }
    if (keys & BLE_KEYS_IDENTITY) {
        commands |= 1u << BLE_SMP_IDENTITY_INFORMATION | 1u << BLE_SMP_IDENTITY_ADDRESS;
    }
    if (keys & BLE_KEYS_SIGNING) {
        commands |= 1u << BLE_SMP_SIGNING_INFORMATION;
    }
    return commands;
}

static void keys_agree(ble_pairing_t *p, bool central) {
    uint16_t centrals = keys_commands(p->response[BLE_SMP_CENTRAL_KEYS], p->secure);
    uint16_t peripherals = keys_commands(p->response[BLE_SMP_PERIPHERAL_KEYS], p->secure);
    p->send = central ? centrals : peripherals;
    p->receive = central ? peripherals : centrals;
}

// Why the two commands cannot lead to anything, or 0.
static uint8_t agree(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint8_t both = p->request[BLE_SMP_AUTH] & p->response[BLE_SMP_AUTH];
    uint8_t ours = p->request[BLE_SMP_KEY_SIZE_MAX], theirs = p->response[BLE_SMP_KEY_SIZE_MAX];
    p->secure = both & BLE_AUTH_SECURE;
    p->bonding = both & BLE_AUTH_BONDING;
    p->key_size = ours < theirs ? ours : theirs;
    method_choose(p, ble_is_central(c));
    keys_agree(p, ble_is_central(c));
    if (p->key_size < b->security.settings.key_size) {
        return BLE_SMP_KEY_SIZE;
    }
    if (b->security.settings.secure_only && !p->secure) {
        return BLE_SMP_AUTHENTICATION_REQUIREMENTS;
    }
    // With Secure Connections the peer needs not have told us anything, but what it says that it has of us must be.
    bool told = (ble_is_central(c) ? p->response : p->request)[BLE_SMP_OOB];
    bool possible = p->secure ? !told || b->security.gave_oob : b->security.oob_kind == BLE_OOB_LEGACY;
    return p->method == BLE_METHOD_OOB && !possible ? BLE_SMP_OOB_NOT_AVAILABLE : 0;
}

// A key size that does not exist, or a capability.
static bool is_valid(const uint8_t *pdu) {
    return pdu[BLE_SMP_IO] <= BLE_KEYBOARD_DISPLAY && pdu[BLE_SMP_OOB] <= 1
           && (pdu[BLE_SMP_AUTH] & BLE_AUTH_BONDING_MASK) <= BLE_AUTH_BONDING && pdu[BLE_SMP_KEY_SIZE_MAX] >= 7
           && pdu[BLE_SMP_KEY_SIZE_MAX] <= 16;
}

// A bond that is better than what this pairing would give is not given up for it; the store says whether it is still
// there.
static void bond_check(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint8_t identity[7];
    uint8_t flags = ble_pairing_flags(p);
    ble_bond_identity(&c->identity, identity);
    ble_bond_t *bond = ble_bond_find(b, identity);
    bool better = bond != NULL ? ble_bond_weaker(flags, p->key_size, ble_bond_flags(bond), ble_bond_key_size(bond))
                               : ble_bond_possible(b, &c->identity);
    p->check = 0;
    if (p->bonding && better) {
        p->checking = true;
        ble_bond_want(b, c, BLE_WANT_CHECK);
    } else {
        ble_smp_agreed(b, c);
    }
}

void ble_smp_agreed(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    if (!ble_is_central(c) && !ble_smp_send(b, c, BLE_SMP_PAIRING_RESPONSE, p->response + 1, 6)) {
        ble_smp_end(b, c, -ENOMEM);
    } else if (p->secure) {
        ble_sc_start(b, c);
    } else {
        ble_legacy_start(b, c);
    }
}

// ---- the two commands

static ble_pairing_t *pairing_take(ble_t *b, ble_conn_t *c) {
    for (unsigned i = 0; i < BLE_PAIRINGS; i++) {
        ble_pairing_t *p = &b->security.pairings[i];
        if (p->conn == NULL) {
            memset(p, 0, sizeof(*p));
            p->conn = c;
            c->pairing = p;
            ble_smp_timer(b, c);
            return p;
        }
    }
    return NULL;
}

// With the key of legacy pairing, where the peer may have it, too, that is what we can.
static void features(ble_t *b, uint8_t pdu[7], uint8_t command, uint8_t keys, bool peer_oob) {
    bool legacy = b->security.oob_kind == BLE_OOB_LEGACY;
    bool oob = legacy ? peer_oob && !b->security.settings.secure_only : b->security.oob_kind == BLE_OOB_SECURE;
    pdu[0] = command;
    pdu[BLE_SMP_IO] = b->security.settings.io;
    pdu[BLE_SMP_OOB] = oob;
    pdu[BLE_SMP_AUTH] = ble_smp_auth(b) & ~(legacy && oob ? BLE_AUTH_SECURE : 0);
    pdu[BLE_SMP_KEY_SIZE_MAX] = KEY_SIZE_MAX;
    pdu[BLE_SMP_CENTRAL_KEYS] = keys;
    pdu[BLE_SMP_PERIPHERAL_KEYS] = keys;
}

#define ALL_KEYS (BLE_KEYS_ENCRYPTION | BLE_KEYS_IDENTITY | BLE_KEYS_SIGNING)

int ble_smp_begin(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = pairing_take(b, c);
    if (p == NULL) {
        return -ENOMEM;
    }
    c->smp.state = BLE_SMP_IDLE;
    features(b, p->request, BLE_SMP_PAIRING_REQUEST, b->security.settings.bonding ? ALL_KEYS : 0, true);
    if (c->smp.mitm) {
        p->request[BLE_SMP_AUTH] |= BLE_AUTH_MITM;
    }
    ble_smp_expect(p, BLE_SMP_PAIRING_RESPONSE);
    if (!ble_smp_send(b, c, BLE_SMP_PAIRING_REQUEST, p->request + 1, 6)) {
        ble_smp_end(b, c, -ENOMEM);
    }
    return 0;
}

static void go_on(ble_t *b, ble_conn_t *c, uint8_t refusal) {
    if (refusal != 0) {
        ble_smp_fail(b, c, refusal);
    } else {
        bond_check(b, c);
    }
}

static void respond(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    uint8_t bonding = b->security.settings.bonding && (pdu[BLE_SMP_AUTH] & BLE_AUTH_BONDING_MASK);
    memcpy(p->request, pdu, 7);
    features(b, p->response, BLE_SMP_PAIRING_RESPONSE, bonding ? ALL_KEYS : 0, pdu[BLE_SMP_OOB]);
    p->response[BLE_SMP_CENTRAL_KEYS] &= pdu[BLE_SMP_CENTRAL_KEYS];
    p->response[BLE_SMP_PERIPHERAL_KEYS] &= pdu[BLE_SMP_PERIPHERAL_KEYS];
    go_on(b, c, agree(b, c));
}

// Why a pairing cannot begin, or 0.
static uint8_t request_refusal(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    if (ble_is_central(c)) {
        return BLE_SMP_COMMAND_NOT_SUPPORTED;
    }
    if (c->pairing != NULL) {
        return BLE_SMP_UNSPECIFIED;
    }
    if (!is_valid(pdu)) {
        return BLE_SMP_INVALID_PARAMETERS;
    }
    if (ble_smp_blocked(b, c)) {
        return BLE_SMP_REPEATED_ATTEMPTS;
    }
    return pairing_take(b, c) == NULL ? BLE_SMP_UNSPECIFIED : 0;
}

void ble_smp_request(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    bool began = c->pairing != NULL;
    uint8_t reason = request_refusal(b, c, pdu);
    if (reason == 0) {
        c->smp.state = BLE_SMP_IDLE;
        respond(b, c, pdu);
    } else if (began && !c->pairing->storing) {
        ble_smp_fail(b, c, reason);
    } else {
        ble_smp_send(b, c, BLE_SMP_FAILED, &reason, 1);
    }
}

void ble_smp_response(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    memcpy(p->response, pdu, 7);
    uint8_t reason = BLE_SMP_INVALID_PARAMETERS;
    bool more = (pdu[BLE_SMP_CENTRAL_KEYS] & ~p->request[BLE_SMP_CENTRAL_KEYS])
                || (pdu[BLE_SMP_PERIPHERAL_KEYS] & ~p->request[BLE_SMP_PERIPHERAL_KEYS]);
    if (is_valid(pdu) && !more) {
        reason = agree(b, c);
    }
    go_on(b, c, reason);
}

#endif // BLE_PAIRINGS
