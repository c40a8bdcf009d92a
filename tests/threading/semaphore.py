# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.Semaphore and BoundedSemaphore
import threading

from common import case, error

KINDS = (threading.Semaphore, threading.BoundedSemaphore)


def each(function):
    return [function(kind) for kind in KINDS]


@case
def one_by_default():
    def f(kind):
        semaphore = kind()
        return semaphore.acquire(), semaphore.acquire(False)

    return each(f)


@case
def as_many_as_said():
    def f(kind):
        semaphore = kind(3)
        return [semaphore.acquire(blocking=False) for _ in range(4)]

    return each(f)


@case
def value_is_a_keyword():
    return each(lambda kind: kind(value=2).acquire())


@case
def none_at_first():
    return each(lambda kind: kind(0).acquire(False))


@case
def negative_value():
    return each(lambda kind: error(lambda: kind(-1), "semaphore initial value must be >= 0"))


@case
def wrong_value():
    return each(lambda kind: error(lambda: kind("1")))


@case
def release_lets_another():
    def f(kind):
        semaphore = kind(1)
        semaphore.acquire()
        return semaphore.release(), semaphore.acquire(False)

    return each(f)


@case
def release_several():
    def f(kind):
        semaphore = kind(3)
        for _ in range(3):
            semaphore.acquire()
        semaphore.release(2)
        return [semaphore.acquire(False) for _ in range(3)]

    return each(f)


@case
def release_none():
    return each(lambda kind: (error(lambda: kind(1).release(0)), error(lambda: kind(1).release(n=-1))))


@case
def release_more_than_it_began_with():
    semaphore = threading.Semaphore(1)
    semaphore.release()
    return [semaphore.acquire(False) for _ in range(3)]


@case
def bounded_released_too_often():
    semaphore = threading.BoundedSemaphore(1)
    return error(semaphore.release, "Semaphore released too many times"), semaphore.acquire(False)


@case
def bounded_released_too_many_at_once():
    semaphore = threading.BoundedSemaphore(3)
    semaphore.acquire()
    said = error(lambda: semaphore.release(2), "Semaphore released too many times")
    return said, [semaphore.acquire(False) for _ in range(3)]


@case
def timeout_comes():
    def f(kind):
        semaphore = kind(0)
        return semaphore.acquire(timeout=0.01), semaphore.acquire(True, 0.01), semaphore.acquire(True, 0)

    return each(f)


@case
def negative_timeout():
    return each(lambda kind: (kind(0).acquire(timeout=-1), kind(1).acquire(timeout=-1)))


@case
def timeout_without_blocking():
    return each(lambda kind: error(lambda: kind().acquire(False, 1), "can't specify timeout for non-blocking acquire"))


@case
def wrong_timeout():
    return each(lambda kind: error(lambda: kind(0).acquire(True, "1")))


@case
def with_statement():
    def f(kind):
        semaphore = kind(1)
        with semaphore:
            inside = semaphore.acquire(False)
        return inside, semaphore.acquire(False)

    return each(f)


@case
def with_an_exception():
    def f(kind):
        semaphore = kind(1)

        def g():
            with semaphore:
                raise ValueError("gone")

        return error(g, "gone"), semaphore.acquire(False)

    return each(f)


@case
def released_by_another_thread():
    def f(kind):
        semaphore = kind(1)
        semaphore.acquire()
        thread = threading.Thread(target=semaphore.release)
        thread.start()
        return semaphore.acquire(), thread.join()

    return each(f)


@case
def release_wakes_as_many_waiters():
    def f(kind):
        semaphore, passed = kind(4), threading.Semaphore(0)
        for _ in range(4):
            semaphore.acquire()

        def g():
            semaphore.acquire()
            passed.release()

        threads = [threading.Thread(target=g) for _ in range(4)]
        for thread in threads:
            thread.start()
        semaphore.release(2)
        passed.acquire()
        passed.acquire()
        said = passed.acquire(timeout=0.02), semaphore.acquire(False)
        semaphore.release(2)
        for thread in threads:
            thread.join()
        return said

    return each(f)


@case
def no_more_than_three_inside():
    def f(kind):
        semaphore, lock, inside, most = kind(3), threading.Lock(), [0], [0]

        def g():
            for _ in range(30):
                with semaphore:
                    with lock:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    with lock:
                        inside[0] -= 1

        threads = [threading.Thread(target=g) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return inside, most[0] <= 3

    return each(f)


@case
def bounded_is_a_semaphore():
    return isinstance(threading.BoundedSemaphore(), threading.Semaphore)
