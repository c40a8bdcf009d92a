# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's `bluetooth` over the host of ble/: its own tests, unmodified, on two of ours."""

import os

import board as board_module
import multitest
import patience
from harness import BOARD, case
from rig import Rig


def image(ctx, board, kind="gil", **variables):
    return multitest.Instance(board, ctx.image(kind, BOARD=board, BLE=1, **variables))


def run_all(ctx, left, right):
    """All of MicroPython's tests between two instances; the one that cannot be is named with the reason."""
    failed = []
    tests = multitest.bluetooth_tests(ctx.micropython_dir)
    for test in tests:
        try:
            result = multitest.run_multitest(test, left, right, ctx.micropython_dir, ctx.log, logs=ctx.scratch())
            ctx.log("{}: passed, {} and {} packets".format(test, *result.packets))
        except multitest.MultitestError as er:
            ctx.log("{}: {}".format(test, er))
            failed.append(str(er))
    if failed:
        ctx.fail("{} of {} failed; {}".format(len(failed), len(tests), failed[0]))
    ctx.note("{} passed; not {}".format(len(tests), ", ".join(sorted(multitest.EXCEPTED))))


@case(needs=("ble",), timeout=240, waits=True, soak=True)
def bluetooth_host_host(ctx):
    "MicroPython's tests/multi_bluetooth between two programs of this machine."
    instance = image(ctx, "host")
    run_all(ctx, instance, instance)


@case(needs=("ble",), timeout=240, waits=True, soak=True, apart=True)
def bluetooth_host_host_nogil(ctx):
    "The same without a GIL."
    instance = image(ctx, "host", "nogil")
    run_all(ctx, instance, instance)


@case(needs=("ble",), timeout=240, waits=True, soak=True)
def bluetooth_host_board(ctx):
    "MicroPython's tests/multi_bluetooth between a program of this machine and a board on FreeRTOS."
    run_all(ctx, image(ctx, "host"), image(ctx, BOARD))


@case(needs=("ble",), timeout=240, waits=True, soak=True, apart=True)
def bluetooth_board_host(ctx):
    "The other way round, with our own kernel."
    run_all(ctx, image(ctx, BOARD, KERNEL="zephyr"), image(ctx, "host"))


@case(needs=("ble",), timeout=240, waits=True, soak=True)
def bluetooth_board_board(ctx):
    "MicroPython's tests/multi_bluetooth between two boards, one on each kernel."
    run_all(ctx, image(ctx, BOARD), image(ctx, BOARD, KERNEL="zephyr"))


ACTIVATE = """
import bluetooth
ble = bluetooth.BLE()
for method in (ble.gap_scan, ble.gap_disconnect, ble.gattc_exchange_mtu):
    try:
        method(1)
        print(method, "raised nothing")
    except OSError as er:
        assert er.errno == 19, er
for i in range(2):
    try:
        ble.active(True)
    except OSError as er:
        print(er)
print(ble.active())
"""


@case(boards=("host",))
def bluetooth_no_controller(ctx):
    "Where there is no controller, or nothing that answers as one, active(True) says which it is and what to do."
    elf = ctx.image("gil", BOARD="host", BLE=1)
    script = os.path.join(ctx.scratch(), "activate.py")
    with open(script, "w") as f:
        f.write(ACTIVATE)
    for device, said in (
        ("", "ENODEV: no controller is named: set MICROPYBTUART, and start one with `make ble`"),
        ("unix:/nowhere/at/all", "ENOENT: no controller at unix:/nowhere/at/all: start one with `make ble`"),
        ("nonsense", "EINVAL: no device can be nonsense: say unix:PATH, tcp:HOST:PORT or a terminal's path"),
        ("unix:/" + "x" * 200, "EINVAL: the name of the controller's device is too long"),
    ):
        run = patience.run([elf, script], 20, env=dict(os.environ, MICROPYBTUART=device))
        lines = run.stdout.splitlines()
        assert len(lines) == 3 and lines[0] == lines[1] and lines[0].endswith(said) and lines[2] == "False", lines


# A central that connects again whenever the link ends, and reads without a pause; a peripheral that goes on until it
# has been read from so many times.
PERIPHERAL = """
import bluetooth, time
ble = bluetooth.BLE()
came = []
ble.irq(lambda event, data: came.append(event) if event in (1, 4) else None)
ble.active(True)
service = (bluetooth.UUID(0x180F), ((bluetooth.UUID(0x2A19), bluetooth.FLAG_READ),))
((value,),) = ble.gatts_register_services((service,))
ble.gatts_write(value, b"x" * 20)
ble.gap_advertise(20000, b"\\2\\1\\6")
while not came or came.count(4) < {}:
    time.sleep_ms(1)
time.sleep_ms({})
"""
CENTRAL = """
import bluetooth, time
ble = bluetooth.BLE()
state = {{"peer": None, "up": 0, "ended": 0, "reads": 0, "value": 0}}
def ask(method, *arguments):
    try:
        method(*arguments)
    except OSError:
        pass  # the link has ended
def irq(event, data):
    if event == 5:
        state["peer"] = (data[0], bytes(data[1]))
    elif event == 7:
        state["up"] += 1
        ask(ble.gattc_discover_characteristics, data[0], 1, 65535, bluetooth.UUID(0x2A19))
    elif event == 8:
        state["ended"] += 1
    elif event == 11:
        state["value"] = data[2]
    elif event == 12 and data[1] == 0 or event == 16 and data[2] == 0:
        state["reads"] += event == 16
        ask(ble.gattc_read, data[0], state["value"])
ble.irq(irq)
ble.active(True)
ble.gap_scan(0, 30000, 30000)
while not state["peer"]:
    time.sleep_ms(1)
ble.gap_scan(None)
while state["up"] < {resets}:
    ended = state["ended"]
    try:
        ble.gap_connect(*state["peer"], 5000)
    except OSError:
        time.sleep_ms(5)  # the end of the last connection is still to come
        continue
    while state["ended"] == ended:
        time.sleep_ms(1)
ble.active(False)
print("read", state["reads"] >= {resets} // 2, "ended", state["up"] == {resets})
"""
RESETS = 100


def on_controller(ctx, rig, kind="gil"):
    """A board at its raw prompt whose Bluetooth controller is one of the rig's."""
    os.environ["MICROPYBTUART"] = "unix:" + rig.path()
    return board_module.Board(ctx.image(kind, BOARD="host", BLE=1), "host")


def soft_resets(ctx, kind):
    with Rig() as rig, on_controller(ctx, rig, kind) as peripheral, on_controller(ctx, rig, kind) as central:
        peripheral.raw_repl()
        central.raw_repl()
        central.exec_start(CENTRAL.format(resets=RESETS))
        for i in range(RESETS):
            # Of two reads that were asked for one at least was answered.
            peripheral.exec(PERIPHERAL.format(2 * (i % 2), i % 7))
            peripheral.soft_reset()
        said = central.exec_finish(timeout=20)
        assert said == ("read True ended True\n", ""), said
    ctx.note("{} resets".format(RESETS))


@case(needs=("ble",), timeout=120, waits=True)
def bluetooth_soft_resets(ctx):
    "A soft reset with a live connection ends it, wherever it is, and the next program can connect; a hundred times."
    soft_resets(ctx, "gil")


@case(needs=("ble",), timeout=120, waits=True)
def bluetooth_soft_resets_nogil(ctx):
    "The same without a GIL."
    soft_resets(ctx, "nogil")


# A peripheral of three that hear each other; then what the central does with the other two.
ONE_OF_TWO = """
import bluetooth, time
ble = bluetooth.BLE()
came, ended = [], []
ble.irq(lambda event, data: (came if event == 1 else ended).append(data[0]) if event < 3 else None)
ble.active(True)
battery = (bluetooth.UUID(0x2A19), bluetooth.FLAG_READ | bluetooth.FLAG_WRITE | bluetooth.FLAG_NOTIFY)
((value,),) = ble.gatts_register_services(((bluetooth.UUID(0x180F), (battery,)),))
ble.gatts_write(value, {!r})
ble.gap_advertise(20000, b"\\2\\1\\6")
print(repr((ble.config("mac"), value)))
"""
OF_BOTH = """
import bluetooth, time
ble = bluetooth.BLE()
events = []
ble.irq(lambda event, data: events.append((event,) + tuple(bytes(x) if type(x) is memoryview else x for x in data)))
ble.active(True)
def hear(*wanted):
    while True:
        for said in events:
            if said[: len(wanted)] == wanted:
                events.remove(said)
                return said[len(wanted) :]
        time.sleep_ms(1)
links = []
for (kind, address), value in {}:
    ble.gap_connect(kind, address, 5000)
    links.append((hear(7)[0], value))
assert links[0][0] != links[1][0]
for conn, value in links:
    ble.gattc_read(conn, value)
print([hear(15, conn, value)[0] for conn, value in reversed(links)])
for conn, value in links:
    ble.gattc_write(conn, value, b"for %d" % links.index((conn, value)), 1)
for conn, value in reversed(links):
    assert hear(17, conn, value) == (0,)
"""


@case(needs=("ble",), timeout=60, waits=True)
def bluetooth_two_links(ctx):
    "A central with two peripherals reads, writes and is told of each by its connection; one's end is not the other's."
    with Rig() as rig, on_controller(ctx, rig) as one, on_controller(ctx, rig) as other, on_controller(
        ctx, rig
    ) as central:
        peers = []
        for board, value in ((one, b"one"), (other, b"other")):
            board.raw_repl()
            peers.append(board.exec(ONE_OF_TWO.format(value)).strip())
        central.raw_repl()
        assert central.exec(OF_BOTH.format("(" + ",".join(peers) + ")")) == "[b'other', b'one']\n"
        for board, text in ((one, "b'for 0'\n"), (other, "b'for 1'\n")):
            assert board.exec("print(ble.gatts_read(value))") == text
        other.exec("ble.gatts_notify(came[0], value, b'told')")
        assert central.exec("print(hear(18, *links[1]), 18 in {e[0] for e in events})") == "(b'told',) False\n"
        central.exec("ble.gap_disconnect(links[0][0])\nhear(8, links[0][0])\nble.gattc_read(*links[1])")
        assert central.exec("print(hear(15, *links[1]))") == "(b'for 1',)\n"
        one.exec("while not ended: time.sleep_ms(1)")
        assert other.exec("print(ended)\nble.gap_disconnect(came[0])\nwhile not ended: time.sleep_ms(1)") == "[]\n"
        central.exec("hear(8, links[1][0])")
