// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The extended commands of advertising, scanning and connecting.
#include "air_node.h"

#define LEGACY_PROPERTIES (1u << 4)
#define LEGACY_LEN (31)
#define PART_LEN (251) // most data of a command
#define PHY_1M (1)
#define PHY_2M (2)
#define PHY_CODED (3)

// What a command's data is: a part of it, all of it, or what there is with a new identifier.
enum { PART_MIDDLE, PART_FIRST, PART_LAST, PART_ALL, PART_SAME };

// ---- sets of advertising

static air_set_t *find_set(air_node_t *n, unsigned handle) {
    for (unsigned i = 1; i < AIR_SETS; ++i) {
        if (n->sets[i].used && n->sets[i].handle == handle) {
            return &n->sets[i];
        }
    }
    return NULL;
}

static air_set_t *new_set(air_node_t *n, unsigned handle) {
    for (unsigned i = 1; i < AIR_SETS; ++i) {
        if (!n->sets[i].used) {
            n->sets[i] = (air_set_t) { .used = true, .handle = handle };
            return &n->sets[i];
        }
    }
    return NULL;
}

// The set that a command is about; answers when there is none.
static air_set_t *known_set(air_node_t *n, unsigned handle) {
    if (!air_uses(n, AIR_EXTENDED)) {
        return NULL;
    }
    air_set_t *set = find_set(n, handle);
    if (set == NULL) {
        air_answer(n, HCI_UNKNOWN_ADVERTISING);
    }
    return set;
}

// Those of legacy packets are five; others are not connectable and scannable at once.
static bool are_properties(unsigned bits) {
    if (bits & LEGACY_PROPERTIES) {
        return bits == 0x13 || bits == 0x15 || bits == 0x1d || bits == 0x12 || bits == 0x10;
    }
    return (bits & 3) != 3 && !(bits & 1u << 3) && !(bits & 1u << 5) && bits < 1u << 7;
}

static bool are_phys(unsigned bits, unsigned first, unsigned second) {
    if (bits & LEGACY_PROPERTIES) {
        return first == PHY_1M;
    }
    return (first == PHY_1M || first == PHY_CODED) && second >= PHY_1M && second <= PHY_CODED;
}

void air_set_extended_parameters(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    unsigned bits = get16(p + 1);
    if (!air_uses(n, AIR_EXTENDED)) {
        return;
    }
    if (p[0] > 0xef || !are_properties(bits) || !are_phys(bits, p[20], p[22]) || p[9] == 0 || p[9] > 7
        || p[10] > 3 || p[11] > 1 || p[18] > 3 || p[23] > 15) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_set_t *set = find_set(n, p[0]);
    set = set != NULL ? set : new_set(n, p[0]);
    if (set == NULL || set->on) {
        air_answer(n, set == NULL ? HCI_MEMORY : HCI_DISALLOWED);
        return;
    }
    set->connectable = bits & 1;
    set->scannable = bits & 2;
    set->directed = bits & 4;
    set->high_duty = bits & 8;
    set->legacy = bits & LEGACY_PROPERTIES;
    set->own = p[10];
    set->peer = air_get_addr(p + 11);
    set->filter = p[18];
    set->first_phy = p[20];
    set->second_phy = p[22];
    set->sid = p[23];
    const uint8_t power = 0;
    air_answer_with(n, &power, 1);
}

void air_set_set_address(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_set_t *set = known_set(n, p[0]);
    if (set == NULL) {
        return;
    }
    if (set->on && set->connectable) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    set->random.type = 1;
    memcpy(set->random.addr, p + 1, 6);
    set->has_random = true;
    air_answer(n, HCI_OK);
}

// ---- data

// Whether this set may have such data at all: with packets that are not legacy it lies in one or the other.
static bool has_place(const air_set_t *set, bool response) {
    if (set->legacy) {
        return response ? set->scannable : !set->directed;
    }
    return response == set->scannable;
}

static unsigned put_data(const air_set_t *set, unsigned part, const uint8_t *p, size_t len, uint8_t *to,
    uint16_t *to_len) {
    size_t most = set->legacy ? LEGACY_LEN : AIR_ADV_MAX;
    size_t at = part == PART_FIRST || part == PART_ALL ? 0 : *to_len;
    if (part > PART_SAME || (set->legacy && part != PART_ALL) || (len == 0 && part < PART_ALL)) {
        return HCI_INVALID_PARAMETERS;
    }
    if (set->on && part != PART_ALL && part != PART_SAME) {
        return HCI_DISALLOWED;
    }
    if (at + len > most) {
        return set->legacy ? HCI_INVALID_PARAMETERS : HCI_MEMORY;
    }
    memcpy(to + at, p, len);
    *to_len = at + len;
    return HCI_OK;
}

static void set_data(air_node_t *n, const uint8_t *p, size_t len, bool response) {
    if (len < 4 || p[3] > PART_LEN || len != 4 + (size_t)p[3]) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_set_t *set = known_set(n, p[0]);
    if (set == NULL) {
        return;
    }
    if (!has_place(set, response) && p[3] > 0) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (response) {
        air_answer(n, put_data(set, p[1], p + 4, p[3], set->response, &set->response_len));
    } else {
        air_answer(n, put_data(set, p[1], p + 4, p[3], set->data, &set->data_len));
    }
}

void air_set_extended_data(air_node_t *n, const uint8_t *p, size_t len) {
    set_data(n, p, len, false);
}

void air_set_extended_response(air_node_t *n, const uint8_t *p, size_t len) {
    set_data(n, p, len, true);
}

// ---- on and off

// What is wrong with starting the set that is at `p`.
static unsigned can_start(air_node_t *n, const uint8_t *p) {
    const air_set_t *set = find_set(n, p[0]);
    if (set == NULL) {
        return HCI_UNKNOWN_ADVERTISING;
    }
    uint16_t duration = get16(p + 1);
    if (!air_has_own(n, set->own, set)
        || (set->high_duty && (duration == 0 || duration > AIR_HIGH_DUTY_STEPS))) {
        return HCI_INVALID_PARAMETERS;
    }
    return !set->legacy && set->scannable && set->response_len == 0 ? HCI_DISALLOWED : HCI_OK;
}

static void start_set(air_node_t *n, const uint8_t *p) {
    air_set_t *set = find_set(n, p[0]);
    set->on = true;
    set->left = get16(p + 1);
    set->events = set->events_left = p[3];
    air_advertise(n, set, NULL);
}

void air_set_extended_enable(air_node_t *n, const uint8_t *p, size_t len) {
    if (len < 2 || p[0] > 1 || len != 2 + 4 * (size_t)p[1] || (p[0] == 1 && p[1] == 0)) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    if (!air_uses(n, AIR_EXTENDED)) {
        return;
    }
    unsigned status = HCI_OK;
    for (unsigned i = 0; i < p[1] && status == HCI_OK; ++i) {
        bool exists = find_set(n, p[2 + 4 * i]) != NULL;
        status = p[0] ? can_start(n, p + 2 + 4 * i) : exists ? HCI_OK : HCI_UNKNOWN_ADVERTISING;
    }
    air_answer(n, status);
    for (unsigned i = 0; i < p[1] && status == HCI_OK; ++i) {
        if (p[0]) {
            start_set(n, p + 2 + 4 * i);
        } else {
            find_set(n, p[2 + 4 * i])->on = false;
        }
    }
    for (unsigned i = 1; i < AIR_SETS && p[1] == 0; ++i) {
        n->sets[i].on = false;
    }
}

void air_read_max_adv(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t most[] = { AIR_ADV_MAX & 0xff, AIR_ADV_MAX >> 8 };
    air_answer_with(n, most, sizeof(most));
}

void air_read_sets(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t count = AIR_SETS - 1;
    air_answer_with(n, &count, 1);
}

void air_remove_set(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_set_t *set = known_set(n, p[0]);
    if (set != NULL) {
        air_answer(n, set->on ? HCI_DISALLOWED : HCI_OK);
        set->used = set->on;
    }
}

void air_clear_sets(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    bool on = false;
    if (!air_uses(n, AIR_EXTENDED)) {
        return;
    }
    for (unsigned i = 1; i < AIR_SETS; ++i) {
        on = on || n->sets[i].on;
    }
    for (unsigned i = 1; i < AIR_SETS && !on; ++i) {
        n->sets[i].used = false;
    }
    air_answer(n, on ? HCI_DISALLOWED : HCI_OK);
}

// ---- scanning and connecting

static unsigned count_of(unsigned phys) {
    return (phys & 1) + (phys >> 1 & 1) + (phys >> 2 & 1);
}

static bool is_window(const uint8_t *p) {
    return get16(p) >= 4 && get16(p + 2) >= 4 && get16(p + 2) <= get16(p);
}

void air_set_extended_scan_parameters(air_node_t *n, const uint8_t *p, size_t len) {
    unsigned count = len >= 3 ? count_of(p[2]) : 0;
    bool good = count > 0 && !(p[2] & ~5u) && len == 3 + 5 * count && p[0] <= 3 && p[1] <= 3;
    bool active = false;
    for (unsigned i = 0; good && i < count; ++i) {
        good = p[3 + 5 * i] <= 1 && is_window(p + 4 + 5 * i);
        active = active || p[3 + 5 * i];
    }
    if (!good) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (air_uses(n, AIR_EXTENDED)) {
        air_answer(n, n->scan.on ? HCI_DISALLOWED : HCI_OK);
        if (!n->scan.on) {
            n->scan.own = p[0];
            n->scan.filter = p[1];
            n->scan.phys = p[2];
            n->scan.active = active;
        }
    }
}

void air_set_extended_scan_enable(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    if (!air_uses(n, AIR_EXTENDED)) {
        return;
    }
    if (p[0] > 1 || p[1] > 2 || (p[0] == 1 && !air_has_own(n, n->scan.own, NULL))) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    air_answer(n, HCI_OK);
    n->scan.on = p[0];
    n->scan.extended = true;
    n->scan.deduplicate = p[1];
    n->scan.left = get16(p + 2);
    n->scan.seen_count = 0;
    if (n->scan.on) {
        air_listen(n);
    }
}

void air_create_extended(air_node_t *n, const uint8_t *p, size_t len) {
    unsigned count = len >= 10 ? count_of(p[9]) : 0;
    air_initiator_t wanted = { 0 };
    bool good = count > 0 && p[9] <= 7 && (p[9] & 5) && len == 10 + 16 * count && p[0] <= 1 && p[1] <= 3 && p[2] <= 3;
    for (unsigned i = count; good && i-- > 0;) {
        const uint8_t *phy = p + 10 + 16 * i;
        good = is_window(phy) && air_get_timing(phy + 4, &wanted.timing) && get16(phy + 12) <= get16(phy + 14);
    }
    if (!good) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (air_uses(n, AIR_EXTENDED)) {
        wanted.listed = p[0];
        wanted.own = p[1];
        wanted.peer = air_get_addr(p + 2);
        wanted.phys = p[9];
        wanted.extended = true;
        air_initiate(n, &wanted);
    }
}
