# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing-icount nogil-testing-icount
# A service keeps running while Python collects, computes, creates threads and prints.

import _thread
import gc
import time
import heddle_test as t

junk = [[i] for i in range(8000)]
t.service_setup(0, "beat", t.NETWORK, 0, t.TICK)
assert t.service_register(0) == 0 and t.service_start(0) == 0
before = t.service_stats(0)[1]
begin = time.ticks_ms()
collections = 0
while time.ticks_diff(time.ticks_ms(), begin) < 1500:
    gc.collect()
    _thread.start_new_thread(lambda: None, ())
    collections += 1
took = time.ticks_diff(time.ticks_ms(), begin)
_, count, worst = t.service_stats(0)
turns = count - before
assert t.service_stop(0, 100) == 0 and t.service_deinit(0) == 0
# It sleeps 1 to 2 ms a turn. Stalls of the host are not ours: the mean tells.
assert turns >= took // 4, (turns, took, worst)
assert collections > 5, collections
print("%d turns in %d ms beside %d collections, longest %d us" % (turns, took, collections, worst))
