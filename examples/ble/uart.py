# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A serial line over Bluetooth, as Nordic's UART service has it: what a central writes is sent back in capitals, by a
# thread of its own. uart_talk.py is such a central. It ends when that has gone, or when none comes.

import _thread
import bluetooth
import heddle

CENTRAL_DISCONNECT, WRITTEN = 2, 3
UART = bluetooth.UUID("6E400001-B5A3-F393-E0A9-E50E24DCCA9E")
RX = bluetooth.UUID("6E400002-B5A3-F393-E0A9-E50E24DCCA9E")
TX = bluetooth.UUID("6E400003-B5A3-F393-E0A9-E50E24DCCA9E")
ble = bluetooth.BLE()
lines, came = [], _thread.allocate_lock()


def on_event(event, data):
    # May call anything; the value is read here, before the next write replaces it.
    if event == WRITTEN and data[1] == rx:
        lines.append(str(ble.gatts_read(rx), "utf-8"))
    elif event == CENTRAL_DISCONNECT:
        lines.append(None)
    if came.locked():
        came.release()


def echo():
    while True:
        while not lines:
            if not came.acquire(True, 30):
                return
        line = lines.pop(0)
        if line is None:
            return
        print("heard", repr(line))
        ble.gatts_write(tx, line.upper(), True)


ble.irq(on_event)
ble.active(True)
characteristics = (RX, bluetooth.FLAG_WRITE | bluetooth.FLAG_WRITE_NO_RESPONSE), (TX, bluetooth.FLAG_NOTIFY)
((rx, tx),) = ble.gatts_register_services(((UART, characteristics),))
ble.gatts_set_buffer(rx, 100)
ble.gap_advertise(100000, b"\x02\x01\x06" + b"\x11\x07" + bytes(UART), resp_data=b"\x05\x09uart")
heddle.join(_thread.start_new_thread(echo, (), name="echo"))
ble.active(False)
