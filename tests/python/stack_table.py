# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# board: mps2-an385
# How deep Python's calls may nest in a thread, by the size of its stack: the guide's table, the same in all builds.

import _thread
import heddle

TABLE = {2048: 5, 3072: 10, 4096: 15, 6144: 25, 8192: 35, 16384: 76}
depth = 0


def recurse(n):
    global depth
    depth = n
    recurse(n + 1)


def work():
    try:
        recurse(1)
    except RuntimeError:
        pass


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work_fib():
    global depth
    depth = fib(13)


for size in sorted(TABLE):
    heddle.join(_thread.start_new_thread(work, (), stack_size=size))
    # Another compiler's frames may be a little smaller, never larger.
    assert TABLE[size] <= depth <= TABLE[size] + TABLE[size] // 8, (size, depth)
heddle.join(_thread.start_new_thread(work_fib, ()))
assert depth == 233, depth
