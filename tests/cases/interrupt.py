# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Ctrl-C, measured from the host: it ends whatever the main thread does, at once, and reaches nobody else."""

import random
import time

import patience
from harness import BOTH, case

MEDIAN = 0.050  # seconds from the character to the traceback
WORST = 0.500  # the host is not a real-time system
REPEATS = 5

PREPARE = """
import _thread, gc, heddle, machine, micropython, select, sys, time
# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()['_%d' % i] = 0
for i in range(100):
    del globals()['_%d' % i]
counts, seen, ended, spans = [0] * 8, [], [], [0]
def guard(f, i):
    while True:
        try:
            f(i)
        except SystemExit:
            raise
        except BaseException as er:
            seen.append(er)
def forever(i):
    while True:
        counts[i] += 1
held = _thread.allocate_lock()
held.acquire()
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
with open('/kept.py', 'w') as f:
    f.write('import time\\ntime.sleep(100000)')
_thread.start_new_thread(__import__, ('kept',))
sleeper = _thread.start_new_thread(time.sleep, (100000,))
"""

# What the main thread does when Ctrl-C comes.
WAITS = {
    "loop": "while True: pass",
    "nested": "for i in range(1 << 29):\n  sum(range(20))",
    "sleep": "time.sleep(1000)",
    "sleep_us": "time.sleep_us(1000000000)",
    "acquire": "held.acquire()",
    "acquire_timeout": "held.acquire(True, 1000)",
    "with": "with held:\n  print('wrong')",
    "join": "heddle.join(sleeper)",
    "join_timeout": "heddle.join(sleeper, 1000)",
    "input": "input()",
    "read": "sys.stdin.read(1)",
    "poll": "poll.poll()",
    "poll_timeout": "poll.poll(1000000)",
    "import": "import kept",
    "idle": "while True: machine.idle()",
    "flood": "while True: print('a line of forty characters, more or less')",
    "short_sleeps": "while True: time.sleep_ms(1)",
}


def delay(board, wait, before=None):
    """Start `wait` in the main thread and press Ctrl-C: seconds until the traceback."""
    board.exec_start("print('rea' + 'dy')\n" + wait + "\nprint('went on')\n")
    board.read_until(b"ready\r\n")
    flood = "print('a line" in wait
    limit = time.monotonic() + random.uniform(0.01, 0.05)
    while time.monotonic() < limit:
        # A flood has to be read, or the board waits for us.
        board.read_for(0.005) if flood else time.sleep(0.005)
    began = time.monotonic()
    board.interrupt()
    board.read_until(b"KeyboardInterrupt")
    took = time.monotonic() - began
    board.read_until(b"\x04")
    board.read_until(b">")
    return took


def measure(ctx, board, name, wait, median=MEDIAN, worst=WORST, repeats=REPEATS):
    times = sorted(delay(board, wait) for _ in range(repeats))
    middle = times[len(times) // 2]
    ctx.log("{:16} median {:6.1f} ms, worst {:6.1f} ms".format(name, middle * 1000, times[-1] * 1000))
    if board.name == "host":
        # Beside the tests' other processes, with Linux's slices.
        median, worst = 10 * median, 10 * worst
    assert ctx.in_time(middle, median), "{}: median {:.0f} ms".format(name, middle * 1000)
    assert ctx.in_time(times[-1], worst), "{}: worst {:.0f} ms".format(name, times[-1] * 1000)


def prepared(board, threads=""):
    board.raw_repl()
    board.exec(PREPARE)
    board.exec(threads or "pass")


def nobody_else(board, running=()):
    """No other thread saw an exception, and those that loop still do."""
    before = eval(board.exec("print(counts)"))

    def all_went_on():
        after = eval(board.exec("print(counts)"))
        return all(after[i] != before[i] for i in running)

    assert patience.wait_until(all_went_on, 5), "a thread stands still"
    assert board.exec("print(seen, ended)") == "[] []\n"


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_alone(ctx):
    "Ctrl-C ends every kind of wait and loop of the main thread within 50 ms."
    with ctx.board() as board:
        prepared(board)
        for name, wait in WAITS.items():
            measure(ctx, board, name, wait)


@case(each=("gil", "nogil"), timeout=90, boards=BOTH)
def interrupt_beside_loops(ctx):
    "So it does beside four threads that loop, which go on and see nothing of it."
    with ctx.board() as board:
        prepared(board, "for i in range(4):\n  _thread.start_new_thread(guard, (forever, i))")
        for name, wait in WAITS.items():
            measure(ctx, board, name, wait)
        nobody_else(board, range(4))


# One per way in which a thread can wait: none of them may be woken by Ctrl-C.
SAME_WAITS = """
other = _thread.allocate_lock()
other.acquire()
def acquire(i):
    other.acquire()
    ended.append(i)
def join(i):
    heddle.join(sleeper)
    ended.append(i)
def sleep(i):
    time.sleep(100000)
    ended.append(i)
def sleeps(i):
    while True:
        time.sleep_ms(1)
        counts[i] += 1
def contend(i):
    while True:
        with held2:
            counts[i] += 1
            time.sleep_ms(1)
held2 = _thread.allocate_lock()
for i, f in enumerate((sleeps, contend, contend, acquire, join, sleep)):
    _thread.start_new_thread(guard, (f, i))
"""


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_beside_waits(ctx):
    "Threads that wait for what main waits for are not interrupted with it."
    with ctx.board() as board:
        prepared(board, SAME_WAITS)
        waits = {"acquire": "other.acquire()", "contend": "while True:\n  with held2: pass"}
        for name in ("join", "sleep", "loop", "acquire_timeout"):
            waits[name] = WAITS[name]
        for name, wait in waits.items():
            measure(ctx, board, name, wait)
        nobody_else(board, range(3))


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_long_call(ctx):
    "While another thread is in a long C call, Ctrl-C waits for that and no longer."
    with ctx.board() as board:
        # Each call holds the GIL for about 80 ms, more when the host is busy.
        prepared(
            board,
            "def long(i):\n"
            "  r = range(size)\n"
            "  while True:\n"
            "    t = time.ticks_us()\n"
            "    max(r)\n"
            "    spans[0] = max(spans[0], time.ticks_diff(time.ticks_us(), t))\n"
            "    counts[i] += 1\n"
            "t = time.ticks_us()\n"
            "max(range(10000))\n"
            "size = 10000 * 80000 // time.ticks_diff(time.ticks_us(), t)\n"
            "_thread.start_new_thread(guard, (long, 0))",
        )
        for name in ("loop", "sleep", "acquire", "input", "poll"):
            times = [delay(board, WAITS[name]) for _ in range(REPEATS)]
            call = int(board.exec("print(spans[0])")) / 1e6
            ctx.log("{}: {:.0f} ms at worst, one call {:.0f} ms".format(name, max(times) * 1000, call * 1000))
            # Two calls: a look at the GIL may come just after the first has given it up.
            assert ctx.in_time(max(times), 2 * call + 0.1), (name, times, call)
        board.exec("_thread.start_new_thread(forever, (1,))")
        nobody_else(board, (1,))


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_collections(ctx):
    "While three threads allocate and collect without end."
    with ctx.board() as board:
        prepared(
            board,
            "def collect(i):\n"
            "  while True:\n"
            "    x = [bytearray(64) for _ in range(50)]\n"
            "    gc.collect()\n"
            "    counts[i] += 1\n"
            "for i in range(3):\n"
            "  _thread.start_new_thread(guard, (collect, i))",
        )
        waits = {"collect": "while True: gc.collect()"}
        for name in ("loop", "sleep", "acquire", "join", "input"):
            waits[name] = WAITS[name]
        for name, wait in waits.items():
            measure(ctx, board, name, wait, median=0.1)
        nobody_else(board, range(3))


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_twice(ctx):
    "A second Ctrl-C counts as the first did, also in the handler of that, and two at once do no harm."
    with ctx.board() as board:
        prepared(board, "_thread.start_new_thread(guard, (forever, 0))")
        for name in ("loop", "sleep", "acquire", "join", "input", "poll"):
            wait = "\n  ".join(WAITS[name].split("\n"))
            inner = "\n    ".join(WAITS[name].split("\n"))
            board.exec_start(
                "try:\n  print('one')\n  {}\nexcept KeyboardInterrupt:\n"
                "  try:\n    print('two')\n    {}\n  except KeyboardInterrupt:\n"
                "    print('three')\n".format(wait, inner)
            )
            for word in ("one", "two"):
                board.read_until(word + "\r\n")
                time.sleep(0.02)
                board.interrupt()
            board.read_until("three\r\n")
            board.read_until(b"\x04\x04>")
        for _ in range(10):
            board.exec_start("print('ready')\ntime.sleep(1000)")
            board.read_until(b"ready\r\n")
            board.write(b"\x03\x03")
            board.read_until(b"KeyboardInterrupt")
            board.raw_repl()
            assert board.exec("print(7 * 6)") == "42\n"
        nobody_else(board, (0,))


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_lost(ctx):
    "Ctrl-C is not lost when other threads run callbacks, take turns and clear their own exceptions."
    with ctx.board() as board:
        prepared(
            board,
            "def f(i):\n"
            "  while True:\n"
            "    try:\n"
            "      raise ValueError\n"
            "    except ValueError:\n"
            "      counts[i] += 1\n"
            "    try:\n"
            "      micropython.schedule(nothing, 0)\n"
            "    except RuntimeError:\n"
            "      time.sleep_ms(1)\n"
            "def nothing(x):\n"
            "  pass\n"
            "t = machine.Timer(period=1, callback=nothing)\n"
            "for i in range(3):\n"
            "  _thread.start_new_thread(guard, (f, i))",
        )
        for name in ("loop", "sleep", "acquire", "join", "input", "poll", "short_sleeps"):
            measure(ctx, board, name, WAITS[name], median=0.1)
        nobody_else(board, range(3))


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_callback(ctx):
    "Ctrl-C ends a scheduled callback that waits; the main thread goes on from there."
    with ctx.board() as board:
        prepared(board, "_thread.start_new_thread(guard, (forever, 0))")
        for name in ("sleep", "acquire", "join", "loop"):
            board.exec_start(
                "def cb(x):\n  print('in')\n  {}\n"
                "micropython.schedule(cb, 0)\ntime.sleep_ms(20)\nprint('out')\n".format(WAITS[name])
            )
            board.read_until(b"in\r\n")
            time.sleep(0.02)
            began = time.monotonic()
            board.interrupt()
            board.read_until(b"KeyboardInterrupt")
            ctx.log("{}: {:.1f} ms".format(name, (time.monotonic() - began) * 1000))
            board.read_until(b"out\r\n\x04\x04>")
        nobody_else(board, (0,))


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def interrupt_kbd_off(ctx):
    "micropython.kbd_intr(-1) makes of Ctrl-C a character like others."
    with ctx.board() as board:
        prepared(board)
        board.exec_start(
            "micropython.kbd_intr(-1)\nprint('ready')\nprint(ord(sys.stdin.read(1)))\nmicropython.kbd_intr(3)"
        )
        board.read_until(b"ready\r\n")
        board.interrupt()
        assert board.exec_finish()[0] == "3\n"


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def callback_in_input(ctx):
    "Scheduled callbacks run, in the main thread, while it waits for a key; and the key is not lost."
    with ctx.board() as board:
        prepared(board, "_thread.start_new_thread(guard, (forever, 0))")
        for wait, answer in (("input()", "abc"), ("sys.stdin.readline()", "abc\\n"), ("poll.poll()[0][1]", "1")):
            board.exec_start(
                "def cb(x):\n  print('callback in', _thread.get_ident())\n"
                "def late():\n  time.sleep_ms(50)\n  micropython.schedule(cb, 0)\n"
                "_thread.start_new_thread(late, ())\n"
                "print('got', repr({}))\nif 'poll' in {!r}: print(sys.stdin.readline())".format(wait, wait)
            )
            board.read_until(b"callback in 1\r\n")
            board.write("abc\r" if wait == "input()" else "abc\n")
            output = board.exec_finish()[0]
            assert "got '{}'".format(answer) in output or "got " + answer in output, (wait, output)


KEY_ENDS = """
import asyncio, io
class Never(io.IOBase):
    def ioctl(self, request, flags):
        return 0
beside = select.poll()
beside.register(sys.stdin, select.POLLIN)
beside.register(Never(), select.POLLIN)
async def in_loop():
    return await asyncio.StreamReader(sys.stdin).read(1)
def other(wait):
    got = []
    ident = _thread.start_new_thread(lambda: got.append(wait()), (), stack_size=STACK)
    heddle.join(ident)
    return got[0]
def poll_alone():
    poll.poll()
    return sys.stdin.read(1)
def poll_beside():
    beside.poll()
    return sys.stdin.read(1)
def select_alone():
    select.select([sys.stdin], [], [])
    return sys.stdin.read(1)
def loop():
    return asyncio.run(in_loop())
def read():
    return sys.stdin.read(1)
"""


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def key_ends_wait(ctx):
    "A key ends every wait for one, in the main thread and in another, alone and beside other streams."
    stack = 8192 if ctx.board_name != "host" else 262144
    with ctx.board() as board:
        prepared(board, KEY_ENDS.replace("STACK", str(stack)))
        for wait in ("poll_alone", "poll_beside", "select_alone", "loop", "read"):
            for code in (wait + "()", "other({})".format(wait)):
                board.exec_start("print('waits')\nprint('got', {})".format(code))
                board.read_until(b"waits\r\n")
                board.read_for(0.03)
                board.write("k")
                output = board.exec_finish(10)[0]
                assert output == "got k\n", (code, output)


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def lines_in_turn(ctx):
    "Two threads that want a line get one each, whole; a callback that wants one while its thread reads is told."
    with ctx.board() as board:
        prepared(board)
        board.exec_start(
            "import heddle\ngot = [None] * 3\nidents = ident = None\n"
            "def read(i):\n  got[i] = input()\n"
            "def late():\n  time.sleep_ms(50)\n  micropython.schedule(read, 2)\n"
            "idents = [_thread.start_new_thread(read, (i,)) for i in (0, 1)]\n"
            "time.sleep_ms(50)\nprint('ready')\n"
            "for ident in idents:\n  heddle.join(ident)\n"
            "print(sorted(got[:2]))\n"
            "_thread.start_new_thread(late, ())\nprint(input())"
        )
        board.read_until(b"ready\r\n", 5)
        for key in "first\rsecond\r":
            board.write(key)
            time.sleep(0.01)
        board.read_until(b"['first', 'second']\r\n", 5)
        board.read_until(b"RuntimeError: a line is being read\r\n", 5)
        board.write("third\r")
        assert board.exec_finish(5)[0].endswith("third\n")
