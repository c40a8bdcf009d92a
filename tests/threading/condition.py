# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.Condition
import threading

from common import case, error


class Waiters:
    # Threads that wait on a condition, each until it is notified; they are all there when start() returns.
    def __init__(self, condition, count):
        self.condition = condition
        self.waiting = 0
        self.woken = 0
        self.all_there = threading.Event()
        self.one_woken = threading.Semaphore(0)
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]

    def run(self):
        with self.condition:
            self.waiting += 1
            if self.waiting == len(self.threads):
                self.all_there.set()
            self.condition.wait()
            self.woken += 1
        self.one_woken.release()

    def start(self):
        for thread in self.threads:
            thread.start()
        self.all_there.wait()

    def count_after(self, woken):
        for _ in range(woken):
            self.one_woken.acquire()
        return self.one_woken.acquire(timeout=0.01), self.woken

    def end(self):
        with self.condition:
            self.condition.notify_all()
        for thread in self.threads:
            thread.join()
        return self.woken


# So many wait, and so many of them must wake: whether more do, how many have, and how many when all are notified.
def notified(count, wakes, notify):
    condition = threading.Condition()
    waiters = Waiters(condition, count)
    waiters.start()
    with condition:
        notify(condition)
    return waiters.count_after(wakes), waiters.end()


@case
def notify_wakes_one():
    return notified(3, 1, lambda condition: condition.notify())


@case
def notify_wakes_several():
    return notified(4, 2, lambda condition: condition.notify(2))


@case
def notify_more_than_there_are():
    return notified(2, 2, lambda condition: condition.notify(n=10))


@case
def notify_none():
    return notified(2, 0, lambda condition: condition.notify(0))


@case
def notify_all():
    condition = threading.Condition()
    waiters = Waiters(condition, 4)
    waiters.start()
    with condition:
        said = condition.notify_all()
    return said, waiters.count_after(4), waiters.end()


@case
def notify_all_by_its_old_name():
    condition = threading.Condition()
    with condition:
        return condition.notifyAll()


@case
def notify_nobody():
    condition = threading.Condition()
    with condition:
        return condition.notify(), condition.wait(0.01)


@case
def wait_returns_true():
    condition, said = threading.Condition(), []

    def f():
        with condition:
            condition.notify()

    with condition:
        thread = threading.Thread(target=f)
        thread.start()
        said.append(condition.wait())
    thread.join()
    return said


@case
def wait_with_a_timeout_in_time():
    condition = threading.Condition()

    def f():
        with condition:
            condition.notify()

    with condition:
        thread = threading.Thread(target=f)
        thread.start()
        said = condition.wait(1000)
    thread.join()
    return said


@case
def timeout_comes():
    condition = threading.Condition()
    with condition:
        return condition.wait(0.01), condition.wait(timeout=0.01)


@case
def timeout_of_zero_and_less():
    condition = threading.Condition()
    with condition:
        return condition.wait(0), condition.wait(-1)


@case
def wrong_timeout():
    condition = threading.Condition()
    with condition:
        return error(lambda: condition.wait("1"))


@case
def wait_without_the_lock():
    return error(threading.Condition().wait, "cannot wait on un-acquired lock")


@case
def notify_without_the_lock():
    condition = threading.Condition()
    words = "cannot notify on un-acquired lock"
    return error(condition.notify, words), error(condition.notify_all, words)


@case
def lock_of_another_thread():
    condition, said = threading.Condition(), []
    with condition:
        thread = threading.Thread(target=lambda: said.append(error(condition.notify)))
        thread.start()
        thread.join()
    return said


@case
def wait_gives_the_lock_up():
    condition, said = threading.Condition(), []

    def f():
        with condition:
            said.append("inside")
            condition.notify()
            said.append("still")

    with condition:
        thread = threading.Thread(target=f)
        thread.start()
        condition.wait()
        said.append("back")
    thread.join()
    return said


@case
def recursive_lock_is_given_up_whole():
    condition, said = threading.Condition(threading.RLock()), []

    def f():
        with condition:
            said.append("inside")
            condition.notify()

    with condition:
        with condition:
            thread = threading.Thread(target=f)
            thread.start()
            condition.wait()
            said.append("back")
        said.append(error(condition.notify))
    thread.join()
    return said, error(condition.notify)


@case
def default_lock_is_recursive():
    condition = threading.Condition()
    return condition.acquire(), condition.acquire(), condition.release(), condition.release()


@case
def plain_lock():
    lock = threading.Lock()
    condition = threading.Condition(lock)
    with condition:
        return lock.locked(), condition.acquire(False), condition.wait(0.01), lock.locked()


@case
def two_conditions_of_one_lock():
    lock = threading.Lock()
    full, empty = threading.Condition(lock), threading.Condition(lock)
    items, said = [], []

    def produce():
        for n in range(20):
            with empty:
                while items:
                    empty.wait()
                items.append(n)
                full.notify()

    thread = threading.Thread(target=produce)
    thread.start()
    for _ in range(20):
        with full:
            while not items:
                full.wait()
            said.append(items.pop())
            empty.notify()
    thread.join()
    return said


@case
def wait_for_what_is_true():
    condition = threading.Condition()
    with condition:
        return condition.wait_for(lambda: 7)


@case
def wait_for_what_comes():
    condition, items = threading.Condition(), []

    def f():
        for n in range(3):
            with condition:
                items.append(n)
                condition.notify()

    with condition:
        thread = threading.Thread(target=f)
        thread.start()
        said = condition.wait_for(lambda: len(items) == 3 and "all")
    thread.join()
    return said


@case
def wait_for_what_does_not_come():
    condition = threading.Condition()
    with condition:
        return condition.wait_for(lambda: 0, 0.01), condition.wait_for(lambda: None, timeout=0)


@case
def wait_for_an_error():
    condition = threading.Condition()
    with condition:
        said = error(lambda: condition.wait_for(lambda: {}["gone"]))
        return said, condition.notify()


@case
def wait_for_without_the_lock():
    return error(lambda: threading.Condition().wait_for(lambda: False), "cannot wait on un-acquired lock")


@case
def exception_leaves_the_lock():
    condition = threading.Condition()

    def f():
        with condition:
            raise ValueError("gone")

    return error(f, "gone"), error(condition.notify)


@case
def acquire_with_a_timeout():
    condition, said = threading.Condition(), []
    with condition:
        thread = threading.Thread(target=lambda: said.append(condition.acquire(timeout=0.01)))
        thread.start()
        thread.join()
    return said


@case
def release_of_a_free_one():
    return error(threading.Condition().release)
