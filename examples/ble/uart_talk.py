# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Says three lines to uart.py, one after the answer to the other.

import bluetooth
import queue

SCAN_RESULT, CONNECTED, DISCONNECTED, CHARACTERISTIC, CHARACTERISTICS_DONE = 5, 7, 8, 11, 12
WRITE_DONE, NOTIFY = 17, 18
UART = bluetooth.UUID("6E400001-B5A3-F393-E0A9-E50E24DCCA9E")
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
            raise OSError("the other side has gone")


ble.irq(on_event)
ble.active(True)
ble.gap_scan(0, 30000, 30000)
found = wait_for(SCAN_RESULT)
while bytes(UART) not in found[4]:
    found = wait_for(SCAN_RESULT)
ble.gap_scan(None)
ble.gap_connect(found[0], found[1])
conn = wait_for(CONNECTED)[0]
handles = []
for uuid in "23":
    uuid = "6E40000{}-B5A3-F393-E0A9-E50E24DCCA9E".format(uuid)
    ble.gattc_discover_characteristics(conn, 1, 0xFFFF, bluetooth.UUID(uuid))
    handles.append(wait_for(CHARACTERISTIC)[2])
    wait_for(CHARACTERISTICS_DONE)
rx, tx = handles
ble.gattc_write(conn, tx + 1, b"\x01\x00", 1)  # tell of the answers, please
wait_for(WRITE_DONE)
for line in ("hello", "threads", "and goodbye"):
    ble.gattc_write(conn, rx, line)
    print(line, "->", str(wait_for(NOTIFY)[2], "utf-8"))
ble.gap_disconnect(conn)
wait_for(DISCONNECTED)
ble.active(False)
