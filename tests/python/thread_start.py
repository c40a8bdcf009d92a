# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-icount nogil-icount
# board: mps2-an385
# A thread is whole before it runs: its arguments are found by a collection before its first instruction, an urgent
# one is listed before it does anything, names are each thread's own, and its end is counted once.

import _thread
import gc
import heddle
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

results = [None] * 20  # an element each: without a GIL nothing may grow that threads share


def junk():
    return [str(i) + "junk" for i in range(400)]


# Arguments that only the record knows, of threads that cannot have run yet.
def check(number, text, items, key=None):
    results[number] = (
        text == "argument %d" % number
        and items == [number, str(number) * 3]
        and (key is None or key == {"n": [number]})
    )


def start_all():
    idents = []
    for n in range(10):
        args = ("0", "argument %d" % n, [n, str(n) * 3])
        args = (n,) + args[1:]
        if n % 2:
            idents.append(_thread.start_new_thread(check, args, {"key": {"n": [n]}}, priority=1))
        else:
            idents.append(_thread.start_new_thread(check, list(args), priority=1))
    return idents


idents = start_all()
for i in range(3):
    gc.collect()
    junk()
assert not any(results), "they have run already"
for ident in idents:
    assert heddle.join(ident, 5)
assert results == [True] * 10 + [None] * 10, results


# More urgent than its creator: it runs, collects and ends inside start_new_thread, where there is no GIL.
def urgent(number):
    mine = [[number, str(i)] for i in range(20)]
    gc.collect()
    junk()
    listed = _thread.get_ident() in [row.ident for row in heddle.threads()]
    results[number] = listed and mine == [[number, str(i)] for i in range(20)]


def urgents(n):
    results[:] = [None] * n
    for i in range(n):
        heddle.join(_thread.start_new_thread(urgent, (i,), priority=7), 5)
    assert results == [True] * n, results


def settled():
    gc.collect()
    gc.collect()
    return gc.mem_free()


urgents(20)
before = settled()
urgents(20)
# A thread that the kernel has not let go of yet is reaped later; what is lost never comes back, and this never ends.
while settled() < before - 256:
    pass
assert heddle.info().threads == 1, heddle.info()
assert len([row for row in heddle.threads() if row.ident is not None]) == 1

# Names.
gate = _thread.allocate_lock()
gate.acquire()


def wait():
    with gate:
        pass


names = ["alpha", "beta", "gamma"]
idents = {}
for name in names:
    idents[_thread.start_new_thread(wait, (), name=name)] = name
idents_unnamed = [_thread.start_new_thread(wait, ()) for i in range(3)]
time.sleep_ms(5)
found = {row.ident: row.name for row in heddle.threads()}
for ident, name in idents.items():
    assert found[ident] == name, found
for ident in idents_unnamed:
    assert found[ident] == "thread-%d" % ident, found
gate.release()
for ident in list(idents) + idents_unnamed:
    assert heddle.join(ident, 5)

# A priority that is not the creator's holds after collections: the urgent one gets the processor on time.
late = []
stop = False


def sleeper():
    for i in range(20):
        begin = time.ticks_us()
        time.sleep_ms(5)
        late.append(time.ticks_diff(time.ticks_us(), begin) - 5000)  # alone


ident = _thread.start_new_thread(sleeper, (), priority=7)
gc.collect()
begin = time.ticks_ms()
while len(late) < 20 and time.ticks_diff(time.ticks_ms(), begin) < 3000:
    pass
assert len(late) == 20 and max(late) < 4000, late
assert heddle.join(ident, 5)
