# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# heddle.cancel(): SystemExit in a thread, wherever that is.

import _thread
import gc
import heddle
import queue
import select
import threading
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

seen = []  # one thread at a time is cancelled
begun = False
held = _thread.allocate_lock()
held.acquire()
sleeper = _thread.start_new_thread(time.sleep, (1000,))
flag = heddle.Flag()
poll = select.poll()
poll.register(flag, select.POLLIN)
condition = threading.Condition()
unfinished = queue.Queue()
unfinished.put(1)
recursive = threading.RLock()
recursive.acquire()
n = 0


def row_of(ident):
    return [row for row in heddle.threads() if row.ident == ident][0]


def run(wait, *args):
    global begun
    begun = True
    try:
        wait(*args)
        seen.append("went on")  # alone
    except SystemExit as er:
        seen.append(repr(er))  # alone
    finally:
        seen.append("finally")  # alone


def loop():
    while True:
        pass


def wait_for_notice(*args):
    with condition:
        condition.wait(*args)


# In a loop, and in each kind of wait, with a limit and without one.
waits = {
    "loop": (None, loop),
    "lock": ("lock", held.acquire),
    "lock with a limit": ("lock", held.acquire, True, 1000),
    "join": ("join", heddle.join, sleeper),
    "join with a limit": ("join", heddle.join, sleeper, 1000),
    "sleep": ("sleep", time.sleep, 1000),
    "condition": ("condition", wait_for_notice),
    "condition with a limit": ("condition", wait_for_notice, 1000),
    "event": ("event", threading.Event().wait),
    "event with a limit": ("event", threading.Event().wait, 1000),
    "recursive lock": ("lock", recursive.acquire),
    "semaphore": ("semaphore", threading.Semaphore(0).acquire),
    "queue that is empty": ("queue", queue.Queue().get),
    "queue with a limit": ("queue", queue.Queue().get, True, 1000),
    "queue that is done": ("queue", unfinished.join),
    "poll": ("event", poll.poll),
    "poll with a limit": ("event", poll.poll, 1000000),
}
for name in sorted(waits):
    kind, args = waits[name][0], waits[name][1:]
    begun = False
    seen.clear()
    ident = _thread.start_new_thread(run, args)
    while not begun or (kind and row_of(ident).waits_for != kind):
        time.sleep_ms(1)
    assert heddle.cancel(ident) is True
    assert heddle.join(ident, 60), name
    print(name, seen)
    assert seen == ["SystemExit()", "finally"], (name, seen)
    assert heddle.cancel(ident) is False, "it has ended"
assert held.locked(), "nobody took it"
assert condition.acquire(False), "it was left with its lock, and gave that back"
condition.release()
assert heddle.cancel(sleeper) and heddle.join(sleeper, 60)

# One that has not begun never does.
seen.clear()
if heddle.info()._thread == "GIL":
    ident = _thread.start_new_thread(seen.append, (1,), priority=1)
    assert heddle.cancel(ident) and heddle.join(ident, 60)
    assert seen == [], "it has run"


# It is an exception as any other: a thread may go on, and be cancelled again.
def stubborn():
    for _ in range(2):
        try:
            held.acquire()
        except SystemExit:
            seen.append("caught")  # alone


ident = _thread.start_new_thread(stubborn, ())
for i in range(1, 3):
    while row_of(ident).waits_for != "lock":
        time.sleep_ms(1)
    assert heddle.cancel(ident)
    while len(seen) < i:
        time.sleep_ms(1)
assert heddle.join(ident, 60)
assert seen[:2] == ["caught"] * 2, seen

# The caller, at once; and the main thread as any.
seen.clear()


def cancel_me():
    heddle.cancel(_thread.get_ident())
    seen.append("went on")  # alone


assert heddle.join(_thread.start_new_thread(cancel_me, ()), 60) and seen == []
try:
    heddle.cancel(1)
    assert False, "it went on"
except SystemExit as er:
    print("main", repr(er))
ident = _thread.start_new_thread(heddle.cancel, (1,))
try:
    held.acquire()
    assert False, "it went on"
except SystemExit as er:
    print("main", repr(er))
heddle.join(ident)

# Beside threads that end by themselves at the same time: each answer is right, and nothing is left.
gc.collect()
for i in range(60):
    idents = [_thread.start_new_thread(time.sleep_ms, (i % 3,)) for _ in range(3)]
    time.sleep_ms(i % 4)
    for ident in idents:
        n += heddle.cancel(ident)
    for ident in idents:
        assert heddle.join(ident, 60)
        assert heddle.cancel(ident) is False
print("of 180 some were there:", 0 < n <= 180)
assert heddle.info().threads == 1

# What is no thread.
for bad, error in ((0, ValueError), (-1, ValueError), (1 << 40, ValueError), (10**6, ValueError), ("1", TypeError)):
    try:
        heddle.cancel(bad)
        assert False, bad
    except error as er:
        print(repr(er))
