// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Data: a controller's buffers, packets on the air, and the word that a buffer is free again.
#include "air_node.h"

#define PB_FIRST (0) // of a host
#define PB_NEXT (1)
#define PB_FIRST_TO_HOST (2)

static void forget(air_node_t *n, unsigned index) {
    n->acl_count -= 1;
    memmove(&n->acl[index], &n->acl[index + 1], (n->acl_count - index) * sizeof(n->acl[0]));
}

void air_acl_forget(air_link_t *link) {
    for (unsigned side = 0; side < 2; ++side) {
        air_node_t *n = link->node[side];
        for (unsigned i = n->acl_count; i-- > 0;) {
            if (n->acl[i].link == link) {
                forget(n, i);
            }
        }
    }
}

// ---- from a host

void air_acl(air_node_t *n, const uint8_t *packet, size_t len) {
    unsigned head = get16(packet + 1), side, flags = head >> 12;
    air_link_t *link = air_link_of(n, head & 0xfff, &side);
    n->counts.acl_sent += 1;
    if (link == NULL) {
        // Not a complaint: the connection may have ended while this was on its way.
        return;
    }
    if (flags != PB_FIRST && flags != PB_NEXT) {
        air_complain(n, "it sends data with flags that are not for LE");
    } else if (len - 5 > n->knobs.acl_len || len == 5) {
        air_complain(n, "it sends data that is empty or longer than the buffers");
    } else if (n->acl_count == n->knobs.acl_num) {
        air_complain(n, "it sends data without a free buffer");
    } else {
        air_acl_t *acl = &n->acl[n->acl_count++];
        *acl = (air_acl_t) { .link = link, .side = side, .continues = flags == PB_NEXT, .len = len - 5 };
        memcpy(acl->data, packet + 5, len - 5);
    }
}

// ---- free buffers

void air_completed(air_node_t *n, unsigned least) {
    air_packet_t e;
    unsigned total = 0, handles = 0;
    air_event(&e, EVENT_COMPLETED_PACKETS);
    air_put8(&e, 0);
    for (unsigned i = 0; i < AIR_LINKS; ++i) {
        air_link_t *link = &air.links[i];
        unsigned side = link->node[1] == n;
        if (link->used && link->node[side] == n && link->completed[side] > 0) {
            total += link->completed[side];
            handles += 1;
            air_put16(&e, link->handle[side]);
            air_put16(&e, link->completed[side]);
        }
    }
    if (total == 0 || total < least) {
        return;
    }
    e.data[3] = handles;
    air_send(n, &e);
    for (unsigned i = 0; i < AIR_LINKS; ++i) {
        air_link_t *link = &air.links[i];
        if (link->used && link->node[0] == n) {
            link->completed[0] = 0;
        } else if (link->used && link->node[1] == n) {
            link->completed[1] = 0;
        }
    }
}

// ---- on the air

static unsigned piece_of(const air_acl_t *acl) {
    unsigned left = acl->len - acl->sent, most = acl->link->ll_len[acl->side];
    return left < most ? left : most;
}

static bool can_go(const air_node_t *n, unsigned index) {
    const air_acl_t *acl = &n->acl[index];
    for (unsigned i = 0; i < index; ++i) {
        if (n->acl[i].link == acl->link) {
            return false;
        }
    }
    const air_node_t *to = acl->link->node[!acl->side];
    return !acl->link->asked_ltk && air_room(to) >= AIR_RESERVE + 5 + piece_of(acl);
}

static void deliver(air_node_t *n, unsigned index) {
    air_acl_t *acl = &n->acl[index];
    air_link_t *link = acl->link;
    if (!air_carries(link)) {
        return; // and all its data is gone
    }
    unsigned piece = piece_of(acl), side = acl->side;
    unsigned flags = acl->continues || acl->sent > 0 ? PB_NEXT : PB_FIRST_TO_HOST;
    air_packet_t e = { 0 };
    air_put8(&e, H4_ACL);
    air_put16(&e, link->handle[!side] | flags << 12);
    air_put16(&e, piece);
    air_put(&e, acl->data + acl->sent, piece);
    air_tell(link->node[!side], e.data, e.len);
    acl->sent += piece;
    if (acl->sent == acl->len) {
        forget(n, index);
        link->completed[side] += 1;
        air_completed(n, n->knobs.completed_every);
    }
}

// One packet of this controller, if one can go.
static bool send_one(air_node_t *n) {
    unsigned begin = n->knobs.data_shuffled && n->acl_count > 0 ? air_random() % n->acl_count : 0;
    for (unsigned i = 0; i < n->acl_count; ++i) {
        unsigned index = (begin + i) % n->acl_count;
        if (can_go(n, index)) {
            deliver(n, index);
            return true;
        }
    }
    return false;
}

// Whoever has data sends a packet in turn, until nobody can.
static void send_all(void) {
    unsigned idle = 0;
    while (idle < air.count) {
        air_node_t *n = &air.nodes[air.turn++ % air.count];
        idle = !n->knobs.data_by_step && send_one(n) ? 0 : idle + 1;
    }
}

// One packet of each connection.
static void send_step(air_node_t *n) {
    air_link_t *done[AIR_ACL_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < n->acl_count;) {
        bool was = false;
        for (unsigned j = 0; j < count; ++j) {
            was = was || done[j] == n->acl[i].link;
        }
        if (was || !can_go(n, i)) {
            i += 1;
            continue;
        }
        done[count++] = n->acl[i].link;
        deliver(n, i);
        i = 0;
    }
}

void air_pump(bool step) {
    for (unsigned i = 0; step && i < air.count; ++i) {
        if (air.nodes[i].knobs.data_by_step) {
            send_step(&air.nodes[i]);
        }
    }
    send_all();
}
