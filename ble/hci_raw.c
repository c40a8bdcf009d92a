// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Commands that an application makes up by itself.
#include "host.h"

typedef struct {
    ble_call_t call;
    uint16_t opcode;
    const uint8_t *parameters;
    size_t parameters_length;
    uint8_t *status;
    uint8_t *answer;
    size_t *length;
} raw_call_t;

static void raw_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    raw_call_t *c = context;
    *c->status = status;
    *c->length = length < *c->length ? length : *c->length;
    if (*c->length != 0) {
        memcpy(c->answer, answer, *c->length);
    }
    ble_call_end(b, &c->call, status == BLE_STATUS_LOST ? -ENODEV : 0);
}

static int raw_run(ble_t *b, ble_call_t *call) {
    raw_call_t *c = (raw_call_t *)call;
    int error = ble_command(b, c->opcode, c->parameters, c->parameters_length, raw_done, c);
    return error != 0 ? error : BLE_PENDING;
}

int ble_hci_command(ble_t *b, uint16_t opcode, const uint8_t *parameters, size_t parameters_length, uint8_t *status,
    uint8_t *answer, size_t *length) {
    if (parameters_length > 255) {
        return -EINVAL;
    }
    raw_call_t c = {
        .opcode = opcode, .parameters = parameters, .parameters_length = parameters_length,
        .status = status, .answer = answer, .length = length,
    };
    return ble_call(b, &c.call, raw_run, RTOS_FOREVER);
}
