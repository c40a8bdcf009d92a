# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Writes a file of 20000 bytes and sends it to file_receive.py, as fast as that takes it.

import binascii
import bluetooth
import queue

SCAN_RESULT, CONNECTED, DISCONNECTED, OPEN, CLOSED, READY = 5, 7, 8, 23, 24, 26
PSM, MTU, SIZE = 0x80, 512, 20000
ble, events = bluetooth.BLE(), queue.SimpleQueue()


def on_event(event, data):
    events.put((event, [bytes(x) if isinstance(x, memoryview) else x for x in data]))


def wait_for(wanted):
    while True:
        event, data = events.get(timeout=30)
        if event == wanted:
            return data
        if event in (DISCONNECTED, CLOSED):
            raise OSError("the receiver has gone")


with open("file", "wb") as f:
    for i in range(SIZE // 20):
        f.write("{:019}\n".format(i * i))
ble.irq(on_event)
ble.active(True)
ble.gap_scan(0, 30000, 30000)
found = wait_for(SCAN_RESULT)
while b"files" not in found[4]:
    found = wait_for(SCAN_RESULT)
ble.gap_scan(None)
ble.gap_connect(found[0], found[1])
conn = wait_for(CONNECTED)[0]
ble.l2cap_connect(conn, PSM, MTU)
_, cid, _, our_mtu, peer_mtu = wait_for(OPEN)
crc, part = 0, SIZE.to_bytes(4, "little")
with open("file", "rb") as f:
    while part:
        if not ble.l2cap_send(conn, cid, part):  # it is taken, but the next one is not until there is room again
            wait_for(READY)
        part = f.read(peer_mtu)
        crc = binascii.crc32(part, crc)
print("sent {} bytes, CRC {:08x}".format(SIZE, crc))
wait_for(CLOSED)  # by the receiver, which has it all
ble.gap_disconnect(conn)
wait_for(DISCONNECTED)
ble.active(False)
