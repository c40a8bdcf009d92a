// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Addresses, and lists of them.
#include "air_node.h"

air_addr_t air_get_addr(const uint8_t *p) {
    air_addr_t a = { .type = p[0] };
    memcpy(a.addr, p + 1, 6);
    return a;
}

bool air_same(const air_addr_t *a, const air_addr_t *b) {
    return (a->type & 1) == (b->type & 1) && memcmp(a->addr, b->addr, 6) == 0;
}

// ---- what it calls itself, and others

bool air_has_own(const air_node_t *n, unsigned own, const air_set_t *set) {
    if ((own & 1) == 0) {
        return own <= 3;
    }
    return own <= 3 && (set != NULL && set != &n->sets[0] ? set->has_random : n->has_random);
}

air_addr_t air_own(const air_node_t *n, unsigned own, const air_addr_t *peer, const air_set_t *set) {
    air_addr_t private;
    if (own >= 2 && air_private(n, peer, &private)) {
        return private;
    }
    if ((own & 1) == 0) {
        return n->public;
    }
    return set != NULL && set != &n->sets[0] ? set->random : n->random;
}

// ---- the filter accept list

static unsigned accepted_index(const air_node_t *n, const air_addr_t *a) {
    unsigned i = 0;
    while (i < n->accepted_count && !air_same(&n->accepted[i], a)) {
        i += 1;
    }
    return i;
}

bool air_is_accepted(const air_node_t *n, const air_addr_t *a) {
    return accepted_index(n, a) < n->accepted_count;
}

// It must not change while it is used.
static bool is_used(const air_node_t *n) {
    bool used = (n->scan.on && (n->scan.filter & 1)) || (n->initiator.on && n->initiator.listed);
    for (unsigned i = 0; i < AIR_SETS; ++i) {
        used = used || (n->sets[i].on && n->sets[i].filter != 0);
    }
    return used;
}

void air_accept_size(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t size = AIR_LIST;
    air_answer_with(n, &size, 1);
}

void air_accept_clear(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    if (is_used(n)) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    n->accepted_count = 0;
    air_answer(n, HCI_OK);
}

void air_accept_add(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_addr_t a = air_get_addr(p);
    if (is_used(n)) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    if (!air_is_accepted(n, &a)) {
        if (n->accepted_count == AIR_LIST) {
            air_answer(n, HCI_MEMORY);
            return;
        }
        n->accepted[n->accepted_count++] = a;
    }
    air_answer(n, HCI_OK);
}

void air_accept_remove(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_addr_t a = air_get_addr(p);
    unsigned i = accepted_index(n, &a);
    if (is_used(n)) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    if (i < n->accepted_count) {
        n->accepted[i] = n->accepted[--n->accepted_count];
    }
    air_answer(n, HCI_OK);
}
