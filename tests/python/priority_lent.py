# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-icount nogil-icount
# board: mps2-an385
#
# An urgent thread waits for as long as others hold what it needs, whatever less urgent ones compute meanwhile: a lock,
# a chain of them, one that somebody else releases, one that is given up.

import _thread
import heddle
import time

LOW, MIDDLE, HIGH = 2, 5, 7
COMPUTE = 1000  # ms that the middling thread computes

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

waited = 0
outer = _thread.allocate_lock()
inner = _thread.allocate_lock()


def work():
    for _ in range(2000):
        pass


def compute():
    time.sleep_ms(10)
    until = time.ticks_add(time.ticks_ms(), COMPUTE)
    while time.ticks_diff(until, time.ticks_ms()) > 0:
        pass


def hold(lock, ms=20):
    with lock:
        work()
        time.sleep_ms(ms)
        work()


def hold_both():
    with inner:
        time.sleep_ms(5)
        with outer:
            work()


def need(lock, timeout=-1):
    global waited
    time.sleep_ms(15)
    began = time.ticks_ms()
    if lock.acquire(True, timeout):
        lock.release()
    waited = time.ticks_diff(time.ticks_ms(), began)


def priority_of(ident):
    return [t.priority for t in heddle.threads() if t.ident == ident][0]


def run(name, most, *threads):
    global waited
    waited = -1
    idents = [_thread.start_new_thread(f, args, priority=p) for p, f, args in threads]
    for ident in idents:
        heddle.join(ident)
    print(name, waited)
    assert 0 <= waited <= most, (name, waited)
    assert priority_of(1) == 4


middling = (MIDDLE, compute, ())
run("a lock", 100, (LOW, hold, (outer,)), middling, (HIGH, need, (outer,)))
run("a chain", 100, (LOW, hold, (outer,)), (3, hold_both, ()), middling, (HIGH, need, (inner,)))
run("given up", 100, (LOW, hold, (outer, 200)), middling, (HIGH, need, (outer, 0.02)))

# The main thread takes a lock, and is lent until another thread releases it: then it has its own priority again.
outer.acquire()
waiting = _thread.start_new_thread(need, (outer,), priority=HIGH)
time.sleep_ms(50)
assert priority_of(1) == HIGH, priority_of(1)
heddle.join(_thread.start_new_thread(outer.release, (), priority=LOW))
assert priority_of(1) == 4, priority_of(1)
heddle.join(waiting)

# A thread started meanwhile has its creator's own priority, not what that is lent.
outer.acquire()
waiting = _thread.start_new_thread(need, (outer,), priority=HIGH)
time.sleep_ms(50)
held = _thread.allocate_lock()
held.acquire()
child = _thread.start_new_thread(held.acquire, ())
assert priority_of(child) == 4, priority_of(child)
outer.release()
held.release()
heddle.join(waiting)
heddle.join(child)
