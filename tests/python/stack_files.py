# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# board: mps2-an385
# Files, folders and imports where Python's recursion ends: each works or raises, and none runs over the stack.

import _thread
import heddle
import os
import random
import sys

FOLDER = "/stack_files"
NAMES = [FOLDER + "/{}".format(i) * (1 + i % 2) for i in range(24)]
outcomes = {"ok": 0, "OSError": 0, "ImportError": 0, "RuntimeError": 0, "other": 0}


def operation():
    a = random.choice(NAMES)
    kind = random.getrandbits(3)
    if kind < 2:
        os.mkdir(a)
    elif kind < 3:
        os.rename(a, random.choice(NAMES))
    elif kind < 4:
        os.remove(a)
    elif kind < 6:
        with open(a, "a") as f:
            f.write("x" * random.getrandbits(9))
    elif kind < 7:
        os.stat(a)
    else:
        sys.modules.pop("stack_files_module", None)
        if random.getrandbits(1):
            import stack_files_module
        else:
            __import__("stack_files_module")


def attempt(depth):
    try:
        if depth:
            attempt(depth - 1)
        else:
            operation()
            outcomes["ok"] += 1  # alone
    except (OSError, ImportError, RuntimeError) as er:
        outcomes[type(er).__name__] += 1  # alone: each is joined before the next


def work(depth):
    for i in range(20):
        attempt(depth)


random.seed(1)
os.mkdir(FOLDER)
with open("/stack_files_module.py", "w") as f:
    f.write("x = [i for i in range(3)]\n")
for size in (2048, 2560, 4096):
    for depth in range(20 if size == 4096 else 8):
        assert heddle.join(_thread.start_new_thread(work, (depth,), stack_size=size), 60)
print(outcomes)
assert outcomes["ok"] > 50 and outcomes["RuntimeError"] > 50, outcomes
