// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The Security Manager's channel: which command may come when, how a pairing ends, what the application is told.
#include "host.h"

#include "crypto.h"

#if BLE_PAIRINGS

// How long a peer has to wait after its first failure, in ms; twice as long after each further one (Core, Vol 3, Part
// H, 2.3.6). It starts anew when it has been quiet for FORGET_MS.
#define FAILURE_MS (1000)
#define FAILURE_DOUBLINGS (6)
#define FORGET_MS (120000)

static ble_conn_t *conn_of(ble_source_t *source) {
    return BLE_OWNER(source, ble_conn_t, smp.source);
}

void ble_smp_address(const ble_address_t *address, uint8_t octets[7]) {
    memcpy(octets, address->octets, 6);
    octets[6] = address->type & 1;
}

// ---- events

static void tell_next(ble_t *b, ble_conn_t *c) {
    ble_smp_t *s = &c->smp;
    unsigned what = s->tell & -s->tell;
    bool unknown = c->tell & BLE_TELL_CONNECTED; // to the application: nothing of it may come before
    if (what == 0 || unknown || !ble_source_idle(&s->source)) {
        ble_smp_settle(b, c);
        return;
    }
    s->tell &= ~what;
    static const uint8_t types[] = { BLE_EVENT_PASSKEY, BLE_EVENT_ENCRYPTION, 0, BLE_EVENT_PAIRED };
    ble_event_t *event = ble_source_event(&s->source, types[what - 1], c->handle);
    if (what == BLE_TELL_PASSKEY) {
        event->passkey.action = s->action;
        event->passkey.number = s->number;
    } else {
        event->status = what == BLE_TELL_PAIRED ? s->status : 0;
        event->link.peer = c->identity;
        event->link.central = ble_is_central(c);
        ble_conn_security(c, event);
    }
    ble_source_tell(b, &s->source);
}

static void smp_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    (void)answer, (void)late;
    tell_next(b, conn_of(source));
}

void ble_smp_tell(ble_t *b, ble_conn_t *c, unsigned what) {
    c->smp.tell |= what;
    tell_next(b, c);
}

bool ble_smp_quiet(ble_t *b, ble_conn_t *c) {
    return c->smp.tell == 0 && ble_source_idle(&c->smp.source) && ble_bond_quiet(b, c);
}

void ble_smp_settle(ble_t *b, ble_conn_t *c) {
    if (ble_smp_quiet(b, c)) {
        ble_conn_settle(b, c);
    }
}

void ble_smp_ask(ble_t *b, ble_conn_t *c, uint8_t action, uint32_t number) {
    c->smp.action = action;
    c->smp.number = number;
    ble_smp_tell(b, c, BLE_TELL_PASSKEY);
}

// One to show, each as likely as any other.
static uint32_t passkey_draw(ble_t *b) {
    uint8_t octets[4];
    do {
        ble_random(b, octets, sizeof(octets));
    } while (ble_get32(octets) >= 4294000000u);
    return ble_get32(octets) % 1000000;
}

void ble_smp_ask_passkey(ble_t *b, ble_conn_t *c) {
    bool display = c->pairing->method == BLE_METHOD_DISPLAY;
    ble_smp_ask(b, c, display ? BLE_PASSKEY_DISPLAY : BLE_PASSKEY_INPUT, display ? passkey_draw(b) : 0);
}

// ---- who has failed has to wait

static ble_failure_t *failure_find(ble_t *b, const uint8_t identity[7]) {
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        ble_failure_t *f = &b->security.failures[i];
        if (f->count != 0 && memcmp(f->identity, identity, 7) == 0) {
            return f;
        }
    }
    return NULL;
}

// The entry of this peer, or the one that is over first.
static ble_failure_t *failure_take(ble_t *b, const uint8_t identity[7]) {
    ble_failure_t *f = failure_find(b, identity);
    if (f != NULL) {
        return f;
    }
    f = b->security.failures;
    for (unsigned i = 1; i < BLE_CONNECTIONS; i++) {
        if (b->security.failures[i].until_us < f->until_us) {
            f = &b->security.failures[i];
        }
    }
    memcpy(f->identity, identity, 7);
    f->count = 0;
    return f;
}

static void failure_note(ble_t *b, ble_conn_t *c) {
    uint8_t identity[7];
    ble_bond_identity(&c->identity, identity);
    ble_failure_t *f = failure_take(b, identity);
    uint64_t now_us = rtos_now_us();
    if (f->count != 0 && now_us > f->until_us + (uint64_t)FORGET_MS * 1000) {
        f->count = 0;
    }
    f->until_us = now_us + ((uint64_t)FAILURE_MS * 1000 << f->count);
    f->count += f->count < FAILURE_DOUBLINGS;
}

bool ble_smp_blocked(ble_t *b, ble_conn_t *c) {
    uint8_t identity[7];
    ble_bond_identity(&c->identity, identity);
    ble_failure_t *f = failure_find(b, identity);
    return f != NULL && rtos_now_us() < f->until_us;
}

// What comes of somebody who guesses.
static bool is_guess(int status) {
    return status == BLE_SMP_CONFIRM_FAILED || status == BLE_SMP_DHKEY_CHECK_FAILED
           || status == BLE_SMP_COMPARISON_FAILED || status == BLE_SMP_PASSKEY_ENTRY_FAILED;
}

// ---- the end of a pairing

// Each pairing has its own key pair, unless another one is under way.
void ble_smp_key_drop(ble_t *b) {
    if (b->security.gave_oob) {
        return; // a peer has been told of this one
    }
    for (unsigned i = 0; i < BLE_PAIRINGS; i++) {
        if (b->security.pairings[i].conn != NULL && !b->security.pairings[i].storing) {
            return;
        }
    }
    memset(b->security.private_key, 0, sizeof(b->security.private_key));
    b->security.has_key = false;
}

static void oob_drop(ble_t *b, const ble_pairing_t *p) {
    if (p->method == BLE_METHOD_OOB) {
        b->security.oob_kind = BLE_OOB_NONE;
        b->security.gave_oob = false;
        memset(&b->security.oob, 0, sizeof(b->security.oob));
    }
}

static void pairing_free(ble_t *b, ble_conn_t *c) {
    oob_drop(b, c->pairing);
    memset(c->pairing, 0, sizeof(*c->pairing));
    c->pairing = NULL;
    ble_smp_key_drop(b);
}

void ble_smp_stored(ble_t *b, ble_conn_t *c) {
    pairing_free(b, c);
}

void ble_smp_end(ble_t *b, ble_conn_t *c, int status) {
    ble_smp_t *s = &c->smp;
    if (is_guess(status)) {
        failure_note(b, c);
    }
    bool encrypted = c->pairing != NULL && c->pairing->distributing; // which nobody has been told yet
    if (c->pairing != NULL) {
        pairing_free(b, c);
    }
    s->state = BLE_SMP_IDLE;
    s->action = BLE_PASSKEY_NONE;
    s->tell &= ~BLE_TELL_PASSKEY;
    s->want &= ~(BLE_WANT_STORE | BLE_WANT_ENCRYPTION | BLE_WANT_CHECK);
    ble_timer_clear(b, &s->timer);
    s->status = status;
    if (c->state == BLE_CONN_OPEN) {
        if (encrypted) {
            ble_smp_tell(b, c, BLE_TELL_ENCRYPTION);
        }
        ble_smp_tell(b, c, BLE_TELL_PAIRED);
    }
}

static void failed_send(ble_t *b, ble_conn_t *c, uint8_t reason) {
    ble_smp_send(b, c, BLE_SMP_FAILED, &reason, 1);
}

void ble_smp_fail(ble_t *b, ble_conn_t *c, uint8_t reason) {
    failed_send(b, c, reason);
    ble_smp_end(b, c, reason);
}

// No further command on this link, in either direction (3.4). The user's passkey may still come, for nothing.
static void timed_out(ble_t *b, ble_timer_t *timer) {
    ble_conn_t *c = BLE_OWNER(timer, ble_conn_t, smp.timer);
    c->smp.dead = true;
    ble_smp_end(b, c, -ETIMEDOUT);
}

void ble_smp_timer(ble_t *b, ble_conn_t *c) {
    c->smp.timer.expired = timed_out;
    ble_timer_set(b, &c->smp.timer, BLE_SMP_TIMEOUT_MS);
}

// ---- packets

void ble_smp_expect(ble_pairing_t *p, uint8_t command) {
    p->expected = 1u << command;
}

// What a peer can have again and again by beginning again.
static bool is_repeated(uint8_t command) {
    return command == BLE_SMP_PAIRING_REQUEST || command == BLE_SMP_PAIRING_RESPONSE || command == BLE_SMP_FAILED;
}

bool ble_smp_send(ble_t *b, ble_conn_t *c, uint8_t command, const void *octets, size_t length) {
    if (is_repeated(command) && ble_l2cap_waiting(c, BLE_CID_SMP, is_repeated) >= 2) {
        return false; // it does not listen
    }
    // What is sent without a pairing, a peer can have sent as often as it likes: not from the reserve.
    bool awaited = c->pairing != NULL && command != BLE_SMP_PAIRING_RESPONSE;
    ble_buffer_t *buffer = ble_buffer_take(b, awaited ? BLE_FOR_ANSWER : BLE_FOR_INCOMING);
    if (buffer == NULL) {
        return false;
    }
    ble_buffer_data(buffer)[0] = command;
    memcpy(ble_buffer_data(buffer) + 1, octets, length);
    buffer->length = 1 + length;
    ble_acl_send(b, c, BLE_CID_SMP, buffer);
    if (command != BLE_SMP_FAILED) {
        ble_smp_timer(b, c);
    }
    return true;
}

// A command that nobody can take.
static void refuse(ble_t *b, ble_conn_t *c, uint8_t reason) {
    if (c->pairing != NULL && !c->pairing->storing) {
        ble_smp_fail(b, c, reason);
    } else {
        failed_send(b, c, reason);
    }
}

static void failed(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    bool pairing = c->pairing != NULL && !c->pairing->storing;
    if (pairing || c->smp.state == BLE_SMP_ASKED) {
        ble_smp_end(b, c, pdu[1] != 0 ? pdu[1] : BLE_SMP_UNSPECIFIED);
    }
}

// Only while a passkey is typed, and then it changes nothing.
static void keypress(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    if (p == NULL || p->storing) {
        return; // it has ended, for the peer
    }
    if (!ble_pairing_has_passkey(p)) {
        ble_smp_fail(b, c, BLE_SMP_UNSPECIFIED);
    } else if (pdu[1] > 4) {
        ble_smp_fail(b, c, BLE_SMP_INVALID_PARAMETERS);
    }
}

static void security_request(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    ble_smp_t *s = &c->smp;
    bool mitm = (pdu[1] & BLE_AUTH_MITM) && ble_smp_can_authenticate(b);
    if (!ble_is_central(c)) {
        refuse(b, c, BLE_SMP_COMMAND_NOT_SUPPORTED);
    } else if (c->pairing != NULL || s->state != BLE_SMP_IDLE || ble_smp_blocked(b, c)
               || (c->encrypted && (c->authenticated || !mitm))) {
        return; // ignored (2.4.6)
    } else if (ble_bond_possible(b, &c->identity)) {
        s->mitm = mitm;
        s->state = BLE_SMP_LOOKING;
        ble_bond_want(b, c, BLE_WANT_ENCRYPTION);
    } else {
        s->mitm = mitm;
        ble_smp_begin(b, c);
    }
}

typedef void (*handle_t)(ble_t *b, ble_conn_t *c, const uint8_t *pdu);

static void confirm(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    (c->pairing->secure ? ble_sc_confirm : ble_legacy_confirm)(b, c, pdu);
}

static void random_received(ble_t *b, ble_conn_t *c, const uint8_t *pdu) {
    (c->pairing->secure ? ble_sc_random : ble_legacy_random)(b, c, pdu);
}

static const struct {
    uint8_t length;
    bool always; // it looks at the state itself
    handle_t handle; // NULL: never expected
} commands[BLE_SMP_COMMANDS] = {
    [BLE_SMP_PAIRING_REQUEST] = { 7, true, ble_smp_request },
    [BLE_SMP_PAIRING_RESPONSE] = { 7, false, BLE_CENTRAL ? ble_smp_response : NULL },
    [BLE_SMP_CONFIRM] = { 17, false, confirm },
    [BLE_SMP_RANDOM] = { 17, false, random_received },
    [BLE_SMP_FAILED] = { 2, true, failed },
    [BLE_SMP_ENCRYPTION_INFORMATION] = { 17, false, ble_keys_received },
    [BLE_SMP_CENTRAL_IDENTIFICATION] = { 11, false, ble_keys_received },
    [BLE_SMP_IDENTITY_INFORMATION] = { 17, false, ble_keys_received },
    [BLE_SMP_IDENTITY_ADDRESS] = { 8, false, ble_keys_received },
    [BLE_SMP_SIGNING_INFORMATION] = { 17, false, ble_keys_received },
    [BLE_SMP_SECURITY_REQUEST] = { 2, true, security_request },
    [BLE_SMP_PUBLIC_KEY] = { 65, false, ble_sc_public_key },
    [BLE_SMP_DHKEY_CHECK] = { 17, false, ble_sc_dhkey_check },
    [BLE_SMP_KEYPRESS] = { 2, true, keypress },
};

// One of the commands that only belong to a pairing.
static void step(ble_t *b, ble_conn_t *c, uint8_t command, const uint8_t *pdu) {
    ble_pairing_t *p = c->pairing;
    if (p == NULL || p->storing) {
        return;
    }
    ble_sc_job(b, c);
    if (c->pairing == NULL) {
        return;
    }
    if (!(p->expected >> command & 1)) {
        ble_smp_fail(b, c, BLE_SMP_UNSPECIFIED);
        return;
    }
    p->expected = 0;
    commands[command].handle(b, c, pdu);
}

static void receive(ble_t *b, ble_conn_t *c, const uint8_t *pdu, size_t length) {
    uint8_t command = pdu[0];
    if (command == 0 || command >= BLE_SMP_COMMANDS) {
        refuse(b, c, BLE_SMP_COMMAND_NOT_SUPPORTED);
    } else if (length != commands[command].length) {
        if (command != BLE_SMP_FAILED) {
            refuse(b, c, BLE_SMP_INVALID_PARAMETERS);
        }
    } else if (commands[command].always) {
        commands[command].handle(b, c, pdu);
    } else {
        step(b, c, command, pdu);
    }
}

void ble_smp_receive(ble_t *b, ble_conn_t *c, ble_buffer_t *pdu) {
    if (pdu->length != 0 && !c->smp.dead) {
        receive(b, c, ble_buffer_data(pdu), pdu->length);
    }
    ble_buffer_free(b, pdu);
}

// ---- life

void ble_smp_init(ble_t *b) {
    ble_security_t settings = b->security.settings;
    if (settings.key_size == 0) { // never set
        settings = (ble_security_t){ .io = BLE_NO_INPUT_OUTPUT, .key_size = 7 };
    }
    memset(&b->security, 0, sizeof(b->security));
    b->security.settings = settings;
    ble_bond_init(b);
    ble_sc_init(b);
}

void ble_smp_ready(ble_t *b) {
    b->security.identity.version = BLE_BOND_VERSION;
    ble_random(b, b->security.identity.irk, sizeof(b->security.identity.irk));
    if (b->security.settings.bonding) {
        ble_bond_load(b);
    }
}

void ble_smp_opened(ble_conn_t *c) {
    ble_source_init(&c->smp.source, BLE_CLASS_SECURITY, smp_done, NULL);
}

// What has been agreed on with the peer is still stored.
void ble_smp_closed(ble_t *b, ble_conn_t *c) {
    ble_smp_t *s = &c->smp;
    ble_timer_clear(b, &s->timer);
    s->want &= BLE_WANT_STORE | BLE_WANT_STORE_SUBSCRIPTIONS;
    if (c->pairing != NULL && !c->pairing->storing) {
        ble_smp_end(b, c, -ENOTCONN);
    }
}

void ble_smp_subscribed(ble_t *b, ble_conn_t *c) {
    ble_bond_want(b, c, BLE_WANT_STORE_SUBSCRIPTIONS);
}

#endif // BLE_PAIRINGS
