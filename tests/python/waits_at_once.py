# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-icount nogil-icount
# board: mps2-an385
#
# How late a wait hears, and what it costs meanwhile. Time is instructions, 64 ns each.

import _thread
import asyncio
import heddle
import io
import micropython
import select
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]


class Stream(io.IOBase):
    ready = 0

    def ioctl(self, request, flags):
        return flags & self.ready if request == 3 else -1


def cpu_us():
    return heddle.threads()[0].cpu_us


def used_since(before):
    return cpu_us() - before - asking


asking = 0
asking = used_since(cpu_us())


acted = 0
late = 0
stream = Stream()
flag = asyncio.ThreadSafeFlag()


def later(ms, act):
    global acted
    time.sleep_ms(ms)
    acted = time.ticks_us()
    act()


def ready():
    stream.ready = select.POLLIN


def poll_of(thing):
    poll = select.poll()
    poll.register(thing, select.POLLIN)
    return lambda: poll.poll(5000)


async def in_loop():
    await flag.wait()


async def sleep(ms):
    await asyncio.sleep_ms(ms)


def try_wait(name, wait, act, most_us, most_cpu_us):
    global late
    for ms in (101, 103):
        _thread.start_new_thread(later, (ms, act))
        cpu = cpu_us()
        wait()
        late = time.ticks_diff(time.ticks_us(), acted)
        cpu = used_since(cpu)
        print(name, "late", late, "us, used", cpu, "us")
        assert late <= most_us and cpu <= most_cpu_us, name
        stream.ready = 0
        flag.clear()


# At once, and for nothing meanwhile.
try_wait("poll of a flag", poll_of(flag), flag.set, 300, 1500)
try_wait("loop with a flag", lambda: asyncio.run(in_loop()), flag.set, 1000, 5000)
try_wait("flag set in a callback", poll_of(flag), lambda: micropython.schedule(lambda _: flag.set(), None), 600, 1500)
# At the next millisecond (of idle time, which QEMU 7.2 counts twice), and for some instructions in each.
try_wait("poll of a stream in Python", poll_of(stream), ready, 2500, 30000)
# Time alone: as much for a long sleep as for a short one.
costs = [0, 0]
for i, ms in enumerate((100, 600)):
    cpu = cpu_us()
    asyncio.run(sleep(ms))
    costs[i] = used_since(cpu)
print("loops with a sleep used", costs, "us")
assert costs[1] - costs[0] <= 200


class Slow(io.IOBase):
    "Answers when the next millisecond begins: time goes on while a poll asks."

    def ioctl(self, request, flags):
        now = time.ticks_ms()
        while time.ticks_ms() == now:
            pass
        return 0


slow = Slow()

# And never less than was asked for, wherever in its millisecond a wait begins.
poll = began = thing = us = None
for thing in (flag, stream, slow):
    poll = select.poll()
    poll.register(thing, select.POLLIN)
    for us in range(1000, 2000, 70):
        time.sleep_us(us)
        began = time.ticks_us()
        poll.poll(7)
        assert time.ticks_diff(time.ticks_us(), began) >= 7000, "a poll ends early"
