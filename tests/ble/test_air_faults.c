// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A link that is dropped at each step, and hosts on threads.
#include <string.h>

#include "rtos.h"
#include "test_air.h"

// Everything that goes over the air is counted: the nth is lost, and the link with it.
static void dropped_at(void) {
    for (unsigned nth = 1; nth <= 7; ++nth) {
        uint8_t packet[RAW_PACKET];
        air_connected();
        air_drop_at(nth);
        CHECK(!air_dropped());
        raw_write(0, "02 40 00 1e 00" "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
            "00 00 00 00 00 00 00 00 00 00");
        raw_command(0, 0x2016, "40 00");
        raw_command(0, 0x041d, "40 00");
        raw_command(0, 0x2013, "40 00 0c 00 0c 00 00 00 50 00 00 00 00 00");
        raw_write(1, "02 80 00 01 00 00");
        raw_command(1, 0x0406, "80 00 13");
        CHECK(air_dropped());
        unsigned ends[2] = { 0, 0 };
        for (unsigned i = 0; i < 2; ++i) {
            while (raw_read(i, packet) != 0) {
                if (packet[0] == 4 && packet[1] == 0x05) {
                    CHECK(packet[3] == 0 && packet[6] == 0x08);
                    ends[i] += 1;
                }
            }
        }
        CHECK(ends[0] == 1 && ends[1] == 1);
        raw_close(0);
        raw_close(1);
    }
    air_drop_at(0);
}

// ---- hosts on threads

#define PACKETS (2000)

typedef struct {
    rtos_thread_t thread;
    unsigned node, sent, free, received;
} host_t;

static host_t hosts[2];
static char stacks[2][4 * RTOS_STACK_MIN] __attribute__((aligned(RTOS_STACK_ALIGN)));

static void host_wake(void *arg) {
    rtos_unpark(&((host_t *)arg)->thread);
}

static void host_write(host_t *h) {
    ble_transport_t *t = air_transport(h->node);
    while (h->free > 0 && h->sent < PACKETS) {
        const uint8_t packet[] = {
            2, (h->node + 1) * 0x40, 0, 8, 0, h->sent & 0xff, h->sent >> 8, 1, 2, 3, 4, 5, 6
        };
        int n = t->write(t, packet, sizeof(packet));
        if (n == 0) {
            return;
        }
        CHECK(n == sizeof(packet));
        h->sent += 1;
        h->free -= 1;
    }
}

static void host_take(host_t *h, const uint8_t *packet) {
    if (packet[0] == 4) {
        CHECK(packet[1] == 0x13 && packet[3] == 1);
        h->free += packet[6];
        return;
    }
    CHECK((packet[5] | packet[6] << 8) == (int)h->received);
    h->received += 1;
}

static void host_entry(void *arg) {
    host_t *h = arg;
    uint8_t packet[RAW_PACKET];
    while (h->sent < PACKETS || h->free < 8 || h->received < PACKETS) {
        host_write(h);
        if (raw_read(h->node, packet) != 0) {
            host_take(h, packet);
        } else {
            rtos_park(RTOS_FOREVER);
        }
    }
}

// Both send and receive at once.
static void threads(void) {
    air_connected();
    for (unsigned i = 0; i < 2; ++i) {
        hosts[i] = (host_t) { .node = i, .free = 8 };
        const rtos_thread_config_t config = {
            .entry = host_entry, .arg = &hosts[i], .stack = stacks[i], .stack_size = sizeof(stacks[i]),
            .name = "host", .priority = RTOS_PRIORITY_NETWORK,
        };
        CHECK(rtos_thread_create(&hosts[i].thread, &config) == 0);
        raw_forward(i, host_wake, &hosts[i]);
    }
    for (unsigned i = 0; i < 2; ++i) {
        rtos_thread_start(&hosts[i].thread);
    }
    for (unsigned i = 0; i < 2; ++i) {
        CHECK(rtos_thread_join(&hosts[i].thread, RTOS_FOREVER) == 0);
        CHECK(air_counts(i).complaints == 0);
    }
    raw_forward(0, NULL, NULL);
    raw_forward(1, NULL, NULL);
}

// ---- a close while others are about to wake its host

#define CLOSES (300)

static bool closed, done;

static void late_wake(void *arg) {
    (void)arg;
    for (volatile int i = 0; i < 50000; ++i) {
    }
    CHECK(!__atomic_load_n(&closed, __ATOMIC_SEQ_CST));
}

// Advertise again and again, which whoever scans is woken by.
static void advertise_entry(void *arg) {
    (void)arg;
    while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
        raw_command(1, 0x200a, "01");
        raw_done(1, 0x200a, 0);
        #ifdef rtos_poll
        rtos_poll();
        #endif
    }
}

static void closing(void) {
    raw_open(1, true);
    hosts[1] = (host_t) { .node = 1 };
    const rtos_thread_config_t config = {
        .entry = advertise_entry, .stack = stacks[1], .stack_size = sizeof(stacks[1]), .name = "host",
        .priority = RTOS_PRIORITY_NETWORK,
    };
    done = false;
    CHECK(rtos_thread_create(&hosts[1].thread, &config) == 0);
    rtos_thread_start(&hosts[1].thread);
    ble_transport_t *t = air_transport(0);
    for (unsigned i = 0; i < CLOSES; ++i) {
        static const uint8_t masks[] = { 1, 0x01, 0x0c, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
        static const uint8_t scan[] = { 1, 0x0c, 0x20, 2, 1, 0 };
        __atomic_store_n(&closed, false, __ATOMIC_SEQ_CST);
        CHECK(t->open(t, late_wake, NULL) == 0);
        CHECK(t->write(t, masks, sizeof(masks)) == sizeof(masks) && t->write(t, scan, sizeof(scan)) == sizeof(scan));
        while (air_counts(0).events < 5 * (i + 1)) {
            rtos_park(1);
        }
        t->close(t);
        __atomic_store_n(&closed, true, __ATOMIC_SEQ_CST);
    }
    __atomic_store_n(&done, true, __ATOMIC_SEQ_CST);
    CHECK(rtos_thread_join(&hosts[1].thread, RTOS_FOREVER) == 0);
}

const air_case_t air_cases_faults[] = {
    { "dropped-at", dropped_at },
    { "threads", threads },
    { "closing", closing },
    { NULL, NULL },
};
