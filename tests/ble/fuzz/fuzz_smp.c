// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// SMP: a peer that goes on with a pairing as it should, in both roles and by each method, until the input says
// otherwise; any command in any state; what the controller says of encryption; a store that is slow or lies.
#include "fuzz.h"
#include "smp_pair.h"

static uint8_t host_public[64];
static uint8_t action; // what the user was asked last
static uint32_t number;

// ---- products of keys, each computed once

typedef struct {
    bool known;
    int result;
    uint8_t one[32], other[64], product[96];
} product_t;

static product_t products[64];

int __real_ble_p256_keypair(const uint8_t random[32], uint8_t public_key[64], uint8_t private_key[32]);
int __wrap_ble_p256_keypair(const uint8_t random[32], uint8_t public_key[64], uint8_t private_key[32]);
int __real_ble_p256_dhkey(const uint8_t private_key[32], const uint8_t peer_key[64], uint8_t dhkey[32]);
int __wrap_ble_p256_dhkey(const uint8_t private_key[32], const uint8_t peer_key[64], uint8_t dhkey[32]);

// Its place, which may be another one's still.
static product_t *product_find(const uint8_t one[32], const uint8_t *other) {
    static const uint8_t none[64];
    uint8_t mac[16], both[96];
    other = other != NULL ? other : none;
    memcpy(both, one, 32);
    memcpy(both + 32, other, 64);
    ble_cmac(none, both, sizeof(both), mac);
    product_t *p = &products[mac[0] % BLE_COUNT(products)];
    if (memcmp(p->one, one, 32) != 0 || memcmp(p->other, other, 64) != 0) {
        memcpy(p->one, one, 32);
        memcpy(p->other, other, 64);
        p->known = false;
    }
    return p;
}

int __wrap_ble_p256_keypair(const uint8_t random[32], uint8_t public_key[64], uint8_t private_key[32]) {
    product_t *p = product_find(random, NULL);
    if (!p->known) {
        p->result = __real_ble_p256_keypair(random, p->product, p->product + 64);
        p->known = true;
    }
    memcpy(public_key, p->product, 64);
    memcpy(private_key, p->product + 64, 32);
    return p->result;
}

int __wrap_ble_p256_dhkey(const uint8_t private_key[32], const uint8_t peer_key[64], uint8_t dhkey[32]) {
    product_t *p = product_find(private_key, peer_key);
    if (!p->known) {
        p->result = __real_ble_p256_dhkey(private_key, peer_key, p->product);
        p->known = true;
    }
    if (p->result == 0) {
        memcpy(dhkey, p->product, 32);
    }
    return p->result;
}

// ---- the peer

static void command_give(uint8_t command, const void *octets, size_t length) {
    uint8_t packet[1 + 64] = { command };
    if (length != 0) {
        memcpy(packet + 1, octets, length);
    }
    fuzz_l2cap(HANDLE, BLE_CID_SMP, packet, 1 + length);
}

static bool types_passkey(const ble_pairing_t *p) {
    return p->method == BLE_METHOD_DISPLAY || p->method == BLE_METHOD_INPUT;
}

static void features_give(uint8_t command) {
    uint8_t *p = command == BLE_SMP_PAIRING_REQUEST ? peer.request : peer.response;
    features_fill(p, command);
    if (command == BLE_SMP_PAIRING_RESPONSE) {
        p[5] &= peer.request[5];
        p[6] &= peer.request[6];
    }
    command_give(command, p + 1, 6);
}

static void confirm_give(const ble_pairing_t *p) {
    uint8_t confirm[16];
    if (!p->secure) {
        legacy_confirm(peer.ours, confirm);
    } else if (types_passkey(p)) {
        sc_own_confirm(p->round, confirm);
    } else {
        ble_f4(peer.public, host_public, peer.ours, 0, confirm);
    }
    command_give(BLE_SMP_CONFIRM, confirm, 16);
}

static void check_give(const ble_pairing_t *p) {
    uint8_t check[16];
    if (ble_p256_dhkey(peer.secret, host_public, peer.dhkey) == 0) {
        sc_f5();
        sc_check(false, !types_passkey(p), check);
        command_give(BLE_SMP_DHKEY_CHECK, check, 16);
    }
}

static void key_give(uint8_t command) {
    uint8_t identity[7];
    ble_bond_identity(claims ? &claimed : &peer.address, identity);
    switch (command) {
        case BLE_SMP_ENCRYPTION_INFORMATION:
            command_give(command, own_ltk, 16);
            break;
        case BLE_SMP_CENTRAL_IDENTIFICATION:
            command_give(command, own_ediv_rand, 10);
            break;
        case BLE_SMP_IDENTITY_INFORMATION:
            command_give(command, own_irk, 16);
            break;
        case BLE_SMP_IDENTITY_ADDRESS:
            command_give(command, identity, 7);
            break;
        case BLE_SMP_SIGNING_INFORMATION:
            command_give(command, own_csrk, 16);
            break;
    }
}

static void good_give(const ble_pairing_t *p, uint8_t command) {
    switch (command) {
        case BLE_SMP_PAIRING_REQUEST:
        case BLE_SMP_PAIRING_RESPONSE:
            features_give(command);
            break;
        case BLE_SMP_CONFIRM:
            confirm_give(p);
            break;
        case BLE_SMP_RANDOM:
            command_give(command, peer.ours, 16);
            break;
        case BLE_SMP_PUBLIC_KEY:
            command_give(command, peer.public, 64);
            break;
        case BLE_SMP_DHKEY_CHECK:
            check_give(p);
            break;
        default:
            key_give(command);
    }
}

static void encryption_give(uint8_t status, bool on) {
    uint8_t p[4] = { status, HANDLE, 0, on };
    fuzz_event(fuzz_one_in(8) ? 0x30 : 0x08, p, sizeof(p));
}

static void key_ask(const uint8_t ediv_rand[10]) {
    uint8_t p[13] = { 0x05, HANDLE, 0 };
    memcpy(p + 3, ediv_rand + 2, 8);
    memcpy(p + 11, ediv_rand, 2);
    fuzz_event(0x3e, p, sizeof(p));
}

static bool peer_knows(void) {
    conn = ble_conn_find(&alone, HANDLE);
    if (conn != NULL) {
        peer.host = conn->own;
        peer.address = conn->peer;
        peer.central = !conn->central;
    }
    return conn != NULL;
}

static void encrypt_as_it_should(void) {
    if (peer.central) {
        key_ask(unnamed);
    }
    encryption_give(0, true);
}

// What the host waits for.
static void go_on(void) {
    if (!peer_knows()) {
        return;
    }
    const ble_pairing_t *p = conn->pairing;
    if (p == NULL) {
        peer.central ? features_give(BLE_SMP_PAIRING_REQUEST) : (void)ble_pair(&alone, HANDLE);
    } else if (p->encrypting) {
        encrypt_as_it_should();
    } else if ((p->expected & ~(1u << BLE_SMP_FAILED)) != 0) {
        peer.passkey = types_passkey(p) ? peer.passkey : 0;
        good_give(p, __builtin_ctz(p->expected & ~(1u << BLE_SMP_FAILED)));
    }
}

static void go_far(void) {
    for (unsigned n = fuzz_octet() % 64; n > 0; n--) {
        go_on();
        alone_wait(5);
        fuzz_listen();
        fuzz_take(false);
    }
}

// What the peer learns of the host's packets.
static void learn(uint16_t connection, uint16_t cid, const uint8_t *payload, size_t length) {
    if (connection != HANDLE || cid != BLE_CID_SMP) {
        return;
    }
    if (payload[0] == BLE_SMP_PAIRING_REQUEST) {
        memcpy(peer.request, payload, length);
    } else if (payload[0] == BLE_SMP_PAIRING_RESPONSE) {
        memcpy(peer.response, payload, length);
    } else if (payload[0] == BLE_SMP_RANDOM) {
        memcpy(peer.theirs, payload + 1, 16);
    } else if (payload[0] == BLE_SMP_PUBLIC_KEY) {
        memcpy(host_public, payload + 1, 64);
    }
}

static void any_command(void) {
    static const uint8_t lengths[BLE_SMP_COMMANDS] = { 0, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2 };
    uint8_t p[128] = { 1 + fuzz_below(BLE_SMP_COMMANDS - 1) };
    size_t length = lengths[p[0]];
    fuzz_fill(p + 1, fuzz_one_in(4) ? length - 1 : 6);
    if (p[0] == BLE_SMP_PUBLIC_KEY && fuzz_one_in(2)) {
        memcpy(p + 1, host_public, 64);
    }
    uint16_t connection = fuzz_one_in(4) ? FUZZ_FIRST + 1 : HANDLE;
    fuzz_l2cap(connection, BLE_CID_SMP, p, fuzz_one_in(16) ? fuzz_octet() % sizeof(p) : length);
}

static void peer_change(void) {
    peer.io = fuzz_below(6);
    peer.auth = fuzz_octet();
    peer.key_size = fuzz_one_in(2) ? fuzz_octet() : 16;
    peer.keys = fuzz_octet();
    peer.oob = fuzz_one_in(16);
    claims = fuzz_one_in(8);
    claimed = (ble_address_t) { fuzz_below(2), { HANDLE, 2, 3, 4, 5, 0xc6 } };
}

static void key_request_any(void) {
    uint8_t ediv_rand[10] = { 0 };
    if (fuzz_one_in(2)) {
        fuzz_fill(ediv_rand, sizeof(ediv_rand));
    }
    key_ask(fuzz_one_in(2) ? own_ediv_rand : ediv_rand);
}

// ---- the application

static void settings(void) {
    ble_security_t s = { .io = fuzz_below(5), .key_size = 7 + fuzz_below(10) };
    uint8_t flags = fuzz_octet();
    s.bonding = flags & 1;
    s.mitm = flags & 2;
    s.secure_only = flags & 4;
    ble_set_security(&alone, &s);
}

static void user_answers(void) {
    uint32_t right = action == BLE_PASSKEY_COMPARE ? 1 : action == BLE_PASSKEY_INPUT ? peer.passkey : number;
    if (fuzz_one_in(8)) {
        ble_passkey(&alone, HANDLE, fuzz_below(5), fuzz_two());
    } else {
        ble_passkey(&alone, HANDLE, action, right);
    }
}

static int passkey_asked(const ble_event_t *event, int answer) {
    if (event->connection != HANDLE) {
        return answer;
    }
    action = event->passkey.action;
    number = event->passkey.number;
    peer.passkey = action == BLE_PASSKEY_INPUT ? 987654 : number;
    if (!fuzz_one_in(4)) {
        user_answers();
    }
    return answer;
}

static int secret_asked(const ble_event_t *event, int answer) {
    const secret_t *s =
        store_find(event->secret.type, event->secret.index, event->secret.key, event->secret.key_length);
    uint8_t value[BLE_SECRET_MAX];
    if (s == NULL || fuzz_one_in(16)) {
        return answer;
    }
    memcpy(value, s->value, sizeof(value));
    if (fuzz_one_in(8)) {
        value[fuzz_below(sizeof(value))] = fuzz_octet();
    }
    ble_event_answer(&alone, event, value, fuzz_one_in(16) ? fuzz_octet() : s->length);
    return FUZZ_ANSWERED;
}

static int application(const ble_event_t *event, int answer) {
    if (event->type == BLE_EVENT_PASSKEY) {
        return passkey_asked(event, answer);
    } else if (event->type == BLE_EVENT_SECRET_GET) {
        return secret_asked(event, answer);
    } else if (event->type == BLE_EVENT_SECRET_SET && event->secret.value != NULL && stored < BLE_COUNT(store)) {
        store_put(event->secret.type, event->secret.key, event->secret.key_length, event->secret.value,
            event->secret.value_length);
    }
    return answer;
}

// ---- the target

static void step(unsigned what) {
    if (what < 64) {
        go_on();
    } else if (what < 96) {
        go_far();
    } else if (what < 128) {
        any_command();
    } else if (what < 136) {
        encryption_give(fuzz_one_in(2) ? fuzz_octet() : 0, fuzz_below(2));
    } else if (what < 144) {
        key_request_any();
    } else if (what < 160) {
        peer_change();
    } else if (what < 168) {
        settings();
    } else if (what < 184) {
        user_answers();
    } else {
        ble_pair(&alone, fuzz_connection());
    }
}

static void prepare(void) {
    uint8_t random[32];
    memset(&peer, 0, sizeof(peer));
    memset(random, 0x35, sizeof(random));
    memset(peer.ours, 0x77, sizeof(peer.ours));
    memset(host_public, 0, sizeof(host_public));
    alone_check(ble_p256_keypair(random, peer.public, peer.secret) == 0);
    peer.keys = 7;
    peer.key_size = 16;
    stored = 0;
    action = number = 0;
    settings();
    peer_change();
}

static void links_up(void) {
    uint8_t roles = fuzz_octet();
    fuzz_connect(HANDLE, roles & 1);
    fuzz_connect(HANDLE + 1, roles & 2);
}

const fuzz_target_t fuzz_target = {
    .prepare = prepare, .begin = links_up, .step = step, .event = application, .heard = learn,
};
