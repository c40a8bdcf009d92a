# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""gc.collect() alone, and beside four threads that sleep."""

import _thread
import gc
from time import sleep, sleep_ms, ticks_cpu, ticks_diff

N = 200


def measure(name):
    collect = gc.collect
    collect()
    start = ticks_cpu()
    for _ in range(N):
        collect()
    print(name, ticks_diff(ticks_cpu(), start) / N)


measure("alone")
_thread.stack_size(4096)
for _ in range(4):
    _thread.start_new_thread(sleep, (1000,))
sleep_ms(20)
measure("beside")
