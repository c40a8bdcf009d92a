// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the Bluetooth host costs a program in C on the mps2-an385, with controller.py as its controller, whose peer
// writes back what it is notified of, where that is short: in lines of a name, the connections, and ticks of 40 ns. Of
// many rounds the least counts, which no tick of the kernel's interrupted.
//
//   notify   from the call of ble_gatts_notify, with 20 octets, until the UART has its last byte
//   event    from the last byte of a peer's write in the UART until its event is in the application's hands
//   long     all that a notification of 244 octets takes: from the call until there is nothing else to do, and its
//            completion, from the last byte until then, and the other bytes
#include <string.h>

#include "contract.h"
#include "hci.h"
#include "host.h"
#include "stamps.h"

#define SHORT_ROUNDS (30)
#define LONG_ROUNDS (30)
#define SHORT (20)
#define COMPLETED_BYTES (8) // of the event that a packet has been sent
#define LONG (244)
#define WAIT_MS RTOS_FOREVER

static ble_t ble;
static uint8_t ble_stack[2048] __attribute__((aligned(RTOS_STACK_ALIGN)));
static rtos_thread_t main_thread;
static uint8_t main_stack[4 * RTOS_STACK_DEFAULT] __attribute__((aligned(RTOS_STACK_ALIGN)));

static uint8_t octets[LONG];
static ble_characteristic_t characteristic = {
    .uuid = { 2, { 0x01, 0xaa } },
    .flags = BLE_READ | BLE_WRITE | BLE_WRITE_NO_RESPONSE | BLE_NOTIFY,
    .value = { .octets = octets, .size = sizeof(octets) },
};
static ble_service_t service = {
    .uuid = { 2, { 0x00, 0xaa } }, .characteristics = &characteristic, .characteristic_count = 1,
};

// ---- words

static void say(const char *text) {
    contract_write(text, strlen(text));
}

static void say_number(uint32_t n) {
    char text[11];
    char *at = text + sizeof(text) - 1;
    *at = '\0';
    do {
        *--at = '0' + n % 10;
    } while ((n /= 10) != 0);
    say(at);
}

static void result(const char *name, unsigned connections, uint32_t ticks) {
    say(name);
    say(" ");
    say_number(connections);
    say(" ");
    say_number(ticks);
    say("\n");
}

#define DEMAND(expr) ((expr) ? (void)0 : fail(#expr))

static void fail(const char *what) {
    say("not so: ");
    say(what);
    say("\n");
    contract_exit(1);
}

// ---- a connection

static ble_event_t expect(ble_event_type_t type) {
    ble_event_t event;
    do {
        DEMAND(ble_event_wait(&ble, BLE_CLASS_ALL, WAIT_MS, &event) == 0);
        ble_event_done(&ble, &event, 0);
    } while (event.type != type);
    return event;
}

// With an MTU for LONG octets.
static uint16_t connected(void) {
    static const uint8_t data[] = { 2, 1, 6 };
    const ble_advertise_t advertise = { .interval_us = 20000, .data = data, .length = sizeof(data) };
    DEMAND(ble_advertise(&ble, &advertise) == 0);
    uint16_t connection = expect(BLE_EVENT_CONNECTED).connection;
    DEMAND(ble_gattc_exchange_mtu(&ble, connection) == 0);
    DEMAND(expect(BLE_EVENT_MTU).value == LONG + 3);
    return connection;
}

// ---- short ones, and what the peer writes

static void least(uint32_t *of, uint32_t ticks) {
    *of = ticks < *of ? ticks : *of;
}

static void round_trip(uint16_t connection, uint32_t *notify, uint32_t *event) {
    ble_event_t e;
    uint32_t begin = stamps_hold();
    DEMAND(ble_gatts_notify(&ble, connection, characteristic.handle, octets, SHORT, WAIT_MS) == 0);
    least(notify, rtos_peek(stamps_sent) - begin);
    DEMAND(ble_event_wait(&ble, BLE_CLASS_ATT, WAIT_MS, &e) == 0);
    least(event, stamps_now() - rtos_peek(stamps_received));
    stamps_end();
    DEMAND(e.type == BLE_EVENT_WRITTEN && e.connection == connection && e.length == SHORT);
    ble_event_done(&ble, &e, 0);
}

// The controller completes its packets with the answer to a command.
static void complete(void) {
    uint8_t status, answer[6];
    size_t length = sizeof(answer);
    DEMAND(ble_hci_command(&ble, BLE_HCI_READ_BD_ADDR, NULL, 0, &status, answer, &length) == 0);
}

static void measure(uint16_t connection, unsigned connections) {
    uint32_t notify = UINT32_MAX, event = UINT32_MAX;
    for (unsigned i = 0; i < SHORT_ROUNDS; i++) {
        round_trip(connection, &notify, &event);
        complete();
    }
    result("notify", connections, notify);
    result("event", connections, event);
}

// ---- long ones

static bool is_completed(void) {
    return rtos_peek(ble.hci.acl_free) == ble.hci.acl_total;
}

static void send_long(uint16_t connection, uint32_t *send, uint32_t *byte, uint32_t *completed) {
    uint32_t begin = stamps_hold();
    DEMAND(ble_gatts_notify(&ble, connection, characteristic.handle, octets, LONG, WAIT_MS) == 0);
    while (!is_completed() || rtos_peek(stamps_busy)) {
        rtos_park(1);
        if (!is_completed() && !rtos_peek(stamps_busy)) {
            least(byte, rtos_peek(stamps_done) - rtos_peek(stamps_received));
        }
    }
    least(send, rtos_peek(stamps_let_in) - begin);
    least(completed, rtos_peek(stamps_done) - rtos_peek(stamps_received));
    stamps_end();
}

static void measure_long(uint16_t connection) {
    uint32_t send = UINT32_MAX, byte = UINT32_MAX, completed = UINT32_MAX;
    for (unsigned i = 0; i < LONG_ROUNDS; i++) {
        send_long(connection, &send, &byte, &completed);
    }
    result("long", 1, send + (COMPLETED_BYTES - 1) * byte + completed);
}

// ---- all of it

static void begin(void) {
    const ble_setup_t setup = {
        .transport = hci_transport(NULL), .stack = ble_stack, .stack_size = sizeof(ble_stack),
    };
    DEMAND(ble_gatts_add(&ble, &service) == 0);
    DEMAND(ble_start(&ble, &setup) == 0);
    DEMAND(stamps_begin() == 0);
}

static void entry(void *arg) {
    (void)arg;
    uint16_t connections[BLE_CONNECTIONS];
    begin();
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        connections[i] = connected();
        measure(connections[i], i + 1);
    }
    measure_long(connections[0]);
    contract_exit(0);
}

void contract_main(const char *arguments) {
    (void)arguments;
    const rtos_thread_config_t config = {
        .entry = entry, .stack = main_stack, .stack_size = sizeof(main_stack), .name = "bench",
        .priority = RTOS_PRIORITY_PYTHON,
    };
    rtos_start(&main_thread, &config);
}

// No step fails here on purpose.
bool contract_strikes(const char *kind) {
    (void)kind;
    return false;
}
