# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Work for all cores at once, where there is no GIL. With one it is as right, and takes as long as in one thread.

import heddle
import threading
import time

END, PARTS = 2000, 4
found = [None] * PARTS  # each thread has a place, and changes nothing that another one has


def primes(part):
    count = 0
    for n in range(part * END // PARTS, (part + 1) * END // PARTS):
        d = 2
        while d * d <= n and n % d:
            d += 1
        count += n > 1 and d * d > n
    found[part] = count


def main():
    began = time.ticks_ms()
    threads = [threading.Thread(target=primes, args=(part,), name="part") for part in range(PARTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.ticks_diff(time.ticks_ms(), began)
    print("{} primes below {}; by thread: {}".format(sum(found), END, found))
    print("{} ms on {} core(s), {}".format(took, heddle.info().cores, heddle.info()._thread))


main()
