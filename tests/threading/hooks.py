# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What a thread raises: threading.excepthook
import sys
import threading

from common import case

original = threading.excepthook


def hooked(function, **options):
    # What the hook is told of a thread that runs a function.
    told = []
    threading.excepthook = told.append
    try:
        thread = threading.Thread(target=function, **options)
        thread.start()
        thread.join()
    finally:
        threading.excepthook = original
    return thread, told


def fail():
    raise KeyError("gone")


@case
def told_once():
    return len(hooked(fail)[1])


@case
def type_and_value():
    args = hooked(fail)[1][0]
    return args.exc_type is KeyError, type(args.exc_value) is KeyError, args.exc_value.args


@case
def thread():
    failed, told = hooked(fail, name="ada")
    return told[0].thread is failed, told[0].thread.name


@case
def in_that_thread():
    said = []

    def hook(args):
        said.append(threading.current_thread() is args.thread)

    threading.excepthook = hook
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    threading.excepthook = original
    return said


@case
def nothing_without_an_exception():
    return hooked(lambda: None)[1]


@case
def hook_is_told_of_an_exit():
    return [(args.exc_type is SystemExit, args.exc_value.args) for args in hooked(lambda: sys.exit(3))[1]]


@case
def exit_is_silent():
    thread = threading.Thread(target=sys.exit, args=("not to be seen",))
    thread.start()
    return thread.join(), original(threading.ExceptHookArgs((SystemExit, SystemExit(), None, None)))


@case
def thread_is_over():
    failed, _ = hooked(fail)
    return failed.is_alive(), failed.join()


@case
def others_go_on():
    go, said = threading.Event(), []

    def f():
        go.wait()
        said.append("goes on")

    other = threading.Thread(target=f)
    other.start()
    hooked(fail)
    go.set()
    other.join()
    return said


@case
def of_a_subclass():
    class Worker(threading.Thread):
        def run(self):
            raise ValueError("gone")

    told = []
    threading.excepthook = told.append
    worker = Worker()
    worker.start()
    worker.join()
    threading.excepthook = original
    return told[0].exc_type is ValueError, told[0].thread is worker


@case
def of_a_timer():
    told = []
    threading.excepthook = told.append
    timer = threading.Timer(0, fail)
    timer.start()
    timer.join()
    threading.excepthook = original
    return told[0].exc_type is KeyError, told[0].thread is timer


@case
def of_each_thread():
    lock, told = threading.Lock(), []

    def hook(args):
        with lock:
            told.append(args.exc_value.args[0])

    def f(n):
        raise ValueError(n)

    threading.excepthook = hook
    threads = [threading.Thread(target=f, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    threading.excepthook = original
    return sorted(told)


@case
def nothing_of_a_lock_is_left():
    lock = threading.Lock()

    def f():
        with lock:
            fail()

    hooked(f)
    return lock.locked()


@case
def args_from_a_list():
    args = threading.ExceptHookArgs([KeyError, None, None, None])
    return args.exc_type is KeyError, args.exc_value, args.exc_traceback, args.thread


@case
def original_is_kept():
    return threading.excepthook is original


# A daemon thread that is stopped at the end is nothing to tell.
def daemon():
    there.set()
    threading.Event().wait()


there = threading.Event()
threading.excepthook = lambda args: print("told of", args.exc_type)
threading.Thread(target=daemon, daemon=True).start()
there.wait()
