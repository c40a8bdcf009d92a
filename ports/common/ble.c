// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board's usual way to a Bluetooth controller is that of MicroPython's `bluetooth`.
#include <string.h>

#include "py/mpconfig.h"

#include "hci.h"
#include "heddle.h"

_Static_assert(HCI_TEXT <= HEDDLE_BLE_TEXT, "the text of an error has room");

struct ble_transport *heddle_ble_transport(void) {
    return hci_transport(NULL);
}

void heddle_ble_error_text(int error, char *text) {
    ble_transport_t *transport = hci_transport(NULL);
    if (transport != NULL) {
        hci_error_text(transport, error, text);
    } else {
        strcpy(text, "the name of the controller's device is too long");
    }
}
