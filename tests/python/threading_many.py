# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# timeout: 60
#
# Ten thousand short-lived Thread objects, and what comes with them, leave no memory behind.
import gc
import heddle
import queue
import threading
import time


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def work(q, local):
    local.seen = q.get()


def run(n):
    q = queue.SimpleQueue()
    local = threading.local()
    for i in range(n):
        thread = threading.Thread(target=work, args=(q, local))
        thread.start()
        q.put(i)
        thread.join()


run(50)
before = used()
run(10000)
# The last one may have its stack until the kernel has let go of it.
while used() - before > 2048:
    time.sleep_ms(10)
assert threading.active_count() == 1 and heddle.info().threads == 1, threading.enumerate()
print("ok")
