# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults as a mode: a script is run again and again, and each time another one of its steps fails or comes late.

The module heddle_faults (tests/vm/modfaults.c) fails the nth allocation or
creation, or makes the nth wake-up or tick 5 ms late. What has to hold is the
same for every script:
- Lateness changes nothing: the script prints what it prints otherwise.
- A failure is Python's own error: MemoryError or OSError, and what the script
  makes of it. It may leave the script waiting for a thread that is no more;
  Ctrl-C ends that.
- Afterwards the board is as it was: a soft reset ends all threads and brings
  all memory back, and a thread can be created.
"""

import os
import re
import time

LATE = ("WAKE", "TICK")
FAIL = ("ALLOC", "CREATE")
KINDS = FAIL + LATE

# Python's own words for a failure, one of which stands in front of whatever else a script says.
ERRORS = ("MemoryError", "OSError", "can't create thread", "can't allocate thread")

# The script is compiled before the fault is armed: its own steps count, and those of its threads up to their end.
RUN = """\
import heddle_faults as F
_c = compile(open({path!r}).read(), {path!r}, "exec")
_ms = 300
F.arm(F.{kind}, {n})
try:
    exec(_c, {{"__name__": "__main__"}})
except SystemExit:
    pass
except KeyboardInterrupt:
    _ms = 0
finally:
    _n = F.disarm(_ms)
    print({mark!r}, _n, _ms == 0)
"""
MARK = "=== steps"

DISARM = "import heddle_faults; heddle_faults.disarm()"

# After a soft reset: what is left, and whether a thread runs.
STATE = """\
import gc, heddle, _thread
assert heddle.info().threads == 1, "a thread is left"
gc.collect()
print(gc.mem_free())
_r = []
heddle.join(_thread.start_new_thread(_r.append, (1,)), 5)
assert _r == [1], "a new thread does not run"
"""

SLACK = 2048  # bytes that two fresh starts may differ by: qstrs of what was compiled, words on the stack


class Wrong(Exception):
    """What must not happen with a fault, in one line."""


class Script:
    """A script on a board; `seconds` it takes, and once it has been surveyed, how many steps it has of each kind."""

    def __init__(self, board, path):
        self.board = board
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.path = "/" + self.name + ".py"
        self.counts = {}
        with open(path, "rb") as f:
            board.put(self.path, f.read())
        begin = time.monotonic()
        self.expected = self.attempt("ALLOC", 0)[0]
        self.seconds = time.monotonic() - begin
        self.free = self.state()

    def survey(self):
        """What it does without a fault."""
        for kind in KINDS:
            output, trace, self.counts[kind] = self.attempt(kind, 0)
            if trace or output != self.expected:
                raise Wrong("{}: fails without a fault: {}".format(self.name, last_line(trace or output)))
            self.state()

    def attempt(self, kind, n, seconds=20):
        """(output, traceback, how many steps there were); the traceback is None where Ctrl-C had to end it."""
        board = self.board
        board.exec_start(RUN.format(path=self.path, kind=kind, n=n, mark=MARK))
        for _ in range(5):
            try:
                output, trace = board.exec_finish(seconds)
                break
            except board.Error:
                if n == 0 or kind in LATE or board.process.poll() is not None:
                    raise
            # It may wait for a thread that never came to be. A handler of its own may swallow one of these.
            board.interrupt()
            seconds = 1
        else:
            raise Wrong("Ctrl-C does not end it")
        found = re.search(r"^{} (\d+) (\w+)\n".format(MARK), output, re.M)
        # It has left the heap locked, or Ctrl-C came a second time.
        for error in ("MemoryError", "KeyboardInterrupt") if not found and kind in FAIL else ():
            if error in trace:
                return output, trace if error in ERRORS else None, n
        if not found:
            raise Wrong("it did not get to its end: {}".format(last_line(trace or output)))
        interrupted = found.group(2) == "True"
        return output[: found.start()], None if interrupted else trace, int(found.group(1))

    def state(self):
        """Soft reset; free memory after it."""
        self.board.soft_reset()
        try:
            self.board.exec(DISARM)
        except self.board.Error:
            self.board.exec(DISARM)  # it was struck itself, which happens once
        return int(self.board.exec(STATE))

    def strike(self, kind, n):
        """One run with the nth step of a kind struck: whether there was one."""
        try:
            # Cut short, it was interrupted, which is as good.
            limit = 20 if kind in LATE else 3 * self.seconds + 0.3
            output, trace, count = self.attempt(kind, n, limit)
            self.judge(kind, output, trace, count >= n)
            free = self.state()
            if free < self.free - SLACK:
                raise Wrong("{} bytes are not free after a soft reset".format(self.free - free))
        except (Wrong, self.board.Error) as er:
            raise Wrong("{} with {} {} of {}: {}".format(self.name, kind, n, self.counts[kind], er))
        return count >= n

    def judge(self, kind, output, trace, struck):
        same = not trace and output == self.expected
        if same or trace is None:
            return
        if kind in LATE or not struck:
            raise Wrong("it says otherwise: {}".format(last_line(trace or output)))
        if not any(error in output + trace for error in ERRORS):
            raise Wrong("no error of Python's own: {}".format(last_line(trace or output)))


def last_line(text):
    return (text.strip() or "nothing").split("\n")[-1]


def spread(count):
    """Fewer and fewer of the steps, and the last."""
    n, chosen = 1, []
    while n < count:
        chosen.append(n)
        n *= 2
    return chosen + [count] if count else []
