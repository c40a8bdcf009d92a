# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.Event
import threading

from common import case, error


@case
def clear_at_first():
    return threading.Event().is_set()


@case
def set_and_clear():
    event = threading.Event()
    return event.set(), event.is_set(), event.clear(), event.is_set()


@case
def set_twice():
    event = threading.Event()
    event.set()
    event.set()
    event.clear()
    return event.is_set()


@case
def old_name():
    return threading.Event().isSet()


@case
def wait_for_what_is_set():
    event = threading.Event()
    event.set()
    return event.wait(), event.wait(0), event.wait(timeout=1), event.is_set()


@case
def timeout_comes():
    event = threading.Event()
    return event.wait(0.01), event.wait(timeout=0.01), event.wait(0), event.wait(-1)


@case
def wrong_timeout():
    return error(lambda: threading.Event().wait("1"))


@case
def set_wakes_all():
    event, ready, lock, said = threading.Event(), threading.Barrier(5), threading.Lock(), []

    def f():
        ready.wait()
        got = event.wait()
        with lock:
            said.append(got)

    threads = [threading.Thread(target=f) for _ in range(4)]
    for thread in threads:
        thread.start()
    ready.wait()
    event.set()
    for thread in threads:
        thread.join()
    return said


@case
def set_within_a_timeout():
    event, said = threading.Event(), []
    thread = threading.Thread(target=lambda: said.append(event.wait(1000)))
    thread.start()
    event.set()
    thread.join()
    return said


@case
def set_then_cleared_at_once():
    # Who waited when it was set goes on.
    condition, event, said = threading.Condition(), threading.Event(), []

    def f():
        while not event.wait(0.001):
            with condition:
                said.append("waits")
                condition.notify()
        said.append("set")

    thread = threading.Thread(target=f)
    thread.start()
    with condition:
        condition.wait_for(lambda: said)
    event.set()
    thread.join()
    event.clear()
    return said[0], said[-1], event.is_set()


@case
def used_again():
    go, done, said = threading.Event(), threading.Event(), []

    def f():
        for n in range(5):
            go.wait()
            go.clear()
            said.append(n)
            done.set()

    thread = threading.Thread(target=f)
    thread.start()
    for n in range(5):
        go.set()
        done.wait()
        done.clear()
        said.append(-n)
    thread.join()
    return said


@case
def set_by_the_waiter_s_child():
    event = threading.Event()
    thread = threading.Thread(target=event.set)
    thread.start()
    return event.wait(), thread.join()
