# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing-icount nogil-testing-icount
# board: mps2-an385
# 100 000 schedules of a slot by an interrupt that writes a ring, under Python load: the callback sees every entry.

import _thread
import gc
import time
import heddle_test as t

N = 100000
stop = False
left = 3
lock = _thread.allocate_lock()


def load():
    global left
    while not stop:
        x = [[i] for i in range(200)]
        del x
    with lock:
        left -= 1


assert t.slot_register(0, t.FLOOD) == 0
# Without a GIL the dictionary of globals must not grow while threads look into it.
todo = written = read = lost = wrong = calls = collections = None
for i in range(left):
    _thread.start_new_thread(load, ())
t.flood_start(N, 60)
collections = 0
while t.flood_stats()[0]:
    gc.collect()
    _thread.start_new_thread(lambda: None, ())
    collections += 1
time.sleep_ms(5)
stop = True
todo, written, read, lost, wrong = t.flood_stats()
calls = t.slot_stats(0)[0]
while left:
    time.sleep_ms(1)
t.slot_unregister(0)
assert (todo, lost, wrong) == (0, 0, 0), t.flood_stats()
assert written == read == N, t.flood_stats()
assert 1000 < calls <= N, calls
print("%d entries in %d calls, %d collections" % (read, calls, collections))
