# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# Threads that begin and end at several priorities, while others walk the list of them and collect.

import _thread
import gc
import heddle
import time

N = 600
done = 0
stop = False
walks = 0
running = 0
faults = []
lock = _thread.allocate_lock()


def short(n):
    global done
    mine = [n, str(n)]
    if n % 3 == 0:
        time.sleep_ms(1)
    with lock:
        done += mine == [n, str(n)]


def fault(what):
    with lock:
        faults.append(what)


def walk():
    global walks, running
    while not stop:
        rows = heddle.threads()
        idents = [row.ident for row in rows if row.ident is not None]
        if idents != sorted(set(idents)) or 1 not in idents or _thread.get_ident() not in idents:
            fault(idents)
        for row in rows:
            if row.stack_used > row.stack_size or row.name == "":
                fault(row)
        walks += 1
    with lock:
        running -= 1


def create(base):
    global running
    for i in range(N):
        _thread.start_new_thread(short, (base + i,), priority=4 + i % 4, stack_size=2048 + i % 3 * 512)
        if i % 50 == 0:
            gc.collect()
        while len(heddle.threads()) > others + 30:  # heddle.info() would look through the heap each time
            time.sleep_ms(1)
    with lock:
        running -= 1


others = len(heddle.threads())
for fun, args in ((walk, ()), (walk, ()), (create, (0,)), (create, (10000,))):
    running += 1
    _thread.start_new_thread(fun, args)
while running > 2:
    time.sleep_ms(5)
stop = True
while len(heddle.threads()) > others:
    time.sleep_ms(1)
assert not faults, faults[:3]
assert done == 2 * N, done
assert walks > 5, walks
