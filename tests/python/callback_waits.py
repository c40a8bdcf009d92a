# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A callback that waits itself takes nothing from the wait that it has interrupted: neither what it has made ready
# there, nor an event that was set and cleared meanwhile.
import _thread
import asyncio
import heddle
import machine
import select
import threading

LONG = 10  # seconds, as long as nothing ends the wait

ready, quiet = heddle.Flag(), heddle.Flag()
inner = select.poll()
inner.register(quiet, select.POLLIN)


def after(ms, callback):
    return machine.Timer(mode=machine.Timer.ONE_SHOT, period=ms, callback=callback)


def set_and_poll(timer):
    ready.set()
    inner.poll(5)


def set_and_idle(timer):
    ready.set()
    machine.idle()


outer = select.poll()
outer.register(ready, select.POLLIN)
for callback in (set_and_poll, set_and_idle):
    ready.clear()
    after(50, callback)
    assert outer.poll(LONG * 1000), callback


async def awaits():
    flag = asyncio.ThreadSafeFlag()

    def set_and_poll(timer):
        flag.set()
        inner.poll(5)

    after(50, set_and_poll)
    await asyncio.wait_for(flag.wait(), LONG)


asyncio.run(awaits())


# Each time that the timer's callback runs, another thread sets the event and clears it, before it returns.
def hears_a_pulse():
    event = threading.Event()
    go, done = _thread.allocate_lock(), _thread.allocate_lock()
    go.acquire()
    done.acquire()

    def pulse():
        while True:
            go.acquire()
            event.set()
            event.clear()
            done.release()

    def have_a_pulse(timer):
        go.release()
        done.acquire()

    _thread.start_new_thread(pulse, ())
    timer = machine.Timer(period=50, callback=have_a_pulse)
    assert event.wait(LONG)
    timer.deinit()


hears_a_pulse()
