// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Connecting to a peer: the controller's failures are tried again until the deadline.
#include "host.h"

#if BLE_CENTRAL

// Between two tries, in ms: some controllers fail at once where nobody advertises yet.
#define RETRY_MS (20)

// How long a controller may take to end what was cancelled, in ms.
#define CANCEL_MS (1000)

// Status codes after which another try makes sense: the peer did not answer, or the controller is at something else.
static bool is_passing(uint8_t status) {
    return status == BLE_STATUS_NOT_ESTABLISHED || status == BLE_STATUS_DISALLOWED || status == BLE_STATUS_MEMORY
           || status == BLE_STATUS_TIMEOUT;
}

void ble_connect_fill(ble_t *b, ble_event_t *event) {
    event->status = b->gap.connect_status;
    event->link.peer = b->gap.failed_peer;
    event->link.central = true;
}

void ble_connect_ended(ble_t *b, uint8_t status) {
    ble_gap_t *g = &b->gap;
    ble_timer_clear(b, &g->connect_timer);
    g->connecting = false;
    g->creating = false;
    g->connect_status = status;
    g->failed_peer = g->connect.peer;
    ble_gap_tell(b, BLE_TELL_CONNECT_FAILED);
}

// The controller has failed: again in a moment, or not any more.
void ble_connect_failed(ble_t *b, uint8_t status) {
    ble_gap_t *g = &b->gap;
    g->creating = false;
    if (!g->cancelled && is_passing(status) && rtos_now_us() < g->connect_due_us) {
        ble_timer_set(b, &g->connect_timer, RETRY_MS);
    } else {
        ble_connect_ended(b, status);
    }
}

void ble_connect_made(ble_t *b) {
    ble_timer_clear(b, &b->gap.connect_timer);
    b->gap.connecting = false;
    b->gap.creating = false;
}

static void create_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    (void)context, (void)answer, (void)length;
    ble_gap_t *g = &b->gap;
    if (!g->connecting || !g->creating || (g->cancelled && status == 0)) {
        return; // it is over already, or as good as
    }
    if (status != 0) {
        ble_connect_failed(b, status);
        return;
    }
    uint64_t now_us = rtos_now_us();
    ble_timer_set(b, &g->connect_timer, g->connect_due_us > now_us ? (g->connect_due_us - now_us) / 1000 + 1 : 0);
}

static void units(uint8_t p[2], uint32_t us, uint32_t otherwise_us) {
    ble_put16(p, (us != 0 ? us : otherwise_us) / 1250);
}

// Scan always, for this peer; its address and ours, interval, no latency, 5 s of supervision (7.8.12).
static void create(ble_t *b) {
    ble_gap_t *g = &b->gap;
    uint8_t p[25] = { 0x60, 0, 0x60, 0 };
    ble_address_t peer = g->connect.peer;
    if (BLE_PAIRINGS) {
        ble_bond_reach(b, &peer);
    }
    g->connecting_type = ble_address_choose(b);
    p[5] = peer.type & 1;
    memcpy(p + 6, peer.octets, 6);
    p[12] = g->connecting_type;
    units(p + 13, g->connect.interval_min_us, 30000);
    units(p + 15, g->connect.interval_max_us, 50000);
    ble_put16(p + 19, 500);
    g->creating = true;
    g->begun = true;
    int error = ble_extended(b) ? ble_extended_create(b, p, g->connect.coded, create_done)
                : ble_command(b, BLE_HCI_LE_CREATE_CONNECTION, p, sizeof(p), create_done, NULL);
    if (error != 0) {
        ble_connect_failed(b, BLE_STATUS_MEMORY);
    }
}

static void cancel_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    (void)context, (void)status, (void)answer, (void)length;
    ble_gap_t *g = &b->gap;
    // With success the connection complete event follows; without it may be on its way all the same.
    if (g->connecting && !g->creating) {
        ble_connect_ended(b, BLE_STATUS_UNKNOWN_CONNECTION);
    }
}

static void cancel(ble_t *b) {
    ble_gap_t *g = &b->gap;
    g->cancelled = true;
    ble_timer_set(b, &g->connect_timer, CANCEL_MS);
    if (!g->creating) {
        ble_connect_ended(b, BLE_STATUS_UNKNOWN_CONNECTION);
    } else if (ble_command(b, BLE_HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0, cancel_done, NULL) != 0) {
        ble_connect_ended(b, BLE_STATUS_MEMORY);
    }
}

// Try again, give up, or give up on a controller that does not end what was cancelled.
static void connect_expired(ble_t *b, ble_timer_t *timer) {
    (void)timer;
    ble_gap_t *g = &b->gap;
    if (g->cancelled) {
        ble_connect_ended(b, BLE_STATUS_NOT_ESTABLISHED);
    } else if (rtos_now_us() >= g->connect_due_us) {
        cancel(b);
    } else if (!g->creating) {
        create(b);
    }
}

#endif // BLE_CENTRAL

// ---- the controller's event

// Nobody answered directed advertising of high duty.
#define ADVERTISING_TIMEOUT (0x3c)

// Role 1: the peer's scan has found our advertising.
static void opened(ble_t *b, const uint8_t *p, bool enhanced) {
    ble_gap_t *g = &b->gap;
    ble_address_t peer = { .type = p[4] };
    bool central = BLE_CENTRAL && p[3] == 0;
    const uint8_t *parameters = p + (enhanced ? 23 : 11);
    memcpy(peer.octets, p + 5, 6);
    const ble_command_t *next = central ? NULL : ble_advertising_begins(b);
    ble_address_t own = next != NULL ? g->advertised_as : g->advertising_as;
    if (central) {
        ble_address_of(b, g->connecting_type, &own);
        ble_connect_made(b);
    } else if (next == NULL) {
        g->advertising = false;
    } else if (next->done == NULL) {
        ble_advertising_off(b); // with another address only
    }
    ble_conn_t *missed = ble_conn_find(b, ble_get16(p + 1) & 0xfff);
    if (missed != NULL) {
        ble_conn_closed(b, missed, BLE_STATUS_TIMEOUT);
    }
    ble_conn_t *c = ble_conn_open(b, ble_get16(p + 1) & 0xfff, central, &peer);
    if (c == NULL) {
        uint8_t reply[3] = { p[1], p[2], 0x14 }; // Remote Device Terminated due to Low Resources
        ble_reply(b, BLE_HCI_DISCONNECT, reply, sizeof(reply), NULL, NULL);
        if (central) { // a peer that found our advertising has taken the last place meanwhile
            ble_connect_ended(b, BLE_STATUS_MEMORY);
        }
        return;
    }
    c->own = own;
    c->interval = ble_get16(parameters);
    c->latency = ble_get16(parameters + 2);
    c->timeout = ble_get16(parameters + 4);
    if (BLE_PAIRINGS) {
        ble_smp_resolve(b, &peer, &c->identity);
    }
    if (BLE_SPEED) {
        ble_speed_opened(b, c);
    }
    ble_conn_tell(b, c, BLE_TELL_CONNECTED);
}

void ble_advertising_terminated(ble_t *b, uint8_t status) {
    if (status == ADVERTISING_TIMEOUT && ble_advertising_begins(b) == NULL) {
        b->gap.advertising = false;
        ble_gap_tell(b, BLE_TELL_ADVERTISING_ENDED);
    }
}

void ble_connect_completed(ble_t *b, const uint8_t *p, size_t length, bool enhanced) {
    if (length < (enhanced ? 30u : 18u)) {
        return;
    }
    if (p[0] == 0) {
        opened(b, p, enhanced);
    } else if (p[0] == ADVERTISING_TIMEOUT) {
        ble_advertising_terminated(b, p[0]);
    } else if (BLE_CENTRAL && b->gap.connecting && b->gap.creating) {
        ble_connect_failed(b, p[0]);
    }
}

// ---- calls

typedef struct {
    ble_call_t call;
    uint16_t connection;
} disconnect_call_t;

static int disconnect_run(ble_t *b, ble_call_t *call) {
    ble_conn_t *c = ble_conn_find(b, ((disconnect_call_t *)call)->connection);
    return c != NULL ? ble_conn_disconnect(b, call, c) : -ENOTCONN;
}

int ble_disconnect(ble_t *b, uint16_t connection) {
    disconnect_call_t c = { .connection = connection };
    return ble_call(b, &c.call, disconnect_run, RTOS_FOREVER);
}

#if BLE_CENTRAL

typedef struct {
    ble_call_t call;
    const ble_connect_t *connect;
} connect_call_t;

static int connect_run(ble_t *b, ble_call_t *call) {
    ble_gap_t *g = &b->gap;
    const ble_connect_t *connect = ((connect_call_t *)call)->connect;
    if (g->connecting || ble_conn_by_identity(b, &connect->peer) != NULL) {
        return -EALREADY;
    }
    if (connect->coded && !ble_extended(b)) {
        return -EINVAL;
    }
    if (b->conn_count == BLE_CONNECTIONS) {
        return -ENOMEM;
    }
    g->connect = *connect;
    g->connecting = true;
    g->cancelled = false;
    g->connect_due_us = rtos_now_us() + (uint64_t)connect->duration_ms * 1000;
    create(b);
    return 0;
}

static bool interval_valid(uint32_t us) {
    return us == 0 || (us >= 7500 && us <= 4000000);
}

int ble_connect(ble_t *b, const ble_connect_t *connect) {
    uint32_t max = connect->interval_max_us != 0 ? connect->interval_max_us : 50000;
    if (!interval_valid(connect->interval_min_us) || !interval_valid(max) || connect->interval_min_us > max) {
        return -EINVAL;
    }
    connect_call_t c = { .connect = connect };
    return ble_call(b, &c.call, connect_run, RTOS_FOREVER);
}

static int cancel_run(ble_t *b, ble_call_t *call) {
    (void)call;
    if (!b->gap.connecting || b->gap.cancelled) {
        return -EALREADY;
    }
    cancel(b);
    return 0;
}

int ble_connect_cancel(ble_t *b) {
    ble_call_t c;
    return ble_call(b, &c, cancel_run, RTOS_FOREVER);
}

void ble_connect_init(ble_t *b) {
    b->gap.connect_timer.expired = connect_expired;
}

#endif // BLE_CENTRAL
