// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Connections.
#include "test_air.h"

static void both_hear(void) {
    air_connected();
    raw_quiet(0);
    raw_quiet(1);
    CHECK(air_counts(0).complaints == 0 && air_counts(1).complaints == 0);
}

// A connection waits for the advertiser, and can be cancelled meanwhile.
static void pending(void) {
    air_pair();
    air_connect_to(0, 1);
    raw_quiet(0);
    raw_command(0, 0x200d, "10 00 10 00 00 00 03 00 00 00 00 02 00 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x200d, 0x0c);
    raw_command(0, 0x200e, "");
    raw_done(0, 0x200e, 0);
    raw_expect(0, "04 3e 1f 0a 02 *");
    raw_command(0, 0x200e, "");
    raw_done(0, 0x200e, 0x0c);
    air_connect_to(0, 1);
    air_advertiser(1, "03");
    raw_quiet(0);
    raw_command(1, 0x200a, "00");
    raw_done(1, 0x200a, 0);
    air_advertiser(1, "00");
    raw_expect(0, "04 3e 1f 0a 00 40 00 00 *");
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 *");
}

// A connection that is not established, and a controller that does not wait for an advertiser.
static void not_established(void) {
    air_knobs_t knobs = air_knobs();
    knobs.connects_fail = 1;
    air_configure(0, &knobs);
    air_pair();
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a 3e *");
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 *");
    raw_expect(1, "04 05 04 00 80 00 3e");
    air_connect_to(0, 1);
    raw_quiet(0);
    raw_command(0, 0x200e, "");
    raw_done(0, 0x200e, 0);
    raw_expect(0, "04 3e 1f 0a 02 *");
    knobs.connects_at_once = true;
    knobs.connects_fail = 0;
    air_configure(0, &knobs);
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a 3e *");
    raw_command(0, 0x200e, "");
    raw_done(0, 0x200e, 0x0c);
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a 00 40 00 00 *");
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 *");
    raw_quiet(0);
}

static void old_form(void) {
    air_knobs_t knobs = air_knobs();
    knobs.old_complete = true;
    air_configure(0, &knobs);
    air_pair();
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 13 01 00 40 00 00 00 02 00 00 00 00 02 28 00 00 00 48 00 00");
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 00 01 00 00 00 00 02" "00 00 00 00 00 00 00 00 00 00 00 00"
        "28 00 00 00 48 00 00");
}

static void refused(void) {
    air_knobs_t knobs = air_knobs();
    knobs.links = 1;
    air_configure(0, &knobs);
    air_connected();
    raw_command(0, 0x200d, "10 00 10 00 00 00 03 00 00 00 00 02 00 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x200d, 0x09);
    knobs.links = 2;
    air_configure(0, &knobs);
    raw_command(0, 0x200d, "10 00 10 00 00 00 02 00 00 00 00 02 00 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x200d, 0x0b);
    raw_command(0, 0x200d, "10 00 10 00 00 00 03 00 00 00 00 02 01 18 00 28 00 00 00 48 00 00 00 00 00");
    raw_status(0, 0x200d, 0x12);
    raw_command(0, 0x200d, "10 00 10 00 00 00 03 00 00 00 00 02 00 18 00 28 00 09 00 08 00 00 00 00 00");
    raw_status(0, 0x200d, 0x12);
}

static void disconnects(void) {
    air_connected();
    raw_command(0, 0x0406, "41 00 13");
    raw_status(0, 0x0406, 0x02);
    raw_command(0, 0x0406, "40 00 00");
    raw_status(0, 0x0406, 0x12);
    raw_command(0, 0x0406, "40 00 15");
    raw_status(0, 0x0406, 0);
    raw_expect(0, "04 05 04 00 40 00 16");
    raw_expect(1, "04 05 04 00 80 00 15");
    raw_command(1, 0x0406, "80 00 13");
    raw_status(1, 0x0406, 0x02);
    raw_quiet(0);
    raw_quiet(1);
}

// Reset, a closed transport and a lost one look like a lost link from the other side.
static void vanishes(void) {
    for (int how = 0; how < 4; ++how) {
        air_connected();
        if (how == 0) {
            raw_command(0, 0x0c03, "");
            raw_done(0, 0x0c03, 0);
        } else if (how == 1) {
            raw_close(0);
        } else if (how == 2) {
            air_lose(0);
        } else {
            air_drop(0);
            raw_expect(0, "04 05 04 00 40 00 08");
        }
        raw_expect(1, "04 05 04 00 80 00 08");
        raw_quiet(1);
        raw_close(0);
        raw_close(1);
    }
}

static void features_and_version(void) {
    air_connected();
    raw_command(1, 0x2016, "80 00");
    raw_status(1, 0x2016, 0);
    raw_expect(1, "04 3e 0c 04 00 80 00 *");
    raw_command(0, 0x041d, "40 00");
    raw_status(0, 0x041d, 0);
    raw_expect(0, "04 0c 08 00 40 00 0b ff ff 01 00");
    raw_command(0, 0x1405, "40 00");
    raw_expect(0, "04 0e 07 01 05 14 00 40 00 c4");
    raw_quiet(0);
    raw_quiet(1);
}

// The central's host decides alone, the peripheral's asks it.
static void updates(void) {
    static const char wanted[] = "80 00 0c 00 10 00 01 00 60 00 00 00 00 00";
    air_connected();
    raw_command(0, 0x2013, "40 00 0c 00 0c 00 00 00 50 00 00 00 00 00");
    raw_status(0, 0x2013, 0);
    raw_expect(0, "04 3e 0a 03 00 40 00 0c 00 00 00 50 00");
    raw_expect(1, "04 3e 0a 03 00 80 00 0c 00 00 00 50 00");
    raw_command(1, 0x2013, wanted);
    raw_status(1, 0x2013, 0);
    raw_expect(0, "04 3e 0b 06 40 00 0c 00 10 00 01 00 60 00");
    raw_command(1, 0x2013, wanted);
    raw_status(1, 0x2013, 0x0c);
    raw_command(0, 0x2020, "40 00 0c 00 0e 00 00 00 60 00 00 00 00 00");
    raw_done(0, 0x2020, 0);
    raw_expect(0, "04 3e 0a 03 00 40 00 0e 00 00 00 60 00");
    raw_expect(1, "04 3e 0a 03 00 80 00 0e 00 00 00 60 00");
    raw_command(1, 0x2013, wanted);
    raw_status(1, 0x2013, 0);
    raw_expect(0, "04 3e 0b 06 *");
    raw_command(0, 0x2021, "40 00 3b");
    raw_done(0, 0x2021, 0);
    raw_expect(1, "04 3e 0a 03 3b 80 00 0e 00 00 00 60 00");
    raw_command(0, 0x2021, "40 00 3b");
    raw_done(0, 0x2021, 0x0c);
    raw_quiet(0);
    raw_quiet(1);
}

// A central that cannot be asked, one whose host is not to be, and one that asks itself.
static void updates_otherwise(void) {
    static const char wanted[] = "80 00 0c 00 10 00 01 00 60 00 00 00 00 00";
    air_connected();
    raw_command(0, 0x2001, "df ff 00 00 00 00 00 00");
    raw_done(0, 0x2001, 0);
    raw_command(1, 0x2013, wanted);
    raw_status(1, 0x2013, 0);
    raw_expect(1, "04 3e 0a 03 1a 80 00 28 *");
    raw_command(0, 0x2001, "ff ff 00 00 00 00 00 00");
    raw_done(0, 0x2001, 0);
    air_knobs_t knobs = air_knobs();
    knobs.asks_parameters = true;
    air_configure(0, &knobs);
    raw_command(0, 0x2013, "40 00 0c 00 0c 00 00 00 50 00 00 00 00 00");
    raw_status(0, 0x2013, 0);
    raw_expect(1, "04 3e 0b 06 80 00 0c 00 0c 00 00 00 50 00");
    raw_quiet(0);
    raw_command(1, 0x2020, "80 00 0c 00 0c 00 00 00 50 00 00 00 00 00");
    raw_done(1, 0x2020, 0);
    raw_expect(0, "04 3e 0a 03 00 *");
    raw_expect(1, "04 3e 0a 03 00 *");
    knobs.unknown[0] = 0x2020;
    air_configure(1, &knobs);
    raw_command(1, 0x2013, wanted);
    raw_status(1, 0x2013, 0x0c);
    raw_command(1, 0x2013, "80 00 0c 00 0b 00 01 00 60 00 00 00 00 00");
    raw_status(1, 0x2013, 0x12);
}

// Of a controller with others in both roles.
static void several(void) {
    air_connected();
    raw_open(2, true);
    air_advertiser(0, "00");
    air_connect_to(2, 0);
    raw_expect(2, "04 3e 1f 0a 00 c0 00 00 00 01 *");
    raw_expect(0, "04 3e 1f 0a 00 41 00 01 00 03 *");
    raw_command(0, 0x0406, "40 00 13");
    raw_status(0, 0x0406, 0);
    raw_expect(0, "04 05 04 00 40 00 16");
    raw_expect(1, "04 05 04 00 80 00 13");
    raw_quiet(2);
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a 00 40 00 00 00 02 *"); // the handle again
}

// As many as a controller has, all to one.
static void all_links(void) {
    air_init(AIR_NODES, 1);
    raw_open(0, true);
    for (unsigned i = 1; i < AIR_NODES; ++i) {
        raw_open(i, true);
        air_advertiser(i, "00");
        air_connect_to(0, i);
        raw_expect(0, "04 3e 1f 0a 00 *");
        raw_expect(i, "04 3e 1f 0a 00 *");
    }
    raw_close(0);
    for (unsigned i = 1; i < AIR_NODES; ++i) {
        raw_expect(i, "04 05 04 00 ?? ?? 08");
        raw_close(i);
    }
    air_init(3, 1);
}

const air_case_t air_cases_link[] = {
    { "both-hear", both_hear },
    { "pending", pending },
    { "not-established", not_established },
    { "old-form", old_form },
    { "refused", refused },
    { "disconnects", disconnects },
    { "vanishes", vanishes },
    { "features-and-version", features_and_version },
    { "updates", updates },
    { "updates-otherwise", updates_otherwise },
    { "several", several },
    { "all-links", all_links },
    { NULL, NULL },
};
