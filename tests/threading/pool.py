# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# concurrent.futures.ThreadPoolExecutor: submit and map, threads and initializers
import threading
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

from common import case, error


def square(n):
    return n * n


def fail(text):
    raise KeyError(text)


@case
def submit():
    with ThreadPoolExecutor(2) as pool:
        return pool.submit(square, 7).result(), pool.submit(lambda a, b: (a, b), 1, b=2).result()


@case
def submit_nothing():
    with ThreadPoolExecutor(1) as pool:
        return error(pool.submit)


@case
def submit_what_cannot_be_called():
    with ThreadPoolExecutor(1) as pool:
        return error(pool.submit(7).result)


@case
def an_exception():
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(fail, "gone")
        return error(future.result, "gone"), type(future.exception()) is KeyError, pool.submit(square, 3).result()


@case
def exit_in_a_task():
    def leave():
        raise SystemExit(5)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(leave)
        return type(future.exception()) is SystemExit, pool.submit(square, 3).result()


@case
def many():
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(square, n) for n in range(30)]
        return [future.result() for future in found] == [n * n for n in range(30)]


@case
def one_worker_keeps_the_order():
    said = []
    with ThreadPoolExecutor(1) as pool:
        for n in range(10):
            pool.submit(said.append, n)
    return said


@case
def not_more_threads_than_allowed():
    barrier, lock, idents = threading.Barrier(3), threading.Lock(), set()

    def f():
        barrier.wait()
        with lock:
            idents.add(threading.get_ident())

    with ThreadPoolExecutor(3) as pool:
        for _ in range(9):
            pool.submit(f)
    return len(idents)


@case
def idle_thread_is_used_again():
    idents, tick = set(), threading.Event()
    with ThreadPoolExecutor(1000) as pool:
        for n in range(50):
            ident = pool.submit(threading.get_ident).result()
            if ident in idents:
                return "used again"
            idents.add(ident)
            tick.wait(0.002)  # for it to wait for work
    return len(idents)


@case
def map_in_order():
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(square, range(10)))


@case
def map_of_several():
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda a, b: (a, b), "abc", (1, 2, 3, 4)))


@case
def map_of_nothing():
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(square, []))


@case
def map_that_fails():
    said = []

    def f():
        with ThreadPoolExecutor(1) as pool:
            for result in pool.map(lambda n: 6 // n, (3, 2, 0, 1)):
                said.append(result)

    return error(f), said


@case
def map_timeout():
    go, said = threading.Event(), []
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda n: n or go.wait(), (1, 0), timeout=0.02)

        def f():
            for result in results:
                said.append(result)

        late = error(f)
        go.set()
    return late, len(said) <= 1


@case
def map_begins_at_once():
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.map(lambda event: event.set(), [done])
        return done.wait(1000)


@case
def map_with_a_chunksize():
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(square, range(5), chunksize=2))


@case
def callback_in_the_worker():
    said, called, go = [], threading.Event(), threading.Event()

    def callback(future):
        said.append((future.result(), threading.current_thread().name))
        called.set()

    with ThreadPoolExecutor(1, thread_name_prefix="pool") as pool:
        pool.submit(lambda: go.wait() and 3).add_done_callback(callback)
        go.set()
        called.wait()
    return said


@case
def callback_that_raises():
    hook, said = threading.excepthook, []
    threading.excepthook = lambda args: None
    future = futures.Future()
    future.add_done_callback(lambda f: fail("gone"))
    future.add_done_callback(lambda f: said.append(f.result()))
    future.set_result("told")
    threading.excepthook = hook
    return said


@case
def thread_names():
    with ThreadPoolExecutor(1, "ada") as pool:
        first = pool.submit(lambda: threading.current_thread().name).result()
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(lambda: threading.current_thread().name).result()
    return first, second.startswith("ThreadPoolExecutor-"), second.endswith("_0")


@case
def threads_are_no_daemons():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: threading.current_thread().daemon).result()


@case
def initializer():
    data = threading.local()

    def begin(a, b):
        data.sum = a + b

    with ThreadPoolExecutor(2, initializer=begin, initargs=(1, 2)) as pool:
        return list(pool.map(lambda n: data.sum + n, range(4)))


@case
def initializer_that_fails():
    hook, go = threading.excepthook, threading.Event()
    threading.excepthook = lambda args: None

    def begin():
        go.wait()
        fail("gone")

    pool = ThreadPoolExecutor(1, initializer=begin)
    first, second = pool.submit(square, 2), pool.submit(square, 3)
    go.set()
    said = [isinstance(future.exception(), futures.BrokenExecutor) for future in (first, second)]
    broken = error(lambda: pool.submit(square, 4), "initializer failed")
    pool.shutdown()
    threading.excepthook = hook
    return said, broken


@case
def bad_arguments():
    return (
        error(lambda: ThreadPoolExecutor(0), "max_workers must be greater than 0"),
        error(lambda: ThreadPoolExecutor(max_workers=-1), "max_workers must be greater than 0"),
        error(lambda: ThreadPoolExecutor(initializer=7), "initializer must be a callable"),
        error(lambda: ThreadPoolExecutor("2")),
    )


@case
def default_workers():
    with ThreadPoolExecutor() as pool:
        return pool.submit(square, 5).result()


@case
def tasks_of_tasks():
    with ThreadPoolExecutor(2) as pool:
        return pool.submit(lambda: pool.submit(square, 6).result()).result()


@case
def keywords_of_any_name():
    with ThreadPoolExecutor() as pool:
        return pool.submit(lambda fn, args: (fn, args), fn=1, args=2).result(), error(pool.submit)


@case
def one_failure_for_many():
    error, seen = ValueError("shared"), [0] * 4
    future = futures.Future()
    future.set_exception(error)

    def ask(n):
        for _ in range(50):
            try:
                future.result()
            except ValueError as er:
                seen[n] += er is error

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    return seen


@case
def executor_alone():
    with futures.Executor() as executor:
        return error(lambda: executor.submit(square, 1)), executor.shutdown()


@case
def nobody_is_left():
    return threading.active_count()
