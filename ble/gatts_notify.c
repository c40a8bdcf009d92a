// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server: what it sends unasked. Notifications, indications with their confirmations, Service Changed, and
// what is kept of subscriptions.
//
// A value that has changed while there was no room, or while the last indication was not yet confirmed, is dirty for
// that connection: the newest value goes out as soon as may be.
#include "host.h"

// ---- a packet

// False: no room.
static bool send(ble_t *b, ble_conn_t *c, uint8_t opcode, uint16_t handle, const uint8_t *octets, size_t length) {
    size_t most = c->att.mtu - 3;
    ble_buffer_t *buffer = ble_acl_buffer(b, c);
    if (buffer == NULL) {
        return false;
    }
    uint8_t *p = ble_buffer_data(buffer);
    length = length < most ? length : most;
    p[0] = opcode;
    ble_put16(p + 1, handle);
    if (length != 0) {
        memcpy(p + 3, octets, length);
    }
    buffer->length = 3 + length;
    ble_att_send(b, c, buffer);
    return true;
}

static ble_conn_t *conn_of(ble_timer_t *timer) {
    return BLE_OWNER(timer, ble_conn_t, att.indicate_timer);
}

// ---- indications: one at a time

static void told(ble_t *b, ble_conn_t *c, int answer) {
    (void)answer;
    ble_gatts_next(b, c);
}

// The first of `restored`, told.
static void tell_restored(ble_t *b, ble_conn_t *c) {
    uint32_t bit = c->att.restored & -c->att.restored;
    ble_attribute_t a;
    c->att.restored &= ~bit;
    if (ble_attribute_subscription(b, __builtin_ctz(bit), &a)) {
        ble_event_t *event = ble_source_event(&c->att.source, BLE_EVENT_SUBSCRIBED, c->handle);
        event->handle = a.handle;
        event->value = ble_subscribed(c, bit);
        ble_att_tell(b, c, told);
    }
}

void ble_gatts_next(ble_t *b, ble_conn_t *c) {
    while (c->att.restored != 0 && ble_source_idle(&c->att.source)) {
        tell_restored(b, c);
    }
    if (c->att.indicated && ble_source_idle(&c->att.source)) {
        ble_event_t *event = ble_source_event(&c->att.source, BLE_EVENT_INDICATED, c->handle);
        event->handle = c->att.indicating;
        event->status = c->att.indicate_status;
        c->att.indicated = false;
        c->att.indicating = 0;
        b->room = true;
        ble_att_tell(b, c, told);
    }
}

static void indicate_end(ble_t *b, ble_conn_t *c, int status) {
    bool internal = c->att.indicating_internal;
    ble_timer_clear(b, &c->att.indicate_timer);
    c->att.indicate_status = status;
    c->att.indicated = !internal;
    if (internal) {
        c->att.indicating_internal = status != 0; // one that was not confirmed is not known
        c->att.indicating = 0;
        b->room = true;
    }
    ble_gatts_next(b, c);
}

// Nothing more may be sent that wants an answer (Core, Vol 3, Part F, 3.3.3): without the link it can be again.
static void indicate_expired(ble_t *b, ble_timer_t *timer) {
    ble_conn_t *c = conn_of(timer);
    if (!c->att.indicate_broken) {
        c->att.indicate_broken = true;
        indicate_end(b, c, -ETIMEDOUT);
    }
    if (ble_conn_disconnect(b, NULL, c) != 0) {
        ble_timer_set(b, timer, BLE_COMMAND_MS); // the command had no buffer
    }
}

// BLE_AGAIN: no room; -EALREADY: another is not yet confirmed.
static int indicate(ble_t *b, ble_conn_t *c, uint16_t handle, const uint8_t *octets, size_t length) {
    if (c->att.indicate_broken) {
        return -ENOTCONN; // soon
    }
    if (c->att.indicating != 0) {
        return c->att.indicating_internal ? BLE_AGAIN : -EALREADY;
    }
    if (!send(b, c, BLE_ATT_INDICATION, handle, octets, length)) {
        return BLE_AGAIN;
    }
    c->att.indicating = handle;
    c->att.indicating_internal = handle == BLE_HANDLE_CHANGED;
    c->att.indicate_timer.expired = indicate_expired;
    ble_timer_set(b, &c->att.indicate_timer, BLE_ATT_TRANSACTION_MS);
    return 0;
}

int ble_gatts_confirmed(ble_request_t *q) {
    ble_conn_t *c = q->c;
    if (c->att.indicating == 0 || c->att.indicated) {
        return 0; // of nothing
    }
    bool aware = c->att.indicating_internal && c->att.changed_start == 0;
    indicate_end(q->b, c, 0);
    if (aware) {
        ble_gatts_aware(q->b, c); // after it, since that may be stored at once
    }
    return 0;
}

// ---- values that have changed

static bool dirty_send(ble_t *b, ble_conn_t *c, const ble_attribute_t *a, uint32_t bit) {
    uint8_t scratch[BLE_SCRATCH];
    const uint8_t *octets;
    size_t length = ble_attribute_get(b, c, a, scratch, &octets);
    return c->att.notify & bit ? send(b, c, BLE_ATT_NOTIFICATION, a->handle, octets, length)
           : indicate(b, c, a->handle, octets, length) == 0;
}

// As many values in one packet as fit whole, for a peer that knows it (Core, Vol 3, Part F, 3.4.7.4).
static uint32_t multiple_fill(ble_t *b, ble_conn_t *c, ble_buffer_t *buffer) {
    uint32_t taken = 0;
    uint8_t *p = ble_buffer_data(buffer);
    p[0] = BLE_ATT_MULTIPLE_NOTIFICATION;
    buffer->length = 1;
    for (uint32_t left = c->att.dirty & c->att.notify; left != 0; left &= left - 1) {
        uint8_t scratch[BLE_SCRATCH];
        const uint8_t *octets;
        ble_attribute_t a;
        size_t length;
        if (ble_attribute_subscription(b, __builtin_ctz(left), &a)
            && buffer->length + 4 + (length = ble_attribute_get(b, c, &a, scratch, &octets)) <= c->att.mtu) {
            ble_put16(p + buffer->length, a.handle);
            ble_put16(p + buffer->length + 2, length);
            memcpy(p + buffer->length + 4, octets, length);
            buffer->length += 4 + length;
            taken |= left & -left;
        }
    }
    return taken;
}

static void multiple_work(ble_t *b, ble_conn_t *c) {
    ble_buffer_t *buffer = ble_acl_buffer(b, c);
    uint32_t taken = buffer != NULL ? multiple_fill(b, c, buffer) : 0;
    if (taken & (taken - 1)) { // at least two
        c->att.dirty &= ~taken;
        ble_att_send(b, c, buffer);
    } else {
        ble_buffer_free(b, buffer);
    }
}

static void dirty_work(ble_t *b, ble_conn_t *c) {
    uint32_t notify = c->att.dirty & c->att.notify;
    if ((c->att.features & 4) && (notify & (notify - 1))) {
        multiple_work(b, c);
    }
    for (uint32_t left = c->att.dirty; left != 0;) {
        uint32_t bit = left & -left;
        ble_attribute_t a;
        left &= ~bit;
        if (!ble_attribute_subscription(b, __builtin_ctz(bit), &a) || dirty_send(b, c, &a, bit)) {
            c->att.dirty &= ~bit;
        }
    }
}

static void changed_work(ble_t *b, ble_conn_t *c) {
    uint8_t octets[4];
    ble_put16(octets, c->att.changed_start);
    ble_put16(octets + 2, c->att.changed_end);
    if (c->att.indicating == 0 && indicate(b, c, BLE_HANDLE_CHANGED, octets, sizeof(octets)) == 0) {
        c->att.changed_start = 0;
        c->att.changed_end = 0;
    }
}

// Who does not yet know that services have changed is sent nothing else (Core, Vol 3, Part G, 2.5.2.1).
static void conn_work(ble_t *b, ble_conn_t *c) {
    if (c->att.changed_start != 0) {
        changed_work(b, c);
    }
    if (c->att.dirty != 0 && c->att.sync == BLE_SYNC_AWARE) {
        dirty_work(b, c);
    }
    b->gatts.unsent |= c->att.changed_start != 0 || c->att.dirty != 0;
}

void ble_gatts_work(ble_t *b) {
    if (!b->gatts.unsent) {
        return;
    }
    b->gatts.unsent = false;
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN) {
            conn_work(b, &b->conns[i]);
        }
    }
}

void ble_gatts_update(ble_t *b, const ble_characteristic_t *characteristic) {
    uint32_t bit = ble_characteristic_subscribable(characteristic) ? 1u << characteristic->subscription : 0;
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        ble_conn_t *c = &b->conns[i];
        if (c->state == BLE_CONN_OPEN) {
            c->att.dirty |= bit & (c->att.notify | c->att.indicate);
            conn_work(b, c);
        }
    }
}

// ---- services that have changed

void ble_gatts_aware(ble_t *b, ble_conn_t *c) {
    c->att.sync = BLE_SYNC_AWARE;
    b->room = true; // what has waited may go
    if (BLE_PAIRINGS && c->bonded) {
        ble_smp_subscribed(b, c); // with the hash
    }
}

static void conn_changed(ble_t *b, ble_conn_t *c, uint16_t start, uint16_t end) {
    if (c->att.features & 1) {
        c->att.sync = BLE_SYNC_UNAWARE;
    }
    if (c->att.indicate & 1) {
        bool more = c->att.changed_start != 0;
        b->gatts.unsent = true;
        c->att.changed_start = more && c->att.changed_start < start ? c->att.changed_start : start;
        c->att.changed_end = more && c->att.changed_end > end ? c->att.changed_end : end;
    }
}

void ble_gatts_changed(ble_t *b, uint16_t start, uint16_t end) {
    b->gatts.hashed = false;
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN) {
            conn_changed(b, &b->conns[i], start, end);
        }
    }
}

// ---- subscriptions of bonded peers: features, hash, notify, indicate

void ble_gatts_bonded(ble_t *b, ble_conn_t *c) {
    b->room = true; // what has waited may go
    if (ble_source_idle(&c->att.source)) {
        ble_gatts_next(b, c);
    }
}

// The hash is the one that the peer knows, so of zeros while that is not ours: also while Service Changed is on its
// way, or has still to be sent.
void ble_gatts_subscriptions_get(ble_t *b, const ble_conn_t *c, uint8_t *octets, size_t *length) {
    if (*length < BLE_SUBSCRIPTIONS_SIZE) {
        *length = 0;
        return;
    }
    *length = BLE_SUBSCRIPTIONS_SIZE;
    memset(octets, 0, BLE_SUBSCRIPTIONS_SIZE);
    octets[0] = c->att.features;
    if (c->att.sync == BLE_SYNC_AWARE && c->att.changed_start == 0 && !c->att.indicating_internal) {
        memcpy(octets + 1, ble_gatts_hash(b), 16);
    }
    ble_put32(octets + 17, c->att.notify);
    ble_put32(octets + 21, c->att.indicate);
}

// What a bit is about is known as long as the services are the same; with others only Service Changed's is.
void ble_gatts_subscriptions_set(ble_t *b, ble_conn_t *c, const uint8_t *octets, size_t length) {
    if (length != BLE_SUBSCRIPTIONS_SIZE) {
        return;
    }
    bool same = memcmp(octets + 1, ble_gatts_hash(b), 16) == 0;
    uint32_t known = same ? UINT32_MAX : 1;
    uint32_t notify = ble_get32(octets + 17) & known, indicate = ble_get32(octets + 21) & known;
    c->att.restored |= (notify | indicate) & ~(c->att.notify | c->att.indicate) & ~1u;
    c->att.notify |= notify;
    c->att.indicate |= indicate;
    c->att.features |= octets[0] & 0x07;
    if (!same) {
        conn_changed(b, c, 1, 0xffff);
    }
}

// ---- life

void ble_gatts_closed(ble_t *b, ble_conn_t *c) {
    ble_queue_clear(b, &c->att.prepared);
    c->att.dirty = 0;
    ble_timer_clear(b, &c->att.indicate_timer);
    if (c->att.indicating != 0 && !c->att.indicated) {
        indicate_end(b, c, -ENOTCONN);
    }
}

// ---- from the application

typedef struct {
    ble_call_t call;
    uint16_t connection, handle;
    const uint8_t *octets;
    size_t length;
    bool indicate;
} send_call_t;

static int send_run(ble_t *b, ble_call_t *call) {
    send_call_t *s = (send_call_t *)call;
    ble_conn_t *c = ble_conn_find(b, s->connection);
    ble_attribute_t a;
    uint8_t scratch[BLE_SCRATCH];
    if (c == NULL) {
        return -ENOTCONN;
    }
    if (!ble_attribute_find(b, s->handle, &a) || a.kind != BLE_ATTRIBUTE_VALUE || a.value == NULL) {
        return -ENOENT;
    }
    if (c->att.sync != BLE_SYNC_AWARE) {
        return BLE_AGAIN;
    }
    const uint8_t *octets = s->octets;
    size_t length = octets != NULL ? s->length : ble_attribute_get(b, c, &a, scratch, &octets);
    if (s->indicate) {
        return indicate(b, c, s->handle, octets, length);
    }
    return send(b, c, BLE_ATT_NOTIFICATION, s->handle, octets, length) ? 0 : BLE_AGAIN;
}

static int send_call(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length, uint32_t ms,
    bool indicate) {
    send_call_t s; // what ble_call fills in is not set twice: this is what is called most
    s.connection = connection;
    s.handle = handle;
    s.octets = octets;
    s.length = length;
    s.indicate = indicate;
    return ble_call(b, &s.call, send_run, ms);
}

int ble_gatts_notify(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length,
    uint32_t ms) {
    return send_call(b, connection, handle, octets, length, ms, false);
}

int ble_gatts_indicate(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length,
    uint32_t ms) {
    return send_call(b, connection, handle, octets, length, ms, true);
}
