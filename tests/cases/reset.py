# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Soft reset with live threads of every kind, a hundred times in a row."""

import os
import random
import time

from harness import BOTH, case

BOUND = 1.5  # seconds that one reset may take
HOST_BOUND = 10  # beside the tests' other processes
MEMORY_BOUND = 256  # bytes
FILE = bytes(range(256)) * 8

# Goes to the board's RAM disk. Each thread counts in a word of the RAM behind the heap, which a reset leaves alone:
# a thread that lives on, or a timer that does, shows there.
KINDS = """
import _thread, gc, heddle, json, machine, micropython, re, select, sys, time
BASE = 0x21000100
mem = machine.mem32
def mark(i):
    mem[BASE + 4 * i] += 1

held = _thread.allocate_lock()
held.acquire()

def loop(i):
    while True:
        mark(i)
def sleep(i):
    while True:
        mark(i)
        time.sleep_ms(i)
def sleep_long(i):
    time.sleep(100000)
def hold(i):
    lock = _thread.allocate_lock()
    with lock:
        while True:
            mark(i)
            time.sleep_ms(1)
shared = _thread.allocate_lock()
def contend(i):
    while True:
        with shared:
            mark(i)
            time.sleep_ms(1)
def wait(i):
    held.acquire()
def wait_timeout(i):
    while True:
        held.acquire(True, 0.02)
        mark(i)
def wait_long(i):
    held.acquire(True, 3000)
def join_main(i):
    heddle.join(1)
def alloc(i):
    while True:
        x = [bytearray(100 + i) for _ in range(20)]
        mark(i)
def collect(i):
    while True:
        gc.collect()
        mark(i)
def stdin(i):
    while True:
        sys.stdin.read(1)
def poll(i):
    p = select.poll()
    p.register(sys.stdin, select.POLLIN)
    while True:
        p.poll()
        mark(i)
        time.sleep_ms(1)
def stubborn_loop(i):
    while True:
        try:
            while True:
                mark(i)
        except:
            pass
def stubborn_sleep(i):
    while True:
        try:
            time.sleep_ms(20)
            mark(i)
        except:
            pass
def stubborn_wait(i):
    while True:
        try:
            held.acquire()
        except:
            mark(i)
def in_finally(i):
    try:
        time.sleep(100000)
    finally:
        while True:
            mark(i)
def finally_sleep(i):
    try:
        while True:
            pass
    finally:
        while True:
            time.sleep_ms(5)
            mark(i)
def finally_short(i):
    try:
        time.sleep(100000)
    finally:
        time.sleep_ms(10)
        mark(i)
def start(i):
    while True:
        try:
            _thread.start_new_thread(mark, (i,))
        except (OSError, MemoryError):
            pass
def write(i):
    while True:
        with open('/f%d' % i, 'w') as f:
            f.write('x' * 300)
        mark(i)
def talk(i):
    while True:
        print('thread', i)
def schedule(i):
    while True:
        try:
            micropython.schedule(mark, i)
        except RuntimeError:
            time.sleep_ms(1)
def mask(i):
    while True:
        state = machine.disable_irq()
        mark(i)
        machine.enable_irq(state)
def imports(i):
    while True:
        exec('import json, re\\nx%d = 1' % i, {})
        mark(i)
def import_kept(i):
    while True:
        try:
            import kept
        except:
            mark(i)
def urgent(i):
    while True:
        time.sleep_ms(1)
        mark(i)

def begin(names):
    for i, name in enumerate(names):
        options = {'priority': 7} if name == 'urgent' else {}
        _thread.start_new_thread(globals()[name], (i,), **options)
timers = []
def tick(t):
    mark(30)
def begin_timers():
    for period in (1, 3, 7):
        timers.append(machine.Timer(period=period, callback=tick))
"""

# A module whose import ends for nobody but AFTER.
KEPT = """
import machine, time
while not machine.mem32[0x21000180]:
    try:
        time.sleep_ms(20)
    except:
        pass
"""

# What must hold after every reset. The timer is new; counters that still move are threads or timers that live on.
AFTER = """
import gc, heddle, machine, os, sys, time
gc.collect()
print(gc.mem_free())
rows = heddle.threads()
print([r.name for r in rows if r.name != "idle"], heddle.info().threads)
BASE = 0x21000100
def counters():
    return [machine.mem32[BASE + 4 * i] for i in range(31)]
before = counters()
ticks = []
timer = machine.Timer(period=2, mode=machine.Timer.ONE_SHOT, callback=ticks.append)
time.sleep_ms(15)
for _ in range(50):
    if not ticks:
        time.sleep_ms(10)  # the host was busy
print(len(ticks), [i for i, n in enumerate(counters()) if n != before[i]])
del timer, ticks, rows, before
if 'kept.py' in os.listdir('/'):
    machine.mem32[0x21000180] = 1
    import kept
    machine.mem32[0x21000180] = 0
    del kept, sys.modules['kept']
"""

# Kinds whose threads take characters off the console, so that Ctrl-D may not arrive.
READERS = ("stdin", "poll")


def kinds():
    names = [line[4:].split("(")[0] for line in KINDS.split("\n") if line.startswith("def ")]
    return [name for name in names if name not in ("mark", "begin", "begin_timers", "tick")]


def check(board, free):
    """Everything is as after a cold start: the free memory."""
    lines = board.exec(AFTER).split("\n")
    assert lines[1] == "['main', 'dispatch'] 1", lines[1]
    assert lines[2] == "1 []", "new timer's ticks, counters that still move: " + lines[2]
    now = int(lines[0])
    bound = MEMORY_BOUND * (4 if board.name == "host" else 1)  # pointers are twice as large
    assert free is None or abs(now - free) <= bound, "free: {}, at first {}".format(now, free)
    return now


def reset(board, how):
    """A soft reset in one of four ways: its time in seconds. Then the raw prompt again."""
    # With 20 threads it may take a while until the prompt has read and compiled this: no part of the reset.
    line = b"print('now', 'reset'); machine.soft_reset()"
    if how in ("prompt", "prompt-soft_reset"):
        board.write(b"\x02")
        board.read_until(b">>> ")
        board.write(b"\x04" if how == "prompt" else line + b"\r")
        if how != "prompt":
            board.read_until(b"\nnow reset\r\n")
        began = time.monotonic()
        board.read_until(b"soft reboot\r\n")
        board.read_until(b">>> ")
        took = time.monotonic() - began
        board.write(b"\x01")
        board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        return took
    board.write(b"\x04" if how == "raw" else line + b"\x04")
    if how != "raw":
        board.read_until(b"now reset\r\n")
    began = time.monotonic()
    board.read_until(b"soft reboot\r\n")
    board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
    return time.monotonic() - began


def start_and_reset(board, names, how):
    """Start threads of these kinds, all of them running or just made, and reset."""
    readers = any(name in READERS for name in names)
    if readers:
        names = [name if name != "talk" else "loop" for name in names]
    talk = "talk" in names
    code = "import kinds, machine, time\nkinds.begin_timers()\nkinds.begin({})\n".format(names)
    code += random.choice(("", "time.sleep_ms(2)\n", "time.sleep_ms(30)\n"))
    if readers or (how == "code" and not talk):
        board.exec_start(code + "print('now', 'reset')\nmachine.soft_reset()\n")
        board.read_until(b"now reset\r\n")
        began = time.monotonic()
        board.read_until(b"soft reboot\r\n")
        board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        return time.monotonic() - began
    board.exec_start(code)
    board.read_until(b"\x04")
    board.read_until(b"\x04")
    board.read_until(b">")
    if talk:
        # Nothing that it says in between can be relied on.
        began = time.monotonic()
        board.write(b"\x04")
        board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        return time.monotonic() - began
    return reset(board, how)


def rounds(ctx, batches, icount=False):
    bound = HOST_BOUND if ctx.board_name == "host" else BOUND
    with ctx.board(pty=True, icount=icount) as board:
        board.raw_repl()
        board.put("/kinds.py", KINDS.encode())
        board.put("/kept.py", KEPT.encode())
        board.put("/keep.bin", FILE)
        board.soft_reset()
        free, worst = check(board, None), 0
        for n, (names, how) in enumerate(batches):
            try:
                took = start_and_reset(board, names, how)
                check(board, free)
            except Exception:
                ctx.log("reset", n, "by", how, "with", names)
                raise
            if took > worst:
                worst = took
                ctx.log("reset {} by {}: {:.3f} s with {}".format(n, how, took, names))
            assert ctx.in_time(took, bound), "reset {} took {:.2f} s with {}".format(n, took, names)
            if n % 10 == 9:
                board.exec("f = open('/keep.bin', 'rb')\nassert f.read() == bytes(range(256)) * 8\nf.close()\ndel f")
        ctx.log("worst reset: {:.3f} s".format(worst))


HOWS = ("raw", "prompt", "raw-soft_reset", "prompt-soft_reset", "code")


@case(each=("gil", "nogil"), timeout=120, boards=BOTH)
def reset_kinds(ctx):
    "A soft reset ends one thread, and 20 threads, of each kind."
    random.seed(7)
    names = kinds()
    assert len(names) > 25
    batches = [([name] * count, HOWS[i % 5]) for i, name in enumerate(names) for count in (1, 20)]
    rounds(ctx, batches)


@case(each=("gil", "nogil"), timeout=150, boards=BOTH)
def reset_mixed(ctx):
    "A hundred soft resets in a row with 0, 1 and 20 threads of mixed kinds leave nothing behind."
    seed = int(os.environ.get("SEED", time.time()))
    ctx.log("again with SEED={}".format(seed))
    random.seed(seed)
    names = kinds()
    counts = [0, 1, 5, 20] * 25
    batches = [([random.choice(names) for _ in range(n)], random.choice(HOWS)) for n in counts]
    # Time is instructions where it can be. Two hundred threads that one has started may have the GIL before main: where
    # the host runs the board for moments only, that takes longer than the five seconds after which it is reset.
    rounds(ctx, batches, icount=ctx.board_name != "host")


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def reset_many_exits(ctx):
    "Threads that end by themselves in the very moment of the reset are no trouble."
    with ctx.board() as board:
        board.raw_repl()
        free = check(board, None)
        for n in range(30):
            board.exec_start(
                "import _thread, machine, time\n"
                "def f(n):\n"
                "    time.sleep_us(n)\n"
                "for i in range(20):\n"
                "    _thread.start_new_thread(f, (i * {},))\n".format(n * 10)
                + "machine.soft_reset()\n"
            )
            board.read_until(b"soft reboot\r\n")
            board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
            check(board, free)


# One that starts and joins for ever, and one whose successor is started by itself, and which may clean up.
CREATORS = """
import _thread, heddle, machine, time
def nothing():
    pass
def create():
    while True:
        heddle.join(_thread.start_new_thread(nothing, ()))
def relay():
    try:
        time.sleep_ms(1)
        _thread.start_new_thread(relay, ())
    finally:
        time.sleep_ms(1)
for _ in range(5):
    _thread.start_new_thread(create, ())
    _thread.start_new_thread(relay, ())
time.sleep_ms(50)
print('creating')
"""


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def reset_creators(ctx):
    "Threads that start threads leave a soft reset and the end of a script like all others: without a word."
    with ctx.board() as board:
        board.raw_repl()
        for _ in range(3):
            board.exec_start(CREATORS + "machine.soft_reset()\n")
            said = board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
            assert said == b"creating\r\n\x04\x04MPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>", said
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write(CREATORS)
    status, output = ctx.run_script(path, timeout=20)
    assert status == 0 and output == "creating\n", output


# They do not leave, and are ended wherever they are: mostly where they wait for the console, or have it.
PRINTERS = """
import _thread, heddle, machine, time
class Object:
    def __str__(self):
        lock.acquire()
def talk():
    while True:
        try:
            while True:
                print("x" * 5000)
        except:
            pass
lock = _thread.allocate_lock()
lock.acquire()
for _ in range(4):
    _thread.start_new_thread(talk, ())
    _thread.start_new_thread(print, ("waits", Object()))
time.sleep_ms(20)
machine.soft_reset()
"""


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def reset_printing(ctx):
    "Threads that are ended in the middle of a print leave a console that all can write to."
    with ctx.board() as board:
        board.raw_repl()
        for _ in range(3):
            board.exec_start(PRINTERS)
            time.sleep(0.5)  # nobody reads: whoever has the console waits for room when the reset ends it
            board.read_until(b"MPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>")
            output = board.exec(
                "import _thread, heddle\n"
                "print('main')\nprint(heddle.join(_thread.start_new_thread(print, ('thread',)), 5))\n"
            )
            assert output == "main\nthread\nTrue\n", output


@case(each=("nogil-testing",), timeout=60, boards=BOTH)
def reset_in_file_system(ctx):
    "A thread that is inside the file system, and says so late, is ended when it has left it."
    with ctx.board() as board:
        board.raw_repl()
        board.put("/keep.bin", FILE)
        for held_ms in (10, 600):
            board.exec_start(
                "import _thread, heddle_test, machine, time\n"
                "_thread.start_new_thread(heddle_test.fs_hold, ({},), priority=7)\n"
                "time.sleep_ms(5)\nmachine.soft_reset()\n".format(held_ms)
            )
            board.read_until(b"soft reboot\r\n")
            board.read_until(b"raw REPL; CTRL-B to exit\r\n>", 5)
            assert board.exec("print(open('/keep.bin', 'rb').read() == bytes(range(256)) * 8)") == "True\n"


# A file on a block device whose writes wait for what nobody gives back. Nothing but a finaliser closes it.
OPEN_FILE = """
import _thread, heddle_test, machine, os
class Device:
    data = bytearray(256 * 32)
    def readblocks(self, n, buf, offset=0):
        start = n * 256 + offset
        for i in range(len(buf)):
            buf[i] = self.data[start + i]
    def writeblocks(self, n, buf, offset=0):
        start = n * 256 + offset
        for i in range(len(buf)):
            self.data[start + i] = buf[i]
        if waits:
            try:
                held.acquire()
            except RuntimeError:
                heddle_test.word(0, heddle_test.word(0) + 1)
    def ioctl(self, op, arg):
        return 32 if op == 4 else 256 if op == 5 else 0 if op == 6 else None
waits = False
held = _thread.allocate_lock()
held.acquire()
device = Device()
os.VfsLfs2.mkfs(device)
file = os.VfsLfs2(device, readsize=64, progsize=64).open('f', 'w')
file.write('never closed')
heddle_test.word(0, 0)
waits = True
machine.soft_reset()
"""


@case(each=("gil-testing", "nogil-testing"), timeout=60, boards=BOTH)
def reset_finaliser(ctx):
    "A finaliser of the reset itself does not wait: it is told so."
    with ctx.board() as board:
        board.raw_repl()
        board.exec_start(OPEN_FILE)
        board.read_until(b"soft reboot\r\n")
        board.read_until(b"raw REPL; CTRL-B to exit\r\n>", 5)
        assert int(board.exec("import heddle_test\nprint(heddle_test.word(0))")) > 0


# Leaves something of this life in every root that a program can: all of it above a block of 50 KB, where the next life
# has nothing yet.
ROOTS = """
import heddle_test, machine, micropython, time
filler = bytearray(50000)
kept = []
def high(make, i):
    while True:
        kept.append(make())
        if id(kept[-1]) > id(filler):
            heddle_test.word(i, id(kept[-1]))
            return kept[-1]
def ends():
    return returned
    yield
argument = high(lambda: [1], 0)
returned = high(lambda: [2], 1)
leave = high(SystemExit, 2)
for _ in range(40):
    micropython.schedule(id, argument)
    time.sleep_ms(1)
root, word, gen = heddle_test.is_root, heddle_test.word, ends()
for _ in gen:
    pass
print(root(word(0)), root(word(1)))
raise leave
"""


@case(each=("gil-testing", "nogil-testing"), timeout=60, boards=BOTH)
def reset_roots(ctx):
    "What the VM held when it was reset is not held by the next life, nor given to it by sys.exc_info()."
    with ctx.board() as board:
        board.raw_repl()
        board.exec_start(ROOTS)
        said = board.read_until(b"soft reboot\r\n")
        assert b"True True\r\n" in said, said
        board.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        held = ", ".join("root(word({}))".format(i) for i in range(3))
        output = board.exec(
            "import sys\nfrom heddle_test import is_root as root, word\nprint({})\nprint(sys.exc_info())".format(held)
        )
        assert output == "False False False\n(None, None, None)\n", output


@case(images=("gil",), timeout=60)
def reset_gil_held(ctx):
    "A thread that never gives up the GIL: the board says so and is reset, and its files are there."
    with ctx.board("gil") as board:
        board.raw_repl()
        board.put("/keep.bin", FILE)
        board.exec_start(
            "import _thread, machine, time\n"
            "lock = _thread.allocate_lock()\n"
            "def hold():\n    with lock:\n        pass\n    sum(range(1 << 30))\n"
            "lock.acquire()\n"
            "_thread.start_new_thread(hold, (), priority=1)\n"
            "time.sleep_ms(20)\n"
            # From here on it waits for the GIL, and has it when the reset gives it up.
            "lock.release()\n"
            "machine.soft_reset()\n"
        )
        board.read_until(b"does not give up the GIL, resetting the board\r\n", 20)
        board.read_until(b">>> ")
        board.raw_repl()
        check(board, None)
        assert board.exec("print(open('/keep.bin', 'rb').read() == bytes(range(256)) * 8)") == "True\n"
