# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing nogil-testing
# board: mps2-an385
# Python in real interrupts, which interrupt Python threads, services and the idle task: the interrupted thread keeps
# its state, a lock is the interrupt's, the heap is locked, and an exception is printed.

import _thread
import gc
import micropython
import time
import heddle_test as t

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

micropython.alloc_emergency_exception_buf(100)
COUNT = 3000
count = 0


# With a jump: the loop of the VM looks at its attention word in the interrupt, whoever was interrupted.
def add(step):
    global count
    while step:
        count += 1
        step -= 1


def allocate(arg):
    return [arg] * 100


def fail(arg):
    raise ValueError(arg)


def deep(n):
    deep(n)


# A lock that is taken in an interrupt is the interrupt's, whoever was interrupted.
def take(lock):
    global count
    if lock.acquire(False) and lock.locked() and t.lock_in_isr():
        lock.release()
        count += 1


def call_now(fun, arg):
    t.isr_start(fun, arg, 1, 0)
    left, calls, failed, python, service, idle, changed = t.isr_stats()
    assert (left, calls, python, changed) == (0, 1, 1, 0), t.isr_stats()
    return failed == 0


# At once, in an interrupt of this thread.
assert call_now(add, 1) and count == 1
for fun in (allocate, fail, deep):
    for i in range(3):
        assert not call_now(fun, 7)
assert allocate(1) == [1] * 100, "the heap is open again"
micropython.schedule(add, 10)
time.sleep_ms(1)
assert count == 11, "the scheduler is open again"

# From a timer, while threads allocate, sleep and collect, a service spins, and nothing runs.
stop = False
alive = 3
lock = _thread.allocate_lock()


def work():
    global alive
    while not stop:
        data = [str(i) for i in range(50)]
        assert data == [str(i) for i in range(50)]
        time.sleep_ms(1)
    with lock:
        alive -= 1


t.service_setup(0, "spin", t.NETWORK, 0, t.SPIN)
assert t.service_register(0) == 0 and t.service_start(0) == 0
for i in range(alive):
    _thread.start_new_thread(work, ())
count = 0
t.isr_start(add, 1, COUNT, 150)
while t.isr_stats()[0]:
    gc.collect()
    time.sleep_ms(3)
stop = True
while alive:
    time.sleep_ms(1)
left, calls, failed, python, service, idle, changed = t.isr_stats()
assert t.service_stop(0, 10000) == 0 and t.service_deinit(0) == 0
assert (calls, failed, changed, count) == (COUNT, 0, 0, COUNT), (t.isr_stats(), count)
assert python > 20 and service > 20, t.isr_stats()
# The same with a lock, while a service spins and others wait for the GIL.
stop = False
alive = 2


def spin():
    global alive
    while not stop:
        pass
    with lock:
        alive -= 1


inner = _thread.allocate_lock()
arg = None
t.service_setup(0, "spin", t.NETWORK, 0, t.SPIN)
assert t.service_register(0) == 0 and t.service_start(0) == 0
for i in range(alive):
    _thread.start_new_thread(spin, ())
for fun, arg in ((add, 1), (take, inner)):
    count = 0
    t.isr_start(fun, arg, COUNT, 150)
    while t.isr_stats()[0]:
        pass
    left, calls, failed, python, service, idle, changed = t.isr_stats()
    assert (calls, failed, changed, count) == (COUNT, 0, 0, COUNT), (t.isr_stats(), count)
    assert service > 20, t.isr_stats()
stop = True
while alive:
    time.sleep_ms(1)
assert not t.service_mistaken(0), "a service was taken for a Python thread"
assert t.service_stop(0, 10000) == 0 and t.service_deinit(0) == 0
# Nothing runs.
count = 0
t.isr_start(take, inner, 100, 1000)
while t.isr_stats()[0]:
    time.sleep_ms(50)
left, calls, failed, python, service, idle, changed = t.isr_stats()
assert (calls, failed, changed, count) == (100, 0, 0, 100) and idle > 20, (t.isr_stats(), count)
t.isr_start(add, 1, 100, 1000)
while t.isr_stats()[0]:
    time.sleep_ms(50)
left, calls, failed, python, service, idle, changed = t.isr_stats()
assert (calls, failed, changed) == (100, 0, 0) and idle > 20, t.isr_stats()


# One that makes a string, while the thread that it interrupts interns one: it is had, or there is no memory for it.
def index(text):
    global count
    try:
        count += text[1] == "b"
    except MemoryError:
        count += 1


count = n = 0
t.isr_start(index, "abc", COUNT, 150)
while t.isr_stats()[0]:
    n += 1
    getattr(index, "name_%d" % (n % 50), None)
assert t.isr_stats()[:3] == (0, COUNT, 0) and count == COUNT, (t.isr_stats(), count)
# A callback that raises, beside all that.
t.isr_start(fail, 1, 20, 500)
while t.isr_stats()[0]:
    time.sleep_ms(5)
assert t.isr_stats()[:3] == (0, 20, 20), t.isr_stats()
print("ok")
