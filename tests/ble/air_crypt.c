// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Encryption: AES-128 of the air's own, so that nothing is compared with itself, and the keys of connections. Data is
// not encrypted; it waits while the two sides agree, and they only do when both hosts have given the same key.
#include "air_node.h"

// ---- AES-128 (FIPS 197), encryption only, with tables made at each use: nobody is in a hurry here

static uint8_t times_x(uint8_t a) {
    return a << 1 ^ (a & 0x80 ? 0x1b : 0);
}

static uint8_t rotl8(uint8_t a, int n) {
    return a << n | a >> (8 - n);
}

// p runs through all numbers as powers of 3, q through their inverses.
static void make_sbox(uint8_t sbox[256]) {
    uint8_t p = 1, q = 1;
    do {
        p ^= times_x(p);
        q ^= q << 1;
        q ^= q << 2;
        q ^= q << 4;
        q ^= q & 0x80 ? 0x09 : 0;
        sbox[p] = q ^ rotl8(q, 1) ^ rotl8(q, 2) ^ rotl8(q, 3) ^ rotl8(q, 4) ^ 0x63;
    } while (p != 1);
    sbox[0] = 0x63;
}

static void next_key(const uint8_t *sbox, uint8_t key[16], uint8_t constant) {
    for (int i = 0; i < 4; ++i) {
        key[i] ^= sbox[key[12 + (i + 1) % 4]];
    }
    key[0] ^= constant;
    for (int i = 4; i < 16; ++i) {
        key[i] ^= key[i - 4];
    }
}

static void mix_column(uint8_t *c) {
    uint8_t all = c[0] ^ c[1] ^ c[2] ^ c[3], first = c[0];
    for (int i = 0; i < 4; ++i) {
        c[i] ^= all ^ times_x(c[i] ^ (i < 3 ? c[i + 1] : first));
    }
}

void air_aes(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]) {
    uint8_t sbox[256], round_key[16], state[16], constant = 1;
    make_sbox(sbox);
    memcpy(round_key, key, 16);
    memcpy(state, in, 16);
    for (int round = 0; round <= 10; ++round) {
        if (round > 0) {
            uint8_t shifted[16];
            for (int i = 0; i < 16; ++i) {
                shifted[i] = sbox[state[(i + 4 * (i % 4)) % 16]];
            }
            memcpy(state, shifted, 16);
            for (int i = 0; round < 10 && i < 16; i += 4) {
                mix_column(state + i);
            }
            next_key(sbox, round_key, constant);
            constant = times_x(constant);
        }
        for (int i = 0; i < 16; ++i) {
            state[i] ^= round_key[i];
        }
    }
    memcpy(out, state, 16);
}

// HCI has numbers with the lowest byte first, AES with the highest.
static void aes_reversed(const uint8_t *key, const uint8_t *in, uint8_t *out) {
    uint8_t k[16], i[16], o[16];
    for (int n = 0; n < 16; ++n) {
        k[n] = key[15 - n];
        i[n] = in[15 - n];
    }
    air_aes(k, i, o);
    for (int n = 0; n < 16; ++n) {
        out[n] = o[15 - n];
    }
}

void air_hash(const uint8_t irk[16], const uint8_t random[3], uint8_t hash[3]) {
    uint8_t padded[16] = { random[0], random[1], random[2] }, out[16];
    aes_reversed(irk, padded, out);
    memcpy(hash, out, 3);
}

void air_encrypt(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    uint8_t out[16];
    aes_reversed(p, p + 16, out);
    air_answer_with(n, out, sizeof(out));
}

// ---- connections

static void tell_encryption(air_link_t *link, unsigned side, unsigned status, bool on) {
    air_packet_t e;
    air_event(&e, EVENT_ENCRYPTION);
    air_put8(&e, status);
    air_put16(&e, link->handle[side]);
    air_put8(&e, on);
    air_send(link->node[side], &e);
}

static void tell_refreshed(air_link_t *link, unsigned side) {
    air_packet_t e;
    air_event(&e, EVENT_KEY_REFRESH);
    air_put8(&e, HCI_OK);
    air_put16(&e, link->handle[side]);
    air_send(link->node[side], &e);
}

static void ask_ltk(air_link_t *link) {
    air_packet_t e;
    air_le_event(&e, LE_LTK_REQUEST);
    air_put16(&e, link->handle[1]);
    air_put(&e, link->random, 8);
    air_put(&e, link->diversifier, 2);
    air_send(link->node[1], &e);
}

// There is no key: a first encryption is refused, a second one ends the connection, which has stopped using its own.
static void refuse(air_link_t *link) {
    link->asked_ltk = false;
    if (!air_carries(link)) {
        return;
    }
    if (link->encrypted) {
        air_link_end(link, HCI_PIN_OR_KEY_MISSING, HCI_PIN_OR_KEY_MISSING);
    } else {
        tell_encryption(link, 0, HCI_PIN_OR_KEY_MISSING, false);
    }
}

static void agree(air_link_t *link, const uint8_t *ltk) {
    link->asked_ltk = false;
    if (!air_carries(link)) {
        return;
    }
    if (memcmp(link->ltk, ltk, 16) != 0) {
        air_link_end(link, HCI_MIC_FAILURE, HCI_MIC_FAILURE);
        return;
    }
    for (unsigned side = 0; side < 2; ++side) {
        if (link->encrypted) {
            tell_refreshed(link, side);
        } else {
            tell_encryption(link, side, HCI_OK, true);
        }
    }
    link->encrypted = true;
}

void air_start_encryption(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL) {
        return;
    }
    if (side != 0 || link->asked_ltk) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    air_answer(n, HCI_OK);
    if (!air_carries(link)) {
        return;
    }
    memcpy(link->random, p + 2, 8);
    memcpy(link->diversifier, p + 10, 2);
    memcpy(link->ltk, p + 12, 16);
    if (!(air_features(link->node[1]) & FEATURE_ENCRYPTION)) {
        tell_encryption(link, 0, HCI_UNSUPPORTED_REMOTE, false);
    } else if (!air_wants(link->node[1], EVENT_LE, LE_LTK_REQUEST)) {
        refuse(link);
    } else {
        link->asked_ltk = true;
        ask_ltk(link);
    }
}

// The link whose key this peripheral's host was asked for; answers when there is none.
static air_link_t *asked(air_node_t *n, const uint8_t *p) {
    unsigned side;
    air_link_t *link = air_link_at(n, p, &side);
    if (link != NULL && (side != 1 || !link->asked_ltk)) {
        air_answer_handle(n, HCI_DISALLOWED, get16(p));
        return NULL;
    }
    return link;
}

void air_ltk_reply(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_link_t *link = asked(n, p);
    if (link != NULL) {
        air_answer_handle(n, HCI_OK, get16(p));
        agree(link, p + 2);
    }
}

void air_ltk_refuse(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_link_t *link = asked(n, p);
    if (link != NULL) {
        air_answer_handle(n, HCI_OK, get16(p));
        refuse(link);
    }
}
