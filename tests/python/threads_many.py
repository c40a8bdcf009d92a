# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# 200 threads alive at once, each with its own arguments and name, survive collections, and their memory comes back.

import _thread
import gc
import heddle
import sys
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

N = 200
alive = 0
wrong = 0
lock = _thread.allocate_lock()
gate = _thread.allocate_lock()


def work(number, text, key=None):
    global alive, wrong
    mine = [number, text + "!"]
    with lock:
        alive += 1
    with gate:
        pass
    with lock:
        wrong += mine != [number, "text" + str(number) + "!"] or key != [number]
        alive -= 1


def all_of_them():
    gate.acquire()
    idents = set()
    for i in range(N):
        name = "n%d" % i
        idents.add(
            _thread.start_new_thread(
                work, (i, "text" + str(i)), {"key": [i]}, name=name, stack_size=2048
            )
        )
    while alive < N:
        time.sleep_ms(1)
    gc.collect()
    junk = [str(i) for i in range(3000)]
    gc.collect()
    rows = heddle.threads()
    assert heddle.info().threads == N + 1
    names = set(row.name for row in rows if row.ident in idents)
    assert names == set("n%d" % i for i in range(N)), names
    for row in rows:
        assert row.stack_used <= row.stack_size, row
        if row.ident in idents:
            assert (row.stack_size == 2048 or sys.maxsize > 1 << 31) and row.state == "waiting", row
    del rows, names, junk
    gate.release()
    for ident in idents:
        assert heddle.join(ident, 60)
    assert alive == 0 and wrong == 0, (alive, wrong)


def settled():
    time.sleep_ms(5)
    gc.collect()
    gc.collect()
    return gc.mem_free()


all_of_them()
before = settled()
all_of_them()
# A word that a call has left on a stack may keep a dead thread's memory, once: what is lost is so in each turn.
turns = 0
while settled() < before - 4096:
    turns += 1
    assert turns < 20, (before, settled())
    before = settled()
    all_of_them()
