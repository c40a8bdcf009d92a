# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Whichever allocation of a pool's submit() fails: it raises or has the work done, and no thread is left that nobody
# knows.
# image: gil-testing nogil-testing
import heddle_faults
import threading
from concurrent.futures import ThreadPoolExecutor

failed = 0
for n in range(1, 80):
    pool = ThreadPoolExecutor(2)
    future = None
    heddle_faults.arm(heddle_faults.ALLOC, n)
    try:
        future = pool.submit(pow, 2, 3)
    except MemoryError:
        failed += 1
    finally:
        heddle_faults.disarm(0)
    if future is not None:
        assert future.result() == 8
    pool.shutdown()
    left = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert not left, (n, left)
assert failed > 5, failed
