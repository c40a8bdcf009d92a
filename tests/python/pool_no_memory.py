# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Whichever allocation fails while a pool does its first work, in the thread that submits or in the worker: submit()
# raises or the future ends, and no thread is left that nobody knows.
# image: gil-testing nogil-testing
import heddle_faults
import threading
from concurrent.futures import ThreadPoolExecutor

refused = 0
lost = 0
died = []
threading.excepthook = lambda args: died.append(args.exc_type)  # the console need not tell of each worker
for n in range(1, 80):
    pool = ThreadPoolExecutor(2)
    future = None
    heddle_faults.arm(heddle_faults.ALLOC, n)
    try:
        future = pool.submit(pow, 2, 3)
        future.exception()  # the fault may be the worker's
    except MemoryError:
        refused += 1
    finally:
        heddle_faults.disarm(0)
    if future is not None:
        if future.exception() is None:
            assert future.result() == 8
        else:
            assert isinstance(future.exception(), MemoryError), future
            lost += 1
    pool.shutdown()
    left = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert not left, (n, left)
assert refused > 5, refused
assert died, lost
print(refused, lost, len(died))
