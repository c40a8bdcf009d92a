# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A serial line over Bluetooth, as Nordic's UART service has it: what a central writes is sent back in capitals, by a
# thread of its own. uart_talk.py is such a central. It ends when that has gone, or when none comes.

import bluetooth
import queue
import threading

CENTRAL_DISCONNECT, WRITTEN = 2, 3
UART = bluetooth.UUID("6E400001-B5A3-F393-E0A9-E50E24DCCA9E")
RX = bluetooth.UUID("6E400002-B5A3-F393-E0A9-E50E24DCCA9E")
TX = bluetooth.UUID("6E400003-B5A3-F393-E0A9-E50E24DCCA9E")
ble, lines = bluetooth.BLE(), queue.SimpleQueue()


def on_event(event, data):
    # May call anything; the value is read here, before the next write replaces it.
    if event == WRITTEN and data[1] == rx:
        lines.put(str(ble.gatts_read(rx), "utf-8"))
    elif event == CENTRAL_DISCONNECT:
        lines.put(None)


def echo():
    try:
        while (line := lines.get(timeout=30)) is not None:
            print("heard", repr(line))
            ble.gatts_write(tx, line.upper(), True)
    except queue.Empty:
        pass


ble.irq(on_event)
ble.active(True)
characteristics = (RX, bluetooth.FLAG_WRITE | bluetooth.FLAG_WRITE_NO_RESPONSE), (TX, bluetooth.FLAG_NOTIFY)
((rx, tx),) = ble.gatts_register_services(((UART, characteristics),))
ble.gatts_set_buffer(rx, 100)
ble.gap_advertise(100000, b"\x02\x01\x06" + b"\x11\x07" + bytes(UART), resp_data=b"\x05\x09uart")
echoer = threading.Thread(target=echo, name="echo")
echoer.start()
echoer.join()
ble.active(False)
