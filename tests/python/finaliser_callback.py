# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil
# A callback that is scheduled while another thread's finaliser has the scheduler locked runs when that is over, and
# not at the end of the main thread's wait.

import _thread
import gc
import micropython
import os
import time

SIZE, COUNT = 256, 32
collecting = False
slept = 0
gate = _thread.allocate_lock()
gate.acquire()


class Slow:
    def __init__(self):
        self.data = bytearray(SIZE * COUNT)

    def readblocks(self, n, buf, offset=0):
        start = n * SIZE + offset
        for i in range(len(buf)):
            buf[i] = self.data[start + i]

    def writeblocks(self, n, buf, offset=0):
        global slept
        start = n * SIZE + offset
        for i in range(len(buf)):
            self.data[start + i] = buf[i]
        if collecting:
            if not slept:
                micropython.schedule(call, None)
            slept += 1
            time.sleep_ms(200)

    def ioctl(self, op, arg):
        return COUNT if op == 4 else SIZE if op == 5 else 0 if op == 6 else None


def call(_):
    gate.release()


def drop():
    f = vfs.open("f", "w")
    f.write("never closed")


def collect():
    global collecting
    drop()
    [0] * 20
    collecting = True
    gc.collect()
    collecting = False


device = Slow()
os.VfsLfs2.mkfs(device)
vfs = os.VfsLfs2(device, readsize=64, progsize=64)
_thread.start_new_thread(collect, ())
assert gate.acquire(True, 60)
assert slept
