# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Gives fast_take.py notifications of 244 octets, and then as many octets over an L2CAP channel, as fast as it can."""

import bluetooth
import queue
import threading

CONNECTED, DISCONNECTED, WRITTEN, ACCEPT, OPEN, READY = 1, 2, 3, 22, 23, 26
PSM, MTU, LENGTH, COUNT = 0x80, 512, 244, 2000
ble, events = bluetooth.BLE(), queue.SimpleQueue()


def on_event(event, data):
    if event == ACCEPT:
        return 0
    events.put((event, tuple(data)))


def wait_for(wanted):
    while True:
        event, data = events.get(timeout=30)
        if event == wanted:
            return data


def give():
    conn = wait_for(CONNECTED)[0]
    wait_for(WRITTEN)
    for _ in range(COUNT):
        ble.gatts_notify(conn, handle, bytes(LENGTH))
    _, cid, _, _, mtu = wait_for(OPEN)
    part = bytes(mtu)
    for _ in range(COUNT * LENGTH // mtu + 1):
        if not ble.l2cap_send(conn, cid, part):
            wait_for(READY)
    wait_for(DISCONNECTED)


ble.irq(on_event)
ble.active(True)
characteristic = (bluetooth.UUID(0xAA01), bluetooth.FLAG_WRITE | bluetooth.FLAG_NOTIFY)
((handle,),) = ble.gatts_register_services(((bluetooth.UUID(0xAA00), (characteristic,)),))
ble.l2cap_listen(PSM, MTU)
ble.gap_advertise(20000, b"\x02\x01\x06" + b"\x05\x09fast")
threading.stack_size(16384)
giver = threading.Thread(target=give)
giver.start()
giver.join()
ble.active(False)
