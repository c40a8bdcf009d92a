// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the two controllers of a connection ask each other: parameters, features, version.
#include "air_node.h"

// The link whose handle is at `p`; answers when there is none.
air_link_t *air_link_at(air_node_t *n, const uint8_t *p, unsigned *side) {
    air_link_t *link = air_link_of(n, get16(p), side);
    if (link == NULL) {
        air_answer_handle(n, HCI_UNKNOWN_CONNECTION, get16(p));
    }
    return link;
}

// ---- connection parameters

static void tell_updated(air_link_t *link, unsigned side, unsigned status) {
    air_packet_t e;
    air_le_event(&e, LE_UPDATED);
    air_put8(&e, status);
    air_put16(&e, link->handle[side]);
    air_put16(&e, link->timing.interval);
    air_put16(&e, link->timing.latency);
    air_put16(&e, link->timing.timeout);
    air_send(link->node[side], &e);
}

static void update(air_link_t *link, const air_timing_t *timing) {
    if (air_carries(link)) {
        link->timing = *timing;
        tell_updated(link, 0, HCI_OK);
        tell_updated(link, 1, HCI_OK);
    }
}

// The host of the side that does not ask is asked, if it wants to be.
static bool ask(air_link_t *link, unsigned side, const uint8_t *p, const air_timing_t *timing) {
    air_node_t *other = link->node[!side];
    if (!(air_features(other) & FEATURE_PARAMETER_REQUEST) || !air_wants(other, EVENT_LE, LE_PARAMETER_REQUEST)) {
        return false;
    }
    if (air_carries(link)) {
        air_packet_t e;
        link->asked_parameters = true;
        link->asker = side;
        link->wanted = *timing;
        air_le_event(&e, LE_PARAMETER_REQUEST);
        air_put16(&e, link->handle[!side]);
        air_put(&e, p, 8);
        air_send(other, &e);
    }
    return true;
}

void air_update(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_timing_t timing;
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL) {
        return;
    }
    if (!air_get_timing(p + 2, &timing) || get16(p + 10) > get16(p + 12)) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (link->asked_parameters || (side == 1 && !(air_features(n) & FEATURE_PARAMETER_REQUEST))) {
        air_answer(n, HCI_DISALLOWED);
    } else {
        air_answer(n, HCI_OK);
        if (side == 0 && !n->knobs.asks_parameters) {
            update(link, &timing);
        } else if (!ask(link, side, p + 2, &timing)) {
            if (side == 0) {
                update(link, &timing);
            } else if (air_carries(link)) {
                tell_updated(link, side, HCI_UNSUPPORTED_REMOTE);
            }
        }
    }
}

// Whether the host of this side has been asked; answers when it has not.
static bool was_asked(air_node_t *n, air_link_t *link, unsigned side) {
    if (link->asked_parameters && link->asker != side) {
        return true;
    }
    air_answer_handle(n, HCI_DISALLOWED, link->handle[side]);
    return false;
}

void air_parameter_reply(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_timing_t timing;
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL || !was_asked(n, link, side)) {
        return;
    }
    if (!air_get_timing(p + 2, &timing)) {
        air_answer_handle(n, HCI_INVALID_PARAMETERS, get16(p));
        return;
    }
    air_answer_handle(n, HCI_OK, get16(p));
    link->asked_parameters = false;
    update(link, &timing);
}

void air_parameter_refuse(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL || !was_asked(n, link, side)) {
        return;
    }
    air_answer_handle(n, HCI_OK, get16(p));
    link->asked_parameters = false;
    if (air_carries(link)) {
        tell_updated(link, link->asker, p[2]);
    }
}

// ---- what the other one is

void air_remote_features(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL) {
        return;
    }
    air_answer(n, HCI_OK);
    if (air_carries(link)) {
        uint64_t features = air_features(link->node[!side]);
        air_packet_t e;
        air_le_event(&e, LE_FEATURES);
        air_put8(&e, HCI_OK);
        air_put16(&e, link->handle[side]);
        for (int i = 0; i < 8; ++i) {
            air_put8(&e, features >> 8 * i & 0xff);
        }
        air_send(n, &e);
    }
}

void air_remote_version(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL) {
        return;
    }
    air_answer(n, HCI_OK);
    if (air_carries(link)) {
        air_packet_t e;
        air_event(&e, EVENT_VERSION);
        air_put8(&e, HCI_OK);
        air_put16(&e, link->handle[side]);
        air_put8(&e, AIR_VERSION);
        air_put16(&e, AIR_COMPANY);
        air_put16(&e, 1);
        air_send(n, &e);
    }
}

void air_read_rssi(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    if (air_link_at(n, p, &side) != NULL) {
        const uint8_t rssi[] = { p[0], p[1], AIR_RSSI };
        air_answer_with(n, rssi, sizeof(rssi));
    }
}
