# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil
# A callback that is scheduled while another thread's finaliser has the scheduler locked runs when that is over, and
# not at the end of the main thread's sleep.

import _thread
import gc
import machine
import os
import time

SIZE, COUNT = 256, 32
collecting = False
called = None
slept = 0


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
            slept += 1
            time.sleep_ms(200)

    def ioctl(self, op, arg):
        return COUNT if op == 4 else SIZE if op == 5 else 0 if op == 6 else None


def call(timer):
    global called
    called = time.ticks_ms()


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
begin = time.ticks_ms()
timer = machine.Timer(mode=machine.Timer.ONE_SHOT, period=100, callback=call)
_thread.start_new_thread(collect, ())
time.sleep(2)
assert slept, slept
assert called is not None and time.ticks_diff(called, begin) < 1500, (called, begin)
