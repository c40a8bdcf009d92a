# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""How late a thread that sleeps 20 ms at a time comes back beside four that loop."""

import _thread
import heddle
from time import sleep_ms, ticks_diff, ticks_us


def work():
    n = 0
    while running:
        n += 1


def sleeper(late):
    for _ in range(100):
        start = ticks_us()
        sleep_ms(20)
        late.append(ticks_diff(ticks_us(), start) - 20000)


running = True
for _ in range(4):
    _thread.start_new_thread(work, ())
late = []
heddle.join(_thread.start_new_thread(sleeper, (late,)))
running = False
print("worst", max(late))
print("mean", sum(late) / len(late))
