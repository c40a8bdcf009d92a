# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The examples of Bluetooth, two boards against each other, as `make ble-run` has them: they say what they should."""

import os
import re
import signal
import subprocess

import hci
import pair
import patience
import snoop
from harness import BOARD, PYTHON, ROOT, bare_environment, case

FOLDER = os.path.join(ROOT, "examples", "ble")
DEGREES = r"2\d\.(00|25|50|75)"
# What each side says, line by line, in regular expressions.
PAIRS = {
    ("temperature", "read_sensor"): (
        ["advertising", "a central has connected", "it has gone"],
        ["read {} degrees".format(DEGREES)] + ["told " + DEGREES] * 5,
    ),
    ("uart", "uart_talk"): (
        ["heard 'hello'", "heard 'threads'", "heard 'and goodbye'"],
        ["hello -> HELLO", "threads -> THREADS", "and goodbye -> AND GOODBYE"],
    ),
    ("lock", "key"): (
        ["kept a secret of kind 3", "kept a secret of kind 1"]
        + ["encrypted: True, bonded: True, with 16 octets", "the bolt is open"]
        + ["encrypted: True, bonded: True, with 16 octets", "the bolt is shut"],
        ["open: status 5"]
        + ["encrypted: 1, authenticated: 0, bonded: 1", "open: status 0"]
        + ["encrypted: 1, authenticated: 0, bonded: 1", "shut: status 0"],
    ),
    ("file_receive", "file_send"): (["received 20000 bytes, CRC 5245f867"], ["sent 20000 bytes, CRC 5245f867"]),
}


def instance(ctx, board, script, kind="gil"):
    return board, ctx.image(kind, BOARD=board, BLE=1), os.path.join(FOLDER, script + ".py")


def run_pair(ctx, boards, scripts, kind="gil"):
    """Run two examples against each other: each ends by itself, and says what it should."""
    said = {side: [] for side in pair.SIDES}

    def say(line):
        ctx.log(line)
        side, _, text = line.partition("| ")
        said[side.strip()].append(text)

    statuses = pair.run([instance(ctx, *which, kind) for which in zip(boards, scripts)], say)
    assert statuses == [0, 0], (scripts, statuses)
    for side, wanted in zip(pair.SIDES, PAIRS[scripts]):
        matches = [re.fullmatch(pattern, line) for pattern, line in zip(wanted, said[side])]
        assert len(said[side]) == len(wanted) and all(matches), (scripts, side, said[side])


@case(needs=("ble",), timeout=120, waits=True)
def ble_examples(ctx):
    "Each pair of examples says what it should between two programs of this machine, and ends."
    for scripts in PAIRS:
        run_pair(ctx, ("host", "host"), scripts)
    ctx.note("{} pairs".format(len(PAIRS)))


@case(needs=("ble",), timeout=120, waits=True)
def ble_examples_nogil(ctx):
    "The same without a GIL."
    for scripts in PAIRS:
        run_pair(ctx, ("host", "host"), scripts, "nogil")


@case(needs=("ble",), timeout=120, waits=True)
def ble_examples_board(ctx):
    "The same between a board with a UART and a program, with the board on either side."
    for number, scripts in enumerate(PAIRS):
        run_pair(ctx, (BOARD, "host") if number % 2 else ("host", BOARD), scripts)


@case(needs=("ble",), timeout=60, waits=True)
def ble_example_scanner(ctx):
    "The scanner finds a thermometer, with its name and its service; who is not heard is not there."
    thermometer = instance(ctx, "host", "temperature")
    _, image, script = instance(ctx, "host", "scanner")
    with pair.controllers() as (uarts, _):
        for there, wanted in ((False, r"0 found\n"), (True, r"1 found\n[0-9a-f:]{17} 127 dBm thermometer 181a\n")):
            left = pair.start(*thermometer, uarts[0], ctx.scratch()) if there else None
            try:
                if there:
                    assert left.stdout.readline().rstrip() == b"advertising"
                environment = dict(os.environ, MICROPYBTUART=uarts[1])
                said = patience.run([image, script], 30, env=environment).stdout
                assert re.fullmatch(wanted, said), said
            finally:
                if there:
                    left.kill()
                    left.wait()


@case(needs=("ble",), timeout=60, waits=True)
def ble_controllers_by_hand(ctx):
    "What `make ble` starts says how to reach it, serves one program after another, and leaves nothing at its end."
    tool = os.path.join(ROOT, "tests", "ble", "pair.py")
    image = ctx.image("gil", BOARD="host", BLE=1)
    with subprocess.Popen([PYTHON, tool], stdout=subprocess.PIPE, text=True) as process:
        try:
            said = ""
            while "Ctrl-C" not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            uarts = re.findall(r"MICROPYBTUART=(unix:\S+)", said)
            assert len(set(uarts)) == 2, said
            script = os.path.join(ctx.scratch(), "active.py")
            with open(script, "w") as f:
                f.write("import bluetooth\nprint(bluetooth.BLE().active(True))\n")
            for uart in uarts * 2:
                heard = patience.run([image, script], 30, env=dict(os.environ, MICROPYBTUART=uart)).stdout
                assert heard == "True\n", heard
            process.send_signal(signal.SIGINT)
            assert patience.wait_for_end(process, 10) == 0
            assert not os.path.exists(os.path.dirname(uarts[0].partition(":")[2])), uarts
        finally:
            process.kill()


@case(needs=("ble",), timeout=60, waits=True)
def ble_snoop_by_hand(ctx):
    "`make hci` logs every packet of its script, alone or against another; tshark reads the log, and none is malformed."
    tool = os.path.join(ROOT, "tests", "ble", "pair.py")
    words = [tuple(instance(ctx, "host", name)) for name in ("temperature", "read_sensor")]
    left, right = ((":".join(word[:2]), word[2]) for word in words)
    folder = ctx.scratch()
    alone = os.path.join(folder, "alone.py")
    with open(alone, "w") as f:
        f.write("import bluetooth\nprint(bluetooth.BLE().active(True))\n")
    run = patience.run([PYTHON, tool, "--snoop", left[0], alone], 30, cwd=folder)
    assert (run.returncode, run.stdout) == (0, "True\n"), run
    run = patience.run([PYTHON, tool, "--snoop", *left, *right], 30, cwd=folder)
    assert run.returncode == 0 and "right | told 22.00\n" in run.stdout, run
    logs = [os.path.join(folder, name + ".btsnoop") for name in ("alone", "temperature")]
    found = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".btsnoop")]
    assert sorted(found) == logs, found
    few, many = (snoop.check_snoop(log) for log in logs)
    assert 5 < few < many, (few, many)
    # Five values of two octets were notified: an opcode, a handle and the value.
    told = [packet for packet, received in snoop.read(logs[1]) if not received and packet[0] == hci.ACL]
    assert len([packet for packet in told if packet[9:10] == b"\x1b"]) >= 5, told


@case(needs=("ble",), timeout=30, waits=True)
def ble_pair_fails(ctx):
    "A script that raises, in a pair, ends with its status; a wrong file or board is named."
    script = os.path.join(ctx.scratch(), "raise.py")
    with open(script, "w") as f:
        f.write("raise SystemExit(3)\n")
    image = ctx.image("gil", BOARD="host", BLE=1)
    lines = []
    assert pair.run([("host", image, script)] * 2, lines.append) == [3, 3] and not lines
    tool = os.path.join(ROOT, "tests", "ble", "pair.py")
    run = patience.run([PYTHON, tool, "host:" + image, "/nowhere.py", "host:" + image, script], 30)
    assert (run.returncode, run.stdout) == (1, "ble: /nowhere.py: no such file\n"), run
    for word, wanted in (("PEER=pico", "no such board with Bluetooth"), ("LEFT=/nowhere.py", "no such file")):
        run = patience.run(["make", "ble-run", word], 30, cwd=ROOT, env=bare_environment())
        assert run.returncode == 2 and run.stdout.count("\n") == 1, run
        assert "*** {}: {}; ".format(word, wanted) in run.stdout, run
