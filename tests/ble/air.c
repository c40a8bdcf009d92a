// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The air's lock, its controllers' transports, and what tests do to it.
#include <errno.h>

#include "air_node.h"

air_t air;

// ---- in and out of the air

static rtos_crit_t enter(void) {
    return rtos_crit_enter();
}

// Whoever is to be woken is, outside of the section; close waits for that.
static void leave(rtos_crit_t key) {
    uint64_t woken = air.woken;
    air.woken = 0;
    for (unsigned i = 0; woken != 0; ++i, woken >>= 1) {
        air_node_t *n = &air.nodes[i];
        void (*wake)(void *arg) = n->wake;
        void *arg = n->arg;
        if ((woken & 1) && n->open) {
            n->waking += 1;
            rtos_crit_exit(key);
            wake(arg);
            key = rtos_crit_enter();
            n->waking -= 1;
        }
    }
    rtos_crit_exit(key);
}

uint32_t air_random(void) {
    air.random ^= air.random << 13;
    air.random ^= air.random >> 17;
    air.random ^= air.random << 5;
    return air.random;
}

static void wake_later(air_node_t *n) {
    air.woken |= 1ull << n->index;
}

void air_complain(air_node_t *n, const char *what) {
    if (n->counts.complaints++ == 0) {
        n->complaint = what;
    }
}

// ---- to the host

size_t air_room(const air_node_t *n) {
    return AIR_RING - (n->put - n->got);
}

void air_tell(air_node_t *n, const uint8_t *packet, size_t len) {
    if (!n->open || n->lost) {
        return;
    }
    if (len > air_room(n)) {
        air_complain(n, "it does not read its events");
        return;
    }
    for (size_t i = 0; i < len; ++i) {
        n->ring[n->put++ % AIR_RING] = packet[i];
    }
    n->counts.events += packet[0] == H4_EVENT;
    n->counts.acl_received += packet[0] == H4_ACL;
    if (!n->holds) {
        n->shown = n->put;
        wake_later(n);
    }
}

// The length of the whole packet that begins at `at` in the ring.
static size_t ring_packet(const air_node_t *n, uint32_t at) {
    bool acl = n->ring[at % AIR_RING] == H4_ACL;
    unsigned low = n->ring[(at + (acl ? 3 : 2)) % AIR_RING];
    unsigned high = acl ? n->ring[(at + 4) % AIR_RING] : 0;
    return (acl ? 5 : 3) + (low | high << 8);
}

// How many bytes this read gives, of what is shown.
static size_t read_len(const air_node_t *n, size_t len) {
    size_t most = n->shown - n->got;
    if (n->knobs.read_max != 0 && most > n->knobs.read_max) {
        most = n->knobs.read_max;
    }
    if (n->knobs.read_cut != 0 && most != 0) {
        size_t total = n->got_of_packet == 0 ? ring_packet(n, n->got) : n->packet_len;
        size_t end = n->got_of_packet < n->knobs.read_cut && n->knobs.read_cut < total ? n->knobs.read_cut : total;
        most = most < end - n->got_of_packet ? most : end - n->got_of_packet;
    }
    return len < most ? len : most;
}

// From this byte on the host knows how many commands it may send.
static void read_credits(air_node_t *n, uint8_t byte) {
    if (n->got_of_packet < 2) {
        n->packet_head[n->got_of_packet] = byte;
        return;
    }
    unsigned code = n->packet_head[0] == H4_EVENT ? n->packet_head[1] : 0;
    if ((code == EVENT_COMPLETE && n->got_of_packet == 3) || (code == EVENT_STATUS && n->got_of_packet == 4)) {
        n->credits = byte;
    }
}

static uint8_t read_byte(air_node_t *n) {
    if (n->got_of_packet == 0) {
        n->packet_len = ring_packet(n, n->got);
    }
    uint8_t byte = n->ring[n->got++ % AIR_RING];
    read_credits(n, byte);
    n->got_of_packet = n->got_of_packet + 1 == n->packet_len ? 0 : n->got_of_packet + 1;
    return byte;
}

static int node_read(ble_transport_t *t, uint8_t *buf, size_t len) {
    air_node_t *n = (air_node_t *)t;
    rtos_crit_t key = enter();
    int result = -EPIPE;
    if (n->open && !n->lost) {
        size_t count = read_len(n, len);
        for (size_t i = 0; i < count; ++i) {
            buf[i] = read_byte(n);
        }
        if (n->got != n->shown) {
            wake_later(n); // so that a host may also read once a wake
        }
        if (n->wants_room && count > 0) {
            n->wants_room = false;
            wake_later(n);
        }
        air_pump(false);
        result = (int)count;
    }
    leave(key);
    return result;
}

// ---- from the host

// The length of the packet that these bytes begin, 0 if that cannot be told yet.
static size_t packet_len(const uint8_t *p, size_t len) {
    if (len >= 1 && p[0] == H4_ACL) {
        return len >= 5 ? 5 + get16(p + 3) : 0;
    }
    return len >= 4 ? 4 + (size_t)p[3] : 0;
}

static void packet_done(air_node_t *n) {
    if (n->in[0] == H4_ACL) {
        air_acl(n, n->in, n->in_len);
    } else if (n->in[0] == H4_COMMAND) {
        air_command(n, get16(n->in + 1), n->in + 4, n->in_len - 4);
    } else {
        air_complain(n, "it sends a packet of unknown type");
    }
    n->in_len = 0;
    air_pump(false);
}

static void take_byte(air_node_t *n, uint8_t byte) {
    if (n->in_skip > 0) {
        n->in_skip -= 1;
        return;
    }
    n->in[n->in_len++] = byte;
    size_t total = packet_len(n->in, n->in_len);
    if (total > sizeof(n->in)) {
        air_complain(n, "it sends a packet that no buffer holds");
        n->in_skip = total - n->in_len;
        n->in_len = 0;
    } else if (total == n->in_len) {
        packet_done(n);
    }
}

// Whether what is offered is a whole packet, or the whole rest of one.
static bool is_whole(const air_node_t *n, const uint8_t *buf, size_t len) {
    uint8_t head[5];
    size_t have = n->in_len < sizeof(head) ? n->in_len : sizeof(head);
    memcpy(head, n->in, have);
    size_t more = sizeof(head) - have < len ? sizeof(head) - have : len;
    memcpy(head + have, buf, more);
    return packet_len(head, have + more) == n->in_len + len;
}

static int take(air_node_t *n, const uint8_t *buf, size_t len) {
    if (n->knobs.write_none > 0) {
        n->knobs.write_none -= 1;
        wake_later(n);
        return 0;
    }
    if (air_room(n) < AIR_RESERVE) {
        n->wants_room = true;
        return 0;
    }
    if (n->in_skip == 0 && !is_whole(n, buf, len)) {
        air_complain(n, "a write of it is not one whole packet");
    }
    size_t count = n->knobs.write_max != 0 && n->knobs.write_max < len ? n->knobs.write_max : len;
    for (size_t i = 0; i < count; ++i) {
        take_byte(n, buf[i]);
    }
    if (count < len) {
        wake_later(n);
    }
    return (int)count;
}

static int node_write(ble_transport_t *t, const uint8_t *buf, size_t len) {
    air_node_t *n = (air_node_t *)t;
    rtos_crit_t key = enter();
    int result = n->open && !n->lost ? take(n, buf, len) : -EPIPE;
    leave(key);
    return result;
}

// ---- open and close

static void stream_reset(air_node_t *n) {
    n->in_len = n->in_skip = 0;
    n->put = n->shown = n->got = 0;
    n->got_of_packet = 0;
    n->wants_room = false;
}

static int node_open(ble_transport_t *t, void (*wake)(void *arg), void *arg) {
    air_node_t *n = (air_node_t *)t;
    rtos_crit_t key = enter();
    int result = n->open ? -EBUSY : 0;
    if (result == 0) {
        n->open = true;
        n->wake = wake;
        n->arg = arg;
        stream_reset(n);
        air_power(n);
    }
    leave(key);
    return result;
}

static void node_close(ble_transport_t *t) {
    air_node_t *n = (air_node_t *)t;
    rtos_crit_t key = enter();
    if (n->open) {
        air_links_lost(n, false);
        air_power(n);
        n->open = n->lost = false;
    }
    leave(key);
    // Another thread may be on its way to this host.
    for (;;) {
        key = rtos_crit_enter();
        bool quiet = n->waking == 0;
        rtos_crit_exit(key);
        if (quiet) {
            return;
        }
        rtos_park(1);
    }
}

// ---- for tests

void air_init(unsigned count, uint32_t seed) {
    memset(&air, 0, sizeof(air));
    air.count = count;
    air.random = seed != 0 ? seed : 1;
    for (unsigned i = 0; i < count; ++i) {
        air_node_t *n = &air.nodes[i];
        n->transport = (ble_transport_t) { node_open, node_close, node_read, node_write };
        n->index = i;
        n->knobs = air_knobs();
        n->complaint = "";
        n->public = (air_addr_t) { 0, { i + 1, 0, 0, 0, 0, 0x02 } };
        air_power(n);
    }
}

ble_transport_t *air_transport(unsigned node) {
    return &air.nodes[node].transport;
}

air_knobs_t air_knobs(void) {
    return (air_knobs_t) {
               .acl_len = 251, .acl_num = 8, .links = 32, .ll_len = 251, .credits = 1, .completed_every = 1
    };
}

void air_configure(unsigned node, const air_knobs_t *knobs) {
    rtos_crit_t key = enter();
    air_node_t *n = &air.nodes[node];
    n->knobs = *knobs;
    n->credits = knobs->credits;
    leave(key);
}

static void step(void) {
    for (unsigned i = 0; i < air.count; ++i) {
        air_node_t *n = &air.nodes[i];
        if (n->open && !n->lost) {
            air_credits(n);
            air_completed(n, 1);
            air_step_advertising(n);
            air_step_scanning(n);
        }
    }
    air_pump(true);
}

void air_step(unsigned steps) {
    for (; steps > 0; --steps) {
        rtos_crit_t key = enter();
        step();
        leave(key);
    }
}

void air_hold(unsigned node, bool hold) {
    rtos_crit_t key = enter();
    air_node_t *n = &air.nodes[node];
    n->holds = hold;
    if (!hold && n->shown != n->put) {
        n->shown = n->put;
        wake_later(n);
    }
    leave(key);
}

unsigned air_release(unsigned node, unsigned packets) {
    rtos_crit_t key = enter();
    air_node_t *n = &air.nodes[node];
    unsigned count = 0;
    while (count < packets && n->shown != n->put) {
        n->shown += ring_packet(n, n->shown);
        count += 1;
        wake_later(n);
    }
    leave(key);
    return count;
}

void air_drop(unsigned node) {
    rtos_crit_t key = enter();
    air_links_lost(&air.nodes[node], true);
    leave(key);
}

void air_drop_at(unsigned nth) {
    rtos_crit_t key = enter();
    air.drop_at = nth;
    air.dropped = false;
    leave(key);
}

bool air_dropped(void) {
    rtos_crit_t key = enter();
    bool dropped = air.dropped;
    leave(key);
    return dropped;
}

bool air_carries(air_link_t *link) {
    if (air.drop_at == 0 || --air.drop_at > 0) {
        return true;
    }
    air.dropped = true;
    air_link_end(link, HCI_TIMEOUT, HCI_TIMEOUT);
    return false;
}

void air_hardware_error(unsigned node, uint8_t code) {
    rtos_crit_t key = enter();
    air_packet_t e;
    air_event(&e, EVENT_HARDWARE_ERROR);
    air_put8(&e, code);
    air_send(&air.nodes[node], &e);
    leave(key);
}

void air_lose(unsigned node) {
    rtos_crit_t key = enter();
    air_node_t *n = &air.nodes[node];
    n->lost = true;
    air_links_lost(n, false);
    air_power(n);
    wake_later(n);
    leave(key);
}

air_counts_t air_counts(unsigned node) {
    rtos_crit_t key = enter();
    air_counts_t counts = air.nodes[node].counts;
    leave(key);
    return counts;
}

const char *air_complaint(unsigned node) {
    rtos_crit_t key = enter();
    const char *complaint = air.nodes[node].complaint;
    leave(key);
    return complaint;
}
