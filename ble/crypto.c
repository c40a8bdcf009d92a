// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// See crypto.h. AES and P-256 are Mbed TLS's. CMAC is ours: theirs goes through the cipher layer, which allocates, and
// takes 1.1 KB beside that layer where this takes 0.3 KB.
#include "crypto.h"

#include <errno.h>
#include <string.h>

#undef MBEDTLS_CONFIG_FILE
#define MBEDTLS_CONFIG_FILE "crypto_config.h"
#include "mbedtls/aes.h"
#include "mbedtls/platform_util.h"
#include "3rdparty/p256-m/p256-m/p256-m.h" // last: it does not read the configuration itself

bool ble_equal(const void *a, const void *b, size_t n) {
    const volatile uint8_t *one = a;
    const volatile uint8_t *other = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < n; ++i) {
        difference |= one[i] ^ other[i];
    }
    return difference == 0;
}

static void copy_reversed(uint8_t *out, const uint8_t *in, size_t len) {
    for (size_t i = 0; i < len; ++i) {
        out[i] = in[len - 1 - i];
    }
}

// One block, most significant octet first. Neither call can fail: the length of the key and the mode are constants.
static void encrypt(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]) {
    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    (void)mbedtls_aes_setkey_enc(&aes, key, 128);
    (void)mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, in, out);
    mbedtls_aes_free(&aes);
}

void ble_aes(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]) {
    uint8_t k[16], block[16];
    copy_reversed(k, key, sizeof(k));
    copy_reversed(block, in, sizeof(block));
    encrypt(k, block, block);
    copy_reversed(out, block, sizeof(block));
    mbedtls_platform_zeroize(k, sizeof(k));
    mbedtls_platform_zeroize(block, sizeof(block));
}

void ble_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3]) {
    uint8_t block[16] = {prand[0], prand[1], prand[2]};
    ble_aes(irk, block, block);
    memcpy(hash, block, 3);
}

// --- CMAC ------------------------------------------------------------------------------------------------------------

static void add_octet(ble_cmac_t *c, uint8_t octet) {
    if (c->filled == sizeof(c->block)) { // only now: the last block, full or not, is ble_cmac_end's
        encrypt(c->key, c->block, c->block);
        c->filled = 0;
    }
    c->block[c->filled++] ^= octet;
}

// Multiply by x in GF(2^128), in a time that does not depend on the value: it is a key.
static void multiply_by_x(uint8_t value[16]) {
    uint8_t reduce = 0x87 & -(value[0] >> 7);
    for (size_t i = 0; i < 15; ++i) {
        value[i] = (uint8_t)(value[i] << 1 | value[i + 1] >> 7);
    }
    value[15] = (uint8_t)(value[15] << 1) ^ reduce;
}

void ble_cmac_start(ble_cmac_t *c, const uint8_t key[16]) {
    memcpy(c->key, key, sizeof(c->key));
    memset(c->block, 0, sizeof(c->block));
    c->filled = 0;
}

void ble_cmac_add(ble_cmac_t *c, const void *data, size_t len) {
    const uint8_t *octets = data;
    for (size_t i = 0; i < len; ++i) {
        add_octet(c, octets[i]);
    }
}

void ble_cmac_end(ble_cmac_t *c, uint8_t mac[16]) {
    uint8_t subkey[16] = {0};
    encrypt(c->key, subkey, subkey);
    multiply_by_x(subkey);
    if (c->filled < sizeof(c->block)) {
        c->block[c->filled] ^= 0x80;
        multiply_by_x(subkey);
    }
    for (size_t i = 0; i < sizeof(subkey); ++i) {
        c->block[i] ^= subkey[i];
    }
    encrypt(c->key, c->block, mac);
    mbedtls_platform_zeroize(subkey, sizeof(subkey));
    mbedtls_platform_zeroize(c, sizeof(*c));
}

void ble_cmac(const uint8_t key[16], const void *data, size_t len, uint8_t mac[16]) {
    ble_cmac_t c;
    ble_cmac_start(&c, key);
    ble_cmac_add(&c, data, len);
    ble_cmac_end(&c, mac);
}

// The same of numbers whose least significant octet is first: they are read from their ends.

static void start_number(ble_cmac_t *c, const uint8_t key[16]) {
    uint8_t k[16];
    copy_reversed(k, key, sizeof(k));
    ble_cmac_start(c, k);
    mbedtls_platform_zeroize(k, sizeof(k));
}

static void add_number(ble_cmac_t *c, const uint8_t *number, size_t len) {
    while (len > 0) {
        add_octet(c, number[--len]);
    }
}

static void end_number(ble_cmac_t *c, uint8_t out[16]) {
    uint8_t mac[16];
    ble_cmac_end(c, mac);
    copy_reversed(out, mac, sizeof(mac));
    mbedtls_platform_zeroize(mac, sizeof(mac));
}

void ble_hash_start(ble_cmac_t *c) {
    static const uint8_t key[16] = {0};
    ble_cmac_start(c, key);
}

void ble_hash_end(ble_cmac_t *c, uint8_t hash[16]) {
    end_number(c, hash);
}

void ble_sign(const uint8_t csrk[16], const uint8_t *pdu, size_t len, uint32_t counter, uint8_t signature[12]) {
    const uint8_t count[4] = {(uint8_t)counter, (uint8_t)(counter >> 8), (uint8_t)(counter >> 16), counter >> 24};
    uint8_t mac[16];
    ble_cmac_t c;
    start_number(&c, csrk);
    add_number(&c, count, sizeof(count));
    add_number(&c, pdu, len);
    end_number(&c, mac);
    memcpy(signature, count, 4);
    memcpy(signature + 4, mac + 8, 8); // the most significant half
    mbedtls_platform_zeroize(mac, sizeof(mac));
}

// --- legacy pairing --------------------------------------------------------------------------------------------------

static void add_to_block(uint8_t block[16], const uint8_t other[16]) {
    for (size_t i = 0; i < 16; ++i) {
        block[i] ^= other[i];
    }
}

void ble_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t preq[7], const uint8_t pres[7],
    const uint8_t ia[7], const uint8_t ra[7], uint8_t confirm[16]) {
    uint8_t p1[16] = {ia[6], ra[6]};
    uint8_t p2[16] = {0};
    memcpy(p1 + 2, preq, 7);
    memcpy(p1 + 9, pres, 7);
    memcpy(p2, ra, 6);
    memcpy(p2 + 6, ia, 6);
    add_to_block(p1, r);
    ble_aes(tk, p1, p1);
    add_to_block(p1, p2);
    ble_aes(tk, p1, confirm);
}

void ble_s1(const uint8_t tk[16], const uint8_t r_responder[16], const uint8_t r_initiator[16], uint8_t stk[16]) {
    uint8_t block[16];
    memcpy(block, r_initiator, 8);
    memcpy(block + 8, r_responder, 8);
    ble_aes(tk, block, stk);
}

// --- Secure Connections ----------------------------------------------------------------------------------------------

void ble_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z, uint8_t confirm[16]) {
    ble_cmac_t c;
    start_number(&c, x);
    add_number(&c, u, 32);
    add_number(&c, v, 32);
    add_number(&c, &z, 1);
    end_number(&c, confirm);
}

// One of the two keys that f5 makes of the key T.
static void f5_key(const uint8_t t[16], uint8_t counter, const uint8_t n1[16], const uint8_t n2[16],
    const uint8_t a1[7], const uint8_t a2[7], uint8_t out[16]) {
    ble_cmac_t c;
    ble_cmac_start(&c, t);
    add_octet(&c, counter);
    ble_cmac_add(&c, "btle", 4);
    add_number(&c, n1, 16);
    add_number(&c, n2, 16);
    add_number(&c, a1, BLE_CRYPTO_ADDRESS);
    add_number(&c, a2, BLE_CRYPTO_ADDRESS);
    ble_cmac_add(&c, "\x01\x00", 2); // the length of a key in bits
    end_number(&c, out);
}

void ble_f5(const uint8_t dhkey[32], const uint8_t n1[16], const uint8_t n2[16], const uint8_t a1[7],
    const uint8_t a2[7], uint8_t mackey[16], uint8_t ltk[16]) {
    // The constant of Part H, 2.2.7, as it is printed.
    static const uint8_t salt[16] = {
        0x6c, 0x88, 0x83, 0x91, 0xaa, 0xf5, 0xa5, 0x38, 0x60, 0x37, 0x0b, 0xdb, 0x5a, 0x60, 0x83, 0xbe,
    };
    uint8_t t[16], first[16];
    ble_cmac_t c;
    ble_cmac_start(&c, salt);
    add_number(&c, dhkey, 32);
    ble_cmac_end(&c, t);
    f5_key(t, 0, n1, n2, a1, a2, first);
    f5_key(t, 1, n1, n2, a1, a2, ltk);
    memcpy(mackey, first, sizeof(first));
    mbedtls_platform_zeroize(t, sizeof(t));
    mbedtls_platform_zeroize(first, sizeof(first));
}

void ble_f6(const uint8_t mackey[16], const uint8_t n1[16], const uint8_t n2[16], const uint8_t r[16],
    const uint8_t io_cap[3], const uint8_t a1[7], const uint8_t a2[7], uint8_t check[16]) {
    ble_cmac_t c;
    start_number(&c, mackey);
    add_number(&c, n1, 16);
    add_number(&c, n2, 16);
    add_number(&c, r, 16);
    add_number(&c, io_cap, 3);
    add_number(&c, a1, BLE_CRYPTO_ADDRESS);
    add_number(&c, a2, BLE_CRYPTO_ADDRESS);
    end_number(&c, check);
}

uint32_t ble_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], const uint8_t y[16]) {
    uint8_t out[16];
    ble_cmac_t c;
    start_number(&c, x);
    add_number(&c, u, 32);
    add_number(&c, v, 32);
    add_number(&c, y, 16);
    end_number(&c, out);
    return out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16 | (uint32_t)out[3] << 24;
}

void ble_h6(const uint8_t key[16], uint32_t key_id, uint8_t out[16]) {
    ble_cmac_t c;
    start_number(&c, key);
    for (int shift = 24; shift >= 0; shift -= 8) {
        add_octet(&c, (uint8_t)(key_id >> shift));
    }
    end_number(&c, out);
}

void ble_h7(const uint8_t salt[16], const uint8_t key[16], uint8_t out[16]) {
    ble_cmac_t c;
    start_number(&c, salt);
    add_number(&c, key, 16);
    end_number(&c, out);
}

// --- P-256 -----------------------------------------------------------------------------------------------------------

static void reverse_point(uint8_t out[64], const uint8_t in[64]) {
    copy_reversed(out, in, 32);
    copy_reversed(out + 32, in + 32, 32);
}

int ble_p256_keypair(const uint8_t random[32], uint8_t public_key[64], uint8_t private_key[32]) {
    uint8_t number[32], point[64];
    copy_reversed(number, random, sizeof(number));
    int result = p256_public_from_private(point, number);
    if (result == P256_SUCCESS) {
        reverse_point(public_key, point);
        copy_reversed(private_key, number, sizeof(number));
    }
    mbedtls_platform_zeroize(number, sizeof(number));
    return result == P256_SUCCESS ? 0 : -EINVAL;
}

// Whether it is X of the specification's debug key pair (Part H, 2.3.5.6.1). Y is one of two, and both are known.
static bool is_debug_key(const uint8_t x[32]) {
    static const uint8_t debug_x[32] = {
        0xe6, 0x9d, 0x35, 0x0e, 0x48, 0x01, 0x03, 0xcc, 0xdb, 0xfd, 0xf4, 0xac, 0x11, 0x91, 0xf4, 0xef,
        0xb9, 0xa5, 0xf9, 0xe9, 0xa7, 0x83, 0x2c, 0x5e, 0x2c, 0xbe, 0x97, 0xf2, 0xd2, 0x03, 0xb0, 0x20,
    };
    return ble_equal(x, debug_x, sizeof(debug_x));
}

int ble_p256_dhkey(const uint8_t private_key[32], const uint8_t peer_key[64], uint8_t dhkey[32]) {
    uint8_t number[32], point[64], secret[32];
    if (is_debug_key(peer_key)) {
        return -EINVAL;
    }
    copy_reversed(number, private_key, sizeof(number));
    reverse_point(point, peer_key);
    int result = p256_ecdh_shared_secret(secret, number, point);
    if (result == P256_SUCCESS) {
        copy_reversed(dhkey, secret, sizeof(secret));
    }
    mbedtls_platform_zeroize(secret, sizeof(secret));
    mbedtls_platform_zeroize(number, sizeof(number));
    return result == P256_SUCCESS ? 0 : -EINVAL;
}
