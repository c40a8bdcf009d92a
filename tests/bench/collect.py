# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""gc.collect() alone, and beside four threads that sleep: with a program's data in the heap, and with none.

What sweeping the threads' blocks costs is fixed, so the ratio depends on the rest of the heap. The data makes a
collection alone as long as in the measurements that the mark comes from, where sweeping alone is 0.67 of it.
"""

import _thread
import gc
from time import sleep, sleep_ms, ticks_cpu, ticks_diff

N = 200
DATA = 100


def measure(name):
    collect = gc.collect
    collect()
    start = ticks_cpu()
    for _ in range(N):
        collect()
    print(name, ticks_diff(ticks_cpu(), start) / N)


def program_data():
    return [[i, str(i)] for i in range(DATA)]


data = None
measure("alone_empty")
data = program_data()
measure("alone")
_thread.stack_size(4096)
for _ in range(4):
    _thread.start_new_thread(sleep, (1000,))
sleep_ms(20)
measure("beside")
data = None
measure("beside_empty")
