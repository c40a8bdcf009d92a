// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board's usual way to a Bluetooth controller is that of MicroPython's `bluetooth`.
#include "py/mpconfig.h"

#include "hci.h"
#include "heddle.h"

_Static_assert(HCI_TEXT <= HEDDLE_BLE_TEXT, "the text of an error has room");

struct ble_transport *heddle_ble_transport(void) {
    return hci_transport(NULL);
}

void heddle_ble_error_text(int error, char *text) {
    hci_error_text(hci_transport(NULL), error, text);
}
