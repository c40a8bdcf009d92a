#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Make NAME.trace.json and NAME.svg of what heddle.trace wrote.

usage: run.py [--out FOLDER] SCRIPT COMMAND ...    run a traced script; the trace is taken out of its output
       run.py [--out FOLDER] FILE                  of a file, such as a log of a board's console

SCRIPT is what the files are named after, and the exit status that of COMMAND. Files go to the current folder.
"""

import argparse
import os
import signal
import subprocess
import sys

import chrome
import dump
import summary
import svg
import timeline

MARK = dump.MARK.encode()


class Filter:
    """Hands on what is no line of a trace as it comes, and keeps the rest."""

    def __init__(self, hand_on):
        self.hand_on = hand_on
        self.kept = []
        self.held = b""  # from the beginning of what may become a mark

    def feed(self, data):
        data, self.held = self.held + data, b""
        while data:
            at = data.find(MARK)
            end = data.find(b"\n", at) if at >= 0 else -1
            if at < 0:
                at = self.mark_begins(data)
                end = -1
            self.hand_on(data[:at])
            if end < 0:
                self.held = data[at:]
                return
            self.kept.append(data[at : end + 1].decode(errors="replace"))
            data = data[end + 1 :]

    @staticmethod
    def mark_begins(data):
        """Where the end of what was heard may be the beginning of a mark."""
        for size in range(min(len(MARK) - 1, len(data)), 0, -1):
            if MARK.startswith(data[-size:]):
                return len(data) - size
        return len(data)

    def close(self):
        if not self.held.startswith(MARK):
            self.hand_on(self.held)


def hand_on(data):
    if data:
        os.write(sys.stdout.fileno(), data)


def run(command):
    """Its status, and the lines of its trace. Ctrl-C is for the board, whose tool knows what to do."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    found = Filter(hand_on)
    while data := os.read(process.stdout.fileno(), 65536):
        found.feed(data)
    found.close()
    return process.wait(), found.kept


def read(path):
    found = Filter(lambda data: None)
    with open(path, "rb") as f:
        found.feed(f.read())
    return found.kept


def write(lines, name, title, folder):
    """Both files, and what is in them in a few lines."""
    line = timeline.Timeline(dump.Dump(lines))
    with open(os.path.join(folder, name + ".trace.json"), "w", encoding="utf-8") as f:
        chrome.write(line, f)
    with open(os.path.join(folder, name + ".svg"), "w", encoding="utf-8") as f:
        svg.write(line, title, f)
    print("\ntrace: " + summary.text(line))
    print("written: {0}.trace.json (for ui.perfetto.dev or chrome://tracing) and {0}.svg".format(name))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=".", help="the folder for the files")
    parser.add_argument("script")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    title = os.path.basename(arguments.script)
    status, lines = run(arguments.command) if arguments.command else (0, read(arguments.script))
    sys.stdout.flush()
    try:
        write(lines, os.path.splitext(title)[0], title, arguments.out)
    except (dump.DumpError, OSError) as er:
        print("trace: {}".format(er), file=sys.stderr)
        status = status or 1
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
