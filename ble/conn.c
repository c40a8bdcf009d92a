// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The table of connections, and what the application is told of them.
#include "host.h"

static bool is_open(const ble_conn_t *c, uint16_t handle) {
    return c->state == BLE_CONN_OPEN && c->handle == handle;
}

// What comes is mostly for whom the last was.
ble_conn_t *ble_conn_find(ble_t *b, uint16_t handle) {
    if (b->conn_found != NULL && is_open(b->conn_found, handle)) {
        return b->conn_found;
    }
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (is_open(&b->conns[i], handle)) {
            return b->conn_found = &b->conns[i];
        }
    }
    return NULL;
}

ble_conn_t *ble_conn_by_identity(ble_t *b, const ble_address_t *identity) {
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN && ble_address_equal(&b->conns[i].identity, identity)) {
            return &b->conns[i];
        }
    }
    return NULL;
}

// ---- events of the link

static ble_conn_t *conn_of(ble_source_t *link) {
    return BLE_OWNER(link, ble_conn_t, link);
}

void ble_conn_security(const ble_conn_t *c, ble_event_t *event) {
    event->security.encrypted = c->encrypted;
    event->security.authenticated = c->authenticated;
    event->security.bonded = c->bonded;
    event->security.key_size = c->key_size;
}

static void fill(ble_conn_t *c, unsigned what) {
    static const uint8_t types[] = { BLE_EVENT_CONNECTED, BLE_EVENT_PARAMETERS, BLE_EVENT_MTU,
                                     BLE_EVENT_DISCONNECTED };
    ble_event_t *event = ble_source_event(&c->link, types[__builtin_ctz(what)], c->handle);
    switch (what) {
        case BLE_TELL_PARAMETERS:
            event->status = c->parameters_status;
            event->parameters.interval = c->interval;
            event->parameters.latency = c->latency;
            event->parameters.timeout = c->timeout;
            break;
        case BLE_TELL_MTU:
            event->value = c->att.mtu;
            break;
        default:
            event->status = c->reason;
            event->link.peer = c->identity;
            event->link.central = ble_is_central(c);
    }
}

// Whether the application has still to hear of the end of a connection that had this one's handle.
static bool is_ambiguous(ble_t *b, ble_conn_t *c) {
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        ble_conn_t *other = &b->conns[i];
        bool older = (int16_t)(other->number - c->number) < 0;
        if (other->state == BLE_CONN_CLOSED && other->handle == c->handle && older) {
            return true;
        }
    }
    return false;
}

// The disconnection is the last thing that an application hears of a connection, and of all that had its handle before.
static bool may_tell(ble_t *b, ble_conn_t *c, unsigned what) {
    if (what == BLE_TELL_CONNECTED) {
        return !is_ambiguous(b, c);
    }
    return what != BLE_TELL_DISCONNECTED
           || (ble_att_quiet(c) && (!BLE_PAIRINGS || ble_smp_quiet(b, c))
               && (!BLE_CHANNELS || ble_channels_quiet(b, c)));
}

static void tell_next(ble_t *b, ble_conn_t *c) {
    unsigned what = c->tell & -c->tell;
    if (what != 0 && ble_source_idle(&c->link) && may_tell(b, c, what)) {
        c->tell &= ~what;
        fill(c, what);
        ble_source_tell(b, &c->link);
        if (BLE_PAIRINGS && what == BLE_TELL_CONNECTED) {
            ble_smp_tell(b, c, 0); // what has waited for it
        }
    }
}

static void link_done(ble_t *b, ble_source_t *link, int answer, bool late) {
    (void)answer, (void)late;
    ble_conn_t *c = conn_of(link);
    if (link->event.type == BLE_EVENT_DISCONNECTED) {
        c->state = BLE_CONN_FREE;
        b->conn_count--;
        b->room = true;
        ble_gap_tell(b, 0); // that the controller is lost is told after this
        for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
            if (b->conns[i].state != BLE_CONN_FREE) {
                tell_next(b, &b->conns[i]); // one that has its handle may have waited
            }
        }
    } else {
        tell_next(b, c);
    }
}

void ble_conn_tell(ble_t *b, ble_conn_t *c, unsigned what) {
    c->tell |= what;
    tell_next(b, c);
}

void ble_conn_settle(ble_t *b, ble_conn_t *c) {
    if (c->state == BLE_CONN_CLOSED) {
        tell_next(b, c);
    }
}

// ---- life

ble_conn_t *ble_conn_open(ble_t *b, uint16_t handle, bool central, const ble_address_t *peer) {
    ble_conn_t *c = b->conns;
    while (c < b->conns + BLE_CONNECTIONS && c->state != BLE_CONN_FREE) {
        c++;
    }
    if (c == b->conns + BLE_CONNECTIONS) {
        return NULL;
    }
    memset(c, 0, sizeof(*c));
    c->state = BLE_CONN_OPEN;
    b->conn_count++;
    c->handle = handle;
    c->number = ++b->conn_number;
    c->central = central;
    c->peer = *peer;
    c->identity = *peer;
    ble_source_init(&c->link, BLE_CLASS_LINK, link_done, NULL);
    ble_att_opened(c);
    if (BLE_PAIRINGS) {
        ble_smp_opened(c);
    }
    return c;
}

void ble_conn_closed(ble_t *b, ble_conn_t *c, uint8_t reason) {
    c->state = BLE_CONN_CLOSED;
    c->reason = reason;
    b->hci.acl_free += c->unacknowledged;
    c->unacknowledged = 0;
    b->unsent -= c->out.count;
    if (b->acl_writing == c) {
        b->acl_orphan = ble_queue_get(&c->out); // its rest must still be written
        b->acl_writing = NULL;
    }
    ble_queue_clear(b, &c->out);
    b->room = true; // calls that wait for it end now
    ble_buffer_free(b, c->in);
    c->in = NULL;
    ble_signal_closed(b, c);
    if (BLE_CHANNELS) {
        ble_channels_closed(b, c);
    }
    if (BLE_PAIRINGS) {
        ble_smp_closed(b, c);
    }
    ble_att_closed(b, c);
    ble_conn_tell(b, c, BLE_TELL_DISCONNECTED);
}

void ble_conn_close_all(ble_t *b, uint8_t reason) {
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN) {
            ble_conn_closed(b, &b->conns[i], reason);
        }
    }
    ble_acl_written(b); // or never will be
}

int ble_conn_disconnect(ble_t *b, ble_call_t *call, ble_conn_t *c) {
    uint8_t p[3] = { c->handle, c->handle >> 8, BLE_STATUS_REMOTE_USER };
    return ble_command_for(b, call, BLE_HCI_DISCONNECT, p, sizeof(p));
}
