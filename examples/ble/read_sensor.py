# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Finds a thermometer, reads it, and subscribes to five of its values. The program reads from top to bottom, as its
# handler only queues what happens.

import bluetooth
import queue
import struct

SCAN_RESULT, CONNECTED, DISCONNECTED, CHARACTERISTIC, CHARACTERISTICS_DONE = 5, 7, 8, 11, 12
READ_RESULT, READ_DONE, WRITE_DONE, NOTIFY = 15, 16, 17, 18
ble, events = bluetooth.BLE(), queue.SimpleQueue()


def on_event(event, data):
    # What the views in data show is there during this call only: take copies.
    events.put((event, [bytes(x) if isinstance(x, memoryview) else x for x in data]))


def wait_for(wanted):
    while True:
        event, data = events.get(timeout=30)
        if event == wanted:
            return data
        if event == DISCONNECTED:
            raise OSError("the thermometer has gone")


ble.irq(on_event)
ble.active(True)
ble.gap_scan(0, 30000, 30000, True)
found = wait_for(SCAN_RESULT)
while b"\x1a\x18" not in found[4]:  # a part of what it advertises: its service, 0x181A
    found = wait_for(SCAN_RESULT)
ble.gap_scan(None)
ble.gap_connect(found[0], found[1])
conn = wait_for(CONNECTED)[0]
ble.gattc_discover_characteristics(conn, 1, 0xFFFF, bluetooth.UUID(0x2A6E))
_, end, value, _, _ = wait_for(CHARACTERISTIC)
wait_for(CHARACTERISTICS_DONE)
ble.gattc_read(conn, value)
print("read {:.2f} degrees".format(struct.unpack("<h", wait_for(READ_RESULT)[2])[0] / 100))
wait_for(READ_DONE)
ble.gattc_write(conn, value + 1, b"\x01\x00", 1)  # its client configuration comes next to it
wait_for(WRITE_DONE)
for _ in range(5):
    print("told {:.2f}".format(struct.unpack("<h", wait_for(NOTIFY)[2])[0] / 100))
ble.gap_disconnect(conn)
wait_for(DISCONNECTED)
ble.active(False)
