// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Advertising.
#include "air_node.h"

// ---- on the air

// Whoever listens hears it, unless the one before has connected.
void air_advertise(air_node_t *n, air_set_t *set, air_node_t *to) {
    for (unsigned i = 0; i < air.count && set->on; ++i) {
        air_node_t *other = &air.nodes[i];
        if (other != n && (to == NULL || to == other) && other->open && !other->lost) {
            air_hear(other, n, set);
            if (set->on && air_may_connect(other, n, set)) {
                air_connect(other, n, set);
            }
        }
    }
}

// Hear all that advertise.
void air_listen(air_node_t *n) {
    for (unsigned i = 0; i < air.count; ++i) {
        air_node_t *other = &air.nodes[i];
        for (unsigned j = 0; j < AIR_SETS && other != n && other->open; ++j) {
            if (other->sets[j].on) {
                air_advertise(other, &other->sets[j], n);
            }
        }
    }
}

static void terminated(air_node_t *n, const air_set_t *set, unsigned status, const air_link_t *link) {
    air_packet_t e;
    air_le_event(&e, LE_SET_TERMINATED);
    air_put8(&e, status);
    air_put8(&e, set->handle);
    air_put16(&e, link != NULL ? link->handle[1] : 0);
    air_put8(&e, set->events - set->events_left);
    air_send(n, &e);
}

// By a connection, or because its time is over.
void air_advertising_ends(air_node_t *n, air_set_t *set, unsigned status, const air_link_t *link) {
    set->on = false;
    if (set != &n->sets[0]) {
        terminated(n, set, status, link);
    } else if (link == NULL) {
        air_connect_failed(n, 1, status);
    }
}

static void step_set(air_node_t *n, air_set_t *set) {
    air_advertise(n, set, NULL);
    if (set->on && set->events_left > 0 && --set->events_left == 0) {
        air_advertising_ends(n, set, 0x43, NULL);
    }
    if (set->on && set->left > 0 && --set->left == 0) {
        air_advertising_ends(n, set, HCI_ADVERTISING_TIMEOUT, NULL);
    }
}

void air_step_advertising(air_node_t *n) {
    for (unsigned i = 0; i < AIR_SETS; ++i) {
        if (n->sets[i].on) {
            step_set(n, &n->sets[i]);
        }
    }
}

// ---- the legacy commands

// Whether the host keeps to one kind of commands, as it must from one reset to the next.
bool air_uses(air_node_t *n, unsigned commands) {
    if (n->commands == AIR_EITHER) {
        n->commands = commands;
    }
    if (n->commands != commands) {
        air_answer(n, HCI_DISALLOWED);
        return false;
    }
    return true;
}

void air_set_adv_parameters(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_set_t *set = &n->sets[0];
    unsigned least = get16(p), most = get16(p + 2), type = p[4];
    if (!air_uses(n, AIR_LEGACY)) {
        return;
    }
    if (set->on) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    bool high_duty = type == 1;
    if (type > 4 || p[5] > 3 || p[6] > 1 || p[13] == 0 || p[13] > 7 || p[14] > 3
        || (!high_duty && (least < 0x20 || most > 0x4000 || least > most))) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    set->directed = type == 1 || type == 4;
    set->high_duty = high_duty;
    set->connectable = type == 0 || set->directed;
    set->scannable = type == 0 || type == 2;
    set->own = p[5];
    set->peer = air_get_addr(p + 6);
    set->filter = p[14];
    air_answer(n, HCI_OK);
}

static void set_data(air_node_t *n, const uint8_t *p, uint8_t *to, uint16_t *to_len) {
    if (!air_uses(n, AIR_LEGACY)) {
        return;
    }
    if (p[0] > 31) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    memcpy(to, p + 1, p[0]);
    *to_len = p[0];
    air_answer(n, HCI_OK);
}

void air_set_adv_data(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    set_data(n, p, n->sets[0].data, &n->sets[0].data_len);
}

void air_set_scan_response(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    set_data(n, p, n->sets[0].response, &n->sets[0].response_len);
}

void air_set_adv_enable(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_set_t *set = &n->sets[0];
    if (!air_uses(n, AIR_LEGACY)) {
        return;
    }
    if (p[0] > 1 || (p[0] == 1 && !air_has_own(n, set->own, set))) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_answer(n, HCI_OK);
    set->on = p[0];
    set->left = set->high_duty ? AIR_HIGH_DUTY_STEPS : 0;
    if (set->on) {
        air_advertise(n, set, NULL);
    }
}
