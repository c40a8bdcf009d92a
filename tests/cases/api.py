# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What needs more than one image or the host; tests/python has the rest of the API."""

import os
import time

import patience
from harness import BOTH, SMALL, case


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def info(ctx):
    "heddle.info() says which lock the image has, and the prompt's threads run on."
    with ctx.board() as board:
        board.raw_repl()
        assert board.exec("import heddle\nprint(heddle.info()._thread)") == (
            "GIL\n" if ctx.variant == "gil" else "unsafe\n"
        )
        board.exec(
            "import _thread\nn = ident = 0\n"
            "def f():\n  global n\n  while True:\n    n += 1\n"
            "ident = _thread.start_new_thread(f, ())"
        )
        first = int(board.exec("print(n)"))
        runs_on = patience.wait_until(lambda: int(board.exec("print(n)")) > first, 5)
        assert runs_on, "a thread runs on while the prompt waits"
        assert board.exec("print(heddle.join(ident, 0), heddle.info().threads)") == "False 2\n"


@case(images=("bare",), timeout=60)
def no_threads(ctx):
    "Without threads there is no _thread and no heddle."
    with ctx.board("bare") as board:
        board.raw_repl()
        for name in ("_thread", "heddle"):
            output = board.exec("try:\n  import {}\nexcept ImportError:\n  print('none')".format(name))
            assert output == "none\n", name


@case(each=("gil", "nogil"), timeout=60)
def real_time(ctx):
    "The board's clock is the host's, and a thread's sleep is as long there, beside threads that loop."
    with ctx.board() as board:
        board.raw_repl()
        board.exec(
            "import _thread, time\n_ = 0\n"
            "def f():\n  while True:\n    pass\n"
            "for _ in range(3):\n  _thread.start_new_thread(f, ())"
        )
        times = []
        for _ in range(6):
            # From before it can begin until after it has ended: however late we are, never too short.
            began = time.monotonic()
            board.exec("time.sleep_ms(500)")
            times.append(time.monotonic() - began)
        ctx.log(*["{:.4f} s".format(took) for took in times])
        assert min(times) >= 0.495, times
        # The host is not a real-time system.
        assert ctx.in_time(sorted(times)[1], 1), times


@case(each=("gil", "nogil"), images=(), timeout=60, boards=(*BOTH, SMALL))
def tour(ctx):
    "The first program that a new user sees ends well, within seconds, and shows the threads."
    began = time.monotonic()
    status, output = ctx.run_script(ctx.root + "/examples/tour.py", banner=True)
    ctx.log(output)
    assert status == 0
    assert output.startswith("MicroPython v1.")
    for word in ("main", "dispatch", "priority", "running", "waiting", "collection", "timer", "ada ["):
        assert word in output, word
    assert ctx.in_time(time.monotonic() - began, 20)


# Each thread's lines tell whether they are whole; the longest are longer than the board's ring and the host's.
PRINTERS = """
import _thread, heddle, micropython, sys, time
class Object:
    def __init__(self, me):
        self.me = me
    def __repr__(self):
        time.sleep_ms(0)
        return str(self.me)
def work(me):
    item = Object(me)
    for i in range(15):
        print(me, i, [me] * 5, {me: (me, item)}, "x" * 20, me, sep="|")
        print(me, i, str(me) * 6000, item, me, sep="|")
        sys.stdout.write("%d first\\n%d second\\n" % (me, me))
        print(me, i, "a\\nb\\n", end="%d end\\n" % me)
    raise ValueError(me)
def callback(i):
    print("callback", i, "y" * 50, i)
me = i = item = ident = idents = 0
idents = [_thread.start_new_thread(work, (me,)) for me in range(1, 5)]
for i in range(10):
    micropython.schedule(callback, i)
    print("main", i, "z" * 3000, i)
for ident in idents:
    heddle.join(ident)
print("end")
"""


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def print_whole(ctx):
    "What one print() or one write() of a thread says, and the traceback that ends it, is not mixed with others."
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write(PRINTERS)
    status, output = ctx.run_script(path, timeout=50)
    assert status == 0 and output.endswith("end\n"), (status, output[-1000:])
    left = output[: -len("end\n")]
    whole = []
    for i in range(10):
        whole += ["callback {0} {1} {0}\n".format(i, "y" * 50), "main {0} {1} {0}\n".format(i, "z" * 3000)]
    for me in range(1, 5):
        for i in range(15):
            whole.append("{0}|{1}|{2}|{{{0}: ({0}, {0})}}|{3}|{0}\n".format(me, i, [me] * 5, "x" * 20))
            whole.append("{0}|{1}|{2}|{0}|{0}\n".format(me, i, str(me) * 6000))
            whole.append("{0} {1} a\nb\n{0} end\n".format(me, i))
        whole += 15 * ["{0} first\n{0} second\n".format(me)]
        trace = 'Traceback (most recent call last):\n  File "script.py", line 16, in work\nValueError: {}\n'
        whole.append(trace.format(me))
    for text in whole:
        assert text in left, "no {!r}".format(text[:60])
        left = left.replace(text, "", 1)
    lines = left.split("\n")
    assert len(lines) == 5 and all(line.startswith("Unhandled exception in thread") for line in lines[:4]), left
    assert output.count(">\nTraceback") == 4, "each traceback follows its first line"
