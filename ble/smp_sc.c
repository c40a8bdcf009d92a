// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The second phase of LE Secure Connections pairing (Core, Vol 3, Part H, 2.3.5.6). What takes the curve is put off by
// a moment, so that the host's other work comes before it, or until the peer's next command needs it.
#include "host.h"

#include "crypto.h"

#if BLE_PAIRINGS

#define ROUNDS (20) // bits of a passkey
#define KEY_TRIES (4) // of drawing a private key: one of 2^32 is none

// ---- work that is put off

static void job_put(ble_t *b, ble_pairing_t *p, ble_job_t job) {
    p->job = job;
    if (!ble_timer_is_set(&b->security.job_timer)) {
        ble_timer_set(b, &b->security.job_timer, 1);
    }
}

static bool key_pair(ble_t *b) {
    ble_security_state_t *s = &b->security;
    for (unsigned i = 0; i < KEY_TRIES && !s->has_key; i++) {
        ble_random(b, s->private_key, sizeof(s->private_key));
        s->has_key = ble_p256_keypair(s->private_key, s->public_key, s->private_key) == 0;
    }
    return s->has_key;
}

static void exchanged(ble_t *b, ble_conn_t *c);

// Our key is there. Its X coordinate sent back to us, with either Y, would make the peer's secrets ours.
static void key_ready(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    if (!ble_smp_send(b, c, BLE_SMP_PUBLIC_KEY, b->security.public_key, 64)) {
        ble_smp_end(b, c, -ENOMEM);
    } else if (ble_is_central(c)) {
        ble_smp_expect(p, BLE_SMP_PUBLIC_KEY);
    } else {
        exchanged(b, c);
    }
}

static bool is_reflected(ble_t *b, const ble_pairing_t *p) {
    return ble_equal(p->peer_public, b->security.public_key, 32);
}

static void job_do(ble_t *b, ble_conn_t *c, ble_job_t job) {
    ble_pairing_t *p = c->pairing;
    if (job == BLE_JOB_DHKEY) {
        if (ble_p256_dhkey(b->security.private_key, p->peer_public, p->dhkey) != 0) {
            ble_smp_fail(b, c, BLE_SMP_DHKEY_CHECK_FAILED);
        }
    } else if (!key_pair(b)) {
        ble_smp_fail(b, c, BLE_SMP_UNSPECIFIED);
    } else if (!ble_is_central(c) && is_reflected(b, p)) {
        ble_smp_fail(b, c, BLE_SMP_INVALID_PARAMETERS);
    } else {
        key_ready(b, c);
    }
}

void ble_sc_job(ble_t *b, ble_conn_t *c) {
    ble_job_t job = c->pairing->job;
    c->pairing->job = BLE_JOB_NONE;
    if (job != BLE_JOB_NONE) {
        job_do(b, c, job);
    }
}

// One each time.
static void job_expired(ble_t *b, ble_timer_t *timer) {
    ble_pairing_t *due = NULL;
    bool more = false;
    for (unsigned i = 0; i < BLE_PAIRINGS; i++) {
        ble_pairing_t *p = &b->security.pairings[i];
        if (p->conn != NULL && p->job != BLE_JOB_NONE) {
            more = due != NULL;
            due = due == NULL ? p : due;
        }
    }
    if (due != NULL) {
        ble_sc_job(b, due->conn);
    }
    if (more && !ble_timer_is_set(timer)) {
        ble_timer_set(b, timer, 1);
    }
}

void ble_sc_init(ble_t *b) {
    b->security.job_timer.expired = job_expired;
}

// ---- the values that are sent

// f4 of our number (ours) or the peer's, for the bit of the passkey whose turn it is; 0 without a passkey.
static void confirm_value(ble_t *b, const ble_pairing_t *p, bool ours, uint8_t confirm[16]) {
    bool passkey = ble_pairing_has_passkey(p);
    uint8_t z = passkey ? 0x80 | (p->passkey >> p->round & 1) : 0;
    const uint8_t *own_key = b->security.public_key, *peer_key = p->peer_public;
    ble_f4(ours ? own_key : peer_key, ours ? peer_key : own_key, ours ? p->ours : p->theirs, z, confirm);
}

static void confirm_send(ble_t *b, ble_conn_t *c, uint8_t then) {
    ble_pairing_t *p = c->pairing;
    confirm_value(b, p, true, p->our_confirm);
    if (!ble_smp_send(b, c, BLE_SMP_CONFIRM, p->our_confirm, 16)) {
        ble_smp_end(b, c, -ENOMEM);
    } else {
        ble_smp_expect(p, then);
    }
}

static void random_send(ble_t *b, ble_conn_t *c) {
    if (!ble_smp_send(b, c, BLE_SMP_RANDOM, c->pairing->ours, 16)) {
        ble_smp_end(b, c, -ENOMEM);
    }
}

// f6 of the check value that one side sends. Out of band it has the other side's number, if it was told that.
static void check_value(ble_t *b, const ble_conn_t *c, bool ours, uint8_t check[16]) {
    const ble_pairing_t *p = c->pairing;
    uint8_t own[7], peer[7], r[16] = { 0 };
    ble_smp_address(&c->own, own);
    ble_smp_address(&c->peer, peer);
    bool central = ble_is_central(c) == ours; // the value is the central's
    const uint8_t *features = central ? p->request : p->response;
    if (p->method == BLE_METHOD_OOB && features[BLE_SMP_OOB]) {
        memcpy(r, ours ? b->security.oob.random : b->security.oob_random, 16);
    } else if (p->method != BLE_METHOD_COMPARE) {
        ble_put32(r, p->passkey);
    }
    ble_f6(p->dhkey, ours ? p->ours : p->theirs, ours ? p->theirs : p->ours, r, features + BLE_SMP_IO,
        ours ? own : peer, ours ? peer : own, check);
}

// MacKey takes the place of the DHKey.
static void keys_make(ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint8_t own[7], peer[7], mackey[16];
    ble_smp_address(&c->own, own);
    ble_smp_address(&c->peer, peer);
    bool central = ble_is_central(c);
    ble_f5(p->dhkey, central ? p->ours : p->theirs, central ? p->theirs : p->ours, central ? own : peer,
        central ? peer : own, mackey, p->key);
    memset(p->dhkey, 0, sizeof(p->dhkey));
    memcpy(p->dhkey, mackey, sizeof(mackey));
}

// ---- one step after another

void ble_sc_start(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    if (ble_is_central(c)) {
        job_put(b, p, BLE_JOB_KEY_PAIR);
    } else {
        ble_smp_expect(p, BLE_SMP_PUBLIC_KEY);
    }
}

void ble_sc_public_key(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    memcpy(p->peer_public, pdu + 1, 64);
    if (!ble_is_central(c)) {
        job_put(b, p, BLE_JOB_KEY_PAIR);
    } else if (is_reflected(b, p)) {
        ble_smp_fail(b, c, BLE_SMP_INVALID_PARAMETERS);
    } else {
        exchanged(b, c);
    }
}

// What was told out of band must be of the key that has come. Nothing else is to be confirmed.
static void oob_begin(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint8_t confirm[16];
    ble_f4(p->peer_public, p->peer_public, b->security.oob.random, 0, confirm);
    if (b->security.oob_kind == BLE_OOB_SECURE && !ble_equal(confirm, b->security.oob.confirm, 16)) {
        ble_smp_fail(b, c, BLE_SMP_CONFIRM_FAILED);
        return;
    }
    if (ble_is_central(c)) {
        random_send(b, c);
    }
    if (c->pairing != NULL) {
        ble_smp_expect(p, BLE_SMP_RANDOM);
    }
}

int ble_sc_oob(ble_t *b, ble_oob_t *ours) {
    ble_security_state_t *s = &b->security;
    if (!key_pair(b)) {
        return -EIO;
    }
    s->gave_oob = true;
    ble_random(b, s->oob_random, sizeof(s->oob_random));
    memcpy(ours->random, s->oob_random, 16);
    ble_f4(s->public_key, s->public_key, ours->random, 0, ours->confirm);
    return 0;
}

// Both keys are known: the first stage of authentication.
static void exchanged(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    ble_random(b, p->ours, sizeof(p->ours));
    job_put(b, p, BLE_JOB_DHKEY);
    if (p->method == BLE_METHOD_OOB) {
        oob_begin(b, c);
    } else if (ble_pairing_has_passkey(p)) {
        if (!ble_is_central(c)) {
            ble_smp_expect(p, BLE_SMP_CONFIRM);
        }
        ble_smp_ask_passkey(b, c);
    } else if (ble_is_central(c)) {
        ble_smp_expect(p, BLE_SMP_CONFIRM);
    } else {
        confirm_send(b, c, BLE_SMP_RANDOM);
    }
}

// The second stage. The initiator shows first that it has the keys.
static void checks(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint8_t check[16];
    ble_sc_job(b, c);
    if (c->pairing == NULL) {
        return;
    }
    keys_make(c);
    if (ble_is_central(c)) {
        check_value(b, c, true, check);
        if (!ble_smp_send(b, c, BLE_SMP_DHKEY_CHECK, check, 16)) {
            ble_smp_end(b, c, -ENOMEM);
            return;
        }
    }
    ble_smp_expect(p, BLE_SMP_DHKEY_CHECK);
}

static void compare(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    const uint8_t *own_key = b->security.public_key;
    uint32_t number = ble_is_central(c) ? ble_g2(own_key, p->peer_public, p->ours, p->theirs)
                                 : ble_g2(p->peer_public, own_key, p->theirs, p->ours);
    if (!ble_is_central(c)) {
        ble_smp_expect(p, BLE_SMP_DHKEY_CHECK); // the peer's user may be faster than ours
    }
    ble_smp_ask(b, c, BLE_PASSKEY_COMPARE, number % 1000000);
}

static void check_look(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    uint8_t check[16];
    check_value(b, c, false, check);
    if (!ble_equal(check, p->confirm, 16)) {
        ble_smp_fail(b, c, BLE_SMP_DHKEY_CHECK_FAILED);
        return;
    }
    check_value(b, c, true, check);
    if (!ble_is_central(c) && !ble_smp_send(b, c, BLE_SMP_DHKEY_CHECK, check, 16)) {
        ble_smp_end(b, c, -ENOMEM);
    } else {
        ble_keys_encrypt(b, c);
    }
}

void ble_sc_answered(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    if (p->method == BLE_METHOD_COMPARE) {
        bool came = p->confirmed;
        checks(b, c);
        if (came && c->pairing != NULL) {
            p->expected = 0;
            check_look(b, c);
        }
    } else if (ble_is_central(c)) {
        confirm_send(b, c, BLE_SMP_CONFIRM);
    } else if (p->confirmed) {
        confirm_send(b, c, BLE_SMP_RANDOM);
    }
}

void ble_sc_confirm(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    bool passkey = ble_pairing_has_passkey(p);
    memcpy(p->confirm, pdu + 1, 16);
    p->confirmed = true;
    if (ble_is_central(c)) {
        if (passkey && ble_equal(p->confirm, p->our_confirm, 16)) {
            ble_smp_fail(b, c, BLE_SMP_CONFIRM_FAILED); // ours, sent back
            return;
        }
        random_send(b, c);
    } else if (p->answered) {
        confirm_send(b, c, BLE_SMP_RANDOM);
        return;
    }
    if (ble_is_central(c) && c->pairing != NULL) {
        ble_smp_expect(p, BLE_SMP_RANDOM);
    }
}

// A round of the passkey is over; each has its own random number.
static void round_next(ble_t *b, ble_conn_t *c) {
    ble_pairing_t *p = c->pairing;
    if (!ble_is_central(c)) {
        random_send(b, c);
        if (c->pairing == NULL) {
            return;
        }
    }
    if (++p->round == ROUNDS) {
        checks(b, c);
        return;
    }
    ble_random(b, p->ours, sizeof(p->ours));
    p->confirmed = false;
    if (ble_is_central(c)) {
        confirm_send(b, c, BLE_SMP_CONFIRM);
    } else {
        ble_smp_expect(p, BLE_SMP_CONFIRM);
    }
}

void ble_sc_random(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    bool passkey = ble_pairing_has_passkey(p), oob = p->method == BLE_METHOD_OOB;
    uint8_t confirm[16];
    memcpy(p->theirs, pdu + 1, 16);
    if (oob && ble_equal(p->ours, p->theirs, 16)) {
        ble_smp_fail(b, c, BLE_SMP_CONFIRM_FAILED);
        return;
    }
    if (passkey || (ble_is_central(c) && !oob)) {
        confirm_value(b, p, false, confirm);
        if (!ble_equal(confirm, p->confirm, 16) || ble_equal(p->ours, p->theirs, 16)) {
            ble_smp_fail(b, c, BLE_SMP_CONFIRM_FAILED);
            return;
        }
    }
    if (passkey) {
        round_next(b, c);
        return;
    }
    p->confirmed = false;
    if (!ble_is_central(c)) {
        random_send(b, c);
    }
    if (c->pairing != NULL) {
        (p->method == BLE_METHOD_COMPARE ? compare : checks)(b, c);
    }
}

void ble_sc_dhkey_check(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    memcpy(p->confirm, pdu + 1, 16);
    if (p->method == BLE_METHOD_COMPARE && !p->answered) {
        p->confirmed = true; // not before the user's answer
    } else {
        check_look(b, c);
    }
}

#endif // BLE_PAIRINGS
