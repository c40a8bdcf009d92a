// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Packets over H4, commands and their credits, and who gets an event.
#include "host.h"

enum { H4_COMMAND = 1, H4_ACL = 2, H4_SCO = 3, H4_EVENT = 4, H4_ISO = 5 };

enum {
    EVENT_DISCONNECTED = 0x05,
    EVENT_ENCRYPTION = 0x08,
    EVENT_COMPLETE = 0x0e,
    EVENT_STATUS = 0x0f,
    EVENT_HARDWARE_ERROR = 0x10,
    EVENT_PACKETS_COMPLETED = 0x13,
    EVENT_KEY_REFRESHED = 0x30,
    EVENT_LE = 0x3e,
};

int ble_errno(uint8_t status) {
    switch (status) {
        case 0:
            return 0;
        case BLE_STATUS_LOST:
            return -ENODEV;
        case BLE_STATUS_UNKNOWN_CONNECTION:
            return -ENOTCONN;
        case BLE_STATUS_MEMORY:
            return -ENOMEM;
        case BLE_STATUS_UNKNOWN_COMMAND:
        case 0x11: // Unsupported Feature or Parameter Value
            return -EOPNOTSUPP;
        case 0x12: // Invalid HCI Command Parameters
            return -EINVAL;
        case BLE_STATUS_DISALLOWED:
            return -EALREADY;
        default:
            return -EIO;
    }
}

bool ble_supports(ble_t *b, unsigned octet, unsigned bit) {
    return b->hci.supported[octet] >> bit & 1;
}

void ble_lost(ble_t *b, int error) {
    if (b->lost) {
        return;
    }
    b->lost = true;
    ble_hci_stop(b);
    ble_conn_close_all(b, BLE_STATUS_TIMEOUT);
    ble_gap_lost(b, error);
    ble_stop_check(b);
}

// ---- commands

static void answer_expired(ble_t *b, ble_timer_t *timer) {
    (void)timer;
    ble_lost(b, -ETIMEDOUT);
}

// Something is to come from the controller: the answer to a command, or the credit that one waits for.
static void answer_expect(ble_t *b) {
    b->hci.answer_timer.expired = answer_expired;
    ble_timer_set(b, &b->hci.answer_timer, BLE_COMMAND_MS);
}

static ble_command_t *command_first(ble_t *b) {
    return b->hci.commands_length != 0 ? (ble_command_t *)b->hci.commands : NULL;
}

int ble_reply(ble_t *b, uint16_t opcode, const void *parameters, size_t length, ble_command_done_t done,
    void *context) {
    ble_hci_t *h = &b->hci;
    if (b->lost || length > 255 || h->commands_length + BLE_COMMAND_SIZE(length) > sizeof(h->commands)) {
        return b->lost ? -ENODEV : -ENOMEM;
    }
    ble_command_t *command = (ble_command_t *)(h->commands + h->commands_length);
    command->done = done;
    command->context = context;
    command->packet[0] = H4_COMMAND;
    ble_put16(command->packet + 1, opcode);
    command->packet[3] = length;
    if (length != 0) {
        memcpy(command->packet + 4, parameters, length);
    }
    h->commands_length += BLE_COMMAND_SIZE(length);
    if (!ble_timer_is_set(&h->answer_timer)) {
        answer_expect(b); // a credit may be what does not come
    }
    return 0;
}

int ble_command(ble_t *b, uint16_t opcode, const void *parameters, size_t length, ble_command_done_t done,
    void *context) {
    bool fits = b->hci.commands_length + BLE_COMMAND_SIZE(length) + BLE_COMMAND_RESERVE <= BLE_COMMAND_OCTETS;
    return fits || b->lost ? ble_reply(b, opcode, parameters, length, done, context) : -ENOMEM;
}

const ble_command_t *ble_switches_on(ble_t *b, uint16_t opcode) {
    const ble_command_t *command;
    for (size_t at = 0; at < b->hci.commands_length; at += BLE_COMMAND_SIZE(command->packet[3])) {
        command = (const ble_command_t *)(b->hci.commands + at);
        if (ble_get16(command->packet + 1) == opcode && command->packet[4]) {
            return command;
        }
    }
    return NULL;
}

static void call_step(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    (void)answer, (void)length;
    ble_call_t *call = context;
    if (call->result == 0) {
        call->result = ble_errno(status);
    }
    if (--call->commands == 0) {
        ble_call_end(b, call, call->result);
    }
}

int ble_command_for(ble_t *b, ble_call_t *call, uint16_t opcode, const void *parameters, size_t length) {
    if (call == NULL) {
        return ble_command(b, opcode, parameters, length, NULL, NULL);
    }
    if (call->result == 0) {
        int error = ble_command(b, opcode, parameters, length, call_step, call);
        if (error == 0) {
            call->commands++;
        }
        call->result = error;
    }
    return call->commands != 0 ? BLE_PENDING : call->result;
}

// The first command has its answer, or is not to be sent.
static void command_end(ble_t *b, uint8_t status, const uint8_t *answer, size_t length) {
    ble_hci_t *h = &b->hci;
    ble_command_t *first = command_first(b);
    ble_command_done_t done = first->done;
    void *context = first->context;
    size_t size = BLE_COMMAND_SIZE(first->packet[3]);
    h->sent = false;
    h->commands_length -= size;
    memmove(h->commands, h->commands + size, h->commands_length);
    b->room = true;
    if (h->commands_length != 0) {
        answer_expect(b);
    } else {
        ble_timer_clear(b, &h->answer_timer);
    }
    if (done != NULL) {
        done(b, context, status, answer, length);
    }
}

// A controller that answers before it has all of the command is not heard: the rest of that must stay where it is.
static bool command_is_written(const ble_hci_t *h) {
    return h->out_left == 0 || h->out < h->commands || h->out >= h->commands + sizeof(h->commands);
}

static void command_answered(ble_t *b, uint16_t opcode, uint8_t status, const uint8_t *answer, size_t length) {
    if (b->hci.sent && command_is_written(&b->hci) && ble_get16(command_first(b)->packet + 1) == opcode) {
        command_end(b, status, answer, length);
    }
}

// A call that has failed has nothing more sent.
static bool command_is_void(const ble_command_t *command) {
    return command->done == call_step && ((ble_call_t *)command->context)->result != 0;
}

static bool command_next(ble_t *b) {
    ble_hci_t *h = &b->hci;
    ble_command_t *command = command_first(b);
    for (; command != NULL && !h->sent && h->credits != 0; command = command_first(b)) {
        if (command_is_void(command)) {
            command_end(b, 0, NULL, 0);
        } else {
            h->sent = true;
            h->credits--;
            h->out = command->packet;
            h->out_left = 4 + command->packet[3];
            answer_expect(b);
            return true;
        }
    }
    return false;
}

void ble_hci_stop(ble_t *b) {
    ble_hci_t *h = &b->hci;
    ble_timer_clear(b, &h->answer_timer);
    ble_timer_clear(b, &h->stall_timer);
    h->out_left = 0;
    while (h->commands_length != 0) {
        command_end(b, BLE_STATUS_LOST, NULL, 0);
    }
}

// ---- output

static void packet_written(ble_t *b) {
    if (b->setup.snoop != NULL) {
        b->setup.snoop(b->setup.snoop_arg, false, b->hci.snooped, b->hci.out - b->hci.snooped, NULL, 0);
    }
    ble_acl_written(b);
}

static bool packet_next(ble_t *b) {
    ble_hci_t *h = &b->hci;
    if (!command_next(b)) {
        h->out_left = ble_acl_next(b, &h->out);
    }
    h->snooped = h->out;
    return h->out_left != 0;
}

void ble_hci_write(ble_t *b) {
    ble_hci_t *h = &b->hci;
    while (!b->lost && (h->out_left != 0 || packet_next(b))) {
        int n = b->setup.transport->write(b->setup.transport, h->out, h->out_left);
        if (n < 0) {
            ble_lost(b, n);
        }
        if (n <= 0) {
            return;
        }
        h->out += n;
        h->out_left -= n;
        if (h->out_left == 0) {
            packet_written(b);
        }
    }
}

// ---- events

static void packets_completed(ble_t *b, const uint8_t *p, size_t length) {
    for (size_t i = 0; length > 0 && i < p[0] && 1 + 4 * i + 4 <= length; i++) {
        ble_acl_completed(b, ble_get16(p + 1 + 4 * i) & 0xfff, ble_get16(p + 1 + 4 * i + 2));
    }
}

static void command_complete(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= 3) {
        b->hci.credits = p[0];
        // Nothing behind the opcode is the answer of a controller that is not sure of itself.
        command_answered(b, ble_get16(p + 1), length > 3 ? p[3] : 0, p + 4, length > 3 ? length - 4 : 0);
    }
}

static void command_status(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= 4) {
        b->hci.credits = p[1];
        command_answered(b, ble_get16(p + 2), p[0], NULL, 0);
    }
}

static void disconnected(ble_t *b, const uint8_t *p, size_t length) {
    ble_conn_t *c = length >= 4 && p[0] == 0 ? ble_conn_find(b, ble_get16(p + 1) & 0xfff) : NULL;
    if (c != NULL) {
        ble_conn_closed(b, c, p[3]);
        ble_stop_check(b);
    }
}

static void encryption_changed(ble_t *b, const uint8_t *p, size_t length, bool on) {
    ble_conn_t *c = length >= 3 ? ble_conn_find(b, ble_get16(p + 1) & 0xfff) : NULL;
    if (BLE_PAIRINGS && c != NULL) {
        ble_smp_encryption_changed(b, c, p[0], on);
    }
}

static void event(ble_t *b, uint8_t code, const uint8_t *p, size_t length) {
    switch (code) {
        case EVENT_COMPLETE:
            command_complete(b, p, length);
            break;
        case EVENT_STATUS:
            command_status(b, p, length);
            break;
        case EVENT_PACKETS_COMPLETED:
            packets_completed(b, p, length);
            break;
        case EVENT_DISCONNECTED:
            disconnected(b, p, length);
            break;
        case EVENT_ENCRYPTION:
            encryption_changed(b, p, length, length >= 4 && p[3] != 0);
            break;
        case EVENT_KEY_REFRESHED:
            encryption_changed(b, p, length, true);
            break;
        case EVENT_HARDWARE_ERROR:
            ble_lost(b, -EIO);
            break;
        case EVENT_LE:
            if (length >= 1) {
                ble_gap_event(b, p[0], p + 1, length - 1);
            }
            break;
    }
}

// ---- input

static size_t header_size(uint8_t type) {
    return type == H4_ACL || type == H4_ISO ? 5 : type == H4_EVENT ? 3 : type == H4_SCO ? 4 : 1;
}

static uint16_t payload_size(const uint8_t *header) {
    switch (header[0]) {
        case H4_EVENT:
            return header[2];
        case H4_SCO:
            return header[3];
        case H4_ISO:
            return ble_get16(header + 3) & 0x3fff;
        default:
            return ble_get16(header + 3);
    }
}

static void stall_expired(ble_t *b, ble_timer_t *timer) {
    (void)timer;
    ble_acl_overrun(b, b->hci.header + 1);
    if (ble_timer_is_set(&b->hci.answer_timer)) {
        answer_expect(b); // it may be what nobody has read meanwhile
    }
    b->room = true;
}

// Where the payload that the header has announced goes; false when there is no place for it yet.
static bool payload_begin(ble_t *b) {
    ble_hci_t *h = &b->hci;
    bool wait = false;
    h->in = h->header[0] == H4_EVENT ? h->event : NULL;
    if (h->header[0] == H4_ACL) {
        wait = !ble_acl_begin(b, h->header + 1, &h->in);
    }
    if (wait && !ble_timer_is_set(&h->stall_timer)) {
        h->stall_timer.expired = stall_expired;
        ble_timer_set(b, &h->stall_timer, BLE_STALL_MS);
    } else if (!wait) {
        ble_timer_clear(b, &h->stall_timer);
    }
    return !wait;
}

static void payload_end(ble_t *b) {
    ble_hci_t *h = &b->hci;
    unsigned size = header_size(h->header[0]);
    if (b->setup.snoop != NULL && h->in != NULL) {
        b->setup.snoop(b->setup.snoop_arg, true, h->header, size, h->in, h->wanted);
    }
    if (h->header[0] == H4_EVENT) {
        event(b, h->header[1], h->event, h->header[2]);
    } else if (h->header[0] == H4_ACL) {
        ble_acl_end(b, h->header + 1);
    }
    h->begun = false;
    h->header_length -= size + h->early;
    if (h->header_length != 0) {
        memmove(h->header, h->header + size + h->early, h->header_length);
    }
}

// Read up to `length` octets to `to`. What was read, 0 when there is nothing or the controller is gone.
static size_t take(ble_t *b, uint8_t *to, size_t length) {
    int n = b->setup.transport->read(b->setup.transport, to, length);
    if (n < 0) {
        ble_lost(b, n);
        return 0;
    }
    return n;
}

// As long as the longest header, so at once: what follows a shorter one comes with it.
static bool header_read(ble_t *b) {
    ble_hci_t *h = &b->hci;
    size_t n = take(b, h->header + h->header_length, sizeof(h->header) - h->header_length);
    h->header_length += n;
    return n != 0;
}

static bool header_is_whole(const ble_hci_t *h) {
    return h->header_length >= 3 && h->header_length >= header_size(h->header[0]);
}

static bool payload_read(ble_t *b) {
    ble_hci_t *h = &b->hci;
    uint8_t waste[32];
    size_t left = h->wanted - h->taken;
    size_t n;
    if (h->in != NULL) {
        n = take(b, h->in + h->taken, left);
    } else {
        n = take(b, waste, left < sizeof(waste) ? left : sizeof(waste));
    }
    h->taken += n;
    return n != 0;
}

// What of the payload has come with the header.
static void early_take(ble_hci_t *h) {
    unsigned size = header_size(h->header[0]), more = h->header_length - size;
    h->early = more < h->wanted ? more : h->wanted;
    h->taken = h->early;
    if (h->in != NULL && h->early != 0) {
        memcpy(h->in, h->header + size, h->early);
    }
}

bool ble_hci_read(ble_t *b) {
    ble_hci_t *h = &b->hci;
    while (!header_is_whole(h)) {
        if (!header_read(b)) {
            return false;
        }
        if (h->header[0] < H4_ACL || h->header[0] > H4_ISO) {
            ble_lost(b, -EPROTO); // out of step: nothing that follows can be trusted
            return false;
        }
    }
    if (!h->begun) {
        if (!payload_begin(b)) {
            return false;
        }
        h->begun = true;
        h->wanted = payload_size(h->header);
        early_take(h);
    }
    while (h->taken < h->wanted) {
        if (!payload_read(b)) {
            return false;
        }
    }
    payload_end(b);
    return true;
}
