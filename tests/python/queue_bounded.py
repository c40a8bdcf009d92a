# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# timeout: 60
#
# One thread puts into a small queue and another one gets, as fast as they can: whoever waits hears of each item and of
# each room, also where both run at the same time, and the order stays.
import queue
import threading

N = 5000


def put():
    for n in range(N):
        items.put(n)


for size in (1, 3):
    for _ in range(5):
        items = queue.Queue(size)
        thread = threading.Thread(target=put)
        thread.start()
        for n in range(N):
            assert items.get() == n
        thread.join()
        assert items.empty()
print("ok")
