// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Scanning.
#include "air_node.h"

#define PIECE (229) // most bytes of data in an extended report

enum { KIND_ADV, KIND_RESPONSE };

// ---- reports

// Heard before; if not it is noted, as long as there is room.
static bool is_duplicate(air_scan_t *scan, const air_addr_t *a, unsigned kind) {
    for (unsigned i = 0; i < scan->seen_count; ++i) {
        if (scan->seen[i].kind == kind && air_same(&scan->seen[i].addr, a)) {
            return true;
        }
    }
    if (scan->seen_count < AIR_SEEN) {
        scan->seen[scan->seen_count].addr = *a;
        scan->seen[scan->seen_count++].kind = kind;
    }
    return false;
}

static unsigned legacy_type(const air_set_t *set, unsigned kind) {
    if (kind == KIND_RESPONSE) {
        return 4;
    }
    return set->directed ? 1 : set->connectable ? 0 : set->scannable ? 2 : 3;
}

static void report_legacy(air_packet_t *e, const air_set_t *set, unsigned kind, const air_addr_t *a) {
    const uint8_t *data = kind == KIND_RESPONSE ? set->response : set->data;
    unsigned len = kind == KIND_RESPONSE ? set->response_len : set->directed ? 0 : set->data_len;
    air_le_event(e, LE_REPORT);
    air_put8(e, 1);
    air_put8(e, legacy_type(set, kind));
    air_put_addr(e, a);
    air_put8(e, len);
    air_put(e, data, len);
    air_put8(e, AIR_RSSI);
}

static unsigned extended_type(const air_set_t *set, unsigned kind) {
    unsigned response = kind == KIND_RESPONSE;
    return set->connectable | set->scannable << 1 | set->directed << 2 | response << 3 | set->legacy << 4;
}

// A piece of the data from `at` on.
static void report_extended(air_packet_t *e, const air_set_t *set, unsigned kind, const air_addr_t *a, unsigned at) {
    const uint8_t *data = kind == KIND_RESPONSE ? set->response : set->data;
    unsigned len = kind == KIND_RESPONSE ? set->response_len : set->legacy && set->directed ? 0 : set->data_len;
    unsigned piece = len - at < PIECE ? len - at : PIECE;
    unsigned more = at + piece < len;
    air_le_event(e, LE_EXTENDED_REPORT);
    air_put8(e, 1);
    air_put16(e, extended_type(set, kind) | more << 5);
    air_put_addr(e, a);
    air_put8(e, set->legacy ? 1 : set->first_phy);
    air_put8(e, set->legacy ? 0 : set->second_phy);
    air_put8(e, set->legacy ? 0xff : set->sid);
    air_put8(e, 0x7f);
    air_put8(e, AIR_RSSI);
    air_put16(e, 0);
    const air_addr_t nobody = { 0 };
    air_put_addr(e, set->directed ? &set->peer : &nobody);
    air_put8(e, piece);
    air_put(e, data + at, piece);
}

// Reports are what may be lost when the host is slow.
static void send_report(air_node_t *n, air_packet_t *e) {
    if (air_room(n) < AIR_RESERVE + e->len) {
        n->counts.reports_lost += 1;
    } else {
        air_send(n, e);
    }
}

static void report(air_node_t *n, const air_set_t *set, unsigned kind, const air_addr_t *a) {
    if (n->scan.deduplicate && is_duplicate(&n->scan, a, kind)) {
        return;
    }
    air_packet_t e;
    if (!n->scan.extended) {
        report_legacy(&e, set, kind, a);
        send_report(n, &e);
        return;
    }
    unsigned len = kind == KIND_RESPONSE ? set->response_len : set->data_len;
    unsigned at = 0;
    do {
        report_extended(&e, set, kind, a, at);
        send_report(n, &e);
        at += PIECE;
    } while (at < len);
}

// Whether a set's packets are of a kind that is listened for.
bool air_is_heard(const air_set_t *set, bool extended, unsigned phys) {
    if (!extended) {
        return set->legacy;
    }
    return phys & (!set->legacy && set->first_phy == 3 ? 4 : 1);
}

// `n` may be scanning.
void air_hear(air_node_t *n, air_node_t *from, const air_set_t *set) {
    if (!n->scan.on || !air_is_heard(set, n->scan.extended, n->scan.phys)) {
        return;
    }
    air_addr_t from_addr = air_own(from, set->own, &set->peer, set);
    air_addr_t told = air_resolved(n, from_addr);
    air_addr_t own = air_own(n, n->scan.own, &told, NULL);
    air_addr_t own_told = air_resolved(from, own);
    if (air_ignores(n, &from_addr) || ((n->scan.filter & 1) && !air_is_accepted(n, &told))) {
        return;
    }
    if (set->directed && !air_same(&set->peer, &own) && !air_same(&set->peer, &own_told)) {
        return;
    }
    report(n, set, KIND_ADV, &told);
    bool answers = !(set->filter & 1) || air_is_accepted(from, &own_told);
    if (n->scan.active && set->scannable && answers) {
        report(n, set, KIND_RESPONSE, &told);
    }
}

void air_step_scanning(air_node_t *n) {
    if (n->scan.on && n->scan.left > 0 && --n->scan.left == 0) {
        air_packet_t e;
        n->scan.on = false;
        air_le_event(&e, LE_SCAN_TIMEOUT);
        air_send(n, &e);
    }
}

// ---- the legacy commands

void air_set_scan_parameters(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned interval = get16(p + 1), window = get16(p + 3);
    if (!air_uses(n, AIR_LEGACY)) {
        return;
    }
    if (n->scan.on) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    if (p[0] > 1 || p[5] > 3 || p[6] > 3 || interval < 4 || interval > 0x4000 || window < 4 || window > interval) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    n->scan.active = p[0];
    n->scan.own = p[5];
    n->scan.filter = p[6];
    air_answer(n, HCI_OK);
}

void air_set_scan_enable(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    if (!air_uses(n, AIR_LEGACY)) {
        return;
    }
    if (p[0] > 1 || p[1] > 1 || (p[0] == 1 && !air_has_own(n, n->scan.own, NULL))) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_answer(n, HCI_OK);
    n->scan.on = p[0];
    n->scan.deduplicate = p[1];
    n->scan.seen_count = 0;
    if (n->scan.on) {
        air_listen(n);
    }
}
