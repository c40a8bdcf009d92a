# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# concurrent.futures.ThreadPoolExecutor: shutdown and cancellation, and waiting for what pools do
import threading
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

from common import case, error


def square(n):
    return n * n


@case
def submit_after_shutdown():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    words = "cannot schedule new futures after shutdown"
    return error(lambda: pool.submit(square, 1), words), error(lambda: pool.map(square, (1,)), words)


@case
def shutdown_finishes_what_waits():
    said = []
    pool = ThreadPoolExecutor(1)
    for n in range(5):
        pool.submit(said.append, n)
    return pool.shutdown(), said, threading.active_count()


@case
def shutdown_without_waiting():
    go = threading.Event()
    pool = ThreadPoolExecutor(1)
    found = [pool.submit(go.wait), pool.submit(square, 3)]
    pool.shutdown(wait=False)
    before = found[0].done(), error(lambda: pool.submit(square, 1))
    go.set()
    return before, [future.result() for future in found], pool.shutdown()


@case
def shutdown_that_cancels():
    go, begun = threading.Event(), threading.Event()
    pool = ThreadPoolExecutor(1)
    first = pool.submit(lambda: (begun.set(), go.wait())[1])
    others = [pool.submit(square, n) for n in range(3)]
    begun.wait()
    pool.shutdown(wait=False, cancel_futures=True)
    said = [future.cancelled() for future in others]
    go.set()
    pool.shutdown()
    return said, first.result()


@case
def shutdown_twice():
    pool = ThreadPoolExecutor(1)
    return pool.shutdown(), pool.shutdown()


@case
def cancel_what_waits():
    go, said = threading.Event(), []
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(go.wait)
        second = pool.submit(said.append, "ran")
        cancelled = second.cancel()
        go.set()
    return cancelled, first.result(), second.cancelled(), error(second.result), said


@case
def wait_and_as_completed():
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(square, n) for n in range(6)]
        each = sorted(future.result() for future in futures.as_completed(found))
        return each, len(futures.wait(found).done)


@case
def first_completed():
    go = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(go.wait)
        soon = pool.submit(square, 2)
        waited = futures.wait([late, soon], return_when=futures.FIRST_COMPLETED)
        said = waited.done == {soon}, waited.not_done == {late}
        go.set()
    return said


@case
def nobody_is_left():
    return threading.active_count()
