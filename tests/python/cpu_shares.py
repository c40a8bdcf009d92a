# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# CPU shares add up, and are whose they should be. Time is instructions here, so they are exact.
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

stop = False
row = None


def spin():
    while not stop:
        pass


def nap(n):
    for _ in range(n):
        until = time.ticks_add(time.ticks_ms(), 5)
        while time.ticks_diff(until, time.ticks_ms()) > 0:
            pass
        time.sleep_ms(15)


def shares(seconds):
    heddle.threads()
    time.sleep(seconds)
    rows = heddle.threads()
    total = sum(row.cpu for row in rows)
    print("{:.2f} %:".format(total), ", ".join("{} {:.2f}".format(row.name, row.cpu) for row in rows))
    assert 99 * heddle.info().cores <= total <= 101 * heddle.info().cores, total
    return {row.name: row.cpu for row in rows}


def idle(rows):
    return sum(share for name, share in rows.items() if name.lower().startswith("idle"))


# From the start on, whatever that was.
total = sum(row.cpu for row in heddle.threads())
print("{:.2f} % since the start".format(total))
assert 99 <= total <= 101, total

# Nobody has anything to do.
assert idle(shares(0.5)) >= 99

# One works a quarter of the time.
ident = _thread.start_new_thread(nap, (50,), name="nap", priority=6)
rows = shares(0.4)
assert 23 <= rows["nap"] <= 29 and idle(rows) >= 69, rows
heddle.join(ident)

# Three equals share all that there is.
idents = [_thread.start_new_thread(spin, (), name="spin%d" % i, priority=2) for i in range(3)]
rows = shares(0.5)
assert all(32 <= rows["spin%d" % i] <= 34.5 for i in range(3)) and idle(rows) < 1, rows
stop = True
for ident in idents:
    heddle.join(ident)
