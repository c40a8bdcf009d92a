# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Two producers and three consumers of one queue that is shorter than the work: whoever is faster waits for the others.

import queue
import threading

jobs = queue.Queue(4)
results = queue.SimpleQueue()


def produce(first):
    for n in range(first, 60, 2):
        jobs.put(n)  # waits while four are there


def consume():
    while True:
        n = jobs.get()
        if n is None:
            break
        results.put((n, n * n))
        jobs.task_done()


def main():
    consumers = [threading.Thread(target=consume, name="consumer") for _ in range(3)]
    producers = [threading.Thread(target=produce, args=(first,), name="producer") for first in (0, 1)]
    for thread in consumers + producers:
        thread.start()
    for thread in producers:
        thread.join()
    jobs.join()  # until task_done() was called for each
    print("all jobs are done:", results.qsize())
    for _ in consumers:
        jobs.put(None)
    for thread in consumers:
        thread.join()
    squares = dict(results.get() for _ in range(results.qsize()))
    print("all squares are right:", all(squares[n] == n * n for n in range(60)))


main()
