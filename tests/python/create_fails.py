# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing nogil-testing
# Creation under memory pressure: each allocation that it makes fails once, with an error of Python's own, and the
# next creation works. Nothing is lost.

import _thread
import gc
import heddle
import sys
import time
import heddle_faults as faults

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

ran = 0
lock = _thread.allocate_lock()


def work(*args, **kw):
    global ran
    with lock:
        ran += len(args) + len(kw)


def plain():
    return _thread.start_new_thread(work, (1, 2))


def rich():
    return _thread.start_new_thread(
        work, [1, "a" + str(ran)], {"k": [1], "l": 2}, name="x" + str(ran), stack_size=3000
    )


def settled():
    """What is free now."""
    time.sleep_ms(2)
    gc.collect()
    gc.collect()
    return gc.mem_free()


def attempt(create, n):
    """Create with the nth allocation failing: whether it was created all the same."""
    ident = None
    try:
        faults.arm(faults.ALLOC_HERE, n)
        ident = create()
    except (MemoryError, OSError):
        pass
    finally:
        faults.disarm()
    if ident is not None:
        assert heddle.join(ident, 60)
    return ident is not None


def round(create, size):
    failures = 0
    n = 1
    while not attempt(create, n):
        failures += 1
        gc.collect()
        before = ran
        assert heddle.join(create(), 60), "the next one works"
        assert ran == before + size, (ran, before)
        gc.collect()  # A block that is kept for the next creation would not be asked for.
        n += 1
        assert n < 50
    assert heddle.info().threads == 1
    return failures


round(plain, 2)
round(rich, 4)
before = settled()
counts = None
for i in range(20 if before < 1 << 22 else 4):  # a large heap takes its time to collect
    now = (round(plain, 2), round(rich, 4))
    # One more or less: a thread that is still on its way out of the kernel is not reaped, and its block not reused.
    assert counts is None or all(abs(a - b) <= 1 for a, b in zip(now, counts)), (now, counts)
    counts = now
assert counts[0] >= 1 and counts[1] >= 3, counts
# A word that a call has left on a stack may keep a dead thread's memory, once: what is lost is so in each turn.
turns = 0
while settled() < before - (256 if sys.maxsize < 1 << 31 else 1024):
    turns += 1
    assert turns < 20, (before, settled())
    before = settled()
    round(plain, 2), round(rich, 4)

# A heap that is nearly full: as many threads as fit, then an error, then as many again.
gate = _thread.allocate_lock()


def wait():
    with gate:
        pass


def fill():
    gate.acquire()
    idents = []
    try:
        while True:
            idents.append(_thread.start_new_thread(wait, ()))
    except MemoryError as er:
        text = str(er)
    gate.release()
    for ident in idents:
        assert heddle.join(ident, 60)
    return len(idents), text


gate.acquire()
room = _thread.start_new_thread(wait, ())
block = [row.stack_size for row in heddle.threads() if row.ident == room][0]
room = 20 * block
gate.release()
hog = []
try:
    while True:
        hog.append(bytearray(4000))
except MemoryError:
    pass
for i in range(room // 4096):
    hog.pop()
gc.collect()
level = gc.mem_free()
fits = []
for i in range(5):
    fits.append(fill())
    # Those that have ended are gone once the kernel has let go of them.
    while gc.mem_free() < level - 2 * block:
        time.sleep_ms(1)
        gc.collect()
del hog
gc.collect()
assert min(fits)[0] >= 8 and max(fits)[0] - min(fits)[0] <= 3, fits
assert "can't allocate thread" in [text for n, text in fits]
ran = 0
assert heddle.join(plain(), 60) and ran == 2
print("failures", counts, "threads in a full heap", [n for n, text in fits])
