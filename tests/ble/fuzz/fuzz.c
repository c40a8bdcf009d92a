// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What all targets have in common: the script, links that come and go, events that are kept, a link that stands; what
// must hold of each packet that the host sends, and what at the end.
#include "fuzz.h"

#include <stdio.h>

enum { INPUT_MAX = 4096, KEPT = 4, UNREAD_MAX = 3000 };

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern int LLVMFuzzerInitialize(int *argc, char ***argv);

// ---- the input

static const uint8_t *input;
static size_t input_left;

uint8_t fuzz_octet(void) {
    if (input_left == 0) {
        return 0;
    }
    input_left--;
    return *input++;
}

uint16_t fuzz_two(void) {
    uint8_t low = fuzz_octet();
    return low | fuzz_octet() << 8;
}

unsigned fuzz_below(unsigned number) {
    return fuzz_octet() % number;
}

bool fuzz_one_in(unsigned number) {
    return input_left != 0 && fuzz_below(number) == number - 1;
}

void fuzz_fill(uint8_t *to, size_t length) {
    for (size_t i = 0; i < length; i++) {
        to[i] = fuzz_octet();
    }
}

// Where there are fewer left it is those.
size_t fuzz_octets(uint8_t *to, size_t most) {
    size_t length = fuzz_octet();
    length = most > 255 && length >= 250 ? most - (255 - length) : length;
    length = length < most ? length : most;
    length = length < input_left ? length : input_left;
    fuzz_fill(to, length);
    return length;
}

// ---- what the host sends

typedef struct {
    uint8_t octets[4 + BLE_MTU + 4];
    size_t length;
    size_t wanted; // 0: nothing has begun
} sent_t;

static sent_t sent[FUZZ_CONNECTIONS];

static void check_smp(const uint8_t *p, size_t length) {
    static const uint8_t lengths[BLE_SMP_COMMANDS] = { 0, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2 };
    alone_check(p[0] != 0 && p[0] < BLE_SMP_COMMANDS && length == lengths[p[0]]);
}

static void payload_look(uint16_t connection, const uint8_t *packet) {
    uint16_t length = ble_get16(packet), cid = ble_get16(packet + 2);
    const uint8_t *payload = packet + 4;
    alone_check(length != 0 && length <= BLE_MTU);
    alone_check((cid >= BLE_CID_ATT && cid <= BLE_CID_SMP) || (cid >= BLE_CID_FIRST && cid <= BLE_CID_LAST));
    if (cid == BLE_CID_SMP) {
        check_smp(payload, length);
    } else if (cid == BLE_CID_SIGNAL) {
        alone_check(length >= 4 && length <= BLE_SIGNAL_MTU && ble_get16(payload + 2) == length - 4);
    }
    if (fuzz_target.heard != NULL) {
        fuzz_target.heard(connection, cid, payload, length);
    }
}

static void fragment_look(const uint8_t *p, size_t n) {
    uint16_t connection = ble_get16(p + 1) & 0xfff;
    if (connection < FUZZ_FIRST || connection >= FUZZ_FIRST + FUZZ_CONNECTIONS) {
        return;
    }
    sent_t *s = &sent[connection - FUZZ_FIRST];
    bool continued = ble_get16(p + 1) & 0x1000;
    alone_check(n > 5 && (p[2] & 0xe0) == 0);
    if (!continued) {
        s->length = 0;
        s->wanted = 0;
        alone_check(n >= 9);
        s->wanted = 4 + ble_get16(p + 5);
    }
    alone_check(s->wanted != 0 && s->length + n - 5 <= s->wanted && s->wanted <= sizeof(s->octets));
    memcpy(s->octets + s->length, p + 5, n - 5);
    s->length += n - 5;
    if (s->length == s->wanted) {
        s->wanted = 0;
        payload_look(connection, s->octets);
    }
}

void fuzz_listen(void) {
    uint8_t packet[1024];
    for (size_t n; (n = alone_sent(packet)) != 0;) {
        if (packet[0] == 1) {
            alone_check(n == 4u + packet[3]);
        } else {
            alone_check(packet[0] == 2 && n == 5u + ble_get16(packet + 3));
            fragment_look(packet, n);
        }
    }
}

// ---- the peers and the controller

// A host that does not read goes on after a while, whoever keeps its events.
static bool reads(void) {
    for (unsigned i = 0; alone_unread() > UNREAD_MAX && !alone.lost; i++) {
        alone_check(i < 1000);
        alone_wait(BLE_STALL_MS);
        fuzz_listen();
    }
    return !alone.lost && ble_running(&alone);
}

void fuzz_feed(const void *octets, size_t length) {
    if (reads()) {
        alone_feed(octets, length);
    }
}

void fuzz_event(uint8_t code, const void *parameters, size_t length) {
    if (reads()) {
        alone_event(code, parameters, length);
    }
}

static void fragment_feed(uint16_t connection, bool continued, const uint8_t *octets, size_t length) {
    uint8_t packet[5 + 1024] = { 2 };
    alone_check(length <= 1024);
    ble_put16(packet + 1, connection | (continued ? 1 : 2) << 12);
    ble_put16(packet + 3, length);
    memcpy(packet + 5, octets, length);
    fuzz_feed(packet, 5 + length);
}

void fuzz_l2cap(uint16_t connection, uint16_t cid, const void *payload, size_t length) {
    uint8_t packet[4 + 1024];
    size_t size = fuzz_one_in(8) ? 1 + fuzz_octet() : sizeof(packet);
    alone_check(4 + length <= sizeof(packet));
    ble_put16(packet, length);
    ble_put16(packet + 2, cid);
    memcpy(packet + 4, payload, length);
    for (size_t at = 0; at < 4 + length; at += size) {
        size_t left = 4 + length - at;
        fragment_feed(connection, at != 0, packet + at, left < size ? left : size);
    }
}

uint16_t fuzz_connection(void) {
    return FUZZ_FIRST + fuzz_below(FUZZ_CONNECTIONS);
}

ble_conn_t *fuzz_conn(void) {
    return ble_conn_find(&alone, fuzz_connection());
}

void fuzz_connect(uint16_t connection, bool central) {
    if (ble_conn_find(&alone, connection) == NULL && reads()) {
        alone_connect(connection, central);
    }
}

void fuzz_disconnect(uint16_t connection) {
    if (ble_conn_find(&alone, connection) != NULL && reads()) {
        alone_disconnect(connection, 0x13);
    }
}

void fuzz_secure(ble_conn_t *c) {
    uint8_t how = fuzz_octet();
    c->encrypted = how & 1;
    c->authenticated = (how & 3) == 3;
    c->bonded = how & 4;
    c->key_size = how & 8 ? 16 : 7;
}

// Packets that stood are sent, as many as the controller says; more than it has taken, too.
static void completed(uint8_t packets) {
    uint8_t p[5] = { 1, 0, 0, packets & 7, packets & 0x80 };
    ble_put16(p + 1, fuzz_connection());
    fuzz_event(0x13, p, sizeof(p));
}

static void link_goes(void) {
    alone_completes = true;
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        ble_conn_t *c = &alone.conns[i];
        uint8_t p[5] = { 1, c->handle, c->handle >> 8, c->unacknowledged, 0 };
        if (c->state == BLE_CONN_OPEN && c->unacknowledged != 0) {
            fuzz_event(0x13, p, sizeof(p));
        }
    }
}

// ---- the application

static ble_event_t kept[KEPT];
static unsigned kept_count;

static void answered(const ble_event_t *event, int answer) {
    if (fuzz_target.event != NULL) {
        answer = fuzz_target.event(event, answer);
    }
    if (answer != FUZZ_ANSWERED) {
        ble_event_done(&alone, event, answer);
    }
    alone_wait(0);
}

static int any_answer(void) {
    uint8_t answer = fuzz_octet();
    return answer < 128 ? 0 : answer - 128;
}

// What it was told is read to the end.
static void look(const ble_event_t *event) {
    static uint8_t seen[BLE_VALUE_MAX];
    size_t rest = event->type == BLE_EVENT_READ_RESULT ? event->rest.length : 0;
    size_t length = event->data == NULL ? 0 : event->length;
    alone_check(length + rest <= sizeof(seen));
    if (length != 0) {
        memcpy(seen, event->data, length);
    }
    if (rest != 0) {
        memcpy(seen, event->rest.data, rest);
    }
}

void fuzz_take(bool keep) {
    ble_event_t event;
    if (!alone_next(&event)) {
        return;
    }
    look(&event);
    if (keep && kept_count < KEPT) {
        kept[kept_count++] = event;
    } else {
        answered(&event, any_answer());
    }
}

void fuzz_give(void) {
    if (kept_count != 0) {
        unsigned i = fuzz_below(kept_count);
        ble_event_t event = kept[i];
        kept[i] = kept[--kept_count];
        answered(&event, any_answer());
    }
}

static void give_all(void) {
    ble_event_t event;
    while (kept_count != 0) {
        fuzz_give();
    }
    while (alone_next(&event)) {
        answered(&event, 0);
    }
}

static void start(void) {
    memset(sent, 0, sizeof(sent));
    alone_commanded = fuzz_target.command;
    int error = alone_try_start();
    alone_check(error == 0 || fuzz_target.command != NULL);
    alone_check((error == 0) == ble_running(&alone));
}

static void start_again(void) {
    alone_stop();
    alone_check(!ble_running(&alone));
    start();
}

static void common_step(unsigned what) {
    switch (what) {
        case 0:
            fuzz_take(false);
            break;
        case 1:
            fuzz_take(true);
            break;
        case 2:
            fuzz_give();
            break;
        case 3:
            give_all();
            break;
        case 4:
            alone_wait(fuzz_octet());
            break;
        case 5:
            alone_wait(250u * fuzz_octet());
            break;
        case 6:
        case 7:
            fuzz_connect(fuzz_connection(), what == 7);
            break;
        case 8:
            fuzz_disconnect(fuzz_connection());
            break;
        case 9:
            ble_disconnect(&alone, fuzz_connection());
            break;
        case 10:
            alone_completes = false;
            break;
        case 11:
            link_goes();
            break;
        case 12:
            completed(fuzz_octet());
            break;
        case 13:
            alone_room = fuzz_octet();
            break;
        case 14:
            alone_room = SIZE_MAX;
            break;
        default:
            if (fuzz_one_in(4)) {
                start_again();
            }
    }
}

// ---- the end: all is given back, and nothing is left

// What has begun to come must end, before anything else can be understood.
static void packet_end(void) {
    static const uint8_t zeros[1024];
    ble_hci_t *h = &alone.hci;
    while (h->header_length != 0 && reads()) {
        size_t left = h->begun ? h->wanted - h->taken : 1;
        alone_feed(zeros, left == 0 ? 1 : left < sizeof(zeros) ? left : sizeof(zeros));
        if (ble_timer_is_set(&h->stall_timer)) {
            alone_wait(BLE_STALL_MS);
        }
    }
}

static void everything_down(void) {
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (alone.conns[i].state == BLE_CONN_OPEN && reads()) {
            alone_disconnect(alone.conns[i].handle, 0x08);
        }
    }
    for (unsigned i = 0; i < 5; i++) {
        give_all();
        alone_wait(40000); // longer than any time that a peer has
        fuzz_listen();
    }
    while (!alone.lost && alone.hci.commands_length != 0) { // it was time for another private address
        alone_wait(BLE_COMMAND_MS);
        fuzz_listen();
    }
    give_all();
}

static void check_nothing_left(void) {
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        alone_check(alone.conns[i].state == BLE_CONN_FREE);
    }
    for (unsigned i = 0; i < BLE_PROCEDURES; i++) {
        alone_check(alone.gattc.all[i].kind == BLE_PROCEDURE_NONE);
    }
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        alone_check(alone.l2cap.channels[i].conn == NULL);
    }
    for (unsigned i = 0; i < BLE_PAIRINGS; i++) {
        alone_check(alone.security.pairings[i].conn == NULL);
    }
    alone_check(alone.l2cap.promised == 0);
    alone_check(alone.calls == NULL && alone.waiting == NULL && alone.events == NULL && alone.back == NULL);
    alone_check(alone.lost || alone.hci.commands_length == 0);
    alone_check(alone.lost || alone.hci.acl_free == alone.hci.acl_total);
    alone_check(alone.free_count == BLE_BUFFERS);
}

static void end(void) {
    ble_scan_stop(&alone);
    ble_connect_cancel(&alone);
    ble_advertise_stop(&alone);
    alone_room = SIZE_MAX;
    alone_wait(0);
    packet_end();
    link_goes();
    everything_down();
    if (fuzz_target.end != NULL) {
        fuzz_target.end();
    }
    check_nothing_left();
}

static void begin(const uint8_t *data, size_t size) {
    input = data;
    input_left = size;
    kept_count = 0;
    memset(&alone, 0, sizeof(alone));
    if (fuzz_target.prepare != NULL) {
        fuzz_target.prepare();
    }
    start();
    if (fuzz_target.begin != NULL) {
        fuzz_target.begin();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    setvbuf(stdout, NULL, _IONBF, 0); // what has failed is said before the process ends
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > INPUT_MAX) {
        return 0;
    }
    begin(data, size);
    while (input_left != 0) {
        uint8_t what = fuzz_octet();
        if (what < 64) {
            common_step(what % 16);
        } else {
            fuzz_target.step(what - 64);
        }
        fuzz_listen();
    }
    if (ble_running(&alone)) {
        end();
    }
    alone_stop();
    alone_check(!ble_running(&alone));
    return 0;
}
