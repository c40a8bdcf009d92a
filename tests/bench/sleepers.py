# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The loop of loop.py, alone and beside four threads that sleep."""

import _thread
from time import sleep, sleep_ms, ticks_cpu, ticks_diff


def loop(n):
    x = 0
    for i in range(n):
        x = (x + i) & 0xFFFF
    return x


def measure(name):
    start = ticks_cpu()
    loop(100000)
    print(name, ticks_diff(ticks_cpu(), start))


measure("alone")
for _ in range(4):
    _thread.start_new_thread(sleep, (1000,))
sleep_ms(20)
measure("beside")
