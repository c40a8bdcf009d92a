// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Connections: how they come, what is agreed on, how they end.
#include "air_node.h"

#define SLOTS (64) // handles of a controller

// ---- which there are

static unsigned side_of(const air_link_t *link, const air_node_t *n) {
    return link->node[1] == n;
}

static bool is_of(const air_link_t *link, const air_node_t *n) {
    return link->used && (link->node[0] == n || link->node[1] == n);
}

air_link_t *air_link_of(air_node_t *n, unsigned handle, unsigned *side) {
    for (unsigned i = 0; i < AIR_LINKS; ++i) {
        air_link_t *link = &air.links[i];
        if (is_of(link, n) && link->handle[side_of(link, n)] == handle) {
            *side = side_of(link, n);
            return link;
        }
    }
    return NULL;
}

static unsigned link_count(const air_node_t *n) {
    unsigned count = 0;
    for (unsigned i = 0; i < AIR_LINKS; ++i) {
        count += is_of(&air.links[i], n);
    }
    return count;
}

static bool is_connected(const air_node_t *n, const air_addr_t *peer) {
    for (unsigned i = 0; i < AIR_LINKS; ++i) {
        const air_link_t *link = &air.links[i];
        if (is_of(link, n) && air_same(&link->addr[!side_of(link, n)], peer)) {
            return true;
        }
    }
    return false;
}

// The lowest that is free, so that one is used again at once; no two controllers have the same.
static unsigned free_handle(air_node_t *n) {
    unsigned handle = (n->index + 1) * SLOTS, side;
    while (air_link_of(n, handle, &side) != NULL) {
        handle += 1;
    }
    return handle;
}

// ---- a connection comes

static void tell_connected(air_link_t *link, unsigned side) {
    static const uint8_t nothing[6];
    air_node_t *n = link->node[side];
    bool enhanced = !n->knobs.old_complete && air_wants(n, EVENT_LE, LE_CONNECTED_ENHANCED);
    air_addr_t peer = air_resolved(n, link->addr[!side]);
    air_packet_t e;
    air_le_event(&e, enhanced ? LE_CONNECTED_ENHANCED : LE_CONNECTED);
    air_put8(&e, HCI_OK);
    air_put16(&e, link->handle[side]);
    air_put8(&e, side);
    air_put8(&e, enhanced ? peer.type : peer.type & 1);
    air_put(&e, peer.addr, 6);
    if (enhanced) {
        bool private = link->addr[side].type == 1 && (link->addr[side].addr[5] >> 6) == 1;
        air_put(&e, private && link->by_controller[side] ? link->addr[side].addr : nothing, 6);
        air_put(&e, peer.type >= 2 ? link->addr[!side].addr : nothing, 6);
    }
    air_put16(&e, link->timing.interval);
    air_put16(&e, link->timing.latency);
    air_put16(&e, link->timing.timeout);
    air_put8(&e, 0);
    air_send(n, &e);
}

void air_connect_failed(air_node_t *n, unsigned role, unsigned status) {
    static const uint8_t nothing[28];
    bool enhanced = !n->knobs.old_complete && air_wants(n, EVENT_LE, LE_CONNECTED_ENHANCED);
    air_packet_t e;
    air_le_event(&e, enhanced ? LE_CONNECTED_ENHANCED : LE_CONNECTED);
    air_put8(&e, status);
    air_put16(&e, 0);
    air_put8(&e, role);
    air_put(&e, nothing, enhanced ? 26 : 14);
    air_send(n, &e);
}

static bool is_wanted(const air_node_t *n, const air_addr_t *told) {
    return n->initiator.listed ? air_is_accepted(n, told) : air_same(&n->initiator.peer, told);
}

bool air_may_connect(const air_node_t *n, const air_node_t *from, const air_set_t *set) {
    if (!n->initiator.on || !set->connectable || !air_is_heard(set, n->initiator.extended, n->initiator.phys)
        || link_count(n) >= n->knobs.links || link_count(from) >= from->knobs.links) {
        return false;
    }
    air_addr_t peer = air_own(from, set->own, &set->peer, set);
    air_addr_t told = air_resolved(n, peer);
    air_addr_t own = air_own(n, n->initiator.own, &told, NULL);
    air_addr_t own_told = air_resolved(from, own);
    return is_wanted(n, &told) && !is_connected(n, &peer) && !air_ignores(n, &peer)
           && (!set->directed || air_same(&set->peer, &own) || air_same(&set->peer, &own_told))
           && (!(set->filter & 2) || air_is_accepted(from, &own_told));
}

static air_link_t *free_link(void) {
    for (unsigned i = 0; i < AIR_LINKS; ++i) {
        if (!air.links[i].used) {
            return &air.links[i];
        }
    }
    return NULL;
}

void air_connect(air_node_t *central, air_node_t *peripheral, air_set_t *set) {
    air_link_t *link = free_link();
    if (link == NULL) {
        return;
    }
    air_addr_t peer = air_own(peripheral, set->own, &set->peer, set);
    air_addr_t told = air_resolved(central, peer);
    air_link_t made = {
        .node = { central, peripheral },
        .handle = { free_handle(central), free_handle(peripheral) },
        .addr = { air_own(central, central->initiator.own, &told, NULL), peer },
        .timing = central->initiator.timing,
        .ll_len = { 27, 27 },
        .by_controller = { central->initiator.own >= 2, set->own >= 2 },
        .phy = { 1, 1 },
    };
    if (!set->legacy) {
        made.phy[0] = made.phy[1] = set->second_phy;
    }
    *link = made;
    link->used = true;
    central->initiator.on = false;
    bool fails = central->knobs.connects_fail > 0;
    if (fails) {
        central->knobs.connects_fail -= 1;
        air_connect_failed(central, 0, HCI_NOT_ESTABLISHED);
    } else {
        tell_connected(link, 0);
    }
    tell_connected(link, 1);
    air_advertising_ends(peripheral, set, HCI_OK, link);
    if (fails) {
        // Only the peripheral has believed in it.
        air_link_end(link, 0, HCI_NOT_ESTABLISHED);
        return;
    }
    air_suggest_len(link);
}

// ---- asking for one

// Whether the two of intervals, the latency and the timeout at `p` make sense together, and what they are.
bool air_get_timing(const uint8_t *p, air_timing_t *timing) {
    unsigned least = get16(p);
    *timing = (air_timing_t) { get16(p + 2), get16(p + 4), get16(p + 6) };
    return least >= 6 && least <= timing->interval && timing->interval <= 3200 && timing->latency <= 499
           && timing->timeout >= 10 && timing->timeout <= 3200
           && timing->timeout * 4u > (1u + timing->latency) * timing->interval;
}

void air_initiate(air_node_t *n, const air_initiator_t *wanted) {
    if (n->initiator.on) {
        air_answer(n, HCI_DISALLOWED);
    } else if (link_count(n) >= n->knobs.links) {
        air_answer(n, HCI_CONNECTION_LIMIT);
    } else if (!wanted->listed && is_connected(n, &wanted->peer)) {
        air_answer(n, HCI_CONNECTION_EXISTS);
    } else if (!air_has_own(n, wanted->own, NULL)) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else {
        air_answer(n, HCI_OK);
        n->initiator = *wanted;
        n->initiator.on = true;
        air_listen(n);
        if (n->initiator.on && n->knobs.connects_at_once) {
            n->initiator.on = false;
            air_connect_failed(n, 0, HCI_NOT_ESTABLISHED);
        }
    }
}

void air_create_connection(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned interval = get16(p), window = get16(p + 2);
    air_initiator_t wanted = { .listed = p[4], .own = p[12], .peer = air_get_addr(p + 5) };
    if (!air_uses(n, AIR_LEGACY)) {
        return;
    }
    if (interval < 4 || interval > 0x4000 || window < 4 || window > interval || p[4] > 1 || p[5] > 3
        || !air_get_timing(p + 13, &wanted.timing) || get16(p + 21) > get16(p + 23)) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_initiate(n, &wanted);
}

void air_create_cancel(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    if (!n->initiator.on) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    air_answer(n, HCI_OK);
    n->initiator.on = false;
    air_connect_failed(n, 0, HCI_UNKNOWN_CONNECTION);
}

// ---- its end

static void tell_disconnected(air_link_t *link, unsigned side, unsigned reason) {
    air_packet_t e;
    air_event(&e, EVENT_DISCONNECTED);
    air_put8(&e, HCI_OK);
    air_put16(&e, link->handle[side]);
    air_put8(&e, reason);
    air_send(link->node[side], &e);
}

// A host that has no reason (0) hears nothing.
void air_link_end(air_link_t *link, unsigned reason0, unsigned reason1) {
    air_acl_forget(link);
    link->used = false;
    if (reason0 != 0) {
        tell_disconnected(link, 0, reason0);
    }
    if (reason1 != 0) {
        tell_disconnected(link, 1, reason1);
    }
}

void air_links_lost(air_node_t *n, bool hears) {
    for (unsigned i = 0; i < AIR_LINKS; ++i) {
        air_link_t *link = &air.links[i];
        if (is_of(link, n)) {
            bool central = link->node[0] == n;
            air_link_end(link, !central || hears ? HCI_TIMEOUT : 0, central || hears ? HCI_TIMEOUT : 0);
        }
    }
}

void air_disconnect(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_link_t *link = air_link_of(n, get16(p), &side);
    if (link == NULL) {
        air_answer(n, HCI_UNKNOWN_CONNECTION);
        return;
    }
    if (strchr("\x05\x13\x14\x15\x1a\x29\x3b", p[2]) == NULL || p[2] == 0) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_answer(n, HCI_OK);
    if (air_carries(link)) {
        air_link_end(link, side == 0 ? HCI_LOCAL_HOST : p[2], side == 1 ? HCI_LOCAL_HOST : p[2]);
    }
}
