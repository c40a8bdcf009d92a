#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Run the contract suite, started again behind each case that fails.

usage: suite.py [--board NAME] [--cores N] [--machine WORDS] [--icount] [--case NAME] [--list] PROGRAM [WORD ...]

PROGRAM is an image for QEMU if its name ends in .elf, otherwise a program of
the host; WORDs are arguments for it. The last line is "N passed, N failed, N
n/a"; the exit status is 0 when none failed and one passed.
"""

import argparse
import os
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))

import patience
import qemu

CASE_SECONDS = 20  # for one case; most take a tenth
LINE = re.compile(r"(case|ok|FAIL|n/a|dies) +(\w+) ([\d.]+)(?:: (.*))?$")


class Program:
    """How to start the suite: on the host, or in QEMU with its arguments laid into memory."""

    def __init__(self, path, icount=False, words=(), board="mps2-an385", **options):
        self.path = path
        self.board = board  # of an image
        self.options = options  # of its command line, see qemu.command
        self.words = list(words)  # more arguments
        self.icount = icount
        self.is_image = path.endswith(".elf")

    def start(self, words, blob):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
        options["stderr"] = subprocess.STDOUT
        words = words + self.words
        if not self.is_image:
            return qemu.start([self.path] + words, **options)
        # Cores that take turns are late by those of others.
        cores = self.options.get("cores") or qemu.CORES.get(self.board, 1)
        words = words + (["exact"] if self.icount and cores == 1 else [])
        blob.write(struct.pack("<4s", b"HDC1") + " ".join(words).encode() + b"\0")
        blob.flush()
        line = qemu.command(self.path, self.board, blob=blob.name, icount=self.icount, **self.options)
        return qemu.start(line, **options)

    def lines(self, words):
        """Lines as they come, a None where nothing was said for CASE_SECONDS, then the exit status."""
        with tempfile.NamedTemporaryFile(prefix="heddle-", suffix=".bin") as blob:
            process = self.start(words, blob)
            try:
                yield from split_lines(process.stdout.fileno())
                yield patience.wait_for_end(process, CASE_SECONDS)
            finally:
                process.kill()
                process.wait()
                process.stdout.close()


def split_lines(fd):
    held, limit = b"", patience.Patience(CASE_SECONDS)
    while True:
        ready = limit.wait(fd)
        if limit.over():
            yield None
            return
        if not ready:
            continue
        data = os.read(fd, 65536)
        if not data:
            break
        *lines, held = (held + data).split(b"\n")
        for line in lines:
            limit = patience.Patience(CASE_SECONDS)
            patience.progress()
            yield line.decode(errors="replace").rstrip("\r")
    if held:
        yield held.decode(errors="replace")


class Suite:
    """The results: the names of the cases that passed and that are n/a, and for each that failed what it said."""

    def __init__(self, program, say=print):
        self.program = program
        self.say = say
        self.passed, self.failed, self.not_applicable = [], {}, []
        self.struck = 0  # steps that failed or came late, with the word fault=

    def run(self, case=None, after=None, first=False):
        """All cases, one, or those behind one, or up to the `first` that fails: whether none failed and one passed."""
        words = ["case=" + case] if case else ["after=" + after] if after else []
        while words is not None:
            last = self.run_once(words)
            words = ["after=" + last] if last and not case and not (first and self.failed) else None
        counts = [len(x) for x in (self.passed, self.failed, self.not_applicable)]
        if not any(counts):
            self.say(self.said[0] if self.said else "no case ran")
        self.say("{} passed, {} failed, {} n/a".format(*counts))
        return bool(self.passed) and not self.failed

    def run_once(self, words):
        """Up to the first case that ends the program: its name, or None at the end of all."""
        self.name, self.section, self.dies, self.said = None, None, None, []
        for line in self.program.lines(words):
            if line is None:
                return self.fail("hangs: nothing for {} s".format(CASE_SECONDS))
            if isinstance(line, int):
                return self.ended(line)
            found = LINE.match(line)
            if not found:
                self.said.append(line)
                if line.startswith("done:"):
                    return None
                continue
            kind, name, section, text = found.groups()
            self.say(line)
            if kind == "case":
                self.name, self.section, self.dies, self.said = name, section, None, []
            elif kind == "dies":
                self.dies = text
            elif kind == "FAIL":
                self.failed[name] = text
                return name
            else:
                (self.passed if kind == "ok" else self.not_applicable).append(name)
                self.struck += int(text.split()[0]) if kind == "ok" and text else 0
                if self.dies:
                    self.passed.pop()
                    return self.fail("goes on, and did not say: " + self.dies)

    def fail(self, reason):
        name = self.name or "start"
        self.say("FAIL {} {}: {}".format(name, self.section or "-", reason))
        self.failed[name] = reason
        return self.name

    def ended(self, status):
        """The program ended without a result: which is one for a case whose promise that was."""
        last = self.said[-1] if self.said else "no output"
        if self.dies and status != 0 and any(self.dies in line.lower() for line in self.said):
            self.say("ok   {} {}: {}".format(self.name, self.section, last))
            self.passed.append(self.name)
            return self.name
        return self.fail("ended with status {}: {}".format(status, last))


def cases(program):
    """(name, section, promise) of every case, in order."""
    found = []
    for line in program.lines(["list"]):
        match = isinstance(line, str) and re.match(r"(\w+) ([\d.]+): (.+)$", line)
        if match:
            found.append(match.groups())
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="an image (*.elf) or a program of the host")
    parser.add_argument("words", nargs="*", help="more arguments, such as the simulator's seed=2 cores=2")
    parser.add_argument("--board", default="mps2-an385", help="the image's (default: mps2-an385)")
    parser.add_argument("--cores", type=int, help="so many, where the board has a choice")
    parser.add_argument("--machine", default="", help="options of QEMU's machine, such as gic-version=3")
    parser.add_argument("--icount", action="store_true", help="QEMU's time is instructions")
    parser.add_argument("--case", help="this one only")
    parser.add_argument("--list", action="store_true", help="name the cases")
    arguments = parser.parse_args()
    if not os.path.exists(arguments.program):
        sys.exit("{}: no such program; build it first".format(arguments.program))
    options = {"cores": arguments.cores, "machine": arguments.machine}
    program = Program(arguments.program, arguments.icount, arguments.words, arguments.board, **options)
    if arguments.list:
        for case in cases(program):
            print("{:32} {:5} {}".format(*case))
        return
    sys.exit(0 if Suite(program).run(arguments.case) else 1)


if __name__ == "__main__":
    main()
