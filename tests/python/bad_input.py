# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What a program can get wrong: each is answered with Python's own error, and everything goes on.

import _thread
import gc
import heddle
import machine
import sys
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

# Milliseconds that a sleep may be late: Linux is no real-time system.
LATE = 500 if sys.platform == "linux" else 5

failed = []


def raises(error, f, *args, **kw):
    try:
        result = f(*args, **kw)
    except error as er:
        if type(er) is not error:
            failed.append((error, er))
            print("FAIL: expected", error, "and got", repr(er), args, kw)
        return str(er)
    except BaseException as er:
        failed.append((error, er))
        print("FAIL: expected", error, "and got", repr(er), args, kw)
    else:
        failed.append((error, result))
        print("FAIL: expected", error, "and got the result", result, args, kw)
    return ""


def check(what, value):
    if not value:
        failed.append(what)
        print("FAIL:", what)


def nothing(*args, **kw):
    pass


def works():
    done = []
    check("join works", heddle.join(_thread.start_new_thread(done.append, (1,)), 5))
    check("a new thread runs", done == [1])


# ---- start_new_thread

start = _thread.start_new_thread
raises(TypeError, start)
raises(TypeError, start, nothing)
raises(TypeError, start, 1, ())
raises(TypeError, start, None, ())
raises(TypeError, start, nothing, 1)
raises(TypeError, start, nothing, None)
raises(TypeError, start, nothing, {1: 2})
raises(TypeError, start, nothing, (), 1)
raises(TypeError, start, nothing, (), None)
raises(TypeError, start, nothing, (), [])
raises(TypeError, start, nothing, (), {}, 1)
raises(TypeError, start, nothing, (), colour=1)
raises(ValueError, start, nothing, (), stack_size=-1)
raises(ValueError, start, nothing, (), priority=0)
raises(ValueError, start, nothing, (), priority=8)
raises(ValueError, start, nothing, (), priority=-1)
raises(TypeError, start, nothing, (), priority="high")
raises(TypeError, start, nothing, (), priority=None)
raises(TypeError, start, nothing, (), stack_size="big")
raises(TypeError, start, nothing, (), stack_size=1.5)
raises(TypeError, start, nothing, (), name=1)
raises(MemoryError, start, nothing, (), stack_size=1 << 24)
for size in (0x7FFFFFFF, 0x7FFFFFF0, 0x7FFFF000, 0x40000000):
    raises(MemoryError, start, nothing, (), stack_size=size)
raises(OverflowError, start, nothing, (), stack_size=1 << 80)
works()
for size in (0, 1, 100, 2047):
    check("a small stack is made larger", heddle.join(start(nothing, (), stack_size=size), 5))
check("keywords that the function does not know", heddle.join(start(lambda: 1, (), {}), 5))
raises(ValueError, _thread.stack_size, -1)
raises(TypeError, _thread.stack_size, "x")
raises(TypeError, _thread.stack_size, 1, 2)
_thread.stack_size(1 << 24)
raises(MemoryError, start, nothing, ())
_thread.stack_size()
works()
# Names: too long, empty, not ASCII, with a NUL.
for name in ("n" * 100, "", "\u00e4\u20ac\U0001f600" * 8, "a\0b"):
    check("a strange name", heddle.join(start(heddle.threads, (), name=name), 5))
works()

# ---- locks

lock = _thread.allocate_lock()
raises(TypeError, _thread.allocate_lock, 1)
raises(RuntimeError, lock.release)
lock.acquire()
lock.release()
raises(RuntimeError, lock.release)
raises(RuntimeError, lock.__exit__, None, None, None)
check("still usable", lock.acquire() and not lock.acquire(False))
text = raises(ValueError, lock.acquire, True, -2)
check("CPython's words: " + text, text == "timeout value must be a non-negative number")
raises(ValueError, lock.acquire, True, -0.001)
raises(ValueError, lock.acquire, True, -1e30)
raises(ValueError, lock.acquire, True, float("nan"))
text = raises(ValueError, lock.acquire, False, 1)
check("CPython's words: " + text, text == "can't specify a timeout for a non-blocking call")
raises(ValueError, lock.acquire, False, 0)
text = raises(OverflowError, lock.acquire, True, 1e30)
check("CPython's words: " + text, text == "timeout value is too large")
raises(OverflowError, lock.acquire, True, 10**30)
raises(OverflowError, lock.acquire, True, float("inf"))
raises(OverflowError, lock.acquire, True, _thread.TIMEOUT_MAX + 1e6)
raises(TypeError, lock.acquire, True, "1")
raises(TypeError, lock.acquire, True, None)
raises(TypeError, lock.acquire, "x")
raises(TypeError, lock.acquire, True, 1, 1)
check("-1 and False go together", lock.acquire(False, -1) is False)
check("no time is a look", lock.acquire(True, 0) is False)
raises(TypeError, _thread.LockType)

# ---- interrupts disabled: nothing may wait, and everything is as before when they come on again

ident = start(time.sleep, (100,), name="sleeper")
time.sleep_ms(5)


def masked(f, *args):
    state = machine.disable_irq()
    try:
        return f(*args)
    finally:
        machine.enable_irq(state)


raises(RuntimeError, masked, lock.acquire)
raises(RuntimeError, masked, lock.acquire, True, 1)
raises(RuntimeError, masked, heddle.join, ident)
raises(RuntimeError, masked, heddle.join, ident, 1)
check("no wait, no error", masked(lock.acquire, False) is False)
check("no wait, no error", masked(lock.acquire, True, 0) is False)
check("no wait, no error", masked(heddle.join, ident, 0) is False)
free = _thread.allocate_lock()
check("a free lock", masked(free.acquire) is True)
masked(free.release)
began = time.ticks_ms()
masked(time.sleep_ms, 20)
check("sleep takes its time", 20 <= time.ticks_diff(time.ticks_ms(), began) <= 20 + LATE)
began = time.ticks_us()
masked(time.sleep_us, 5000)
check("sleep takes its time", 5000 <= time.ticks_diff(time.ticks_us(), began) <= 4000 + 1000 * LATE)
masked(print, "printed", "x" * 3000)
masked(gc.collect)
masked(lambda: [bytearray(100) for _ in range(100)])
check("threads start and wait", masked(start, nothing, ()) > 0)
state = machine.disable_irq()
inner = machine.disable_irq()
machine.enable_irq(inner)
raises(RuntimeError, lock.acquire)
machine.enable_irq(state)
check("it comes on again", lock.acquire(True, 0.01) is False)
lock.release()
works()

# ---- join

for wrong in ("x", None, 1.5, (1,)):
    raises(TypeError, heddle.join, wrong)
raises(TypeError, heddle.join)
raises(TypeError, heddle.join, 1, 2, 3)
raises(RuntimeError, heddle.join, _thread.get_ident())
raises(RuntimeError, heddle.join, _thread.get_ident(), 0)
raises(ValueError, heddle.join, ident, -2)
raises(OverflowError, heddle.join, ident, 1e30)
raises(TypeError, heddle.join, ident, "1")
check("it runs", heddle.join(ident, 0) is False and heddle.join(ident, 0.01) is False)
raises(OverflowError, heddle.join, 1 << 80)
if sys.platform == "linux":
    check("nobody has that ident either", heddle.join((1 << 32) + ident, 1) is True)
else:
    raises(OverflowError, heddle.join, (1 << 32) + ident)
for garbage in (0, -1, 1000000, 0x7FFFFFFF, -(1 << 30)):
    check("nobody has the ident {}".format(garbage), heddle.join(garbage, 0.01) is True)
gone = start(nothing, ())
time.sleep_ms(20)
gc.collect()
for _ in range(50):
    start(nothing, ())
    time.sleep_ms(1)
check("long gone", heddle.join(gone) is True and heddle.join(gone, 0) is True)
answers = []
other = start(lambda: answers.append(heddle.join(1, 0.02)), ())
check("main can be waited for", heddle.join(other, 5) and answers == [False])


def join_myself():
    raises(RuntimeError, heddle.join, _thread.get_ident())


heddle.join(start(join_myself, ()))

# ---- a lock that nobody has any more but who waits for it


def wait_for(results):
    lock = _thread.allocate_lock()
    lock.acquire()
    answer = lock.acquire(True, 0.3)
    with guard:
        results.append(answer)


def churn():
    for _ in range(30):
        gc.collect()
        x = [bytearray(16) for _ in range(200)]
        time.sleep_ms(1)


results = []
guard = _thread.allocate_lock()  # without a GIL lists are not safe by themselves
waiters = [start(wait_for, (results,)) for _ in range(4)]
churn()
for waiter in waiters:
    heddle.join(waiter)
check("locks stay while they are waited for", results == [False] * 4)

shared = _thread.allocate_lock()
shared.acquire()
results = []
waiter = start(lambda lock: results.append(lock.acquire()), (shared,))
time.sleep_ms(10)
release = shared.release
del shared
churn()
release()
check("released by its method", heddle.join(waiter, 5) and results == [True])
shared = _thread.allocate_lock()
shared.acquire()
del shared, release
churn()
works()

print("failed:", len(failed))
assert not failed
