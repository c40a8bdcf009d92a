// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Encryption, and the air's AES with the sample data of FIPS 197 and of the Core Specification.
#include <string.h>

#include "air_node.h"
#include "test_air.h"

#define LTK "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"
#define OTHER "01 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"
#define START "40 00 01 02 03 04 05 06 07 08 34 12 "

// FIPS 197, appendix C.1.
static void aes(void) {
    uint8_t key[16], in[16], out[16];
    static const uint8_t expected[16] = {
        0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a
    };
    for (int i = 0; i < 16; ++i) {
        key[i] = i;
        in[i] = 0x11 * i;
    }
    air_aes(key, in, out);
    CHECK(memcmp(out, expected, 16) == 0);
}

// Volume 3 part H, D.7: ah of the IRK of all sample data and prand 0x708194 is 0x0dfbaa.
static void hash(void) {
    static const uint8_t irk[16] = {
        0x9b, 0x7d, 0x39, 0x0a, 0xa6, 0x10, 0x10, 0x34, 0x05, 0xad, 0xc8, 0x57, 0xa3, 0x34, 0x02, 0xec
    };
    static const uint8_t random[3] = { 0x94, 0x81, 0x70 };
    uint8_t out[3];
    air_hash(irk, random, out);
    CHECK(out[0] == 0xaa && out[1] == 0xfb && out[2] == 0x0d);
}

static void encrypt_command(void) {
    raw_open(0, false);
    raw_command(0, 0x2017, "0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00"
        "ff ee dd cc bb aa 99 88 77 66 55 44 33 22 11 00");
    raw_expect(0, "04 0e 14 01 17 20 00 5a c5 b4 70 80 b7 cd d8 30 04 7b 6a d8 e0 c4 69");
}

static void start(const char *ltk) {
    char parameters[120] = START;
    raw_command(0, 0x2019, strcat(parameters, ltk));
    raw_status(0, 0x2019, 0);
    raw_expect(1, "04 3e 0d 05 80 00 01 02 03 04 05 06 07 08 34 12");
}

static void reply(const char *ltk) {
    char parameters[80] = "80 00 ";
    raw_command(1, 0x201a, strcat(parameters, ltk));
    raw_expect(1, "04 0e 06 01 1a 20 00 80 00");
}

// First the link is encrypted, then its key is refreshed.
static void encrypts(void) {
    air_connected();
    start(LTK);
    reply(LTK);
    raw_expect(0, "04 08 04 00 40 00 01");
    raw_expect(1, "04 08 04 00 80 00 01");
    start(OTHER);
    reply(OTHER);
    raw_expect(0, "04 30 03 00 40 00");
    raw_expect(1, "04 30 03 00 80 00");
    raw_quiet(0);
    raw_quiet(1);
}

static void other_key(void) {
    air_connected();
    start(LTK);
    reply(OTHER);
    raw_expect(0, "04 05 04 00 40 00 3d");
    raw_expect(1, "04 05 04 00 80 00 3d");
}

// Without a key the first encryption is refused, and the second one ends the connection.
static void no_key(void) {
    air_connected();
    start(LTK);
    raw_command(1, 0x201b, "80 00");
    raw_expect(1, "04 0e 06 01 1b 20 00 80 00");
    raw_expect(0, "04 08 04 06 40 00 00");
    raw_quiet(1);
    start(LTK);
    reply(LTK);
    raw_expect(0, "04 08 04 00 40 00 01");
    raw_expect(1, "04 08 04 00 80 00 01");
    start(LTK);
    raw_command(1, 0x201b, "80 00");
    raw_done(1, 0x201b, 0);
    raw_expect(0, "04 05 04 00 40 00 06");
    raw_expect(1, "04 05 04 00 80 00 06");
}

// A peripheral that cannot, and one whose host does not hear of it.
static void cannot(void) {
    air_connected();
    air_knobs_t knobs = air_knobs();
    knobs.features_off = FEATURE_ENCRYPTION;
    air_configure(1, &knobs);
    raw_command(0, 0x2019, START LTK);
    raw_status(0, 0x2019, 0);
    raw_expect(0, "04 08 04 1a 40 00 00");
    knobs.features_off = 0;
    air_configure(1, &knobs);
    raw_command(1, 0x2001, "0f 00 00 00 00 00 00 00");
    raw_done(1, 0x2001, 0);
    raw_command(0, 0x2019, START LTK);
    raw_status(0, 0x2019, 0);
    raw_expect(0, "04 08 04 06 40 00 00");
    raw_quiet(1);
}

static void out_of_turn(void) {
    air_connected();
    raw_command(1, 0x2019, "80 00 01 02 03 04 05 06 07 08 34 12" LTK);
    raw_status(1, 0x2019, 0x0c);
    raw_command(1, 0x201a, "80 00" LTK);
    raw_done(1, 0x201a, 0x0c);
    raw_command(1, 0x201b, "80 00");
    raw_done(1, 0x201b, 0x0c);
    raw_command(1, 0x201b, "81 00");
    raw_done(1, 0x201b, 0x02);
    start(LTK);
    raw_command(0, 0x2019, START LTK);
    raw_status(0, 0x2019, 0x0c);
    raw_command(0, 0x201a, "40 00" LTK);
    raw_done(0, 0x201a, 0x0c);
}

// Data waits while the hosts are asked.
static void data_waits(void) {
    air_connected();
    start(LTK);
    raw_write(0, "02 40 00 02 00 aa bb");
    raw_write(1, "02 80 00 02 00 cc dd");
    air_step(3);
    raw_quiet(0);
    raw_quiet(1);
    reply(LTK);
    raw_expect(0, "04 08 04 00 40 00 01");
    raw_expect(1, "04 08 04 00 80 00 01");
    raw_expect(1, "02 80 20 02 00 aa bb");
    raw_expect(0, "04 13 05 01 40 00 01 00");
    raw_expect(0, "02 40 20 02 00 cc dd");
    raw_expect(1, "04 13 05 01 80 00 01 00");
}

const air_case_t air_cases_secure[] = {
    { "aes", aes },
    { "hash", hash },
    { "encrypt-command", encrypt_command },
    { "encrypts", encrypts },
    { "other-key", other_key },
    { "no-key", no_key },
    { "cannot", cannot },
    { "out-of-turn", out_of_turn },
    { "data-waits", data_waits },
    { NULL, NULL },
};
