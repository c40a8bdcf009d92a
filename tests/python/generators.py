# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# A generator runs in one thread at a time: another one that wants to resume it is told so, and no value is lost.

import _thread
import heddle

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

BUSY = "generator already executing"
VALUES = 30000
THREADS = 4
ROUNDS = 10


def said(call, *args):
    try:
        return call(*args)
    except Exception as er:
        return "%s: %s" % (type(er).__name__, er)


# Every way to resume one that another thread is in the middle of.
inside = _thread.allocate_lock()
go_on = _thread.allocate_lock()
got = [None]


def waits():
    inside.release()
    go_on.acquire()
    yield 1
    yield 2


def delegates(inner):
    yield from inner


async def coroutine():
    inside.release()
    go_on.acquire()


def resume(it, value):
    got[0] = said(it.send, value)


def while_it_runs(it, outer=None):
    inside.acquire()
    go_on.acquire()
    ident = _thread.start_new_thread(resume, (outer or it, None))
    inside.acquire()
    error = ValueError("another")
    answers = [said(next, it)] if hasattr(it, "__next__") else []
    answers += [said(it.send, None), said(it.send, 5), said(it.throw, error), said(it.close)]
    answers.append(said(it.pend_throw, error))
    assert set(answers) == {"ValueError: " + BUSY}, answers
    go_on.release()
    assert heddle.join(ident, 10)
    go_on.release()
    inside.release()


it = waits()
while_it_runs(it)
assert got == [1] and next(it) == 2 and said(next, it) == "StopIteration: "
it = waits()
outer = delegates(it)
while_it_runs(it, outer)
assert got == [1] and next(outer) == 2
it = waits()
outer = delegates(it)
while_it_runs(outer)
assert got == [1] and next(it) == 2
while_it_runs(coroutine())
assert got == ["StopIteration: "]


# What it is told before it starts, in itself, and when it ends leaves it usable.
def counts(n):
    for i in range(n):
        yield i


it = counts(2)
assert said(it.send, 1) == "TypeError: can't send non-None value to a just-started generator"
assert next(it) == 0
assert it.pend_throw(None) is None
assert said(type(it).send, 5, None).startswith("TypeError: ")


def recurses():
    yield said(next, me)
    yield 1


me = recurses()
assert next(me) == "ValueError: " + BUSY and next(me) == 1


def raises():
    yield 1
    raise KeyError(3)


it = raises()
assert next(it) == 1 and said(next, it) == "KeyError: 3" and said(next, it) == "StopIteration: "

# Threads that take all they can get: every value once.
counts_seen = [0] * THREADS
sums = [0] * THREADS
ended = [""] * THREADS


def take(me, it):
    n = 0
    total = 0
    while True:
        try:
            for x in it:
                n += 1
                total += x
            break
        except ValueError as er:
            if er.args[0] != BUSY:
                ended[me] = repr(er)
                break
        except Exception as er:
            ended[me] = repr(er)
            break
    counts_seen[me] = n
    sums[me] = total


for i in range(ROUNDS):
    it = delegates(counts(VALUES)) if i % 2 else counts(VALUES)
    idents = [_thread.start_new_thread(take, (k, it)) for k in range(THREADS)]
    for ident in idents:
        assert heddle.join(ident, 60)
    assert ended == [""] * THREADS, ended
    assert (sum(counts_seen), sum(sums)) == (VALUES, VALUES * (VALUES - 1) // 2), counts_seen
