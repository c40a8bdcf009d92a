// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The controller: commands and their credits, events, packets over H4. For the host's thread.
#ifndef HEDDLE_BLE_HCI_H
#define HEDDLE_BLE_HCI_H

#include "base.h"

// Opcodes (Core, Vol 4, Part E, 7): the group's six bits above the command's ten.
#define BLE_OPCODE(group, command) ((group) << 10 | (command))
enum {
    BLE_HCI_DISCONNECT = BLE_OPCODE(1, 0x06),
    BLE_HCI_SET_EVENT_MASK = BLE_OPCODE(3, 0x01),
    BLE_HCI_RESET = BLE_OPCODE(3, 0x03),
    BLE_HCI_READ_COMMANDS = BLE_OPCODE(4, 0x02),
    BLE_HCI_READ_BUFFER_SIZE = BLE_OPCODE(4, 0x05),
    BLE_HCI_READ_BD_ADDR = BLE_OPCODE(4, 0x09),
    BLE_HCI_LE_SET_EVENT_MASK = BLE_OPCODE(8, 0x01),
    BLE_HCI_LE_READ_BUFFER_SIZE = BLE_OPCODE(8, 0x02),
    BLE_HCI_LE_READ_FEATURES = BLE_OPCODE(8, 0x03),
    BLE_HCI_LE_SET_RANDOM_ADDRESS = BLE_OPCODE(8, 0x05),
    BLE_HCI_LE_SET_ADVERTISING_PARAMETERS = BLE_OPCODE(8, 0x06),
    BLE_HCI_LE_SET_ADVERTISING_DATA = BLE_OPCODE(8, 0x08),
    BLE_HCI_LE_SET_SCAN_RESPONSE = BLE_OPCODE(8, 0x09),
    BLE_HCI_LE_ADVERTISE = BLE_OPCODE(8, 0x0a),
    BLE_HCI_LE_SET_SCAN_PARAMETERS = BLE_OPCODE(8, 0x0b),
    BLE_HCI_LE_SCAN = BLE_OPCODE(8, 0x0c),
    BLE_HCI_LE_CREATE_CONNECTION = BLE_OPCODE(8, 0x0d),
    BLE_HCI_LE_CREATE_CONNECTION_CANCEL = BLE_OPCODE(8, 0x0e),
    BLE_HCI_LE_CONNECTION_UPDATE = BLE_OPCODE(8, 0x13),
    BLE_HCI_LE_RAND = BLE_OPCODE(8, 0x18),
    BLE_HCI_LE_START_ENCRYPTION = BLE_OPCODE(8, 0x19),
    BLE_HCI_LE_KEY_REPLY = BLE_OPCODE(8, 0x1a),
    BLE_HCI_LE_KEY_NEGATIVE_REPLY = BLE_OPCODE(8, 0x1b),
    BLE_HCI_LE_PARAMETER_REQUEST_REPLY = BLE_OPCODE(8, 0x20),
    BLE_HCI_LE_PARAMETER_REQUEST_NEGATIVE_REPLY = BLE_OPCODE(8, 0x21),
    BLE_HCI_LE_SET_DATA_LENGTH = BLE_OPCODE(8, 0x22),
    BLE_HCI_LE_WRITE_DATA_LENGTH = BLE_OPCODE(8, 0x24), // of connections to come
    BLE_HCI_LE_SET_DEFAULT_PHY = BLE_OPCODE(8, 0x31),
    BLE_HCI_LE_SET_PHY = BLE_OPCODE(8, 0x32),
    BLE_HCI_LE_SET_SET_ADDRESS = BLE_OPCODE(8, 0x35), // of a set of extended advertising
    BLE_HCI_LE_SET_EXTENDED_PARAMETERS = BLE_OPCODE(8, 0x36),
    BLE_HCI_LE_SET_EXTENDED_DATA = BLE_OPCODE(8, 0x37),
    BLE_HCI_LE_SET_EXTENDED_RESPONSE = BLE_OPCODE(8, 0x38),
    BLE_HCI_LE_ADVERTISE_EXTENDED = BLE_OPCODE(8, 0x39),
    BLE_HCI_LE_REMOVE_SET = BLE_OPCODE(8, 0x3c),
    BLE_HCI_LE_SET_EXTENDED_SCAN_PARAMETERS = BLE_OPCODE(8, 0x41),
    BLE_HCI_LE_SCAN_EXTENDED = BLE_OPCODE(8, 0x42),
    BLE_HCI_LE_CREATE_EXTENDED = BLE_OPCODE(8, 0x43),
};

// Status codes (Core, Vol 1, Part F), and one of ours.
enum {
    BLE_STATUS_UNKNOWN_COMMAND = 0x01,
    BLE_STATUS_UNKNOWN_CONNECTION = 0x02,
    BLE_STATUS_AUTHENTICATION_FAILURE = 0x05,
    BLE_STATUS_KEY_MISSING = 0x06,
    BLE_STATUS_MEMORY = 0x07,
    BLE_STATUS_TIMEOUT = 0x08,
    BLE_STATUS_DISALLOWED = 0x0c,
    BLE_STATUS_REMOTE_USER = 0x13,
    BLE_STATUS_LOCAL_HOST = 0x16,
    BLE_STATUS_NOT_ESTABLISHED = 0x3e,
    BLE_STATUS_LOST = 0xff, // the controller did not answer
};

// A command that waits for a credit or, the first one, for its answer. They are in one array of octets, in order and
// without gaps but to the alignment of the pointers.
typedef struct ble_command {
    ble_command_done_t done;
    void *context;
    uint8_t packet[]; // H4's octet, opcode, length, parameters
} ble_command_t;

// What one with so many octets of parameters takes.
#define BLE_COMMAND_SIZE(length) \
    ((offsetof(ble_command_t, packet) + 4 + (length) + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *))

// What commands leave for a reply that the controller waits for: to its request for a key.
#define BLE_COMMAND_RESERVE BLE_COMMAND_SIZE(18)

_Static_assert(BLE_COMMAND_OCTETS >= BLE_COMMAND_SIZE(255) + BLE_COMMAND_RESERVE
        && BLE_COMMAND_OCTETS % sizeof(void *) == 0,
    "BLE_COMMAND_OCTETS: too few for the longest command, or no multiple of a pointer's size");

typedef struct {
    // Input: a header of up to 5 octets, then what it announces. Behind a shorter header stand the first octets of
    // that, and maybe of the next packet.
    uint8_t header[5];
    uint8_t header_length;
    uint8_t early; // octets of the payload among them
    bool begun; // the payload has its place
    // Commands.
    bool sent; // the first of them has been, and waits for its answer
    uint8_t credits;
    uint8_t step; // of the start
    // What the controller said.
    uint8_t seeded; // times that it gave random numbers
    uint8_t acl_total;
    uint8_t acl_free;
    uint16_t acl_length; // of a packet's data
    uint16_t commands_length;
    uint8_t *in; // NULL: it is thrown away
    uint16_t wanted;
    uint16_t taken;
    // Output: the packet that is being written.
    const uint8_t *out;
    const uint8_t *snooped; // where it began
    uint16_t out_left;
    ble_address_t public_address;
    uint8_t features[8];
    uint8_t supported[40]; // Supported Commands, as far as somebody asks
    ble_timer_t answer_timer; // BLE_COMMAND_MS
    ble_timer_t stall_timer; // BLE_STALL_MS, while reading waits for room
    _Alignas(void *) uint8_t commands[BLE_COMMAND_OCTETS];
    uint8_t event[255];
} ble_hci_t;

// Send a command when its turn comes; `done` gets the status of Command Complete, with what follows it, or of Command
// Status. 0, -ENODEV or -ENOMEM. `done` may be NULL.
int ble_command(ble_t *b, uint16_t opcode, const void *parameters, size_t length, ble_command_done_t done,
    void *context);

// The one that switches something on and has no answer yet, or NULL.
const ble_command_t *ble_switches_on(ble_t *b, uint16_t opcode);

// What the controller waits for: there is room for one of BLE_COMMAND_RESERVE behind all commands.
int ble_reply(ble_t *b, uint16_t opcode, const void *parameters, size_t length, ble_command_done_t done,
    void *context);

// The same for a call, which ends when its last command has been answered, or with the first error; those behind that
// are not sent. Returns what the call's `run` is to return. With NULL nobody waits: ble_command's result.
int ble_command_for(ble_t *b, ble_call_t *call, uint16_t opcode, const void *parameters, size_t length);

int ble_errno(uint8_t status); // of a status: 0 or -errno

bool ble_supports(ble_t *b, unsigned octet, unsigned bit); // of Supported Commands (Core, Vol 4, Part E, 6.27)

void ble_hci_start(ble_t *b, ble_call_t *call); // the call ends when the controller is ready
bool ble_hci_read(ble_t *b); // whether there was something
void ble_hci_write(ble_t *b);
void ble_hci_stop(ble_t *b); // commands end with BLE_STATUS_LOST

// The controller is gone: every connection and call ends, BLE_EVENT_LOST is told.
void ble_lost(ble_t *b, int error);

#endif // HEDDLE_BLE_HCI_H
