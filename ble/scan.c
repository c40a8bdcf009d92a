// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Scanning, and the reports that wait for the application.
#include "host.h"

#if BLE_CENTRAL

static void tell_next(ble_t *b) {
    ble_gap_t *g = &b->gap;
    if (!ble_source_idle(&g->scan_source)) {
        return;
    }
    ble_report_t *r = &g->reports[g->first];
    if (g->count != 0 && !r->more) {
        ble_event_t *event = ble_source_event(&g->scan_source, BLE_EVENT_SCAN_REPORT, BLE_NO_CONNECTION);
        event->report.peer = r->peer;
        event->report.kind = r->kind;
        event->report.rssi = r->rssi;
        event->data = r->buffer != NULL ? ble_buffer_data(r->buffer) : r->data;
        event->length = r->length;
        ble_source_tell(b, &g->scan_source);
    } else if (g->count == 0 && g->scan_done) {
        g->scan_done = false;
        ble_source_event(&g->scan_source, BLE_EVENT_SCAN_DONE, BLE_NO_CONNECTION);
        ble_source_tell(b, &g->scan_source);
    }
}

static void scan_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    (void)answer, (void)late;
    ble_gap_t *g = &b->gap;
    if (source->event.type == BLE_EVENT_SCAN_REPORT) {
        ble_buffer_free(b, g->reports[g->first].buffer);
        g->first = (g->first + 1) % BLE_REPORTS;
        g->count--;
    }
    tell_next(b);
}

// The last one, as long as its data is not all there.
static ble_report_t *unfinished(ble_gap_t *g) {
    ble_report_t *r = &g->reports[(g->first + g->count + BLE_REPORTS - 1) % BLE_REPORTS];
    return g->count != 0 && r->more ? r : NULL;
}

static void finish(ble_gap_t *g) {
    ble_report_t *r = unfinished(g);
    if (r != NULL) {
        r->more = false;
    }
}

// Where more data of a report goes: what does not fit is cut off, as a controller may do itself. NULL: no room.
static uint8_t *data_place(ble_t *b, ble_report_t *r, uint8_t *length, bool more) {
    if (r->buffer == NULL && (more || *length > BLE_ADVERTISING_MAX)) {
        r->buffer = ble_buffer_take(b, BLE_FOR_APPLICATION);
        if (r->buffer == NULL) {
            return NULL;
        }
        r->buffer->start = 0; // no header comes before it
    }
    unsigned most = BLE_BUFFER_SIZE < BLE_EXTENDED_MAX ? BLE_BUFFER_SIZE : BLE_EXTENDED_MAX;
    unsigned size = r->buffer != NULL ? most : BLE_ADVERTISING_MAX;
    *length = *length < size - r->length ? *length : size - r->length;
    return (r->buffer != NULL ? ble_buffer_data(r->buffer) : r->data) + r->length;
}

// The next free one, or the one that goes on.
static ble_report_t *report_place(ble_t *b, uint8_t kind, const ble_address_t *air) {
    ble_gap_t *g = &b->gap;
    ble_report_t *r = unfinished(g);
    ble_address_t peer = *air;
    if (BLE_PAIRINGS) {
        ble_bond_heard(b, air, &peer);
    }
    if (r != NULL && r->kind == kind && ble_address_equal(&r->peer, &peer)) {
        g->count--;
        return r;
    }
    finish(g);
    if (g->count == BLE_REPORTS) {
        return NULL;
    }
    r = &g->reports[(g->first + g->count) % BLE_REPORTS];
    r->kind = kind;
    r->peer = peer;
    r->length = 0;
    r->buffer = NULL;
    return r;
}

void ble_scan_put(ble_t *b, uint8_t kind, const uint8_t *address, int8_t rssi, const uint8_t *data, uint8_t length,
    bool more) {
    ble_address_t air = { .type = address[0] };
    memcpy(air.octets, address + 1, 6);
    ble_report_t *r = report_place(b, kind, &air);
    uint8_t *place = r != NULL ? data_place(b, r, &length, more) : NULL;
    if (place != NULL) {
        memcpy(place, data, length);
        r->length += length;
        r->rssi = rssi;
        r->more = more;
        b->gap.count++;
    } else {
        rtos_poke(b->gap.dropped, b->gap.dropped + 1);
    }
    tell_next(b); // also of the one before, which has ended here
}

// A number of reports, each: kind, address, length, data, signal (7.7.65.2).
void ble_scan_reported(ble_t *b, const uint8_t *p, size_t length) {
    unsigned number = length > 0 ? p[0] : 0;
    size_t at = 1;
    for (unsigned i = 0; i < number && at + 10 <= length; i++) {
        uint8_t n = p[at + 8];
        if (n > BLE_ADVERTISING_MAX || at + 10 + n > length) {
            break;
        }
        if (b->gap.scanning) {
            ble_scan_put(b, p[at], p + at + 1, (int8_t)p[at + 9 + n], p + at + 9, n, false);
        }
        at += 10 + n;
    }
}

// What is not finished never will be.
static void over(ble_t *b) {
    ble_timer_clear(b, &b->gap.scan_timer);
    b->gap.scanning = false;
    finish(&b->gap);
    tell_next(b);
}

void ble_scan_ended(ble_t *b) {
    b->gap.scan_done = true;
    over(b);
}

static void scan_off(ble_t *b) {
    if (b->gap.scanning) {
        ble_scan_switch(b, NULL, false);
    }
}

static void scan_expired(ble_t *b, ble_timer_t *timer) {
    (void)timer;
    scan_off(b);
    ble_scan_ended(b);
}

typedef struct {
    ble_call_t call;
    const ble_scan_t *scan;
    uint8_t number; // of those begun, 0 if it has not: then the one before goes on
} scan_call_t;

static void legacy_scan(ble_t *b, ble_call_t *call, const ble_scan_t *s, uint8_t own_type) {
    uint8_t p[7] = { s->active };
    ble_put16(p + 1, s->interval_us / 625);
    ble_put16(p + 3, s->window_us / 625);
    p[5] = own_type;
    ble_command_for(b, call, BLE_HCI_LE_SET_SCAN_PARAMETERS, p, sizeof(p));
}

static int scan_run(ble_t *b, ble_call_t *call) {
    const ble_scan_t *s = ((scan_call_t *)call)->scan;
    ble_gap_t *g = &b->gap;
    if (s->coded && !ble_extended(b)) {
        return -EINVAL;
    }
    scan_off(b);
    over(b);
    g->begun = true;
    g->scans = g->scans % 255 + 1;
    ((scan_call_t *)call)->number = g->scans;
    (ble_extended(b) ? ble_extended_scan : legacy_scan)(b, call, s, ble_address_choose(b));
    g->scan_duplicates = s->duplicates;
    int result = ble_scan_switch(b, call, true);
    g->scanning = result == BLE_PENDING;
    if (g->scanning && s->duration_ms != 0) {
        ble_timer_set(b, &g->scan_timer, s->duration_ms);
    }
    return result;
}

// It has not begun, so nothing is told of its end.
static int scan_failed_run(ble_t *b, ble_call_t *call) {
    if (((scan_call_t *)call)->number == b->gap.scans) {
        over(b);
    }
    return 0;
}

int ble_scan(ble_t *b, const ble_scan_t *s) {
    if (s->interval_us < 2500 || s->interval_us > 10240000 || s->window_us < 2500 || s->window_us > s->interval_us) {
        return -EINVAL;
    }
    scan_call_t c = { .scan = s };
    int error = ble_call(b, &c.call, scan_run, RTOS_FOREVER);
    if (error != 0 && c.number != 0) {
        ble_call(b, &c.call, scan_failed_run, RTOS_FOREVER);
    }
    return error;
}

static int scan_stop_run(ble_t *b, ble_call_t *call) {
    if (!b->gap.scanning) {
        return 0;
    }
    ble_scan_ended(b);
    return ble_scan_switch(b, call, false);
}

int ble_scan_stop(ble_t *b) {
    ble_call_t c;
    return ble_call(b, &c, scan_stop_run, RTOS_FOREVER);
}

uint32_t ble_scan_dropped(ble_t *b) {
    return rtos_peek(b->gap.dropped);
}

void ble_scan_init(ble_t *b) {
    ble_source_init(&b->gap.scan_source, BLE_CLASS_SCAN, scan_done, NULL);
    b->gap.scan_timer.expired = scan_expired;
}

#endif // BLE_CENTRAL
