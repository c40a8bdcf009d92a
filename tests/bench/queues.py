# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Two threads hand an item back and forth over a pair of queues; and one hands items to another that waits for each."""

import queue
import threading
from time import ticks_cpu, ticks_diff

N = 2000


def loop(n, mine, other):
    for _ in range(n):
        other.put(mine.get())


a = queue.Queue()
b = queue.Queue()
a.put(1)
thread = threading.Thread(target=loop, args=(N + 10, b, a))
thread.start()
loop(10, a, b)
start = ticks_cpu()
loop(N, a, b)
print("round", ticks_diff(ticks_cpu(), start) / N)
thread.join()


def wait(n):
    for _ in range(n):
        event.wait()
        event.clear()
        done.release()


event = threading.Event()
done = threading.Semaphore(0)
thread = threading.Thread(target=wait, args=(N,))
thread.start()
start = ticks_cpu()
for _ in range(N):
    event.set()
    done.acquire()
print("event", ticks_diff(ticks_cpu(), start) / N)
thread.join()

turn = 0


def alternate(n, me):
    global turn
    for _ in range(n):
        with condition:
            while turn != me:
                condition.wait()
            turn = 1 - me
            condition.notify()


condition = threading.Condition()
thread = threading.Thread(target=alternate, args=(N, 1))
thread.start()
start = ticks_cpu()
alternate(N, 0)
print("condition", ticks_diff(ticks_cpu(), start) / N)
thread.join()
