# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.Thread
import sys
import threading

from common import case, error


def run(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join()


@case
def target_is_called():
    said = []
    run(said.append, 1)
    return said


@case
def args_and_kwargs():
    said = []
    thread = threading.Thread(target=lambda *a, **k: said.append((a, sorted(k.items()))), args=(1, 2), kwargs={"x": 3})
    thread.start()
    thread.join()
    return said


@case
def args_may_be_a_list():
    said = []
    thread = threading.Thread(target=lambda a, b: said.append(a + b), args=[1, 2])
    thread.start()
    thread.join()
    return said


@case
def no_target():
    thread = threading.Thread()
    thread.start()
    thread.join()
    return thread.is_alive()


@case
def run_is_overridden():
    class Worker(threading.Thread):
        def __init__(self, number):
            super().__init__()
            self.number = number

        def run(self):
            self.result = self.number * 2

    worker = Worker(21)
    worker.start()
    worker.join()
    return worker.result


@case
def run_called_directly():
    said = []
    thread = threading.Thread(target=lambda: said.append(threading.current_thread() is threading.main_thread()))
    thread.run()
    return said, thread.is_alive()


@case
def forgotten_init():
    class Worker(threading.Thread):
        def __init__(self):
            pass

    return error(lambda: Worker().start(), "__init__() not called")


@case
def group_must_be_none():
    return error(lambda: threading.Thread(group=1)) == ("AssertionError", True)


@case
def unknown_keyword():
    return error(lambda: threading.Thread(priorty=1))


@case
def alive_before_while_and_after():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    before = thread.is_alive()
    thread.start()
    during = thread.is_alive()
    go.set()
    thread.join()
    return before, during, thread.is_alive()


@case
def ident_before_while_and_after():
    said = []
    thread = threading.Thread(target=lambda: said.append(threading.get_ident()))
    before = thread.ident
    thread.start()
    thread.join()
    return before, thread.ident == said[0]


@case
def native_id():
    said = []
    thread = threading.Thread(target=lambda: said.append(threading.get_native_id()))
    before = thread.native_id
    thread.start()
    thread.join()
    return before, thread.native_id == said[0], said[0] != threading.get_native_id()


@case
def idents_differ():
    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=barrier.wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    idents = set(thread.ident for thread in threads)
    idents.add(threading.get_ident())
    barrier.wait()
    for thread in threads:
        thread.join()
    return len(idents)


@case
def started_twice():
    thread = threading.Thread()
    thread.start()
    first = error(thread.start, "threads can only be started once")
    thread.join()
    return first, error(thread.start, "threads can only be started once")


@case
def join_unstarted():
    return error(threading.Thread().join, "cannot join thread before it is started")


@case
def join_oneself():
    said = []
    run(lambda: said.append(error(threading.current_thread().join, "cannot join current thread")))
    return said, error(threading.current_thread().join, "cannot join current thread")


@case
def join_twice():
    thread = threading.Thread()
    thread.start()
    return thread.join(), thread.join(), thread.join(0)


@case
def join_timeout():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    said = thread.join(0.01), thread.is_alive(), thread.join(timeout=0.01), thread.is_alive()
    go.set()
    thread.join()
    return said


@case
def join_zero_and_negative():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    said = thread.join(0), thread.join(-1), thread.is_alive()
    go.set()
    thread.join()
    return said


@case
def join_wrong_timeout():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    said = error(lambda: thread.join("1")), error(lambda: thread.join([]))
    go.set()
    thread.join()
    return said


@case
def join_by_several():
    go, lock, said = threading.Event(), threading.Lock(), []
    first = threading.Thread(target=go.wait)
    first.start()

    def other():
        first.join()
        with lock:
            said.append(first.is_alive())

    others = [threading.Thread(target=other) for _ in range(3)]
    for thread in others:
        thread.start()
    go.set()
    for thread in others:
        thread.join()
    return said


@case
def names():
    thread = threading.Thread(name="ada")
    before = thread.name
    thread.name = "grace"
    return before, thread.name, threading.Thread(name=7).name


@case
def default_names():
    first, second = threading.Thread(), threading.Thread()
    return first.name.startswith("Thread-"), first.name != second.name


@case
def default_name_tells_the_target():
    def measure():
        pass

    return threading.Thread(target=measure).name.endswith(" (measure)")


@case
def old_names():
    thread = threading.Thread(name="ada", daemon=True)
    said = thread.getName(), thread.isDaemon()
    thread.setName("grace")
    thread.setDaemon(False)
    return said, thread.name, thread.daemon


@case
def name_inside():
    said = []
    thread = threading.Thread(target=lambda: said.append(threading.current_thread().name), name="ada")
    thread.start()
    thread.join()
    return said


@case
def daemon_is_inherited():
    said = []

    def f():
        said.append(threading.Thread().daemon)
        said.append(threading.Thread(daemon=False).daemon)

    thread = threading.Thread(target=f, daemon=True)
    thread.start()
    thread.join()
    return threading.Thread().daemon, thread.daemon, said


@case
def daemon_is_set():
    thread = threading.Thread()
    thread.daemon = True
    first = thread.daemon
    thread.daemon = False
    return first, thread.daemon


@case
def daemon_set_too_late():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()

    def late():
        thread.daemon = True

    said = error(late, "cannot set daemon status of active thread")
    go.set()
    thread.join()
    return said


@case
def current_thread_inside():
    said = []
    thread = threading.Thread(target=lambda: said.append(threading.current_thread()))
    thread.start()
    thread.join()
    return said[0] is thread


@case
def representation():
    go = threading.Event()
    thread = threading.Thread(target=go.wait, name="ada")
    said = [repr(thread)]
    thread.start()
    said.append(repr(thread).startswith("<Thread(ada, started "))
    go.set()
    thread.join()
    said.append(repr(thread).startswith("<Thread(ada, stopped "))
    return said


@case
def exit_ends_a_thread():
    said = []

    def f():
        said.append(1)
        sys.exit(3)
        said.append(2)

    run(f)
    return said


@case
def many_one_after_the_other():
    total = [0]

    def f():
        total[0] += 1

    for _ in range(50):
        run(f)
    return total


@case
def threads_start_threads():
    said = []

    def f(n):
        if n:
            run(f, n - 1)
        said.append(n)

    run(f, 4)
    return said


@case
def results_of_many():
    results = [None] * 8

    def f(i):
        results[i] = i * i

    threads = [threading.Thread(target=f, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@case
def attributes_of_its_own():
    class Worker(threading.Thread):
        def __init__(self, options):
            super().__init__()
            self._options = options
            self._daemon = "nobody's"

        def run(self):
            self.said = self._options["retries"]

    worker = Worker({"retries": 3, "verbose": True})
    worker.start()
    worker.join()
    return worker.said, worker.daemon
