# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil gil-icount nogil-icount
# board: mps2-an385
# Native and viper code beside threads: a collection finds what only it knows, its exceptions are its own thread's, a
# lock that it holds is one, and its loops keep the GIL until they call what loops in bytecode.

import _thread
import gc
import heddle
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

ROUNDS = 40
lock = _thread.allocate_lock()
results = [None] * 12
total = 0
stop = False


@micropython.native
def native_work(n):
    whole = 0
    for i in range(ROUNDS):
        one = [str(j) * 3 for j in range(20)]
        two = (n, one, {"key": str(n)})
        gc.collect() if i % 8 == 0 else time.sleep_ms(1)
        good = two[1] is one and two[2]["key"] == str(n)
        for j in range(20):
            good = good and one[j] == str(j) * 3
        whole += 1 if good else 0
    return whole


@micropython.viper
def viper_sum(data: ptr8, size: int) -> int:
    n = 0
    for i in range(size):
        n += data[i]
    return n


@micropython.viper
def viper_work(n: int) -> int:
    whole = 0
    for i in range(int(ROUNDS)):
        data = bytearray(256)
        p = ptr8(data)
        for j in range(256):
            p[j] = (n + j) & 0xFF
        if i & 7 == 0:
            gc.collect()
        else:
            time.sleep_ms(1)
        if int(viper_sum(data, 256)) == 32640:
            whole += 1
    return whole


@micropython.native
def native_error(n):
    caught = 0
    for i in range(ROUNDS):
        try:
            if i % 2:
                time.sleep_ms(1)
            raise ValueError(n, i)
        except ValueError as er:
            caught += 1 if er.args == (n, i) else 0
    return caught


@micropython.native
def native_locked(n):
    global total
    for _ in range(ROUNDS):
        with lock:
            now = total
            time.sleep_us(200)
            total = now + 1
    return ROUNDS


def python_work(n):
    whole = 0
    for i in range(ROUNDS):
        mine = [[n, j] for j in range(30)]
        time.sleep_ms(1)
        whole += mine == [[n, j] for j in range(30)]
    return whole


def run(work, n):
    results[n] = work(n)


works = (native_work, viper_work, native_error, native_locked, python_work, native_work)
idents = [_thread.start_new_thread(run, (works[n % 6], n), priority=3 + n % 3) for n in range(12)]
for ident in idents:
    heddle.join(ident)
assert results == [ROUNDS] * 12, results
assert total == 2 * ROUNDS, total


# ---- loops


@micropython.viper
def count_down(n: int):
    while n:
        n -= 1


@micropython.native
def call_often(n):
    for i in range(n):
        loop_once()


def loop_once():
    for _ in range(1):
        pass


def spin(counts):
    n = 0
    while not stop:
        n += 1
        counts[0] = n


def beside(work, n):
    """How far another thread comes meanwhile, and how long that is."""
    global stop
    counts = [0]
    stop = False
    ident = _thread.start_new_thread(spin, (counts,))
    while not counts[0]:
        time.sleep_ms(1)
    before, began = counts[0], time.ticks_us()
    work(n)
    after, us = counts[0], time.ticks_diff(time.ticks_us(), began)
    stop = True
    heddle.join(ident)
    return after - before, us


size = 1000
while beside(count_down, size)[1] < 50000:
    size *= 2
turns, us = beside(count_down, size)
print("a viper loop of {} us: {} turns beside it".format(us, turns))
if heddle.info()._thread == "GIL":
    assert turns == 0, turns
else:
    assert turns > 100, turns
turns, us = beside(call_often, 20000)
print("a native loop with calls of {} us: {} turns beside it".format(us, turns))
assert turns > 100, turns
