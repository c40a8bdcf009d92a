# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Two threads hand a pair of locks back and forth: each waits for one and releases the other."""

import _thread
from time import ticks_cpu, ticks_diff

N = 5000


def loop(n, mine, other):
    for _ in range(n):
        mine.acquire()
        other.release()


a = _thread.allocate_lock()
b = _thread.allocate_lock()
b.acquire()
_thread.start_new_thread(loop, (N + 10, b, a))
loop(10, a, b)
start = ticks_cpu()
loop(N, a, b)
print("round", ticks_diff(ticks_cpu(), start) / N)
