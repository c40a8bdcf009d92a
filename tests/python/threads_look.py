# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# heddle.threads(): what each thread waits for and who has it, and where it runs.

import _thread
import heddle
import select
import time

GIL = heddle.info()._thread == "GIL"

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

stop = False
held = _thread.allocate_lock()


def row_of(ident):
    return [row for row in heddle.threads() if row.ident == ident][0]


# The row of a thread once it waits for that. A thread comes there by itself, so this ends.
def when_it_waits(ident, kind):
    while row_of(ident).waits_for != kind:
        time.sleep_ms(1)
    return row_of(ident)


def check(ident, kind, holder, state="waiting"):
    row = when_it_waits(ident, kind)
    while kind == "lock" and row.holder != holder:  # without a GIL that of the heap comes first, now and then
        row = when_it_waits(ident, kind)
    print(kind, row.holder == holder, row.state == state)
    assert (row.waits_for, row.holder, row.state) == (kind, holder, state), row


# Who runs waits for nothing.
me = row_of(_thread.get_ident())
assert (me.ident, me.waits_for, me.holder, me.state) == (1, None, None, "running"), me
assert 0 <= me.core < heddle.info().cores, me
assert tuple(me)[:7] == (me.ident, me.name, me.state, me.priority, me.cpu_us, me.stack_used, me.stack_size)
assert tuple(me)[7:] == (me.waits_for, me.holder, me.core, me.cpu) and len(me) == 11

# A lock, with a limit and without one.
held.acquire()
ident = _thread.start_new_thread(held.acquire, ())
check(ident, "lock", 1)
held.release()
assert heddle.join(ident)
other = _thread.start_new_thread(held.acquire, (True, 1000))
check(other, "lock", ident)  # who took it has ended since, and holds it all the same
held.release()
assert heddle.join(other)
held.release()

# A sleep, and joins of the sleeper.
ident = _thread.start_new_thread(time.sleep, (1000,))
check(ident, "sleep", None)
joins = [_thread.start_new_thread(heddle.join, args) for args in ((ident,), (ident, 1000))]
for joiner in joins:
    check(joiner, "join", ident)
assert heddle.cancel(ident)
for joiner in joins:
    assert heddle.join(joiner)

# Characters, room and flags are events.
flag = heddle.Flag()
poll = select.poll()
poll.register(flag, select.POLLIN)
ident = _thread.start_new_thread(poll.poll, ())
check(ident, "event", None)
flag.set()
assert heddle.join(ident)


# A turn.
def spin():
    while not stop:
        pass


def pass_on():
    while not stop:
        with held:
            time.sleep_us(1)


# Whoever is about to stop is not shown as running and waiting at once.
busy = [_thread.start_new_thread(pass_on, ()) for _ in range(3)]
for i in range(500):
    for row in heddle.threads():
        assert row.waits_for is None or row.state == ("ready" if row.waits_for == "GIL" else "waiting"), row
stop = True
for ident in busy:
    assert heddle.join(ident)
stop = False

ident = _thread.start_new_thread(spin, ())
if GIL:
    check(ident, "GIL", 1, "ready")
else:
    assert row_of(ident).waits_for is None
stop = True
assert heddle.join(ident)

# Three that wait for each other in a circle.
locks = [_thread.allocate_lock() for _ in range(3)]
taken = [False] * 3
names = ("ada", "grace", "tony")


def deadlock(me):
    with locks[me]:
        taken[me] = True
        while not all(taken):
            time.sleep_ms(1)
        with locks[(me + 1) % 3]:
            pass


idents = [_thread.start_new_thread(deadlock, (me,), name=names[me]) for me in range(3)]
for me in range(3):
    check(idents[me], "lock", idents[(me + 1) % 3])
for row in heddle.threads():
    if row.name in names:
        print(row.name, "waits for the", row.waits_for, "of", names[idents.index(row.holder)])
heddle.cancel(idents[0])
for ident in idents:
    assert heddle.join(ident)
assert not any(lock.locked() for lock in locks)

# What nobody used is there: a row for each core, or one for all.
rows = heddle.threads()
idle = [row for row in rows if row.name.lower().startswith("idle")]
assert len(idle) in (1, heddle.info().cores) and rows[-len(idle) :] == idle, idle
assert all(row.cpu >= 0 for row in rows) and all(row.state == "waiting" for row in idle), rows
