# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil nogil-icount
# timeout: 10
# Threads start and stop timers at the same time: the heap of soft timers stays whole, and each that is left fires.

import _thread
import heddle
from machine import Timer
import time

ROUNDS = 200
fired = [0] * 4
failed = [None] * 4
kept = [None] * 4


def work(number):
    def tick(timer):
        fired[number] += 1

    try:
        timers = []
        for i in range(ROUNDS if number > 1 else 5 * ROUNDS):
            for timer in timers:
                timer.deinit()
            timers = [Timer(period=3 + (i + k) % 5, callback=tick) for k in range(4)]
            if number > 1:
                time.sleep_ms(1)  # and interrupts one that does not, wherever that is, and leaves timers to it
        for timer in timers:
            timer.deinit()
        kept[number] = Timer(period=2, callback=tick)
    except BaseException as er:
        failed[number] = er


# Without a GIL the dictionary of globals must not grow while threads look into it.
idents = ident = n = timer = None
idents = [_thread.start_new_thread(work, (n,), priority=4 + (n > 1)) for n in range(4)]
for ident in idents:
    assert heddle.join(ident)
assert failed == [None] * 4, failed
for n in range(4):
    fired[n] = 0
while min(fired) < 30:
    time.sleep_ms(10)
for timer in kept:
    timer.deinit()
