// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The way to a Bluetooth LE controller: a stream of bytes each way, in HCI's UART form ("H4": a byte for the type of a
// packet, the packet, and nothing in between). A board, a program or a test fills the struct in and owns it; it is the
// first member of whatever else that one needs.
//
// The host calls all of them from its one thread, and nothing while another of them runs. None may block.
#ifndef HEDDLE_BLE_TRANSPORT_H
#define HEDDLE_BLE_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

typedef struct ble_transport {
    // T. Connect to the controller. From now until close has returned, `wake(arg)` is called in any context (also an
    // interrupt's, also that of one of these calls) whenever there is something new to read, room to write again after
    // a write has taken less than it was offered, or an error to learn. It may wait until a packet is whole, and need
    // not repeat a wake until a read has given 0. 0, or a negative errno: -ENODEV when there is
    // no controller, -EBUSY when it is somebody else's or open already, or the system's own.
    int (*open)(struct ble_transport *t, void (*wake)(void *arg), void *arg);

    // T. Let go of the controller. No wake comes after it has returned. Without an open one it does nothing.
    void (*close)(struct ble_transport *t);

    // T. Take up to `len` bytes: how many; 0 when nothing is there; -EPIPE when the controller is gone, or the
    // system's own error, and the same again until it is closed. Bytes come in any pieces.
    int (*read)(struct ble_transport *t, uint8_t *buf, size_t len);

    // T. Offer one whole packet, or what a call before has left of it: how many bytes were taken; the rest is offered
    // again after a wake, before anything else. 0 when there is no room now. Errors as of read.
    int (*write)(struct ble_transport *t, const uint8_t *buf, size_t len);
} ble_transport_t;

#endif // HEDDLE_BLE_TRANSPORT_H
