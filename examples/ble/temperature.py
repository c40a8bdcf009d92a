# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A thermometer: a worker thread samples, and each sample is the value that is read and what subscribers are told.
# "make ble-run" runs it against read_sensor.py. It ends when its central has gone, or when none comes.

import bluetooth
import struct
import threading

CENTRAL_CONNECT, CENTRAL_DISCONNECT = 1, 2
SENSING, TEMPERATURE = bluetooth.UUID(0x181A), bluetooth.UUID(0x2A6E)
ble, came, gone, over = bluetooth.BLE(), threading.Event(), threading.Event(), threading.Event()


def on_event(event, data):
    # Runs on the main thread, which waits below: only says that something has happened.
    if event == CENTRAL_CONNECT:
        came.set()
    elif event == CENTRAL_DISCONNECT:
        gone.set()


def sample(value):
    hundredths = 2100
    while not over.is_set():
        ble.gatts_write(value, struct.pack("<h", hundredths), True)  # True: and notify who has subscribed
        hundredths += 25
        over.wait(0.1)


ble.irq(on_event)
ble.active(True)
flags = bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY
((value,),) = ble.gatts_register_services(((SENSING, ((TEMPERATURE, flags),)),))
worker = threading.Thread(target=sample, args=(value,), name="sampler")
worker.start()
ble.gap_advertise(100000, b"\x02\x01\x06" + b"\x03\x03\x1a\x18" + b"\x0c\x09thermometer")
print("advertising")
if came.wait(30):
    print("a central has connected")
    gone.wait()
    print("it has gone")
over.set()
worker.join()
ble.active(False)
