# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The end of a script: a pool finishes what it was given, and takes no more
import threading
from concurrent.futures import ThreadPoolExecutor

from common import case, error

pool = ThreadPoolExecutor(1)
go = threading.Event()
shut = threading.Event()


def submit_until_it_is_refused():
    # The pool is shut after the main thread's last line: what was submitted before that is done.
    go.wait()
    tick = threading.Event()
    while True:
        refused = error(lambda: pool.submit(int))
        if isinstance(refused, tuple):
            break
        tick.wait(0.001)
    print("refused:", refused[0])
    shut.set()


@case
def begun():
    pool.submit(submit_until_it_is_refused)
    for n in range(3):
        pool.submit(print, "task {}: done".format(n))
    return go.is_set()


print("end: of the script")
go.set()
