# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What Bluetooth costs Python on the mps2-an385, with controller.py as its controller, in ticks of 40 ns.

notify: from before gatts_notify, with 20 octets, until the UART has its last byte. event: from the last byte of a
peer's write in the UART until the handler's first statement. Of many rounds the least counts. computes, collects: the
same as event, the longest but one of 100, and what half of them took not less than, beside a thread that does that.
"""

import _thread
import ble_bench
import bluetooth
import gc
from time import sleep_ms

ROUNDS = 30
LATE_ROUNDS = 100
CONNECTIONS = 4
CONNECTED, WRITTEN = 1, 3
SHORT = bytes(20)


def irq(event, data):
    now = ble_bench.received()
    global seen, link
    if event == CONNECTED:
        link = data[0]
    elif event == WRITTEN:
        seen = now


def wait():
    """What the next event of the peer's took to its handler."""
    global seen
    while seen is None:
        sleep_ms(1)
    took, seen = seen, None
    return took


def connect():
    global link
    link = None
    ble.gap_advertise(20000, b"\2\1\6")
    while link is None:
        sleep_ms(1)
    return link


def turn(link):
    ble_bench.begin()
    ble.gatts_notify(link, handle, SHORT)
    took = ble_bench.sent(), wait()
    ble_bench.end()
    return took


def complete():
    """The controller completes its packets with the answer to a command."""
    ble.gap_scan(1000)
    ble.gap_scan(None)


def complete_at_once():
    """The same by a packet: beside who computes all times, those of commands too, pass faster than the controller's."""
    while True:
        try:
            ble.gatts_notify(link, handle, b"")
            return
        except OSError:
            pass


def measure(link):
    took = []
    for _ in range(ROUNDS):
        took.append(turn(link))
        complete()
    return min(t[0] for t in took), min(t[1] for t in took)


def compute():
    x = 0
    while running:
        x = (x * 5 + 1) & 0xFFFF


def collect():
    kept = [[i] for i in range(300)]
    while running:
        gc.collect()


def late(name, work):
    global running
    running = True
    _thread.start_new_thread(work, ())
    took = []
    for _ in range(LATE_ROUNDS):
        ble.gatts_notify(link, handle, SHORT)
        took.append(wait())
        complete_at_once()
    running = False
    took.sort()
    print(name, CONNECTIONS, took[-2])
    print(name + "-half", CONNECTIONS, took[LATE_ROUNDS // 2])


seen = link = None
ble = bluetooth.BLE()
ble.irq(irq)
ble.active(True)
kind = bluetooth.FLAG_READ | bluetooth.FLAG_WRITE_NO_RESPONSE | bluetooth.FLAG_NOTIFY
((handle,),) = ble.gatts_register_services(((bluetooth.UUID(0xAA00), ((bluetooth.UUID(0xAA01), kind),)),))
for n in range(1, CONNECTIONS + 1):
    notify, event = measure(connect())
    print("notify", n, notify)
    print("event", n, event)
late("computes", compute)
late("collects", collect)
ble.active(False)
