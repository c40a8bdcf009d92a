# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.Lock
import threading

from common import case, error


@case
def free_then_taken():
    lock = threading.Lock()
    return lock.locked(), lock.acquire(), lock.locked(), lock.release(), lock.locked()


@case
def taken_is_not_taken_again():
    lock = threading.Lock()
    lock.acquire()
    return lock.acquire(False), lock.acquire(blocking=False)


@case
def timeout_comes():
    lock = threading.Lock()
    lock.acquire()
    return lock.acquire(timeout=0.01), lock.acquire(True, 0.01), lock.acquire(True, 0)


@case
def timeout_of_a_free_lock():
    lock = threading.Lock()
    return lock.acquire(timeout=0), lock.release(), lock.acquire(True, 10)


@case
def no_timeout_is_minus_one():
    lock = threading.Lock()
    return lock.acquire(True, -1), lock.release(), lock.acquire(timeout=-1)


@case
def negative_timeout():
    lock = threading.Lock()
    return error(lambda: lock.acquire(timeout=-2), "timeout value must be"), lock.locked()


@case
def timeout_without_blocking():
    lock = threading.Lock()
    return error(lambda: lock.acquire(False, 1), "can't specify a timeout for a non-blocking call"), lock.locked()


@case
def timeout_too_large():
    lock = threading.Lock()
    return error(lambda: lock.acquire(timeout=1e20)), error(lambda: lock.acquire(True, threading.TIMEOUT_MAX * 2))


@case
def timeout_max_is_allowed():
    return threading.Lock().acquire(True, threading.TIMEOUT_MAX)


@case
def wrong_timeout():
    lock = threading.Lock()
    return error(lambda: lock.acquire(True, "1")), error(lambda: lock.acquire(True, None)), lock.locked()


@case
def unknown_keyword():
    return error(lambda: threading.Lock().acquire(wait=True))


@case
def release_of_a_free_lock():
    return error(threading.Lock().release)


@case
def with_statement():
    lock = threading.Lock()
    with lock:
        inside = lock.locked()
    return inside, lock.locked()


@case
def with_gives_true():
    with threading.Lock() as got:
        return got


@case
def with_an_exception():
    lock = threading.Lock()

    def f():
        with lock:
            raise KeyError("gone")

    return error(f, "gone"), lock.locked()


@case
def released_by_another_thread():
    lock = threading.Lock()
    lock.acquire()
    thread = threading.Thread(target=lock.release)
    thread.start()
    return lock.acquire(), thread.join()


@case
def waiter_gets_it():
    lock, asks, said = threading.Lock(), threading.Event(), []

    def f():
        asks.set()
        with lock:
            said.append("taken")

    lock.acquire()
    thread = threading.Thread(target=f)
    thread.start()
    asks.wait()
    said.append("released")
    lock.release()
    thread.join()
    return said


@case
def one_at_a_time():
    lock, inside, most = threading.Lock(), [0], [0]

    def f():
        for _ in range(200):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=f) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return inside, most


@case
def sum_of_many():
    lock, total = threading.Lock(), [0]

    def f():
        for _ in range(500):
            lock.acquire()
            total[0] += 1
            lock.release()

    threads = [threading.Thread(target=f) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total


@case
def locks_are_apart():
    first, second = threading.Lock(), threading.Lock()
    first.acquire()
    return second.acquire(False), first is not second


@case
def hand_over_and_back():
    ping, pong, said = threading.Lock(), threading.Lock(), []
    ping.acquire()
    pong.acquire()

    def f():
        for n in range(10):
            ping.acquire()
            said.append(-n)
            pong.release()

    thread = threading.Thread(target=f)
    thread.start()
    for n in range(10):
        said.append(n)
        ping.release()
        pong.acquire()
    thread.join()
    return said


@case
def needs_no_arguments():
    return error(lambda: threading.Lock(1))
