#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Two boards with a Bluetooth controller each, and no radio.

usage: pair.py                                                  leave two controllers at sockets until Ctrl-C
       pair.py BOARD:IMAGE LEFT.py BOARD:IMAGE RIGHT.py         run two scripts against each other
       pair.py --snoop BOARD:IMAGE NAME.py [BOARD:IMAGE RIGHT.py]       the same, or one script alone, and log all
                                                                packets of the first, in NAME.btsnoop of this folder

With two scripts each line that a board says comes with its side, left or right; this ends when both have, and its exit
status is the first one that is not 0. Controllers, boards and other files end with this program.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading

import frame
import rig
from rig import qemu

import host  # of tools/, as rig has put it on the path

SIDES = ("left", "right")
HOW = """\
Two Bluetooth LE controllers that hear each other, without a radio: BlueZ's btvirt. Each has one board at a time,
a program of this machine or QEMU's. In two other terminals, for example:

    MICROPYBTUART={left} ./heddle run examples/ble/temperature.py BOARD=host BLE=1
    MICROPYBTUART={right} ./heddle run examples/ble/read_sensor.py BOARD=host BLE=1

BOARD=mps2-an385 for either has it at its second UART. Ctrl-C here ends both and leaves nothing."""


@contextlib.contextmanager
def controllers(snoop=None):
    """What MICROPYBTUART is for each side, as long as they are there; `snoop` is a log of the first's packets."""
    with rig.Rig() as ether, contextlib.ExitStack() as stack:
        paths = [os.path.join(ether.folder, side) for side in SIDES]
        for path, log in zip(paths, (snoop, None)):
            stack.enter_context(frame.Bridge(path, ether.path(), log))
        yield ["unix:" + path for path in paths], ether


def start(board, image, script, uart, folder):
    """A board that runs a script, its console in a pipe."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    if board == "host":
        environment = dict(os.environ, MICROPYBTUART=uart)
        return host.start(host.command(image, script), env=environment, **pipes)
    blob = os.path.join(folder, os.path.basename(uart) + ".bin")
    with open(blob, "wb") as f:
        f.write(qemu.script_blob(script))
    return qemu.start(qemu.command(image, board, blob, hci=uart), **pipes)


def pass_on(prefix, process, say):
    for line in process.stdout:
        say(prefix + line.decode(errors="replace").rstrip("\r\n"))


def run(instances, say, snoop=None):
    """Run a script on each of two boards, (board, image, script), or on one: the exit status of each."""
    processes = []
    prefixes = ["{:5} | ".format(side) for side in SIDES] if len(instances) > 1 else [""]
    with controllers(snoop) as (uarts, _), tempfile.TemporaryDirectory(prefix="heddle-ble-") as folder:
        try:
            for instance, uart in zip(instances, uarts):
                processes.append(start(*instance, uart, folder))
            threads = [threading.Thread(target=pass_on, args=(*way, say)) for way in zip(prefixes, processes)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return [process.wait() for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()


def instances(words):
    found = []
    for where, script in zip(words[::2], words[1::2]):
        board, _, image = where.partition(":")
        for path in (image, script):
            if not os.path.isfile(path):
                raise rig.RigError("{}: no such file".format(path or where))
        found.append((board, image, script))
    return found


def main():
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    words = sys.argv[1:]
    try:
        snoops = words[:1] == ["--snoop"]
        words = words[snoops:]
        if len(words) == 4 or (snoops and len(words) == 2):
            snoop = os.path.splitext(os.path.basename(words[1]))[0] + ".btsnoop" if snoops else None
            # In one piece: the other side speaks, too.
            statuses = run(instances(words), lambda line: print(line + "\n", end="", flush=True), snoop)
            sys.exit(next((status if status > 0 else 128 - status for status in statuses if status), 0))
        if sys.argv[1:]:
            sys.exit(__doc__)
        with controllers() as (uarts, ether):
            print(HOW.format(**dict(zip(SIDES, uarts))), flush=True)
            ether.process.wait()
    except KeyboardInterrupt:
        sys.exit(0 if not words else 130)
    except (OSError, frame.FramingError, rig.RigError) as er:
        sys.exit("ble: {}".format(er))


if __name__ == "__main__":
    main()
