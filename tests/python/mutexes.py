# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing-icount nogil-testing-icount
# board: mps2-an385
# MicroPython's own mutexes: before the scheduler starts, recursion, contention, and lent priorities.

import _thread
import gc
import heddle
import time
import heddle_test as t

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

assert t.before_start() == 20, t.before_start()

# Alone.
for recursive in (False, True):
    for i in range(3):
        assert t.mutex_lock(recursive, 1) == 1
        t.mutex_unlock(recursive)
assert t.mutex_lock(True, 1) == 1 and t.mutex_lock(True, 0) == 1
t.mutex_unlock(True)

# Another thread does not get it, until it is given back as often as it was taken.
tries = []


def attempt():
    tries.append(t.mutex_lock(True, 0))  # alone
    if tries[-1]:
        t.mutex_unlock(True)


heddle.join(_thread.start_new_thread(attempt, ()))
t.mutex_unlock(True)
heddle.join(_thread.start_new_thread(attempt, ()))
assert tries == [0, 1], tries

# Contention: an exact count.
N = 300
total = 0


def add(recursive):
    global total
    for i in range(N):
        t.mutex_lock(recursive, 1)
        n = total
        if i % 10 == 0:
            time.sleep_us(100)
        total = n + 1
        t.mutex_unlock(recursive)


for recursive in (False, True):
    total = 0
    for ident in [_thread.start_new_thread(add, (recursive,)) for i in range(4)]:
        heddle.join(ident)
    assert total == 4 * N, total

# A low owner, a middle one that computes, a high waiter: the owner runs with the waiter's priority.
unsafe = heddle.info()._thread == "unsafe"
HAS, RELEASES, MIDDLE, HIGH, MIDDLE_ENDS, INVERSION = range(6)
order = [0] * 6  # which of these came when; each is written by one thread
stop = False


def note(what):
    order[what] = time.ticks_us()


def low():
    t.mutex_lock(False, 1)
    note(HAS)
    n = 0
    for i in range(5000):
        n += i
    note(RELEASES)
    t.mutex_unlock(False)


def middle():
    note(MIDDLE)
    while not stop:
        pass
    note(MIDDLE_ENDS)


def high():
    global stop
    time.sleep_ms(20)
    t.mutex_lock(False, 1)
    note(HIGH)
    t.mutex_unlock(False)
    stop = True


def watch():
    global stop
    time.sleep_ms(500)
    if not stop:
        note(INVERSION)
        stop = True


watcher = _thread.start_new_thread(watch, (), priority=7)
one = _thread.start_new_thread(low, (), priority=1)
while not order[HAS]:
    time.sleep_ms(1)
three = _thread.start_new_thread(high, (), priority=6)
two = _thread.start_new_thread(middle, (), priority=5)
for ident in (one, two, three):
    heddle.join(ident)
heddle.join(watcher)
if unsafe:
    # With a GIL the threads take turns as it is handed on, and it is what has priorities.
    assert not order[INVERSION], order
    assert order[RELEASES] < order[HIGH] < order[MIDDLE_ENDS], order
priorities = [row.priority for row in heddle.threads() if row.name == "main"]
assert priorities == [4], priorities
