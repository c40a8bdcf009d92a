# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing-icount nogil-testing-icount
# A service keeps running while Python collects, computes, creates threads and prints.

import _thread
import gc
import sys
import time
import heddle_test as t

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

junk = [[i] for i in range(8000)]
t.service_setup(0, "beat", t.NETWORK, 0, t.TICK)
assert t.service_register(0) == 0 and t.service_start(0) == 0
before = t.service_stats(0)[1]
begin = time.ticks_ms()
collections = took = turns = 0
while took < 1500 or collections <= 5 or turns < 15:
    gc.collect()
    _thread.start_new_thread(lambda: None, ())
    collections += 1
    took = time.ticks_diff(time.ticks_ms(), begin)
    turns = t.service_stats(0)[1] - before
worst = t.service_stats(0)[2]
assert t.service_stop(0, 10000) == 0 and t.service_deinit(0) == 0
# It sleeps 1 to 2 ms a turn; on Linux it is woken when that has a processor to spare.
assert sys.platform == "linux" or turns >= took // 4, (turns, took, worst)
print("%d turns in %d ms beside %d collections, longest %d us" % (turns, took, collections, worst))
