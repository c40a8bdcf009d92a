// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the application asks of pairing.
#include "host.h"

#if BLE_PAIRINGS

int ble_event_answer(ble_t *b, const ble_event_t *event, const uint8_t *value, size_t length) {
    if (length > BLE_SECRET_MAX) {
        ble_event_done(b, event, 0);
        return -EINVAL;
    }
    ble_event_back(b, event, length, b->security.answer, value, length);
    return 0;
}

typedef struct {
    ble_call_t call;
    const ble_security_t *security;
    uint16_t connection;
    uint8_t action;
    uint32_t number;
} security_call_t;

static int security_run(ble_t *b, ble_call_t *call) {
    b->security.settings = *((security_call_t *)call)->security;
    if (b->security.settings.bonding) {
        ble_bond_load(b);
    }
    return 0;
}

int ble_set_security(ble_t *b, const ble_security_t *security) {
    if (security->io > BLE_KEYBOARD_DISPLAY || security->key_size < 7 || security->key_size > 16) {
        return -EINVAL;
    }
    if (!ble_running(b)) {
        b->security.settings = *security;
        return 0;
    }
    security_call_t c = { .security = security };
    return ble_call(b, &c.call, security_run, RTOS_FOREVER);
}

// As good as we can have it: pairing again would give nothing more.
static bool is_secure(ble_t *b, ble_conn_t *c) {
    const ble_security_t *s = &b->security.settings;
    return c->encrypted && (c->authenticated || !s->mitm || !ble_smp_can_authenticate(b))
           && (c->bonded || !s->bonding);
}

static int pair_central(ble_t *b, ble_conn_t *c) {
    c->smp.mitm = b->security.settings.mitm && ble_smp_can_authenticate(b);
    if (ble_bond_possible(b, &c->identity)) {
        c->smp.state = BLE_SMP_LOOKING;
        ble_bond_want(b, c, BLE_WANT_ENCRYPTION);
        return 0;
    }
    return ble_smp_begin(b, c);
}

static int pair_peripheral(ble_t *b, ble_conn_t *c) {
    uint8_t auth = ble_smp_auth(b);
    if (!ble_smp_send(b, c, BLE_SMP_SECURITY_REQUEST, &auth, 1)) {
        return BLE_AGAIN;
    }
    c->smp.state = BLE_SMP_ASKED;
    return 0;
}

static int pair_run(ble_t *b, ble_call_t *call) {
    ble_conn_t *c = ble_conn_find(b, ((security_call_t *)call)->connection);
    if (c == NULL) {
        return -ENOTCONN;
    }
    if (c->smp.dead) {
        return -ETIMEDOUT;
    }
    if (c->pairing != NULL || c->smp.state != BLE_SMP_IDLE) {
        return -EALREADY;
    }
    if (is_secure(b, c)) {
        ble_smp_tell(b, c, BLE_TELL_ENCRYPTION);
        return 0;
    }
    if (ble_smp_blocked(b, c)) {
        return -EAGAIN;
    }
    return ble_is_central(c) ? pair_central(b, c) : pair_peripheral(b, c);
}

int ble_pair(ble_t *b, uint16_t connection) {
    security_call_t c = { .connection = connection };
    return ble_call(b, &c.call, pair_run, BLE_ANSWER_MS); // for room, on a link that stands
}

static int passkey_run(ble_t *b, ble_call_t *call) {
    security_call_t *a = (security_call_t *)call;
    ble_conn_t *c = ble_conn_find(b, a->connection);
    if (c == NULL) {
        return -ENOTCONN;
    }
    ble_pairing_t *p = c->pairing;
    if (p == NULL || c->smp.action == BLE_PASSKEY_NONE || c->smp.action != a->action) {
        return -EALREADY;
    }
    c->smp.action = BLE_PASSKEY_NONE;
    if (a->action == BLE_PASSKEY_COMPARE && a->number != 1) {
        ble_smp_fail(b, c, BLE_SMP_COMPARISON_FAILED);
    } else if (a->number > 999999) {
        ble_smp_fail(b, c, BLE_SMP_PASSKEY_ENTRY_FAILED);
    } else {
        p->passkey = a->number;
        p->answered = true;
        (p->secure ? ble_sc_answered : ble_legacy_answered)(b, c);
    }
    return 0;
}

typedef struct {
    ble_call_t call;
    ble_oob_t *ours;
    const ble_oob_t *peers;
    const uint8_t *key;
} oob_call_t;

static bool is_pairing(ble_t *b) {
    for (unsigned i = 0; i < BLE_PAIRINGS; i++) {
        if (b->security.pairings[i].conn != NULL) {
            return true;
        }
    }
    return false;
}

static int oob_run(ble_t *b, ble_call_t *call) {
    oob_call_t *o = (oob_call_t *)call;
    if (is_pairing(b)) {
        return -EALREADY; // with what there was
    }
    if (o->ours != NULL) {
        return ble_sc_oob(b, o->ours);
    }
    b->security.oob_kind = o->peers != NULL ? BLE_OOB_SECURE : o->key != NULL ? BLE_OOB_LEGACY : BLE_OOB_NONE;
    if (o->peers != NULL) {
        b->security.oob = *o->peers;
    } else if (o->key != NULL) {
        memcpy(b->security.oob.random, o->key, 16);
    }
    return 0;
}

int ble_oob_create(ble_t *b, ble_oob_t *ours) {
    oob_call_t c = { .ours = ours };
    return ours == NULL ? -EINVAL : ble_call(b, &c.call, oob_run, RTOS_FOREVER);
}

int ble_oob_set(ble_t *b, const ble_oob_t *peers) {
    oob_call_t c = { .peers = peers };
    return ble_call(b, &c.call, oob_run, RTOS_FOREVER);
}

int ble_oob_key(ble_t *b, const uint8_t key[16]) {
    oob_call_t c = { .key = key };
    return ble_call(b, &c.call, oob_run, RTOS_FOREVER);
}

int ble_passkey(ble_t *b, uint16_t connection, uint8_t action, uint32_t number) {
    security_call_t c = { .connection = connection, .action = action, .number = number };
    return ble_call(b, &c.call, passkey_run, RTOS_FOREVER);
}

#endif // BLE_PAIRINGS
