# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil gil-icount
# timeout: 10
# Many soft timers that nothing but their own queue knows, beside collections and new timers: each fires on and on.

import gc
import time
from machine import Timer

N = 20
counts = [0] * N


def start(i):
    def fire(timer):
        counts[i] += 1

    Timer(-1, period=20 + i, callback=fire)


for i in range(N):
    start(i)
begin = time.ticks_ms()
rounds = 0
while time.ticks_diff(time.ticks_ms(), begin) < 1500 or rounds < 40 or min(counts) <= 5:
    gc.collect()
    junk = [str(i) * 2 for i in range(300)]
    one = Timer(-1, period=1, mode=Timer.ONE_SHOT, callback=lambda t: None)
    two = Timer(-1, period=50, callback=lambda t: None)
    time.sleep_ms(1)
    two.deinit()
    del one, two
    rounds += 1
counts_then = list(counts)
while not all(a > b for a, b in zip(counts, counts_then)):
    time.sleep_ms(10)
