// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Data.
#include <stdio.h>
#include <string.h>

#include "test_air.h"

// A packet of `len` bytes that count up from `from`.
static void send(unsigned node, unsigned handle, unsigned flags, unsigned len, unsigned from) {
    uint8_t packet[5 + 300] = { 2, handle & 0xff, handle >> 8 | flags << 4, len & 0xff, len >> 8 };
    for (unsigned i = 0; i < len; ++i) {
        packet[5 + i] = from + i;
    }
    CHECK(air_transport(node)->write(air_transport(node), packet, 5 + len) == (int)(5 + len));
}

static void receive(unsigned node, unsigned handle, unsigned flags, unsigned len, unsigned from) {
    uint8_t packet[RAW_PACKET];
    const uint8_t head[5] = { 2, handle & 0xff, handle >> 8 | flags << 4, len & 0xff, len >> 8 };
    CHECK(raw_read(node, packet) == 5 + len);
    CHECK(memcmp(packet, head, 5) == 0);
    for (unsigned i = 0; i < len; ++i) {
        CHECK(packet[5 + i] == (uint8_t)(from + i));
    }
}

static void both_ways(void) {
    air_connected();
    send(0, 0x40, 0, 5, 1);
    receive(1, 0x80, 2, 5, 1);
    raw_expect(0, "04 13 05 01 40 00 01 00");
    send(0, 0x40, 1, 7, 6);
    receive(1, 0x80, 1, 7, 6);
    raw_expect(0, "04 13 05 01 40 00 01 00");
    send(1, 0x80, 0, 27, 9);
    receive(0, 0x40, 2, 27, 9);
    raw_expect(1, "04 13 05 01 80 00 01 00");
    raw_quiet(0);
    raw_quiet(1);
}

// A packet on the air has 27 bytes, whatever the buffers have.
static void pieces(void) {
    air_connected();
    send(0, 0x40, 0, 60, 0);
    receive(1, 0x80, 2, 27, 0);
    receive(1, 0x80, 1, 27, 27);
    receive(1, 0x80, 1, 6, 54);
    raw_expect(0, "04 13 05 01 40 00 01 00");
    raw_quiet(1);
}

static void sizes(void) {
    static const struct {
        unsigned len, num;
    } size[] = { { 27, 1 }, { 64, 3 }, { 251, 8 } };
    for (int i = 0; i < 3; ++i) {
        char pattern[60];
        air_knobs_t knobs = air_knobs();
        knobs.acl_len = size[i].len;
        knobs.acl_num = size[i].num;
        knobs.data_by_step = true;
        air_init(3, 1);
        air_configure(0, &knobs);
        air_connected();
        raw_command(0, 0x2002, "");
        snprintf(pattern, sizeof(pattern), "04 0e 07 01 02 20 00 %02x 00 %02x", size[i].len, size[i].num);
        raw_expect(0, pattern);
        for (unsigned j = 0; j < size[i].num; ++j) {
            send(0, 0x40, 0, size[i].len, 0);
        }
        CHECK(air_counts(0).complaints == 0);
        send(0, 0x40, 0, 1, 0);
        CHECK(strcmp(air_complaint(0), "it sends data without a free buffer") == 0);
        air_init(3, 1);
        air_configure(0, &knobs);
        air_connected();
        send(0, 0x40, 0, size[i].len + 1, 0);
        CHECK(strcmp(air_complaint(0), "it sends data that is empty or longer than the buffers") == 0);
    }
}

// A receiver that does not read stops its sender, and loses nothing.
static void back_pressure(void) {
    uint8_t packet[RAW_PACKET];
    unsigned sent = 0, completed = 0;
    air_connected();
    while (sent < 1000) {
        unsigned free = 8 - (sent - completed);
        if (free == 0) {
            break;
        }
        send(0, 0x40, 0, 20, sent++);
        while (raw_read(0, packet) != 0) {
            CHECK(packet[1] == 0x13);
            completed += packet[6];
        }
    }
    CHECK(sent > 200 && sent < 1000 && sent - completed == 8);
    for (unsigned i = 0; i < 100; ++i) {
        air_hardware_error(1, i); // events still have room
    }
    unsigned wakes = raw_wakes(0);
    for (unsigned i = 0; i < sent - 8; ++i) {
        receive(1, 0x80, 2, 20, i);
    }
    for (unsigned i = 0; i < 100; ++i) {
        raw_expect(1, "04 10 01 ??");
    }
    for (unsigned i = sent - 8; i < sent; ++i) {
        receive(1, 0x80, 2, 20, i);
    }
    raw_quiet(1);
    CHECK(raw_wakes(0) > wakes);
    while (raw_read(0, packet) != 0) {
        completed += packet[6];
    }
    CHECK(completed == sent && air_counts(1).complaints == 0);
}

static void completed_late(void) {
    air_knobs_t knobs = air_knobs();
    knobs.completed_every = 3;
    air_configure(0, &knobs);
    air_connected();
    send(0, 0x40, 0, 1, 0);
    send(0, 0x40, 0, 1, 1);
    raw_quiet(0);
    send(0, 0x40, 0, 1, 2);
    raw_expect(0, "04 13 05 01 40 00 03 00");
    send(0, 0x40, 0, 1, 3);
    raw_quiet(0);
    air_step(1);
    raw_expect(0, "04 13 05 01 40 00 01 00");
}

// What 0 has connections to: 1 by 0x40 and 2 by 0x41.
static void star(void) {
    air_connected();
    raw_open(2, true);
    air_advertiser(2, "00");
    air_connect_to(0, 2);
    raw_expect(0, "04 3e 1f 0a 00 41 00 *");
    raw_expect(2, "04 3e 1f 0a 00 c0 00 *");
}

// One that does not read does not stop the others' data, and one event tells of both.
static void independent(void) {
    air_knobs_t knobs = air_knobs();
    knobs.completed_every = 2;
    air_configure(0, &knobs);
    star();
    send(0, 0x40, 0, 3, 0);
    send(0, 0x41, 0, 4, 0);
    raw_expect(0, "04 13 09 02 40 00 01 00 41 00 01 00");
    receive(1, 0x80, 2, 3, 0);
    receive(2, 0xc0, 2, 4, 0);
}

static void by_step(void) {
    air_knobs_t knobs = air_knobs();
    knobs.data_by_step = true;
    air_configure(0, &knobs);
    star();
    send(0, 0x40, 0, 30, 0);
    send(0, 0x40, 0, 2, 0);
    send(0, 0x41, 0, 3, 0);
    raw_quiet(1);
    raw_quiet(2);
    air_step(1);
    receive(1, 0x80, 2, 27, 0);
    receive(2, 0xc0, 2, 3, 0);
    raw_expect(0, "04 13 05 01 41 00 01 00");
    raw_quiet(1);
    air_step(1);
    receive(1, 0x80, 1, 3, 27);
    raw_quiet(1);
    air_step(1);
    receive(1, 0x80, 2, 2, 0);
}

// In one order or the other by the seed; data of one connection stays in its order.
static void shuffled(void) {
    unsigned first[2] = { 0, 0 };
    for (unsigned seed = 1; seed <= 20; ++seed) {
        air_init(3, seed);
        star();
        air_knobs_t knobs = air_knobs();
        knobs.data_by_step = true;
        air_configure(0, &knobs);
        send(0, 0x40, 0, 1, 10);
        send(0, 0x40, 0, 1, 11);
        send(0, 0x41, 0, 1, 20);
        send(0, 0x41, 0, 1, 21);
        knobs.data_by_step = false;
        knobs.data_shuffled = true;
        knobs.completed_every = 1;
        air_configure(0, &knobs);
        air_step(1);
        for (unsigned i = 0; i < 2; ++i) {
            receive(1, 0x80, 2, 1, 10 + i);
            receive(2, 0xc0, 2, 1, 20 + i);
        }
        uint8_t packet[RAW_PACKET];
        CHECK(raw_read(0, packet) == 8 && packet[1] == 0x13);
        first[packet[4] & 1] += 1;
    }
    CHECK(first[0] > 2 && first[1] > 2);
}

// What waits when its connection ends is gone, and its buffers are free.
static void forgotten(void) {
    air_knobs_t knobs = air_knobs();
    knobs.data_by_step = true;
    knobs.acl_num = 2;
    air_configure(0, &knobs);
    star();
    send(0, 0x40, 0, 3, 0);
    send(0, 0x41, 0, 4, 0);
    raw_command(0, 0x0406, "40 00 13");
    raw_status(0, 0x0406, 0);
    raw_expect(0, "04 05 04 00 40 00 16");
    raw_expect(1, "04 05 04 00 80 00 13");
    send(0, 0x41, 0, 5, 0);
    air_step(2);
    receive(2, 0xc0, 2, 4, 0);
    receive(2, 0xc0, 2, 5, 0);
    raw_quiet(1);
    send(0, 0x40, 0, 3, 0); // may have been on its way
    CHECK(air_counts(0).complaints == 0);
}

static void wrong_data(void) {
    air_connected();
    send(0, 0x40, 2, 3, 0);
    CHECK(air_counts(0).complaints == 1);
    send(0, 0x40, 0, 0, 0);
    CHECK(air_counts(0).complaints == 2);
    raw_quiet(1);
}

const air_case_t air_cases_acl[] = {
    { "both-ways", both_ways },
    { "pieces", pieces },
    { "sizes", sizes },
    { "back-pressure", back_pressure },
    { "completed-late", completed_late },
    { "independent", independent },
    { "by-step", by_step },
    { "shuffled", shuffled },
    { "forgotten", forgotten },
    { "wrong-data", wrong_data },
    { NULL, NULL },
};
