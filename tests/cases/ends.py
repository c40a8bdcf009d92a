# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Every way to end, in every place: the table of docs/guide.md, and machine.soft_reset() from anywhere."""

import re
import time

from cases.badinput import script
from cases.interrupt import PREPARE, WAITS
from harness import BOTH, case

ENDS = {
    "exit": "sys.exit()",
    "exit(7)": "sys.exit(7)",
    "SystemExit(8)": "raise SystemExit(8)",
    "_thread.exit": "_thread.exit()",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "ValueError": "raise ValueError('no')",
    "MemoryError": "bytearray(1 << 28)",
    "soft_reset": "machine.soft_reset()",
    "reset": "machine.reset()",
}
EXITS = ("exit", "exit(7)", "SystemExit(8)", "_thread.exit")
ERRORS = ("KeyboardInterrupt", "ValueError", "MemoryError")
RESETS = ("soft_reset", "reset")

BEGIN = """
import _thread, asyncio, gc, heddle, machine, micropython, os, sys, time
micropython.alloc_emergency_exception_buf(200)
if machine.reset_cause() == machine.HARD_RESET:
    print('again')
    sys.exit(9)
class Device:
    data = bytearray(256 * 32)
    finalises = False
    def readblocks(self, n, buf, offset=0):
        start = n * 256 + offset
        for i in range(len(buf)):
            buf[i] = self.data[start + i]
    def writeblocks(self, n, buf, offset=0):
        start = n * 256 + offset
        for i in range(len(buf)):
            self.data[start + i] = buf[i]
        if self.finalises:
            self.finalises = False
            end()
    def ioctl(self, op, arg):
        return 32 if op == 4 else 256 if op == 5 else 0 if op == 6 else None
device = Device()
# A file system that an exception leaves is of no more use.
def drop():
    os.VfsLfs2.mkfs(device)
    os.VfsLfs2(device, readsize=64, progsize=64).open('f', 'w').write('never closed')
def in_callback(_):
    ran[0] = True
    end()
ran = [False]
def callback_ran():
    while not ran[0]:
        time.sleep_ms(1)
    ran[0] = False
async def task():
    end()
async def tasks():
    asyncio.create_task(task())
    for _ in range(2):  # a task that failed is looked at in its turn, which may come late
        await asyncio.sleep_ms(20)
with open('ends.py', 'w') as f:
    f.write('import __main__\\n__main__.end()\\n')
sys.path.insert(0, '/')
sys.modules['__main__'] = type('Main', (), {})
"""

# Where end() is called. The first are the main thread's program; after the others it goes on.
PROGRAM = {
    "main": "end()\n",
    "finally": "try:\n    end()\nfinally:\n    print('finally')\n",
    "import": "sys.modules['__main__'].end = end\nimport ends\n",
    "asyncio.run": "asyncio.run(task())\n",
}
ELSEWHERE = {
    "thread": "heddle.join(_thread.start_new_thread(end, ()))\n",
    "callback": "micropython.schedule(in_callback, 0)\ncallback_ran()\n",
    "Timer": "machine.Timer(mode=machine.Timer.ONE_SHOT, period=1, callback=in_callback)\ncallback_ran()\n",
    "finaliser": "drop()\n[0] * 20\ndevice.finalises = True\ngc.collect()\nassert not device.finalises\n",
    "interrupt": "heddle_test.isr_start(in_callback, 0, 1, 0)\nassert ran[0]\n",
}
TRACE = r"Traceback \(most recent call last\):\n(  File .*\n)+"
# What each of the second kind prints of what nobody catches; a thread's exits say nothing.
HEADERS = {
    "thread": r"Unhandled exception in thread started by .*\n",
    "callback": "",
    "Timer": "",
    "finaliser": "",
    "interrupt": r"Unhandled exception in an interrupt:\n",
}
NAMES = {
    "exit": "SystemExit",
    "exit(7)": "SystemExit",
    "SystemExit(8)": "SystemExit",
    "_thread.exit": "SystemExit",
    "KeyboardInterrupt": "KeyboardInterrupt",
    "ValueError": "ValueError",
    "MemoryError": "MemoryError",
}


def define(end):
    return "def end():\n    {}\n".format(ENDS[end])


@case(each=("gil", "nogil"), timeout=120, boards=BOTH)
def ends_program(ctx):
    "Each way to end in the main thread's program: status and output."
    statuses = {"exit": 0, "exit(7)": 7, "SystemExit(8)": 8, "_thread.exit": 0, "soft_reset": 0, "reset": 9}
    statuses.update({"KeyboardInterrupt": 130, "ValueError": 1, "MemoryError": 1})
    for place, call in PROGRAM.items():
        for end in ENDS:
            status, output, _ = script(ctx, BEGIN + define(end) + call + "print('went on')\n", timeout=20)
            wanted = "finally\n" if place == "finally" and end != "reset" else ""
            if end == "reset":
                wanted = "again\n"
            elif end in ERRORS:
                wanted += TRACE + NAMES[end] + ".*\n"
            assert status == statuses[end], (place, end, status)
            assert re.fullmatch(wanted, output), (place, end, output)


def elsewhere(ctx):
    on_board = ctx.board_name != "host"
    return {place: call for place, call in ELSEWHERE.items() if on_board or place != "interrupt"}


@case(each=("gil-testing", "nogil-testing"), timeout=120, boards=BOTH)
def ends_elsewhere(ctx):
    "Each way to end in a thread, a callback, a finaliser and an interrupt: the program goes on, and what is said."
    for place, call in elsewhere(ctx).items():
        text, wanted = BEGIN + "import heddle_test\n", ""
        for end in EXITS + ERRORS:
            text += define(end) + call + "print('after', {!r})\nran[0] = False\n".format(end)
            if place != "thread" or end in ERRORS:
                wanted += HEADERS[place] + TRACE + NAMES[end] + ".*\n"
            wanted += "after " + re.escape(end) + "\n"
        status, output, _ = script(ctx, text, timeout=20)
        assert status == 0, (place, status, output)
        assert re.fullmatch(wanted, output), (place, output)


@case(each=("gil-testing", "nogil-testing"), timeout=120, boards=BOTH)
def ends_by_reset(ctx):
    "machine.soft_reset() and machine.reset() there: the program is over, and nothing is said."
    for place, call in elsewhere(ctx).items():
        for end in RESETS:
            text = BEGIN + "import heddle_test\n" + define(end) + call + "time.sleep(100)\nprint('went on')\n"
            status, output, _ = script(ctx, text, timeout=20)
            wanted = (0, "") if end == "soft_reset" else (9, "again\n")
            assert (status, output) == wanted, (place, end, status, output)


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def ends_in_task(ctx):
    "A task of asyncio that fails says so and the others go on; one that exits ends the program."
    for end in ENDS:
        status, output, _ = script(ctx, BEGIN + define(end) + "asyncio.run(tasks())\nprint('went on')\n", timeout=20)
        if end in ("ValueError", "MemoryError"):
            assert status == 0 and output.endswith("went on\n") and NAMES[end] in output, (end, status, output)
            assert output.startswith("Task exception wasn't retrieved\n"), output
        else:
            assert "went on" not in output, (end, output)
            statuses = {"exit(7)": 7, "SystemExit(8)": 8, "KeyboardInterrupt": 130, "reset": 9}
            assert status == statuses.get(end, 0), (end, status)


@case(each=("gil", "nogil"), timeout=30, boards=BOTH)
def ends_printing(ctx):
    "A status whose text cannot be had is a failure, and no crash."
    for raised in ("ValueError", "SystemExit(5)", "KeyboardInterrupt"):
        text = "import sys\nclass A:\n    def __str__(self):\n        raise {}\nsys.exit(A())\n".format(raised)
        status, output, _ = script(ctx, text, timeout=10)
        assert (status, output) == (1, ""), (raised, status, output)


DOGS = {
    "thread": "def dog():\n  time.sleep_ms(20)\n  machine.soft_reset()\n_thread.start_new_thread(dog, ())\n",
    "Timer": "machine.Timer(mode=machine.Timer.ONE_SHOT, period=20, callback=lambda t: machine.soft_reset())\n",
}
MORE_WAITS = {
    "callback": "def f(_):\n  while True: pass\nmicropython.schedule(f, 0)\ntime.sleep(100)",
    "callback sleeps": "def f(_):\n  time.sleep(100)\nmicropython.schedule(f, 0)\ntime.sleep(100)",
    "callbacks": "def f(_):\n  micropython.schedule(f, 0)\n  time.sleep_ms(5)\nf(0)\nwhile True: pass",
    "catches once": "try:\n  time.sleep(100)\nexcept:\n  pass\ntime.sleep(100)",
    "finally": "try:\n  time.sleep(100)\nfinally:\n  print('fina' + 'lly')",
}


def back(board, name):
    """The reset comes, and the raw prompt after it."""
    board.read_until(b"soft reboot\r\n", 10)
    board.read_until(b"raw REPL; CTRL-B to exit\r\n>", 5)
    assert b"Traceback" not in board.said, name
    assert board.exec("print(7 * 6, {!r} in globals())".format("dog")) == "42 False\n"


@case(each=("gil", "nogil"), timeout=120, boards=BOTH)
def reset_from_elsewhere(ctx):
    "machine.soft_reset() in a thread or a callback ends whatever the main thread does."
    waits = dict(WAITS, **MORE_WAITS)
    for name in ("flood", "acquire_timeout", "join_timeout", "poll_timeout", "sleep_us"):
        del waits[name]
    with ctx.board() as board:
        board.raw_repl()
        for dog, start in DOGS.items():
            for name, wait in waits.items():
                if dog == "Timer" and name.startswith("callback"):
                    continue  # callbacks do not nest
                board.exec(PREPARE)
                board.said.clear()
                board.seen = 0
                board.exec_start(start + wait + "\nprint('went on')\n")
                if name == "finally":
                    board.read_until(b"finally\r\n", 10)
                back(board, (dog, name))


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def reset_at_prompt(ctx):
    "So it does at each prompt, in the middle of a line, of pasted text and of raw-paste mode."
    with ctx.board() as board:
        for dog, start in DOGS.items():
            for keys, answer in ((b"", b""), (b"abc", b"abc"), (b"if 1:\r", b"... "), (b"\x05x = 1", b"=== ")):
                board.raw_repl()
                board.exec("import _thread, machine, time\n" + start.replace("20", "300"))
                board.write(b"\x02")
                board.read_until(b">>> ")
                board.write(keys)
                board.read_until(answer)
                board.read_until(b"\r\nMPY: soft reboot\r\n", 10)
                board.read_until(b">>> ", 5)
            board.raw_repl()
            board.exec("import _thread, machine, time\n" + start)
            back(board, dog)
            board.exec("import _thread, machine, time\n" + start.replace("20", "300"))
            board.write(b"\x05A\x01")
            board.read_until(b"R\x01")
            board.write(b"x = 1\n")
            back(board, dog)


BOOT = """
import _thread, machine, time
def dog():
    time.sleep_ms(20)
    machine.soft_reset()
machine.mem32[0x21000190] += 1
n = machine.mem32[0x21000190]
print('{}', n)
if n < 3:
    _thread.start_new_thread(dog, ())
    time.sleep(100)
"""


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def reset_in_boot_files(ctx):
    "And in boot.py and main.py, which run again after it."
    for name in ("boot.py", "main.py"):
        with ctx.board() as board:
            board.raw_repl()
            board.exec("import machine\nmachine.mem32[0x21000190] = 0\n")
            board.put("/" + name, BOOT.format(name).encode())
            board.write(b"\x02")
            board.read_until(b">>> ")
            board.write(b"\x04")
            for n in (1, 2, 3):
                board.read_until("{} {}\r\n".format(name, n).encode(), 10)
            board.read_until(b">>> ", 5)


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def reset_stubborn(ctx):
    "A main thread that catches everything is asked for five seconds, then the board is reset."
    with ctx.board() as board:
        board.raw_repl()
        board.exec_start(
            "import _thread, machine, time\n" + DOGS["thread"]
            + "while True:\n  try:\n    time.sleep(100)\n  except:\n    print('no')\n"
        )
        began = time.monotonic()
        board.read_until(b"the main thread does not end, resetting the board\r\n", 30)
        assert board.said.count(b"no\r\n") >= 5, board.said
        assert time.monotonic() - began > 4
        board.read_until(b">>> ", 10)
