# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# _thread
import _thread
import threading

from common import case, error


def run(function, *args):
    over = _thread.allocate_lock()
    over.acquire()

    def f():
        try:
            function(*args)
        finally:
            over.release()

    ident = _thread.start_new_thread(f, ())
    over.acquire()
    return ident


@case
def start_new_thread():
    said = []
    return type(run(said.append, 1)) is int, said


@case
def ident_inside_is_what_start_returned():
    said = []
    return run(lambda: said.append(_thread.get_ident())) == said[0]


@case
def keyword_arguments():
    over, said = _thread.allocate_lock(), []
    over.acquire()

    def f(a, b=0):
        said.append((a, b))
        over.release()

    _thread.start_new_thread(f, (1,), {"b": 2})
    over.acquire()
    return said


@case
def old_name():
    over = _thread.allocate_lock()
    over.acquire()
    _thread.start_new(over.release, ())
    return over.acquire()


@case
def bad_start():
    return (
        error(lambda: _thread.start_new_thread(7, ()), "must be callable"),
        error(lambda: _thread.start_new_thread(len, 7)),
        error(lambda: _thread.start_new_thread(len, (), 7)),
        error(lambda: _thread.start_new_thread(len)),
    )


@case
def allocate_lock():
    lock = _thread.allocate_lock()
    return lock.locked(), lock.acquire(), lock.acquire(False), lock.release(), type(lock) is _thread.LockType


@case
def locks_are_threading_s():
    return type(threading.Lock()) is _thread.LockType, type(_thread.allocate()) is _thread.LockType


@case
def lock_aliases():
    lock = _thread.allocate_lock()
    return lock.acquire_lock(), lock.locked_lock(), lock.release_lock(), lock.locked()


@case
def recursive_lock():
    lock = _thread.RLock()
    return lock.acquire(), lock.acquire(), lock.release(), lock.release(), error(lock.release)


@case
def recursive_lock_is_threading_s():
    return type(threading.RLock()) is type(_thread.RLock())


@case
def error_is_a_runtime_error():
    return _thread.error is RuntimeError, error(_thread.allocate_lock().release)


@case
def exit():
    said = []

    def f():
        said.append(1)
        _thread.exit()
        said.append(2)

    run(f)
    return said


@case
def exit_is_system_exit():
    try:
        _thread.exit()
    except SystemExit:
        return "SystemExit"


@case
def exit_by_its_old_name():
    try:
        _thread.exit_thread()
    except SystemExit:
        return "SystemExit"


@case
def native_id():
    said = []
    run(lambda: said.append(_thread.get_native_id()))
    return type(said[0]) is int, said[0] != _thread.get_native_id()


@case
def timeout_max():
    return _thread.TIMEOUT_MAX == threading.TIMEOUT_MAX, _thread.allocate_lock().acquire(True, _thread.TIMEOUT_MAX)


@case
def stack_size():
    old = _thread.stack_size(65536)
    said = []
    run(said.append, "ran")
    return old, _thread.stack_size(0) == 65536, said


@case
def interrupt_main():
    try:
        _thread.interrupt_main()
        while True:
            pass
    except KeyboardInterrupt:
        return "KeyboardInterrupt"


@case
def is_one_of_threading_s_while_it_asks():
    said = []
    run(lambda: said.append(threading.current_thread().is_alive()))
    return said
