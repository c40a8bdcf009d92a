# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# An asyncio loop in the main thread beside threads that loop, sleep, and set its flags.
# image: gil nogil gil-icount

import _thread
import asyncio
import heddle
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]

stop = False


def spin():
    while not stop:
        pass


spinning = [_thread.start_new_thread(spin, ()) for _ in range(3)]
flag = asyncio.ThreadSafeFlag()
done = []


def set_flag(n):
    for _ in range(n):
        time.sleep_ms(10)
        flag.set()


async def ticker(ms, n):
    for i in range(n):
        began = time.ticks_ms()
        await asyncio.sleep_ms(ms)
        took = time.ticks_diff(time.ticks_ms(), began)
        assert ms <= took, (ms, took)
    done.append(ms)


async def listen(n):
    for _ in range(n):
        await flag.wait()
    done.append("flag")


async def main():
    tasks = [asyncio.create_task(ticker(ms, 200 // ms)) for ms in (2, 5, 20, 50)]
    tasks.append(asyncio.create_task(listen(5)))
    setter = _thread.start_new_thread(set_flag, (50,))
    await asyncio.gather(*tasks)
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.05)
        raise SystemExit("no timeout")
    except asyncio.TimeoutError:
        done.append("timeout")
    lock = asyncio.Lock()
    async with lock:
        while not heddle.join(setter, 0):
            await asyncio.sleep_ms(5)
    return 42


assert asyncio.run(main()) == 42
assert sorted(done, key=str) == [2, 20, 5, 50, "flag", "timeout"], done
stop = True
for ident in spinning:
    assert heddle.join(ident)
