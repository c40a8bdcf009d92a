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

failed = []


def raises(error, f, *args, **kw):
    try:
        result = f(*args, **kw)
    except error as er:
        if type(er) is not error:
            failed.append((error, er))  # alone
            print("FAIL: expected", error, "and got", repr(er), args, kw)
        return str(er)
    except BaseException as er:
        failed.append((error, er))  # alone
        print("FAIL: expected", error, "and got", repr(er), args, kw)
    else:
        failed.append((error, result))  # alone
        print("FAIL: expected", error, "and got the result", result, args, kw)
    return ""


def check(what, value):
    if not value:
        failed.append(what)
        print("FAIL:", what)


def names(what, text):
    check("{!r} names {}".format(text, what), what in text)


def nothing(*args, **kw):
    pass


def works():
    done = []
    check("join works", heddle.join(_thread.start_new_thread(done.append, (1,)), 60))
    check("a new thread runs", done == [1])


# ---- start_new_thread

names("arguments", raises(ValueError, _thread.start_new_thread, nothing, [0] * 0x4000))
names("arguments", raises(ValueError, _thread.start_new_thread, nothing, (0,) * 0x10000))

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
names("colour", raises(TypeError, start, nothing, (), colour=1))
names("function", raises(TypeError, start, nothing, (), function=nothing))
for wrong in (-1, -(1 << 31), -(1 << 80)):
    names("stack_size", raises(ValueError, start, nothing, (), stack_size=wrong))
    names("stack_size", raises(ValueError, _thread.stack_size, wrong))
for wrong in (0, 8, -1, 1 << 31, (1 << 32) + 4, 1 << 80, -(1 << 80)):
    names("priority", raises(ValueError, start, nothing, (), priority=wrong))
for wrong in ("high", 1.5, (1,), b"1"):
    names("priority", raises(TypeError, start, nothing, (), priority=wrong))
    names("stack_size", raises(TypeError, start, nothing, (), stack_size=wrong))
    names("stack_size", raises(TypeError, _thread.stack_size, wrong))
for wrong in (1, 1.5, (1,), b"name", bytearray(b"name")):
    names("name", raises(TypeError, start, nothing, (), name=wrong))
check("nothing was started", heddle.info().threads == 1)
for option in ("name", "priority", "stack_size"):
    check("None is the default", heddle.join(start(nothing, (), **{option: None}), 5))
answers = []
look = lambda: answers.extend(heddle.threads())  # alone: this thread waits for each
heddle.join(start(look, (), name=None, priority=None, stack_size=None))
heddle.join(start(look, ()))
given, default = [row for row in answers if row.ident not in (1, None)]
check("of each", given[3] == default[3] == 4 and given[6] == default[6] and given[1].startswith("thread-"))
raises(MemoryError, start, nothing, (), stack_size=1 << 24)
for size in (0x7FFFFFFF, 0x7FFFFFF0, 0x7FFFF000, 0x40000000):
    raises(MemoryError, start, nothing, (), stack_size=size)
raises(MemoryError, start, nothing, (), stack_size=1 << 80)
works()
for size in (0, 1, 100, 2047):
    check("a small stack is made larger", heddle.join(start(nothing, (), stack_size=size), 60))
check("keywords that the function does not know", heddle.join(start(lambda: 1, (), {}), 60))
raises(TypeError, _thread.stack_size, 1, 2)
_thread.stack_size(1 << 24)
raises(MemoryError, start, nothing, ())
_thread.stack_size()
works()
# Names: too long, empty, not ASCII, with a NUL.
for name in ("n" * 100, "", "\u00e4\u20ac\U0001f600" * 8, "a\0b"):
    check("a strange name", heddle.join(start(heddle.threads, (), name=name), 60))
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
for wrong in ("1", None, (1,)):
    names("timeout", raises(TypeError, lock.acquire, True, wrong))
    names("timeout", raises(TypeError, lock.acquire, timeout=wrong))
for wrong in ("x", None, 1.5):
    names("blocking", raises(TypeError, lock.acquire, wrong))
    names("blocking", raises(TypeError, lock.acquire, blocking=wrong))
names("timeout", raises(ValueError, lock.acquire, timeout=-2))
names("timeout", raises(OverflowError, lock.acquire, timeout=1e30))
names("timeout", raises(ValueError, lock.acquire, blocking=False, timeout=1))
raises(TypeError, lock.acquire, True, 1, 1)
raises(TypeError, lock.acquire, True, blocking=True)
raises(TypeError, lock.acquire, colour=1)
raises(TypeError, lock.release, 1)
raises(TypeError, _thread.LockType.acquire)
raises(TypeError, _thread.LockType.acquire, 1)
raises(TypeError, _thread.LockType.acquire, blocking=False)
check("of its type", _thread.LockType.acquire(lock, timeout=0) is False)
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
check("sleep takes its time", 20 <= time.ticks_diff(time.ticks_ms(), began))
began = time.ticks_us()
masked(time.sleep_us, 5000)
check("sleep takes its time", 5000 <= time.ticks_diff(time.ticks_us(), began))
masked(print, "printed", "x" * 3000)
if heddle.info().cores == 1:
    masked(gc.collect)
else:
    names("wait", raises(RuntimeError, masked, gc.collect))
raises(MemoryError, masked, lambda: [bytearray(65536) for _ in range(10000)])
gc.collect()
masked(lambda: [bytearray(100) for _ in range(100)])
check("threads start and wait", masked(start, nothing, ()) > 0)
state = machine.disable_irq()
inner = machine.disable_irq()
machine.enable_irq(inner)
raises(RuntimeError, lock.acquire)
machine.enable_irq(state)
check("it comes on again", lock.acquire(True, 0.01) is False)
machine.enable_irq(0)
machine.enable_irq(state)
check("nothing was masked", lock.acquire(True, 0.01) is False)
state = machine.disable_irq()
machine.disable_irq()
machine.enable_irq(state)
check("the first state is what counts", lock.acquire(True, 0.01) is False)
lock.release()
works()

# ---- join

for wrong in ("x", None, 1.5, (1,), b"1"):
    names("ident", raises(TypeError, heddle.join, wrong))
    names("ident", raises(TypeError, heddle.join, ident=wrong, timeout=0))
names("ident", raises(TypeError, heddle.join))
names("ident", raises(TypeError, heddle.join, timeout=1))
raises(TypeError, heddle.join, 1, 2, 3)
raises(TypeError, heddle.join, ident, 0, ident=ident)
raises(TypeError, heddle.join, ident, colour=1)
raises(RuntimeError, heddle.join, _thread.get_ident())
raises(RuntimeError, heddle.join, _thread.get_ident(), 0)
for timeout in (-1, -1.0, -0.5, -2, -1e30, -(10**30)):
    check("no wait", heddle.join(ident, timeout) is False)
for wrong in ("1", (1,), []):
    names("timeout", raises(TypeError, heddle.join, ident, wrong))
    names("timeout", raises(TypeError, heddle.join, ident, timeout=wrong))
names("timeout", raises(OverflowError, heddle.join, ident, 1e30))
names("timeout", raises(ValueError, heddle.join, ident, float("nan")))
check("it runs", heddle.join(ident, 0) is False and heddle.join(ident, 0.01) is False)
check("it runs", heddle.join(ident=ident, timeout=0) is False and heddle.join(ident, timeout=0.01) is False)
# What never was a thread: none, not yet one, and numbers whose low bits are somebody's.
last = start(nothing, ())
for garbage in (0, -1, -ident, last + 1, last + 1000, 0x7FFFFFFF, 1 << 31, (1 << 32) - 1, -(1 << 30), -(1 << 31)):
    for timeout in (None, 0, 0.01, -1):
        names("ident", raises(ValueError, heddle.join, garbage, timeout))
for bits in (31, 32, 33, 40, 62, 63, 64, 80):
    names("ident", raises(ValueError, heddle.join, (1 << bits) + ident, 0))
    names("ident", raises(ValueError, heddle.join, ident - (1 << bits), 0))
check("the last one", all(heddle.join(last, timeout) is True for timeout in (5, -1, None)))
gone = start(nothing, ())
time.sleep_ms(20)
gc.collect()
for _ in range(50):
    start(nothing, ())
    time.sleep_ms(1)
check("long gone", heddle.join(gone) is True and heddle.join(gone, 0) is True and heddle.join(gone, timeout=None))
answers = []
other = start(lambda: answers.append(heddle.join(1, 0.02)), ())  # alone
check("main can be waited for", heddle.join(other, 60) and answers == [False])


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
waiter = start(lambda lock: results.append(lock.acquire()), (shared,))  # alone
time.sleep_ms(10)
release = shared.release
del shared
churn()
release()
check("released by its method", heddle.join(waiter, 60) and results == [True])
shared = _thread.allocate_lock()
shared.acquire()
del shared, release
churn()
works()

print("failed:", len(failed))
assert not failed
