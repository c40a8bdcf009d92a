# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Every number that says how long, far out of range and just inside: each call answers alike on every board.
# image: gil nogil gil-icount nogil-icount

import _thread
import heddle
import machine
import select
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

INF, NAN, MAX = float("inf"), float("nan"), _thread.TIMEOUT_MAX
AT_ONCE, WAITS = "returned", "waits"  # or the exception

lock = _thread.allocate_lock()
lock.acquire()
sleeper = _thread.start_new_thread(lock.acquire, ())
poller = select.poll()


def acquire(timeout):
    return lock.acquire(True, timeout)


def join(timeout):
    return heddle.join(sleeper, timeout)


def select_for(timeout):
    return select.select([], [], [], timeout)


def timer(**kw):
    machine.Timer(mode=machine.Timer.ONE_SHOT, callback=called.append, **kw).deinit()


def period(value):
    timer(period=value)


def tick_hz(value):
    timer(period=5000, tick_hz=value)


def freq(value):
    timer(freq=value)


SECONDS = (
    (INF, OverflowError),
    (1e30, OverflowError),
    (10**30, OverflowError),
    (1 << 2000, OverflowError),
    (1 << 40, OverflowError),
    (MAX + 1000, OverflowError),
    (NAN, ValueError),
    (MAX, WAITS),
    (1 << 20, WAITS),
    (1e6, WAITS),
)
NO_SECONDS = (("1", TypeError), ((), TypeError), (1j, TypeError))
NEGATIVE = (-1, -0.001, -5, -1e30, -INF, -(10**30))
MILLISECONDS = (
    (10**30, OverflowError),
    (-(10**30), OverflowError),
    (1 << 63, OverflowError),
    (1 << 40, OverflowError),
    ((1 << 32) + 1, OverflowError),
    ((1 << 32) - 1, OverflowError),
    (1 << 31, OverflowError),
    ((1 << 31) - 1, WAITS),
    (1 << 30, WAITS),
    (INF, TypeError),
    (1.5, TypeError),
    ("1", TypeError),
)
BACK_AT_ONCE = ((-1, AT_ONCE), (-(1 << 30), AT_ONCE), (0, AT_ONCE))
OUT_OF_RANGE = tuple((n, ValueError) for n in (-1, -(1 << 31), 1 << 31, 1 << 32, (1 << 32) - 1, 1 << 63, 10**30))

TABLE = (
    (time.sleep, SECONDS + NO_SECONDS + ((None, TypeError), (0, AT_ONCE))),
    (time.sleep, tuple((value, AT_ONCE) for value in NEGATIVE)),
    (acquire, SECONDS + NO_SECONDS + ((None, TypeError), (0, AT_ONCE), (-1, WAITS), (-1.0, WAITS))),
    (acquire, tuple((value, ValueError) for value in NEGATIVE[1:])),
    (join, SECONDS + NO_SECONDS + ((None, WAITS), (0, AT_ONCE))),
    (join, tuple((value, AT_ONCE) for value in NEGATIVE)),
    (select_for, SECONDS + NO_SECONDS + ((None, WAITS), (0, AT_ONCE), (-1, WAITS))),
    (time.sleep_ms, MILLISECONDS + BACK_AT_ONCE),
    (time.sleep_us, MILLISECONDS + BACK_AT_ONCE),
    (poller.poll, MILLISECONDS + ((0, AT_ONCE), (-1, WAITS), (None, WAITS))),
    (period, OUT_OF_RANGE + ((1 << 30, ValueError), ((1 << 30) - 1, AT_ONCE), ("1", TypeError), (1.5, TypeError))),
    (tick_hz, OUT_OF_RANGE + ((0, ValueError), ((1 << 31) - 2, AT_ONCE), ("1", TypeError), (0.5, TypeError))),
    (freq, tuple((value, ValueError) for value in (0, -1, -0.5, 1e-9, 1e-30, -INF, NAN, -(10**30)))),
    (freq, ((INF, AT_ONCE), (10**30, AT_ONCE), (0.001, AT_ONCE), ("1", TypeError))),
)

called = []
outcome = [None]
began = _thread.allocate_lock()


def attempt(call, value):
    began.release()
    try:
        call(value)
        outcome[0] = AT_ONCE
    except Exception as er:
        outcome[0] = type(er)


failed = []
for call, rows in TABLE:
    for value, wanted in rows:
        outcome[0] = WAITS
        began.acquire()
        ident = _thread.start_new_thread(attempt, (call, value))
        began.acquire()
        began.release()
        # What is to end has all the time it wants; what is not to end has some, too.
        ended = heddle.join(ident, 0.02 if wanted is WAITS else 30)
        if wanted is AT_ONCE:
            called.clear()  # a timer of an endless frequency may be due before it is stopped
        if outcome[0] is not wanted:
            failed.append((call, value))
            print("FAIL: {}({}): {} instead of {}".format(call, value, outcome[0], wanted))
assert called == []
print("failed:", len(failed))
assert not failed
