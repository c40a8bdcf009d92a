# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Takes what fast_give.py gives, and prints of both ways: its name, octets, microseconds."""

import bluetooth
import queue
import threading
import time

SCAN_RESULT, CONNECTED, DISCONNECTED, CHARACTERISTIC, NOTIFIED, MTU_EXCHANGED = 5, 7, 8, 11, 18, 21
OPEN, RECEIVED = 23, 25
PSM, MTU, OCTETS = 0x80, 512, 2000 * 244
ble, events = bluetooth.BLE(), queue.SimpleQueue()


def tell(event, data=()):
    events.put((event, [bytes(x) if isinstance(x, memoryview) else x for x in data]))


def on_event(event, data):
    global octets, began
    if event != NOTIFIED:
        tell(event, data)
        return
    if octets == 0:
        began = time.ticks_us()
    octets += len(data[2])
    if octets == OCTETS:
        say("notifications", octets, began)
        tell(NOTIFIED)


def say(name, octets, began):
    print(name, octets, time.ticks_diff(time.ticks_us(), began))


def wait_for(wanted):
    while True:
        event, data = events.get(timeout=30)
        if event == wanted:
            return data


def connect():
    ble.gap_scan(0, 30000, 30000)
    found = wait_for(SCAN_RESULT)
    while b"fast" not in found[4]:
        found = wait_for(SCAN_RESULT)
    ble.gap_scan(None)
    ble.gap_connect(found[0], found[1])
    return wait_for(CONNECTED)[0]


def take():
    conn = connect()
    ble.gattc_exchange_mtu(conn)
    wait_for(MTU_EXCHANGED)
    ble.gattc_discover_characteristics(conn, 1, 0xFFFF)
    while (found := wait_for(CHARACTERISTIC))[4] != bluetooth.UUID(0xAA01):
        pass
    ble.gattc_write(conn, found[2], b"go", 1)
    wait_for(NOTIFIED)
    ble.l2cap_connect(conn, PSM, MTU)
    cid = wait_for(OPEN)[1]
    part, taken, began = bytearray(MTU), 0, time.ticks_us()
    while taken < OCTETS:
        n = ble.l2cap_recvinto(conn, cid, part)
        if n == 0:
            wait_for(RECEIVED)
        taken += n
    say("channel", taken, began)
    ble.gap_disconnect(conn)
    wait_for(DISCONNECTED)


octets = began = 0
ble.irq(on_event)
ble.active(True)
threading.stack_size(16384)
taker = threading.Thread(target=take)
taker.start()
taker.join()
ble.active(False)
