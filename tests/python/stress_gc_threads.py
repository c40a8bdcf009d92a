# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# timeout: 60
# Every thread's roots are found by the collector: 500 rounds of four threads whose data must be whole after each of
# them has slept across collections, and whose memory comes back.

import _thread
import gc
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

ROUNDS = 500
THREADS = 4

lock = _thread.allocate_lock()
counter = 0
finished = 0
faults = []


def fault(*what):
    with lock:
        faults.append(what)


def work(number):
    global counter, finished
    try:
        texts = [str(i) * 10 for i in range(100)]
        table = {i: i * number for i in range(50)}
        time.sleep_ms(1)
        if number == 0:
            gc.collect()
        else:
            time.sleep_ms(1)
        total = sum(len(text) for text in texts)
        if total != 1900:
            fault("texts", number, total)
        for i, text in enumerate(texts):
            if text != str(i) * 10:
                fault("text", number, i, text)
                break
        if len(table) != 50 or any(table[i] != i * number for i in range(50)):
            fault("table", number)
    except Exception as er:
        fault("exception", number, repr(er))
    with lock:
        counter += 1
        finished += 1


def round():
    global finished
    finished = 0
    for number in range(THREADS):
        _thread.start_new_thread(work, (number,))
    while finished < THREADS:
        time.sleep_ms(1)


def settled():
    time.sleep_ms(10)
    gc.collect()
    gc.collect()
    return gc.mem_free()


for i in range(3):
    round()
counter = 0


def rounds(n):
    global counter
    counter = 0
    for i in range(n):
        round()
        if i % 5 == 0:
            gc.collect()
        assert not faults, (i, faults)
    assert counter == n * THREADS, counter


before = settled()
rounds(ROUNDS)
# A word that a call has left on a stack may keep a dead thread's memory, once: what is lost is so in each turn.
turns = 0
while settled() < before - 8192:
    turns += 1
    assert turns < 4, (before, settled())
    before = settled()
    rounds(ROUNDS)
print("turns %d" % turns)
