// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// ble/crypto.c with the sample data of the Core Specification (Vol 3, Part H, 2.2 and appendix D, Vol 2, Part G, 7.1.2,
// Vol 3, Part G, appendix B), of RFC 4493 and of FIPS 197, as they are printed there: most significant octet first.
#include <errno.h>
#include <string.h>
#include <zephyr/sys/printk.h> // on the host, host/printk.c has it

#include "crypto.h"

static unsigned int checks, failures;

static void check(bool good, const char *what, int line) {
    ++checks;
    if (!good) {
        ++failures;
        printk("FAIL %d: %s\n", line, what);
    }
}

#define CHECK(expr) check((expr), #expr, __LINE__)
#define CHECK_BYTES(got, wanted) check(memcmp((got), (wanted), sizeof(got)) == 0, #got " is " #wanted, __LINE__)

// --- hexadecimal digits, with spaces anywhere ------------------------------------------------------------------------

static uint8_t digit(char c) {
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// As they are printed: how many octets.
static size_t octets(uint8_t *out, const char *text) {
    size_t digits = 0;
    for (; *text; ++text) {
        if (*text != ' ') {
            uint8_t *octet = &out[digits++ / 2];
            *octet = (uint8_t)(*octet << 4 | digit(*text));
        }
    }
    return digits / 2;
}

// A number as it goes over the air; returned, for use as an argument.
typedef struct {
    uint8_t octet[32];
} number_t;

static number_t number(const char *text) {
    uint8_t printed[32] = {0};
    number_t n = {{0}};
    size_t len = octets(printed, text);
    for (size_t i = 0; i < len; ++i) {
        n.octet[i] = printed[len - 1 - i];
    }
    return n;
}

#define N(text) (number(text).octet)

static bool is(const uint8_t *got, const char *wanted, size_t len) {
    return memcmp(got, N(wanted), len) == 0;
}

#define CHECK_IS(got, wanted) check(is((got), (wanted), sizeof(got)), #got " is " #wanted, __LINE__)

// --- AES and the functions of legacy pairing -------------------------------------------------------------------------

static void test_equal(void) {
    uint8_t one[33], other[33];
    memset(one, 0x5a, sizeof(one));
    memset(other, 0x5a, sizeof(other));
    CHECK(ble_equal(one, other, sizeof(one)));
    for (size_t bit = 0; bit < 8 * sizeof(one); ++bit) {
        other[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(!ble_equal(one, other, sizeof(one)));
        CHECK(ble_equal(one, other, bit / 8));
        other[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    other[0] ^= 0xff; // one difference does not undo another
    other[1] ^= 0xff;
    CHECK(!ble_equal(one, other, sizeof(one)));
    CHECK(ble_equal(one, other, 0));
}

static void test_aes(void) {
    uint8_t out[16];
    ble_aes(N("000102030405060708090a0b0c0d0e0f"), N("00112233445566778899aabbccddeeff"), out);
    CHECK_IS(out, "69c4e0d86a7b0430d8cdb78070b4c55a");
    ble_aes(N("ec0234a3 57c8ad05 341010a6 0a397d9b"), N("708194"), out);
    CHECK_IS(out, "159d5fb7 2ebe2311 a48c1bdc c40dfbaa");
    memcpy(out, N("00112233445566778899aabbccddeeff"), sizeof(out));
    ble_aes(N("000102030405060708090a0b0c0d0e0f"), out, out);
    CHECK_IS(out, "69c4e0d86a7b0430d8cdb78070b4c55a");
}

static void test_ah(void) {
    uint8_t hash[3];
    ble_ah(N("ec0234a3 57c8ad05 341010a6 0a397d9b"), N("708194"), hash);
    CHECK_IS(hash, "0dfbaa");
}

static void test_c1(void) {
    uint8_t confirm[16];
    ble_c1(N("00000000000000000000000000000000"), N("5783d52156ad6f0e6388274ec6702ee0"), N("07071000000101"),
        N("05000800000302"), N("01a1a2a3a4a5a6"), N("00b1b2b3b4b5b6"), confirm);
    CHECK_IS(confirm, "1e1e3fef878988ead2a74dc5bef13b86");
}

static void test_s1(void) {
    uint8_t stk[16];
    ble_s1(N("00000000000000000000000000000000"), N("000f0e0d0c0b0a091122334455667788"),
        N("010203040506070899aabbccddeeff00"), stk);
    CHECK_IS(stk, "9a1fe1f0e8b0f49b5b4216ae796da062");
}

// --- CMAC, and what is made of it ------------------------------------------------------------------------------------

static const char rfc_key[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char rfc_message[] =
    "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710";

static void test_cmac(void) {
    static const struct {
        size_t len;
        const char *mac;
    } samples[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t key[16], message[64], wanted[16], mac[16];
    octets(key, rfc_key);
    octets(message, rfc_message);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); ++i) {
        octets(wanted, samples[i].mac);
        ble_cmac(key, message, samples[i].len, mac);
        CHECK_BYTES(mac, wanted);
        for (size_t split = 0; split <= samples[i].len; ++split) {
            ble_cmac_t c;
            ble_cmac_start(&c, key);
            ble_cmac_add(&c, message, split);
            ble_cmac_add(&c, message, 0);
            ble_cmac_add(&c, message + split, samples[i].len - split);
            ble_cmac_end(&c, mac);
            CHECK_BYTES(mac, wanted);
            static const ble_cmac_t wiped;
            CHECK(memcmp(&c, &wiped, sizeof(c)) == 0);
        }
    }
}

// A database and its hash.
static void test_hash(void) {
    uint8_t database[128], hash[16];
    size_t len = octets(database,
        "01000028 0018 02000328 0a 0300 002a 04000328 02 0500 012a 06000028 0118 07000328 20 0800 052a"
        "09000229 0a000328 0a 0b00 292b 0c000328 02 0d00 2a2b 0e000028 0818 0f000228 1400 1600 0f18"
        "10000328 a2 1100 182a 12000229 13000029 0000 14000128 0f18 15000328 02 1600 192a");
    ble_cmac_t c;
    ble_hash_start(&c);
    for (size_t done = 0; done < len; done += 7) {
        ble_cmac_add(&c, database + done, len - done < 7 ? len - done : 7);
    }
    ble_hash_end(&c, hash);
    CHECK(len == 111);
    CHECK_IS(hash, "f1ca2d48ecf58bac8a8830bbb9fba990");
}

// What is signed is the counter and the PDU as one number: so RFC 4493's message is a counter and a PDU, too.
static void test_sign(void) {
    uint8_t message[64], pdu[36], signature[12];
    octets(message, rfc_message);
    for (size_t i = 0; i < sizeof(pdu); ++i) {
        pdu[i] = message[39 - i];
    }
    ble_sign(N(rfc_key), pdu, sizeof(pdu), 0x6bc1bee2, signature);
    CHECK_IS(signature, "dfa66747de9ae630 6bc1bee2");
    // The same numbers are in BlueZ's unit tests.
    static const uint8_t command[] = {0xd2, 0x12, 0x00, 0x13, 0x37};
    ble_sign(N("611b64ebfbcd1fd372ec9196df425e50"), command, sizeof(command), 1, signature);
    CHECK_IS(signature, "f20f903c931e87f1 00000001");
    ble_sign(N(rfc_key), NULL, 0, 0, signature);
    CHECK_IS(signature, "c0c2eb274159a8b3 00000000");
}

// --- Secure Connections ----------------------------------------------------------------------------------------------

static const char u[] = "20b003d2 f297be2c 5e2c83a7 e9f9a5b9 eff49111 acf4fddb cc030148 0e359de6";
static const char v[] = "55188b3d 32f6bb9a 900afcfb eed4e72a 59cb9ac2 f19d7cfb 6b4fdd49 f47fc5fd";
static const char n1[] = "d5cb8454 d177733e ffffb2ec 712baeab";
static const char n2[] = "a6e8e7cc 25a75f6e 216583f7 ff3dc4cf";
static const char a1[] = "00561237 37bfce";
static const char a2[] = "00a71370 2dcfc1";
static const char w[] = "ec0234a3 57c8ad05 341010a6 0a397d9b";

static void test_f4(void) {
    uint8_t confirm[16];
    ble_f4(N(u), N(v), N(n1), 0, confirm);
    CHECK_IS(confirm, "f2c916f1 07a9bd1c f1eda1be a974872d");
}

static void test_f5(void) {
    static const char dhkey[] = "ec0234a3 57c8ad05 341010a6 0a397d9b 99796b13 b4f866f1 868d34f3 73bfa698";
    uint8_t mackey[16], ltk[16], keys[32];
    ble_f5(N(dhkey), N(n1), N(n2), N(a1), N(a2), mackey, ltk);
    CHECK_IS(mackey, "2965f176 a1084a02 fd3f6a20 ce636e20");
    CHECK_IS(ltk, "69867911 69d7cd23 980522b5 94750a38");
    memcpy(keys, N(dhkey), sizeof(keys));
    ble_f5(keys, N(n1), N(n2), N(a1), N(a2), keys, keys + 16);
    CHECK_IS(keys, "69867911 69d7cd23 980522b5 94750a38 2965f176 a1084a02 fd3f6a20 ce636e20");
    memcpy(ltk, N(n1), sizeof(ltk));
    ble_f5(N(dhkey), ltk, N(n2), N(a1), N(a2), mackey, ltk);
    CHECK_IS(ltk, "69867911 69d7cd23 980522b5 94750a38");
}

static void test_f6(void) {
    uint8_t value[16];
    ble_f6(N("2965f176 a1084a02 fd3f6a20 ce636e20"), N(n1), N(n2), N("12a3343b b453bb54 08da42d2 0c2d0fc8"),
        N("010102"), N(a1), N(a2), value);
    CHECK_IS(value, "e3c47398 9cd0e8c5 d26c0b09 da958f61");
}

static void test_g2(void) {
    CHECK(ble_g2(N(u), N(v), N(n1), N(n2)) == 0x2f9ed5ba);
}

static void test_h6(void) {
    uint8_t out[16];
    ble_h6(N(w), 0x6c656272, out);
    CHECK_IS(out, "2d9ae102 e76dc91c e8d3a9e2 80b16399");
}

static void test_h7(void) {
    uint8_t out[16];
    ble_h7(N("00000000 00000000 00000000 746d7031"), N(w), out);
    CHECK_IS(out, "fb173597 c6a3c0ec d2998c2a 75a57011");
}

// --- P-256 -----------------------------------------------------------------------------------------------------------

typedef struct {
    const char *private_a, *private_b, *x_a, *y_a, *x_b, *y_b, *dhkey;
} p256_sample_t;

// Data sets 1 and 2; A of the first is the debug key pair.
static const p256_sample_t p256_samples[] = {
    {
        "3f49f6d4 a3c55f38 74c9b3e3 d2103f50 4aff607b eb40b799 5899b8a6 cd3c1abd",
        "55188b3d 32f6bb9a 900afcfb eed4e72a 59cb9ac2 f19d7cfb 6b4fdd49 f47fc5fd",
        "20b003d2 f297be2c 5e2c83a7 e9f9a5b9 eff49111 acf4fddb cc030148 0e359de6",
        "dc809c49 652aeb6d 63329abf 5a52155c 766345c2 8fed3024 741c8ed0 1589d28b",
        "1ea1f0f0 1faf1d96 09592284 f19e4c00 47b58afd 8615a69f 559077b2 2faaa190",
        "4c55f33e 429dad37 7356703a 9ab85160 472d1130 e28e3676 5f89aff9 15b1214a",
        "ec0234a3 57c8ad05 341010a6 0a397d9b 99796b13 b4f866f1 868d34f3 73bfa698",
    },
    {
        "06a51669 3c9aa31a 6084545d 0c5db641 b48572b9 7203ddff b7ac73f7 d0457663",
        "529aa067 0d72cd64 97502ed4 73502b03 7e8803b5 c60829a5 a3caa219 505530ba",
        "2c31a47b 5779809e f44cb5ea af5c3e43 d5f8faad 4a8794cb 987e9b03 745c78dd",
        "91951218 3898dfbe cd52e240 8e43871f d0211091 17bd3ed4 eaf84377 43715d4f",
        "f465e43f f23d3f1b 9dc7dfc0 4da87581 84dbc966 204796ec cf0d6cf5 e16500cc",
        "0201d048 bcbbd899 eeefc424 164e33c2 01c2b010 ca6b4d43 a8a155ca d8ecb279",
        "ab85843a 2f6d883f 62e5684b 38e30733 5fe6e194 5ecd1960 4105c6f2 3221eb69",
    },
};
static const char order[] = "ffffffff 00000000 ffffffff ffffffff bce6faad a7179e84 f3b9cac2 fc632551";
static const char prime[] = "ffffffff 00000001 00000000 00000000 00000000 ffffffff ffffffff ffffffff";

// The public key of its two coordinates.
static void key_of(uint8_t key[64], const char *x, const char *y) {
    memcpy(key, N(x), 32);
    memcpy(key + 32, N(y), 32);
}

static void test_p256_keypair(void) {
    for (size_t i = 0; i < sizeof(p256_samples) / sizeof(p256_samples[0]); ++i) {
        const p256_sample_t *s = &p256_samples[i];
        uint8_t wanted[64], key[64], private_key[32];
        key_of(wanted, s->x_a, s->y_a);
        CHECK(ble_p256_keypair(N(s->private_a), key, private_key) == 0);
        CHECK_BYTES(key, wanted);
        CHECK_IS(private_key, s->private_a);
        key_of(wanted, s->x_b, s->y_b);
        memcpy(private_key, N(s->private_b), sizeof(private_key));
        CHECK(ble_p256_keypair(private_key, key, private_key) == 0);
        CHECK_BYTES(key, wanted);
        CHECK_IS(private_key, s->private_b);
    }
}

static void test_p256_not_private(void) {
    static const char *const not_private[] = {
        "00", order, "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff",
    };
    const p256_sample_t *s = &p256_samples[1];
    uint8_t key[64], untouched[64], private_key[32];
    memset(key, 0xa5, sizeof(key));
    memset(untouched, 0xa5, sizeof(untouched));
    memset(private_key, 0xa5, sizeof(private_key));
    for (size_t i = 0; i < sizeof(not_private) / sizeof(not_private[0]); ++i) {
        CHECK(ble_p256_keypair(N(not_private[i]), key, private_key) == -EINVAL);
        CHECK(memcmp(key, untouched, 64) == 0 && memcmp(private_key, untouched, 32) == 0);
        uint8_t peer[64];
        key_of(peer, s->x_b, s->y_b);
        CHECK(ble_p256_dhkey(N(not_private[i]), peer, private_key) == -EINVAL);
        CHECK(memcmp(private_key, untouched, 32) == 0);
    }
    // The largest that is one has the base point's X.
    number_t largest = number(order);
    --largest.octet[0];
    CHECK(ble_p256_keypair(largest.octet, key, private_key) == 0);
    CHECK(is(key, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", 32));
}

static void test_p256_dhkey(void) {
    for (size_t i = 0; i < sizeof(p256_samples) / sizeof(p256_samples[0]); ++i) {
        const p256_sample_t *s = &p256_samples[i];
        uint8_t peer[64], dhkey[32];
        key_of(peer, s->x_b, s->y_b);
        CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == 0);
        CHECK_IS(dhkey, s->dhkey);
        memset(dhkey, 0xa5, sizeof(dhkey));
        key_of(peer, s->x_a, s->y_a);
        if (i == 0) { // the peer's is the debug key
            CHECK(ble_p256_dhkey(N(s->private_b), peer, dhkey) == -EINVAL);
            CHECK_IS(dhkey, "a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5");
        } else {
            CHECK(ble_p256_dhkey(N(s->private_b), peer, dhkey) == 0);
            CHECK_IS(dhkey, s->dhkey);
        }
    }
}

// A peer's key that is none: each octet of one wrong, a coordinate that is not below p, no point at all.
static void test_p256_not_on_curve(void) {
    const p256_sample_t *s = &p256_samples[1];
    uint8_t peer[64], dhkey[32];
    memset(dhkey, 0xa5, sizeof(dhkey));
    for (size_t i = 0; i < sizeof(peer); ++i) {
        key_of(peer, s->x_b, s->y_b);
        peer[i] ^= 1;
        CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == -EINVAL);
    }
    key_of(peer, s->x_b, s->x_b);
    CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == -EINVAL);
    key_of(peer, "00", "00");
    CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == -EINVAL);
    // X is 0 here, so p is the same modulo p.
    static const char y_of_0[] = "66485c78 0e2f83d7 2433bd5d 84a06bb6 541c2af3 1dae8717 28bf856a 174f93f4";
    key_of(peer, prime, y_of_0);
    CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == -EINVAL);
    CHECK_IS(dhkey, "a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5 a5a5a5a5");
    key_of(peer, "00", y_of_0);
    CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == 0);
    // The debug key with the other Y, p - Y.
    uint8_t borrow = 0;
    key_of(peer, p256_samples[0].x_a, prime);
    for (size_t i = 0; i < 32; ++i) {
        int difference = peer[32 + i] - number(p256_samples[0].y_a).octet[i] - borrow;
        peer[32 + i] = (uint8_t)difference;
        borrow = difference < 0;
    }
    CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == -EINVAL);
    // A point whose X differs from the debug key's in the most significant octet only.
    key_of(peer, "21b003d2 f297be2c 5e2c83a7 e9f9a5b9 eff49111 acf4fddb cc030148 0e359de6",
        "d701d317 4d65369f ed08d000 acfb2975 4e4e5437 610f0aa9 fd5022a2 38af304b");
    CHECK(ble_p256_dhkey(N(s->private_a), peer, dhkey) == 0);
}

int main(void) {
    static void (*const tests[])(void) = {
        test_equal, test_aes, test_ah, test_c1, test_s1, test_cmac, test_hash, test_sign, test_f4, test_f5, test_f6,
        test_g2, test_h6, test_h7, test_p256_keypair, test_p256_not_private, test_p256_dhkey, test_p256_not_on_curve,
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); ++i) {
        tests[i]();
    }
    printk("%u checks, %u failed\n", checks, failures);
    return failures != 0;
}
