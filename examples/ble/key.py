# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A key for lock.py: is refused at first, pairs, opens; comes back, is known, and shuts. It forgets when it ends.

import bluetooth
import queue

SCAN_RESULT, CONNECTED, DISCONNECTED, CHARACTERISTIC, CHARACTERISTICS_DONE = 5, 7, 8, 11, 12
WRITE_DONE, ENCRYPTION, GET_SECRET, SET_SECRET = 17, 28, 29, 30
BOLT = bluetooth.UUID("10C10000-4EDD-1E5A-B01D-0C0FFEE0B017")
ble, events, secrets = bluetooth.BLE(), queue.SimpleQueue(), {}


def on_event(event, data):
    data = [bytes(x) if isinstance(x, memoryview) else x for x in data]
    if event == GET_SECRET:
        found = sorted(s for s in secrets if s[0] == data[0] and data[2] in (None, s[1]))
        return secrets[found[data[1]]] if data[1] < len(found) else None
    if event == SET_SECRET:
        secrets[data[0], data[1] or b""] = data[2]
        return True
    events.put((event, data))


def wait_for(wanted):
    while True:
        event, data = events.get(timeout=30)
        if event == wanted:
            return data
        if event == DISCONNECTED:
            raise OSError("the lock has gone")


def write(text):
    ble.gattc_write(conn, bolt, text, 1)
    print("{}: status {}".format(text, wait_for(WRITE_DONE)[2]))


ble.config(bond=True, le_secure=True)
ble.irq(on_event)
ble.active(True)
ble.gap_scan(0, 30000, 30000)
found = wait_for(SCAN_RESULT)
while b"lock" not in found[4]:
    found = wait_for(SCAN_RESULT)
ble.gap_scan(None)
ble.gap_connect(found[0], found[1])
conn = wait_for(CONNECTED)[0]
ble.gattc_discover_characteristics(conn, 1, 0xFFFF, BOLT)
bolt = wait_for(CHARACTERISTIC)[2]
wait_for(CHARACTERISTICS_DONE)
write("open")
for text in ("open", "shut"):
    ble.gap_pair(conn)
    print("encrypted: {1}, authenticated: {2}, bonded: {3}".format(*wait_for(ENCRYPTION)))
    write(text)
    ble.gap_disconnect(conn)
    wait_for(DISCONNECTED)
    if text == "open":
        ble.gap_connect(found[0], found[1])
        conn = wait_for(CONNECTED)[0]
ble.active(False)
