# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.Barrier
import threading

from common import case, error


class Party:
    # Threads that call a function with their number; results() are what each returned or raised, by number.
    def __init__(self, count, function):
        self.said = [None] * count
        self.threads = [threading.Thread(target=self.run, args=(function, n)) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, function, n):
        self.said[n] = error(lambda: function(n))

    def results(self):
        for thread in self.threads:
            thread.join()
        return self.said


def gathered(barrier, count):
    # Wait until so many threads are at a barrier.
    tick = threading.Event()
    while barrier.n_waiting != count:
        tick.wait(0.001)


@case
def everybody_has_a_number():
    barrier = threading.Barrier(4)
    return sorted(Party(4, lambda n: barrier.wait()).results())


@case
def one_party():
    barrier = threading.Barrier(1)
    return barrier.wait(), barrier.wait()


@case
def parties_of_none():
    return error(lambda: threading.Barrier(0).n_waiting)


@case
def attributes():
    barrier = threading.Barrier(3)
    return barrier.parties, barrier.n_waiting, barrier.broken


@case
def number_of_those_who_wait():
    barrier = threading.Barrier(3)
    party = Party(2, lambda n: barrier.wait())
    gathered(barrier, 2)
    barrier.wait()
    party.results()
    return barrier.n_waiting


@case
def used_again():
    barrier, lock, steps = threading.Barrier(3), threading.Lock(), []

    def f(n):
        for step in range(5):
            with lock:
                steps.append(step)
            barrier.wait()

    Party(3, f).results()
    return steps


@case
def action():
    said = []
    barrier = threading.Barrier(3, action=lambda: said.append("once"))
    Party(3, lambda n: barrier.wait()).results()
    return said


@case
def action_comes_first():
    lock, said = threading.Lock(), []

    def f(n):
        barrier.wait()
        with lock:
            said.append("through")

    barrier = threading.Barrier(3, lambda: said.append("action"))
    Party(3, f).results()
    return said


@case
def action_that_raises():
    def f():
        raise KeyError("gone")

    barrier = threading.Barrier(3, f)
    results = Party(3, lambda n: barrier.wait()).results()
    return sorted(name for name, _ in results), barrier.broken


@case
def timeout_breaks_it():
    barrier = threading.Barrier(2)
    return error(lambda: barrier.wait(0.01)), barrier.broken, error(barrier.wait), barrier.n_waiting


@case
def timeout_of_its_own():
    barrier = threading.Barrier(2, timeout=0.01)
    return error(barrier.wait), barrier.broken


@case
def timeout_is_everybody_s():
    barrier = threading.Barrier(3)

    def f(n):
        if n == 0:
            return barrier.wait()
        gathered(barrier, 1)
        return barrier.wait(0.01)

    return Party(2, f).results()


@case
def timeout_in_time():
    barrier = threading.Barrier(2, timeout=1000)
    return sorted(Party(2, lambda n: barrier.wait(timeout=1000)).results())


@case
def abort_wakes_all():
    barrier = threading.Barrier(3)
    party = Party(2, lambda n: barrier.wait())
    gathered(barrier, 2)
    barrier.abort()
    return party.results(), barrier.broken


@case
def abort_of_an_empty_one():
    barrier = threading.Barrier(2)
    barrier.abort()
    return barrier.broken, error(barrier.wait)


@case
def reset_wakes_all():
    barrier = threading.Barrier(3)
    party = Party(2, lambda n: barrier.wait())
    gathered(barrier, 2)
    barrier.reset()
    return party.results(), barrier.broken, barrier.n_waiting


@case
def reset_mends_it():
    barrier = threading.Barrier(2)
    barrier.abort()
    barrier.reset()
    return barrier.broken, sorted(Party(2, lambda n: barrier.wait()).results())


@case
def one_does_what_only_one_must():
    barrier, said = threading.Barrier(4), []

    def f(n):
        if barrier.wait() == 0:
            said.append("once")

    Party(4, f).results()
    return said


@case
def broken_is_a_runtime_error():
    return issubclass(threading.BrokenBarrierError, RuntimeError)
