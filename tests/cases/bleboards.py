# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Boards with a Bluetooth controller each, under MicroPython's own runner of tests on two of them."""

import itertools
import os
import re
import signal
import subprocess
import tempfile

import frame
import multitest
import patience
import snoop
from cases.selftest import pids_that_name
from harness import BOARD, BOTH, ROOT, case
from rig import Rig

PAIRS = [(left, right) for left in BOTH for right in BOTH]


def instances(ctx, boards):
    """What the boards are to the runner of multitests."""
    images = {"host": "gil-testing", BOARD: "gil"}
    return [multitest.Instance(board, ctx.image(images[board], BOARD=board)) for board in boards]


def own_test(name):
    return os.path.join(ROOT, "tests", "ble", "multi", name + ".py")


def run_own(ctx, name, pair, **options):
    """Run a multitest of our own, which needs no controller: its numbers."""
    words = [multitest.instance_word(instance) for instance in pair]
    return multitest.run_test(own_test(name), words, ctx.micropython_dir, ctx.log, **options)


def multitest_fails(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except multitest.MultitestError as er:
        assert "\n" not in str(er), er
        return str(er)
    raise AssertionError("it passed")


@case(needs=("ble",), timeout=60, waits=True)
def ble_multitest(ctx):
    "MicroPython's runner of tests on two instances has a host and a board on either side, and CPython to compare with."
    for pair in PAIRS:
        said = multitest.run_multitest(own_test("talk"), *instances(ctx, pair), ctx.micropython_dir, ctx.log)
        assert said == (["left talked of 50 lines"], [0, 0]), (pair, said)
    found = multitest.bluetooth_tests(ctx.micropython_dir)
    assert len(found) == 18 and not set(multitest.EXCEPTED) & set(found), found


@case(needs=("ble",), timeout=60, waits=True)
def ble_multitest_fails(ctx):
    "A multitest that prints something else, hangs, is skipped or lacks a module fails, and says why in a line."
    pair = instances(ctx, ("host", BOARD))
    assert multitest_fails(run_own, ctx, "differ", pair) == "differ.py: +this is micropython"
    assert multitest_fails(run_own, ctx, "skips", pair) == "skips.py: it skips itself"
    said = multitest_fails(run_own, ctx, "silent", pair, silence=1)
    assert re.fullmatch(r"silent.py: nothing more is said after: \d+ i1 : all said", said), said
    wrong = [instance._replace(image="/nowhere") for instance in pair]
    assert multitest_fails(run_own, ctx, "talk", wrong) == "talk.py: +board: IMAGE=/nowhere: no such file"
    said = multitest_fails(multitest.run_multitest, own_test("lacks"), *pair, ctx.micropython_dir, ctx.log)
    assert said == "lacks.py: ImportError: no module named 'no_such_module'", said


UART = """
import machine, time
DATA, STATE, CTRL, BAUDDIV = 0x40005000, 0x40005004, 0x40005008, 0x40005010
machine.mem32[BAUDDIV] = 16
machine.mem32[CTRL] = 3
def write(data):
    for byte in data:
        while machine.mem32[STATE] & 1:
            pass
        machine.mem32[DATA] = byte
def read(count):
    data = bytearray()
    while len(data) < count:
        if machine.mem32[STATE] & 2:
            data.append(machine.mem32[DATA] & 0xff)
    return data
for i in range(3):
    write(b"\\1\\3\\x0c\\0")
    print(read(7).hex())
"""


@case(needs=("ble",), images=("gil",), timeout=60)
def ble_board_uart(ctx):
    "The second UART of the board in QEMU reaches a controller, byte by byte; the script's status is the program's."
    log = os.path.join(ctx.scratch(), "uart.btsnoop")
    with Rig() as rig:
        path = os.path.join(rig.folder, "uart")
        with frame.Bridge(path, rig.path(), log):
            environment = {"BOARD": BOARD, "IMAGE": ctx.image("gil"), "MICROPYBTUART": "unix:" + path}
            for end, status in (("", 0), ("import sys; sys.exit(7)", 7), ("1/0", 1)):
                run = patience.run([multitest.BOARD, "-c", UART + end], 20, env=environment)
                assert run.returncode == status and run.stdout.startswith(3 * "040e0401030c00\n"), run
    assert snoop.check_snoop(log) == 3 * 3


FOREVER = "print('started')\nwhile True: pass"
BY_SHELL = ["/bin/sh", "-c", '"$0" -c "$1" & wait']


@case(images=("gil",), timeout=60)
def ble_board_ends(ctx):
    "A board does not outlive the program that runs it, nor that the one that started it; no file is left if it can be."
    for board, start, number in (
        *itertools.product(BOTH, ([], BY_SHELL), (signal.SIGKILL,)),
        *itertools.product(BOTH, ([],), (signal.SIGTERM,)),
    ):
        with tempfile.TemporaryDirectory() as folder:
            (instance,) = instances(ctx, (board,))
            environment = {"BOARD": board, "IMAGE": instance.image, "TMPDIR": folder}
            line = [*start, multitest.BOARD, *([] if start else ["-c"]), FOREVER]
            program = subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert program.stdout.readline() == b"started\n" and pids_that_name(folder)
            program.send_signal(number)
            assert patience.wait_for_end(program, 5) is not None
            assert number == signal.SIGKILL or not os.listdir(folder)
            assert patience.wait_until(lambda: not pids_that_name(folder), 5), pids_that_name(folder)


@case(timeout=60)
def ble_board_bad_input(ctx):
    "What the program that runs a board cannot do is said in a line."
    for environment, words, said in (
        ({"BOARD": "host", "IMAGE": "/bin/true"}, ["x.py"], "usage: board -c SCRIPT"),
        ({"BOARD": "pdp11", "IMAGE": "/bin/true"}, ["-c", ""], "BOARD=pdp11: no such board; there are: host "),
        ({"BOARD": "host"}, ["-c", ""], "IMAGE=: no such file"),
        ({"BOARD": BOARD, "IMAGE": "/bin/true", "MICROPYBTUART": "tcp:x:1"}, ["-c", ""], "tcp:x:1: QEMU takes unix:"),
    ):
        run = subprocess.run([multitest.BOARD, *words], env=environment, stderr=subprocess.PIPE, text=True)
        assert run.returncode == 1 and said in run.stderr and run.stderr.count("\n") == 1, run
