# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The rig's clock: one for the boards of a rig and for its air, which waits for whoever is held up.

MicroPython's tests count on the clock of the board that they run on, for a second and more, and take for granted that
an air which carries a packet every few milliseconds leaves everybody enough of them. Here the boards are programs of a
machine that may be busy with something else. So their clock is not the machine's:

- It waits for the slowest of the rig's programs that want to run. Such a one is SLACK behind at most; then the clock
  goes on as fast as the program does: with half a processor, half as fast. One that has nothing to do is not behind.
- It goes slower on a machine that is more than SPARE times slower than the one that tools/patience.py refers to.
- It all but stands from when one of the boards has its controller until all have.
- It never goes further than LEASE, if this process is held up itself.

A program has this clock if clock_shim.c is loaded into it, with the variables that `environment()` tells.
"""

import mmap
import os
import socket
import struct
import threading
import time

from rig import BUILD, ROOT, RigError, patience

SHIM = os.path.join(BUILD, "clock_shim.so")
STEP = 4_000_000  # ns from one look to the next
LEASE = 2 * STEP
SLACK = STEP
SPARE = 2  # times
SLOWEST = 0.01  # of the machine's clock: nothing waits for ever for a time to come
SAID = struct.Struct("=QQQQ")  # as in clock_shim.c
ONE = 65536  # the rate of the machine's clock


def ancestors(pid):
    """A process, and those that it comes from, up to this one."""
    while pid > 1 and pid != os.getpid():
        yield pid
        with open("/proc/{}/stat".format(pid)) as f:
            pid = int(f.read().rpartition(")")[2].split()[1])


class Party:
    """A process, or a thread of this one, that others may have to wait for."""

    def __init__(self, clock, *tasks):
        self.clock = clock  # of the time that it has had a processor
        self.tasks = tasks  # folders of threads; without any, a process's
        self.had = time.clock_gettime_ns(clock)
        self.behind = 0  # ns that it has wanted a processor and not had

    @classmethod
    def process(cls, pid):
        party = cls(~pid << 3 | 2)  # Linux's, of the time of a process
        party.folder = "/proc/{}/task".format(pid)
        return party

    @classmethod
    def thread(cls, thread):
        return cls(time.pthread_getcpuclockid(thread.ident), "/proc/self/task/{}".format(thread.native_id))

    def wants(self):
        """Whether one of its threads runs or could."""
        for task in self.tasks or (os.path.join(self.folder, name) for name in os.listdir(self.folder)):
            with open(task + "/stat", "rb") as f:
                if f.read().rpartition(b") ")[2][:1] == b"R":
                    return True
        return False

    def share(self, elapsed):
        """How much of a processor it has had, if it is too far behind; 1 if it is not."""
        now = time.clock_gettime_ns(self.clock)
        had, self.had = min(now - self.had, elapsed), now
        self.behind = self.behind + elapsed - had if self.wants() else 0
        return had / elapsed if self.behind > SLACK else 1


class Clock:
    """Goes on at `path` while in `with`."""

    def __init__(self, path, boards=0):
        if not os.path.exists(SHIM):
            raise RigError("{} is missing; run: make ble-tools".format(os.path.relpath(SHIM, ROOT)))
        self.path = path
        self.boards = boards  # that have not been seen yet
        self.parties = []
        self.lock = threading.Lock()
        self.speed = 1 / max(1, min(patience.probe(time.thread_time) for _ in range(3)) / SPARE)
        with open(path, "w+b") as f:
            f.truncate(8 + 2 * SAID.size)
            self.memory = mmap.mmap(f.fileno(), 0)
        self.which = 0
        self.said = (time.monotonic_ns(), time.monotonic_ns(), 0, 0)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.tell(time.monotonic_ns(), 1)
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.stopped.set()
        self.thread.join()

    def environment(self):
        return {"LD_PRELOAD": SHIM, "HEDDLE_CLOCK": self.path}

    def now(self):
        """In ns, since some time or other."""
        return self.at(time.monotonic_ns())

    def at(self, real):
        began, since, lease, rate = self.said
        return began + (min(max(real - since, 0), lease) * rate >> 16)

    def tell(self, real, rate):
        """From now on this is the rate."""
        self.said = (self.at(real), real, LEASE, max(int(rate * self.speed * ONE), int(SLOWEST * ONE)))
        self.which ^= 1
        SAID.pack_into(self.memory, 8 + self.which * SAID.size, *self.said)
        struct.pack_into("=Q", self.memory, 0, self.which)

    def join(self, party):
        with self.lock:
            self.parties.append(party)

    def join_client(self, stream):
        """The program at the other end of a socket is a board, and those that it comes from are waited for as well."""
        pid = struct.unpack("iII", stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        with self.lock:
            known = {party.clock for party in self.parties}
            found = [Party.process(pid) for pid in ancestors(pid)]
            self.parties += [party for party in found if party.clock not in known]
            self.boards -= 1

    def shares(self, elapsed):
        for party in list(self.parties):
            try:
                yield party.share(elapsed)
            except OSError:
                self.parties.remove(party)  # it is no more

    def rate(self, elapsed):
        with self.lock:
            slowest = min(self.shares(elapsed), default=1)
            return 0 if self.boards > 0 and self.parties else slowest

    def run(self):
        before = time.monotonic_ns()
        while not self.stopped.wait(STEP / 1e9):
            now = time.monotonic_ns()
            self.tell(now, self.rate(now - before))
            before = now
