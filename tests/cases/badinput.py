# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What the console and the status say when a script goes wrong; tests/python/bad_input.py has what raises."""

import os
import re
import signal
import subprocess
import time

from harness import BOTH, bare_environment, case, make_variables


def script(ctx, text, **options):
    """Run a script through memory: (status, output, seconds)."""
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write(text)
    began = time.monotonic()
    status, output = ctx.run_script(path, **options)
    ctx.log("--- {}\n{}--> {}".format(text, output, status))
    return status, output, time.monotonic() - began


# Without a GIL a dict must not grow while other threads read it: room for all names to come.
LOOPS = """
import _thread, time
for i in range(100):
    globals()['_%d' % i] = 0
for i in range(100):
    del globals()['_%d' % i]
def spin():
    while True:
        pass
def stubborn():
    while True:
        try:
            time.sleep(1)
        except:
            pass
lock = _thread.allocate_lock()
lock.acquire()
for f, args in ((spin, ()), (spin, ()), (stubborn, ()), (time.sleep, (1000,)), (lock.acquire, ())):
    _thread.start_new_thread(f, args)
time.sleep_ms(10)
"""

STATUSES = (
    ("print('fine')", 0, "fine\n"),
    ("def f(:\n  pass\n", 1, "SyntaxError: invalid syntax\n"),
    ("print('x\n", 1, "SyntaxError: invalid syntax\n"),
    ("if True:\nprint(1)\n", 1, "IndentationError: unexpected indent\n|SyntaxError: invalid syntax\n"),
    ("1/0", 1, 'Traceback (most recent call last):\n  File "script.py", line 1, in <module>\nZeroDivisionError'),
    ("x = []\nwhile True:\n  x.append(bytearray(1000))\n", 1, "MemoryError: memory allocation failed"),
    ("x = bytearray(1 << 28)\n", 1, "MemoryError: memory allocation failed, allocating 268435456 bytes"),
    ("def f():\n  f()\nf()\n", 1, "RuntimeError: maximum recursion depth exceeded"),
    ("import sys\nsys.exit(3)", 3, ""),
    ("import sys\nsys.exit()", 0, ""),
    ("import sys\nsys.exit('a reason')", 1, "a reason\n"),
    ("raise SystemExit(7)", 7, ""),
    ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
    ("import nothing_of_that_name", 1, "ImportError: no module named 'nothing_of_that_name'\n"),
    ("import machine\nmachine.disable_irq()\nprint('masked')\n", 0, "masked\n"),
    ("import machine\nmachine.disable_irq()\n1/0\n", 1, "ZeroDivisionError"),
    ("import micropython\nmicropython.heap_lock()\n", 0, ""),
    ("", 0, ""),
)


@case(each=("gil", "nogil"), timeout=120, boards=BOTH)
def script_status(ctx):
    "The status of a script and what it says, alone and while five threads go on for ever."
    for text, status, said in STATUSES:
        for threads in ("", LOOPS):
            if threads and "SyntaxError" in said:
                continue
            found, output, seconds = script(ctx, threads + text + "\n", timeout=20)
            assert found == status, (text, found, output)
            wanted = said.replace("line 1,", "line {},".format(1 + threads.count("\n")))
            assert any(word in output for word in wanted.split("|")), (text, output)
            assert said or not output, (text, output)
            assert ctx.in_time(seconds, 15), (text, seconds)


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def script_endless(ctx):
    "A script that never ends is ended by Ctrl-C, with status 130, whatever else runs."
    for end in ("while True:\n  pass", "time.sleep(100000)", "lock.acquire()", "input()"):
        for threads in ("import _thread, time\nlock = _thread.allocate_lock()\nlock.acquire()\n", LOOPS):
            text = threads + "print('ready')\n" + end
            status, output, seconds = script(ctx, text, keys=b"\x03", keys_after=b"ready\r\n", timeout=20)
            assert status == 130 and "KeyboardInterrupt" in output, (end, status, output)


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def script_masked_threads(ctx):
    "A script that ends with interrupts disabled ends its threads too, and a prompt has them enabled again."
    status, output, seconds = script(ctx, LOOPS + "import machine\nmachine.disable_irq()\n", timeout=20)
    assert status == 0 and output == "", (status, output)
    with ctx.board() as board:
        board.raw_repl()
        board.exec("import machine\nmachine.disable_irq()")
        assert board.exec("print(1)") == "1\n", "the prompt answers"
        board.soft_reset()
        assert board.exec("import time\ntime.sleep_ms(10)\nprint(2)") == "2\n"


@case(each=("gil", "nogil"), timeout=60)
def script_make_run(ctx):
    "make run hands on a script's success and failure."
    if "nogil" == ctx.variant:
        ctx.log("GIL=0")
    folder = ctx.scratch()
    for text, good in (("print('fine')", True), ("def f(:", False), ("import sys\nsys.exit(3)", False)):
        path = os.path.join(folder, "script.py")
        with open(path, "w") as f:
            f.write(text + "\n")
        words = make_variables(ctx.variant, ctx.variables, {"SCRIPT": path})
        failed = None
        try:
            output = ctx.run("make", "run", *words, cwd=ctx.root, env=bare_environment())
        except Exception as er:
            failed = str(er)
        assert (failed is None) == good, (text, failed)
        if good:
            assert re.search(r"^MicroPython v1\S+ on FreeRTOS V\S+, mps2-an385 \(QEMU\)$", output, re.M), output
            assert "\nfine" in output


def heddle(ctx, *words, cwd=None, **options):
    """Run the command line in another directory: (status, stdout, stderr)."""
    options.setdefault("stdin", subprocess.DEVNULL)
    run = subprocess.run(
        [os.path.join(ctx.root, "heddle"), *words],
        cwd=cwd or ctx.scratch(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=50,
        **options
    )
    ctx.log(words, run)
    return run.returncode, run.stdout, run.stderr


def image_words(ctx):
    """What makes the command line take the image that this case has."""
    wanted = ("BOARD", "KERNEL", "THREADS", "GIL", "HEAP", "MICROPYTHON_DIR", "FREERTOS_DIR", "TESTING", "TRACE")
    wanted += ("COPT",)
    words = make_variables(ctx.variant, dict(ctx.variables, BOARD=ctx.board_name), {})
    return [word for word in words if word.split("=")[0] in wanted]


@case(each=("gil", "nogil"), timeout=120, boards=BOTH)
def heddle_run(ctx):
    "./heddle run: a script of any name, from any directory; its status, its output and its input are the command's."
    folder = os.path.join(ctx.scratch(), "a folder, it's $HOME")
    os.makedirs(folder, exist_ok=True)
    name = "my script's #1 $x.py"
    words = image_words(ctx)
    for text, status, said in (
        ("print('fine')", 0, "fine\n"),
        ("import sys\nprint('a')\nsys.exit(7)", 7, "a\n"),
        ("import sys\nsys.exit(2)", 2, ""),
        ("1/0", 1, "ZeroDivisionError: divide by zero\n"),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt: \n"),
    ):
        with open(os.path.join(folder, name), "w") as f:
            f.write(text + "\n")
        found, output, errors = heddle(ctx, "run", name, *words, cwd=folder)
        assert found == status and not errors, (text, found, errors)
        banner, _, output = output.partition("\n")
        assert re.match(r"MicroPython v1\S+ on ", banner) and output.endswith(said), output
    assert heddle(ctx, "run", os.path.join(folder, name), *words, cwd="/")[0] == 130
    run = ["make", "run", *words, "SCRIPT=" + os.path.join(folder, name)]
    assert "KeyboardInterrupt" in ctx.run(*run, cwd=ctx.root, env=bare_environment(), check=False)


@case(each=("gil",), timeout=60, boards=BOTH)
def heddle_interrupt(ctx):
    "Ctrl-C, as SIGINT, reaches the script that ./heddle runs; the command ends with what started it."
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write("try:\n  print('go')\n  while True: pass\nexcept KeyboardInterrupt:\n  raise SystemExit(9)\n")
    for number, status in ((signal.SIGINT, 9), (signal.SIGTERM, 143)):
        line = [os.path.join(ctx.root, "heddle"), "run", path, *image_words(ctx)]
        run = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert run.stdout.readline().startswith(b"MicroPython") and run.stdout.readline() == b"go\n"
        run.send_signal(number)
        run.communicate()
        assert run.returncode == status, (number, run.returncode)


@case(images=("gil",), timeout=60)
def heddle_mistakes(ctx):
    "./heddle says in one line what is wrong and what to say instead, with status 2, and starts nothing."
    folder = ctx.scratch()
    with open(os.path.join(folder, "x.py"), "w") as f:
        f.write("print('started')\n")
    for words, said in (
        (["walk"], "walk: no such command; there are: run top trace repl serial"),
        (["run"], "run takes one script, not none; say: heddle run FILE.py"),
        (["top"], "top takes one script, not none; say: heddle top FILE.py"),
        (["run", "nowhere.py"], "nowhere.py: no such file; say: heddle run FILE.py"),
        (["run", folder], "no such file; say: heddle run FILE.py"),
        (["run", "x.py", "x.py"], "run takes one script, not 2; say: heddle run FILE.py"),
        (["repl", "x.py"], "x.py: repl takes nothing but NAME=value"),
        (["serial", "x.py"], "x.py: serial takes nothing but NAME=value"),
        (["run", "x.py", "--gil=0"], "--gil=0: no such option; say NAME=value, with: BOARD"),
        (["run", "x.py", "COLOUR=red"], "COLOUR=red: no such name; there are: BOARD"),
        (["run", "x.py", "SCRIPT=x.py"], "SCRIPT=x.py: no such name; there are: BOARD"),
        (["run", "x.py", "BOARD=foo"], "BOARD=foo: no such board; there are: "),
        (["run", "x.py", "KERNEL=linux"], "KERNEL=linux: no such kernel for BOARD="),
        (["run", "x.py", "GIL=2"], "GIL=2: say GIL=0 or GIL=1"),
        (["run", "x.py", "THREADS=yes"], "THREADS=yes: say THREADS=0 or THREADS=1"),
        (["run", "x.py", "HEAP=1000"], "HEAP=1000: say a number of bytes from 32768"),
        (["run", "x.py", "ICOUNT=on"], "ICOUNT=on: say ICOUNT=1, or leave it out"),
        (["trace", "x.py", "TRACE_KB=-1"], "TRACE_KB=-1: say a number of kilobytes from 1 to 262144"),
        (["run", "x.py", "FROZEN_MANIFEST=nope.py"], "FROZEN_MANIFEST=" + folder + "/nope.py: no such file"),
        (["run", "x.py", "BLE=2"], "BLE=2: say BLE=0 or BLE=1"),
        (["run", "x.py", "BLE=1", "THREADS=0"], "BLE=1: the Bluetooth host is a thread; leave out THREADS=0"),
        (["run", "x.py", "BLE=1", "BOARD=pico"], "BLE=1: BOARD=pico has no way to a Bluetooth controller; there are: "),
        (["repl", "BOARD=host", "SANITIZE=x"], "SANITIZE=x: no such choice; there are: address"),
        (["serial", "MICROPYTHON_DIR=x"], "MICROPYTHON_DIR=" + folder + "/x: no MicroPython there"),
    ):
        status, output, errors = heddle(ctx, *words)
        assert status == 2 and not output and errors.count("\n") == 1, (words, status, output, errors)
        assert errors.startswith("heddle: ") and said in errors, (words, errors)
    status, output, errors = heddle(ctx)
    assert status == 2 and not output and "usage: heddle run FILE.py" in errors
    for word in ("help", "-h", "--help"):
        status, output, errors = heddle(ctx, word)
        assert status == 0 and "usage: heddle run FILE.py" in output and not errors
    # A build that fails is no script's status.
    with open(os.path.join(folder, "arm-none-eabi-gcc"), "w") as f:
        f.write("#!/bin/sh\nexit 1\n")
    os.chmod(f.name, 0o755)
    environment = dict(os.environ, PATH=folder + ":" + os.environ["PATH"])
    status, output, errors = heddle(ctx, "run", "x.py", "HEAP=65432", env=environment)
    assert status == 2 and not output and "build: failed; all its output is in " in errors, (status, output, errors)


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def thread_exceptions(ctx):
    "An exception that nobody catches: upstream's words, with the thread's name only where it was given."
    status, output, _ = script(
        ctx,
        "import _thread, heddle, sys\n"
        "def f(x):\n"
        "    raise ValueError(x)\n"
        "def g():\n"
        "    sys.exit(5)\n"
        "class C(BaseException):\n"
        "    pass\n"
        "def h():\n"
        "    raise C\n"
        "def start(*args, **kw):\n"
        "    heddle.join(_thread.start_new_thread(*args, **kw))\n"
        "start(f, ('plain',))\n"
        "start(f, ('named',), name='worker')\n"
        "start(f, ('no name',), name=None)\n"
        "start(g, ())\n"
        "start(_thread.exit, ())\n"
        "start(h, ())\n"
        "start(int, ('x',))\n"
        "start(f, ())\n"
        "print('end')\n",
    )
    lines = re.sub(r"0x[0-9a-f]+", "ADDRESS", output)
    trace = '\nTraceback (most recent call last):\n  File "script.py", line 3, in f\nValueError: {}\n'
    for name, where in (("plain", ""), ("named", "'worker' "), ("no name", "")):
        said = "Unhandled exception in thread {}started by <function f at ADDRESS>".format(where)
        assert said + trace.format(name) in lines, (said, output)
    assert 'started by <function h at ADDRESS>\nTraceback (most recent call last):\n  File "script.py", line 9' in lines
    assert "started by <class 'int'>\nValueError: invalid syntax" in lines, output
    assert "TypeError: function takes 1 positional arguments but 0 were given" in lines
    assert lines.count("Unhandled") == 6 and lines.endswith("end\n") and status == 0, output


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def callback_exceptions(ctx):
    "In a timer, a scheduled callback and a finaliser exceptions are printed, and everything goes on."
    status, output, _ = script(
        ctx,
        "import gc, machine, micropython, os, time, _thread, heddle\n"
        "def tick(t):\n"
        "    raise ValueError('timer')\n"
        "def callback(x):\n"
        "    raise ValueError('callback')\n"
        "t = machine.Timer(period=5, mode=machine.Timer.ONE_SHOT, callback=tick)\n"
        "time.sleep_ms(30)\n"
        "micropython.schedule(callback, 0)\n"
        "time.sleep_ms(1)\n"
        "class Device:\n"
        "    bad = False\n"
        "    def __init__(self):\n"
        "        self.data = bytearray(512 * 64)\n"
        "    def readblocks(self, n, buf, off=0):\n"
        "        buf[:] = self.data[n * 512 + off : n * 512 + off + len(buf)]\n"
        "    def writeblocks(self, n, buf, off=0):\n"
        "        if self.bad:\n"
        "            raise OSError(5)\n"
        "        self.data[n * 512 + off : n * 512 + off + len(buf)] = buf\n"
        "    def ioctl(self, op, arg):\n"
        "        return {4: 64, 5: 512, 6: 0}.get(op)\n"
        "device = Device()\n"
        "os.VfsLfs2.mkfs(device)\n"
        "os.mount(device, '/dev')\n"
        "def lose():\n"
        "    f = open('/dev/file', 'w')\n"
        "    f.write('x' * 2000)\n"
        "device.bad = True\n"
        "try:\n"
        "    lose()\n"
        "except OSError:\n"
        "    print('while writing')\n"
        "x = [bytearray(50) for _ in range(100)]\n"
        "for _ in range(3):\n"
        "    gc.collect()\n"
        "def other():\n"
        "    with open('/file', 'w') as f:\n"
        "        f.write('other')\n"
        "    print(open('/file').read())\n"
        "print(heddle.join(_thread.start_new_thread(other, ()), 5))\n"
        "print('end')\n",
        timeout=20,
    )
    assert "ValueError: timer" in output and "ValueError: callback" in output
    assert "OSError" in output or "while writing" in output
    assert output.endswith("other\nTrue\nend\n") and status == 0, output


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def script_memory_threads(ctx):
    "When memory is full, threads get MemoryError and the main thread goes on."
    status, output, _ = script(
        ctx,
        "import _thread, gc, heddle\n"
        "full = [0, 0]\n"
        "guard = _thread.allocate_lock()\n"
        "gate = _thread.allocate_lock()\n"
        "def fill(size):\n"
        "    with gate:\n        pass\n"  # until all are there
        "    mine = ()\n"  # nothing may be allocated outside of the try
        "    try:\n"
        "        mine = []\n"
        "        while True:\n"
        "            mine.append(bytearray(size))\n"
        "    except MemoryError:\n"
        "        with guard:\n"
        "            full[0] += 1\n"
        "            full[1] += len(mine)\n"
        "free = gc.mem_free()\n"
        "idents = ident = None\n"  # without a GIL no new globals beside threads
        "for _ in range(5):\n"
        "    gate.acquire()\n"
        "    idents = [_thread.start_new_thread(fill, (1000 + 500 * i,)) for i in range(5)]\n"
        "    gate.release()\n"
        "    for ident in idents:\n"
        "        heddle.join(ident)\n"
        "gc.collect()\n"
        "print(full[0], full[1] > 100)\nprint(free - gc.mem_free())\n",
        timeout=30,
    )
    assert status == 0 and output.startswith("25 True\n"), (status, output)
    # The collector is conservative: a stale word may keep what one thread had.
    assert int(output.split("\n")[1]) < 500000, output
