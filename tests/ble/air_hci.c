// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Commands and their answers, events and their masks, and what a controller says of itself.
#include "air_node.h"

#define COMMANDS_LEN (64)

// ---- events

void air_put8(air_packet_t *e, unsigned value) {
    e->data[e->len++] = value;
}

void air_put16(air_packet_t *e, unsigned value) {
    air_put8(e, value & 0xff);
    air_put8(e, value >> 8);
}

void air_put(air_packet_t *e, const void *data, size_t len) {
    memcpy(e->data + e->len, data, len);
    e->len += len;
}

void air_put_addr(air_packet_t *e, const air_addr_t *a) {
    air_put8(e, a->type);
    air_put(e, a->addr, 6);
}

void air_event(air_packet_t *e, unsigned code) {
    e->len = 0;
    air_put8(e, H4_EVENT);
    air_put8(e, code);
    air_put8(e, 0);
}

void air_le_event(air_packet_t *e, unsigned code) {
    air_event(e, EVENT_LE);
    air_put8(e, code);
}

// Some cannot be masked; their bits are not looked at.
bool air_wants(const air_node_t *n, unsigned code, unsigned le_code) {
    if (code == EVENT_COMPLETE || code == EVENT_STATUS || code == EVENT_COMPLETED_PACKETS) {
        return true;
    }
    bool wanted = n->event_mask >> (code - 1) & 1;
    return wanted && (code != EVENT_LE || (n->le_event_mask >> (le_code - 1) & 1));
}

void air_send(air_node_t *n, air_packet_t *e) {
    if (air_wants(n, e->data[1], e->data[3])) {
        e->data[2] = e->len - 3;
        air_tell(n, e->data, e->len);
    }
}

// ---- answers

static void answer_head(air_node_t *n, air_packet_t *e, unsigned status) {
    if (n->answered) {
        air_complain(n, "(the air answers twice)");
    }
    n->answered = true;
    unsigned credits = n->knobs.credits_late ? 0 : n->knobs.credits;
    n->owes_credits = n->knobs.credits_late;
    air_event(e, n->by_status ? EVENT_STATUS : EVENT_COMPLETE);
    if (n->by_status) {
        air_put8(e, status);
    }
    air_put8(e, credits);
    air_put16(e, n->opcode);
    if (!n->by_status) {
        air_put8(e, status);
    }
}

void air_answer(air_node_t *n, unsigned status) {
    air_packet_t e;
    answer_head(n, &e, status);
    air_send(n, &e);
}

void air_answer_with(air_node_t *n, const void *data, size_t len) {
    air_packet_t e;
    answer_head(n, &e, HCI_OK);
    air_put(&e, data, len);
    air_send(n, &e);
}

// As most commands about a connection do; a Command Status has no room for the handle.
void air_answer_handle(air_node_t *n, unsigned status, unsigned handle) {
    air_packet_t e;
    answer_head(n, &e, status);
    if (!n->by_status) {
        air_put16(&e, handle);
    }
    air_send(n, &e);
}

// The credits that were kept back, by an answer to no command.
void air_credits(air_node_t *n) {
    if (n->owes_credits) {
        air_packet_t e;
        n->owes_credits = false;
        air_event(&e, EVENT_COMPLETE);
        air_put8(&e, n->knobs.credits);
        air_put16(&e, 0);
        air_send(n, &e);
    }
}

// ---- power and reset

// What HCI's Reset makes of a controller.
void air_power(air_node_t *n) {
    n->credits = n->knobs.credits;
    n->event_mask = 0x00001fffffffffff;
    n->le_event_mask = 0x1f;
    n->has_random = false;
    n->commands = AIR_EITHER;
    memset(n->sets, 0, sizeof(n->sets));
    n->sets[0] = (air_set_t) { .used = true, .legacy = true, .connectable = true, .scannable = true };
    memset(&n->scan, 0, sizeof(n->scan));
    memset(&n->initiator, 0, sizeof(n->initiator));
    n->accepted_count = n->identity_count = 0;
    n->resolves = false;
    n->suggested_len = 27;
    n->preferred_phy[0] = n->preferred_phy[1] = 7;
    n->acl_count = 0;
}

static void reset(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    air_links_lost(n, false);
    air_power(n);
    air_answer(n, HCI_OK);
}

static uint64_t get64(const uint8_t *p) {
    uint64_t value = 0;
    for (int i = 7; i >= 0; --i) {
        value = value << 8 | p[i];
    }
    return value;
}

static void set_event_mask(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    n->event_mask = get64(p);
    air_answer(n, HCI_OK);
}

static void set_event_mask_2(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    air_answer(n, HCI_OK);
}

static void le_set_event_mask(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    n->le_event_mask = get64(p);
    air_answer(n, HCI_OK);
}

// ---- what it says of itself

static void read_version(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t version[] = { AIR_VERSION, 1, 0, AIR_VERSION, AIR_COMPANY & 0xff, AIR_COMPANY >> 8, 1, 0 };
    air_answer_with(n, version, sizeof(version));
}

// BR/EDR Not Supported and LE Supported (Controller).
static void read_features(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t features[8] = { 0, 0, 0, 0, 0x60 };
    air_answer_with(n, features, sizeof(features));
}

static void read_bd_addr(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    air_answer_with(n, n->public.addr, 6);
}

static void read_buffers(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t buffers[] = { n->knobs.acl_len & 0xff, n->knobs.acl_len >> 8, n->knobs.acl_num };
    air_answer_with(n, buffers, sizeof(buffers));
}

static void read_buffers_2(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t buffers[] = { n->knobs.acl_len & 0xff, n->knobs.acl_len >> 8, n->knobs.acl_num, 0, 0, 0 };
    air_answer_with(n, buffers, sizeof(buffers));
}

uint64_t air_features(const air_node_t *n) {
    static const struct {
        uint64_t feature;
        uint16_t opcode;
    } needs[] = {
        { FEATURE_ENCRYPTION, 0x2019 }, { FEATURE_PARAMETER_REQUEST, 0x2020 }, { FEATURE_DATA_LENGTH, 0x2022 },
        { FEATURE_PRIVACY, 0x2027 }, { FEATURE_2M | FEATURE_CODED, 0x2032 }, { FEATURE_EXTENDED, 0x2036 },
    };
    uint64_t features = 0;
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); ++i) {
        features |= air_knows(n, needs[i].opcode) ? needs[i].feature : 0;
    }
    return (features & ~n->knobs.features_off) | n->knobs.features_on;
}

static void le_read_features(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    uint8_t features[8];
    for (int i = 0; i < 8; ++i) {
        features[i] = air_features(n) >> 8 * i;
    }
    air_answer_with(n, features, sizeof(features));
}

// Every pair of states and roles.
static void read_states(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    const uint8_t states[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0x03 };
    air_answer_with(n, states, sizeof(states));
}

static void set_random_address(air_node_t *n, const uint8_t *p, size_t len) {
    (void)len;
    bool legacy = n->commands != AIR_EXTENDED;
    if ((legacy && n->sets[0].on) || n->scan.on || n->initiator.on) {
        air_answer(n, HCI_DISALLOWED);
        return;
    }
    n->random.type = 1;
    memcpy(n->random.addr, p, 6);
    n->has_random = true;
    air_answer(n, HCI_OK);
}

// ---- security without a key of anybody

static void le_rand(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    uint32_t numbers[2] = { air_random(), air_random() };
    air_answer_with(n, numbers, sizeof(numbers));
}

// ---- the table

static air_run_t read_commands;

#define ANY (0xff) // the command looks at its length itself

typedef struct {
    uint16_t opcode;
    uint8_t octet, bit; // in the answer of Read Local Supported Commands
    uint8_t len;
    bool by_status;
    bool optional;
    air_run_t *run;
} command_t;

static const command_t commands[] = {
    { 0x0406, 0, 5, 3, true, false, air_disconnect },
    { 0x041d, 2, 7, 2, true, false, air_remote_version },
    { 0x0c01, 5, 6, 8, false, false, set_event_mask },
    { 0x0c03, 5, 7, 0, false, false, reset },
    { 0x0c63, 22, 2, 8, false, true, set_event_mask_2 },
    { 0x1001, 14, 3, 0, false, false, read_version },
    { 0x1002, 14, 4, 0, false, true, read_commands },
    { 0x1003, 14, 5, 0, false, false, read_features },
    { 0x1009, 15, 1, 0, false, false, read_bd_addr },
    { 0x1405, 15, 5, 2, false, true, air_read_rssi },
    { 0x2001, 25, 0, 8, false, false, le_set_event_mask },
    { 0x2002, 25, 1, 0, false, false, read_buffers },
    { 0x2003, 25, 2, 0, false, false, le_read_features },
    { 0x2005, 25, 4, 6, false, false, set_random_address },
    { 0x2006, 25, 5, 15, false, false, air_set_adv_parameters },
    { 0x2008, 25, 7, 32, false, false, air_set_adv_data },
    { 0x2009, 26, 0, 32, false, false, air_set_scan_response },
    { 0x200a, 26, 1, 1, false, false, air_set_adv_enable },
    { 0x200b, 26, 2, 7, false, false, air_set_scan_parameters },
    { 0x200c, 26, 3, 2, false, false, air_set_scan_enable },
    { 0x200d, 26, 4, 25, true, false, air_create_connection },
    { 0x200e, 26, 5, 0, false, false, air_create_cancel },
    { 0x200f, 26, 6, 0, false, false, air_accept_size },
    { 0x2010, 26, 7, 0, false, false, air_accept_clear },
    { 0x2011, 27, 0, 7, false, false, air_accept_add },
    { 0x2012, 27, 1, 7, false, false, air_accept_remove },
    { 0x2013, 27, 2, 14, true, false, air_update },
    { 0x2016, 27, 5, 2, true, false, air_remote_features },
    { 0x2017, 27, 6, 32, false, true, air_encrypt },
    { 0x2018, 27, 7, 0, false, true, le_rand },
    { 0x2019, 28, 0, 28, true, true, air_start_encryption },
    { 0x201a, 28, 1, 18, false, true, air_ltk_reply },
    { 0x201b, 28, 2, 2, false, true, air_ltk_refuse },
    { 0x201c, 28, 3, 0, false, false, read_states },
    { 0x2020, 33, 4, 14, false, true, air_parameter_reply },
    { 0x2021, 33, 5, 3, false, true, air_parameter_refuse },
    { 0x2022, 33, 6, 6, false, true, air_set_data_length },
    { 0x2023, 33, 7, 0, false, true, air_read_suggested_len },
    { 0x2024, 34, 0, 4, false, true, air_write_suggested_len },
    { 0x2027, 34, 3, 39, false, true, air_resolve_add },
    { 0x2028, 34, 4, 7, false, true, air_resolve_remove },
    { 0x2029, 34, 5, 0, false, true, air_resolve_clear },
    { 0x202a, 34, 6, 0, false, true, air_resolve_size },
    { 0x202b, 34, 7, 7, false, true, air_resolve_peer },
    { 0x202c, 35, 0, 7, false, true, air_resolve_local },
    { 0x202d, 35, 1, 1, false, true, air_resolve_enable },
    { 0x202e, 35, 2, 2, false, true, air_resolve_timeout },
    { 0x202f, 35, 3, 0, false, true, air_read_max_len },
    { 0x2030, 35, 4, 2, false, true, air_read_phy },
    { 0x2031, 35, 5, 3, false, true, air_set_default_phy },
    { 0x2032, 35, 6, 7, true, true, air_set_phy },
    { 0x2035, 36, 1, 7, false, true, air_set_set_address },
    { 0x2036, 36, 2, 25, false, true, air_set_extended_parameters },
    { 0x2037, 36, 3, ANY, false, true, air_set_extended_data },
    { 0x2038, 36, 4, ANY, false, true, air_set_extended_response },
    { 0x2039, 36, 5, ANY, false, true, air_set_extended_enable },
    { 0x203a, 36, 6, 0, false, true, air_read_max_adv },
    { 0x203b, 36, 7, 0, false, true, air_read_sets },
    { 0x203c, 37, 0, 1, false, true, air_remove_set },
    { 0x203d, 37, 1, 0, false, true, air_clear_sets },
    { 0x2041, 37, 5, ANY, false, true, air_set_extended_scan_parameters },
    { 0x2042, 37, 6, 6, false, true, air_set_extended_scan_enable },
    { 0x2043, 37, 7, ANY, true, true, air_create_extended },
    { 0x204e, 39, 2, 8, false, true, air_privacy_mode },
    { 0x2060, 41, 5, 0, false, true, read_buffers_2 },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

uint16_t air_optional(unsigned nth) {
    for (size_t i = 0; i < COMMAND_COUNT; ++i) {
        if (commands[i].optional && nth-- == 0) {
            return commands[i].opcode;
        }
    }
    return 0;
}

static const command_t *find(const air_node_t *n, unsigned opcode) {
    for (size_t i = 0; i < AIR_LISTED && n->knobs.unknown[i] != 0; ++i) {
        if (n->knobs.unknown[i] == opcode) {
            return NULL;
        }
    }
    for (size_t i = 0; i < COMMAND_COUNT; ++i) {
        if (commands[i].opcode == opcode) {
            return &commands[i];
        }
    }
    return NULL;
}

bool air_knows(const air_node_t *n, unsigned opcode) {
    return find(n, opcode) != NULL;
}

static void read_commands(air_node_t *n, const uint8_t *p, size_t len) {
    (void)p;
    (void)len;
    uint8_t mask[COMMANDS_LEN] = { 0 };
    for (size_t i = 0; i < COMMAND_COUNT; ++i) {
        if (air_knows(n, commands[i].opcode)) {
            mask[commands[i].octet] |= 1 << commands[i].bit;
        }
    }
    air_answer_with(n, mask, sizeof(mask));
}

// The status that a test wants for this command, 0 for none.
static unsigned refused(air_node_t *n, unsigned opcode) {
    for (size_t i = 0; i < sizeof(n->knobs.refuse) / sizeof(n->knobs.refuse[0]); ++i) {
        if (n->knobs.refuse[i].times > 0 && n->knobs.refuse[i].opcode == opcode) {
            n->knobs.refuse[i].times -= 1;
            return n->knobs.refuse[i].status;
        }
    }
    return HCI_OK;
}

static void spend_credit(air_node_t *n) {
    if (n->credits == 0) {
        air_complain(n, "it sends a command without a credit");
    } else {
        n->credits -= 1;
    }
}

void air_command(air_node_t *n, unsigned opcode, const uint8_t *p, size_t len) {
    spend_credit(n);
    n->counts.commands += 1;
    n->opcode = opcode;
    n->answered = false;
    const command_t *command = find(n, opcode);
    n->by_status = command != NULL ? command->by_status : n->knobs.unknown_by_status;
    unsigned status = refused(n, opcode);
    if (command == NULL) {
        air_answer(n, HCI_UNKNOWN_COMMAND);
    } else if (command->len != ANY && command->len != len) {
        air_answer(n, HCI_INVALID_PARAMETERS);
    } else if (status != HCI_OK) {
        air_answer(n, status);
    } else {
        command->run(n, p, len);
    }
    if (!n->answered) {
        air_complain(n, "(the air does not answer)");
    }
}
