# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# Recursion in C that upstream does not check - comparing, hashing, compiling - raises in a thread of the smallest
# size, and does not overrun its stack.

import _thread
import heddle

outcomes = []


def lists(n):
    x = []
    for i in range(n):
        x = [x]
    return x


def tuples(n):
    x = ()
    for i in range(n):
        x = (x,)
    return x


def work(task):
    try:
        task()
        outcomes.append("ok")
    except BaseException as er:
        outcomes.append(type(er).__name__)


a, b, c = lists(300), lists(300), tuples(300)
for name, task in (
    ("compare", lambda: a == b),
    ("hash", lambda: hash(c)),
    ("compile", lambda: eval("[" * 200 + "]" * 200)),
):
    heddle.join(_thread.start_new_thread(work, (task,), name=name, stack_size=2048), 20)
    print(name, outcomes[-1])
