// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Advertising, and who gets an LE event.
#include "host.h"

// Subevents of LE Meta (Core, Vol 4, Part E, 7.7.65).
enum {
    LE_CONNECTION_COMPLETE = 0x01,
    LE_ADVERTISING_REPORT = 0x02,
    LE_CONNECTION_UPDATED = 0x03,
    LE_KEY_REQUEST = 0x05,
    LE_PARAMETER_REQUEST = 0x06,
    LE_ENHANCED_CONNECTION_COMPLETE = 0x0a,
    LE_EXTENDED_REPORT = 0x0d,
    LE_ADVERTISING_TERMINATED = 0x12,
};

// ---- events to the application

static void tell_next(ble_t *b) {
    static const uint8_t types[] = { BLE_EVENT_ADVERTISING_ENDED, BLE_EVENT_CONNECT_FAILED, BLE_EVENT_LOST };
    ble_gap_t *g = &b->gap;
    unsigned what = g->tell & -g->tell;
    bool early = what == BLE_TELL_LOST && b->conn_count != 0;
    if (what == 0 || early || !ble_source_idle(&g->source)) {
        return;
    }
    g->tell &= ~what;
    ble_event_t *event = ble_source_event(&g->source, types[__builtin_ctz(what)], BLE_NO_CONNECTION);
    if (BLE_CENTRAL && what == BLE_TELL_CONNECT_FAILED) {
        ble_connect_fill(b, event);
    } else if (what == BLE_TELL_LOST) {
        event->status = g->lost_error;
    }
    ble_source_tell(b, &g->source);
}

static void gap_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    (void)source, (void)answer, (void)late;
    tell_next(b);
}

void ble_gap_tell(ble_t *b, unsigned what) {
    b->gap.tell |= what;
    tell_next(b);
}

// ---- advertising

// Interval, kind, our address, the peer's, all three channels, no filter (7.8.5).
static void advertising_parameters(uint8_t p[15], const ble_advertise_t *a, uint8_t own_type) {
    uint16_t interval = a->interval_us / 625;
    ble_put16(p, interval);
    ble_put16(p + 2, interval);
    p[4] = a->kind;
    p[5] = own_type;
    p[6] = a->peer.type & 1;
    memcpy(p + 7, a->peer.octets, 6);
    p[13] = 7;
    p[14] = 0;
}

static void advertising_data(ble_t *b, ble_call_t *call, uint16_t opcode, const uint8_t *data, uint8_t length) {
    uint8_t p[1 + BLE_ADVERTISING_MAX] = { length };
    if (length != 0) {
        memcpy(p + 1, data, length);
    }
    ble_command_for(b, call, opcode, p, sizeof(p));
}

typedef struct {
    ble_call_t call;
    const ble_advertise_t *advertise;
} advertise_call_t;

void ble_advertising_off(ble_t *b) {
    if (b->gap.advertising) {
        b->gap.advertising = false;
        ble_advertising_switch(b, NULL, false);
    }
}

static void legacy_advertise(ble_t *b, ble_call_t *call, const ble_advertise_t *a) {
    uint8_t p[15];
    advertising_parameters(p, a, b->gap.advertising_as.type);
    ble_command_for(b, call, BLE_HCI_LE_SET_ADVERTISING_PARAMETERS, p, sizeof(p));
    advertising_data(b, call, BLE_HCI_LE_SET_ADVERTISING_DATA, a->data, a->length);
    advertising_data(b, call, BLE_HCI_LE_SET_SCAN_RESPONSE, a->response, a->response_length);
}

static int advertise_run(ble_t *b, ble_call_t *call) {
    const ble_advertise_t *a = ((advertise_call_t *)call)->advertise;
    bool extended = ble_extended(b);
    if (extended ? !ble_extended_valid(a) : a->length > BLE_ADVERTISING_MAX
        || a->response_length > BLE_ADVERTISING_MAX || a->coded) {
        return -EINVAL;
    }
    ble_advertising_off(b);
    b->gap.begun = true;
    ble_advertising_anew(b, ble_address_choose(b));
    (extended ? ble_extended_advertise : legacy_advertise)(b, call, a);
    int result = ble_advertising_switch(b, call, true);
    b->gap.advertising = result == BLE_PENDING; // off is sent once too often rather than once too few
    return result;
}

int ble_advertise(ble_t *b, const ble_advertise_t *a) {
    if (a->interval_us < 20000 || a->interval_us > 10240000 || a->kind > 4) {
        return -EINVAL;
    }
    advertise_call_t c = { .advertise = a };
    return ble_call(b, &c.call, advertise_run, RTOS_FOREVER);
}

static int advertise_stop_run(ble_t *b, ble_call_t *call) {
    if (!b->gap.advertising) {
        return 0;
    }
    b->gap.advertising = false;
    return ble_advertising_switch(b, call, false);
}

int ble_advertise_stop(ble_t *b) {
    ble_call_t c;
    return ble_call(b, &c, advertise_stop_run, RTOS_FOREVER);
}

// ---- LE events

static void connection_updated(ble_t *b, const uint8_t *p, size_t length) {
    ble_conn_t *c = length >= 9 ? ble_conn_find(b, ble_get16(p + 1) & 0xfff) : NULL;
    if (c != NULL) {
        c->parameters_status = p[0];
        if (p[0] == 0) {
            c->interval = ble_get16(p + 3);
            c->latency = ble_get16(p + 5);
            c->timeout = ble_get16(p + 7);
        }
        if (!ble_signal_updated(b, c, p[0])) {
            ble_conn_tell(b, c, BLE_TELL_PARAMETERS);
        }
    }
}

// (7.8.12)
bool ble_parameters_valid(uint16_t min, uint16_t max, uint16_t latency, uint16_t timeout) {
    return min >= 6 && max <= 3200 && min <= max && latency <= 499 && timeout >= 10 && timeout <= 3200
           && timeout * 4u > (1u + latency) * max;
}

// The peer asks for other parameters, and the controller asks us.
static void parameters_requested(ble_t *b, const uint8_t *p, size_t length) {
    if (length < 10 || ble_conn_find(b, ble_get16(p) & 0xfff) == NULL) {
        return;
    }
    uint8_t reply[14] = { 0 };
    memcpy(reply, p, 10);
    if (ble_parameters_valid(ble_get16(p + 2), ble_get16(p + 4), ble_get16(p + 6), ble_get16(p + 8))) {
        ble_reply(b, BLE_HCI_LE_PARAMETER_REQUEST_REPLY, reply, sizeof(reply), NULL, NULL);
    } else {
        reply[2] = 0x3b; // Unacceptable Connection Parameters
        ble_reply(b, BLE_HCI_LE_PARAMETER_REQUEST_NEGATIVE_REPLY, reply, 3, NULL, NULL);
    }
}

static void key_requested(ble_t *b, const uint8_t *p, size_t length) {
    ble_conn_t *c = length >= 12 ? ble_conn_find(b, ble_get16(p) & 0xfff) : NULL;
    if (BLE_PAIRINGS && c != NULL) {
        ble_smp_key_request(b, c, p + 2, ble_get16(p + 10));
    } else if (c != NULL) {
        ble_reply(b, BLE_HCI_LE_KEY_NEGATIVE_REPLY, p, 2, NULL, NULL);
    }
}

void ble_gap_event(ble_t *b, uint8_t subevent, const uint8_t *p, size_t length) {
    switch (subevent) {
        case LE_CONNECTION_COMPLETE:
            ble_connect_completed(b, p, length, false);
            break;
        case LE_ENHANCED_CONNECTION_COMPLETE:
            ble_connect_completed(b, p, length, true);
            break;
        case LE_ADVERTISING_REPORT:
            if (BLE_CENTRAL) {
                ble_scan_reported(b, p, length);
            }
            break;
        case LE_EXTENDED_REPORT:
            if (BLE_CENTRAL != 0 && BLE_EXTENDED_COMMANDS != 0) {
                ble_extended_reported(b, p, length);
            }
            break;
        case LE_ADVERTISING_TERMINATED:
            ble_advertising_terminated(b, length >= 1 ? p[0] : 0);
            break;
        case LE_CONNECTION_UPDATED:
            connection_updated(b, p, length);
            break;
        case LE_KEY_REQUEST:
            key_requested(b, p, length);
            break;
        case LE_PARAMETER_REQUEST:
            parameters_requested(b, p, length);
            break;
    }
}

// ---- life

void ble_gap_init(ble_t *b) {
    ble_own_address_t kind = b->gap.own_kind;
    memset(&b->gap, 0, sizeof(b->gap));
    b->gap.own_kind = kind;
    ble_source_init(&b->gap.source, BLE_CLASS_LINK, gap_done, NULL);
    ble_address_init(b);
    if (BLE_CENTRAL) {
        ble_scan_init(b);
        ble_connect_init(b);
    }
}

void ble_gap_lost(ble_t *b, int error) {
    ble_gap_t *g = &b->gap;
    if (BLE_CENTRAL && g->scanning) {
        ble_scan_ended(b);
    }
    if (BLE_CENTRAL && g->connecting) {
        ble_connect_ended(b, BLE_STATUS_NOT_ESTABLISHED);
    }
    g->advertising = false;
    g->lost_error = error;
    ble_gap_tell(b, BLE_TELL_LOST);
}
