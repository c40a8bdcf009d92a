# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# board: host
# Threads that only create threads, beside one that only collects and one that allocates: a thread's block is found
# wherever its creator is stopped, also where only a register knows it.

import _thread
import gc
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(60):
    globals()["_%d" % i] = 0
for i in range(60):
    del globals()["_%d" % i]

stop = False


def nothing(i):
    pass


def create(i):
    while not stop:
        try:
            _thread.start_new_thread(nothing, (i,))
        except (OSError, MemoryError):
            pass


def collect(i):
    while not stop:
        gc.collect()


def allocate(i):
    while not stop:
        x = [bytearray(100 + i) for _ in range(20)]


for f in (create, create, create, collect, allocate):
    _thread.start_new_thread(f, (1,))
time.sleep(4)
stop = True
time.sleep(0.3)
print("no thread was lost")
