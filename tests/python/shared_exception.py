# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# One exception object that several threads raise and print at once, as of a Future that all of them ask: each sees
# whole lines in its traceback.

import _thread
import heddle
import io
import sys

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

THREADS = 4
ROUNDS = 100
RAISES = 20
wrong = _thread.allocate_lock()


class Own(ValueError):
    pass


def deep(n, error):
    if n == 0:
        raise error
    deep(n - 1, error)


def whole(text):
    lines = text.rstrip().split("\n")
    return (
        lines[0].startswith("Traceback ")
        and lines[-1] in ("ValueError: shared", "Own: shared")
        and all(line.startswith("  File ") and line.split(", in ")[1] in ("deep", "ask") for line in lines[1:-1])
    )


def ask(error):
    for i in range(RAISES):
        try:
            deep(2, error)
        except ValueError as er:
            if er is not error:
                wrong.acquire(False)
        if i % 5 == 0:
            text = io.StringIO()
            sys.print_exception(error, text)
            if not whole(text.getvalue()):
                print(text.getvalue())
                wrong.acquire(False)


for i in range(ROUNDS):
    error = (ValueError, Own)[i % 2]("shared")
    idents = [_thread.start_new_thread(ask, (error,)) for _ in range(THREADS)]
    for ident in idents:
        heddle.join(ident)
print("wrong" if wrong.locked() else "whole")
