# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing nogil-testing
# Faults as a mode: of every operation below the nth allocation or creation fails, or the nth wake-up or tick comes
# 5 ms late, for every n until the operation completes untouched. A failure is Python's own error, a late one is only
# late; either way the board goes on, no thread is left, and the operation works the next time.

import _thread
import gc
import heddle
import io
import machine
import micropython
import os
import sys
import time
import heddle_faults as faults
import heddle_test as t

lock = _thread.allocate_lock()
gate = _thread.allocate_lock()
box = [0]
errors = []


def work(*args, **kw):
    for i in range(3):
        with lock:
            box[0] += 1
            time.sleep_ms(0)


def guarded(*args, **kw):
    # What a thread raises is its own affair, but it must be Python's own error.
    try:
        work(*args, **kw)
    except (MemoryError, OSError):
        pass


def all_ended():
    deadline = time.ticks_add(time.ticks_ms(), 30000)
    while heddle.info().threads > 1:
        assert time.ticks_diff(deadline, time.ticks_ms()) > 0, "a thread is left"
        time.sleep_ms(1)


def memory_of_one():
    free = gc.mem_free()
    _thread.start_new_thread(time.sleep_ms, (1000,))
    taken = free - gc.mem_free()
    all_ended()
    return taken


def op_thread():
    ident = _thread.start_new_thread(guarded, (1, "x"), {"k": 1})
    assert heddle.join(ident, 30)


def op_threads():
    idents = []
    try:
        for i in range(3):
            idents.append(_thread.start_new_thread(guarded, (i,), name="t" + str(i), priority=3 + i))
    finally:
        for ident in idents:
            assert heddle.join(ident, 30)


def hold(ms):
    with gate:
        box[0] += 1
        time.sleep_ms(ms)


def op_lock_timeout():
    box[0] = 0
    ident = _thread.start_new_thread(hold, (8,))
    while box[0] == 0 and heddle.info().threads > 1:
        time.sleep_ms(1)
    before = time.ticks_ms()
    if gate.acquire(True, 0.002):
        gate.release()
        assert box[0] == 0 or time.ticks_diff(time.ticks_ms(), before) >= 0
    assert gate.acquire(True, 30)
    gate.release()
    assert heddle.join(ident, 30)


def op_sleep():
    before = time.ticks_us()
    time.sleep_ms(3)
    assert time.ticks_diff(time.ticks_us(), before) >= 3000


def fired(arg):
    box[0] += 1


def op_timer():
    box[0] = 0
    timer = machine.Timer(period=2, mode=machine.Timer.ONE_SHOT, callback=fired)
    deadline = time.ticks_add(time.ticks_ms(), 30000)
    try:
        while box[0] == 0:
            assert time.ticks_diff(deadline, time.ticks_ms()) > 0, "the timer never fired"
            time.sleep_ms(1)
    finally:
        timer.deinit()


def op_schedule():
    box[0] = 0
    micropython.schedule(fired, None)
    deadline = time.ticks_add(time.ticks_ms(), 30000)
    while box[0] == 0:
        assert time.ticks_diff(deadline, time.ticks_ms()) > 0, "the callback never ran"
        time.sleep_ms(1)


def op_collect():
    ident = _thread.start_new_thread(guarded, ())
    keep = [str(i) * 3 for i in range(20)]
    gc.collect()
    assert heddle.join(ident, 30)
    assert keep == [str(i) * 3 for i in range(20)]


def op_file():
    with open("/nth", "w") as f:
        f.write("some words\n" * 20)
    with open("/nth") as f:
        assert f.read() == "some words\n" * 20
    os.remove("/nth")


def op_import():
    for i in range(2):
        module = __import__("/nth_module")
        assert module.x == list(range(20))
    del sys.modules["/nth_module"]


def fail():
    raise ValueError


def op_exception():
    # Printed on the console; into a stream of ours, so that the log stays short.
    out = io.StringIO()
    ident = _thread.start_new_thread(caught, (out,))
    assert heddle.join(ident, 30)


def caught(out):
    try:
        fail()
    except ValueError as er:
        try:
            sys.print_exception(er, out)
        except MemoryError:
            pass


def op_service():
    assert t.service_start(0) == 0
    time.sleep_ms(2)
    assert t.service_stop(0, 10000) == 0


OPERATIONS = (
    op_thread,
    op_threads,
    op_lock_timeout,
    op_sleep,
    op_timer,
    op_schedule,
    op_collect,
    op_file,
    op_import,
    op_exception,
    op_service,
)
KINDS = {"alloc": faults.ALLOC, "create": faults.CREATE, "wake": faults.WAKE, "tick": faults.TICK}
MAY_FAIL = ("alloc", "create")


def attempt(operation, kind, n):
    """One operation with the nth fault: (whether it was done, how many there were)."""
    faults.arm(KINDS[kind], n)
    done = False
    try:
        operation()
        done = True
    except (MemoryError, OSError) as er:
        assert kind in MAY_FAIL or type(er) is MemoryError, (operation, kind, n, er)
    except AssertionError as er:
        # A service whose thread could not be made says so by its number.
        assert kind == "create" and operation is op_service, (operation, kind, n, er)
    finally:
        count = faults.disarm()
    if gate.locked():
        all_ended()
        if gate.locked():
            gate.release()
    all_ended()
    return done, count


def sweep(operation, kind, most):
    n = 1
    while True:
        done, count = attempt(operation, kind, n)
        assert done or kind in MAY_FAIL, (operation, kind, n)
        if count < n or n >= most:
            return n - 1
        if kind in MAY_FAIL or n % 8 == 1:
            gc.collect()
            operation()  # works again
            all_ended()
        n += 1


t.service_setup(0, "nth", t.NETWORK, 0, t.TICK)
t.service_register(0)
with open("/nth_module.py", "w") as f:
    f.write("x = list(range(20))\n")
for operation in OPERATIONS:
    operation()
all_ended()
gc.collect()
before = gc.mem_free()
for kind in sorted(KINDS):
    counts = []
    for operation in OPERATIONS:
        counts.append(sweep(operation, kind, 200))
    print(kind, counts)
    assert sum(counts) > 0, "none of them struck"
# A thread that the kernel has not let go of yet is reaped later; what is lost never comes back, and this never ends.
# A word that a call has left on a stack may keep what a few threads had; each would be lost hundreds of times.
while before - gc.mem_free() >= 4 * memory_of_one():
    gc.collect()
