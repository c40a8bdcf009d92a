// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP: every signalling command in every state of a channel, octet for octet; credits both ways; SDUs of all sizes;
// peers that lie; no buffers; ends.
#include <stdio.h>

#include "alone.h"

enum { A = 64, B = 65, PSM = 0x80, CID = 0x40, PEER = 0x50 };

static unsigned cases;

static void ok(const char *name) {
    printf("ok %s\n", name);
    cases++;
}

// ---- packets

static void command(uint16_t connection, const void *octets, size_t length) {
    alone_l2cap(connection, BLE_CID_SIGNAL, octets, length);
}

#define SIGNAL(connection, ...)                                   \
    do {                                                          \
        const uint8_t octets_[] = { __VA_ARGS__ };                \
        command(connection, octets_, sizeof(octets_));            \
    } while (0)

// The next command that was sent; nothing when there are no octets.
static void sent(uint16_t connection, const void *octets, size_t length, const char *what) {
    uint8_t p[600];
    size_t n = alone_sent_on(connection, BLE_CID_SIGNAL, p);
    if (n != length || (n != 0 && memcmp(p, octets, n) != 0)) {
        printf("%s: sent %zu octets:", what, n);
        for (size_t i = 0; i < n; i++) {
            printf(" %02x", p[i]);
        }
        printf("\n");
        alone_check(!"what was expected");
    }
}

#define SENT(connection, ...)                                     \
    do {                                                          \
        const uint8_t octets_[] = { __VA_ARGS__ };                \
        sent(connection, octets_, sizeof(octets_), __func__);     \
    } while (0)

static void silent(uint16_t connection) {
    sent(connection, NULL, 0, "silent");
}

static void connect_command(uint16_t connection, uint8_t id, uint16_t psm, uint16_t cid, uint16_t mtu, uint16_t mps,
    uint16_t credits) {
    uint8_t p[14] = { 0x14, id, 10, 0 };
    ble_put16(p + 4, psm);
    ble_put16(p + 6, cid);
    ble_put16(p + 8, mtu);
    ble_put16(p + 10, mps);
    ble_put16(p + 12, credits);
    command(connection, p, sizeof(p));
}

static void refused(uint16_t connection, uint8_t id, uint16_t result) {
    SENT(connection, 0x15, id, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, result, result >> 8);
}

static void credits_command(uint16_t connection, uint16_t cid, uint16_t credits) {
    SIGNAL(connection, 0x16, 9, 4, 0, cid, cid >> 8, credits, credits >> 8);
}

static ble_channel_t *channel(unsigned i) {
    return &alone.l2cap.channels[i];
}

static int take(ble_event_t *event) {
    return alone_take(event, 0);
}

static void no_event(void) {
    ble_event_t event;
    alone_check(!alone_next(&event));
}

// ---- states

typedef enum { NONE, ASKED, CONNECTING, OPEN, DISCONNECTING, STATES } state_t;

static void up(uint16_t connection, bool central) {
    ble_event_t event;
    alone_connect(connection, central);
    alone_check(take(&event) == BLE_EVENT_CONNECTED);
}

static void begin(bool central) {
    alone_start();
    up(A, central);
    alone_check(ble_channel_listen(&alone, PSM, 600) == 0);
}

// A channel that the peer has opened: the one with our CID `cid`, its credits and sizes.
static void open_as(uint16_t connection, uint16_t cid, uint16_t peer, uint16_t mtu, uint16_t mps, uint16_t credits) {
    ble_event_t event;
    uint8_t p[600];
    connect_command(connection, 3, PSM, peer, mtu, mps, credits);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_ACCEPT);
    alone_check(event.connection == connection && event.channel.cid == cid && event.channel.psm == PSM);
    alone_check(event.channel.our_mtu == 600 && event.channel.peer_mtu == mtu);
    alone_check(alone_sent_on(connection, BLE_CID_SIGNAL, p) == 14 && p[0] == 0x15 && p[1] == 3);
    alone_check(ble_get16(p + 4) == cid && ble_get16(p + 6) == 600 && ble_get16(p + 8) == BLE_MPS);
    alone_check(ble_get16(p + 12) == 0);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_OPEN && event.channel.cid == cid);
}

static void enter(state_t state, bool central) {
    begin(central);
    if (state == ASKED) {
        connect_command(A, 3, PSM, PEER, 500, 100, 4);
        silent(A);
    } else if (state == CONNECTING) {
        alone_check(ble_channel_connect(&alone, A, 0x25, 512) == 0);
        SENT(A, 0x14, 1, 10, 0, 0x25, 0, CID, 0, 0, 2, BLE_MPS & 0xff, BLE_MPS >> 8, 2, 0);
    } else if (state == OPEN || state == DISCONNECTING) {
        open_as(A, CID, PEER, 500, 100, 4);
    }
    if (state == DISCONNECTING) {
        alone_check(ble_channel_disconnect(&alone, A, CID) == 0);
        SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    }
}

// ---- the table: what is answered, in each state, by a peripheral

enum { S /* silence */, R /* not understood */, M /* too long */, C /* invalid CID, with the two of the request */, D,
       /* disconnection response */ E /* disconnection request of ours */, F /* refused */ };

typedef struct {
    const char *name;
    uint8_t length;
    uint8_t octets[30];
    uint8_t answers[STATES];
    int events[STATES]; // -1: none. In ASKED the question is there first
} row_t;

#define SAME(x) { x, x, x, x, x }
#define NO_EVENT { -1, -1, -1, -1, -1 }
#define CLOSED BLE_EVENT_CHANNEL_CLOSED

static const row_t rows[] = {
    { "nothing", 0, { 0 }, SAME(S), NO_EVENT },
    { "one octet", 1, { 0x14 }, SAME(S), NO_EVENT },
    { "two octets", 2, { 0x14, 7 }, SAME(R), NO_EVENT },
    { "three octets", 3, { 0x14, 7, 0 }, SAME(R), NO_EVENT },
    { "identifier 0", 8, { 0x06, 0, 4, 0, CID, 0, PEER, 0 }, SAME(S), NO_EVENT },
    { "longer than its length", 9, { 0x06, 7, 4, 0, CID, 0, PEER, 0, 0 }, SAME(R), NO_EVENT },
    { "shorter than its length", 7, { 0x06, 7, 4, 0, CID, 0, PEER }, SAME(R), NO_EVENT },
    { "a length that is not its own", 8, { 0x06, 7, 5, 0, CID, 0, PEER, 0 }, SAME(R), NO_EVENT },
    { "a reject longer than the MTU", 24, { 0x01, 1, 20, 0 }, SAME(S), NO_EVENT },
    { "longer than the MTU", 24, { 0x06, 7, 20, 0, CID, 0, PEER, 0 }, SAME(M), NO_EVENT },
    { "a response longer than the MTU", 24, { 0x15, 1, 20, 0 }, SAME(S), NO_EVENT },
    { "unknown code of length 23", 23, { 0x20, 7, 19, 0 }, SAME(R), NO_EVENT },
    { "reject", 6, { 0x01, 1, 2, 0, 0, 0 }, SAME(S), { -1, -1, CLOSED, -1, CLOSED } },
    { "reject with data", 10, { 0x01, 1, 6, 0, 2, 0, 1, 2, 3, 4 }, SAME(S), { -1, -1, CLOSED, -1, CLOSED } },
    { "reject without a reason", 5, { 0x01, 1, 1, 0, 0 }, SAME(S), NO_EVENT },
    { "reject of another", 6, { 0x01, 2, 2, 0, 0, 0 }, SAME(S), NO_EVENT },
    { "disconnect", 8, { 0x06, 7, 4, 0, CID, 0, PEER, 0 }, { C, C, C, D, D }, { -1, -1, -1, CLOSED, CLOSED } },
    { "disconnect another pair", 8, { 0x06, 7, 4, 0, CID, 0, PEER + 1, 0 }, { C, C, C, S, S }, NO_EVENT },
    { "disconnect an unknown one", 8, { 0x06, 7, 4, 0, CID + 1, 0, PEER, 0 }, SAME(C), NO_EVENT },
    { "disconnect one out of range", 8, { 0x06, 7, 4, 0, 0x40, 1, PEER, 0 }, SAME(C), NO_EVENT },
    { "disconnect too short", 7, { 0x06, 7, 3, 0, CID, 0, PEER }, SAME(R), NO_EVENT },
    { "disconnect too long", 9, { 0x06, 7, 5, 0, CID, 0, PEER, 0, 0 }, SAME(R), NO_EVENT },
    { "disconnected", 8, { 0x07, 1, 4, 0, PEER, 0, CID, 0 }, SAME(S), { -1, -1, -1, -1, CLOSED } },
    { "disconnected, another identifier", 8, { 0x07, 2, 4, 0, PEER, 0, CID, 0 }, SAME(S), NO_EVENT },
    { "disconnected, another CID", 8, { 0x07, 1, 4, 0, PEER, 0, CID + 1, 0 }, SAME(S), NO_EVENT },
    { "disconnected, another CID of theirs", 8, { 0x07, 1, 4, 0, PEER + 1, 0, CID, 0 }, SAME(S), NO_EVENT },
    { "disconnected too short", 7, { 0x07, 1, 3, 0, PEER, 0, CID }, SAME(S), NO_EVENT },
    { "parameters", 12, { 0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 42, 0 }, SAME(R), NO_EVENT },
    { "parameters' response", 6, { 0x13, 1, 2, 0, 0, 0 }, SAME(S), NO_EVENT },
    { "parameters' response too short", 5, { 0x13, 1, 1, 0, 0 }, SAME(S), NO_EVENT },
    { "connect", 14, { 0x14, 7, 10, 0, PSM, 0, 0x60, 0, 50, 0, 50, 0, 1, 0 }, SAME(S), SAME(BLE_EVENT_CHANNEL_ACCEPT) },
    { "connect to another PSM", 14, { 0x14, 7, 10, 0, PSM + 1, 0, 0x60, 0, 50, 0, 50, 0, 1, 0 }, SAME(F + 2),
      NO_EVENT },
    { "connect to PSM 0", 14, { 0x14, 7, 10, 0, 0, 0, 0x60, 0, 50, 0, 50, 0, 1, 0 }, SAME(F + 2), NO_EVENT },
    { "connect from CID 0x3f", 14, { 0x14, 7, 10, 0, PSM, 0, 0x3f, 0, 50, 0, 50, 0, 1, 0 }, SAME(F + 9), NO_EVENT },
    { "connect from CID 0x80", 14, { 0x14, 7, 10, 0, PSM, 0, 0x80, 0, 50, 0, 50, 0, 1, 0 }, SAME(F + 9), NO_EVENT },
    { "connect from the same CID", 14, { 0x14, 7, 10, 0, PSM, 0, PEER, 0, 50, 0, 50, 0, 1, 0 },
      { S, F + 10, S, F + 10, F + 10 },
      { BLE_EVENT_CHANNEL_ACCEPT, -1, BLE_EVENT_CHANNEL_ACCEPT, -1, -1 } },
    { "connect with MTU 22", 14, { 0x14, 7, 10, 0, PSM, 0, 0x60, 0, 22, 0, 50, 0, 1, 0 }, SAME(F + 11), NO_EVENT },
    { "connect with MPS 22", 14, { 0x14, 7, 10, 0, PSM, 0, 0x60, 0, 50, 0, 22, 0, 1, 0 }, SAME(F + 11), NO_EVENT },
    { "connect with MPS 65534", 14, { 0x14, 7, 10, 0, PSM, 0, 0x60, 0, 50, 0, 0xfe, 0xff, 1, 0 }, SAME(F + 11),
      NO_EVENT },
    { "connect too short", 13, { 0x14, 7, 9, 0, PSM, 0, 0x60, 0, 50, 0, 50, 0, 1 }, SAME(R), NO_EVENT },
    { "connect too long", 15, { 0x14, 7, 11, 0, PSM, 0, 0x60, 0, 50, 0, 50, 0, 1, 0, 0 }, SAME(R), NO_EVENT },
    { "connected", 14, { 0x15, 1, 10, 0, 0x60, 0, 50, 0, 50, 0, 1, 0, 0, 0 }, SAME(S),
      { -1, -1, BLE_EVENT_CHANNEL_OPEN, -1, -1 } },
    { "connected, another identifier", 14, { 0x15, 2, 10, 0, 0x60, 0, 50, 0, 50, 0, 1, 0, 0, 0 }, SAME(S), NO_EVENT },
    { "refused", 14, { 0x15, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0 }, SAME(S), { -1, -1, CLOSED, -1, -1 } },
    { "connected to CID 0x3f", 14, { 0x15, 1, 10, 0, 0x3f, 0, 50, 0, 50, 0, 1, 0, 0, 0 }, SAME(S),
      { -1, -1, CLOSED, -1, -1 } },
    { "connected with MTU 22", 14, { 0x15, 1, 10, 0, PEER, 0, 22, 0, 50, 0, 1, 0, 0, 0 }, { S, S, E + 1, S, S },
      NO_EVENT },
    { "connected with MPS 22", 14, { 0x15, 1, 10, 0, PEER, 0, 50, 0, 22, 0, 1, 0, 0, 0 }, { S, S, E + 1, S, S },
      NO_EVENT },
    { "connected too short", 13, { 0x15, 1, 9, 0, PEER, 0, 50, 0, 50, 0, 1, 0, 0 }, SAME(S), NO_EVENT },
    { "credits", 8, { 0x16, 7, 4, 0, PEER, 0, 1, 0 }, SAME(S), NO_EVENT },
    { "credits for an unknown channel", 8, { 0x16, 7, 4, 0, PEER + 1, 0, 0, 0 }, SAME(S), NO_EVENT },
    { "no credits", 8, { 0x16, 7, 4, 0, PEER, 0, 0, 0 }, { S, S, S, E, S }, NO_EVENT },
    { "credits up to 65535", 8, { 0x16, 7, 4, 0, PEER, 0, 0xfb, 0xff }, SAME(S), NO_EVENT },
    { "credits beyond 65535", 8, { 0x16, 7, 4, 0, PEER, 0, 0xfc, 0xff }, { S, S, S, E, S }, NO_EVENT },
    { "credits too short", 7, { 0x16, 7, 3, 0, PEER, 0, 1 }, SAME(R), NO_EVENT },
    { "enhanced connect", 14, { 0x17, 7, 10, 0, PSM, 0, 64, 0, 64, 0, 1, 0, 0x60, 0 }, SAME(R), NO_EVENT },
    { "enhanced connected", 12, { 0x18, 1, 8, 0 }, SAME(S), NO_EVENT },
    { "reconfigure", 10, { 0x19, 7, 6, 0 }, SAME(R), NO_EVENT },
    { "reconfigured", 6, { 0x1a, 1, 2, 0 }, SAME(S), NO_EVENT },
};

static void answered(const row_t *row, unsigned answer) {
    uint8_t id = row->octets[1];
    const uint8_t *p = row->octets + 4;
    switch (answer) {
        case S:
            silent(A);
            return;
        case R:
            SENT(A, 0x01, id, 2, 0, 0, 0);
            break;
        case M:
            SENT(A, 0x01, id, 4, 0, 1, 0, 23, 0);
            break;
        case C:
            SENT(A, 0x01, id, 6, 0, 2, 0, p[0], p[1], p[2], p[3]);
            break;
        case D:
            SENT(A, 0x07, id, 4, 0, CID, 0, PEER, 0);
            break;
        case E: // our first request, or the one after the request to connect
            SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
            break;
        default:
            alone_wait(answer - F == BLE_CHANNEL_UNKNOWN_PSM ? BLE_LISTEN_MS : 0);
            refused(A, id, answer - F);
    }
    silent(A);
}

static void row_run(const row_t *row, state_t state) {
    ble_event_t event;
    enter(state, false);
    if (state == ASKED) {
        alone_check(alone_next(&event) && event.type == BLE_EVENT_CHANNEL_ACCEPT); // and it is kept
    }
    command(A, row->octets, row->length);
    if (row->answers[state] == E + 1 && strncmp(row->name, "connected", 9) == 0) {
        SENT(A, 0x06, 2, 4, 0, PEER, 0, CID, 0);
    } else {
        answered(row, row->answers[state]);
    }
    int type = take(&event);
    if (type != row->events[state]) {
        printf("%s, state %d: event %d\n", row->name, state, type);
    }
    alone_check(type == row->events[state]);
    alone_stop();
}

static void test_table(void) {
    for (unsigned i = 0; i < BLE_COUNT(rows); i++) {
        for (unsigned state = 0; state < STATES; state++) {
            row_run(&rows[i], state);
        }
        ok(rows[i].name);
    }
}

// All codes that there may be, of no and of 4 octets: an answer or silence, and the host goes on.
static void test_codes(void) {
    for (unsigned code = 0; code < 256; code++) {
        bool response = code == 0x01 || code == 0x03 || code == 0x05 || code == 0x07 || code == 0x09 || code == 0x0b
                        || code == 0x0d || code == 0x0f || code == 0x11 || code == 0x13 || code == 0x15 || code == 0x18
                        || code == 0x1a;
        enter(OPEN, false);
        SIGNAL(A, code, 7, 0, 0);
        if (response) {
            silent(A);
        } else {
            SENT(A, 0x01, 7, 2, 0, 0, 0);
        }
        no_event();
        alone_stop();
    }
    ok("every code without data");
}

// ---- connection parameters

static void test_central_parameters(void) {
    static const struct {
        uint16_t p[4];
        bool good;
    } table[] = {
        { { 6, 6, 0, 10 }, true }, { { 5, 6, 0, 10 }, false }, { { 6, 3200, 0, 801 }, true },
        { { 6, 3200, 0, 800 }, false }, { { 6, 3201, 0, 3200 }, false }, { { 40, 24, 0, 42 }, false },
        { { 6, 6, 499, 751 }, true }, { { 6, 6, 499, 750 }, false }, { { 6, 6, 500, 3200 }, false },
        { { 6, 6, 0, 9 }, false }, { { 6, 6, 0, 3200 }, true }, { { 6, 6, 0, 3201 }, false },
    };
    for (unsigned i = 0; i < BLE_COUNT(table); i++) {
        uint8_t p[12] = { 0x12, 7, 8, 0 }, command_p[255];
        begin(true);
        for (unsigned k = 0; k < 4; k++) {
            ble_put16(p + 4 + 2 * k, table[i].p[k]);
        }
        command(A, p, sizeof(p));
        // The answer and the command go out in either order.
        if (table[i].good) {
            alone_check(alone_sent_command(BLE_HCI_LE_CONNECTION_UPDATE, command_p) == 14);
            alone_check(ble_get16(command_p) == A && memcmp(command_p + 2, p + 4, 8) == 0);
            alone_check(ble_get32(command_p + 10) == 0);
        }
        SENT(A, 0x13, 7, 2, 0, !table[i].good, 0);
        alone_check(alone_sent_command(BLE_HCI_LE_CONNECTION_UPDATE, command_p) == -1);
        alone_stop();
    }
    ok("a central accepts what is valid");
}

static void updated(uint16_t connection, uint8_t status) {
    uint8_t p[10] = { 0x03, status, connection, 0, 30, 0, 1, 0, 100, 0 };
    alone_event(0x3e, p, sizeof(p));
}

static void parameters_told(int status) {
    ble_event_t event;
    alone_check(take(&event) == BLE_EVENT_PARAMETERS && event.connection == A && event.status == status);
}

static void test_own_central_parameters(void) {
    uint8_t p[255];
    begin(true);
    alone_check(ble_update_parameters(&alone, A, 24, 40, 0, 3201) == -EINVAL);
    alone_check(ble_update_parameters(&alone, B, 24, 40, 0, 42) == -ENOTCONN);
    alone_check(ble_update_parameters(&alone, A, 24, 40, 0, 42) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_CONNECTION_UPDATE, p) == 14);
    updated(A, 0x1a); // a central has no other way
    silent(A);
    parameters_told(0x1a);
    alone_stop();
    ok("parameters as central");
}

static void test_own_parameters(void) {
    uint8_t p[255];
    static const struct {
        uint8_t octets[6];
        uint8_t length;
        int status;
    } ends[] = { { { 0x13, 1, 2, 0, 1, 0 }, 6, 0x3b }, { { 0x01, 1, 2, 0, 0, 0 }, 6, 0x1a }, { { 0 }, 0, 0x22 } };
    for (unsigned i = 0; i < BLE_COUNT(ends); i++) {
        begin(false);
        alone_check(ble_update_parameters(&alone, A, 24, 40, 1, 42) == 0);
        SENT(A, 0x12, 1, 8, 0, 24, 0, 40, 0, 1, 0, 42, 0);
        alone_check(ble_update_parameters(&alone, A, 24, 40, 0, 42) == -EALREADY);
        SIGNAL(A, 0x13, 2, 2, 0, 0, 0); // not the answer
        alone_check(ble_update_parameters(&alone, A, 24, 40, 0, 42) == -EALREADY);
        if (ends[i].length != 0) {
            command(A, ends[i].octets, ends[i].length);
        } else {
            alone_wait(BLE_SIGNAL_MS - 1);
            no_event();
            alone_wait(1);
        }
        parameters_told(ends[i].status);
        alone_check(ble_update_parameters(&alone, A, 24, 40, 0, 42) == 0);
        SENT(A, 0x12, 2, 8, 0, 24, 0, 40, 0, 0, 0, 42, 0);
        SIGNAL(A, 0x13, 2, 2, 0, 0, 0);
        no_event(); // the link's update says the rest
        updated(A, 0);
        parameters_told(0);
        alone_stop();
    }
    ok("parameters as peripheral by L2CAP");

    begin(false);
    alone.hci.features[0] = 2;
    alone_check(ble_update_parameters(&alone, A, 24, 40, 0, 42) == 0);
    alone_check(alone_sent_command(BLE_HCI_LE_CONNECTION_UPDATE, p) == 14);
    updated(A, 0x1a);
    SENT(A, 0x12, 1, 8, 0, 24, 0, 40, 0, 0, 0, 42, 0);
    no_event();
    alone_check(ble_update_parameters(&alone, A, 24, 40, 0, 43) == -EALREADY);
    alone_check(alone_sent_command(BLE_HCI_LE_CONNECTION_UPDATE, p) == -1);
    alone_disconnect(A, 0x13);
    ble_event_t event;
    alone_check(take(&event) == BLE_EVENT_DISCONNECTED);
    alone_wait(2 * BLE_SIGNAL_MS);
    no_event();
    alone_stop();
    ok("parameters as peripheral, and the peer has no procedure of the link");
}

// ---- opening

static void test_accept_answers(void) {
    static const struct {
        int answer;
        uint16_t result;
    } table[] = { { 2, 2 }, { 4, 4 }, { 5, 5 }, { 6, 6 }, { 7, 7 }, { 8, 8 }, { 11, 11 }, { 1, 4 }, { 3, 4 }, { 9, 4 },
                  { 10, 4 }, { -1, 4 }, { 65536, 4 } };
    ble_event_t event;
    for (unsigned i = 0; i < BLE_COUNT(table); i++) {
        begin(false);
        connect_command(A, 9, PSM, PEER, 23, 23, 0);
        alone_check(alone_take(&event, table[i].answer) == BLE_EVENT_CHANNEL_ACCEPT);
        refused(A, 9, table[i].result);
        no_event();
        alone_check(channel(0)->conn == NULL);
        alone_stop();
    }
    ok("refused with the application's result");
    begin(false);
    connect_command(A, 9, PSM, PEER, 23, 23, 0);
    alone_check(alone_next(&event));
    alone_wait(BLE_ANSWER_MS - 1);
    silent(A);
    alone_wait(1);
    refused(A, 9, 4);
    alone_check(channel(0)->conn != NULL); // its event is still the application's
    ble_event_done(&alone, &event, 0);
    no_event();
    silent(A);
    alone_check(channel(0)->conn == NULL);
    alone_stop();
    ok("refused when the application is late");
    begin(false);
    connect_command(A, 9, PSM, PEER, 23, 23, 0);
    alone_check(alone_next(&event));
    alone_disconnect(A, 0x13);
    ble_event_t other;
    alone_check(!alone_next(&other));
    ble_event_done(&alone, &event, 0);
    alone_check(take(&event) == BLE_EVENT_DISCONNECTED);
    no_event();
    alone_stop();
    ok("the link ends while the application is asked");
}

static void test_listen(void) {
    begin(false);
    alone_check(ble_channel_listen(&alone, 0x100, 100) == -EINVAL);
    alone_check(ble_channel_listen(&alone, PSM, 22) == -EINVAL);
    alone_check(ble_channel_listen(&alone, 0, 0) == 0);
    connect_command(A, 9, PSM, PEER, 23, 23, 0);
    silent(A);
    connect_command(A, 10, PSM + 1, PEER, 23, 23, 0); // a second one does not wait
    refused(A, 10, 2);
    alone_wait(BLE_LISTEN_MS);
    refused(A, 9, 2);
    connect_command(A, 9, 0, PEER, 23, 23, 0);
    refused(A, 9, 2);
    alone_check(ble_channel_connect(&alone, A, 0, 100) == -EINVAL);
    alone_check(ble_channel_connect(&alone, A, 1, 22) == -EINVAL);
    alone_check(ble_channel_connect(&alone, B, 1, 100) == -ENOTCONN);
    bool stalled;
    uint8_t octet = 1;
    size_t length = 1;
    alone_check(ble_channel_send(&alone, A, CID, &octet, 1, &stalled) == -ENOENT);
    alone_check(ble_channel_send(&alone, B, CID, &octet, 1, &stalled) == -ENOTCONN);
    alone_check(ble_channel_receive(&alone, A, CID, &octet, &length) == -ENOENT && length == 0);
    alone_check(ble_channel_disconnect(&alone, A, 0x3f) == -ENOENT);
    alone_check(ble_channel_disconnect(&alone, A, CID + BLE_CHANNELS) == -ENOENT);
    alone_stop();
    alone_check(ble_channel_listen(&alone, PSM, 100) == -ENODEV);
    ok("arguments");
}

// A peer may be faster than the application that has just been told of it.
static void test_listen_late(void) {
    ble_event_t event;
    begin(false);
    alone_check(ble_channel_listen(&alone, 0, 0) == 0);
    connect_command(A, 9, PSM, PEER, 64, 64, 1);
    alone_wait(BLE_LISTEN_MS - 1);
    silent(A);
    alone_check(ble_channel_listen(&alone, PSM, 100) == 0);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_ACCEPT && event.channel.psm == PSM && event.channel.our_mtu == 100);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_OPEN);
    alone_wait(BLE_LISTEN_MS);
    no_event();
    connect_command(A, 9, PSM + 1, PEER + 1, 64, 64, 1);
    alone_disconnect(A, 0x13); // nobody has heard of it, so nobody hears of its end
    alone_check(take(&event) == BLE_EVENT_CHANNEL_CLOSED && event.channel.psm == PSM);
    alone_check(take(&event) == BLE_EVENT_DISCONNECTED);
    no_event();
    alone_stop();
    ok("somebody listens a little later");
}

static void test_many(void) {
    uint8_t p[600];
    ble_event_t event;
    begin(false);
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        open_as(A, CID + i, PEER + i, 100, 100, 5);
        alone_check(channel(i)->given >= 1);
    }
    connect_command(A, 9, PSM, PEER + 20, 100, 100, 5);
    refused(A, 9, 4);
    alone_check(ble_channel_connect(&alone, A, PSM, 100) == -ENOMEM);
    alone_check(alone.l2cap.promised <= BLE_CHANNEL_BUFFERS);
    SIGNAL(A, 0x06, 7, 4, 0, CID + 1, 0, PEER + 1, 0);
    alone_check(alone_sent_on(A, BLE_CID_SIGNAL, p) == 8 && p[0] == 0x07);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_CLOSED && event.channel.cid == CID + 1 && event.status == 0);
    open_as(A, CID + 1, PEER + 1, 100, 100, 5);
    alone_disconnect(A, 0x13);
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        alone_check(take(&event) == BLE_EVENT_CHANNEL_CLOSED && event.status == 0);
    }
    alone_check(take(&event) == BLE_EVENT_DISCONNECTED);
    alone_check(alone.l2cap.promised == 0 && alone.free_count == BLE_BUFFERS);
    alone_stop();
    ok("as many channels as there are");
}

static void test_connect_ends(void) {
    ble_event_t event;
    enter(CONNECTING, true);
    alone_wait(BLE_SIGNAL_MS);
    alone_check(take(&event) == CLOSED && event.status == -ETIMEDOUT && event.channel.cid == CID);
    alone_stop();
    enter(CONNECTING, true);
    alone_disconnect(A, 8);
    alone_check(take(&event) == CLOSED && event.status == -ENOTCONN);
    alone_check(take(&event) == BLE_EVENT_DISCONNECTED);
    alone_stop();
    enter(CONNECTING, true);
    SIGNAL(A, 0x15, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0);
    alone_check(take(&event) == CLOSED && event.status == 2 && event.channel.psm == 0x25);
    alone_check(alone.l2cap.promised == 0);
    alone_stop();
    enter(CONNECTING, true);
    SIGNAL(A, 0x15, 1, 10, 0, PEER, 0, 22, 0, 50, 0, 0, 0, 0, 0);
    SENT(A, 0x06, 2, 4, 0, PEER, 0, CID, 0);
    SIGNAL(A, 0x07, 2, 4, 0, PEER, 0, CID, 0);
    alone_check(take(&event) == CLOSED && event.status == -EPROTO);
    alone_stop();
    ok("connections that fail");
}

// ---- incoming

static uint8_t pattern[70000];

static void frame(uint16_t connection, uint16_t cid, const void *octets, size_t length) {
    alone_l2cap(connection, cid, octets, length);
}

// The first frame of an SDU of `sdu` octets, with `n` of it.
static void first(uint16_t connection, uint16_t cid, uint16_t sdu, const void *octets, size_t n) {
    uint8_t p[600];
    ble_put16(p, sdu);
    memcpy(p + 2, octets, n);
    frame(connection, cid, p, 2 + n);
}

static void read_all(uint16_t connection, uint16_t cid, const uint8_t *expected, size_t length, size_t piece) {
    uint8_t p[600];
    size_t n = 0;
    alone_check(ble_channel_receive(&alone, connection, cid, NULL, &n) == 0 && n == length);
    for (size_t done = 0; done < length; done += n) {
        n = piece;
        alone_check(ble_channel_receive(&alone, connection, cid, p, &n) == 0);
        alone_check(n == (length - done < piece ? length - done : piece) && memcmp(p, expected + done, n) == 0);
    }
    n = sizeof(p);
    alone_check(ble_channel_receive(&alone, connection, cid, p, &n) == 0 && n == 0);
}

static void test_incoming(void) {
    ble_event_t event;
    enter(OPEN, false);
    alone_check(channel(0)->given == 2 && alone.l2cap.promised == 2);
    static const uint16_t sizes[] = { 0, 1, BLE_MPS - 3, BLE_MPS - 2, BLE_MPS - 1, BLE_MPS, 599, 600 };
    for (unsigned i = 0; i < BLE_COUNT(sizes); i++) {
        size_t n = sizes[i] < BLE_MPS - 2 ? sizes[i] : BLE_MPS - 2;
        first(A, CID, sizes[i], pattern, n);
        for (size_t done = 0;;) {
            alone_check(take(&event) == (n != 0 ? (int)BLE_EVENT_CHANNEL_DATA : -1));
            read_all(A, CID, pattern + done, n, 50);
            SENT(A, 0x16, ble_get16((uint8_t[]) { alone.conns[0].signal.identifier, 0 }), 4, 0, CID, 0, 1, 0);
            silent(A);
            alone_check(channel(0)->given == 2 && alone.l2cap.promised == 2);
            done += n;
            if (done == sizes[i]) {
                break;
            }
            n = sizes[i] - done < BLE_MPS ? sizes[i] - done : BLE_MPS;
            frame(A, CID, pattern + done, n);
        }
    }
    no_event();
    alone_stop();
    ok("incoming SDUs of all sizes");

    enter(OPEN, false);
    first(A, CID, 300, pattern, 100);
    alone_check(alone_next(&event) && event.type == BLE_EVENT_CHANNEL_DATA);
    frame(A, CID, pattern + 100, 200);
    silent(A); // both are held, and so are their credits
    read_all(A, CID, pattern, 300, 299);
    SENT(A, 0x16, 1, 4, 0, CID, 0, 1, 0); // with the first one read
    SENT(A, 0x16, 2, 4, 0, CID, 0, 1, 0);
    ble_event_done(&alone, &event, 0);
    no_event(); // the second one has been read with it
    first(A, CID, 10, pattern, 10);
    alone_check(alone_next(&event) && event.type == BLE_EVENT_CHANNEL_DATA);
    first(A, CID, 10, pattern, 10);
    ble_event_done(&alone, &event, 0);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_DATA); // for the second one
    no_event();
    alone_stop();
    ok("data that comes while its event is out");
}

static void ended_by_us(void) {
    ble_event_t event;
    SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    no_event();
    first(A, CID, 1, pattern, 1); // still on its way: nobody's
    SIGNAL(A, 0x07, 1, 4, 0, PEER, 0, CID, 0);
    alone_check(take(&event) == CLOSED && event.status == -EPROTO);
    no_event();
    alone_check(alone.free_count == BLE_BUFFERS && alone.l2cap.promised == 0);
    alone_stop();
}

static void test_liars(void) {
    ble_event_t event;
    enter(OPEN, false);
    first(A, CID, 601, pattern, 10);
    ended_by_us();
    ok("an SDU longer than our MTU");
    enter(OPEN, false);
    frame(A, CID, pattern, 1);
    ended_by_us();
    ok("a first frame without a length");
    enter(OPEN, false);
    frame(A, CID, pattern, 0);
    ended_by_us();
    ok("an empty first frame");
    enter(OPEN, false);
    first(A, CID, 9, pattern, 10);
    ended_by_us();
    ok("more than its SDU in the first frame");
    enter(OPEN, false);
    first(A, CID, 300, pattern, BLE_MPS - 1);
    ended_by_us();
    ok("a frame longer than our MPS");
    enter(OPEN, false);
    first(A, CID, 20, pattern, 10);
    frame(A, CID, pattern, 11);
    SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_DATA);
    read_all(A, CID, pattern, 10, 10);
    SIGNAL(A, 0x07, 1, 4, 0, PEER, 0, CID, 0);
    alone_check(take(&event) == CLOSED && event.status == -EPROTO);
    alone_stop();
    ok("more than its SDU in the second frame");
    enter(OPEN, false);
    for (unsigned i = 0; i < 3; i++) {
        first(A, CID, 10, pattern, 10);
    }
    SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_DATA);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_DATA); // for what came while the first one was out
    SIGNAL(A, 0x06, 7, 4, 0, CID, 0, PEER, 0); // both at once
    SENT(A, 0x07, 7, 4, 0, CID, 0, PEER, 0);
    no_event(); // what came before is still to be read
    uint8_t p[20];
    size_t n = 15;
    alone_check(ble_channel_receive(&alone, A, CID, p, &n) == 0 && n == 15);
    alone_wait(BLE_STALL_MS - 1);
    n = 1; // who goes on reading has time
    alone_check(ble_channel_receive(&alone, A, CID, p, &n) == 0 && n == 1);
    alone_wait(BLE_STALL_MS - 1);
    no_event();
    n = 15;
    alone_check(ble_channel_receive(&alone, A, CID, p, &n) == 0 && n == 4);
    alone_check(take(&event) == CLOSED && event.status == -EPROTO);
    no_event();
    alone_stop();
    ok("a frame without a credit");
    enter(OPEN, false);
    for (unsigned i = 0; i < 300; i++) {
        first(A, CID, i == 0 ? 10 : 0, pattern, 0); // of an SDU of 10 that never comes, and of none
        if (i == 0) {
            frame(A, CID, pattern, 10);
            alone_check(take(&event) == BLE_EVENT_CHANNEL_DATA);
            read_all(A, CID, pattern, 10, 10);
        }
    }
    alone_check(channel(0)->given == 2 && channel(0)->state == BLE_CHANNEL_OPEN);
    no_event();
    alone_stop();
    ok("frames with nothing in them");
}

static void test_unread(void) {
    ble_event_t event;
    enter(OPEN, false);
    first(A, CID, 10, pattern, 10);
    alone_disconnect(A, 0x13);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_DATA);
    alone_wait(BLE_STALL_MS - 1);
    no_event();
    alone_wait(1);
    alone_check(take(&event) == CLOSED && event.status == 0);
    alone_check(take(&event) == BLE_EVENT_DISCONNECTED);
    no_event();
    alone_check(alone.free_count == BLE_BUFFERS);
    alone_stop();
    ok("the link ends and nobody reads");
    enter(OPEN, false);
    first(A, CID, 10, pattern, 10);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_DATA);
    alone_check(ble_channel_disconnect(&alone, A, CID) == 0);
    alone_check(ble_channel_disconnect(&alone, A, CID) == -EALREADY);
    SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    alone_wait(BLE_SIGNAL_MS - 1);
    no_event();
    alone_wait(1); // the peer does not answer
    alone_check(take(&event) == CLOSED && event.status == 0);
    no_event();
    alone_stop();
    ok("disconnected, and the peer is silent");
}

// ---- outgoing

// The frames of an SDU of `length` octets of `pattern`, as far as `frames` go.
static void frames(uint16_t connection, uint16_t peer, size_t length, uint16_t mps, unsigned most) {
    uint8_t p[600];
    size_t done = 0;
    for (unsigned i = 0; i < most && (i == 0 || done < length); i++) {
        size_t header = i == 0 ? 2 : 0;
        size_t n = length - done < mps - header ? length - done : mps - header;
        alone_check(alone_sent_on(connection, peer, p) == header + n);
        alone_check(header == 0 || ble_get16(p) == length);
        alone_check(memcmp(p + header, pattern + done, n) == 0);
        done += n;
    }
}

static void test_outgoing(void) {
    uint8_t p[600];
    bool stalled;
    static const uint16_t sizes[] = { 0, 1, 97, 98, 99, 100, 198, 199, 499, 500 };
    for (unsigned i = 0; i < BLE_COUNT(sizes); i++) {
        unsigned wanted = (sizes[i] + 2 + 99) / 100;
        for (unsigned more = 0; more < 2; more++) {
            begin(false);
            open_as(A, CID, PEER, 500, 100, wanted + more);
            alone_check(ble_channel_send(&alone, A, CID, pattern, sizes[i], &stalled) == 0);
            frames(A, PEER, sizes[i], 100, 100);
            alone_check(alone_sent_on(A, PEER, p) == 0);
            alone_check(channel(0)->credits == more);
            ble_event_t event;
            if (more == 0) {
                alone_check(stalled);
                alone_check(ble_channel_send(&alone, A, CID, pattern, 1, &stalled) == -EAGAIN);
                no_event();
                credits_command(A, PEER, 1);
                alone_check(take(&event) == BLE_EVENT_CHANNEL_READY);
            } else {
                alone_check(take(&event) == (stalled ? (int)BLE_EVENT_CHANNEL_READY : -1));
            }
            alone_check(ble_channel_send(&alone, A, CID, pattern, 501, &stalled) == -EINVAL);
            alone_check(ble_channel_send(&alone, A, CID, pattern, 5, &stalled) == 0);
            frames(A, PEER, 5, 100, 1);
            no_event();
            alone_stop();
        }
    }
    ok("outgoing SDUs of all sizes");
}

static void test_stalled(void) {
    uint8_t p[600];
    bool stalled;
    ble_event_t event;
    begin(false);
    open_as(A, CID, PEER, 65535, 2000, 1);
    alone_check(channel(0)->mps == BLE_MPS);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 512, &stalled) == 0 && stalled);
    frames(A, PEER, 512, BLE_MPS, 1);
    alone_check(alone_sent_on(A, PEER, p) == 0);
    credits_command(A, PEER, 1);
    alone_check(alone_sent_on(A, PEER, p) == BLE_MPS && memcmp(p, pattern + BLE_MPS - 2, BLE_MPS) == 0);
    no_event();
    credits_command(A, PEER, 1);
    alone_check(alone_sent_on(A, PEER, p) == 514 - 2 * BLE_MPS);
    no_event(); // nothing is left to be sent, but there is no credit either
    alone_check(ble_channel_send(&alone, A, CID, pattern, 1, &stalled) == -EAGAIN);
    credits_command(A, PEER, 1);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_READY);
    no_event();
    alone_check(ble_channel_send(&alone, A, CID, pattern, 0, &stalled) == 0 && stalled);
    alone_check(alone_sent_on(A, PEER, p) == 2 && ble_get16(p) == 0);
    alone_stop();
    ok("an SDU waits for credits in the store");

    begin(false);
    open_as(A, CID, PEER, 500, 100, 20);
    alone.hci.acl_free = 0;
    alone_check(ble_channel_send(&alone, A, CID, pattern, 400, &stalled) == 0 && stalled);
    alone_check(alone.conns[0].out.count == 2);
    alone.hci.acl_free = alone.hci.acl_total;
    alone_wait(0);
    frames(A, PEER, 400, 100, 10);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_READY);
    alone_stop();
    ok("a link that stands holds two frames");

    begin(false);
    open_as(A, CID, PEER, 500, 100, 0);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 1, &stalled) == -EAGAIN);
    credits_command(A, PEER, 2);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_READY);
    alone_stop();
    ok("a channel without credits");
}

static ble_timer_t timer;
static unsigned given;

// A peer that gives a credit each second, `given` times.
static void give_credit(ble_t *b, ble_timer_t *t) {
    if (given != 0) {
        given--;
        ble_channel_credits(b, &b->conns[0], PEER, 1);
        ble_timer_set(b, t, 1000);
    }
}

static void credits_later(unsigned n) {
    given = n;
    timer.due_us = 0;
    timer.expired = give_credit;
    ble_timer_set(&alone, &timer, 1000);
}

static void link_lost(ble_t *b, ble_timer_t *t) {
    (void)t;
    ble_conn_closed(b, &b->conns[0], 8);
}

static void test_waiting(void) {
    bool stalled;
    ble_event_t event;
    uint8_t p[600];
    begin(false);
    open_as(A, CID, PEER, 65535, 200, 1);
    credits_later(500);
    uint64_t before = rtos_now_us();
    alone_check(ble_channel_send(&alone, A, CID, pattern, 50000, &stalled) == 0 && stalled);
    // It returns when no more than the store takes is left.
    unsigned waited = (rtos_now_us() - before) / 1000000;
    alone_check(waited == (50002 - BLE_CHANNEL_STORE + 199) / 200 - 1);
    alone_wait(10000);
    frames(A, PEER, 50000, 200, 1000);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_READY);
    alone_stop();
    ok("an SDU of 50000 octets by single credits");

    begin(false);
    open_as(A, CID, PEER, 65535, 200, 1);
    credits_later(3);
    before = rtos_now_us();
    alone_check(ble_channel_send(&alone, A, CID, pattern, 5000, &stalled) == -ETIMEDOUT);
    alone_check(rtos_now_us() - before == (uint64_t)(3000 + BLE_ANSWER_MS) * 1000);
    frames(A, PEER, 5000, 200, 4);
    SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    SIGNAL(A, 0x07, 1, 4, 0, PEER, 0, CID, 0);
    alone_check(take(&event) == CLOSED && event.status == -ETIMEDOUT);
    alone_check(alone.free_count == BLE_BUFFERS);
    alone_stop();
    ok("a peer that gives no more credits");

    begin(false);
    open_as(A, CID, PEER, 65535, 200, 1);
    timer.due_us = 0;
    timer.expired = link_lost;
    ble_timer_set(&alone, &timer, 1000);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 5000, &stalled) == -ENOTCONN);
    alone_check(take(&event) == CLOSED && take(&event) == BLE_EVENT_DISCONNECTED);
    alone_stop();
    ok("the link ends under a sender");

    begin(false);
    open_as(A, CID, PEER, 65535, 200, 1);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 300, &stalled) == 0 && stalled);
    frames(A, PEER, 300, 200, 1);
    alone_check(ble_channel_disconnect(&alone, A, CID) == 0);
    silent(A);
    credits_command(A, PEER, 1);
    alone_check(alone_sent_on(A, PEER, p) == 102);
    SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    alone_stop();
    begin(false);
    open_as(A, CID, PEER, 65535, 200, 1);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 300, &stalled) == 0 && stalled);
    frames(A, PEER, 300, 200, 1);
    alone_check(ble_channel_disconnect(&alone, A, CID) == 0);
    alone_wait(BLE_ANSWER_MS - 1);
    silent(A);
    alone_wait(1);
    SENT(A, 0x06, 1, 4, 0, PEER, 0, CID, 0);
    alone_stop();
    ok("disconnecting waits for the SDU, but not for ever");
}

// ---- several

static void test_two_connections(void) {
    bool stalled;
    ble_event_t event;
    uint8_t p[600];
    begin(false);
    up(B, true);
    open_as(A, CID, PEER, 500, 100, 1);
    open_as(B, CID + 1, PEER, 500, 100, 10); // the peers' CIDs may well be the same
    alone_check(ble_channel_send(&alone, A, CID, pattern, 300, &stalled) == -EAGAIN || stalled);
    alone_check(ble_channel_send(&alone, B, CID + 1, pattern, 400, &stalled) == 0);
    frames(B, PEER, 400, 100, 10); // over that of A
    credits_command(A, PEER, 4);
    frames(A, PEER, 0, 100, 0);
    unsigned n = 0;
    while (alone_sent_on(A, PEER, p) != 0) {
        n++;
    }
    alone_check(n == 3 || n == 4);
    first(B, CID, 1, pattern, 1); // the other connection's
    alone_check(channel(0)->inbox.count == 0 && channel(1)->inbox.count == 0);
    first(B, CID + 1, 1, pattern, 1);
    alone_check(channel(1)->inbox.count == 1);
    SIGNAL(B, 0x06, 7, 4, 0, CID, 0, PEER, 0);
    alone_check(channel(0)->state == BLE_CHANNEL_OPEN);
    alone_disconnect(A, 8);
    alone_check(channel(1)->state == BLE_CHANNEL_OPEN);
    while (alone_next(&event)) {
        bool others = event.type == BLE_EVENT_CHANNEL_DATA || event.type == BLE_EVENT_CHANNEL_READY;
        alone_check(event.connection == A || others);
        ble_event_done(&alone, &event, 0);
    }
    read_all(B, CID + 1, pattern, 1, 10);
    alone_stop();
    ok("two channels on two connections");
}

static unsigned hold(ble_buffer_t *held[BLE_BUFFERS + 1], ble_level_t level) {
    unsigned n = 0;
    while ((held[n] = ble_buffer_take(&alone, level)) != NULL) {
        n++;
    }
    return n;
}

static void give_back(ble_buffer_t *held[BLE_BUFFERS + 1], unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        ble_buffer_free(&alone, held[i]);
    }
    alone_wait(0);
}

static void test_busy(void) {
    ble_buffer_t *held[BLE_BUFFERS + 1];
    bool stalled;
    ble_event_t event;
    uint8_t p[600];
    // The application's packets take what they may: the channels' own buffers are still there.
    begin(false);
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        open_as(A, CID + i, PEER + i, 100, 100, 5);
    }
    unsigned n = hold(held, BLE_FOR_APPLICATION);
    alone_check(n >= 1 && alone.free_count == BLE_FOR_APPLICATION + alone.l2cap.promised);
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        while (channel(i)->given != 0) {
            first(A, CID + i, 10, pattern, 10);
        }
    }
    alone_check(alone.free_count >= BLE_FOR_APPLICATION); // nobody else's went
    unsigned received = 0;
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        received += channel(i)->inbox.count;
    }
    alone_check(received == BLE_CHANNEL_BUFFERS);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 10, &stalled) == 0);
    frames(A, PEER, 10, 100, 1); // one is left for channels
    give_back(held, n);
    alone_stop();
    ok("no channel runs dry for the application");

    // All are busy, the reserve too: what has to be sent is sent later.
    begin(false);
    connect_command(A, 9, PSM, PEER, 100, 100, 2);
    n = hold(held, BLE_FOR_ANSWER);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_ACCEPT);
    alone_check(ble_channel_connect(&alone, A, 0x25, 512) == 0);
    silent(A);
    no_event();
    give_back(held, n);
    alone_check(alone_sent_on(A, BLE_CID_SIGNAL, p) == 14 && p[0] == 0x15 && ble_get16(p + 12) == 0);
    alone_check(alone_sent_on(A, BLE_CID_SIGNAL, p) == 14 && p[0] == 0x14);
    alone_check(take(&event) == BLE_EVENT_CHANNEL_OPEN);
    n = hold(held, BLE_FOR_ANSWER);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 50, &stalled) == 0 && stalled);
    alone_check(alone_sent_on(A, PEER, p) == 0);
    ble_channel_end(&alone, channel(0), 0);
    give_back(held, n);
    frames(A, PEER, 50, 100, 1);
    alone_check(alone_sent_on(A, BLE_CID_SIGNAL, p) == 8 && p[0] == 0x06);
    alone_stop();
    ok("all buffers are busy");

    // The last of the incoming level is for attributes: a channel opens without a credit, and has it later.
    begin(false);
    n = hold(held, BLE_FOR_INCOMING);
    ble_buffer_free(&alone, held[--n]);
    open_as(A, CID, PEER, 100, 100, 5);
    alone_check(channel(0)->given == 0 && alone.l2cap.promised == 0);
    give_back(held, n);
    SENT(A, 0x16, 1, 4, 0, CID, 0, 2, 0);
    alone_check(channel(0)->given == 2);
    alone_stop();
    ok("a channel opens without room for a credit");

    // A link that does not move: its peer's commands have no more than a few answers waiting.
    begin(false);
    alone.hci.acl_free = 0;
    for (unsigned i = 0; i < 100; i++) {
        SIGNAL(A, 0x02, 7, 0, 0);
    }
    alone_check(alone.free_count >= BLE_BUFFERS - 4);
    alone.hci.acl_free = alone.hci.acl_total;
    alone_wait(0);
    SENT(A, 0x01, 7, 2, 0, 0, 0);
    alone_stop();
    ok("a peer that asks and does not listen");
}

// With any number of buffers free, a host that has nothing more to do sleeps, and the credit is given in the end.
static void test_sleeps(void) {
    ble_buffer_t *held[BLE_BUFFERS + 1];
    uint8_t p[600];
    for (unsigned leave = 0; leave < BLE_BUFFERS - 1; leave++) {
        size_t length = sizeof(p);
        begin(false);
        open_as(A, CID, PEER, 100, 100, 5);
        first(A, CID, 10, pattern, 10);
        unsigned n = hold(held, (ble_level_t)0);
        for (unsigned i = 0; i < leave && n > 0; i++) {
            ble_buffer_free(&alone, held[--n]);
        }
        alone_check(ble_channel_receive(&alone, A, CID, p, &length) == 0 && length == 10);
        unsigned rounds = 0;
        while (ble_host_work(&alone)) {
            alone_check(++rounds < 20);
        }
        give_back(held, n);
        alone_check(channel(0)->given == 2);
        alone_stop();
    }
    ok("a host without room sleeps");
}

static void test_lost(void) {
    bool stalled;
    ble_event_t event;
    begin(false);
    open_as(A, CID, PEER, 65535, 200, 1);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 300, &stalled) == 0 && stalled);
    uint8_t reason = 0;
    alone_event(0x10, &reason, 1); // hardware error
    alone_check(take(&event) == CLOSED && event.status == 0);
    unsigned seen = 0; // in either order: they have different sources
    for (int type; (type = take(&event)) != -1;) {
        alone_check(type == BLE_EVENT_LOST || type == BLE_EVENT_DISCONNECTED);
        seen++;
    }
    alone_check(seen == 2);
    alone_check(ble_channel_send(&alone, A, CID, pattern, 300, &stalled) == -ENODEV);
    alone_stop();
    ok("the controller is lost");
}

int main(void) {
    for (size_t i = 0; i < sizeof(pattern); i++) {
        pattern[i] = i * 7 + (i >> 8);
    }
    test_table();
    test_codes();
    if (BLE_CENTRAL) {
        test_central_parameters();
        test_own_central_parameters();
    }
    test_own_parameters();
    test_accept_answers();
    test_listen();
    test_listen_late();
    test_many();
    test_connect_ends();
    test_incoming();
    test_liars();
    test_unread();
    test_outgoing();
    test_stalled();
    test_waiting();
    test_two_connections();
    test_busy();
    test_sleeps();
    test_lost();
    printf("%u cases\n", cases);
    return 0;
}
