# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""How long to wait for something until it counts as a hang: what all limits of the tests are counted by.

A limit is in seconds of an idle machine that is as fast as REFERENCE says, and counts from when something was last
heard. Once half of it is over, the machine's speed is measured, of which other programs take their part: the limit is
as much longer as that is lower.
"""

import os
import select
import subprocess
import time

WORK = 400000  # turns of a loop
REFERENCE = 0.010  # seconds that they take
LONGEST = 0.5  # seconds of one wait; if it took longer, this process has been held up, which does not count
ENDLESS = 10  # so many limits in all, however much is heard
SLOWEST = 50  # times the reference

# What else is told of progress, each a function.
listeners = []


def progress():
    """Something goes on in this process, whoever waits for it."""
    for listener in listeners:
        listener()


def probe(clock=time.monotonic):
    """How many times slower than the reference this machine is at the moment, or its processor by another clock."""
    began = clock()
    n = 0
    for i in range(WORK):
        n += i & 3
    return (clock() - began) / REFERENCE


def in_time(seconds, bound):
    """Whether what took so many seconds keeps to a bound, for the machine as it is now."""
    return seconds <= bound or seconds <= bound * sum(probe() for _ in range(10)) / 10


class Patience:
    """A limit that runs."""

    def __init__(self, seconds, probe=probe):
        self.seconds = seconds
        self.probe = probe
        self.in_all = 0.0  # seconds that count
        self.most = ENDLESS * seconds
        self.begin()

    def begin(self):
        self.since = 0.0  # seconds since something was heard
        self.probes = []
        self.due = self.seconds / 2  # the next probe

    def heard(self):
        """There is progress."""
        self.begin()
        progress()

    def slower(self):
        self.probes.append(self.probe())
        return min(max(sum(self.probes) / len(self.probes), 1), SLOWEST)

    def over(self):
        """Whether the limit is reached."""
        if self.since >= self.due:
            self.due = self.since + self.seconds / 20
            if self.since >= self.seconds * self.slower():
                return True
        if self.in_all >= self.most:
            self.most = self.in_all + self.seconds
            return self.in_all >= ENDLESS * self.seconds * self.slower()
        return False

    def wait(self, *streams, step=LONGEST):
        """Wait a part of the limit, or until there is something to read: the streams that have it."""
        step = min(step, max(self.seconds / 10, 0.01))
        began = time.monotonic()
        ready = select.select(streams, [], [], step)[0]
        took = min(time.monotonic() - began, step)
        self.since += took
        self.in_all += took
        return ready


def wait_until(holds, seconds):
    """Wait until a function is true: what it returned, which is false if that takes too long."""
    patience = Patience(seconds)
    while True:
        answer = holds()
        if answer or patience.over():
            return answer
        patience.wait(step=0.01)


def wait_for_end(process, seconds):
    """Wait for a process: its status, or None if it does not end in time."""
    return process.returncode if wait_until(lambda: process.poll() is not None, seconds) else None


def run(command, seconds, input=None, **options):
    """subprocess.run() with a limit of this kind, and all output in stdout."""
    pipe = subprocess.PIPE
    settings = {"stdin": pipe if input else subprocess.DEVNULL, "stdout": pipe, "stderr": subprocess.STDOUT, **options}
    patience, said = Patience(seconds), b""
    with subprocess.Popen(command, **settings) as process:
        if input:
            process.stdin.write(input)
            process.stdin.close()
        try:
            while True:
                if patience.wait(process.stdout):
                    data = os.read(process.stdout.fileno(), 65536)
                    if not data:
                        break
                    said += data
                    patience.heard()
                if patience.over():
                    raise subprocess.TimeoutExpired(command, seconds, said)
            if wait_for_end(process, seconds) is None:
                raise subprocess.TimeoutExpired(command, seconds, said)
        finally:
            process.kill()
    text = said.decode(errors="replace").replace("\r\n", "\n")
    return subprocess.CompletedProcess(command, process.returncode, text)
