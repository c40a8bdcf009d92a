// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Longer packets on the air, and other radios than 1M.
#include "air_node.h"

#define LEN_MIN (27)
#define LEN_MAX (251)
#define TIME_MIN (328) // microseconds that the shortest takes on 1M
#define TIME_MAX (17040) // and the longest on coded PHY
#define PHY_1M (1)
#define PHY_2M (2)
#define PHY_CODED (3)

// ---- length

static unsigned time_of(unsigned len) {
    return (len + 14) * 8;
}

static void tell_len(air_link_t *link, unsigned side) {
    air_packet_t e;
    air_le_event(&e, LE_DATA_LENGTH);
    air_put16(&e, link->handle[side]);
    air_put16(&e, link->ll_len[side]);
    air_put16(&e, time_of(link->ll_len[side]));
    air_put16(&e, link->ll_len[!side]);
    air_put16(&e, time_of(link->ll_len[!side]));
    air_send(link->node[side], &e);
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static bool both_have(const air_link_t *link, uint64_t feature) {
    return air_features(link->node[0]) & air_features(link->node[1]) & feature;
}

// This side wants to send so many bytes. Whether that changes what it does.
static bool want_len(air_link_t *link, unsigned side, unsigned len) {
    if (!both_have(link, FEATURE_DATA_LENGTH)) {
        return false;
    }
    unsigned was = link->ll_len[side];
    len = least(len, least(link->node[side]->knobs.ll_len, link->node[!side]->knobs.ll_len));
    link->ll_len[side] = len;
    return len != was;
}

static void tell_both_len(air_link_t *link) {
    tell_len(link, 0);
    tell_len(link, 1);
}

void air_suggest_len(air_link_t *link) {
    bool changed = want_len(link, 0, link->node[0]->suggested_len);
    if (want_len(link, 1, link->node[1]->suggested_len) || changed) {
        tell_both_len(link);
    }
}

static bool is_len(const uint8_t *p) {
    return get16(p) >= LEN_MIN && get16(p) <= LEN_MAX && get16(p + 2) >= TIME_MIN && get16(p + 2) <= TIME_MAX;
}

void air_set_data_length(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL) {
        return;
    }
    if (!is_len(p + 2)) {
        air_answer_handle(n, HCI_INVALID_PARAMETERS, get16(p));
        return;
    }
    air_answer_handle(n, HCI_OK, get16(p));
    if (air_carries(link) && want_len(link, side, get16(p + 2))) {
        tell_both_len(link);
    }
}

static void answer_len(air_node_t *n, unsigned len, unsigned times) {
    air_packet_t e = { 0 };
    for (; times > 0; --times) {
        air_put16(&e, len);
        air_put16(&e, time_of(len));
    }
    air_answer_with(n, e.data, e.len);
}

void air_read_suggested_len(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    answer_len(n, n->suggested_len, 1);
}

void air_write_suggested_len(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    if (!is_len(p)) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    n->suggested_len = get16(p);
    air_answer(n, HCI_OK);
}

void air_read_max_len(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    answer_len(n, n->knobs.ll_len, 2);
}

// ---- radio

void air_read_phy(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    air_link_t *link = air_link_at(n, p, &side);
    if (link != NULL) {
        const uint8_t phys[] = { p[0], p[1], link->phy[side], link->phy[!side] };
        air_answer_with(n, phys, sizeof(phys));
    }
}

static unsigned preferred(unsigned any, unsigned bits) {
    return any ? 7 : bits;
}

void air_set_default_phy(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned tx = preferred(p[0] & 1, p[1]), rx = preferred(p[0] & 2, p[2]);
    if (tx == 0 || tx > 7 || rx == 0 || rx > 7) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    n->preferred_phy[0] = tx;
    n->preferred_phy[1] = rx;
    air_answer(n, HCI_OK);
}

static void tell_phy(air_link_t *link, unsigned side) {
    air_packet_t e;
    air_le_event(&e, LE_PHY);
    air_put8(&e, HCI_OK);
    air_put16(&e, link->handle[side]);
    air_put8(&e, link->phy[side]);
    air_put8(&e, link->phy[!side]);
    air_send(link->node[side], &e);
}

// The fastest that both like and have, or what it was.
static unsigned chosen(const air_link_t *link, unsigned likes, unsigned was) {
    if ((likes & 2) && both_have(link, FEATURE_2M)) {
        return PHY_2M;
    }
    if (likes & 1) {
        return PHY_1M;
    }
    return (likes & 4) && both_have(link, FEATURE_CODED) ? PHY_CODED : was;
}

void air_set_phy(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned side;
    unsigned tx = preferred(p[2] & 1, p[3]), rx = preferred(p[2] & 2, p[4]);
    air_link_t *link = air_link_at(n, p, &side);
    if (link == NULL) {
        return;
    }
    if (tx == 0 || tx > 7 || rx == 0 || rx > 7) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_answer(n, HCI_OK);
    if (!air_carries(link)) {
        return;
    }
    const air_node_t *other = link->node[!side];
    uint8_t was[2] = { link->phy[0], link->phy[1] };
    link->phy[side] = chosen(link, tx & other->preferred_phy[1], was[side]);
    link->phy[!side] = chosen(link, rx & other->preferred_phy[0], was[!side]);
    tell_phy(link, side);
    if (memcmp(was, link->phy, sizeof(was)) != 0) {
        tell_phy(link, !side);
    }
}
