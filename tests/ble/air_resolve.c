// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The resolving list: identities behind resolvable private addresses, the peers' and the controller's own.
#include "air_node.h"

static bool is_nothing(const uint8_t *irk) {
    static const uint8_t nothing[16];
    return memcmp(irk, nothing, 16) == 0;
}

static bool is_resolvable(const air_addr_t *a) {
    return (a->type & 1) && a->addr[5] >> 6 == 1;
}

static air_identity_t *find(air_node_t *n, const air_addr_t *peer) {
    for (unsigned i = 0; i < n->identity_count; ++i) {
        if (air_same(&n->identities[i].peer, peer)) {
            return &n->identities[i];
        }
    }
    return NULL;
}

// The lower half is the hash of the upper one.
static void make_address(const uint8_t *irk, uint8_t addr[6]) {
    uint32_t number = air_random();
    addr[3] = number;
    addr[4] = number >> 8;
    addr[5] = (number >> 16 & 0x3f) | 0x40;
    air_hash(irk, addr + 3, addr);
}

static const air_identity_t *resolve(const air_node_t *n, const air_addr_t *a) {
    for (unsigned i = 0; n->resolves && is_resolvable(a) && i < n->identity_count; ++i) {
        uint8_t hash[3];
        air_hash(n->identities[i].peer_irk, a->addr + 3, hash);
        if (!is_nothing(n->identities[i].peer_irk) && memcmp(hash, a->addr, 3) == 0) {
            return &n->identities[i];
        }
    }
    return NULL;
}

air_addr_t air_resolved(const air_node_t *n, air_addr_t a) {
    const air_identity_t *identity = resolve(n, &a);
    if (identity != NULL) {
        a = identity->peer;
        a.type = (a.type & 1) | 2;
    }
    return a;
}

// A peer whose key the controller has may not use its identity address, unless its mode allows it.
bool air_ignores(const air_node_t *n, const air_addr_t *a) {
    for (unsigned i = 0; n->resolves && i < n->identity_count; ++i) {
        const air_identity_t *identity = &n->identities[i];
        if (air_same(&identity->peer, a) && !is_nothing(identity->peer_irk) && !identity->by_device) {
            return true;
        }
    }
    return false;
}

// The controller's own address towards this peer, if it has a key for it.
bool air_private(const air_node_t *n, const air_addr_t *peer, air_addr_t *own) {
    for (unsigned i = 0; n->resolves && peer != NULL && i < n->identity_count; ++i) {
        const air_identity_t *identity = &n->identities[i];
        if (air_same(&identity->peer, peer) && !is_nothing(identity->local_irk)) {
            own->type = 1;
            memcpy(own->addr, identity->local, 6);
            return true;
        }
    }
    return false;
}

// ---- the commands

// The list must not change while it is used; answers when it is.
static bool may_change(air_node_t *n, bool only_if_resolving) {
    bool used = n->scan.on || n->initiator.on;
    for (unsigned i = 0; i < AIR_SETS; ++i) {
        used = used || n->sets[i].on;
    }
    if (used && (n->resolves || !only_if_resolving)) {
        air_answer(n, HCI_DISALLOWED);
        return false;
    }
    return true;
}

void air_resolve_add(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    air_addr_t peer = air_get_addr(p);
    if (!may_change(n, true)) {
        return;
    }
    if (p[0] > 1 || find(n, &peer) != NULL) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (n->identity_count == AIR_LIST) {
        air_answer(n, HCI_MEMORY);
    } else {
        air_identity_t *identity = &n->identities[n->identity_count++];
        *identity = (air_identity_t) { .peer = peer };
        memcpy(identity->peer_irk, p + 7, 16);
        memcpy(identity->local_irk, p + 23, 16);
        make_address(identity->local_irk, identity->local);
        make_address(identity->peer_irk, identity->remote);
        air_answer(n, HCI_OK);
    }
}

// The identity that a command is about; answers when there is none.
static air_identity_t *known(air_node_t *n, const uint8_t *p) {
    air_addr_t peer = air_get_addr(p);
    air_identity_t *identity = find(n, &peer);
    if (identity == NULL) {
        air_answer(n, HCI_UNKNOWN_CONNECTION);
    }
    return identity;
}

void air_resolve_remove(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    if (may_change(n, true)) {
        air_identity_t *identity = known(n, p);
        if (identity != NULL) {
            *identity = n->identities[--n->identity_count];
            air_answer(n, HCI_OK);
        }
    }
}

void air_resolve_clear(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    if (may_change(n, true)) {
        n->identity_count = 0;
        air_answer(n, HCI_OK);
    }
}

void air_resolve_size(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t size = AIR_LIST;
    air_answer_with(n, &size, 1);
}

void air_resolve_peer(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    const air_identity_t *identity = known(n, p);
    if (identity != NULL) {
        air_answer_with(n, identity->remote, 6);
    }
}

void air_resolve_local(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    const air_identity_t *identity = known(n, p);
    if (identity != NULL) {
        air_answer_with(n, identity->local, 6);
    }
}

void air_resolve_enable(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    if (p[0] > 1) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (may_change(n, false)) {
        n->resolves = p[0];
        air_answer(n, HCI_OK);
    }
}

// There is no clock, so addresses are new when the host sets this time, and with each entry.
void air_resolve_timeout(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    if (get16(p) == 0 || get16(p) > 0x0e10) {
        air_answer(n, HCI_INVALID_PARAMETERS);
        return;
    }
    for (unsigned i = 0; i < n->identity_count; ++i) {
        make_address(n->identities[i].local_irk, n->identities[i].local);
    }
    air_answer(n, HCI_OK);
}

void air_privacy_mode(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    if (p[7] > 1) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (may_change(n, true)) {
        air_identity_t *identity = known(n, p);
        if (identity != NULL) {
            identity->by_device = p[7];
            air_answer(n, HCI_OK);
        }
    }
}
