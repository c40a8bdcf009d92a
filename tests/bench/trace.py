# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What a record of a trace costs, and four looping threads with a trace and without."""

import _thread
import heddle
from time import sleep_ms, ticks_cpu, ticks_diff

EVENTS = 2000
RING = 24000
trace = getattr(heddle, "trace", None)  # not in every image


def marks(mark):
    begin = ticks_cpu()
    for i in range(EVENTS):
        mark(i)
    return ticks_diff(ticks_cpu(), begin)


def work(counts, i):
    while running:
        counts[i] += 1


def measure():
    """Ticks for a turn of four threads together."""
    global running
    running = True
    counts = [0] * 4
    threads = [_thread.start_new_thread(work, (counts, i)) for i in range(4)]
    begin = ticks_cpu()
    before = sum(counts)
    sleep_ms(500)
    done = sum(counts) - before
    took = ticks_diff(ticks_cpu(), begin)
    running = False
    for thread in threads:
        heddle.join(thread)
    return took / done


print("without", measure())
if trace:
    off = marks(trace.mark)
    trace.start(RING)
    on = marks(trace.mark)
    print("event", (on - off) / EVENTS)
    print("with", measure())
