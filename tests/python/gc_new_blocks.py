# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# A block that a thread has just been given is found by a collection of another thread.

import _thread
import gc
import time

stop = False
alive = 3
bad = []
lock = _thread.allocate_lock()


def work():
    global alive
    while not stop:
        one = [str(i) for i in range(50)]
        two = [str(i) for i in range(50)]
        if one != two:
            with lock:
                bad.append((one, two))
        time.sleep_ms(1)
    with lock:
        alive -= 1


for i in range(alive):
    _thread.start_new_thread(work, ())
for i in range(300):
    gc.collect()
    gc.collect()  # at once, while those that were stopped begin to wait
    time.sleep_ms(3)
    if bad:
        break
stop = True
while alive:
    time.sleep_ms(1)
assert not bad, [(x, y) for x, y in zip(*bad[0]) if x != y]
