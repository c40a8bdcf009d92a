# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""gc.collect() with a program's data in the heap, alone and beside four threads that sleep.

The threads cost the same whatever else is in the heap, so the ratio depends on that. The data makes a collection alone
as long as in the measurements that the mark comes from: sweeping the threads' blocks alone is about 0.67 of it.
"""

import _thread
import gc
from time import sleep, sleep_ms, ticks_cpu, ticks_diff

N = 200
DATA = 7


def measure(name):
    collect = gc.collect
    collect()
    start = ticks_cpu()
    for _ in range(N):
        collect()
    print(name, ticks_diff(ticks_cpu(), start) / N)


_thread.stack_size(4096)
data = [bytes(400) for _ in range(DATA)]
measure("alone")
for _ in range(4):
    _thread.start_new_thread(sleep, (1000,))
sleep_ms(20)
measure("beside")
