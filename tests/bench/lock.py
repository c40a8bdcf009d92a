# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Uncontended acquire() and release()."""

import _thread
from time import ticks_cpu, ticks_diff

N = 20000


def loop(n, lock):
    for _ in range(n):
        lock.acquire()
        lock.release()


lock = _thread.allocate_lock()
start = ticks_cpu()
loop(N, lock)
print("pair", ticks_diff(ticks_cpu(), start) / N)
