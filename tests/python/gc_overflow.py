# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# Collections that overflow the mark stack, with wide and deep structures that a more urgent thread rearranges
# meanwhile: nothing is lost, because all marking is done while the world stands still.

import _thread
import gc
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

WIDTH = 1500
wide = [[[i, [str(i)]]] for i in range(WIDTH)]
deep = None
for i in range(1500):
    deep = [deep, [str(i)]]
stop = False
ended = False
swaps = 0


def shuffle():
    global swaps, ended
    a, b = 0, WIDTH // 2
    while not stop:
        # The only reference moves from one holder to the other.
        x, y = wide[a], wide[b]
        x[0], y[0] = y[0], x[0]
        a = (a + 7) % WIDTH
        b = (b + 13) % WIDTH
        swaps += 1
        if swaps % 20 == 0:
            time.sleep_ms(1)
    ended = True


_thread.start_new_thread(shuffle, (), priority=5)
n = 0
while n < 60 or swaps <= 100:
    n += 1
    gc.collect()
    junk = [[str(j)] for j in range(500)]
    del junk
stop = True
while not ended:
    time.sleep_ms(1)
seen = set()
for holder in wide:
    (item,) = holder
    number, (text,) = item
    assert text == str(number), (number, text)
    seen.add(number)
assert len(seen) == WIDTH
n = 1500
while deep is not None:
    n -= 1
    deep, (text,) = deep
    assert text == str(n), (n, text)
assert n == 0
