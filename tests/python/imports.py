# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil gil-icount
# timeout: 15
# Threads that import the same modules at the same time, each kind of module and of end. CPython runs this script too
# (the case imports-cpython) and prints the same.

import _thread
import os
import sys
import time

GATE = """
import _thread
def shut():
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock
inside, opened, done, runs, half, got = shut(), shut(), shut(), [0], [0], None
# The first run of a module's body says so, and waits for the main thread.
def wait():
    runs[0] += 1
    if runs[0] == 1:
        inside.release()
        opened.acquire()
    return runs[0]
# All of several bodies are under way from here on.
arrived, many = [0], _thread.allocate_lock()
def meet(number):
    with many:
        arrived[0] += 1
    while arrived[0] < number:
        time.sleep(0.001)
import time
"""

WAIT = "import gate\nn = gate.wait()\n"
MEET = "import gate\ngate.meet(%d)\nimport %s as other\ngate.half[0] += not hasattr(other, 'x')\nx = 1\n"
STARTS = """
import _thread, gate
def work():
    import %s as m
    gate.got = m.x
    gate.done.release()
_thread.start_new_thread(work, ())
gate.done.acquire()
x = gate.got
"""

A, B, C = ["import m%s as m; x = m.x" % name for name in "abc"]
D = "import mb, ma; x = ma.x"
P, S, T = "import pa; x = pa.x", "import pa.s; x = pa.s.x", "import pa.s.t; x = pa.s.t.x"

# What it is, files, what the threads run (`x` is their answer), how many of each.
TABLE = (
    ("whole", {"ma": WAIT + "x = 1\n"}, ["import ma; x = ma.x"], 2),
    ("many", {"ma": WAIT + "x = 1\n"}, ["import ma; x = ma.x"], 8),
    ("__import__", {"ma": WAIT + "x = 1\n"}, ["x = __import__('ma').x"], 2),
    ("names", {"ma": WAIT + "x = 1\n"}, ["from ma import x", "from ma import x as y; x = y"], 1),
    ("star", {"ma": WAIT + "x = 1\n"}, ["from ma import *"], 2),
    ("sleeps", {"ma": WAIT + "import time\ntime.sleep(0.06)\nx = 1\n"}, ["import ma; x = ma.x"], 2),
    ("not there", {"mb": WAIT}, ["import mb, no_such_thing; x = 1"], 2),
    ("through another", {"ma": WAIT + "x = 1\n", "mb": "import ma\nx = ma.x\n"}, [A, B], 2),
    ("package", {"pa/__init__": WAIT + "x = 1\n", "pa/s": "x = 2\n"}, [P, S], 2),
    ("middle", {"pa/__init__": "", "pa/s/__init__": WAIT + "x = 1\n", "pa/s/t": "x = 2\n"}, [S, T], 2),
    ("leaf", {"pa/__init__": "", "pa/s/__init__": "", "pa/s/t": WAIT + "x = 1\n"}, [T, "from pa.s.t import x"], 2),
    ("from package", {"pa/__init__": "", "pa/s": WAIT + "x = 1\n"}, ["from pa import s; x = s.x"], 2),
    ("relative", {"pa/__init__": "from .s import x\n", "pa/s": WAIT + "x = 1\n"}, [P], 3),
    ("relative module", {"pa/__init__": "from . import s as m\nx = m.x\n", "pa/s": WAIT + "x = 1\n"}, [P], 2),
    ("own package", {"pa/__init__": "import pa.s\nx = pa.s.x\n", "pa/s": WAIT + "x = 1\n"}, [P, S], 1),
    ("circle", {"ma": "import mb\nx = mb.x\n" + WAIT, "mb": "import ma\nx = not hasattr(ma, 'x')\n"}, [A], 2),
    ("two threads' circle", {"ma": MEET % (2, "mb"), "mb": MEET % (2, "ma")}, [A, B], 1),
    ("three's", {"ma": MEET % (3, "mb"), "mb": MEET % (3, "mc"), "mc": MEET % (3, "ma")}, [A, B, C], 1),
    ("two circles", {"ma": MEET % (2, "mb"), "mb": MEET % (2, "ma")}, ["import ma, mb; x = mb.x", D], 2),
    ("starts a thread", {"ma": STARTS % "mb", "mb": WAIT + "x = 1\n"}, [A], 2),
    ("and beside it", {"ma": STARTS % "mc", "mb": "import mc\nx = mc.x\n", "mc": WAIT + "x = 1\n"}, [A, B], 1),
    ("removed", {"ma": WAIT + "x = 1\n", "mb": "import sys, ma\ndel sys.modules['ma']\nx = ma.x\n"}, [B], 2),
)

# Modules that fail. CPython 3.11 gives the failed one to a thread that came late.
FAILS = (
    ("raises", {"ma": WAIT + "raise ValueError(1)\n"}, [A], 3),
    ("raises once", {"ma": WAIT + "if n == 1: raise ValueError\nx = 1\n"}, [A], 3),
    ("MemoryError once", {"ma": WAIT + "if n == 1: raise MemoryError\nx = 1\n"}, [A], 2),
    ("SystemExit once", {"ma": WAIT + "if n == 1: raise SystemExit\nx = 1\n"}, [A], 2),
    ("KeyboardInterrupt", {"ma": WAIT + "raise KeyboardInterrupt\n"}, [A], 2),
    ("imports nothing", {"ma": WAIT + "import no_such_thing\n"}, [A], 2),
    ("syntax", {"ma": WAIT + "exec('1 +')\n"}, [A], 2),
    ("through another", {"ma": WAIT + "x = 1 / 0\n", "mb": "import ma\nx = 1\n"}, [B], 2),
    ("leaf raises", {"pa/__init__": "", "pa/s": WAIT + "raise OSError\n"}, [S], 2),
    ("package raises", {"pa/__init__": WAIT + "raise OSError\n", "pa/s": ""}, [S], 2),
    ("removed and raises", {"ma": WAIT + "import sys\ndel sys.modules['ma']\n1 / 0\n"}, [A], 2),
)


def write(name, text):
    with open(name + ".py", "w") as f:
        f.write(text)


def run(code, answers, i, ended):
    scope = {"x": None, "y": None, "m": None, "__name__": "__main__"}
    try:
        exec(code, scope)
        answers[i] = str(scope["x"])
    except BaseException as er:
        answers[i] = "ImportError" if isinstance(er, ImportError) else type(er).__name__
    ended.release()


def forget():
    for name in list(sys.modules):
        if name == "gate" or name.split(".")[0] in ("ma", "mb", "mc", "pa"):
            del sys.modules[name]


def row(what, files, codes, number):
    folders = [folder for folder in ("pa", "pa/s") if folder + "/__init__" in files]
    for folder in folders:
        os.mkdir(folder)
    for name in files:
        write(name, files[name])
    gate = __import__("gate")
    codes = codes * number
    answers = [None] * len(codes)
    ends = [gate.shut() for _ in codes]
    for i, code in enumerate(codes):
        _thread.start_new_thread(run, (code, answers, i, ends[i]))
    if "gate.wait" in "".join(files.values()):
        gate.inside.acquire()
        # The others are on their way to the same module, or are here too late: the answer is the same.
        time.sleep(0.03)
        gate.opened.release()
    for end in ends:
        end.acquire()
    print(what + ":", " ".join(sorted(answers)), "runs", gate.runs[0], "half", gate.half[0])
    forget()
    for name in files:
        os.remove(name + ".py")
    for folder in reversed(folders):
        os.rmdir(folder)


sys.path.insert(0, os.getcwd())
write("gate", GATE)
for line in TABLE if sys.implementation.name == "cpython" else TABLE + FAILS:
    row(*line)
os.remove("gate.py")
