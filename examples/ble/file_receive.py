# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Takes a file over an L2CAP channel, whose credits hold the sender back while a thread writes the file; then it closes
# the channel. file_send.py is the other side. It ends when that has gone, or when none comes.

import binascii
import bluetooth
import queue
import threading

DISCONNECTED, ACCEPT, OPEN, CLOSED, RECEIVED = 2, 22, 23, 24, 25
PSM, MTU = 0x80, 512
ble, events = bluetooth.BLE(), queue.SimpleQueue()


def on_event(event, data):
    if event == ACCEPT:
        return 0  # anything else would refuse it
    events.put((event, tuple(data[:2])))


def wait_for(wanted):
    while True:
        event, data = events.get(timeout=30)
        if event == wanted:
            return data
        if event in (DISCONNECTED, CLOSED):
            raise OSError("the sender has gone")


def take_file():
    conn, cid = wait_for(OPEN)
    size, left, crc, part = 0, None, 0, bytearray(4)
    with open("received", "wb") as f:
        while left != 0:
            n = ble.l2cap_recvinto(conn, cid, part)
            if n == 0:
                wait_for(RECEIVED)
            elif left is None:  # the first four bytes say how many come
                left, part = int.from_bytes(part, "little"), bytearray(MTU)
            else:
                size, left, crc = size + f.write(part[:n]), left - n, binascii.crc32(part[:n], crc)
    print("received {} bytes, CRC {:08x}".format(size, crc))
    ble.l2cap_disconnect(conn, cid)
    wait_for(CLOSED)
    wait_for(DISCONNECTED)


ble.irq(on_event)
ble.active(True)
ble.l2cap_listen(PSM, MTU)
ble.gap_advertise(100000, b"\x02\x01\x06" + b"\x06\x09files")
threading.stack_size(8192)
taker = threading.Thread(target=take_file, name="files")
taker.start()
taker.join()
ble.active(False)
