# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A watchdog: a worker that has given no sign of life for a while is cancelled, wherever it is, and another one starts.

import heddle
import threading

alive = threading.Event()  # what a worker sets again and again
done = threading.Event()
never = threading.Lock()
never.acquire()


def work(number):
    try:
        for step in range(3):
            alive.set()
            if step == number:
                print("worker", number, "hangs in step", step)
                never.acquire()
        done.set()
    finally:
        print("worker", number, "cleans up")


def main():
    for number in range(1, 10):
        worker = threading.Thread(target=work, args=(number,), name="worker")
        worker.start()
        missed = 0
        while missed < 10 and not done.is_set():
            missed = 0 if alive.wait(0.02) else missed + 1
            alive.clear()
        if done.is_set():
            break
        cancelled = heddle.cancel(worker.ident)
        worker.join()
        print("cancelled:", cancelled)
    worker.join()
    print("worker", number, "has done all steps")


main()
