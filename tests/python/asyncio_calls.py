# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Threads, callbacks and timers have a loop do something, whatever it waits for: one that is not woken sleeps for an
# hour. What of this CPython does, too, is in tests/threading/loop.py.
# image: gil nogil gil-icount

import _thread
import asyncio
import heddle
import io
import machine
import micropython
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]


class Silent(io.IOBase):
    # A stream that never has anything, and cannot tell: it is asked each millisecond.
    def ioctl(self, request, arg):
        return 0


def raises(exception, function, *args):
    try:
        function(*args)
    except exception:
        return
    raise AssertionError(exception)


async def until_cancelled(aw):
    try:
        await aw
    except asyncio.CancelledError:
        pass


def sleeper():
    return asyncio.sleep(3600)


def reader():
    return asyncio.StreamReader(Silent()).read(1)


# ---- who wakes it, and from what


def by_thread(call):
    return _thread.start_new_thread(call, ())


def by_callback(call):
    micropython.schedule(lambda _: call(), None)


def by_timer(call):
    machine.Timer(period=1, mode=machine.Timer.ONE_SHOT, callback=lambda _: call())


def by_thread_for_callback(call):
    _thread.start_new_thread(by_callback, (call,))


WAYS = (by_thread, by_callback, by_timer, by_thread_for_callback)


async def woken(*others):
    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(until_cancelled(other())) for other in others]
    for way in WAYS * 5:
        event = asyncio.Event()
        way(lambda: loop.call_soon_threadsafe(event.set))
        await event.wait()
    for task in tasks:
        task.cancel()
        await task


asyncio.run(woken())
asyncio.run(woken(sleeper))
asyncio.run(woken(sleeper, reader))


# ---- of many threads nothing is lost, and all is done by the loop's


async def many(threads, calls):
    loop = asyncio.get_running_loop()
    here = _thread.get_ident()
    came = [[] for _ in range(threads)]
    event = asyncio.Event()

    def call(n, i):
        assert _thread.get_ident() == here
        came[n].append(i)
        if sum(len(numbers) for numbers in came) == threads * calls:
            event.set()

    def caller(n):
        for i in range(calls):
            loop.call_soon_threadsafe(call, n, i)

    idents = [_thread.start_new_thread(caller, (n,)) for n in range(threads)]
    await event.wait()
    for ident in idents:
        assert heddle.join(ident)
    assert came == [list(range(calls))] * threads, came


asyncio.run(many(4, 50))


# ---- a loop has a thread, one at a time, which may be any


async def state(loop):
    assert asyncio.get_running_loop() is loop and loop.is_running() and not loop.is_closed()
    raises(RuntimeError, loop.close)
    sleeping = asyncio.sleep(0)
    raises(RuntimeError, asyncio.run, sleeping)

    def elsewhere():
        raises(RuntimeError, asyncio.get_running_loop)
        raises(RuntimeError, asyncio.run, sleeping)
        return _thread.get_ident()

    assert await asyncio.to_thread(elsewhere) != _thread.get_ident()


loop = asyncio.get_event_loop()
asyncio.run(state(loop))
raises(RuntimeError, asyncio.get_running_loop)
assert loop.is_closed() and not loop.is_running()
raises(RuntimeError, loop.call_soon_threadsafe, print)
assert heddle.join(_thread.start_new_thread(asyncio.run, (woken(sleeper),)))
raises(RuntimeError, loop.call_soon_threadsafe, print)
loop.run_until_complete(state(loop))
assert not loop.is_closed()
loop.close()
raises(RuntimeError, loop.call_soon_threadsafe, print)

# A new one is open, and does what was asked for before it runs.
loop = asyncio.new_event_loop()
loop.call_soon_threadsafe(loop.stop)
loop.run_forever()
loop.close()


# ---- what ends it by an exception leaves it whole, and what was asked for is done when it runs again


def interrupt():
    raise KeyboardInterrupt


async def interrupted(left):
    loop = asyncio.get_running_loop()
    loop.call_soon_threadsafe(interrupt)
    loop.call_soon_threadsafe(left.append, 1)
    await asyncio.sleep(3600)


async def until_one_came(left):
    while not left:
        await asyncio.sleep_ms(1)


for _ in range(3):
    left = []
    raises(KeyboardInterrupt, asyncio.run, interrupted(left))
    assert not left
    asyncio.run(until_one_came(left))
    asyncio.run(woken(sleeper))
    asyncio.new_event_loop()


# ---- an exception handler that fails itself keeps nobody from being woken


async def handled(seen):
    def handler(loop, context):
        seen.append("handler")
        raise KeyError("future")

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(handler)
    for _ in range(2):
        loop.call_soon_threadsafe(int, "no number")
    loop.call_soon_threadsafe(seen.append, "goes on")
    while len(seen) < 3:
        await asyncio.sleep_ms(1)
    loop.set_exception_handler(None)


seen = []
asyncio.run(handled(seen))
assert seen == ["handler", "handler", "goes on"], seen
asyncio.run(woken(sleeper))


# ---- threads of a pool are gone when the loop is


async def pool():
    assert await asyncio.gather(*[asyncio.to_thread(pow, 2, n) for n in range(10)]) == [2**n for n in range(10)]


asyncio.run(pool())
assert not [t for t in heddle.threads() if t.name.startswith("asyncio")], heddle.threads()
