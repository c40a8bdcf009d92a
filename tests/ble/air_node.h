// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Between the files of the air: a controller, a connection, and what they do. Everything here runs in the air's
// critical section. Numbers are those of the Bluetooth Core Specification, volume 4 part E.
#ifndef AIR_NODE_H
#define AIR_NODE_H

#include <string.h>

#include "air.h"
#include "rtos.h"

#define AIR_LINKS (64)
#define AIR_RING (8192) // bytes to a host that has not read them yet; a power of two
#define AIR_RESERVE (2048) // of these, for events that must not be lost
#define AIR_ACL_MAX (8)
#define AIR_ACL_LEN (251)
#define AIR_SETS (5) // of advertising: that of the legacy commands and four
#define AIR_ADV_MAX (512)
#define AIR_LIST (8) // entries of the filter accept list and of the resolving list
#define AIR_SEEN (32)

// What they say of themselves and of each other: Core 5.2, a company that is none, -60 dBm.
#define AIR_VERSION (0x0b)
#define AIR_COMPANY (0xffff)
#define AIR_RSSI (0xc4)

#define H4_COMMAND (1)
#define H4_ACL (2)
#define H4_EVENT (4)

// Error codes, volume 1 part F.
enum {
    HCI_OK = 0x00,
    HCI_UNKNOWN_COMMAND = 0x01,
    HCI_UNKNOWN_CONNECTION = 0x02,
    HCI_PIN_OR_KEY_MISSING = 0x06,
    HCI_MEMORY = 0x07,
    HCI_TIMEOUT = 0x08,
    HCI_CONNECTION_LIMIT = 0x09,
    HCI_CONNECTION_EXISTS = 0x0b,
    HCI_DISALLOWED = 0x0c,
    HCI_INVALID_PARAMETERS = 0x12,
    HCI_REMOTE_USER = 0x13,
    HCI_LOCAL_HOST = 0x16,
    HCI_UNSUPPORTED_REMOTE = 0x1a,
    HCI_ADVERTISING_TIMEOUT = 0x3c,
    HCI_MIC_FAILURE = 0x3d,
    HCI_NOT_ESTABLISHED = 0x3e,
    HCI_UNKNOWN_ADVERTISING = 0x42,
};

// Events, and those below LE Meta.
enum {
    EVENT_DISCONNECTED = 0x05,
    EVENT_ENCRYPTION = 0x08,
    EVENT_VERSION = 0x0c,
    EVENT_COMPLETE = 0x0e,
    EVENT_STATUS = 0x0f,
    EVENT_HARDWARE_ERROR = 0x10,
    EVENT_COMPLETED_PACKETS = 0x13,
    EVENT_KEY_REFRESH = 0x30,
    EVENT_LE = 0x3e,
    LE_CONNECTED = 0x01,
    LE_REPORT = 0x02,
    LE_UPDATED = 0x03,
    LE_FEATURES = 0x04,
    LE_LTK_REQUEST = 0x05,
    LE_PARAMETER_REQUEST = 0x06,
    LE_DATA_LENGTH = 0x07,
    LE_CONNECTED_ENHANCED = 0x0a,
    LE_PHY = 0x0c,
    LE_EXTENDED_REPORT = 0x0d,
    LE_SCAN_TIMEOUT = 0x11,
    LE_SET_TERMINATED = 0x12,
};

// LE features.
#define FEATURE_ENCRYPTION (1ull << 0)
#define FEATURE_PARAMETER_REQUEST (1ull << 1)
#define FEATURE_DATA_LENGTH (1ull << 5)
#define FEATURE_PRIVACY (1ull << 6)
#define FEATURE_2M (1ull << 8)
#define FEATURE_CODED (1ull << 11)
#define FEATURE_EXTENDED (1ull << 12)

typedef struct {
    uint8_t type; // 0 public, 1 random; told to hosts 2 and 3 when it was resolved
    uint8_t addr[6]; // the lowest byte first
} air_addr_t;

typedef struct {
    uint16_t interval, latency, timeout;
} air_timing_t;

typedef struct air_node air_node_t;

// Side 0 is the central's.
typedef struct {
    bool used;
    bool encrypted;
    bool asked_ltk; // the peripheral's host; data waits meanwhile
    bool asked_parameters; // the other side's host than `asker`
    uint8_t asker;
    air_node_t *node[2];
    uint16_t handle[2];
    air_addr_t addr[2];
    bool by_controller[2]; // it has chosen its own address
    air_timing_t timing, wanted;
    uint8_t ltk[16], random[8], diversifier[2];
    uint16_t ll_len[2]; // most bytes that this side sends in a packet
    uint8_t phy[2];
    uint16_t completed[2]; // packets whose buffers the host has not been told of
} air_link_t;

// A way to advertise.
typedef struct {
    bool used, on;
    bool legacy; // its packets, not the commands that made it
    bool connectable, scannable, directed, high_duty;
    uint8_t handle, own, filter, sid, first_phy, second_phy;
    air_addr_t peer, random;
    bool has_random;
    uint32_t left; // steps, 0 for no end
    uint8_t events, events_left; // 0 for no end
    uint16_t data_len, response_len;
    uint8_t data[AIR_ADV_MAX], response[AIR_ADV_MAX];
} air_set_t;

typedef struct {
    bool on, active, extended, deduplicate;
    uint8_t own, filter, phys; // bits of the PHYs it listens on
    uint32_t left; // steps, 0 for no end
    unsigned seen_count;
    struct {
        air_addr_t addr;
        uint8_t kind;
    } seen[AIR_SEEN];
} air_scan_t;

typedef struct {
    bool on;
    bool listed; // whoever is in the filter accept list
    bool extended;
    uint8_t own, phys;
    air_addr_t peer;
    air_timing_t timing;
} air_initiator_t;

typedef struct {
    air_addr_t peer;
    uint8_t peer_irk[16], local_irk[16];
    uint8_t local[6], remote[6]; // private addresses of either
    bool by_device; // the peer may use its identity address, too
} air_identity_t;

typedef struct {
    air_link_t *link;
    uint8_t side;
    bool continues; // what was sent before
    uint16_t len, sent;
    uint8_t data[AIR_ACL_LEN];
} air_acl_t;

// A packet that is being put together.
typedef struct {
    size_t len;
    uint8_t data[3 + 255];
} air_packet_t;

struct air_node {
    ble_transport_t transport; // first, so that a pointer to it is one to this
    uint8_t index;
    bool open, lost, holds;
    air_knobs_t knobs;
    air_counts_t counts;
    const char *complaint;
    void (*wake)(void *arg);
    void *arg;
    unsigned waking; // calls of `wake` that have not returned
    bool wants_room; // a write found none

    // ---- the stream: from the host what there is of a packet, and a ring to the host
    uint8_t in[4 + 255 + 256];
    size_t in_len, in_skip;
    uint8_t ring[AIR_RING];
    uint32_t put, shown, got; // counts of bytes
    size_t got_of_packet, packet_len;
    uint8_t packet_head[2];

    // ---- the controller
    uint8_t credits; // commands that the host may send, by what it has read
    bool owes_credits;
    uint16_t opcode; // of the command that is being run
    bool by_status, answered;
    uint64_t event_mask, le_event_mask;
    air_addr_t public, random;
    bool has_random;
    enum { AIR_EITHER, AIR_LEGACY, AIR_EXTENDED } commands; // of advertising and scanning; the first one decides
    air_set_t sets[AIR_SETS];
    air_scan_t scan;
    air_initiator_t initiator;
    air_addr_t accepted[AIR_LIST];
    unsigned accepted_count;
    air_identity_t identities[AIR_LIST];
    unsigned identity_count;
    bool resolves;
    uint16_t suggested_len;
    uint8_t preferred_phy[2]; // bits of those that it likes to send by, and to receive by
    air_acl_t acl[AIR_ACL_MAX]; // the oldest first
    unsigned acl_count;
};

typedef struct {
    unsigned count;
    air_node_t nodes[AIR_NODES];
    air_link_t links[AIR_LINKS];
    uint64_t woken; // mask of the nodes to wake
    uint32_t random;
    unsigned drop_at; // packets until a link is dropped
    bool dropped;
    unsigned turn; // who sends first
} air_t;

extern air_t air;

static inline unsigned get16(const uint8_t *p) {
    return p[0] | p[1] << 8;
}

// ---- air.c

uint32_t air_random(void);

// The host of `n` has done what it must not.
void air_complain(air_node_t *n, const char *what);

// Bytes that the ring still takes; and one whole packet into it.
size_t air_room(const air_node_t *n);
void air_tell(air_node_t *n, const uint8_t *packet, size_t len);

// A packet comes on this link: false when it is lost, and the link with it.
bool air_carries(air_link_t *link);

// ---- air_hci.c

void air_power(air_node_t *n);
void air_command(air_node_t *n, unsigned opcode, const uint8_t *p, size_t len);
uint64_t air_features(const air_node_t *n);
bool air_knows(const air_node_t *n, unsigned opcode);

// Answer the command that is being run: once, and before what it makes happen.
void air_answer(air_node_t *n, unsigned status);
void air_answer_with(air_node_t *n, const void *data, size_t len);
void air_answer_handle(air_node_t *n, unsigned status, unsigned handle);
void air_credits(air_node_t *n);

// An event: begin it, put what is in it, send it unless the host has masked it.
void air_event(air_packet_t *e, unsigned code);
void air_le_event(air_packet_t *e, unsigned code);
void air_put8(air_packet_t *e, unsigned value);
void air_put16(air_packet_t *e, unsigned value);
void air_put(air_packet_t *e, const void *data, size_t len);
void air_put_addr(air_packet_t *e, const air_addr_t *a);
bool air_wants(const air_node_t *n, unsigned code, unsigned le_code);
void air_send(air_node_t *n, air_packet_t *e);

// ---- air_list.c

air_addr_t air_get_addr(const uint8_t *p);
bool air_same(const air_addr_t *a, const air_addr_t *b);
bool air_is_accepted(const air_node_t *n, const air_addr_t *a);

// The address that `n` uses for `own`, to talk to `peer` (NULL: to all), and whether it has one.
air_addr_t air_own(const air_node_t *n, unsigned own, const air_addr_t *peer, const air_set_t *set);
bool air_has_own(const air_node_t *n, unsigned own, const air_set_t *set);

// ---- air_resolve.c

// `a` as the host of `n` is told it: resolved if it can be. Whether it is one that must not be heard.
air_addr_t air_resolved(const air_node_t *n, air_addr_t a);
bool air_ignores(const air_node_t *n, const air_addr_t *a);
bool air_private(const air_node_t *n, const air_addr_t *peer, air_addr_t *own);

// ---- air_adv.c, air_scan.c

// High duty cycle directed advertising lasts 1.28 s.
#define AIR_HIGH_DUTY_STEPS (128)

// Whether the host keeps to one kind of commands of advertising and scanning; answers when it does not.
bool air_uses(air_node_t *n, unsigned commands);

// Advertise once: to `to` only, or to all.
void air_advertise(air_node_t *n, air_set_t *set, air_node_t *to);
void air_listen(air_node_t *n);
void air_advertising_ends(air_node_t *n, air_set_t *set, unsigned status, const air_link_t *link);
bool air_is_heard(const air_set_t *set, bool extended, unsigned phys);
void air_hear(air_node_t *n, air_node_t *from, const air_set_t *set);
void air_step_advertising(air_node_t *n);
void air_step_scanning(air_node_t *n);

// ---- air_link.c

air_link_t *air_link_of(air_node_t *n, unsigned handle, unsigned *side);
bool air_may_connect(const air_node_t *n, const air_node_t *from, const air_set_t *set);
void air_connect(air_node_t *central, air_node_t *peripheral, air_set_t *set);
void air_connect_failed(air_node_t *n, unsigned role, unsigned status);
void air_link_end(air_link_t *link, unsigned reason0, unsigned reason1);
void air_links_lost(air_node_t *n, bool hears);
void air_initiate(air_node_t *n, const air_initiator_t *wanted);
bool air_get_timing(const uint8_t *p, air_timing_t *timing);

// ---- air_agree.c

air_link_t *air_link_at(air_node_t *n, const uint8_t *p, unsigned *side);

// ---- air_acl.c

void air_acl(air_node_t *n, const uint8_t *packet, size_t len);
void air_pump(bool step);
void air_acl_forget(air_link_t *link);
void air_completed(air_node_t *n, unsigned least);

// ---- air_crypt.c

void air_aes(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);

// The specification's ah: what makes a random address resolvable.
void air_hash(const uint8_t irk[16], const uint8_t random[3], uint8_t hash[3]);

// ---- air_speed.c

// Both sides' own wish at the begin of a connection.
void air_suggest_len(air_link_t *link);

// ---- commands: `p` has as many bytes as the table in air_hci.c says

typedef void air_run_t(air_node_t *n, const uint8_t *p, size_t len);

air_run_t air_set_adv_parameters, air_set_adv_data, air_set_scan_response, air_set_adv_enable;
air_run_t air_set_scan_parameters, air_set_scan_enable;
air_run_t air_create_connection, air_create_cancel, air_disconnect, air_update, air_parameter_reply;
air_run_t air_parameter_refuse, air_remote_features, air_remote_version, air_read_rssi;
air_run_t air_encrypt, air_start_encryption, air_ltk_reply, air_ltk_refuse;
air_run_t air_set_data_length, air_read_suggested_len, air_write_suggested_len, air_read_max_len;
air_run_t air_read_phy, air_set_default_phy, air_set_phy;
air_run_t air_set_extended_parameters, air_set_set_address, air_set_extended_data, air_set_extended_response;
air_run_t air_set_extended_enable, air_read_max_adv, air_read_sets, air_remove_set, air_clear_sets;
air_run_t air_set_extended_scan_parameters, air_set_extended_scan_enable, air_create_extended;
air_run_t air_resolve_add, air_resolve_remove, air_resolve_clear, air_resolve_size, air_resolve_peer;
air_run_t air_resolve_local, air_resolve_enable, air_resolve_timeout, air_privacy_mode;
air_run_t air_accept_size, air_accept_clear, air_accept_add, air_accept_remove;

#endif // AIR_NODE_H
