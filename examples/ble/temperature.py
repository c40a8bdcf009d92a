# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A thermometer: a worker thread samples, and each sample is the value that is read and what subscribers are told.
# "make ble-run" runs it against read_sensor.py. It ends when its central has gone, or when none comes.

import _thread
import bluetooth
import heddle
import struct
import time

CENTRAL_CONNECT, CENTRAL_DISCONNECT = 1, 2
SENSING, TEMPERATURE = bluetooth.UUID(0x181A), bluetooth.UUID(0x2A6E)
ble = bluetooth.BLE()
came, gone = _thread.allocate_lock(), _thread.allocate_lock()
came.acquire()
gone.acquire()
running = True


def on_event(event, data):
    # Runs on the main thread, which waits below: only says that something has happened.
    if event == CENTRAL_CONNECT and came.locked():
        came.release()
    elif event == CENTRAL_DISCONNECT and gone.locked():
        gone.release()


def sample(value):
    hundredths = 2100
    while running:
        ble.gatts_write(value, struct.pack("<h", hundredths), True)  # True: and notify who has subscribed
        hundredths += 25
        time.sleep_ms(100)


ble.irq(on_event)
ble.active(True)
flags = bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY
((value,),) = ble.gatts_register_services(((SENSING, ((TEMPERATURE, flags),)),))
worker = _thread.start_new_thread(sample, (value,), name="sampler")
ble.gap_advertise(100000, b"\x02\x01\x06" + b"\x03\x03\x1a\x18" + b"\x0c\x09thermometer")
print("advertising")
if came.acquire(True, 30):
    print("a central has connected")
    gone.acquire()
    print("it has gone")
running = False
heddle.join(worker)
ble.active(False)
