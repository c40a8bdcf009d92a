// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The way of a board to a Bluetooth LE controller.
#ifndef HEDDLE_PORTS_HCI_H
#define HEDDLE_PORTS_HCI_H

#include "ble_transport.h"

// Bytes that the text of an error needs at most.
#define HCI_TEXT (200)

// T. The transport to the controller that `device` names, or to the board's usual one for NULL; the same name gives the
// same one. On a board with a UART for it names mean nothing. On the host a name is unix:PATH, tcp:HOST:PORT or the
// path of a terminal, the usual one is what the variable MICROPYBTUART says, and NULL is returned when there are too
// many (4) or when the name is too long (120 bytes); its open waits for the device, up to 5 s, so only threads above
// the stop level may call it.
ble_transport_t *hci_transport(const char *device);

// T. What a negative errno from one of its functions means, with the device's name and what to do: `text` has room for
// HCI_TEXT bytes.
void hci_error_text(const ble_transport_t *t, int error, char *text);

#endif // HEDDLE_PORTS_HCI_H
