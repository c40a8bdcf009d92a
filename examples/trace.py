# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Something to look at in a trace: three threads compute, and take turns with a slow device behind a lock; an urgent one
# wakes up now and then; and there is a collection. "./heddle trace examples/trace.py" draws trace.svg of it.

import _thread
import gc
import heddle
import time

device = _thread.allocate_lock()


def work(rounds):
    for _ in range(rounds):
        sum(range(400))
        with device:
            sum(range(400))
            time.sleep_ms(5)  # it takes its time, and nobody else can have it


def watch(rounds):
    for _ in range(rounds):
        time.sleep_ms(10)
        sum(range(300))


def main():
    idents = [_thread.start_new_thread(work, (4,), name=name) for name in ("ada", "grace", "edsger")]
    idents.append(_thread.start_new_thread(watch, (8,), name="watch", priority=7))
    time.sleep_ms(25)
    gc.collect()
    for ident in idents:
        heddle.join(ident)
    print("All {} threads are done.".format(len(idents)))


main()
