# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# machine.Timer beside threads that loop. Time is instructions here, so the figures are the board's and not the host's.
# image: gil-icount nogil-icount
# board: mps2-an385

import _thread
import heddle
from machine import Timer
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


def rate(period, ms):
    ticks = []
    timer = Timer(period=period, callback=lambda t: ticks.append(time.ticks_us()))
    time.sleep_ms(ms)
    timer.deinit()
    time.sleep_ms(5 * period + 30)  # ticks may have been scheduled already
    n = len(ticks)
    time.sleep_ms(3 * period + 3)
    assert len(ticks) == n, "it ticks after deinit"
    return ticks


for threads in (0, 1, 4):
    spinning = [_thread.start_new_thread(spin, ()) for _ in range(threads)]
    for period in (1, 2, 5, 10, 33):
        ticks = rate(period, 330)
        wanted = 330 // period
        print("{} threads, {} ms: {} ticks of {}".format(threads, period, len(ticks), wanted))
        if period >= 5:
            gaps = [time.ticks_diff(b, a) for a, b in zip(ticks, ticks[1:])]
            assert abs(len(ticks) - wanted) <= 1, (threads, period, len(ticks), wanted)
            assert all(abs(gap - period * 1000) < 5000 for gap in gaps), (period, gaps)
        else:
            # Main may have to wait for the GIL longer than a period: ticks then run one after the other.
            assert wanted // 3 <= len(ticks) <= wanted + 3, (threads, period, len(ticks), wanted)
    stop = True
    for ident in spinning:
        assert heddle.join(ident, 1)
    stop = False

for _ in range(2):
    _thread.start_new_thread(spin, ())

# A one-shot timer, once and in time.
fired = []
began = time.ticks_us()
once = Timer(period=20, mode=Timer.ONE_SHOT, callback=lambda t: fired.append(time.ticks_us()))
time.sleep_ms(100)
assert len(fired) == 1 and 19000 <= time.ticks_diff(fired[0], began) < 26000, fired
# Stopped before its time, and started again.
once.init(period=20, mode=Timer.ONE_SHOT, callback=lambda t: fired.append(0))
once.deinit()
once.deinit()
time.sleep_ms(50)
assert len(fired) == 1
once.init(period=10, mode=Timer.ONE_SHOT, callback=lambda t: fired.append(t))
time.sleep_ms(30)
assert fired[1:] == [once]
# From its own callback: stopped, and started with another period.
n = []


def again(t):
    n.append(time.ticks_ms())
    if len(n) == 3:
        t.init(period=10, callback=again)
    elif len(n) == 5:
        t.deinit()


timer = Timer(period=5, callback=again)
time.sleep_ms(100)
assert len(n) == 5, n
assert time.ticks_diff(n[4], n[2]) >= 19

# Many at once, of which none is lost; started by threads as well.
hits = [0] * 20
timers, began, ended = [], [], []


def make(i):
    def hit(t):
        hits[i] += 1

    began.append(time.ticks_ms())  # alone
    timers.append(Timer(period=10 + i, callback=hit))


for i in range(20):
    if i % 2:
        make(i)
    else:
        assert heddle.join(_thread.start_new_thread(make, (i,)), 1)
time.sleep_ms(300)
for timer in timers:
    timer.deinit()
    ended.append(time.ticks_ms())
time.sleep_ms(50)
for i, h in enumerate(hits):
    assert abs(h - time.ticks_diff(ended[i], began[i]) // (10 + i)) <= 2, (i, hits)
before = list(hits)
time.sleep_ms(50)
assert hits == before


# One whose callback raises goes on; the exception is printed.
def wrong(t):
    n.append(0)
    raise ValueError("in a timer")


n.clear()
timer = Timer(period=10, callback=wrong)
time.sleep_ms(55)
timer.deinit()
assert 4 <= len(n) <= 6, n
for bad in (dict(period=1 << 30), dict(freq=0)):
    try:
        Timer(callback=wrong, **bad)
        raise SystemExit("no error")
    except (ValueError, ZeroDivisionError, OverflowError):
        pass
stop = True
