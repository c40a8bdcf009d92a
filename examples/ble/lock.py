# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A lock that opens for who is paired with it: it is written to over encrypted links only, and knows its keys again, as
# it keeps their secrets in a file. key.py is one. It ends after two visits, or when nobody comes.

import bluetooth
import json
import threading

CENTRAL_DISCONNECT, WRITTEN, ENCRYPTION, GET_SECRET, SET_SECRET = 2, 3, 28, 29, 30
SERVICE, BOLT = [bluetooth.UUID("10C{}0000-4EDD-1E5A-B01D-0C0FFEE0B017".format(i)) for i in range(2)]
WRITE_ENCRYPTED = 0x1000
FILE = "bonds.json"  # [[kind, key, value], ...] in hexadecimal, the latest last
ble, gone = bluetooth.BLE(), threading.Semaphore(0)
try:
    with open(FILE) as f:
        secrets = json.load(f)
except OSError:
    secrets = []


def on_event(event, data):
    if event == GET_SECRET:  # the one of a key, or, without a key, the one of an index
        kind, index, key = data
        found = [value for k, name, value in secrets if k == kind and (key is None or name == bytes(key).hex())]
        return bytes.fromhex(found[index]) if index < len(found) else None
    if event == SET_SECRET:  # a new one, or, without a value, one less
        kind, key, value = data
        name = bytes(key or b"").hex()
        secrets[:] = [secret for secret in secrets if secret[:2] != [kind, name]]
        if value is not None:
            secrets.append([kind, name, bytes(value).hex()])
        with open(FILE, "w") as f:
            json.dump(secrets, f)
        print("kept" if value else "forgot", "a secret of kind", kind)
        return True
    if event == ENCRYPTION:
        print("encrypted: {}, bonded: {}, with {} octets".format(bool(data[1]), bool(data[3]), data[4]))
    elif event == WRITTEN:
        print("the bolt is", str(ble.gatts_read(bolt), "utf-8"))
    elif event == CENTRAL_DISCONNECT:
        gone.release()


ble.config(bond=True, le_secure=True)
ble.irq(on_event)
ble.active(True)
((bolt,),) = ble.gatts_register_services(((SERVICE, ((BOLT, bluetooth.FLAG_WRITE | WRITE_ENCRYPTED),)),))
for visit in range(2):
    ble.gap_advertise(100000, b"\x02\x01\x06" + b"\x05\x09lock")
    if not gone.acquire(timeout=30):
        break
ble.active(False)
