// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// H4: octets from the controller, cut anywhere, with links up; what is no packet loses the controller.
#include "fuzz.h"

static void feed_in_parts(const uint8_t *octets, size_t length) {
    size_t size = fuzz_one_in(2) ? 1 + fuzz_octet() : length + 1;
    for (size_t at = 0; at < length; at += size) {
        fuzz_feed(octets + at, length - at < size ? length - at : size);
        if (fuzz_one_in(64)) {
            fuzz_take(false);
        }
    }
}

static void octets(void) {
    uint8_t p[255];
    feed_in_parts(p, fuzz_octets(p, sizeof(p)));
}

// A packet of any kind whose length is right, or not.
static void packet(unsigned kind) {
    uint8_t p[5 + 255] = { kind };
    size_t header = kind == 4 ? 3 : kind == 3 ? 4 : 5;
    if (kind == 2 || kind == 5) {
        ble_put16(p + 1, fuzz_connection() | (fuzz_octet() & 0x30) << 8);
    } else {
        fuzz_fill(p + 1, header - 2);
    }
    size_t n = fuzz_octets(p + header, 255);
    p[header == 5 ? 3 : header - 1] = n + (fuzz_one_in(16) ? fuzz_octet() : 0);
    feed_in_parts(p, header + n);
}

static void step(unsigned what) {
    if (what < 32) {
        octets();
    } else {
        packet(what < 112 ? 2 : what < 160 ? 4 : what < 176 ? 3 : 5);
    }
}

static void begin(void) {
    fuzz_connect(FUZZ_FIRST, true);
    fuzz_connect(FUZZ_FIRST + 1, false);
}

const fuzz_target_t fuzz_target = { .begin = begin, .step = step };
