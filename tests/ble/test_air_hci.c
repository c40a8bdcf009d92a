// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Commands, answers, credits, masks, the stream.
#include <errno.h>
#include <string.h>

#include "test_air.h"

static void tells_of_itself(void) {
    raw_open(0, false);
    raw_command(0, 0x1001, "");
    raw_expect(0, "04 0e 0c 01 01 10 00 0b 01 00 0b ff ff 01 00");
    raw_command(0, 0x1003, "");
    raw_expect(0, "04 0e 0c 01 03 10 00 00 00 00 00 60 00 00 00");
    raw_command(0, 0x1009, "");
    raw_expect(0, "04 0e 0a 01 09 10 00 01 00 00 00 00 02");
    raw_command(0, 0x2002, "");
    raw_expect(0, "04 0e 07 01 02 20 00 fb 00 08");
    raw_command(0, 0x2060, "");
    raw_expect(0, "04 0e 0a 01 60 20 00 fb 00 08 00 00 00");
    raw_command(0, 0x200f, "");
    raw_expect(0, "04 0e 05 01 0f 20 00 08");
    raw_command(0, 0x201c, "");
    raw_done(0, 0x201c, 0);
    raw_quiet(0);
}

// A command that it does not know is not in its list either, nor is the feature that needs it.
static void knows_commands(void) {
    uint8_t packet[RAW_PACKET];
    for (int known = 1; known >= 0; --known) {
        air_knobs_t knobs = air_knobs();
        knobs.unknown[0] = known ? 0 : 0x2020;
        air_configure(0, &knobs);
        raw_open(0, false);
        raw_command(0, 0x1002, "");
        CHECK(raw_read(0, packet) == 7 + 64 && packet[6] == 0);
        CHECK((packet[7 + 33] >> 4 & 1) == known && (packet[7 + 5] & 0xc0) == 0xc0 && packet[7 + 63] == 0);
        raw_command(0, 0x2003, "");
        raw_expect(0, known ? "04 0e 0c 01 03 20 00 ?3 *" : "04 0e 0c 01 03 20 00 ?1 *");
        raw_command(0, 0x2020, "40 00 06 00 06 00 00 00 40 00 00 00 00 00");
        raw_done(0, 0x2020, known ? 0x02 : 0x01);
        raw_close(0);
    }
}

static void unknown_either_way(void) {
    air_knobs_t knobs = air_knobs();
    raw_open(0, false);
    raw_command(0, 0x20ff, "01 02");
    raw_expect(0, "04 0e 04 01 ff 20 01");
    knobs.unknown_by_status = true;
    air_configure(0, &knobs);
    raw_command(0, 0x20ff, "");
    raw_expect(0, "04 0f 04 01 01 ff 20");
}

static void optional_are_listed(void) {
    unsigned count = 0;
    while (air_optional(count) != 0) {
        count += 1;
    }
    CHECK(count >= 6 && air_optional(count + 1) == 0);
}

static void wrong_lengths(void) {
    raw_open(0, false);
    raw_command(0, 0x0c03, "00");
    raw_done(0, 0x0c03, 0x12);
    raw_command(0, 0x0406, "40 00");
    raw_status(0, 0x0406, 0x12);
    raw_command(0, 0x200a, "");
    raw_done(0, 0x200a, 0x12);
}

static void refuses(void) {
    air_knobs_t knobs = air_knobs();
    knobs.refuse[1].opcode = 0x2018;
    knobs.refuse[1].status = 0x0d;
    knobs.refuse[1].times = 2;
    air_configure(0, &knobs);
    raw_open(0, false);
    for (int i = 0; i < 3; ++i) {
        raw_command(0, 0x2018, "");
        raw_done(0, 0x2018, i < 2 ? 0x0d : 0);
    }
}

static void random_by_seed(void) {
    uint8_t packet[3][RAW_PACKET];
    for (int i = 0; i < 3; ++i) {
        air_init(1, i == 2 ? 8 : 7);
        raw_open(0, false);
        raw_command(0, 0x2018, "");
        CHECK(raw_read(0, packet[i]) == 15);
        raw_close(0);
    }
    CHECK(memcmp(packet[0], packet[1], 15) == 0 && memcmp(packet[0], packet[2], 15) != 0);
    air_init(3, 1);
}

// A host may send what the last answer that it has read says; a command more is complained about.
static void credits(void) {
    air_knobs_t knobs = air_knobs();
    knobs.credits = 3;
    air_configure(0, &knobs);
    raw_open(0, false);
    raw_command(0, 0x1009, "");
    raw_expect(0, "04 0e 0a 03 *");
    CHECK(air_counts(0).complaints == 0);
    knobs.credits_late = true;
    air_configure(0, &knobs);
    for (int i = 0; i < 2; ++i) {
        CHECK(air_counts(0).complaints == 0);
        raw_command(0, 0x1009, "");
        raw_expect(0, "04 0e 0a 00 *");
    }
    CHECK(air_counts(0).complaints == 1);
    CHECK(strcmp(air_complaint(0), "it sends a command without a credit") == 0);
    raw_quiet(0);
    air_step(1);
    raw_expect(0, "04 0e 03 03 00 00");
    air_step(1);
    raw_quiet(0);
}

// After a reset hosts hear no LE event, and no event that they have not asked for.
static void masks(void) {
    raw_open(0, true);
    raw_open(1, false);
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a *");
    raw_quiet(1);
    raw_command(1, 0x0406, "80 00 13");
    raw_status(1, 0x0406, 0);
    raw_expect(1, "04 05 04 00 80 00 16");
    raw_expect(0, "04 05 04 00 40 00 13");
    raw_command(1, 0x0c01, "00 00 00 00 00 00 00 20");
    raw_done(1, 0x0c01, 0);
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a *");
    raw_expect(1, "04 3e 13 01 00 80 00 01 00 01 00 00 00 00 02 28 00 00 00 48 00 00");
    raw_command(1, 0x0406, "80 00 13");
    raw_status(1, 0x0406, 0);
    raw_quiet(1);
}

// ---- the stream

static int read_some(unsigned node, uint8_t *buf, size_t len) {
    return air_transport(node)->read(air_transport(node), buf, len);
}

static void bytewise(void) {
    uint8_t buf[100];
    air_knobs_t knobs = air_knobs();
    knobs.read_max = 1;
    air_configure(0, &knobs);
    raw_open(0, false);
    raw_command(0, 0x1009, "");
    for (int i = 0; i < 13; ++i) {
        CHECK(read_some(0, buf + i, sizeof(buf) - i) == 1);
    }
    CHECK(read_some(0, buf, sizeof(buf)) == 0);
    CHECK(buf[0] == 4 && buf[1] == 0x0e && buf[12] == 2);
}

// Two packets at every position, and both at once without a cut.
static void every_cut(void) {
    uint8_t buf[100];
    air_knobs_t knobs = air_knobs();
    raw_open(0, false);
    for (unsigned cut = 0; cut < 16; ++cut) {
        knobs.read_cut = cut;
        knobs.credits = 2;
        air_configure(0, &knobs);
        raw_command(0, 0x1009, "");
        raw_command(0, 0x1009, "");
        if (cut == 0) {
            CHECK(read_some(0, buf, sizeof(buf)) == 26);
            continue;
        }
        for (int packet = 0; packet < 2; ++packet) {
            int first = cut < 13 ? cut : 13;
            CHECK(read_some(0, buf, sizeof(buf)) == first);
            CHECK(first == 13 || read_some(0, buf + first, sizeof(buf)) == 13 - first);
            CHECK(buf[0] == 4 && buf[1] == 0x0e && buf[12] == 2);
        }
    }
    CHECK(read_some(0, buf, sizeof(buf)) == 0);
}

// A host that gets no room is woken when there is some; one that loses the whole packet is complained about.
static void slow_writes(void) {
    static const uint8_t command[] = { 1, 0x09, 0x10, 0 };
    air_knobs_t knobs = air_knobs();
    knobs.write_max = 3;
    knobs.write_none = 1;
    air_configure(0, &knobs);
    raw_open(0, false);
    ble_transport_t *t = air_transport(0);
    unsigned wakes = raw_wakes(0);
    CHECK(t->write(t, command, 4) == 0);
    CHECK(raw_wakes(0) == wakes + 1);
    CHECK(t->write(t, command, 4) == 3);
    CHECK(raw_wakes(0) == wakes + 2);
    raw_quiet(0);
    CHECK(t->write(t, command + 3, 1) == 1);
    raw_done(0, 0x1009, 0);
    CHECK(air_counts(0).complaints == 0);
    CHECK(t->write(t, command, 2) == 2);
    CHECK(air_counts(0).complaints == 1);
    CHECK(t->write(t, command + 2, 2) == 2);
    raw_done(0, 0x1009, 0);
}

static void many_credits(void) {
    air_knobs_t knobs = air_knobs();
    knobs.credits = 200;
    air_configure(0, &knobs);
}

static void nobody_reads(void) {
    static const uint8_t command[] = { 1, 0x02, 0x10, 0 };
    static uint8_t answers[1 << 14];
    many_credits();
    raw_open(0, false);
    ble_transport_t *t = air_transport(0);
    int taken = 0;
    while (t->write(t, command, 4) == 4) {
        taken += 1;
    }
    CHECK(taken > 50);
    unsigned wakes = raw_wakes(0);
    CHECK(t->read(t, answers, sizeof(answers)) == 71 * taken && raw_wakes(0) == wakes + 1);
    CHECK(t->write(t, command, 4) == 4);
    CHECK(air_counts(0).complaints == 0);
}

static void strange_packets(void) {
    uint8_t packet[RAW_PACKET];
    raw_open(0, false);
    raw_write(0, "05 00 00 01 aa");
    CHECK(air_counts(0).complaints == 1);
    raw_quiet(0);
    memset(packet, 0, sizeof(packet));
    packet[0] = 2;
    packet[3] = 0x00;
    packet[4] = 0x04;
    ble_transport_t *t = air_transport(0);
    CHECK(t->write(t, packet, 5 + 1024) == 5 + 1024);
    CHECK(air_counts(0).complaints == 2);
    raw_command(0, 0x1009, "");
    raw_done(0, 0x1009, 0);
}

static void gone(void) {
    uint8_t buf[4] = { 1, 0x09, 0x10, 0 };
    ble_transport_t *t = air_transport(0);
    CHECK(t->read(t, buf, 4) == -EPIPE && t->write(t, buf, 4) == -EPIPE);
    raw_open(0, true);
    CHECK(t->open(t, NULL, NULL) == -EBUSY);
    raw_command(0, 0x1009, "");
    unsigned wakes = raw_wakes(0);
    air_lose(0);
    CHECK(raw_wakes(0) == wakes + 1);
    CHECK(t->read(t, buf, 4) == -EPIPE && t->write(t, buf, 4) == -EPIPE);
    raw_close(0);
    raw_open(0, false);
    raw_quiet(0);
    raw_command(0, 0x1009, "");
    raw_done(0, 0x1009, 0);
}

static void hardware_error(void) {
    raw_open(0, false);
    air_hardware_error(0, 0x42);
    raw_expect(0, "04 10 01 42");
}

// What is held comes in whole packets, as many as are let go, and the rest at the end.
static void held(void) {
    many_credits();
    raw_open(0, false);
    air_hold(0, true);
    unsigned wakes = raw_wakes(0);
    for (int i = 0; i < 3; ++i) {
        raw_command(0, 0x1009, "");
    }
    raw_quiet(0);
    CHECK(raw_wakes(0) == wakes);
    CHECK(air_release(0, 1) == 1 && raw_wakes(0) == wakes + 1);
    raw_done(0, 0x1009, 0);
    raw_quiet(0);
    air_hold(0, false);
    raw_done(0, 0x1009, 0);
    raw_done(0, 0x1009, 0);
    raw_quiet(0);
    CHECK(air_release(0, 1) == 0 && air_counts(0).complaints == 0);
}

const air_case_t air_cases_hci[] = {
    { "tells-of-itself", tells_of_itself },
    { "knows-commands", knows_commands },
    { "unknown-either-way", unknown_either_way },
    { "optional-are-listed", optional_are_listed },
    { "wrong-lengths", wrong_lengths },
    { "refuses", refuses },
    { "random-by-seed", random_by_seed },
    { "credits", credits },
    { "masks", masks },
    { "bytewise", bytewise },
    { "every-cut", every_cut },
    { "slow-writes", slow_writes },
    { "nobody-reads", nobody_reads },
    { "strange-packets", strange_packets },
    { "gone", gone },
    { "hardware-error", hardware_error },
    { "held", held },
    { NULL, NULL },
};
