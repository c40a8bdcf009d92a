// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Advertising and scanning.
#include <string.h>

#include "test_air.h"

static void scan(unsigned node, const char *active, const char *deduplicate) {
    char text[40];
    raw_command(node, 0x200b, strcat(strcpy(text, active), " 10 00 10 00 00 00"));
    raw_done(node, 0x200b, 0);
    raw_command(node, 0x200c, strcat(strcpy(text, "01 "), deduplicate));
    raw_done(node, 0x200c, 0);
}

static void set_data(unsigned node) {
    static const char padding[] =
        " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";
    char text[120];
    raw_command(node, 0x2008, strcat(strcpy(text, "03 02 01 06"), padding));
    raw_done(node, 0x2008, 0);
    raw_command(node, 0x2009, strcat(strcpy(text, "03 02 09 41"), padding));
    raw_done(node, 0x2009, 0);
}

// ADV_IND, ADV_SCAN_IND and ADV_NONCONN_IND, to a passive scanner and to an active one.
static void types(void) {
    static const char *const type[] = { "00", "02", "03" };
    for (int active = 0; active < 2; ++active) {
        for (int i = 0; i < 3; ++i) {
            air_pair();
            set_data(1);
            scan(0, active ? "01" : "00", "00");
            air_advertiser(1, type[i]);
            char report[80] = "04 3e 0f 02 01 ";
            raw_expect(0, strcat(strcat(report, type[i]), " 00 02 00 00 00 00 02 03 02 01 06 c4"));
            if (active && i < 2) {
                raw_expect(0, "04 3e 0f 02 01 04 00 02 00 00 00 00 02 03 02 09 41 c4");
            }
            raw_quiet(0);
            raw_quiet(1);
            raw_close(0);
            raw_close(1);
        }
    }
}

// Whoever scans later hears it too, and again with each step; with the filter once, until scanning begins again.
static void again(void) {
    air_pair();
    air_advertiser(1, "00");
    scan(0, "00", "00");
    raw_expect(0, "04 3e 0c 02 01 00 *");
    air_step(2);
    raw_expect(0, "04 3e 0c 02 01 00 *");
    raw_expect(0, "04 3e 0c 02 01 00 *");
    for (int i = 0; i < 2; ++i) {
        raw_command(0, 0x200c, "01 01");
        raw_done(0, 0x200c, 0);
        raw_expect(0, "04 3e 0c 02 01 00 *");
        air_step(3);
        raw_quiet(0);
    }
    raw_command(0, 0x200c, "00 00");
    raw_done(0, 0x200c, 0);
    air_step(1);
    raw_quiet(0);
}

static void random_address(void) {
    air_pair();
    raw_command(1, 0x2006, "20 00 20 00 03 01 00 00 00 00 00 00 00 07 00");
    raw_done(1, 0x2006, 0);
    raw_command(1, 0x200a, "01");
    raw_done(1, 0x200a, 0x12);
    raw_command(1, 0x2005, "11 22 33 44 55 c6");
    raw_done(1, 0x2005, 0);
    scan(0, "00", "00");
    raw_command(1, 0x200a, "01");
    raw_done(1, 0x200a, 0);
    raw_expect(0, "04 3e 0c 02 01 03 01 11 22 33 44 55 c6 00 c4");
    raw_command(1, 0x2005, "11 22 33 44 55 c7");
    raw_done(1, 0x2005, 0x0c);
}

// Directed advertising is for one; controller 2 scans as well and hears nothing.
static void directed(void) {
    air_pair();
    raw_open(2, true);
    scan(0, "01", "00");
    scan(2, "01", "00");
    air_advertiser(1, "01");
    raw_expect(0, "04 3e 0c 02 01 01 00 02 00 00 00 00 02 00 c4");
    raw_quiet(0);
    raw_quiet(2);
    raw_command(0, 0x200c, "00 00");
    raw_done(0, 0x200c, 0);
    air_step(127);
    raw_quiet(1);
    air_step(1);
    raw_expect(1, "04 3e 1f 0a 3c *");
    raw_command(1, 0x2006, "20 00 20 00 04 00 00 01 00 00 00 00 02 07 00");
    raw_done(1, 0x2006, 0);
    raw_command(1, 0x200a, "01");
    raw_done(1, 0x200a, 0);
    air_connect_to(2, 1);
    air_step(200);
    raw_quiet(1);
    raw_quiet(2);
    air_connect_to(0, 1);
    raw_expect(1, "04 3e 1f 0a 00 *");
}

static void accept_list(void) {
    air_pair();
    raw_open(2, true);
    raw_command(0, 0x2011, "00 03 00 00 00 00 02");
    raw_done(0, 0x2011, 0);
    raw_command(0, 0x200b, "00 10 00 10 00 00 01");
    raw_done(0, 0x200b, 0);
    raw_command(0, 0x200c, "01 00");
    raw_done(0, 0x200c, 0);
    air_advertiser(1, "00");
    raw_quiet(0);
    air_advertiser(2, "00");
    raw_expect(0, "04 3e 0c 02 01 00 00 03 *");
    raw_command(0, 0x2012, "00 03 00 00 00 00 02");
    raw_done(0, 0x2012, 0x0c);
    raw_command(0, 0x200c, "00 00");
    raw_done(0, 0x200c, 0);
    raw_command(0, 0x200d, "10 00 10 00 01 00 00 00 00 00 00 00 00 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x200d, 0);
    raw_expect(0, "04 3e 1f 0a 00 40 00 00 00 03 *");
    raw_expect(2, "04 3e 1f 0a 00 *");
    raw_quiet(1);
    raw_command(0, 0x2012, "00 03 00 00 00 00 02");
    raw_done(0, 0x2012, 0);
    for (int i = 0; i < 9; ++i) {
        char text[] = "01 00 00 00 00 00 c0";
        text[4] += i;
        raw_command(0, 0x2011, text);
        raw_done(0, 0x2011, i < 8 ? 0 : 0x07);
    }
    raw_command(0, 0x2010, "");
    raw_done(0, 0x2010, 0);
    raw_command(0, 0x2011, "01 00 00 00 00 00 c0");
    raw_done(0, 0x2011, 0);
}

// An advertiser that takes connections, and scan requests, of its list only.
static void accept_list_of_advertiser(void) {
    air_pair();
    raw_open(2, true);
    scan(0, "01", "00");
    raw_command(1, 0x2011, "00 03 00 00 00 00 02");
    raw_done(1, 0x2011, 0);
    raw_command(1, 0x2006, "20 00 20 00 00 00 00 00 00 00 00 00 00 07 03");
    raw_done(1, 0x2006, 0);
    raw_command(1, 0x200a, "01");
    raw_done(1, 0x200a, 0);
    raw_expect(0, "04 3e 0c 02 01 00 *");
    raw_quiet(0);
    scan(2, "01", "00");
    raw_expect(2, "04 3e 0c 02 01 00 *");
    raw_expect(2, "04 3e 0c 02 01 04 *");
    air_connect_to(0, 1);
    raw_quiet(1);
    air_connect_to(2, 1);
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 00 03 *");
}

static void bad_parameters(void) {
    air_pair();
    raw_command(0, 0x2006, "1f 00 20 00 00 00 00 00 00 00 00 00 00 07 00");
    raw_done(0, 0x2006, 0x12);
    raw_command(0, 0x2006, "20 00 20 00 05 00 00 00 00 00 00 00 00 07 00");
    raw_done(0, 0x2006, 0x12);
    raw_command(0, 0x200b, "00 10 00 11 00 00 00");
    raw_done(0, 0x200b, 0x12);
    raw_command(0, 0x200a, "02");
    raw_done(0, 0x200a, 0x12);
    air_advertiser(0, "00");
    raw_command(0, 0x2006, "20 00 20 00 00 00 00 00 00 00 00 00 00 07 00");
    raw_done(0, 0x2006, 0x0c);
    scan(0, "00", "00");
    raw_command(0, 0x200b, "00 10 00 10 00 00 00");
    raw_done(0, 0x200b, 0x0c);
}

// A host that does not read loses reports, and nothing else.
static void reports_are_lost(void) {
    uint8_t packet[RAW_PACKET];
    air_pair();
    air_advertiser(1, "00");
    scan(0, "00", "00");
    air_step(1000);
    air_connect_to(1, 0);
    raw_command(0, 0x200c, "00 00");
    unsigned reports = 0;
    size_t len = raw_read(0, packet);
    for (; len == 15; len = raw_read(0, packet)) {
        reports += 1;
    }
    CHECK(len == 7 && packet[1] == 0x0e);
    CHECK(reports > 100 && air_counts(0).reports_lost == 1001 - reports);
    CHECK(air_counts(0).complaints == 0);
}

// Every controller hears every other one.
static void full_air(void) {
    air_init(AIR_NODES, 1);
    for (unsigned i = 0; i < AIR_NODES; ++i) {
        raw_open(i, true);
        air_advertiser(i, "00");
    }
    for (unsigned i = 0; i < AIR_NODES; ++i) {
        scan(i, "00", "01");
        for (unsigned j = 1; j < AIR_NODES; ++j) {
            raw_expect(i, "04 3e 0c 02 01 00 00 *");
        }
        raw_quiet(i);
        CHECK(air_counts(i).complaints == 0);
    }
    for (unsigned i = 0; i < AIR_NODES; ++i) {
        raw_close(i);
    }
    air_init(3, 1);
}

const air_case_t air_cases_gap[] = {
    { "types", types },
    { "again", again },
    { "random-address", random_address },
    { "directed", directed },
    { "accept-list", accept_list },
    { "accept-list-of-advertiser", accept_list_of_advertiser },
    { "bad-parameters", bad_parameters },
    { "reports-are-lost", reports_are_lost },
    { "full-air", full_air },
    { NULL, NULL },
};
