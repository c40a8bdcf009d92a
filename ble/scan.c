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
    if (g->count != 0) {
        ble_report_t *r = &g->reports[g->first];
        ble_event_t *event = ble_source_event(&g->scan_source, BLE_EVENT_SCAN_REPORT, BLE_NO_CONNECTION);
        event->report.peer = r->peer;
        event->report.kind = r->kind;
        event->report.rssi = r->rssi;
        event->data = r->data;
        event->length = r->length;
        ble_source_tell(b, &g->scan_source);
    } else if (g->scan_done) {
        g->scan_done = false;
        ble_source_event(&g->scan_source, BLE_EVENT_SCAN_DONE, BLE_NO_CONNECTION);
        ble_source_tell(b, &g->scan_source);
    }
}

static void scan_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    (void)answer, (void)late;
    ble_gap_t *g = &b->gap;
    if (source->event.type == BLE_EVENT_SCAN_REPORT) {
        g->first = (g->first + 1) % BLE_REPORTS;
        g->count--;
    }
    tell_next(b);
}

static void report_put(ble_t *b, const uint8_t *p, uint8_t length) {
    ble_gap_t *g = &b->gap;
    if (g->count == BLE_REPORTS) {
        rtos_poke(g->dropped, g->dropped + 1);
        return;
    }
    ble_report_t *r = &g->reports[(g->first + g->count) % BLE_REPORTS];
    r->kind = p[0];
    ble_address_t peer = { .type = p[1] };
    memcpy(peer.octets, p + 2, 6);
    r->peer = peer;
    if (BLE_PAIRINGS) {
        ble_smp_resolve(b, &peer, &r->peer); // its identity where its address is private and we are bonded
    }
    r->length = length;
    memcpy(r->data, p + 9, length);
    r->rssi = p[9 + length];
    g->count++;
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
            report_put(b, p + at, n);
        }
        at += 10 + n;
    }
    tell_next(b);
}

void ble_scan_ended(ble_t *b) {
    ble_timer_clear(b, &b->gap.scan_timer);
    b->gap.scanning = false;
    b->gap.scan_done = true;
    tell_next(b);
}

static void scan_off(ble_t *b) {
    static const uint8_t off[2] = { 0, 0 };
    if (b->gap.scanning) {
        ble_command(b, BLE_HCI_LE_SCAN, off, sizeof(off), NULL, NULL);
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
} scan_call_t;

static int scan_run(ble_t *b, ble_call_t *call) {
    const ble_scan_t *s = ((scan_call_t *)call)->scan;
    ble_gap_t *g = &b->gap;
    ble_address_t own;
    scan_off(b);
    g->scanning = false;
    ble_timer_clear(b, &g->scan_timer);
    ble_address_choose(b, &own);
    uint8_t p[7] = { s->active };
    ble_put16(p + 1, s->interval_us / 625);
    ble_put16(p + 3, s->window_us / 625);
    p[5] = own.type;
    ble_command_for(b, call, BLE_HCI_LE_SET_SCAN_PARAMETERS, p, sizeof(p));
    uint8_t on[2] = { 1, !s->duplicates };
    int result = ble_command_for(b, call, BLE_HCI_LE_SCAN, on, sizeof(on));
    g->scanning = result == BLE_PENDING;
    g->scan_duplicates = s->duplicates;
    if (g->scanning && s->duration_ms != 0) {
        ble_timer_set(b, &g->scan_timer, s->duration_ms);
    }
    return result;
}

// It has not begun, so nothing is told of its end.
static int scan_failed_run(ble_t *b, ble_call_t *call) {
    (void)call;
    b->gap.scanning = false;
    ble_timer_clear(b, &b->gap.scan_timer);
    return 0;
}

int ble_scan(ble_t *b, const ble_scan_t *s) {
    if (s->interval_us < 2500 || s->interval_us > 10240000 || s->window_us < 2500 || s->window_us > s->interval_us) {
        return -EINVAL;
    }
    scan_call_t c = { .scan = s };
    int error = ble_call(b, &c.call, scan_run, RTOS_FOREVER);
    if (error != 0) {
        ble_call(b, &c.call, scan_failed_run, RTOS_FOREVER);
    }
    return error;
}

static int scan_stop_run(ble_t *b, ble_call_t *call) {
    static const uint8_t off[2] = { 0, 0 };
    if (!b->gap.scanning) {
        return 0;
    }
    ble_scan_ended(b);
    return ble_command_for(b, call, BLE_HCI_LE_SCAN, off, sizeof(off));
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
