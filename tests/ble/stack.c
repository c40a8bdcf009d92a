// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// How much stack the host takes on a board: a central and a peripheral, over the air of this folder, do one thing after
// another, pairing with Secure Connections among it. Prints the most that was used of each host's stack and of the
// stack of each one's application, which is an ordinary one: it takes events, prints nothing and calls back.
#include <string.h>

#include "air.h"
#include "contract.h"
#include "host.h"

#define STACK (4096)
#define PSM (0x80)

enum { CENTRAL, PERIPHERAL, HOSTS };

static ble_t hosts[HOSTS];
static rtos_thread_t applications[HOSTS], clock_thread, main_thread;
static char host_stacks[HOSTS][STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
static char stacks[HOSTS + 2][STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
static unsigned seen[64]; // events of each type, of both
static uint16_t connections[HOSTS], cids[HOSTS];

static uint8_t value_octets[512], text[300];
static ble_characteristic_t characteristic = {
    .uuid = { 2, { 0x01, 0xaa } }, .flags = BLE_READ | BLE_WRITE | BLE_NOTIFY | BLE_INDICATE,
    .value = { .octets = value_octets, .length = 300, .size = 512 },
};
static ble_service_t service = { .uuid = { 2, { 0x00, 0xaa } }, .characteristic_count = 1,
                                 .characteristics = &characteristic };

static void say(const char *text) {
    contract_write(text, strlen(text));
}

// No printf: it would allocate.
static void say_number(unsigned n) {
    char digit[2] = { '0' + n % 10, '\0' };
    if (n >= 10) {
        say_number(n / 10);
    }
    say(digit);
}

// The contract's suite is not here.
void contract_fail(const char *file, int line, const char *expr) {
    say(file);
    say(":");
    say_number(line);
    say(": not so: ");
    say(expr);
    say("\n");
    contract_exit(1);
}

// ---- applications

static void handle(unsigned h, const ble_event_t *e) {
    uint8_t octets[64];
    size_t length = sizeof(octets);
    switch (e->type) {
        case BLE_EVENT_CONNECTED:
            connections[h] = e->connection;
            break;
        case BLE_EVENT_PASSKEY:
            ble_passkey(&hosts[h], e->connection, e->passkey.action, 1);
            break;
        case BLE_EVENT_WRITTEN:
            ble_gatts_read(&hosts[h], e->handle, octets, &length);
            break;
        case BLE_EVENT_CHANNEL_OPEN:
            cids[h] = e->channel.cid;
            break;
        case BLE_EVENT_CHANNEL_DATA:
            while (length != 0 && ble_channel_receive(&hosts[h], e->connection, e->channel.cid, octets, &length) == 0) {
            }
            break;
    }
}

static void application(void *arg) {
    ble_t *b = arg;
    for (;;) {
        ble_event_t e;
        CHECK(ble_event_wait(b, BLE_CLASS_ALL, RTOS_FOREVER, &e) == 0);
        handle(b - hosts, &e);
        ble_event_done(b, &e, 0);
        rtos_crit_t key = rtos_crit_enter();
        seen[e.type]++;
        rtos_unpark(&main_thread);
        rtos_crit_exit(key);
    }
}

// Wait until there were so many events of this type.
static void see(unsigned type, unsigned count) {
    while (rtos_peek(seen[type]) < count) {
        rtos_park(RTOS_FOREVER);
    }
}

static void clock_main(void *arg) {
    (void)arg;
    for (;;) {
        rtos_park(1);
        air_step(1);
    }
}

// ---- what they do

static void thread(rtos_thread_t *t, unsigned stack, const char *name, void (*entry)(void *arg), void *arg) {
    const rtos_thread_config_t config = {
        .entry = entry, .arg = arg, .stack = stacks[stack], .stack_size = STACK, .name = name,
        .priority = RTOS_PRIORITY_PYTHON,
    };
    CHECK(rtos_thread_create(t, &config) == 0);
    rtos_thread_start(t);
}

static void start(void) {
    air_init(HOSTS, 1);
    thread(&clock_thread, HOSTS, "clock", clock_main, NULL);
    for (unsigned h = 0; h < HOSTS; h++) {
        const ble_setup_t setup = { .transport = air_transport(h), .stack = host_stacks[h], .stack_size = STACK };
        const ble_security_t security = { .bonding = true, .mitm = true, .io = BLE_DISPLAY_YESNO, .key_size = 16 };
        ble_gatts_clear(&hosts[h]);
        thread(&applications[h], h, "application", application, &hosts[h]);
        CHECK(ble_set_security(&hosts[h], &security) == 0);
        CHECK(ble_start(&hosts[h], &setup) == 0);
    }
    CHECK(ble_gatts_add(&hosts[PERIPHERAL], &service) == 0);
}

static void join(void) {
    const ble_advertise_t advertise = { .interval_us = 20000, .data = text, .length = 31, .response = text,
                                        .response_length = 31 };
    const ble_scan_t scan = { .duration_ms = 50, .interval_us = 10000, .window_us = 10000, .active = true };
    ble_connect_t connect = { .duration_ms = 10000 };
    CHECK(ble_set_own_address(&hosts[PERIPHERAL], BLE_OWN_RESOLVABLE) == 0);
    CHECK(ble_advertise(&hosts[PERIPHERAL], &advertise) == 0);
    CHECK(ble_scan(&hosts[CENTRAL], &scan) == 0);
    see(BLE_EVENT_SCAN_DONE, 1);
    CHECK(ble_own_address(&hosts[PERIPHERAL], &connect.peer) == 0);
    CHECK(ble_connect(&hosts[CENTRAL], &connect) == 0);
    see(BLE_EVENT_CONNECTED, 2);
    CHECK(ble_pair(&hosts[CENTRAL], connections[CENTRAL]) == 0);
    see(BLE_EVENT_PAIRED, 2);
}

static void attributes(void) {
    ble_t *b = &hosts[CENTRAL];
    uint16_t c = connections[CENTRAL], handle = characteristic.handle;
    CHECK(ble_gattc_exchange_mtu(b, c) == 0);
    CHECK(ble_gattc_services(b, c, NULL) == 0);
    see(BLE_EVENT_SERVICES_DONE, 1);
    CHECK(ble_gattc_characteristics(b, c, 1, 0xffff, NULL) == 0);
    see(BLE_EVENT_CHARACTERISTICS_DONE, 1);
    CHECK(ble_gattc_descriptors(b, c, 1, 0xffff) == 0);
    see(BLE_EVENT_DESCRIPTORS_DONE, 1);
    CHECK(ble_gattc_read(b, c, 13) == 0); // the hash
    CHECK(ble_gattc_read(b, c, handle) == 0);
    CHECK(ble_gattc_write(b, c, handle, text, sizeof(text)) == 0);
    see(BLE_EVENT_WRITE_DONE, 1); // it has buffers
    CHECK(ble_gattc_write(b, c, handle + 1, (const uint8_t[]) { 3, 0 }, 2) == 0);
    see(BLE_EVENT_WRITE_DONE, 2);
    CHECK(ble_gatts_write(&hosts[PERIPHERAL], handle, text, 100, true) == 0);
    see(BLE_EVENT_NOTIFIED, 1);
    CHECK(ble_gatts_indicate(&hosts[PERIPHERAL], connections[PERIPHERAL], handle, NULL, 0, 1000) == 0);
    see(BLE_EVENT_INDICATED, 1);
}

static void channel(void) {
    bool stalled;
    CHECK(ble_channel_listen(&hosts[PERIPHERAL], PSM, 512) == 0);
    CHECK(ble_channel_connect(&hosts[CENTRAL], connections[CENTRAL], PSM, 512) == 0);
    see(BLE_EVENT_CHANNEL_OPEN, 2);
    CHECK(ble_channel_send(&hosts[CENTRAL], connections[CENTRAL], cids[CENTRAL], text, sizeof(text), &stalled) == 0);
    see(BLE_EVENT_CHANNEL_DATA, 1);
    CHECK(ble_channel_disconnect(&hosts[CENTRAL], connections[CENTRAL], cids[CENTRAL]) == 0);
    see(BLE_EVENT_CHANNEL_CLOSED, 2);
}

static void report(const char *what, unsigned h, rtos_thread_t *t) {
    rtos_stats_t stats;
    rtos_thread_stats(t, &stats);
    say(h == CENTRAL ? "central's " : "peripheral's ");
    say(what);
    say(": ");
    say_number(stats.stack_used);
    say("\n");
}

static void main_entry(void *arg) {
    (void)arg;
    start();
    join();
    attributes();
    channel();
    CHECK(ble_disconnect(&hosts[CENTRAL], connections[CENTRAL]) == 0);
    see(BLE_EVENT_DISCONNECTED, 2);
    for (unsigned h = 0; h < HOSTS; h++) {
        report("host", h, &hosts[h].thread);
        report("application", h, &applications[h]);
    }
    contract_exit(0);
}

void contract_main(const char *arguments) {
    (void)arguments;
    const rtos_thread_config_t config = {
        .entry = main_entry, .stack = stacks[HOSTS + 1], .stack_size = STACK, .name = "main",
        .priority = RTOS_PRIORITY_PYTHON,
    };
    rtos_start(&main_thread, &config);
}

// No step fails here on purpose.
bool contract_strikes(const char *kind) {
    (void)kind;
    return false;
}
