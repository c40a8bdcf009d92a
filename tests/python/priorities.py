# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Priorities, and turns among equals. Time is instructions here, so the figures are the board's and not the host's.
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

HALF = 500
stop = False


def spin(counts, i):
    n = 0
    while not stop:
        n += 1
        counts[i] = n


def run(priorities, ms=HALF):
    global stop
    counts = [0] * len(priorities)
    stop = False
    idents = [_thread.start_new_thread(spin, (counts, i), priority=p) for i, p in enumerate(priorities)]
    time.sleep_ms(ms)
    done = list(counts)
    stop = True
    for ident in idents:
        assert heddle.join(ident, 5)
    return done


# Equals share; whoever is less urgent waits.
alone = run([3])[0]
four = run([3, 3, 3, 3])
print("alone {}, four {}".format(alone, four))
assert min(four) >= 0.9 * max(four) and sum(four) >= 0.9 * alone, (alone, four)
mixed = run([3, 2, 3, 1])
print("priorities 3 2 3 1:", mixed)
assert min(mixed[0], mixed[2]) >= 0.9 * max(mixed[0], mixed[2])
assert max(mixed[1], mixed[3]) <= 0.02 * mixed[0], mixed

# A less urgent main thread comes back as soon as the more urgent rest.
order = []


def urgent(ms):
    began = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), began) < ms:
        pass
    order.append("urgent")  # alone


ident = _thread.start_new_thread(urgent, (50,), priority=5)
for _ in range(3):
    pass  # the loop is where a thread gives way
order.append("main")
assert order == ["urgent", "main"], "a more urgent thread runs at once, and to its end"
heddle.join(ident)

# An urgent sleeper wakes in time beside threads that loop, an equal one after a slice or two.
late = []


def sleeper(n):
    for _ in range(n):
        began = time.ticks_us()
        time.sleep_ms(10)
        late.append(time.ticks_diff(time.ticks_us(), began) - 10000)  # alone


counts = [0] * 4
stop = False
spinning = [_thread.start_new_thread(spin, (counts, i), priority=3) for i in range(4)]
for priority, most in ((7, 2000), (4, 2000), (3, 12000)):
    late.clear()
    assert heddle.join(_thread.start_new_thread(sleeper, (30,), priority=priority), 20)
    print("priority {}: {} to {} us late".format(priority, min(late), max(late)))
    assert len(late) == 30 and 0 <= min(late) and max(late) <= most, (priority, late)

# A lock handed to an urgent thread is used at once.
lock = _thread.allocate_lock()
lock.acquire()
got = []


def take():
    lock.acquire()
    got.append(time.ticks_us())  # alone


ident = _thread.start_new_thread(take, (), priority=7)
time.sleep_ms(5)
lock.release()
for _ in range(3):
    pass
after = time.ticks_us()
assert got and time.ticks_diff(got[0], after) <= 0, "the urgent thread runs before main goes on"
heddle.join(ident)

# Inherited, and not by those that ask for another.
inner = []


def outer():
    inner.append(_thread.start_new_thread(time.sleep, (100,)))  # alone
    inner.append(_thread.start_new_thread(time.sleep, (100,), priority=2))  # alone


assert heddle.join(_thread.start_new_thread(outer, (), priority=6), 5)
rows = {r.ident: r.priority for r in heddle.threads()}
assert [rows[i] for i in inner] == [6, 2] and rows[1] == 4
stop = True
