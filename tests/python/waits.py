# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing nogil-testing
#
# Every wait, in the main thread and in another one, times everything that can end it: what a thread does, a scheduled
# callback, a soft timer, an interrupt, an exception, its time. A callback that came before has run meanwhile.

import _thread
import asyncio
import heddle
import heddle_test
import io
import machine
import micropython
import select
import time

LONG = 20  # s: who sleeps so long has heard of nothing
SOON = 20  # ms

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(200):
    globals()["_%d" % i] = 0
for i in range(200):
    del globals()["_%d" % i]


class Stream(io.IOBase):
    def __init__(self):
        self.ready = False

    def ioctl(self, request, flags):
        return flags if request == 3 and self.ready else 0

    def act(self):
        self.ready = True


# Each is (wait(s): whether it was ended, act(): what ends it).
def polled(stream, act):
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    return lambda s: bool(poll.poll(int(s * 1000))), act


def poll_flag():
    flag = heddle.Flag()
    return polled(flag, flag.set)


def poll_python():
    stream = Stream()
    return polled(stream, stream.act)


def poll_c():
    switch = heddle_test.Switch()
    return polled(switch, switch.on)


def poll_python_and_flag():
    stream, flag = Stream(), heddle.Flag()
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    poll.register(flag, select.POLLIN)
    return lambda s: any(o is stream for o, _ in poll.ipoll(int(s * 1000))), stream.act


def poll_for_ever():
    flag = heddle.Flag()
    poll = select.poll()
    poll.register(flag, select.POLLIN)
    return lambda s: bool(poll.poll(-1 if s == LONG else int(s * 1000))), flag.set


def select_python():
    stream = Stream()
    return lambda s: select.select([stream], [], [], s)[0] == [stream], stream.act


def in_loop(wait):
    async def main(s):
        try:
            await asyncio.wait_for(wait(), s)
        except asyncio.TimeoutError:
            return False
        return True

    return lambda s: asyncio.run(main(s))


def flag_in_loop():
    flag = asyncio.ThreadSafeFlag()
    return in_loop(flag.wait), flag.set


def python_in_loop():
    stream = Stream()

    async def wait():
        yield asyncio.core._io_queue.queue_read(stream)

    return in_loop(wait), stream.act


def acquire():
    lock = _thread.allocate_lock()
    lock.acquire()
    return lambda s: lock.acquire(True, s), lock.release


def join():
    lock = _thread.allocate_lock()
    lock.acquire()
    ident = _thread.start_new_thread(lock.acquire, ())
    return lambda s: heddle.join(ident, s), lock.release


def sleep():
    return lambda s: time.sleep(s), None


POLLS = (poll_flag, poll_python, poll_c, poll_python_and_flag, poll_for_ever, select_python)
WAITS = POLLS + (flag_in_loop, python_in_loop, acquire, join, sleep)


# Who acts, a little later. None of it is in the thread that waits.
def in_thread(act):
    def later():
        time.sleep_ms(SOON)
        act()

    _thread.start_new_thread(later, ())


def in_callback(act):
    in_thread(lambda: micropython.schedule(lambda _: act(), None))


def in_timer(act):
    machine.Timer(mode=machine.Timer.ONE_SHOT, period=SOON, callback=lambda _: act())


def in_interrupt(act):
    heddle_test.isr_start(lambda _: act(), None, 1, SOON * 1000)


ACTORS = [in_thread, in_callback, in_timer]
if hasattr(heddle_test, "isr_start") and heddle.info().cores == 1:  # else no Python runs in an interrupt
    ACTORS.append(in_interrupt)

heard = []


def hear(_):
    heard.append(1)  # alone


def in_main(wait, s):
    return wait(s)


# The main thread waits for the other to end, and runs callbacks in that wait.
def in_other(wait, s):
    result = []
    ident = _thread.start_new_thread(lambda: result.append(wait(s)), ())
    assert heddle.join(ident, 2 * LONG), "the other thread does not end"
    return result[0]


def check(name, condition):
    if not condition:
        raise SystemExit("not so: " + name)


for where in (in_main, in_other):
    for make in WAITS:
        name = "{} {}".format(make.__name__, where.__name__)
        # Its time.
        wait, act = make()
        began = time.ticks_us()
        check(name + ", its time", not where(wait, 0.03))
        check(name + " is not early", time.ticks_diff(time.ticks_us(), began) >= 30000)
        if act is None:
            continue
        act()
        for actor in ACTORS:
            heard.clear()
            wait, act = make()
            began = time.ticks_ms()
            in_thread(lambda: micropython.schedule(hear, None))
            actor(act)
            ended = where(wait, LONG)
            check(name + " " + actor.__name__, ended)
            check(name + " " + actor.__name__ + " at once", time.ticks_diff(time.ticks_ms(), began) < LONG * 900)
        while not heard:
            time.sleep_ms(1)

# An exception, in the main thread.
for make in WAITS:
    wait, act = make()
    in_thread(heddle_test.interrupt_main)
    try:
        wait(LONG)
        raise SystemExit(make.__name__ + " is not interrupted")
    except KeyboardInterrupt:
        if act:
            act()
    asyncio.new_event_loop()
print("ok")
