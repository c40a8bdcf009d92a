# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What a lock and a thread take of the heap, in whole blocks of the collector's."""

import _thread
import gc
from time import sleep, sleep_ms

N = 100
STACK = 4096


def measure_locks():
    locks = [None] * N
    gc.collect()
    before = gc.mem_alloc()
    for i in range(N):
        locks[i] = _thread.allocate_lock()
    return (gc.mem_alloc() - before) / N


def measure_threads():
    arguments = (1000,)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(4):
        _thread.start_new_thread(sleep, arguments)
    sleep_ms(20)
    # What the threads allocated on their way is not theirs to keep.
    gc.collect()
    return (gc.mem_alloc() - before) / 4


_thread.stack_size(STACK)
print("lock", measure_locks())
print("thread", measure_threads() - STACK)
