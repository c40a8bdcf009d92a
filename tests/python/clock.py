# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Clocks are fine and never go back; no sleep is too short, whoever sleeps.
# image: gil nogil gil-icount nogil-icount

import _thread
import heddle
import random
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

random.seed(3)

# Microseconds, not milliseconds in disguise.
steps = set()
last = time.ticks_us()
for _ in range(2000):
    now = time.ticks_us()
    diff = time.ticks_diff(now, last)
    assert diff >= 0, "ticks_us goes back"
    steps.add(diff)
    last = now
fine = [step for step in steps if 0 < step < 1000]
print("steps of ticks_us:", sorted(steps)[:8])
assert fine and len(set(step % 10 for step in steps)) > 1, sorted(steps)

# The clocks agree with each other.
def clocks():
    # The first once more at the end: the host may be late in between.
    return time.ticks_us(), time.ticks_ms(), time.time_ns(), time.ticks_us()


before = clocks()
time.sleep_ms(200)
after = clocks()
least, most = time.ticks_diff(after[0], before[3]), time.ticks_diff(after[3], before[0])
ms, ns = time.ticks_diff(after[1], before[1]), after[2] - before[2]
assert least >= 200000, (before, after)
assert least - 1000 <= ms * 1000 <= most + 1000 and least - 1 <= ns // 1000 <= most + 1, (before, after)

# In all threads at once: each sees a clock that does not go back, also beside what the others saw.
errors = []
guard = _thread.allocate_lock()  # without a GIL lists are not safe by themselves
latest = [0]
stop = False


def wrong(*what):
    with guard:
        errors.append(what)


def watch():
    ns, us = time.time_ns(), time.ticks_us()
    while not stop:
        before = latest[0]
        now = time.time_ns()
        if now < ns or now < before:
            wrong("time_ns", ns, before, now)
        # A thread that is switched out here may store an old value; that only makes the check weaker.
        latest[0] = ns = now
        now = time.ticks_us()
        if time.ticks_diff(now, us) < 0:
            wrong("ticks_us", us, now)
        us = now


watchers = [_thread.start_new_thread(watch, ()) for _ in range(3)]


# A thousand sleeps in five threads, beside those.
naps = [0]


def nap():
    for _ in range(200):
        kind = random.randrange(4)
        if kind == 0:
            us = random.randrange(1, 3000)
            began = time.ticks_us()
            time.sleep_us(us)
        elif kind == 1:
            us = 1000 * random.randrange(0, 5)
            began = time.ticks_us()
            time.sleep_ms(us // 1000)
        elif kind == 2:
            us = random.randrange(1, 4000)
            seconds = us / 1e6
            began = time.ticks_us()
            time.sleep(seconds)
            us = int(seconds * 1000) * 1000  # upstream's sleep() counts milliseconds
        else:
            us = random.randrange(1, 4000)
            lock = _thread.allocate_lock()
            lock.acquire()
            began = time.ticks_us()
            got = lock.acquire(True, us / 1e6)
            if got:
                wrong("a lock that nobody released")
        took = time.ticks_diff(time.ticks_us(), began)
        if took < us:
            wrong("early", kind, us, took)
        naps[0] += 1


sleepers = [_thread.start_new_thread(nap, ()) for _ in range(5)]
for ident in sleepers:
    assert heddle.join(ident)
stop = True
for ident in watchers:
    assert heddle.join(ident)
assert not errors, errors[:5]
assert naps[0] > 900
for wait in (time.sleep, time.sleep_ms, time.sleep_us):
    wait(0)
    wait(-1)
