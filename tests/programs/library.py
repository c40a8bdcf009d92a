# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What generated programs call. A program carries those that it uses, and what these use.

All of it behaves the same in CPython and MicroPython, and is safe without a
GIL: what threads share changes under a lock only.
"""

import re

PIECES = """
def digest(v):
    if isinstance(v, (int, bool)):
        return int(v) % 1000003
    h = 7
    if isinstance(v, str):
        for c in v:
            h = (h * 33 + ord(c)) % 1000003
    elif isinstance(v, dict):
        for k in sorted(v):
            h = (h * 35 + digest(k) * 17 + digest(v[k])) % 1000003
    elif v is not None:
        for x in v:
            h = (h * 31 + digest(x)) % 1000003
    return h

def fold(h, v):
    return (h * 31 + digest(v)) % 1000003

def show(name, value):
    shown.append((name, value))

def finish(i, h):
    with lock:
        shown.append(("thread %d" % i, h))

def add(box, v):
    with lock:
        box[0] += v

def unexpected(e):
    with lock:
        print("unexpected", type(e).__name__)

def caught(h, e):
    if isinstance(e, (MemoryError, NameError, ImportError, NotImplementedError)):
        unexpected(e)
    if isinstance(e, RuntimeError):
        return fold(h, "RuntimeError")
    return fold(h, type(e).__name__)

def held():
    gate = _thread.allocate_lock()
    gate.acquire()
    return gate

def start(function, args, priority, stack_size):
    if MICROPYTHON:
        return _thread.start_new_thread(function, args, priority=priority, stack_size=stack_size)
    return _thread.start_new_thread(function, args)

def left(ident):
    if MICROPYTHON:
        return heddle.join(ident, 50)
    return True

def look():
    if MICROPYTHON:
        return [t.name for t in heddle.threads()]

def collect_each(count):
    if MICROPYTHON:
        gc.threshold(count)

def churn(n):
    keep = None
    for i in range(n):
        keep = [keep if i & 3 else None, bytearray(16 + i % 48), [i] * (i % 9), "s%d" % i]
    return len(keep) if keep else 0

class Link:
    def __init__(self, value, after):
        self.value = value
        self.after = after
    def __iter__(self):
        link = self
        while link:
            yield link.value
            link = link.after
    def weigh(self, n):
        return fold(n, self)

def tuples(n, k):
    return (k, tuples(n // 3, k + 1), tuples(n // 3, k + 2)) if n > 1 else (k,)

def constant(x):
    return lambda: x

def links(n, k):
    link = None
    for i in range(n):
        link = Link("%d-%d" % (i, k), link)
    return link

def numbered(n, k):
    for i in range(n):
        yield [i, k * i]

def build(kind, n, k):
    if kind == 0:
        return [[i, str(i * k)] for i in range(n)]
    if kind == 1:
        return {i * k % 97: [i, {i: k}] for i in range(n)}
    if kind == 2:
        return links(n, k)
    if kind == 3:
        return [bytearray([i * k & 255, i] * (i % 20)) for i in range(n)]
    if kind == 4:
        return tuples(n, k)
    if kind == 5:
        return [(k << (3 * i)) + i for i in range(n)]
    if kind == 6:
        return [constant([i, k]) for i in range(n)]
    return ["%d" % (k + i) * (i % 5) for i in range(n)]

def weigh(kind, x):
    if kind == 6:
        return digest([f() for f in x])
    return digest(x)

def second(x, y):
    return x

class Fault(Exception):
    pass

def fail_deep(n, gate):
    if n == 0:
        raise Fault([n, gate])
    with gate:
        try:
            return fail_deep(n - 1, _thread.allocate_lock())
        finally:
            churn(3)

def deep(n):
    return deep(n + 1) + 1

class Barrier:
    def __init__(self, n):
        self.n = n
        self.count = 0
        self.lock = _thread.allocate_lock()
        self.gates = [held() for _ in range(n)]
    def wait(self):
        self.lock.acquire()
        gates = self.gates
        i = self.count
        self.count += 1
        if self.count < self.n:
            self.lock.release()
            gates[i].acquire()
        else:
            self.count = 0
            self.gates = [held() for _ in range(self.n)]
            self.lock.release()
            for gate in gates[:i]:
                gate.release()

class Queue:
    def __init__(self):
        self.items = []
        self.waiting = []
        self.lock = _thread.allocate_lock()
    def put(self, x):
        with self.lock:
            if self.waiting:
                place = self.waiting.pop(0)
                place[1] = x
                place[0].release()
            else:
                self.items.append(x)
    def get(self):
        with self.lock:
            if self.items:
                return self.items.pop(0)
            place = [held(), None]
            self.waiting.append(place)
        place[0].acquire()
        return place[1]

def brief(gate, box, x):
    churn(5)
    add(box, digest(x))
    gate.release()
"""

HEAD = """\
import _thread, gc, sys, time
MICROPYTHON = sys.implementation.name == "micropython"
if MICROPYTHON:
    import heddle
lock = _thread.allocate_lock()
shown = []
"""

PIECE = {}
for _text in PIECES.strip().split("\n\n"):
    PIECE[re.match(r"(?:def|class) (\w+)", _text).group(1)] = _text


def with_library(text):
    """A program's text with all that it calls before it."""
    wanted, queue = set(), [text]
    while queue:
        words = set(re.findall(r"\w+", queue.pop()))
        for name in sorted(words & set(PIECE) - wanted):
            wanted.add(name)
            queue.append(PIECE[name])
    return HEAD + "".join(PIECE[name] + "\n" for name in PIECE if name in wanted) + text
