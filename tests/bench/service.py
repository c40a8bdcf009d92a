# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Interrupts wake service tasks while Python computes, allocates, collects, creates threads and is reset."""

import _thread
import gc
import heddle
import heddle_bench
from time import sleep_ms

SAMPLES = 10000
RESETS = 40  # while these are taken
SEEDS = 4  # the first is the row of the table, the others say how far to trust it


def compute():
    x = 0
    while True:
        x = (x * 5 + 1) & 0xFFFF


def allocate():
    alive = [None] * 32
    i = 0
    while True:
        alive[i & 31] = [i, str(i)]
        i += 1


def sleepy():
    while True:
        sleep_ms(1)


def hand_over(mine, other):
    while True:
        mine.acquire()
        other.release()


def nothing():
    pass


def load(until):
    a = _thread.allocate_lock()
    b = _thread.allocate_lock()
    b.acquire()
    for f, args in (compute, ()), (allocate, ()), (sleepy, ()), (hand_over, (a, b)), (hand_over, (b, a)):
        _thread.start_new_thread(f, args)
    while heddle_bench.count() < until:
        for _ in range(3):
            heddle.join(_thread.start_new_thread(nothing, ()))
        gc.collect()


seed, turn = divmod(heddle_bench.resets(), RESETS + 1)
if turn == 0:
    heddle_bench.start(seed + 1)
load(SAMPLES * (turn + 1) // (RESETS + 1))
if turn == RESETS:
    heddle_bench.stop()
    for name, value in heddle_bench.results():
        print("result", seed, name, value)
    for culprit in heddle_bench.worst():
        print("culprit", seed, *culprit)
if heddle_bench.resets() < SEEDS * (RESETS + 1) - 1:
    heddle_bench.soft_reset()
