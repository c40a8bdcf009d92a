# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# timeout: 15
# Imports that wait, where CPython hangs or has no such place: threads joined by the module that they import, callbacks,
# finalisers, masked interrupts; and very many imports at the same time.

import _thread
import gc
import heddle
import machine
import micropython
import os
import sys
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

GATE = """
import _thread
inside, opened = _thread.allocate_lock(), _thread.allocate_lock()
inside.acquire()
opened.acquire()
got = [None] * 4
def wait():
    inside.release()
    opened.acquire()
def work(name, i):
    m = __import__(name)
    got[i] = getattr(m, "x", "half")
"""

WAIT = "import gate\ngate.wait()\nx = 1\n"


def write(name, text):
    with open(name + ".py", "w") as f:
        f.write(text)


def fresh(**files):
    for name in ("gate", "ma", "mb"):
        sys.modules.pop(name, None)
    for name in files:
        write(name, files[name])
    return __import__("gate")


def start(gate, name, i=0):
    return _thread.start_new_thread(gate.work, (name, i))


def until_waiting(ident):
    while [t.state for t in heddle.threads() if t.ident == ident] != ["waiting"]:
        time.sleep_ms(1)


def joined(*idents):
    for ident in idents:
        assert heddle.join(ident, 20), "a thread hangs"


sys.path.insert(0, os.getcwd())
write("gate", GATE)
BODY = "import _thread, gate, heddle\nident = _thread.start_new_thread(gate.work, ('%s', 0))\n%s\nx = 1\n"

# The module that starts a thread, which imports it, and joins that thread: what is there already has to do.
for wait in ("", "import time\ntime.sleep_ms(50)\n"):
    gate = fresh(ma=BODY % ("ma", wait + "heddle.join(ident)"))
    import ma

    assert (ma.x, gate.got[0]) == (1, "half"), gate.got

# The same by way of another module, in a thread; and whoever is not in the circle waits.
gate = fresh(ma=BODY % ("mb", "gate.wait()\nheddle.join(ident)"), mb="import ma\nx = hasattr(ma, 'x')\n")
first = start(gate, "ma", 1)
gate.inside.acquire()
second = start(gate, "ma", 2)
until_waiting(second)
gate.opened.release()
joined(first, second)
assert gate.got[:3] == [False, 1, 1], gate.got

# A join with a limit comes back by itself: no circle.
gate = fresh(ma=BODY % ("ma", "ended = heddle.join(ident, 0.1)"))
import ma

joined(ma.ident)
assert (ma.ended, gate.got[0]) == (False, 1), gate.got

# Two threads that wait for each other for a moment are walked past by a third.
gate = fresh(ma=BODY % ("mb", "heddle.join(ident)"), mb="import ma\nx = 1\n")
idents = [start(gate, "ma", 1), start(gate, "ma", 2), start(gate, "mb", 3)]
joined(*idents)
assert gate.got == [1, 1, 1, 1] or "half" not in gate.got[1:], gate.got

# Where waiting is impossible.
gate = fresh(ma=WAIT)
ident = start(gate, "ma")
gate.inside.acquire()
state = machine.disable_irq()
try:
    import gate as loaded
    import ma

    error = None
except Exception as er:
    error = er
machine.enable_irq(state)
assert type(error) is RuntimeError and loaded is gate, error

# A callback waits in the main thread, which sleeps, or waits for another import.
answers = [None, None]


def callback(i):
    import ma

    answers[i] = ma.x


def late(i):
    until_waiting(1)
    micropython.schedule(callback, i)
    until_waiting(1)
    time.sleep_ms(20)
    gate.opened.release()


other = _thread.start_new_thread(late, (0,))
time.sleep_ms(300)
joined(ident, other)
while answers[0] is None:
    time.sleep_ms(1)
assert answers == [1, None] and gate.got[0] == 1, (answers, gate.got)

gate = fresh(ma=WAIT)
ident = start(gate, "ma")
gate.inside.acquire()
other = _thread.start_new_thread(late, (1,))
import ma

joined(ident, other)
while answers[1] is None:
    time.sleep_ms(1)
assert answers == [1, 1] and ma.x == 1

# A callback that imports what the main thread is importing finds it half made, as a call from the module would.
seen = []
gate = fresh(ma="import gate, micropython, time\nmicropython.schedule(gate.look, 0)\ntime.sleep_ms(20)\nx = 1\n")


def look(_):
    import ma

    seen.append(hasattr(ma, "x"))


gate.look = look
import ma

assert seen == [False] and ma.x == 1, seen

# A module that another thread is importing is nothing for a finaliser, nor is one that is not loaded.
SIZE, COUNT = 256, 32
errors = [None, None, None]


def attempt(i, name):
    try:
        __import__(name)
        errors[i] = True
    except Exception as er:
        errors[i] = type(er)


class Device:
    collecting = False
    data = bytearray(SIZE * COUNT)

    def readblocks(self, n, buf, offset=0):
        start = n * SIZE + offset
        for i in range(len(buf)):
            buf[i] = self.data[start + i]

    def writeblocks(self, n, buf, offset=0):
        start = n * SIZE + offset
        for i in range(len(buf)):
            self.data[start + i] = buf[i]
        if self.collecting:
            attempt(0, "gate")
            attempt(1, "ma")
            attempt(2, "mb")

    def ioctl(self, op, arg):
        return COUNT if op == 4 else SIZE if op == 5 else 0 if op == 6 else None


def drop():
    f = vfs.open("f", "w")
    f.write("never closed")


device = Device()
os.VfsLfs2.mkfs(device)
vfs = os.VfsLfs2(device, readsize=64, progsize=64)
gate = fresh(ma=WAIT, mb="x = 1\n")
ident = start(gate, "ma")
gate.inside.acquire()
drop()
[0] * 20
device.collecting = True
gc.collect()
device.collecting = False
gate.opened.release()
joined(ident)
assert errors == [True, RuntimeError, MemoryError], errors
import mb

assert mb.x == 1

# What replaces itself is that for whoever waited.
gate = fresh(ma=WAIT + "import sys\nclass New:\n    x = 2\nsys.modules[__name__] = New\n")
first = start(gate, "ma")
gate.inside.acquire()
second = start(gate, "ma", 1)
until_waiting(second)
gate.opened.release()
joined(first, second)
assert gate.got[1] == 2, gate.got

# Many at once: sys.modules and a package's names grow meanwhile.
THREADS, MODULES = 4, 24
os.mkdir("pc")
write("pc/__init__", "")
for i in range(MODULES):
    write("pc/m%d" % i, "import pc.m%d\nx = %d\n" % (i // 2, i))
right = [0] * THREADS


def storm(k, names):
    for name in names:
        m = __import__("pc." + name, None, None, (name,))
        right[k] += m.x == int(name[1:])


for turn in range(5):
    names = ["m%d" % i for i in range(MODULES)]
    idents = [_thread.start_new_thread(storm, (k, names[k:] + names[:k])) for k in range(THREADS)]
    joined(*idents)
    assert sorted(name for name in dir(sys.modules["pc"]) if name in names) == sorted(names)
    for name in list(sys.modules):
        if name.startswith("pc"):
            del sys.modules[name]
assert right == [5 * MODULES] * THREADS, right

for i in range(MODULES):
    os.remove("pc/m%d.py" % i)
os.remove("pc/__init__.py")
os.rmdir("pc")
for name in ("gate", "ma", "mb"):
    os.remove(name + ".py")
