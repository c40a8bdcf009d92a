#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Run what starts a script with --top, and show the tables that its board sends apart from its output.

usage: top.py COMMAND [ARGUMENT ...]

On a terminal the newest table stands above the last lines of the output; elsewhere tables come between lines, as they
are. Keys and Ctrl-C are the command's, and so is the exit status.
"""

import collections
import os
import signal
import subprocess
import sys

import qemu

BEGIN, END = b"\x1e", b"\x1f"  # as lib/heddle_top.py has them
KEPT = 500  # lines of output


class Parts:
    """What the board says, as pieces of text and whole tables."""

    def __init__(self):
        self.held = b""

    def take(self, data):
        """The next pieces: (whether it is a table, its bytes)."""
        data = self.held + data
        self.held = b""
        while data:
            text, begins, rest = data.partition(BEGIN)
            if text:
                yield False, text
            table, ends, data = rest.partition(END)
            if ends:
                yield True, table
            else:
                self.held = begins + table


class Lines:
    """For a file or a pipe: all of it, in the order in which it came."""

    def __init__(self, fd):
        self.fd = fd
        self.last = b"\n"

    def write(self, data):
        qemu.write_all(self.fd, data)
        self.last = data[-1:] or self.last

    def text(self, data):
        self.write(data)

    def table(self, data):
        self.write((b"" if self.last == b"\n" else b"\n") + b"\n" + data + b"\n")

    def end(self):
        pass


class Screen:
    """For a terminal."""

    def __init__(self, fd):
        self.fd = fd
        self.lines = collections.deque([""], maxlen=KEPT)
        self.rows = []
        qemu.write_all(fd, b"\x1b[2J")

    def text(self, data):
        first, *more = data.decode(errors="replace").replace("\r", "").split("\n")
        self.lines[-1] += first
        self.lines.extend(more)
        self.draw()

    def table(self, data):
        self.rows = [*data.decode(errors="replace").rstrip().split("\n"), ""]
        self.draw()

    def draw(self):
        columns, height = os.get_terminal_size(self.fd)
        columns, height = columns or 80, height or 24  # of one that does not tell
        rows = self.rows[:height]
        left = height - len(rows)
        shown = rows + (list(self.lines)[-left:] if left else [])
        # The last line without an end: the terminal would move up.
        qemu.write_all(self.fd, b"\x1b[H" + "\x1b[K\n".join(line[:columns] for line in shown).encode() + b"\x1b[J")

    def end(self):
        if self.lines[-1]:
            qemu.write_all(self.fd, b"\n")


def show(stream, view):
    parts = Parts()
    while True:
        data = os.read(stream.fileno(), 65536)
        for is_table, piece in parts.take(data):
            (view.table if is_table else view.text)(piece)
        if not data:
            view.end()
            return


def prepare():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    qemu.die_with_parent()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.split("\n\n")[1])
    out = sys.stdout.fileno()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command hears of it, and passes it on
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(sys.argv[1:], bufsize=0, preexec_fn=prepare, **pipes) as process:
        show(process.stdout, Screen(out) if os.isatty(out) else Lines(out))
        status = process.wait()
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
