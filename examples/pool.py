# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A pool of two threads does more jobs than it has threads: their results, what they raise, and which is ready first.

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

go = threading.Event()


def primes(first, end):
    return sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(max(first, 2), end))


def slow():
    go.wait()
    return "slow"


def main():
    with ThreadPoolExecutor(2) as pool:
        starts = range(0, 500, 100)
        print("primes by the hundred:", list(pool.map(primes, starts, [start + 100 for start in starts])))

        wrong = pool.submit(primes, "0", 100)
        print("what a job raises is kept for who asks:", type(wrong.exception()).__name__)

        for future in as_completed([pool.submit(slow), pool.submit(primes, 0, 100)]):
            print("ready:", future.result())
            go.set()
    print("its threads are gone:", threading.active_count() == 1)


main()
