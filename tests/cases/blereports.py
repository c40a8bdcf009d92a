# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What users of MicroPython's `bluetooth` have reported elsewhere, done with ours at both ends: each case names the
report in MicroPython's tracker (lib: micropython-lib's) that it does again."""

import contextlib
import os
import socket
import tempfile
import threading

import ours
import patience
from cases.bleinterop import (
    ADVERTISE, CENTRAL_CONNECT, CENTRAL_DISCONNECT, CHANNEL_CONNECT, CHANNEL_DISCONNECT, MTU, NOTIFY,
    PERIPHERAL_CONNECT, PERIPHERAL_DISCONNECT, READ_DONE, WRITE, WRITE_DONE,
)
from harness import case
from rig import Rig

INACTIVE, INVALID, NOT_SUPPORTED, NOT_CONNECTED, ALREADY = 19, 22, 95, 107, 114  # errno
FLOOD = 1000  # packets each way


@contextlib.contextmanager
def boards(ctx, name, count=2):
    """So many of ours, active."""
    image = ctx.image("gil", BOARD="host", BLE=1)
    with Rig() as rig, contextlib.ExitStack() as stack:
        logs = [os.path.join(ctx.scratch(), "{}.{}.btsnoop".format(name, i)) for i in range(count)]
        started = [stack.enter_context(ours.Ours(image, rig, log)) for log in logs]
        for our in started:
            our.start()
        yield started


def address(our):
    return our.ask('(ble.config("mac")[0], bytes(ble.config("mac")[1]))')


def join(peripheral, central):
    """Connect them: c is the connection in each."""
    peripheral.run(ADVERTISE)
    central.run("ble.gap_connect(*{!r})".format(address(peripheral)))
    for our, event in ((central, PERIPHERAL_CONNECT), (peripheral, CENTRAL_CONNECT)):
        our.run("c = {}".format(our.hear(event)[0]))


def error(our, statement):
    """The errno of what it raises."""
    return our.ask("error(lambda: {})".format(statement))


ERROR = """
def error(f):
    try:
        f()
    except OSError as er:
        return er.errno
"""


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_inactive(ctx):
    "13715, 10477: active(False) with a live connection returns, from the prompt, a scheduled function and the handler."
    where = (
        "ble.active(False)",
        "import micropython\ndone = []\nmicropython.schedule(lambda _: done.append(ble.active(False)), 0)\n"
        "while not done:\n    time.sleep_ms(1)",
        "done = []\nold = irq\ndef other(event, data):\n    if event == 3:\n        done.append(ble.active(False))\n"
        "ble.irq(other)",
    )
    with boards(ctx, "inactive") as (peripheral, central):
        for how in where:
            join(peripheral, central)
            peripheral.run(how)
            if "other" in how:
                central.run("ble.gattc_write(c, {}, b'x', 0)".format(peripheral.ask("KEPT")))
                peripheral.run("while not done:\n    time.sleep_ms(1)")
            central.hear(PERIPHERAL_DISCONNECT)
            assert peripheral.ask("ble.active()") is False
            peripheral.run("ble.irq(irq)\nevents.clear()")
            peripheral.start()


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_active_again(ctx):
    "6656: inactive and active again in a scheduled function after a disconnection; the next connection is made."
    with boards(ctx, "again") as (peripheral, central):
        peripheral.run(
            "import micropython\ndone = []\ndef again(_):\n    ble.active(False)\n    ble.active(True)\n"
            "    {}\n    done.append(1)\ndef other(event, data):\n    irq(event, data)\n    if event == 2:\n"
            "        micropython.schedule(again, 0)\nble.irq(other)".format(ADVERTISE)
        )
        join(peripheral, central)
        for i in range(3):
            central.run("ble.gap_disconnect(c)")
            central.hear(PERIPHERAL_DISCONNECT)
            peripheral.run("while len(done) <= {}:\n    time.sleep_ms(1)".format(i))
            central.run("ble.gap_connect(*{!r})".format(address(peripheral)))
            central.run("c = {}".format(central.hear(PERIPHERAL_CONNECT)[0]))
            peripheral.hear(CENTRAL_CONNECT)


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_gone(ctx):
    "11318: who has subscribed is told; to notify who is gone, or never was there, is an error that says so."
    with boards(ctx, "gone") as (peripheral, central):
        peripheral.run(ERROR)
        for _ in range(2):
            join(peripheral, central)
            central.run("ble.gattc_write(c, {} + 1, b'\\1\\0', 1)".format(peripheral.ask("TOLD")))
            assert central.hear(WRITE_DONE)[2] == 0
            peripheral.run('ble.gatts_write(TOLD, b"told", True)')
            assert central.hear(NOTIFY)[2] == b"told"
            central.run("ble.gap_disconnect(c)")
            central.hear(PERIPHERAL_DISCONNECT)
            peripheral.hear(CENTRAL_DISCONNECT)
            for connection in ("c", 0, 65535):
                for what in ("notify", "indicate"):
                    assert error(peripheral, "ble.gatts_{}({}, TOLD, b'x')".format(what, connection)) == NOT_CONNECTED
            peripheral.run('ble.gatts_write(TOLD, b"nobody", True)')


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_nobody(ctx):
    "lib 950: a connection to nobody times out, each time that it is tried, and is never told as made."
    with boards(ctx, "nobody") as (other, central):
        central.run(ERROR)
        to = address(other)
        for _ in range(3):
            central.run("ble.gap_connect(*{!r}, 300)".format(to))
            assert error(central, "ble.gap_connect(*{!r}, 300)".format(to)) == ALREADY
            connection, _, at = central.hear(PERIPHERAL_DISCONNECT)
            assert (connection, at) == (65535, to[1]), (connection, at)
        assert central.ask("events") == []
        join(other, central)


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_mtu(ctx):
    "7584: either side asks for the MTU where it is told of the connection, both at once; a second time is an error."
    with boards(ctx, "mtu") as (peripheral, central):
        for our in (peripheral, central):
            our.run(
                "def other(event, data):\n    irq(event, data)\n    if event in (1, 7):\n"
                "        ble.gattc_exchange_mtu(data[0])\nble.irq(other)" + ERROR
            )
        join(peripheral, central)
        for our in (peripheral, central):
            assert our.hear(MTU)[1] == our.ask('ble.config("mtu")')
        for our in (peripheral, central):
            assert error(our, "ble.gattc_exchange_mtu(c)") == ALREADY


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_services(ctx):
    "14458, 6717: services with descriptors have handles of their own, as often as they are registered."
    with boards(ctx, "services") as (peripheral, central):
        peripheral.run(
            "U, F = bluetooth.UUID, bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY\n"
            "D = (U(0x2901), bluetooth.FLAG_READ), (U(0x2904), bluetooth.FLAG_READ)\n"
            "S = tuple((U(0x1800 + s), tuple((U(0x2A00 + s * 8 + i), F, D) for i in range(3))) for s in (10, 15, 26))\n"
            "def register():\n    return ble.gatts_register_services(S)\n"
        )
        first = peripheral.ask("register()")
        flat = [handle for service in first for handle in service]
        assert len(set(flat)) == len(flat) == 27, first
        for i in range(20):
            assert peripheral.ask("register()") == first
        peripheral.run("gc.collect()\nbefore = gc.mem_free()\nfor i in range(100):\n    register()\ngc.collect()")
        lost = peripheral.ask("before - gc.mem_free()")
        assert lost < 1000, lost
        for i, handle in enumerate(flat):
            peripheral.run("ble.gatts_write({}, b'{}')".format(handle, i))
        join(peripheral, central)
        for i, handle in enumerate(flat):
            central.run("ble.gattc_read(c, {})".format(handle))
            assert central.hear(READ_DONE)[2] == 0
            assert central.ask("bytes([e for e in events if e[0] == 15][-1][3])") == str(i).encode()


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_channel_ends(ctx):
    "lib 1006: a link that ends while a channel is sent on is an OSError and the channel's end, not more."
    with boards(ctx, "channel-ends") as (peripheral, central):
        central.run(ERROR)
        peripheral.run("ble.l2cap_listen(22, 200)")
        join(peripheral, central)
        central.run("ble.l2cap_connect(c, 22, 200)")
        channel = central.hear(CHANNEL_CONNECT)[1]
        central.run(
            "sent = 0\ndef send():\n    global sent\n    while True:\n"
            "        if not ble.l2cap_send(c, {}, b'x' * 200):\n            return\n        sent += 1".format(channel)
        )
        assert error(central, "send()") is None  # it is stalled: nobody takes it there
        peripheral.run("ble.gap_disconnect(c)")
        assert central.hear(CHANNEL_DISCONNECT)[1] == channel
        central.hear(PERIPHERAL_DISCONNECT)
        assert error(central, "send()") == NOT_CONNECTED


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_flood(ctx):
    "presto 118: both sides send as fast as they can, and neither is told that there is no room, nor misses anything."
    with boards(ctx, "flood") as (peripheral, central):
        join(peripheral, central)
        kept = peripheral.ask("KEPT")
        for our, what, value in ((peripheral, WRITE, "ble.gatts_read(KEPT)"), (central, NOTIFY, "bytes(data[2])")):
            our.run(
                "got = []\ndef other(event, data):\n    if event == {}:\n        got.append({})\n"
                "    else:\n        irq(event, data)\nble.irq(other)".format(what, value)
            )
        begin = "for i in range({0}):\n    {1}\nwhile len(got) < {0}:\n    time.sleep_ms(1)"
        peripheral.board.exec_start(begin.format(FLOOD, "ble.gatts_notify(c, TOLD, b'%d' % i)"))
        central.run(begin.format(FLOOD, "ble.gattc_write(c, {}, b'%d' % i, 0)".format(kept)))
        assert peripheral.board.exec_finish() == ("", "")
        for our in (peripheral, central):
            assert our.ask("got == [b'%d' % i for i in range({})]".format(FLOOD))


# BlueZ's controllers have none of it; with this one it is seen what is asked for.
WISHES = """
import bluetooth
ble = bluetooth.BLE()
def wishes():
    print((ble.config("data_length"), ble.config("phy"), ble.config("extended")))
ble.active(True)
ble.config(extended=True, phy=6, data_length=200, mtu=100)
wishes()
ble.gap_advertise(100000, bytes(range(200)), connectable=False)
ble.gap_scan(0, 30000, 30000)
ble.active(False)
ble.active(True)
wishes()
ble.active(False)
"""


class AgreesToAll:
    """A controller that has everything and does nothing: `commands`, the parameters of the last of each opcode."""

    def __init__(self, path):
        self.commands = {}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                while len(head := stream.read(4)) == 4:
                    self.commands[int.from_bytes(head[1:3], "little")] = stream.read(head[3])
                    connection.sendall(bytes((4, 0x0E, 68, 1, head[1], head[2], 0)) + 64 * b"\xff")


@case(needs=("ble",), timeout=120, waits=True)
def ble_report_range(ctx):
    "8671: longer packets, coded PHY and extended advertising are names of config(), or an error where they are not."
    defaults = "(ble.config('data_length'), ble.config('phy'), ble.config('extended'))"
    with boards(ctx, "short", 1) as (old,):
        old.run(ERROR)
        for wish in ("data_length=251", "phy=3", "extended=True"):
            assert error(old, "ble.config({})".format(wish)) == NOT_SUPPORTED
        assert error(old, "ble.config(data_length=-1)") == INVALID
        assert old.ask(defaults) == (27, 1, 0)
        old.run("ble.config(gap_name='short', mtu=100, extended=False)")
        assert old.ask("(ble.config('gap_name'), ble.config('mtu'))") == (b"short", 100)
        for unknown in ("ble.config('range')", "ble.config(range=1)", "ble.config(mtu=50, range=1)"):
            old.run("try:\n    {}\nexcept ValueError:\n    pass\nelse:\n    raise SystemExit".format(unknown))
        old.run("ble.active(False)")
        assert error(old, "ble.config(data_length=251)") == INACTIVE
    script = os.path.join(ctx.scratch(), "wishes.py")
    with open(script, "w") as f:
        f.write(WISHES)
    with tempfile.TemporaryDirectory() as folder, AgreesToAll(os.path.join(folder, "yes")) as new:
        environment = dict(os.environ, MICROPYBTUART="unix:" + os.path.join(folder, "yes"))
        run = patience.run([ctx.image("gil", BOARD="host", BLE=1), script], 20, env=environment)
        assert run.returncode == 0 and run.stdout == "(200, 6, 1)\n(27, 1, 0)\n", run
    assert new.commands[0x2024] == bytes((200, 0)) + (17040).to_bytes(2, "little")
    assert new.commands[0x2031] == bytes((0, 6, 6))
    parameters, data = new.commands[0x2036], new.commands[0x2037]
    assert parameters[1] == 0 and parameters[20] == parameters[22] == 3, parameters  # not connectable, on coded PHY
    assert data == bytes((0, 3, 1, 200)) + bytes(range(200)), data
    assert new.commands[0x2041][2] == 5 and len(new.commands[0x2041]) == 13  # on 1M and on coded PHY
