// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the controller is asked when the host starts, one command after another, and the random numbers that it seeds.
#include "crypto.h"
#include "host.h"

// Disconnection, Encryption Change, Remote Version, Hardware Error, Key Refresh and LE Meta (Core, Vol 4, Part E,
// 7.3.1).
static const uint8_t event_mask[8] = { 0x90, 0x88, 0x00, 0x00, 0x00, 0x80, 0x00, 0x20 };

// All LE events up to PHY Update Complete and the extended advertising reports (7.8.1).
static const uint8_t le_event_mask[8] = { 0xff, 0xff, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00 };

static void got_commands(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= sizeof(b->hci.supported)) {
        memcpy(b->hci.supported, p, sizeof(b->hci.supported));
    }
}

static void got_features(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= 8) {
        memcpy(b->hci.features, p, 8);
    }
}

#define ACL_LENGTH_MIN (27) // a controller that says less says nothing (7.8.2)

static void acl_buffers(ble_t *b, unsigned length, unsigned count) {
    if (length >= ACL_LENGTH_MIN && count != 0) {
        b->hci.acl_length = length;
        b->hci.acl_total = count < 255 ? count : 255;
        b->hci.acl_free = b->hci.acl_total;
    }
}

// Of BR/EDR and LE together, for controllers that have no others.
static void got_buffers(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= 5) {
        acl_buffers(b, ble_get16(p), ble_get16(p + 3));
    }
}

static void got_le_buffers(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= 3) {
        acl_buffers(b, ble_get16(p), p[2]);
    }
}

static void got_address(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= 6) {
        memcpy(b->hci.public_address.octets, p, 6);
    }
}

static void got_random(ble_t *b, const uint8_t *p, size_t length) {
    if (length >= 8) {
        unsigned n = b->hci.seeded++ % 4;
        memcpy(&b->random[n / 2][n % 2 * 8], p, 8);
    }
}

typedef struct {
    uint16_t opcode;
    bool optional; // the controller may not know it
    uint8_t length;
    const uint8_t *parameters;
    void (*got)(ble_t *b, const uint8_t *p, size_t length);
} step_t;

static const step_t steps[] = {
    { BLE_HCI_RESET, false, 0, NULL, NULL },
    { BLE_HCI_READ_COMMANDS, true, 0, NULL, got_commands },
    { BLE_HCI_LE_READ_FEATURES, true, 0, NULL, got_features },
    { BLE_HCI_READ_BUFFER_SIZE, true, 0, NULL, got_buffers },
    { BLE_HCI_LE_READ_BUFFER_SIZE, false, 0, NULL, got_le_buffers },
    { BLE_HCI_READ_BD_ADDR, true, 0, NULL, got_address },
    { BLE_HCI_SET_EVENT_MASK, true, 8, event_mask, NULL },
    { BLE_HCI_LE_SET_EVENT_MASK, true, 8, le_event_mask, NULL },
    { BLE_HCI_LE_RAND, false, 0, NULL, got_random },
    { BLE_HCI_LE_RAND, false, 0, NULL, got_random },
    { BLE_HCI_LE_RAND, false, 0, NULL, got_random },
    { BLE_HCI_LE_RAND, false, 0, NULL, got_random },
};

static void step_next(ble_t *b, ble_call_t *call);

// The controller is ready.
static void ready(ble_t *b, ble_call_t *call) {
    if (b->hci.acl_total == 0) {
        ble_call_end(b, call, -EIO);
        return;
    }
    ble_gap_ready(b, call);
    if (BLE_PAIRINGS) {
        ble_smp_ready(b);
    }
}

static void step_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    const step_t *step = &steps[b->hci.step++];
    if (status == BLE_STATUS_LOST) {
        ble_call_end(b, context, -ETIMEDOUT);
    } else if (status != 0 && !step->optional) {
        ble_call_end(b, context, -EIO);
    } else {
        if (status == 0 && step->got != NULL) {
            step->got(b, answer, length);
        }
        step_next(b, context);
    }
}

static void step_next(ble_t *b, ble_call_t *call) {
    if (b->hci.step == BLE_COUNT(steps)) {
        ready(b, call);
        return;
    }
    const step_t *step = &steps[b->hci.step];
    int error = ble_command(b, step->opcode, step->parameters, step->length, step_done, call);
    if (error != 0) {
        ble_call_end(b, call, error);
    }
}

void ble_hci_start(ble_t *b, ble_call_t *call) {
    b->hci.credits = 1;
    step_next(b, call);
}

// AES in counter mode; each use moves the key on, so that what has been given out cannot be found from what is left.
void ble_random(ble_t *b, uint8_t *octets, size_t length) {
    uint8_t block[16];
    while (length > 0) {
        size_t n = length < 16 ? length : 16;
        ble_put32(b->random[1], ble_get32(b->random[1]) + 1);
        ble_aes(b->random[0], b->random[1], block);
        memcpy(octets, block, n);
        octets += n;
        length -= n;
    }
    ble_put32(b->random[1], ble_get32(b->random[1]) + 1);
    ble_aes(b->random[0], b->random[1], block);
    memcpy(b->random[0], block, 16);
}
