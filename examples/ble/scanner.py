# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Scans for three seconds and prints who is there: address, strength, name and 16-bit services, each device once.

import bluetooth
import threading

SCAN_RESULT, SCAN_DONE = 5, 6
NAME, SERVICES = 9, 3
devices, done = {}, threading.Event()


def on_event(event, data):
    if event == SCAN_RESULT:
        kind, address, adv_type, rssi, payload = data
        # The address and the payload are there during this call only: take copies.
        address, payload = bytes(address), bytes(payload)
        parts = devices.setdefault(address, {"rssi": rssi})
        while payload and payload[0]:  # parts of advertising data: length, type, content
            parts[payload[1]] = payload[2 : 1 + payload[0]]
            payload = payload[1 + payload[0] :]
    elif event == SCAN_DONE:
        done.set()


ble = bluetooth.BLE()
ble.irq(on_event)
ble.active(True)
ble.gap_scan(3000, 30000, 30000, True)  # True: and ask each for its scan response
done.wait()
ble.active(False)
print("{} found".format(len(devices)))
for address, parts in sorted(devices.items()):
    services = parts.get(SERVICES, b"")
    uuids = ["{:04x}".format(services[i] | services[i + 1] << 8) for i in range(0, len(services) - 1, 2)]
    name = str(parts.get(NAME, b"?"), "utf-8")
    print(address.hex(":"), "{} dBm".format(parts["rssi"]), name, *uuids)
