# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# heddle.set_priority() on threads that wait, hold, or run. Time is instructions here, so orders are the board's.
# image: gil-icount nogil-icount
# board: mps2-an385

import _thread
import heddle
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

order = []
stop = False
lock = _thread.allocate_lock()
held = _thread.allocate_lock()
idents = counts = done = ident = waiter = before = None


def priority_of(ident):
    return [row.priority for row in heddle.threads() if row.ident == ident][0]


# Waiters of a lock are served by the priority that they have at the end, and equals as they came there.
def take(name):
    with lock:
        order.append(name)


lock.acquire()
idents = []
for i in range(4):
    idents.append(_thread.start_new_thread(take, (i,), priority=3))
    time.sleep_ms(5)  # a slice may end before it waits, and it is to come before the next one
assert heddle.set_priority(idents[2], 6) and heddle.set_priority(idents[0], 2)
assert priority_of(1) == 6, "what a waiter has is lent"
assert heddle.set_priority(idents[2], 4) and priority_of(1) == 4, "and taken back"
lock.release()
for ident in idents:
    assert heddle.join(ident)
print(order)
assert order == [2, 1, 3, 0], order
assert heddle.set_priority(idents[0], 7) is False, "it has ended"


# Who holds a lock that an equal waits for becomes less urgent: now it is lent.
def hold():
    with held:
        time.sleep_ms(20)
        lock.acquire()
        lock.release()


lock.acquire()
ident = _thread.start_new_thread(hold, (), priority=3)
time.sleep_ms(5)
waiter = _thread.start_new_thread(held.acquire, (), priority=3)
time.sleep_ms(5)
assert priority_of(ident) == 3
heddle.set_priority(ident, 1)
assert priority_of(ident) == 3, "it is lent"
heddle.set_priority(waiter, 7)
assert priority_of(ident) == 7, "more"
heddle.set_priority(waiter, 1)
assert priority_of(ident) == 1, "nothing"
heddle.set_priority(ident, 5)
assert priority_of(ident) == 5, "it is its own"
lock.release()
assert heddle.join(ident) and heddle.join(waiter)
held.release()


# Through a chain: main has `lock`, that has `held`, and waits for it.
def chain():
    with held:
        with lock:
            pass


lock.acquire()
ident = _thread.start_new_thread(chain, (), priority=3)
time.sleep_ms(5)
waiter = _thread.start_new_thread(held.acquire, (), priority=3)
time.sleep_ms(5)
heddle.set_priority(waiter, 7)
assert priority_of(ident) == 7 and priority_of(1) == 7, "all of it"
heddle.set_priority(waiter, 2)
assert priority_of(ident) == 3 and priority_of(1) == 4, "and back"
lock.release()
assert heddle.join(ident) and heddle.join(waiter)
held.release()


# Of two that compute, the one that is now more urgent has all the time: whoever had the turn.
def spin(i):
    n = 0
    while not stop:
        n += 1
        counts[i] = n


counts = [0, 0]
idents = [_thread.start_new_thread(spin, (i,), priority=2) for i in range(2)]
time.sleep_ms(100)
assert min(counts) >= 0.7 * max(counts), counts
for more in (0, 1):
    heddle.set_priority(idents[more], 3)
    before = list(counts)
    time.sleep_ms(100)
    done = [counts[i] - before[i] for i in range(2)]
    print("more urgent", more, done)
    assert done[1 - more] <= 0.02 * done[more], done
    heddle.set_priority(idents[more], 2)

# One that becomes more urgent than its caller runs before that goes on; one that is less so than others gives way.
order.clear()
heddle.set_priority(1, 7)
ident = _thread.start_new_thread(order.append, ("other",), priority=2)
for _ in range(3):
    pass
assert order == []
heddle.set_priority(ident, 7)
heddle.set_priority(1, 3)
for _ in range(3):
    pass
order.append("main")
assert order == ["other", "main"], order
heddle.set_priority(1, 4)
stop = True
for ident in idents:
    assert heddle.join(ident)

# A thread has its creator's.
heddle.set_priority(1, 6)
ident = _thread.start_new_thread(time.sleep, (100,))
heddle.set_priority(1, 4)
assert priority_of(ident) == 6
assert heddle.cancel(ident) and heddle.join(ident)

# Cores: one is all that there is here.
for cores in (1, 3, 0xFF, None):
    assert heddle.set_affinity(1, cores) is True
assert heddle.set_affinity(ident, 1) is False, "it has ended"

# What is wrong changes nothing.
for args, error in (
    ((1, 0), ValueError),
    ((1, 8), ValueError),
    ((1, 1 << 40), ValueError),
    ((1, "4"), TypeError),
    ((1, None), TypeError),
    ((99999, 4), ValueError),
    (("1", 4), TypeError),
):
    try:
        heddle.set_priority(*args)
        assert False, args
    except error as er:
        print(args, repr(er))
    assert priority_of(1) == 4
for args, error in (((1, 0), ValueError), ((1, 2), ValueError), ((1, -1), ValueError), ((1, "1"), TypeError)):
    try:
        heddle.set_affinity(*args)
        assert False, args
    except error as er:
        print(args, repr(er))
