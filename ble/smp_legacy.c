// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The second phase of LE legacy pairing (Core, Vol 3, Part H, 2.3.5.5). The temporary key is the passkey, or 0, which
// does not withstand somebody who has listened, or what both were given out of band.
#include "host.h"

#include "crypto.h"

#if BLE_PAIRINGS

static void temporary_key(ble_t *b, const ble_pairing_t *p, uint8_t tk[16]) {
    if (p->method == BLE_METHOD_OOB) {
        memcpy(tk, b->security.oob.random, 16);
    } else {
        memset(tk, 0, 16);
        ble_put32(tk, p->passkey);
    }
}

static void confirm_value(ble_t *b, const ble_conn_t *c, const uint8_t random[16], uint8_t confirm[16]) {
    const ble_pairing_t *p = c->pairing;
    uint8_t tk[16], own[7], peer[7];
    bool central = ble_is_central(c);
    temporary_key(b, p, tk);
    ble_smp_address(&c->own, own);
    ble_smp_address(&c->peer, peer);
    ble_c1(tk, random, p->request, p->response, central ? own : peer, central ? peer : own, confirm);
}

static void confirm_send(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    confirm_value(b, c, p->ours, p->our_confirm);
    if (!ble_smp_send(b, c, BLE_SMP_CONFIRM, p->our_confirm, 16)) {
        ble_smp_end(b, c, -ENOMEM);
        return;
    }
    ble_smp_expect(p, ble_is_central(c) ? BLE_SMP_CONFIRM : BLE_SMP_RANDOM);
}

void ble_legacy_answered(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    if (ble_is_central(c) || p->confirmed) { // the initiator's confirm value comes first
        confirm_send(b, c);
    }
}

void ble_legacy_start(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    ble_random(b, p->ours, sizeof(p->ours));
    if (!ble_is_central(c)) {
        ble_smp_expect(p, BLE_SMP_CONFIRM);
    }
    if (!ble_pairing_has_passkey(p)) {
        p->answered = true;
        ble_legacy_answered(b, c);
    } else {
        ble_smp_ask_passkey(b, c);
    }
}

void ble_legacy_confirm(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    memcpy(p->confirm, pdu + 1, 16);
    p->confirmed = true;
    if (!ble_is_central(c)) {
        if (p->answered) {
            confirm_send(b, c);
        }
    } else if (ble_equal(p->confirm, p->our_confirm, 16)) {
        ble_smp_fail(b, c, BLE_SMP_CONFIRM_FAILED); // our own, sent back: the value of our number would be right, too
    } else if (ble_smp_send(b, c, BLE_SMP_RANDOM, p->ours, 16)) {
        ble_smp_expect(p, BLE_SMP_RANDOM);
    } else {
        ble_smp_end(b, c, -ENOMEM);
    }
}

void ble_legacy_random(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    uint8_t confirm[16], tk[16];
    memcpy(p->theirs, pdu + 1, 16);
    confirm_value(b, c, p->theirs, confirm);
    if (!ble_equal(confirm, p->confirm, 16) || ble_equal(p->theirs, p->ours, 16)) {
        ble_smp_fail(b, c, BLE_SMP_CONFIRM_FAILED);
        return;
    }
    if (!ble_is_central(c) && !ble_smp_send(b, c, BLE_SMP_RANDOM, p->ours, 16)) {
        ble_smp_end(b, c, -ENOMEM);
        return;
    }
    temporary_key(b, p, tk);
    bool central = ble_is_central(c);
    ble_s1(tk, central ? p->theirs : p->ours, central ? p->ours : p->theirs, p->key);
    ble_keys_encrypt(b, c);
}

#endif // BLE_PAIRINGS
