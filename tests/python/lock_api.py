# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# _thread's lock, as CPython documents it.
# image: gil nogil gil-icount nogil-icount

import _thread
import heddle
import sys
import time

LINUX = sys.platform == "linux"

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

lock = _thread.allocate_lock()
assert type(lock) is _thread.LockType
assert lock.locked() is False
assert lock.acquire() is True and lock.locked() is True
assert lock.acquire(False) is False and lock.acquire(0) is False
assert lock.release() is None and lock.locked() is False
assert lock.acquire(True) is True
lock.release()
assert lock.acquire(True, -1) is True
lock.release()
assert lock.acquire(True, 0) is True
lock.release()
assert lock.acquire(False, -1) is True
lock.release()
assert lock.acquire(True, 1.5) is True and lock.acquire(True, 0) is False
lock.release()
for arguments in ({}, {"blocking": True}, {"timeout": -1}, {"timeout": 0.5}, {"blocking": True, "timeout": 1}):
    assert lock.acquire(**arguments) is True
    assert lock.acquire(blocking=False) is False and lock.acquire(blocking=False, timeout=-1.0) is False
    assert lock.acquire(timeout=0) is False and lock.acquire(True, timeout=0.001) is False
    assert lock.acquire(blocking=1, timeout=0.001) is False and lock.__enter__(blocking=False) is False
    lock.release()
acquire = lock.acquire
assert acquire() is True and acquire(timeout=0) is False
lock.release()
with lock as entered:
    assert entered is True and lock.locked()
assert not lock.locked()
try:
    with lock:
        raise KeyError
except KeyError:
    assert not lock.locked()
assert lock.__enter__() is True
lock.__exit__(None, None, None)

# A timeout takes its time at least; lateness.py says how much more.
lock.acquire()
for seconds in (0.001, 0.0101, 0.05, 0.5, 2.5e-4):
    began = time.ticks_us()
    assert lock.acquire(True, seconds) is False
    took = time.ticks_diff(time.ticks_us(), began)
    assert seconds * 1e6 <= took, (seconds, took)


# Another thread may release it, and a waiter has it the moment that it does.
def release_late(ms):
    time.sleep_ms(ms)
    lock.release()


for timeout in ((), (True,), (True, -1), (True, 30), (True, 1000)):
    began = time.ticks_ms()
    _thread.start_new_thread(release_late, (20,))
    assert lock.acquire(*timeout) is True and lock.locked()
    assert 19 <= time.ticks_diff(time.ticks_ms(), began), timeout


def settle(idents):
    """Until all of these wait, at each of some looks: one that waited for the GIL has had it meanwhile."""
    calm = 0
    while calm < 5:
        time.sleep_ms(10)
        calm = calm + 1 if all(row.state == "waiting" for row in heddle.threads() if row.ident in idents) else 0


# Handed over in the order in which they came, whatever the releaser does next.
order = []


def take(n):
    with lock:
        order.append(n)


idents = []
for n in range(8):
    # More urgent than main, so that it has come to the lock once main goes on.
    idents.append(_thread.start_new_thread(take, (n,), priority=5))
    time.sleep_ms(5)
settle(idents)
lock.release()
assert lock.acquire()
# Threads that start one after the other on Linux need not arrive so.
assert (order if not LINUX else sorted(order)) == list(range(8)), order
lock.release()
for ident in idents:
    assert heddle.join(ident, 30)

# The most urgent waiter first.
order.clear()
lock.acquire()
idents = []
for priority in (2, 5, 3, 7, 5):
    idents.append(_thread.start_new_thread(take, (priority,), priority=priority))
settle(idents)
lock.release()
for ident in idents:
    assert heddle.join(ident, 30)
assert order == [7, 5, 5, 3, 2], order


# Waiters that give up leave no trace: the lock goes to those that are left, or is free.
def try_for(ms):
    if lock.acquire(True, ms / 1000):
        order.append(ms)  # alone
        lock.release()


order.clear()
lock.acquire()
idents = [_thread.start_new_thread(try_for, (ms,)) for ms in (10, 50000, 20, 60000, 15)]
for ident in idents[::2]:
    assert heddle.join(ident, 30)
lock.release()
for ident in idents:
    assert heddle.join(ident, 30)
if LINUX:
    order.sort()
assert order == [50000, 60000] and not lock.locked(), order
lock.acquire()
idents = [_thread.start_new_thread(try_for, (ms,)) for ms in (5, 10, 15)]
for ident in idents:
    assert heddle.join(ident, 30)
assert lock.locked()
lock.release()
assert not lock.locked()

# Grants and timeouts that come together: nothing is lost and nothing is had twice.
held, taken, missed = 0, 0, 0


def compete(n):
    global held, taken, missed
    for i in range(60):
        if lock.acquire(True, 0.001 * (1 + (i + n) % 4)):
            held += 1
            assert held == 1
            if i % 3 == 0:
                time.sleep_ms(1)
            held -= 1
            taken += 1
            lock.release()
        else:
            missed += 1


idents = [_thread.start_new_thread(compete, (n,)) for n in range(6)]
for ident in idents:
    assert heddle.join(ident, 30)
assert not lock.locked() and held == 0
print(taken, "times taken,", missed, "times not")
assert taken > 60
