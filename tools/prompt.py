#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Run a script on an emulated board with a port of MicroPython's own.

That is an image for a real board, which knows of no host: the script goes to its prompt, as mpremote does it. The
status is 1 where the script raises.
"""

import argparse
import os
import signal
import sys
import threading

import board
import qemu

BANNER = "import sys\nprint(sys.version.split('; ')[1], 'on', sys.implementation._machine)"
TOP = "import heddle_top\nheddle_top.report()\ndel heddle_top"
BOOT = 60  # seconds without a word until the prompt


def to_board(running):
    """Pass on what is typed, until it ends."""
    while True:
        data = os.read(sys.stdin.fileno(), 1024)
        if not data:
            return
        running.write(data)


class Text:
    """What the board says, on a file, as it comes."""

    def __init__(self, fd):
        self.fd = fd
        self.held = b""

    def write(self, data):
        text = (self.held + data).replace(b"\r\n", b"\n")
        self.held = b"\r" if text.endswith(b"\r") else b""
        qemu.write_all(self.fd, text[: len(text) - len(self.held)])


def pass_on(running, text):
    """Pass on what the board says up to its Ctrl-D: whether it said anything."""
    anything = False
    while True:
        data = bytes(running.said[running.seen :])
        end = data.find(b"\x04")
        taken = data if end < 0 else data[:end]
        text.write(taken)
        anything = anything or bool(taken)
        running.seen += len(taken) + (end >= 0)
        if end >= 0:
            return anything
        if not running.receive(1):  # a signal just before the wait does not end it
            raise board.BoardError("the board has ended")


def run_script(running, path):
    with open(path, "rb") as f:
        running.exec_start(f.read(), BOOT)
    signal.signal(signal.SIGINT, lambda *_: running.interrupt())
    threading.Thread(target=to_board, args=(running,), daemon=True).start()
    pass_on(running, Text(sys.stdout.fileno()))
    return int(pass_on(running, Text(sys.stderr.fileno())))


def run(arguments):
    with board.Board(arguments.image, arguments.board, icount=arguments.icount) as running:
        running.raw_repl(BOOT)
        if arguments.banner:
            print(running.exec(BANNER).rstrip(), flush=True)
        if arguments.top:
            running.exec(TOP)
        return run_script(running, arguments.script)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", help="the ELF file")
    parser.add_argument("--board", default="pico")
    parser.add_argument("--script", help="a Python script for the board to run", required=True)
    parser.add_argument("--banner", action="store_true", help="first say what runs on what")
    parser.add_argument("--top", action="store_true", help="say once a second what its threads do, for top.py")
    parser.add_argument("--icount", action="store_true", help="time is instructions")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        status = run(arguments)
    except (OSError, board.BoardError) as er:
        sys.exit("prompt: {}".format(er))
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    main()
