# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""From set() in a thread to the task that awaits it in a loop which has nothing else to do; the same for calls."""

import _thread
import asyncio
from time import ticks_cpu, ticks_diff

N = 500


def setter(n, asked, wake):
    global began
    for _ in range(n):
        asked.acquire()
        began = ticks_cpu()
        wake()


async def wait_for_flag(flag):
    await flag.wait()


async def wait_for_call(event):
    await event.wait()
    event.clear()


async def measure(wait, waited, wake):
    # The thread is less urgent, so the loop sleeps before it has its turn.
    asked = _thread.allocate_lock()
    asked.acquire()
    _thread.start_new_thread(setter, (N + 10, asked, wake), priority=3)
    total = 0
    for i in range(N + 10):
        asked.release()
        await wait(waited)
        if i >= 10:
            total += ticks_diff(ticks_cpu(), began)
    return total / N


async def main():
    loop = asyncio.get_running_loop()
    flag, event = asyncio.ThreadSafeFlag(), asyncio.Event()
    print("flag", await measure(wait_for_flag, flag, flag.set))
    print("call", await measure(wait_for_call, event, lambda: loop.call_soon_threadsafe(event.set)))


began = 0
asyncio.run(main())
