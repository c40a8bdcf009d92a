# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Create a thread that ends at once, and wait for it."""

import _thread
import heddle
from time import ticks_cpu, ticks_diff

N = 500


def nothing():
    pass


def loop(n):
    create = _thread.start_new_thread
    join = heddle.join
    for _ in range(n):
        join(create(nothing, ()))


_thread.stack_size(4096)
loop(10)
start = ticks_cpu()
loop(N)
print("create", ticks_diff(ticks_cpu(), start) / N)
