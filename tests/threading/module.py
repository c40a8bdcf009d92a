# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The functions of threading
import threading

from common import case, error


def names():
    return sorted(thread.name for thread in threading.enumerate())


@case
def main_thread():
    main = threading.main_thread()
    return main.name, main.is_alive(), main.daemon, main is threading.current_thread()


@case
def main_thread_s_ident():
    return threading.main_thread().ident == threading.get_ident(), type(threading.get_ident()) is int


@case
def main_thread_from_another():
    said = []
    thread = threading.Thread(target=lambda: said.append(threading.main_thread() is threading.current_thread()))
    thread.start()
    thread.join()
    return said


@case
def alone():
    return threading.active_count(), names()


@case
def those_that_run():
    go = threading.Event()
    threads = [threading.Thread(target=go.wait, name=name) for name in ("ada", "bea")]
    before = threading.active_count()
    for thread in threads:
        thread.start()
    during = threading.active_count(), names()
    go.set()
    for thread in threads:
        thread.join()
    return before, during, threading.active_count(), names()


@case
def daemons_count():
    go = threading.Event()
    thread = threading.Thread(target=go.wait, daemon=True)
    thread.start()
    during = threading.active_count()
    go.set()
    thread.join()
    return during


@case
def enumerated_from_inside():
    said = []
    thread = threading.Thread(target=lambda: said.append(names()), name="ada")
    thread.start()
    thread.join()
    return said


@case
def old_names():
    return threading.activeCount(), threading.currentThread() is threading.main_thread()


@case
def idents():
    go, said = threading.Event(), []

    def f():
        said.append(threading.get_ident())
        go.wait()

    thread = threading.Thread(target=f)
    thread.start()
    listed = [t.ident for t in threading.enumerate() if t is not threading.main_thread()]
    go.set()
    thread.join()
    return listed == said, said[0] != threading.get_ident()


@case
def native_ids():
    return type(threading.get_native_id()) is int, threading.main_thread().native_id == threading.get_native_id()


@case
def stack_size():
    # Without an argument it is the default again.
    old = threading.stack_size(65536)
    return old, threading.stack_size() == 65536, threading.stack_size()


@case
def stack_size_takes_effect():
    def depth(n):
        return n if n == 0 else depth(n - 1) + 1

    said = []
    threading.stack_size(65536)
    thread = threading.Thread(target=lambda: said.append(depth(30)))
    thread.start()
    threading.stack_size(0)
    thread.join()
    return said


@case
def bad_stack_size():
    return error(lambda: threading.stack_size(-1)), error(lambda: threading.stack_size("1"))


@case
def timeout_max():
    return threading.TIMEOUT_MAX > 1000000, error(lambda: threading.Event().wait(threading.TIMEOUT_MAX * 2))


@case
def thread_error():
    return threading.ThreadError is RuntimeError


@case
def main_thread_does_not_join_itself():
    return error(threading.main_thread().join, "cannot join current thread")


@case
def main_thread_does_not_start():
    return error(threading.main_thread().start, "threads can only be started once")


@case
def thread_of_low_level():
    # One that threading did not start has a thread object as soon as it asks.
    import _thread

    said, over = [], threading.Event()

    def f():
        thread = threading.current_thread()
        said.append((thread is threading.current_thread(), thread.daemon, thread.is_alive(), thread.ident))
        said.append(threading.get_ident())
        over.set()

    _thread.start_new_thread(f, ())
    over.wait()
    return said[0][:3], said[0][3] == said[1]
