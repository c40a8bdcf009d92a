// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Longer packets on the air and other radios than 1M, where the controller has them and the application asks for them.
#include "host.h"

// Octets of Supported Commands and their bits (Core, Vol 4, Part E, 6.27).
#define HAS_DATA_LENGTH(b) (ble_supports(b, 33, 6) && ble_supports(b, 34, 0))
#define HAS_PHY(b) (ble_supports(b, 35, 5) && ble_supports(b, 35, 6))

// LE features, of octet 1 (Core, Vol 6, Part B, 4.6).
enum { FEATURE_2M = 1, FEATURE_CODED = 8 };

// An octet is 8 us on 1M and 64 on coded PHY, which has 17040 us for all of them (Core, Vol 6, Part B, 4.5.10).
static uint16_t time_of(ble_t *b, uint16_t octets) {
    return b->hci.features[1] & FEATURE_CODED ? 17040 : (octets + 14) * 8;
}

// LE Set Data Length and LE Set PHY. A controller or a peer that does not want to stays with what there is.
static void length_ask(ble_t *b, ble_conn_t *c) {
    uint8_t p[6];
    ble_put16(p, c->handle);
    ble_put16(p + 2, b->gap.data_length);
    ble_put16(p + 4, time_of(b, b->gap.data_length));
    ble_command(b, BLE_HCI_LE_SET_DATA_LENGTH, p, sizeof(p), NULL, NULL);
}

// Of coded PHY the controller has the choice of the coding.
static void phys_ask(ble_t *b, ble_conn_t *c) {
    uint8_t p[7] = { c->handle, c->handle >> 8, 0, b->gap.phys, b->gap.phys };
    ble_command(b, BLE_HCI_LE_SET_PHY, p, sizeof(p), NULL, NULL);
}

void ble_speed_opened(ble_t *b, ble_conn_t *c) {
    if (b->gap.data_length != 0) {
        length_ask(b, c);
    }
    if (b->gap.phys != 0) {
        phys_ask(b, c);
    }
}

static void ask_all(ble_t *b, void (*ask)(ble_t *b, ble_conn_t *c)) {
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN) {
            ask(b, &b->conns[i]);
        }
    }
}

typedef struct {
    ble_call_t call;
    uint16_t value;
} speed_call_t;

static int length_run(ble_t *b, ble_call_t *call) {
    if (!BLE_SPEED || !HAS_DATA_LENGTH(b)) {
        return -EOPNOTSUPP;
    }
    uint8_t p[4];
    b->gap.data_length = ((speed_call_t *)call)->value;
    ble_put16(p, b->gap.data_length);
    ble_put16(p + 2, time_of(b, b->gap.data_length));
    int result = ble_command_for(b, call, BLE_HCI_LE_WRITE_DATA_LENGTH, p, sizeof(p));
    ask_all(b, length_ask);
    return result;
}

int ble_set_data_length(ble_t *b, uint16_t octets) {
    speed_call_t c = { .value = octets };
    return octets < 27 || octets > 251 ? -EINVAL : ble_call(b, &c.call, length_run, RTOS_FOREVER);
}

static int phys_run(ble_t *b, ble_call_t *call) {
    uint8_t phys = ((speed_call_t *)call)->value, features = b->hci.features[1];
    if (!BLE_SPEED || !HAS_PHY(b) || ((phys & BLE_PHY_2M) && !(features & FEATURE_2M))
        || ((phys & BLE_PHY_CODED) && !(features & FEATURE_CODED))) {
        return -EOPNOTSUPP;
    }
    uint8_t p[3] = { 0, phys, phys };
    b->gap.phys = phys;
    int result = ble_command_for(b, call, BLE_HCI_LE_SET_DEFAULT_PHY, p, sizeof(p));
    ask_all(b, phys_ask);
    return result;
}

int ble_set_phys(ble_t *b, uint8_t phys) {
    speed_call_t c = { .value = phys };
    bool valid = phys != 0 && phys <= (BLE_PHY_1M | BLE_PHY_2M | BLE_PHY_CODED);
    return valid ? ble_call(b, &c.call, phys_run, RTOS_FOREVER) : -EINVAL;
}
