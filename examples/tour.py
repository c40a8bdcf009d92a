# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What Heddle is, in a few seconds: threads at work together, a lock that they all want, a collection in the middle,
# a timer that ticks through everything, and a table of who did what. Run it with "make run".

import _thread
import gc
import heddle
import time
from machine import Timer

JOBS = 6000
lock = _thread.allocate_lock()
jobs, total, waits = 0, 0, 0
ticks, late = [], [0]
names = ("ada", "grace", "edsger", "tony", "watch")
cores = [set() for _ in names]  # that each of them has run on


def work(me):
    # Take a number, work on it, and add it up: both ends are shared, so a lock keeps them whole.
    global jobs, total, waits
    while jobs < JOBS:
        if not lock.acquire(False):
            lock.acquire()
            waits += 1
        if jobs < JOBS:
            total += sum(jobs for _ in range(50))
            jobs += 1
        lock.release()
        sum(range(100))
        cores[me].add(heddle.core())


def watch(me):
    # More urgent than the workers: sleeps, wakes, and notes how late it is.
    while jobs < JOBS:
        began = time.ticks_us()
        time.sleep_ms(20)
        late.append(time.ticks_diff(time.ticks_us(), began) - 20000)
        cores[me].add(heddle.core())


def main():
    timer = Timer(period=50, callback=ticks.append)
    idents = [_thread.start_new_thread(work, (me,), name=names[me]) for me in range(4)]
    idents.append(_thread.start_new_thread(watch, (4,), name=names[4], priority=7))
    print("Four workers share {} jobs and one lock, while a timer ticks.".format(JOBS))

    while jobs < JOBS // 3:
        time.sleep_ms(10)
    free, began = gc.mem_free(), time.ticks_us()
    gc.collect()
    took, freed = time.ticks_diff(time.ticks_us(), began), gc.mem_free() - free
    print("A collection beside them freed {} KB in {:.1f} ms.".format(freed // 1024, took / 1000))

    while jobs < JOBS * 2 // 3:
        time.sleep_ms(10)
    print("\nthread     state    priority   CPU ms   stack used")
    for t in heddle.threads():
        line = "{:9}  {:7}  {:8}  {:7.1f}  {:5} of {}"
        print(line.format(t.name, t.state, t.priority, t.cpu_us / 1000, t.stack_used, t.stack_size))

    for ident in idents:
        heddle.join(ident)
    timer.deinit()
    assert total == 50 * sum(range(JOBS)), "the lock did not lock"
    print("\nEach ran on the cores:", ", ".join("{} {}".format(n, sorted(c)) for n, c in zip(names, cores)))
    print("\nAll jobs are done, and the sum is right. Workers waited for the lock {} times,".format(waits))
    print("the timer ticked {} times, the urgent thread was {} ms late at worst.".format(len(ticks), max(late) / 1000))


main()
