# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# _thread's functions and the module heddle.

import _thread
import gc
import heddle
import sys
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

# ---- idents and stack sizes

assert _thread.get_ident() == 1
idents = []
guard = _thread.allocate_lock()  # without a GIL lists are not safe by themselves


def note():
    with guard:
        idents.append(_thread.get_ident())


started = [_thread.start_new_thread(note, ()) for _ in range(20)]
for ident in started:
    assert heddle.join(ident) is True
assert sorted(idents) == sorted(started) and len(set(started)) == 20 and 1 not in started
more = [_thread.start_new_thread(note, ()) for _ in range(20)]
assert not set(more) & set(started), "idents are never used again"
for ident in more:
    heddle.join(ident)

assert _thread.stack_size() == 0
assert _thread.stack_size(8192) == 0
assert _thread.stack_size(0) == 8192
assert _thread.stack_size(6000) == 0
assert _thread.stack_size() == 6000, "without an argument it resets"
assert _thread.stack_size() == 0


def row(ident):
    for r in heddle.threads():
        if r.ident == ident:
            return r


gate = _thread.allocate_lock()
gate.acquire()


def wait():
    gate.acquire()
    gate.release()


def settle():
    """Until all others wait."""
    while any(r.state != "waiting" for r in heddle.threads() if r.ident != 1):
        time.sleep_ms(10)


# The smallest is 2 KB on a microcontroller and a multiple of it where registers are wider.
least = _thread.start_new_thread(wait, (), stack_size=1)
UNIT = row(least).stack_size // 2048
assert UNIT == 1 if sys.maxsize < 1 << 31 else UNIT > 1, row(least)
_thread.stack_size(10000 * UNIT)
large = _thread.start_new_thread(wait, ())
_thread.stack_size()
plain = _thread.start_new_thread(wait, ())
own = _thread.start_new_thread(wait, (), stack_size=16384 * UNIT)
settle()
assert 10000 * UNIT <= row(large).stack_size < 10100 * UNIT, row(large)
assert 4096 * UNIT <= row(plain).stack_size < 4200 * UNIT, row(plain)
assert 16384 * UNIT <= row(own).stack_size < 16500 * UNIT, row(own)
assert 2048 * UNIT <= row(least).stack_size < 2200 * UNIT, row(least)


# The whole of it can be used: deeper recursion in a larger one, and RuntimeError at its end.
def depth(out):
    def down(n):
        out[0] = n
        down(n + 1)

    try:
        down(0)
    except RuntimeError:
        pass


depths = []
for size in (4096, 8192, 16384):
    out = [0]
    assert heddle.join(_thread.start_new_thread(depth, (out,), stack_size=size * UNIT))
    depths.append(out[0])
print("depths", depths)
assert 0 < depths[0] < depths[1] < depths[2]

# ---- arguments

got = []


def take(*args, **kw):
    got.append((args, sorted(kw.items())))  # alone


for args, kw in (((), {}), ((1, 2), {}), ((1,), {"b": 2, "a": 1}), ((), {"x": None})):
    heddle.join(_thread.start_new_thread(take, args, kw))
    assert got.pop() == (args, sorted(kw.items()))
heddle.join(_thread.start_new_thread(take, [1, 2]))
assert got.pop() == ((1, 2), [])
heddle.join(_thread.start_new_thread(take, (3,), {"k": 4}, name="n", priority=3, stack_size=5000))
assert got.pop() == ((3,), [("k", 4)])


class Callable:
    def __call__(self, x):
        got.append(x)

    def method(self, x):
        got.append(-x)


heddle.join(_thread.start_new_thread(Callable(), (5,)))
heddle.join(_thread.start_new_thread(Callable().method, (6,)))
heddle.join(_thread.start_new_thread(got.append, (7,)))
assert got == [5, -6, 7]


# Arguments live as long as the thread needs them, whoever else forgets them.
def late(data, more):
    time.sleep_ms(30)
    got.append(data == bytearray(range(256)) and more == [1] * 100)  # alone


got.clear()
ident = _thread.start_new_thread(late, (bytearray(range(256)),), {"more": [1] * 100})
for _ in range(20):
    gc.collect()
    x = [bytearray(256) for _ in range(50)]
heddle.join(ident)
assert got == [True]

# ---- names, priorities, threads()

assert row(plain).name == "thread-{}".format(plain)
named = _thread.start_new_thread(wait, (), name="collector")
cut = _thread.start_new_thread(wait, (), name="a name that is much too long")
nobody = _thread.start_new_thread(wait, (), name=None)
urgent = _thread.start_new_thread(wait, (), priority=7)
idle = _thread.start_new_thread(wait, (), priority=1)
inherited = []


def inherit():
    inherited.append(_thread.start_new_thread(wait, ()))  # alone


assert heddle.join(_thread.start_new_thread(inherit, (), priority=6))
settle()
assert row(named).name == "collector"
assert row(cut).name == "a name that is much too long"[: len(row(cut).name)] and len(row(cut).name) == 15
assert row(nobody).name == "thread-{}".format(nobody)
# The main thread has the lock that the urgent one waits for.
while [row(i).priority for i in (1, plain, urgent, idle, inherited[0])] != [7, 4, 7, 1, 6]:
    time.sleep_ms(10)  # it may have waited for another one on its way there
assert [row(i).state for i in (1, plain, urgent, idle)] == ["running"] + ["waiting"] * 3
while row(inherited[0]).stack_used == 0:
    time.sleep_ms(1)  # the host has not yet had a processor for it

rows = [r for r in heddle.threads() if r.name != "idle"]
assert rows[0].ident == 1 and rows[0].name == "main"
assert rows[-1].ident is None and rows[-1].name == "dispatch" and rows[-1].priority > 7
for r in rows:
    assert r.state in ("suspended", "ready", "running", "waiting", "exited"), r
    assert 0 < r.stack_used <= r.stack_size, r
    assert r.cpu_us >= 0 and len(r) == 11, r
assert len(set(r.ident for r in rows)) == len(rows)

stop = False


def spin():
    while not stop:
        pass


spinning = _thread.start_new_thread(spin, ())
began = time.ticks_us()
before, waiting = row(spinning).cpu_us, row(plain).cpu_us
time.sleep_ms(100)
after, passed = row(spinning).cpu_us, time.ticks_diff(time.ticks_us(), began)
assert row(spinning).state in ("ready", "running")
# Where cores are threads of a host, others may have its processors.
assert (50000 if UNIT == 1 else 1000) < after - before <= passed, (before, after, passed)
assert row(plain).cpu_us == waiting, "a thread that waits uses no time"
main = [row(1).cpu_us for _ in range(5)]
assert main == sorted(main) and main[0] < main[-1]
stop = True
assert heddle.join(spinning) and row(spinning) is None

# ---- info() and join()

info = heddle.info()
KERNELS = ("FreeRTOS V", "Heddle's kernel", "Linux")
assert any(info.kernel.startswith(kernel) for kernel in KERNELS) and info.cores >= 1, info
assert info._thread in ("GIL", "unsafe")
assert heddle.core() in range(info.cores)
assert info.threads == len([r for r in heddle.threads() if r.ident is not None])
if sys.implementation.version >= (1, 26):
    assert sys.implementation._thread == info._thread
assert heddle.join(plain, 0) is False
began = time.ticks_ms()
assert heddle.join(plain, 0.05) is False and 50 <= time.ticks_diff(time.ticks_ms(), began)
joined = []


def join_it(ident, *timeout):
    answer = heddle.join(ident, *timeout)
    with guard:
        joined.append(answer)


joiners = [_thread.start_new_thread(join_it, (plain,) + t) for t in ((), (None,), (1000,), (0.01,))]
while not joined:
    time.sleep_ms(10)
time.sleep_ms(40)
assert joined == [False]
gate.release()
for ident in [large, plain, own, least, named, cut, nobody, urgent, idle] + inherited + joiners:
    assert heddle.join(ident) is True
assert joined == [False, True, True, True], "every joiner is told"
assert heddle.join(plain) is True and heddle.join(plain, 0) is True
assert heddle.info().threads == 1 and len([r for r in heddle.threads() if r.name != "idle"]) == 2


# ---- exit

def leave():
    try:
        _thread.exit()
    finally:
        got.append("finally")  # alone


got.clear()
assert heddle.join(_thread.start_new_thread(leave, ()), 60) and got == ["finally"]

# ---- threads() beside threads that come and go

stop = False


def churn():
    while not stop:
        heddle.join(_thread.start_new_thread(note, ()))


churners = [_thread.start_new_thread(churn, ()) for _ in range(3)]
for _ in range(200):
    rows = [r for r in heddle.threads() if r.name != "idle"]
    names = [r.name for r in rows]
    assert names[0] == "main" and names[-1] == "dispatch"
    assert all(r.stack_used <= r.stack_size for r in rows)
    assert [r.ident for r in rows[:-1]] == sorted(r.ident for r in rows[:-1])
stop = True
for ident in churners:
    assert heddle.join(ident)
