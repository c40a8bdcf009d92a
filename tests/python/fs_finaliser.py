# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: nogil-testing
# Collections beside a thread that is inside a file system. One that is asked for waits for it, and closes the files
# that nobody closed. One that an allocation starts leaves those for later, unless there is no room without them.

import _thread
import gc
import heddle
import os
import time
import heddle_test as t

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

HELD = 200
text = "never closed"


def drop(n):
    f = open("/dropped%d" % n, "w")
    f.write(text)


def read(n):
    with open("/dropped%d" % n) as f:
        return f.read()


def in_thread(function, *args):
    assert heddle.join(_thread.start_new_thread(function, args), 20)


def hold():
    "Another thread that is inside for a while; a busy host comes late."
    ident = _thread.start_new_thread(t.fs_hold, (HELD,), priority=7)
    time.sleep_ms(20)
    return ident


# Who raised is not inside any more.
try:
    open("/none")
    assert False
except OSError:
    pass
in_thread(drop, 0)

# Asked for. What a register still points at is found by the next collection.
waited = []
while sum(ms > HELD // 2 for ms in waited) < 2:
    assert len(waited) < 20, waited
    in_thread(drop, 0)
    holder = hold()
    begin = time.ticks_ms()
    gc.collect()
    waited.append(time.ticks_diff(time.ticks_ms(), begin))
    assert heddle.join(holder, 60)
gc.collect()
assert read(0) == text


class Device:
    stop = False

    def __init__(self, blocks):
        self.data = bytearray(256 * blocks)

    def readblocks(self, n, buf, offset=0):
        start = n * 256 + offset
        for i in range(len(buf)):
            buf[i] = self.data[start + i]
        if Device.stop:
            Device.stop = False
            inside.release()
            go_on.acquire()
            allocated[0] = sum([len(bytes(100)) for _ in range(100)])

    def writeblocks(self, n, buf, offset=0):
        start = n * 256 + offset
        for i in range(len(buf)):
            self.data[start + i] = buf[i]

    def ioctl(self, op, arg):
        return len(self.data) // 256 if op == 4 else 256 if op == 5 else 0 if op == 6 else None


# Started by an allocation, while who is inside wants to allocate, too.
inside = _thread.allocate_lock()
go_on = _thread.allocate_lock()
inside.acquire()
go_on.acquire()
allocated = [0]
device = Device(32)
os.VfsLfs2.mkfs(device)
vfs = os.VfsLfs2(device)
in_thread(drop, 1)
Device.stop = True
holder = _thread.start_new_thread(vfs.stat, ("/",))
inside.acquire()
free = most = gc.mem_free()
for i in range(100000):
    bytearray(most // 250)
    left = gc.mem_free()
    if left > free:
        break
    free = left
assert left > free
go_on.release()
assert heddle.join(holder, 60) and allocated == [10000]
gc.collect()
in_thread(drop, 2)
gc.collect()
assert read(1) == text
del vfs, device


# No room without what an open file keeps: its file system, and the device of that.
def drop_large(blocks):
    device = Device(blocks)
    os.VfsLfs2.mkfs(device)
    vfs = os.VfsLfs2(device, readsize=16, progsize=16)
    vfs.open("x", "w").write(text)


gc.collect()
most = (gc.mem_free() + gc.mem_alloc()) * 55 // 100
waited = []
while not any(ms > HELD // 2 for ms in waited):
    assert len(waited) < 20, waited
    in_thread(drop_large, most // 256)
    holder = hold()
    begin = time.ticks_ms()
    try:
        bytearray(most)
        waited.append(time.ticks_diff(time.ticks_ms(), begin))
    except MemoryError:
        waited.append(0)
    assert heddle.join(holder, 60)
    gc.collect()
for n in range(3):
    os.remove("/dropped%d" % n)
