#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Start the board that is a Linux program, with its console here or on a pseudo-terminal.

The same commands and the same library half as qemu.py's, for BOARD=host.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys

import qemu

ADDR_NO_RANDOMIZE = 0x0040000


def prepare():
    """For preexec_fn. Sanitizers of Debian 12 do not know where newer kernels put a random program."""
    qemu.die_with_parent()
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)


def command(elf, script=None, banner=False, top=False, trace=None):
    options = (["--banner"] if banner else []) + (["--top"] if top else [])
    options += ["--trace", str(trace)] if trace is not None else []
    return [elf, *options] + ([script] if script else [])


def start(line, **options):
    """Popen for the program: never outlives this process."""
    return subprocess.Popen(line, bufsize=0, preexec_fn=prepare, **options)


def run(arguments):
    line = command(arguments.image, arguments.script, arguments.banner, arguments.top, arguments.trace)
    if arguments.pty:
        process, path, _ = qemu.start_on_pty(line, start)
        qemu.say_how_to_reach(path, arguments.micropython)
        return qemu.wait_and_kill(process, process.wait)
    # A session of its own: the terminal's Ctrl-C is for the program's Python, not for the program.
    process = start(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    return qemu.run_on_console(process, hand_on_end=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", help="the program")
    parser.add_argument("--script", help="a Python script for the program to run")
    parser.add_argument("--banner", action="store_true", help="first say what runs on what")
    parser.add_argument("--top", action="store_true", help="say once a second what its threads do, for top.py")
    parser.add_argument("--trace", type=int, help="trace it, with a ring of so many KB, 0 for as many as are good")
    parser.add_argument("--pty", action="store_true", help="console on a pseudo-terminal")
    parser.add_argument("--micropython", help="the tree with tools/mpremote, for advice")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        status = run(arguments)
    except OSError as er:
        sys.exit("host: {}".format(er))
    except KeyboardInterrupt:
        status = 0 if arguments.pty else 130
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
