# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil gil-icount nogil-icount
# Thousands of acquires with short timeouts against releases: what timed out is not held, what was granted is, and no
# grant is lost.

import _thread
import gc
import heddle
import random
import time

ROUNDS = 600
lock = _thread.allocate_lock()
holder = None
inside = 0
faults = []
got = 0
late = 0
running = 0
count = _thread.allocate_lock()


def fault(*what):
    with count:
        faults.append(what)


def work(number, pause):
    global holder, inside, got, late, running
    mine = [0, 0]
    for i in range(ROUNDS):
        if lock.acquire(True, (1 + (i * 7 + number) % 3) / 1000):
            if holder is not None:
                fault("two holders", number, holder)
            holder = number
            for j in range((i * 13 + number * 5) % 40):
                if holder != number:
                    fault("lost it", number, holder)
            if (i + number) % 5 == 0:
                time.sleep_us(300 * ((i + number) % 7))
            holder = None
            lock.release()
            mine[0] += 1
        else:
            mine[1] += 1
        if pause:
            time.sleep_ms(pause)
    with count:
        got += mine[0]
        late += mine[1]
        running -= 1


begin = time.ticks_ms()
plan = [(0, 0, 4), (1, 0, 4), (2, 1, 4), (3, 1, 6), (4, 0, 2), (5, 2, 7)]
for number, pause, priority in plan:
    running += 1
    _thread.start_new_thread(work, (number, pause), priority=priority)
while running:
    time.sleep_ms(50)
assert not faults, faults[:5]
assert got + late == ROUNDS * len(plan)
assert not lock.locked(), "a grant was lost"
assert lock.acquire(False) and not lock.acquire(True, 0.002)
assert got > 100, (got, late)
print("granted %d, timed out %d, %d ms" % (got, late, time.ticks_diff(time.ticks_ms(), begin)))
