// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "alone.h"

#include <stdio.h>
#include <stdlib.h>

ble_t alone;
bool alone_answers = true;
bool alone_completes = true;
size_t alone_room = SIZE_MAX;
void (*alone_commanded)(const uint8_t *packet);
rtos_thread_t alone_thread;

static uint64_t now_us = 1000;
static bool unparked;
static uint8_t in[8192];
static size_t in_first, in_last;
static uint8_t out[65536];
static size_t out_first, out_last;
static uint8_t written[1024]; // of the packet that the host is writing
static size_t written_length;
static uint8_t stack[RTOS_STACK_DEFAULT];

void alone_failed(const char *file, int line, const char *what) {
    printf("%s:%d: not so: %s\n", file, line, what);
    exit(1);
}

// ---- the contract

uint64_t rtos_now_us(void) {
    return now_us;
}

// What is counted so that a round need not look at each connection: work that there is must be found all the same.
static void check_counts(void) {
    unsigned conns = 0, unsent = 0, procedures = 0;
    bool dirty = false;
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        const ble_conn_t *c = &alone.conns[i];
        conns += c->state != BLE_CONN_FREE;
        unsent += c->out.count;
        dirty = dirty || (c->state == BLE_CONN_OPEN && (c->att.dirty != 0 || c->att.changed_start != 0));
    }
    for (unsigned i = 0; BLE_CLIENT && i < BLE_PROCEDURES; i++) {
        procedures += alone.gattc.all[i].kind != BLE_PROCEDURE_NONE;
    }
    alone_check(alone.conn_count == conns && alone.unsent == unsent && alone.gattc.used == procedures);
    alone_check(alone.gatts.unsent || !dirty);
}

static bool work(void) {
    bool more = ble_host_work(&alone);
    check_counts();
    return more;
}

int rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    (void)t, (void)config;
    return 0;
}

// It may be more urgent than who starts it.
void rtos_thread_start(rtos_thread_t *t) {
    (void)t;
    work();
}

int rtos_thread_join(rtos_thread_t *t, uint32_t ms) {
    (void)t, (void)ms;
    return 0;
}

// Of the only thread, whoever is meant.
void rtos_unpark(rtos_thread_t *t) {
    (void)t;
    unparked = true;
}

static void settle(void) {
    do {
        unparked = false;
    } while (work() || unparked);
}

// Nothing but the clock can end the wait of the only thread.
int rtos_park_until(uint64_t deadline_us) {
    unparked = false;
    if (work() || unparked) {
        return 0;
    }
    uint64_t due_us = ble_host_due(&alone);
    due_us = due_us < deadline_us ? due_us : deadline_us;
    if (due_us == BLE_NEVER) {
        alone_failed(__FILE__, __LINE__, "the wait can end");
    }
    now_us = due_us > now_us ? due_us : now_us;
    return now_us >= deadline_us ? -ETIMEDOUT : 0;
}

int rtos_park(uint32_t ms) {
    return rtos_park_until(ms == RTOS_FOREVER ? BLE_NEVER : now_us + (uint64_t)ms * 1000);
}

// ---- the transport

static bool is_open;

static int transport_open(ble_transport_t *t, void (*wake)(void *arg), void *arg) {
    (void)t, (void)wake, (void)arg;
    alone_check(!is_open);
    is_open = true;
    return 0;
}

static void transport_close(ble_transport_t *t) {
    (void)t;
    alone_check(is_open);
    is_open = false;
}

static int transport_read(ble_transport_t *t, uint8_t *buf, size_t len) {
    (void)t;
    if (!is_open) {
        return -EPIPE;
    }
    size_t n = in_last - in_first < len ? in_last - in_first : len;
    memcpy(buf, in + in_first, n);
    in_first += n;
    if (in_first == in_last) {
        in_first = in_last = 0;
    }
    return n;
}

static void give(const void *octets, size_t length) {
    memmove(in, in + in_first, in_last - in_first);
    in_last -= in_first;
    in_first = 0;
    alone_check(in_last + length <= sizeof(in));
    memcpy(in + in_last, octets, length);
    in_last += length;
    unparked = true; // as the transport's wake would
}

size_t alone_unread(void) {
    return in_last - in_first;
}

void alone_give_event(uint8_t code, const void *parameters, size_t length) {
    uint8_t header[3] = { 4, code, length };
    give(header, sizeof(header));
    give(parameters, length);
}

static uint16_t refused;
static uint8_t refused_status;
uint8_t alone_acl_length = 192;

void alone_refuse(uint16_t opcode, uint8_t status) {
    refused = opcode;
    refused_status = status;
}

static void answer(const uint8_t *command) {
    uint16_t opcode = ble_get16(command + 1);
    uint8_t complete[4 + 64] = { 1, opcode, opcode >> 8, opcode == refused ? refused_status : 0 };
    if (opcode == BLE_HCI_LE_READ_BUFFER_SIZE) {
        complete[4] = alone_acl_length;
        complete[6] = 4;
    }
    alone_give_event(0x0e, complete, sizeof(complete));
}

static bool packet_is_whole(void) {
    return written[0] == 1 ? written_length >= 4 && written_length >= 4u + written[3]
                          : written_length >= 5 && written_length >= 5u + ble_get16(written + 3);
}

// The controller has a whole packet.
static void packet_taken(void) {
    if (out_first == out_last) {
        out_first = out_last = 0;
    }
    alone_check(out_last + 2 + written_length <= sizeof(out));
    ble_put16(out + out_last, written_length);
    memcpy(out + out_last + 2, written, written_length);
    out_last += 2 + written_length;
    written_length = 0;
    if (written[0] == 1 && alone_commanded != NULL) {
        alone_commanded(written);
    } else if (written[0] == 1 && alone_answers) {
        answer(written);
    } else if (written[0] == 2 && alone_completes) {
        uint8_t completed[5] = { 1, written[1], written[2] & 0x0f, 1, 0 };
        alone_give_event(0x13, completed, sizeof(completed));
    }
}

static int transport_write(ble_transport_t *t, const uint8_t *buf, size_t len) {
    (void)t;
    size_t n = len < alone_room ? len : alone_room;
    alone_room -= alone_room != SIZE_MAX ? n : 0;
    alone_check(written_length + n <= sizeof(written));
    memcpy(written + written_length, buf, n);
    written_length += n;
    if (n != 0 && packet_is_whole()) {
        alone_check(n == len); // never two packets at once
        packet_taken();
    }
    return n;
}

static ble_transport_t transport = { transport_open, transport_close, transport_read, transport_write };

// ---- the test's side

int alone_try_start(void) {
    ble_setup_t setup = { .transport = &transport, .stack = stack, .stack_size = sizeof(stack) };
    in_first = in_last = out_first = out_last = written_length = 0;
    alone_answers = alone_completes = true;
    alone_room = SIZE_MAX;
    int error = ble_start(&alone, &setup);
    out_first = out_last = 0;
    return error;
}

void alone_start(void) {
    alone_check(alone_try_start() == 0);
}

void alone_stop(void) {
    ble_stop(&alone);
}

void alone_wait(uint32_t ms) {
    uint64_t until = now_us + (uint64_t)ms * 1000;
    settle();
    while (ble_host_due(&alone) <= until) {
        now_us = ble_host_due(&alone) > now_us ? ble_host_due(&alone) : now_us;
        settle();
    }
    now_us = until;
    settle();
}

void alone_feed(const void *octets, size_t length) {
    give(octets, length);
    settle();
}

void alone_event(uint8_t code, const void *parameters, size_t length) {
    alone_give_event(code, parameters, length);
    settle();
}

void alone_l2cap(uint16_t connection, uint16_t cid, const void *payload, size_t length) {
    uint8_t header[9] = { 2 };
    ble_put16(header + 1, connection | 2 << 12);
    ble_put16(header + 3, length + 4);
    ble_put16(header + 5, length);
    ble_put16(header + 7, cid);
    give(header, sizeof(header));
    alone_feed(payload, length);
}

void alone_connect(uint16_t connection, bool central) {
    bool peripheral = !(central && BLE_CENTRAL);
    uint8_t p[19] = { 0x01, 0, connection, connection >> 8, peripheral, 0, connection, 2, 3, 4, 5, 0xc6, 24, 0, 0, 0,
                      42, 0, 0 };
    alone_event(0x3e, p, sizeof(p));
}

void alone_disconnect(uint16_t connection, uint8_t reason) {
    uint8_t p[4] = { 0, connection, connection >> 8, reason };
    alone_event(0x05, p, sizeof(p));
}

size_t alone_sent(uint8_t packet[1 + 4 + 4 + 600]) {
    settle();
    if (out_first == out_last) {
        return 0;
    }
    size_t length = ble_get16(out + out_first);
    memcpy(packet, out + out_first + 2, length);
    out_first += 2 + length;
    return length;
}

size_t alone_sent_on(uint16_t connection, uint16_t cid, uint8_t payload[600]) {
    uint8_t packet[1024];
    for (size_t n; (n = alone_sent(packet)) != 0;) {
        if (packet[0] == 2 && (ble_get16(packet + 1) & 0xfff) == connection && ble_get16(packet + 7) == cid) {
            size_t length = n - 9;
            memcpy(payload, packet + 9, length);
            while (length < ble_get16(packet + 5)) { // the fragments that follow
                uint8_t more[1024];
                n = alone_sent(more);
                alone_check(n > 5 && more[0] == 2);
                memcpy(payload + length, more + 5, n - 5);
                length += n - 5;
            }
            return length;
        }
    }
    return 0;
}

int alone_sent_command(uint16_t opcode, uint8_t parameters[255]) {
    uint8_t packet[1024];
    while (alone_sent(packet) != 0) {
        if (packet[0] == 1 && ble_get16(packet + 1) == opcode) {
            memcpy(parameters, packet + 4, packet[3]);
            return packet[3];
        }
    }
    return -1;
}

bool alone_next(ble_event_t *event) {
    settle();
    return ble_event_wait(&alone, BLE_CLASS_ALL, RTOS_NO_WAIT, event) == 0;
}

int alone_take(ble_event_t *event, int result) {
    if (!alone_next(event)) {
        return -1;
    }
    ble_event_done(&alone, event, result);
    settle();
    return event->type;
}
