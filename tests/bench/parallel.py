# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Independent work, most of all without a GIL: what one thread does, done by several at once, each time.

A piece of work calls, indexes, calculates and allocates a little; another kind does nothing but allocate. Nothing is
collected meanwhile, but after each run, which is measured apart: the more garbage there is the longer the heap is
searched, whoever made it, so not much is made. Each figure is the time of a run in microseconds, of which the least of
some runs counts, as where time is the host's others take some of it.
"""

import _thread
import gc
import heddle
from time import ticks_diff, ticks_us

# Four times as much is made at once. On the Pico there is room for 8, and a run repeats.
PIECES = 4 * min(12, gc.mem_free() // 81920)
TURNS = 500
RUNS = 3 if PIECES == 48 else 1


def step(a, b):
    return (a * 31 + b) & 0xFFFF


def piece(data):
    call, n = step, 0
    for i in range(TURNS):
        n = call(n, data[i & 15])
        if i & 7 == 0:
            kept = (n, i)
        data[i & 15] = n
    return n


def work(pieces):
    data = list(range(16))
    for _ in range(pieces):
        piece(data)


def allocate(pieces):
    for i in range(pieces * TURNS):
        kept = [i]


def run(function, threads, pieces):
    """The time that so many threads take for so many pieces each, and that of the collection then."""
    gc.collect()
    start = ticks_us()
    idents = [_thread.start_new_thread(function, (pieces,)) for _ in range(threads)]
    for ident in idents:
        heddle.join(ident)
    took = ticks_diff(ticks_us(), start)
    start = ticks_us()
    gc.collect()
    return took, ticks_diff(ticks_us(), start)


def measure(name, *how):
    results = [run(*how) for _ in range(RUNS)]
    print(name, min(took for took, _ in results), min(collect for _, collect in results))


gc.disable()
measure("one", work, 1, PIECES)
measure("two", work, 2, PIECES)
measure("four", work, 4, PIECES)
measure("sixteen", work, 16, PIECES // 4)
measure("all_by_one", work, 1, 4 * PIECES)
measure("allocate_all_by_one", allocate, 1, PIECES)
measure("allocate_four", allocate, 4, PIECES // 4)
