# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# C code that recurses or calls back - sort, json, re, repr, compile, format, import - never overruns a small stack:
# it works, or it raises. The kernel looks at the low end of each stack at every switch.

import _thread
import heddle
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

outcomes = {}


def nested(n):
    x = []
    for i in range(n):
        x = [{"k": (x,)}] if i % 7 == 0 else [x]
    return x


def chain(n):
    x = None
    for i in range(n):
        x = (x, i)
    return x


class Deep:
    def __init__(self, n):
        self.n = n

    def __repr__(self):
        return repr(Deep(self.n - 1)) if self.n else "d"

    def __lt__(self, other):
        return sorted([self, other])[0] is self

    def __eq__(self, other):
        return [self] == [other]

    def __hash__(self):
        return hash(Deep(self.n - 1))

    def __getattr__(self, name):
        return getattr(Deep(0), name)

    def __call__(self, *args, **kw):
        return self(*args, **kw)

    def __iter__(self):
        return iter(list(self))


def sort_random():
    import random

    data = [random.getrandbits(16) for i in range(300)]
    assert sorted(data, key=lambda x: -x)[::-1] == sorted(data)


def json_both():
    import json

    return json.dumps(json.loads("[" * 40 + "1" + "]" * 40))


def big_int():
    x = 1
    for i in range(1, 200):
        x *= i
    return str(x), "%d" % x, x // 3**50, pow(3, 10**20, 10**15 + 7)


def regex():
    import re

    return re.match("(a*)*b", "a" * 200), re.match("((((a|b)*)*)*)c", "ab" * 20)


def formats():
    return "{:>{w}} {!r:*^20} {}".format("x", "y", 1.5, w=8), "%r %s %5.2f" % ([1, (2,)], {}, 3.14159)


def compiled():
    exec("x = " + "(" * 30 + "1" + ")" * 30)
    exec("def f():\n" + " def g():\n  return [i for i in range(3)]\n return g()\nassert f() == [0, 1, 2]")


def raised():
    def f(n):
        try:
            if n:
                f(n - 1)
            1 // 0
        finally:
            str(n)

    f(30)


def generators():
    def g(n):
        if n:
            yield from g(n - 1)
        yield n

    return list(g(100))


def files():
    with open("/stack_test", "w") as f:
        f.write("x" * 1000)
    with open("/stack_test") as f:
        assert len(f.read()) == 1000
    import os

    os.remove("/stack_test")


def hashes():
    import binascii
    import deflate
    import hashlib
    import io

    h = hashlib.sha256(b"x" * 1000).digest()
    out = io.BytesIO()
    with deflate.DeflateIO(out, deflate.ZLIB) as d:
        d.write(h * 10)
    out.seek(0)
    return deflate.DeflateIO(out, deflate.ZLIB).read(), binascii.hexlify(h)


TASKS = [
    ("repr", lambda: repr(nested(300))),
    ("chain", lambda: str(chain(500))),
    ("deep repr", lambda: repr(Deep(200))),
    ("deep sort", lambda: [Deep(1), Deep(2), Deep(3)].sort()),
    ("deep eq", lambda: Deep(1) == Deep(2)),
    ("deep hash", lambda: hash(Deep(3))),
    ("deep attribute", lambda: Deep(1).x),
    ("deep call", lambda: Deep(1)(1, a=2)),
    ("deep iter", lambda: list(Deep(1))),
    ("map", lambda: list(map(lambda x: list(map(str, [x] * 3)), range(20)))),
    ("max", lambda: max([[i] for i in range(50)], key=lambda x: str(x))),
    ("sort", sort_random),
    ("json", json_both),
    ("json deep", lambda: __import__("json").dumps(nested(200))),
    ("json bad", lambda: __import__("json").loads("[" * 500)),
    ("int", big_int),
    ("float", lambda: [str(1.1**i) + "%g" % (0.1**i) for i in range(20)]),
    ("re", regex),
    ("format", formats),
    ("exec", compiled),
    ("raise", raised),
    ("generator", generators),
    ("file", files),
    ("hash lib", hashes),
    ("print", lambda: print("", end="")),
    ("traceback", lambda: __import__("sys").print_exception(ValueError("v"), __import__("io").StringIO())),
    ("struct", lambda: __import__("struct").pack("<" + "I" * 20, *range(20))),
]


def work(name, task):
    try:
        task()
        outcomes[name] = "ok"  # alone
    except BaseException as er:
        outcomes[name] = type(er).__name__  # alone


for name, task in TASKS:
    for size in (2048, 4096):
        ident = _thread.start_new_thread(work, (name, task), stack_size=size)
        heddle.join(ident)
    time.sleep_ms(1)
for name in outcomes:
    print(name, outcomes[name])
assert len(outcomes) == len(TASKS)
good = [name for name in outcomes if outcomes[name] == "ok"]
assert len(good) >= 12, good
