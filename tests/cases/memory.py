# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Threads and soft resets: requests to leave, and collections under way."""

from harness import case

# Threads below the main thread's priority cannot have run when the reset begins.
FIRST_RUN = """
import _thread, machine
import heddle_test as t
def run(n):
    t.word(0, t.word(0) + 1)
    while True:
        pass
for n in range(5):
    _thread.start_new_thread(run, (n,), priority=1)
machine.soft_reset()
"""

COLLECT = """
import _thread, gc, time
keep = [[i] for i in range(3000)]
def run():
    while True:
        gc.collect()
for n in range(3):
    _thread.start_new_thread(run, ())
time.sleep_ms({ms})
"""


@case(each=("gil-testing", "nogil-testing"), timeout=60)
def leave_first_run(ctx):
    "A thread that is asked to leave before its first run never runs."
    with ctx.board() as board:
        board.raw_repl()
        for _ in range(3):
            board.exec_start(FIRST_RUN)
            board.read_until(b"soft reboot\r\n")
            board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        answer = board.exec("import heddle_test as t, heddle\nprint(t.word(0), heddle.info().threads)")
        assert answer == "0 1\n", answer


@case(each=("gil", "nogil"), timeout=60)
def reset_collecting(ctx):
    "A soft reset while other threads collect finds the heap's mutex free again, and the memory back."
    with ctx.board() as board:
        board.raw_repl()
        free = "import gc, heddle\ngc.collect()\nprint(gc.mem_free(), heddle.info().threads)"
        board.exec(free)
        board.soft_reset()
        first = [int(word) for word in board.exec(free).split()]
        for n in range(15):
            board.exec(COLLECT.format(ms=5 + 3 * n))
            board.soft_reset()
            now = [int(word) for word in board.exec(free).split()]
            # The collector is conservative: a stale word on the stack may keep a block or two of what compiled this.
            assert abs(now[0] - first[0]) < 256 and now[1] == first[1] == 1, f"{now}, at first {first}"
        ctx.log(str(first))
