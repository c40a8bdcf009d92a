// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// See raw.h.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "air.h"
#include "raw.h"

typedef struct {
    uint8_t data[4096];
    size_t len;
    unsigned wakes;
    void (*wake)(void *arg);
    void *arg;
} raw_t;

static raw_t raws[AIR_NODES];

// ---- hexadecimal

static int digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static size_t from_hex(const char *hex, uint8_t *out) {
    size_t len = 0;
    while (*hex != '\0') {
        if (*hex == ' ') {
            hex += 1;
            continue;
        }
        CHECK(isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]) && len < RAW_PACKET);
        out[len++] = digit(hex[0]) << 4 | digit(hex[1]);
        hex += 2;
    }
    return len;
}

static bool is_digit_of(char c, unsigned value) {
    return c == '?' || digit(c) == (int)value;
}

static bool is_like(const char *pattern, const uint8_t *data, size_t len) {
    size_t at = 0;
    for (;; pattern += 2) {
        while (*pattern == ' ') {
            pattern += 1;
        }
        if (*pattern == '\0' || *pattern == '*') {
            return *pattern == '*' || at == len;
        }
        if (at == len || !is_digit_of(pattern[0], data[at] >> 4) || !is_digit_of(pattern[1], data[at] & 15)) {
            return false;
        }
        at += 1;
    }
}

static void print_packet(const uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; ++i) {
        printf("%02x ", data[i]);
    }
    printf("\n");
}

// ---- to and from a controller

static void wake(void *arg) {
    raw_t *raw = arg;
    __atomic_add_fetch(&raw->wakes, 1, __ATOMIC_RELAXED);
    if (raw->wake != NULL) {
        raw->wake(raw->arg);
    }
}

void raw_forward(unsigned node, void (*wake)(void *arg), void *arg) {
    raws[node].wake = wake;
    raws[node].arg = arg;
}

unsigned raw_wakes(unsigned node) {
    return __atomic_load_n(&raws[node].wakes, __ATOMIC_RELAXED);
}

void raw_open(unsigned node, bool ready) {
    raws[node] = (raw_t) { .len = 0 };
    CHECK(air_transport(node)->open(air_transport(node), wake, &raws[node]) == 0);
    if (ready) {
        raw_command(node, 0x0c03, "");
        raw_done(node, 0x0c03, 0);
        raw_command(node, 0x0c01, "ff ff ff ff ff ff ff ff");
        raw_done(node, 0x0c01, 0);
        raw_command(node, 0x2001, "ff ff ff ff ff ff ff ff");
        raw_done(node, 0x2001, 0);
    }
}

void raw_close(unsigned node) {
    air_transport(node)->close(air_transport(node));
}

static void write_bytes(unsigned node, const uint8_t *data, size_t len) {
    CHECK(air_transport(node)->write(air_transport(node), data, len) == (int)len);
}

void raw_write(unsigned node, const char *hex) {
    uint8_t packet[RAW_PACKET];
    write_bytes(node, packet, from_hex(hex, packet));
}

void raw_command(unsigned node, unsigned opcode, const char *hex) {
    uint8_t packet[4 + RAW_PACKET] = { 1, opcode & 0xff, opcode >> 8 };
    size_t len = from_hex(hex, packet + 4);
    packet[3] = len;
    write_bytes(node, packet, 4 + len);
}

void raw_done(unsigned node, unsigned opcode, unsigned status) {
    char pattern[60];
    snprintf(pattern, sizeof(pattern), "04 0e ?? ?? %02x %02x %02x *", opcode & 0xff, opcode >> 8, status);
    raw_expect(node, pattern);
}

void raw_status(unsigned node, unsigned opcode, unsigned status) {
    char pattern[60];
    snprintf(pattern, sizeof(pattern), "04 0f 04 %02x ?? %02x %02x", status, opcode & 0xff, opcode >> 8);
    raw_expect(node, pattern);
}

static size_t whole(const raw_t *raw) {
    const uint8_t *p = raw->data;
    size_t head = p[0] == 2 ? 5 : 3;
    if (raw->len < head) {
        return 0;
    }
    size_t len = head + (p[0] == 2 ? p[3] | p[4] << 8 : p[2]);
    return raw->len < len ? 0 : len;
}

size_t raw_read(unsigned node, uint8_t *packet) {
    raw_t *raw = &raws[node];
    int n = 1;
    while (whole(raw) == 0 && n > 0) {
        n = air_transport(node)->read(air_transport(node), raw->data + raw->len, sizeof(raw->data) - raw->len);
        CHECK(n >= 0);
        raw->len += n;
    }
    size_t len = whole(raw);
    CHECK(len <= RAW_PACKET);
    memcpy(packet, raw->data, len);
    raw->len -= len;
    memmove(raw->data, raw->data + len, raw->len);
    return len;
}

void raw_expect_at(const char *file, int line, unsigned node, const char *pattern) {
    uint8_t packet[RAW_PACKET];
    size_t len = raw_read(node, packet);
    if (len == 0 || !is_like(pattern, packet, len)) {
        printf("controller %u, expected: %s\nwhat came: ", node, pattern);
        print_packet(packet, len);
        raw_fail(file, line, "another packet");
    }
}

void raw_quiet_at(const char *file, int line, unsigned node) {
    uint8_t packet[RAW_PACKET];
    size_t len = raw_read(node, packet);
    if (len != 0) {
        printf("controller %u, expected nothing\nwhat came: ", node);
        print_packet(packet, len);
        raw_fail(file, line, "a packet");
    }
}
