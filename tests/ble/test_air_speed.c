// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Data length and PHY.
#include "air_node.h"
#include "test_air.h"

static void data_length(void) {
    air_connected();
    raw_command(0, 0x202f, "");
    raw_expect(0, "04 0e 0c 01 2f 20 00 fb 00 48 08 fb 00 48 08");
    raw_command(0, 0x2022, "40 00 64 00 90 42");
    raw_expect(0, "04 0e 06 01 22 20 00 40 00");
    raw_expect(0, "04 3e 0b 07 40 00 64 00 90 03 1b 00 48 01");
    raw_expect(1, "04 3e 0b 07 80 00 1b 00 48 01 64 00 90 03");
    raw_write(0, "02 40 00 1e 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    raw_expect(1, "02 80 20 1e 00 *");
    raw_expect(0, "04 13 *");
    raw_write(1, "02 80 00 1e 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    raw_expect(0, "02 40 20 1b 00 *");
    raw_expect(0, "02 40 10 03 00 *");
    raw_command(0, 0x2022, "40 00 64 00 90 42");
    raw_done(0, 0x2022, 0);
    raw_quiet(0);
    raw_command(0, 0x2022, "40 00 1a 00 90 42");
    raw_done(0, 0x2022, 0x12);
    raw_command(0, 0x2022, "41 00 1b 00 48 01");
    raw_expect(0, "04 0e 06 01 22 20 02 41 00");
}

// What one suggests is used from the start, up to what the other one can; without the feature nothing changes.
static void suggested(void) {
    air_knobs_t knobs = air_knobs();
    air_pair();
    raw_command(0, 0x2024, "fb 00 48 08");
    raw_done(0, 0x2024, 0);
    raw_command(0, 0x2023, "");
    raw_expect(0, "04 0e 08 01 23 20 00 fb 00 48 08");
    knobs.ll_len = 80;
    air_configure(1, &knobs);
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a *");
    raw_expect(0, "04 3e 0b 07 40 00 50 00 f0 02 1b 00 48 01");
    raw_expect(1, "04 3e 1f 0a *");
    raw_expect(1, "04 3e 0b 07 80 00 1b 00 48 01 50 00 f0 02");
    raw_command(0, 0x0406, "40 00 13");
    raw_status(0, 0x0406, 0);
    raw_expect(0, "04 05 *");
    raw_expect(1, "04 05 *");
    knobs.features_off = FEATURE_DATA_LENGTH;
    air_configure(1, &knobs);
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a *");
    raw_quiet(0);
}

static void phy(void) {
    air_connected();
    raw_command(0, 0x2030, "40 00");
    raw_expect(0, "04 0e 08 01 30 20 00 40 00 01 01");
    raw_command(0, 0x2032, "40 00 00 02 07 00 00");
    raw_status(0, 0x2032, 0);
    raw_expect(0, "04 3e 06 0c 00 40 00 02 02");
    raw_expect(1, "04 3e 06 0c 00 80 00 02 02");
    raw_command(0, 0x2032, "40 00 00 02 02 00 00");
    raw_status(0, 0x2032, 0);
    raw_expect(0, "04 3e 06 0c 00 40 00 02 02");
    raw_quiet(1);
    raw_command(1, 0x2031, "00 01 04");
    raw_done(1, 0x2031, 0);
    raw_command(0, 0x2032, "40 00 03 00 00 00 00");
    raw_status(0, 0x2032, 0);
    raw_expect(0, "04 3e 06 0c 00 40 00 03 01");
    raw_expect(1, "04 3e 06 0c 00 80 00 01 03");
    raw_command(0, 0x2032, "40 00 00 00 01 00 00");
    raw_status(0, 0x2032, 0x12);
    air_knobs_t knobs = air_knobs();
    knobs.features_off = FEATURE_2M;
    air_configure(1, &knobs);
    raw_command(0, 0x2032, "40 00 00 02 02 00 00");
    raw_status(0, 0x2032, 0);
    raw_expect(0, "04 3e 06 0c 00 40 00 03 01");
    raw_quiet(1);
}

const air_case_t air_cases_speed[] = {
    { "data-length", data_length },
    { "suggested", suggested },
    { "phy", phy },
    { NULL, NULL },
};
