# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What needs more than one image or the host; tests/python has the rest of the API."""

import time

from harness import BOTH, case


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
        time.sleep(0.2)
        assert int(board.exec("print(n)")) > first, "a thread runs on while the prompt waits"
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
        assert sorted(times)[1] < 1, times


@case(each=("gil", "nogil"), images=(), timeout=60, boards=BOTH)
def tour(ctx):
    "The first program that a new user sees ends well, within seconds, and shows the threads."
    began = time.monotonic()
    status, output = ctx.run_script(ctx.root + "/examples/tour.py", timeout=30, banner=True)
    ctx.log(output)
    assert status == 0
    assert output.startswith("MicroPython v1.")
    for word in ("main", "dispatch", "priority", "running", "waiting", "collection", "timer"):
        assert word in output, word
    assert time.monotonic() - began < 20
