# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Scheduled callbacks run in the main thread in every wait, may wait themselves, and hang nobody.
# Time is instructions here, so the figures are the board's and not the host's.
# image: gil-icount nogil-icount
# board: mps2-an385

import _thread
import heddle
import machine
import micropython
import select
import sys
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

stop = False


def spin():
    while not stop:
        pass


spinning = [_thread.start_new_thread(spin, ()) for _ in range(2)]
held = _thread.allocate_lock()
held.acquire()
sleeper = _thread.start_new_thread(time.sleep, (100000,))
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
calls = []


def note(x):
    calls.append((time.ticks_ms(), _thread.get_ident(), x))  # alone


def later(ms, f, x):
    time.sleep_ms(ms)
    micropython.schedule(f, x)


# A callback that sleeps beside threads that loop.
began = time.ticks_ms()
micropython.schedule(lambda x: time.sleep_ms(50), None)
while time.ticks_diff(time.ticks_ms(), began) < 50:
    pass
micropython.schedule(note, 0)
time.sleep_ms(1)
assert calls and calls[0][1:] == (1, 0)

# Never in another thread, whatever that does: it may have a small stack, and be held up by more urgent ones.
calls.clear()


def wait_often():
    while not stop:
        time.sleep_ms(1)
        poll.poll(1)


waiting = [_thread.start_new_thread(wait_often, (), priority=p) for p in (1, 4, 7)]
for i in range(60):
    micropython.schedule(note, i)
    heddle.join(_thread.start_new_thread(note, (-1,), priority=7))
    for _ in range(30):
        pass
stop = True
time.sleep_ms(20)
stop = False
assert [ident for _, ident, x in calls if x >= 0] == [1] * 60, calls
for ident in waiting + spinning:
    assert heddle.join(ident, 1)
spinning = [_thread.start_new_thread(spin, ()) for _ in range(2)]

# A callback during each kind of wait: long before its end, and the wait is as long as ever.
WAIT = 300
waits = {
    "sleep_ms": lambda: time.sleep_ms(WAIT),
    "sleep": lambda: time.sleep(WAIT / 1000),
    "sleep_us": lambda: time.sleep_us(WAIT * 1000),
    "acquire": lambda: held.acquire(True, WAIT / 1000),
    "join": lambda: heddle.join(sleeper, WAIT / 1000),
    "poll": lambda: poll.poll(WAIT),
    "select": lambda: select.select([sys.stdin], [], [], WAIT / 1000),
}
for name, wait in waits.items():
    for how in ("schedule", "timer"):
        calls.clear()
        began = time.ticks_ms()
        if how == "schedule":
            _thread.start_new_thread(later, (30, note, name))
        else:
            timer = machine.Timer(period=30, mode=machine.Timer.ONE_SHOT, callback=note)
        result = wait()
        took = time.ticks_diff(time.ticks_ms(), began)
        assert not result or result == ([], [], []), (name, result)
        assert len(calls) == 1 and calls[0][1] == 1, (name, how, calls)
        after = time.ticks_diff(calls[0][0], began)
        assert 29 <= after < 200, (name, how, after)
        assert WAIT - 1 <= took < WAIT + 300, (name, how, took)

# A callback that itself waits, while main waits in the same way: for the same lock, and longer than main would have.
inner = _thread.allocate_lock()
inner.acquire()


def wait_in_callback(what):
    began = time.ticks_ms()
    what()
    calls.append((what, time.ticks_diff(time.ticks_ms(), began)))  # alone


callbacks = {
    "same lock": lambda: held.acquire(True, 0.05),
    "other lock": lambda: inner.acquire(True, 0.05),
    "sleep": lambda: time.sleep_ms(50),
    "join": lambda: heddle.join(sleeper, 0.05),
    "poll": lambda: poll.poll(50),
    "print": lambda: (time.sleep_ms(50), print("-" * 300)),
}
for name, wait in waits.items():
    for inner_name, what in callbacks.items():
        calls.clear()
        _thread.start_new_thread(later, (10, wait_in_callback, what))
        began = time.ticks_ms()
        result = wait()
        took = time.ticks_diff(time.ticks_ms(), began)
        assert not result or result == ([], [], []), (name, inner_name, result)
        assert len(calls) == 1 and 49 <= calls[0][1] < 250, (name, inner_name, calls)
        assert WAIT - 1 <= took < WAIT + 300, (name, inner_name, took)


# A lock that is granted to main while its callback runs, or released while it waits elsewhere, is had.
def release_late(ms, lock):
    time.sleep_ms(ms)
    lock.release()


for ms in (5, 10, 20, 30, 60):
    calls.clear()
    _thread.start_new_thread(later, (10, wait_in_callback, callbacks["other lock"]))
    _thread.start_new_thread(release_late, (ms, held))
    assert held.acquire(True, 5) is True
    while not calls:
        time.sleep_ms(1)
    assert held.locked()

# Callbacks that come faster than they can be run neither hold up a wait nor starve the other threads.
counts = [0]


def count():
    while not stop:
        counts[0] += 1


_thread.start_new_thread(count, ())
fast = machine.Timer(period=1, callback=lambda t: time.sleep_us(700))
for wait in waits.values():
    before, began = counts[0], time.ticks_ms()
    wait()
    took = time.ticks_diff(time.ticks_ms(), began)
    assert WAIT - 1 <= took < WAIT + 500, took
    assert counts[0] != before
fast.deinit()
began = time.ticks_ms()
while time.ticks_diff(time.ticks_ms(), began) < 300:
    time.sleep_ms(1)  # those that wait in the queue

# An exception in a callback is printed, and the wait goes on.
micropython.schedule(lambda x: 1 // x, 0)
time.sleep_ms(5)
_thread.start_new_thread(later, (10, lambda x: 1 // x, 0))
assert held.acquire(True, 0.05) is False

# The queue can be full, and everything that was in it is run.
calls.clear()
scheduled = 0


def fill(x):
    global scheduled
    try:
        while True:
            micropython.schedule(note, scheduled)
            scheduled += 1
    except RuntimeError:
        pass


micropython.schedule(fill, 0)
for _ in range(100):
    time.sleep_ms(1)
assert [x for _, _, x in calls] == list(range(scheduled)) and scheduled > 4, (scheduled, calls)
stop = True
