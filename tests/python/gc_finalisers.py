# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil
# Finalisers that sleep: files dropped without close() on a block device in Python whose writes sleep, in collections
# that overflow their mark stack, beside threads that allocate. Nobody else runs Python meanwhile, nothing is lost.

import _thread
import errno
import gc
import os
import time

SIZE, COUNT = 256, 96
collecting = False
writes = slept = refused = 0


class Slow:
    def __init__(self):
        self.data = bytearray(SIZE * COUNT)

    def readblocks(self, n, buf, offset=0):
        start = n * SIZE + offset
        for i in range(len(buf)):
            buf[i] = self.data[start + i]

    def writeblocks(self, n, buf, offset=0):
        global writes, slept, refused
        start = n * SIZE + offset
        for i in range(len(buf)):
            self.data[start + i] = buf[i]
        writes += 1
        if collecting:
            slept += 1
            time.sleep_ms(2)
            # Neither waiting nor allocating is possible here, and both say so.
            try:
                held.acquire()
            except RuntimeError:
                refused += 1
            try:
                _thread.start_new_thread(idle, no_args)
            except MemoryError:
                refused += 1

    def ioctl(self, op, arg):
        if op == 4:
            return COUNT
        if op == 5:
            return SIZE
        if op == 6:
            return 0


def idle():
    pass


no_args = ()
held = _thread.allocate_lock()
held.acquire()
os.VfsLfs2.mkfs(Slow())
device = Slow()
os.VfsLfs2.mkfs(device)
vfs = os.VfsLfs2(device, readsize=64, progsize=64)
wide = [[[i]] for i in range(1000)]
stop = False
alive = 3
faults = []
lock = _thread.allocate_lock()


def work(number):
    global alive
    while not stop:
        one = [str(i) * 3 for i in range(30)]
        time.sleep_ms(1)
        if one != [str(i) * 3 for i in range(30)]:
            faults.append(number)
    with lock:
        alive -= 1


def drop(n):
    f = vfs.open("f%d" % n, "w")
    f.write("contents of %d" % n)


for i in range(alive):
    _thread.start_new_thread(work, (i,))
for i in range(25):
    drop(i % 8)
    [0] * 20
    collecting = True
    gc.collect()
    collecting = False
    assert not faults, faults
stop = True
while alive:
    time.sleep_ms(1)
assert slept >= 10 and refused == 2 * slept, (writes, slept, refused)
good = 0
for i in range(8):
    with vfs.open("f%d" % i, "r") as f:
        good += f.read() == "contents of %d" % i
assert good >= 6, good
assert [x for (x,) in [y[0] for y in wide]] == list(range(1000))
print("%d writes in finalisers" % slept)
