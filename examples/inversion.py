# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Priority inversion: an urgent thread waits for a lock that an unimportant one has, which waits for who computes.

import heddle
import threading

lock = threading.Lock()
taken, asked, over = threading.Event(), threading.Event(), threading.Event()


def priority():
    return [t.priority for t in heddle.threads() if t.ident == threading.get_ident()][0]


def low():
    with lock:
        taken.set()
        asked.wait()
        # compute() does not let this one go on before the urgent thread waits for the lock.
        while priority() == 2:
            pass
        print("low has the lock and, while urgent waits for it, priority", priority())


def compute():
    while not over.is_set():
        pass


def urgent():
    asked.set()
    with lock:
        print("urgent has the lock")
        over.set()


def start(function, priority):
    thread = threading.Thread(target=function, name=function.__name__, priority=priority)
    thread.start()
    return thread


def main():
    threads = [start(low, 2)]
    taken.wait()
    threads += [start(compute, 3), start(urgent, 6)]  # main has 4
    for thread in threads:
        thread.join()


main()
