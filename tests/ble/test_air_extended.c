// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The extended commands, and resolvable private addresses.
#include <stdio.h>
#include <string.h>

#include "air_node.h"
#include "test_air.h"

// Set `handle` with these properties, on 1M with 2M as second, and as SID 5.
static void make_set(unsigned node, unsigned handle, const char *properties, const char *own) {
    char text[120];
    snprintf(text, sizeof(text),
        "%02x %s 20 00 00 20 00 00 07 %s 00 01 00 00 00 00 02 00 7f 01 00 02 05 00", handle, properties, own);
    raw_command(node, 0x2036, text);
    raw_expect(node, "04 0e 05 01 36 20 00 00");
}

static void enable_set(unsigned node, const char *parameters, unsigned status) {
    raw_command(node, 0x2039, parameters);
    raw_done(node, 0x2039, status);
}

static void scan(unsigned node, const char *active, const char *enable) {
    char text[60] = "00 00 01 ";
    raw_command(node, 0x2041, strcat(strcat(text, active), " 10 00 10 00"));
    raw_done(node, 0x2041, 0);
    raw_command(node, 0x2042, enable);
    raw_done(node, 0x2042, 0);
}

#define CREATE "00 00 00 02 00 00 00 00 02 01 10 00 10 00 18 00 28 00 00 00 48 00 00 00 00 00"

// Legacy packets by extended commands, heard by scanners of both kinds.
static void legacy_packets(void) {
    air_pair();
    raw_open(2, true);
    scan(0, "01", "01 00 00 00 00 00");
    raw_command(2, 0x200b, "00 10 00 10 00 00 00");
    raw_done(2, 0x200b, 0);
    raw_command(2, 0x200c, "01 00");
    raw_done(2, 0x200c, 0);
    make_set(1, 3, "13 00", "00");
    raw_command(1, 0x2037, "03 03 01 03 02 01 06");
    raw_done(1, 0x2037, 0);
    enable_set(1, "01 01 03 00 00 00", 0);
    raw_expect(0, "04 3e 1d 0d 01 13 00 00 02 00 00 00 00 02 01 00 ff 7f c4 00 00 00 00 00 00 00 00 00 03 02 01 06");
    raw_expect(0, "04 3e 1a 0d 01 1b 00 *");
    raw_expect(2, "04 3e 0f 02 01 00 00 02 00 00 00 00 02 03 02 01 06 c4");
    raw_quiet(0);
    raw_quiet(2);
}

// More data than a report has; nobody with legacy commands hears it.
static void long_data(void) {
    uint8_t packet[RAW_PACKET];
    uint8_t part[4 + 4 + 251] = { 1, 0x37, 0x20, 4 + 251, 1, 1, 1, 251 };
    air_pair();
    raw_open(2, true);
    scan(0, "00", "01 01 00 00 00 00");
    raw_command(2, 0x200c, "01 00");
    raw_done(2, 0x200c, 0);
    make_set(1, 1, "00 00", "00");
    for (int i = 0; i < 2; ++i) {
        part[5] = i == 0 ? 1 : 2;
        for (int j = 0; j < 251; ++j) {
            part[8 + j] = i * 251 + j;
        }
        CHECK(air_transport(1)->write(air_transport(1), part, sizeof(part)) == (int)sizeof(part));
        raw_done(1, 0x2037, 0);
    }
    raw_command(1, 0x2037, "01 00 01 0b 00 00 00 00 00 00 00 00 00 00 00");
    raw_done(1, 0x2037, 0x07);
    raw_command(1, 0x2038, "01 03 01 01 00");
    raw_done(1, 0x2038, 0x12);
    enable_set(1, "01 01 01 00 00 00", 0);
    unsigned at = 0;
    for (int i = 0; i < 3; ++i) {
        size_t len = raw_read(0, packet);
        CHECK(len == 29 + (size_t)packet[28] && packet[3] == 0x0d && packet[5] == (i < 2 ? 0x20 : 0));
        CHECK(packet[14] == 1 && packet[15] == 2 && packet[16] == 5);
        for (size_t j = 29; j < len; ++j) {
            CHECK(packet[j] == (uint8_t)at++);
        }
    }
    CHECK(at == 502);
    air_step(1);
    raw_quiet(0);
    raw_quiet(2);
}

// Until its time is over, or its events; and a scan's time.
static void ends(void) {
    air_pair();
    scan(0, "00", "01 00 05 00 00 00");
    make_set(1, 1, "00 00", "00");
    make_set(1, 2, "00 00", "00");
    enable_set(1, "01 02 01 03 00 00 02 00 00 02", 0);
    air_step(1);
    raw_quiet(1);
    air_step(1);
    raw_expect(1, "04 3e 06 12 43 02 00 00 02");
    air_step(1);
    raw_expect(1, "04 3e 06 12 3c 01 00 00 00");
    air_step(1);
    raw_quiet(1);
    uint8_t packet[RAW_PACKET];
    unsigned reports = 0;
    while (raw_read(0, packet) != 0) {
        CHECK(packet[3] == 0x0d);
        reports += 1;
    }
    CHECK(reports == 2 + 3 + 2);
    air_step(1);
    raw_expect(0, "04 3e 01 11");
    enable_set(1, "01 01 01 00 00 00", 0);
    raw_quiet(0);
}

static void connects(void) {
    air_pair();
    make_set(1, 7, "01 00", "01");
    enable_set(1, "01 01 07 00 00 00", 0x12);
    raw_command(1, 0x2035, "07 01 02 03 04 05 c6");
    raw_done(1, 0x2035, 0);
    enable_set(1, "01 01 07 00 00 00", 0);
    raw_command(1, 0x2035, "07 01 02 03 04 05 c6");
    raw_done(1, 0x2035, 0x0c);
    raw_command(0, 0x2043,
        "00 00 01 01 02 03 04 05 c6 01 10 00 10 00 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x2043, 0);
    raw_expect(0, "04 3e 1f 0a 00 40 00 00 01 01 02 03 04 05 c6 *");
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 00 01 00 00 00 00 02 *");
    raw_expect(1, "04 3e 06 12 00 07 80 00 00");
    raw_command(0, 0x2030, "40 00");
    raw_expect(0, "04 0e 08 01 30 20 00 40 00 02 02");
    raw_command(0, 0x2043, CREATE);
    raw_status(0, 0x2043, 0);
    raw_command(0, 0x200e, "");
    raw_done(0, 0x200e, 0);
    raw_expect(0, "04 3e 1f 0a 02 *");
}

// Commands of one kind only, from one reset to the next.
static void kinds(void) {
    air_pair();
    make_set(0, 1, "13 00", "00");
    raw_command(0, 0x200a, "00");
    raw_done(0, 0x200a, 0x0c);
    raw_command(0, 0x200d, "10 00 10 00 00 00 02 00 00 00 00 02 00 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x200d, 0x0c);
    raw_command(0, 0x0c03, "");
    raw_done(0, 0x0c03, 0);
    raw_command(0, 0x200a, "00");
    raw_done(0, 0x200a, 0);
    raw_command(0, 0x2042, "00 00 00 00 00 00");
    raw_done(0, 0x2042, 0x0c);
    raw_command(0, 0x2043, CREATE);
    raw_status(0, 0x2043, 0x0c);
}

static void sets(void) {
    air_pair();
    raw_command(0, 0x203b, "");
    raw_expect(0, "04 0e 05 01 3b 20 00 04");
    raw_command(0, 0x203a, "");
    raw_expect(0, "04 0e 06 01 3a 20 00 00 02");
    for (unsigned i = 0; i < 4; ++i) {
        make_set(0, 0x20 + i, "10 00", "00");
    }
    raw_command(0, 0x2036, "30 10 00 20 00 00 20 00 00 07 00 00 00 00 00 00 00 00 00 7f 01 00 02 05 00");
    raw_done(0, 0x2036, 0x07);
    raw_command(0, 0x2036, "20 03 00 20 00 00 20 00 00 07 00 00 00 00 00 00 00 00 00 7f 01 00 02 05 00");
    raw_done(0, 0x2036, 0x12);
    enable_set(0, "01 01 30 00 00 00", 0x42);
    enable_set(0, "01 00", 0x12);
    enable_set(0, "01 01 20 00 00 00", 0);
    raw_command(0, 0x203c, "20");
    raw_done(0, 0x203c, 0x0c);
    raw_command(0, 0x203d, "");
    raw_done(0, 0x203d, 0x0c);
    raw_command(0, 0x203c, "21");
    raw_done(0, 0x203c, 0);
    raw_command(0, 0x203c, "21");
    raw_done(0, 0x203c, 0x42);
    enable_set(0, "00 00", 0);
    raw_command(0, 0x203d, "");
    raw_done(0, 0x203d, 0);
    enable_set(0, "00 01 20 00 00 00", 0x42);
}

// On coded PHY only who listens there hears it.
static void coded(void) {
    air_pair();
    raw_command(1, 0x2036, "01 00 00 20 00 00 20 00 00 07 00 00 00 00 00 00 00 00 00 7f 03 00 03 05 00");
    raw_done(1, 0x2036, 0);
    enable_set(1, "01 01 01 00 00 00", 0);
    scan(0, "00", "01 00 00 00 00 00");
    air_step(1);
    raw_quiet(0);
    raw_command(0, 0x2042, "00 00 00 00 00 00");
    raw_done(0, 0x2042, 0);
    raw_command(0, 0x2041, "00 00 05 00 10 00 10 00 00 10 00 10 00");
    raw_done(0, 0x2041, 0);
    raw_command(0, 0x2042, "01 00 00 00 00 00");
    raw_done(0, 0x2042, 0);
    raw_expect(0, "04 3e 1a 0d 01 00 00 00 02 00 00 00 00 02 03 03 05 *");
}

// ---- resolvable private addresses

#define IRK "9b 7d 39 0a a6 10 10 34 05 ad c8 57 a3 34 02 ec"
#define NO_IRK "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"

static void add_identity(unsigned node, const char *peer, const char *peer_irk, const char *local_irk) {
    char text[160];
    snprintf(text, sizeof(text), "%s %s %s", peer, peer_irk, local_irk);
    raw_command(node, 0x2027, text);
    raw_done(node, 0x2027, 0);
    raw_command(node, 0x202d, "01");
    raw_done(node, 0x202d, 0);
}

// A host's own private address, which the specification has as an example, is told by its identity.
static void resolves(void) {
    air_pair();
    add_identity(0, "00 ff 00 00 00 00 02", IRK, NO_IRK);
    raw_command(1, 0x2005, "aa fb 0d 94 81 70");
    raw_done(1, 0x2005, 0);
    raw_command(0, 0x200c, "01 00");
    raw_done(0, 0x200c, 0);
    raw_command(0, 0x202d, "00");
    raw_done(0, 0x202d, 0x0c);
    raw_command(1, 0x2006, "20 00 20 00 00 01 00 00 00 00 00 00 00 07 00");
    raw_done(1, 0x2006, 0);
    raw_command(1, 0x200a, "01");
    raw_done(1, 0x200a, 0);
    raw_expect(0, "04 3e 0c 02 01 00 02 ff 00 00 00 00 02 00 c4");
    raw_command(0, 0x200c, "00 00");
    raw_done(0, 0x200c, 0);
    raw_command(0, 0x200d, "10 00 10 00 00 00 ff 00 00 00 00 02 00 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x200d, 0);
    raw_expect(0, "04 3e 1f 0a 00 40 00 00 02 ff 00 00 00 00 02 00 00 00 00 00 00 aa fb 0d 94 81 70 *");
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 00 01 00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 *");
}

// A controller's own one: who has the key is told the identity, who has not is told what it is.
static void own_private(void) {
    air_pair();
    raw_open(2, true);
    add_identity(0, "00 02 00 00 00 00 02", IRK, NO_IRK);
    add_identity(1, "00 01 00 00 00 00 02", NO_IRK, IRK);
    raw_command(0, 0x200c, "01 00");
    raw_done(0, 0x200c, 0);
    raw_command(2, 0x200c, "01 00");
    raw_done(2, 0x200c, 0);
    raw_command(1, 0x2006, "20 00 20 00 00 02 00 01 00 00 00 00 02 07 00");
    raw_done(1, 0x2006, 0);
    raw_command(1, 0x200a, "01");
    raw_done(1, 0x200a, 0);
    raw_expect(0, "04 3e 0c 02 01 00 02 02 00 00 00 00 02 00 c4");
    uint8_t packet[RAW_PACKET];
    CHECK(raw_read(2, packet) == 15 && packet[6] == 1 && packet[12] >> 6 == 1);
    char pattern[80];
    snprintf(pattern, sizeof(pattern), "04 0e 0a 01 2c 20 00 %02x %02x %02x %02x %02x %02x",
        packet[7], packet[8], packet[9], packet[10], packet[11], packet[12]);
    raw_command(1, 0x202c, "00 01 00 00 00 00 02");
    raw_expect(1, pattern);
}

// By its identity address a peer whose key there is is not heard, unless its mode is the device's.
static void privacy_mode(void) {
    air_pair();
    add_identity(0, "00 02 00 00 00 00 02", IRK, NO_IRK);
    air_advertiser(1, "00");
    raw_command(0, 0x200c, "01 00");
    raw_done(0, 0x200c, 0);
    raw_quiet(0);
    raw_command(0, 0x200c, "00 00");
    raw_done(0, 0x200c, 0);
    raw_command(0, 0x204e, "00 02 00 00 00 00 02 01");
    raw_done(0, 0x204e, 0);
    raw_command(0, 0x200c, "01 00");
    raw_done(0, 0x200c, 0);
    raw_expect(0, "04 3e 0c 02 01 00 00 02 *");
}

static void resolving_list(void) {
    air_pair();
    for (int i = 0; i < 9; ++i) {
        char text[160];
        snprintf(text, sizeof(text), "01 %02x 00 00 00 00 c0 " IRK NO_IRK, i);
        raw_command(0, 0x2027, text);
        raw_done(0, 0x2027, i < 8 ? 0 : 0x07);
    }
    raw_command(0, 0x2027, "01 00 00 00 00 00 c0" IRK NO_IRK);
    raw_done(0, 0x2027, 0x12);
    raw_command(0, 0x2028, "01 09 00 00 00 00 c0");
    raw_done(0, 0x2028, 0x02);
    raw_command(0, 0x2028, "01 00 00 00 00 00 c0");
    raw_done(0, 0x2028, 0);
    raw_command(0, 0x2029, "");
    raw_done(0, 0x2029, 0);
    raw_command(0, 0x202b, "01 01 00 00 00 00 c0");
    raw_done(0, 0x202b, 0x02);
    raw_command(0, 0x202a, "");
    raw_expect(0, "04 0e 05 01 2a 20 00 08");
    raw_command(0, 0x202e, "84 03");
    raw_done(0, 0x202e, 0);
}

const air_case_t air_cases_extended[] = {
    { "legacy-packets", legacy_packets },
    { "long-data", long_data },
    { "ends", ends },
    { "connects", connects },
    { "kinds", kinds },
    { "sets", sets },
    { "coded", coded },
    { "resolves", resolves },
    { "own-private", own_private },
    { "privacy-mode", privacy_mode },
    { "resolving-list", resolving_list },
    { NULL, NULL },
};
