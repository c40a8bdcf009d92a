# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.Timer
import threading

from common import case, error


@case
def function_is_called():
    said = []
    timer = threading.Timer(0.01, said.append, args=(1,))
    timer.start()
    timer.join()
    return said


@case
def args_and_kwargs():
    said = []
    timer = threading.Timer(0, lambda *a, **k: said.append((a, sorted(k.items()))), [1, 2], {"x": 3})
    timer.start()
    timer.join()
    return said


@case
def no_args():
    said = threading.Event()
    timer = threading.Timer(0.001, said.set)
    timer.start()
    return said.wait(), timer.join()


@case
def cancelled():
    said = []
    timer = threading.Timer(1000, said.append, (1,))
    timer.start()
    timer.cancel()
    timer.join()
    return said


@case
def cancelled_before_its_start():
    said = []
    timer = threading.Timer(0, said.append, (1,))
    timer.cancel()
    timer.start()
    timer.join()
    return said


@case
def cancelled_too_late():
    said = []
    timer = threading.Timer(0, said.append, (1,))
    timer.start()
    timer.join()
    return timer.cancel(), said


@case
def is_a_thread():
    timer = threading.Timer(1000, None)
    before = timer.is_alive(), timer.daemon, isinstance(timer, threading.Thread)
    timer.start()
    during = timer.is_alive()
    timer.cancel()
    timer.join()
    return before, during, timer.is_alive()


@case
def started_twice():
    timer = threading.Timer(0, len, ((),))
    timer.start()
    timer.join()
    return error(timer.start, "threads can only be started once")


@case
def attributes():
    timer = threading.Timer(5, len, ("ab",), {})
    return timer.interval, timer.function("abc"), timer.args, timer.kwargs


@case
def shorter_comes_first():
    said, lock = [], threading.Lock()

    def f(n):
        with lock:
            said.append(n)
        if n == 1:
            late.cancel()

    late, soon = threading.Timer(1000, f, (2,)), threading.Timer(0.01, f, (1,))
    late.start()
    soon.start()
    late.join()
    soon.join()
    return said
