# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.RLock
import threading

from common import case, elsewhere, error


@case
def taken_again_by_its_owner():
    lock = threading.RLock()
    return lock.acquire(), lock.acquire(), lock.acquire(False), lock.acquire(timeout=1)


@case
def released_as_often_as_taken():
    lock = threading.RLock()
    for _ in range(3):
        lock.acquire()
    said = []
    for _ in range(3):
        said.append(elsewhere(lambda: lock.acquire(False)))
        lock.release()
    return said, elsewhere(lambda: lock.acquire(False))


@case
def not_by_another():
    lock = threading.RLock()
    with lock:
        return elsewhere(lambda: lock.acquire(False)), elsewhere(lambda: lock.acquire(timeout=0.01))


@case
def release_by_another():
    lock = threading.RLock()
    with lock:
        return elsewhere(lock.release)


@case
def release_of_a_free_one():
    return error(threading.RLock().release, "cannot release un-acquired lock")


@case
def release_too_often():
    lock = threading.RLock()
    lock.acquire()
    lock.acquire()
    return lock.release(), lock.release(), error(lock.release, "cannot release un-acquired lock")


@case
def with_in_with():
    lock = threading.RLock()
    with lock:
        with lock:
            inner = elsewhere(lambda: lock.acquire(False))
        outer = elsewhere(lambda: lock.acquire(False))
    return inner, outer, lock.acquire(False)


@case
def with_gives_true():
    with threading.RLock() as got:
        return got


@case
def with_an_exception():
    lock = threading.RLock()

    def f():
        with lock:
            raise ValueError("gone")

    return error(f, "gone"), elsewhere(lambda: lock.acquire(False))


@case
def recursion():
    lock = threading.RLock()

    def f(n):
        with lock:
            return 0 if n == 0 else 1 + f(n - 1)

    return f(4)


@case
def negative_timeout():
    lock = threading.RLock()
    return error(lambda: lock.acquire(timeout=-2), "timeout value must be"), elsewhere(lambda: lock.acquire(False))


@case
def timeout_without_blocking():
    return error(lambda: threading.RLock().acquire(False, 1), "can't specify a timeout for a non-blocking call")


@case
def timeout_too_large():
    return error(lambda: threading.RLock().acquire(timeout=1e20))


@case
def wrong_timeout():
    return error(lambda: threading.RLock().acquire(True, "1"))


@case
def waiter_gets_it():
    lock, asks, said = threading.RLock(), threading.Event(), []

    def f():
        asks.set()
        with lock:
            with lock:
                said.append("taken")

    with lock:
        thread = threading.Thread(target=f)
        thread.start()
        asks.wait()
        said.append("released")
    thread.join()
    return said


@case
def sum_of_many():
    lock, total = threading.RLock(), [0]

    def add():
        with lock:
            total[0] += 1

    def f():
        for _ in range(300):
            with lock:
                add()

    threads = [threading.Thread(target=f) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total
