# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What one thread gets done in 500 ms, and what four do together and each."""

import _thread
import heddle
from time import sleep_ms, ticks_cpu, ticks_diff


def work(counts, i):
    while running:
        counts[i] += 1


def measure(n):
    global running
    running = True
    counts = [0] * n
    threads = [_thread.start_new_thread(work, (counts, i)) for i in range(n)]
    start = ticks_cpu()
    base = counts[:]
    sleep_ms(500)
    done = [a - b for a, b in zip(counts, base)]
    time = ticks_diff(ticks_cpu(), start)
    running = False
    for thread in threads:
        heddle.join(thread)
    return time, done


time, done = measure(1)
print("one_time", time)
print("one_work", done[0])
time, done = measure(4)
print("four_time", time)
print("four_work", sum(done))
print("least", min(done))
print("most", max(done))
