# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# 10 000 threads created and finished leave gc.mem_free() where it was, beside one that never lets the system idle.

import _thread
import gc
import heddle
import sys
import time

N = 10000
done = 0
lock = _thread.allocate_lock()
stop = False
stopped = False


def busy():
    global stopped
    while not stop:
        pass
    stopped = True


def short(step):
    global done
    with lock:
        done += step


# heddle.info() looks through the heap, so not for each thread; a row of heddle.threads() could be left behind.
def cycle(n):
    first = done
    for i in range(n):
        _thread.start_new_thread(short, (1,))
        while first + i - done > 8:
            time.sleep_ms(1)
    while heddle.info().threads > 2:
        time.sleep_ms(1)


def settled():
    gc.collect()
    gc.collect()
    return gc.mem_free()


# Without a GIL the dictionary of globals must not grow while threads look into it.
before = i = None
turns = 0
_thread.start_new_thread(busy, (), priority=1)
cycle(50)
before = settled()
done = 0
for i in range(10):
    cycle(N // 10)
assert done == N, done
# A word that a call has left on a stack may keep a dead thread's memory, once: what is lost is so in each turn.
while settled() < before - (1024 if sys.platform == "linux" else 64):
    turns += 1
    assert turns < 20, (before, settled())
    before = settled()
    cycle(N // 10)
stop = True
while not stopped:
    time.sleep_ms(1)
