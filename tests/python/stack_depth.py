# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# Recursion that is too deep raises RuntimeError, in the main thread and in threads of every size, and they go on.

import _thread
import heddle

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

depths = {}
results = {}


def recurse(key, n=0):
    depths[key] = n  # alone
    recurse(key, n + 1)


def attempt(key):
    for i in range(3):
        try:
            recurse(key)
            return "no error"
        except RuntimeError as er:
            text = str(er)
            if "recursion" not in text:
                return text
    return "ok" if sum(range(10)) == 45 else "broken"


def work(key):
    try:
        results[key] = attempt(key)  # alone
    except BaseException as er:
        results[key] = repr(er)  # alone


# The smallest is 2 KB on a microcontroller and a multiple of it on the host.
gate = _thread.allocate_lock()
gate.acquire()
least = _thread.start_new_thread(gate.acquire, (), stack_size=1)
UNIT = [row.stack_size for row in heddle.threads() if row.ident == least][0] // 2048
gate.release()

work("main")
for size in (0, 1, 2048, 4096, 8192, 16384):
    assert heddle.join(_thread.start_new_thread(work, (size,), stack_size=size * UNIT))
for key in results:
    assert results[key] == "ok", (key, results[key])
assert depths[2048] >= 1 and depths[1] == depths[2048]
assert depths[0] == depths[4096] > depths[2048]
assert depths[16384] > depths[8192] > depths[4096], depths
print("depths", sorted((key, n) for key, n in depths.items() if key != "main"), "main", depths["main"])
