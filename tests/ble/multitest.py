#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's run-multitests.py on boards that hear each other through a rig, or not at all.

A test is a script with a function for each of two instances, which talk to each other and print; the runner, which is
MicroPython's and unmodified, compares that with what is expected. It gives up if an instance prints nothing for ten
seconds, whatever the machine is doing. Here it gives up if none of them does, for as long as tools/patience.py says.
"""

import collections
import contextlib
import glob
import importlib.util
import os
import re
import subprocess
import sys

import clock as rig_clock
import frame
import rig
import snoop
from rig import patience

PYTHON = "/usr/bin/python3"
BOARD = os.path.join(rig.ROOT, "tests", "ble", "board")
SILENCE = 15  # s of an idle machine; the tests themselves wait for up to five
EXCEPTED = {"stress_deepsleep_reconnect": "no board here goes to deep sleep and is reached at its console again"}

# One of the two: the board, and the path of its image.
Instance = collections.namedtuple("Instance", "board image")
# What a test that passed said: numbers as the test words them, and how many packets each instance sent.
Result = collections.namedtuple("Result", "metrics packets")


class MultitestError(Exception):
    """What went wrong in a test: in one line, with all lines of it behind."""


def bluetooth_tests(micropython):
    """The names of MicroPython's own tests of Bluetooth but for those in EXCEPTED."""
    found = glob.glob(os.path.join(micropython, "tests", "multi_bluetooth", "*.py"))
    return sorted({os.path.basename(path)[: -len(".py")] for path in found} - set(EXCEPTED))


def instance_word(instance, uart=None, clock=None):
    """What names an instance to the runner."""
    words = ["exec:" + BOARD, "BOARD=" + instance.board, "IMAGE=" + instance.image]
    words += ["MICROPYBTUART=unix:" + uart] if uart else []
    words += ["{}={}".format(*item) for item in clock.environment().items()] if clock else []
    for word in words:
        if "," in word or word.count("=") > 1:
            raise MultitestError("run-multitests.py cannot be told of {}".format(word))
    return ",".join(words)


def first_fault(output):
    """The line of the runner's that tells most of what is wrong: an exception, or a difference."""
    for pattern in (r"^\+(\w+Error.*)$", r"^(\+(?!\+).+)$", r"^(-(?!-).+)$"):
        found = re.search(pattern, output, re.M)
        if found:
            return found.group(1)
    return (output.strip().split("\n") or [""])[-1]


def run_test(path, words, micropython, log=print, silence=SILENCE):
    """Run one test on the instances that the words name: what it says in numbers."""
    options = [option for word in words for option in ("-i", word)]
    line = [PYTHON, os.path.abspath(__file__), micropython, "-t", *options, os.path.abspath(path)]
    name = os.path.basename(path)
    try:
        run = patience.run(line, silence)
    except subprocess.TimeoutExpired as er:
        said = (er.output or b"").decode(errors="replace")
        log(said)
        last = (said.strip().split("\n") or [""])[-1].strip()
        raise MultitestError("{}: nothing more is said after: {}".format(name, last))
    log(run.stdout)
    if run.returncode or "\n1 tests passed\n" not in run.stdout:
        skipped = "tests skipped:" in run.stdout
        raise MultitestError("{}: {}".format(name, "it skips itself" if skipped else first_fault(run.stdout)))
    return re.findall("^" + re.escape(os.path.abspath(path)) + ": (.+)$", run.stdout, re.M)


def run_multitest(test, left, right, micropython, log=print, kind="le", logs=None):
    """Run one of MicroPython's tests of Bluetooth, or one by its path, between two instances: a Result.

    Each has a controller of its own, which it reaches through a bridge: as many after another as it likes. Both have
    the rig's clock. `logs` is a folder for the snoops, in which nothing may be malformed.
    """
    path = test if test.endswith(".py") else os.path.join(micropython, "tests", "multi_bluetooth", test + ".py")
    name = os.path.basename(path)[: -len(".py")]
    with rig.Rig() as ether:
        snoops = [os.path.join(logs or ether.folder, "{}.{}.btsnoop".format(name, side)) for side in ("left", "right")]
        with contextlib.ExitStack() as stack:
            clock = stack.enter_context(rig_clock.Clock(os.path.join(ether.folder, "clock"), boards=2))
            clock.join(rig_clock.Party.process(ether.process.pid))
            words = []
            for instance, file in zip((left, right), snoops):
                uart = os.path.join(ether.folder, "uart{}".format(len(words)))
                stack.enter_context(frame.Bridge(uart, ether.path(kind), file, clock))
                words.append(instance_word(instance, uart, clock))
            metrics = run_test(path, words, micropython, log)
        return Result(metrics, [snoop.check_snoop(file) for file in snoops])


def main():
    """Be the runner, with a limit that others set."""
    folder = os.path.join(sys.argv.pop(1), "tests")
    spec = importlib.util.spec_from_file_location("runner", os.path.join(folder, "run-multitests.py"))
    runner = importlib.util.module_from_spec(spec)
    sys.path.insert(0, folder)
    spec.loader.exec_module(runner)
    runner.INSTANCE_READ_TIMEOUT_S = float("inf")
    runner.main()


if __name__ == "__main__":
    main()
