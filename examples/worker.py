# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# asyncio with threads: tasks go on while a thread waits for something, and a thread tells the loop what has come.

import asyncio
import threading

pressed = threading.Event()
words = []


def wait_for_button():
    # In place of a call that blocks.
    pressed.wait()
    return "button 1"


async def blink():
    for n in range(3):
        await asyncio.sleep_ms(10)
        print("blink", n)
    pressed.set()


def listen(loop, heard):
    for word in ("one", "two", "three"):
        loop.call_soon_threadsafe(heard, word)


async def main():
    complete = asyncio.Event()

    def heard(word):
        # In the loop's thread, so it may touch what tasks touch.
        words.append(word)
        if len(words) == 3:
            complete.set()

    blinking = asyncio.create_task(blink())
    print("pressed:", await asyncio.to_thread(wait_for_button))
    await blinking
    listener = threading.Thread(target=listen, args=(asyncio.get_running_loop(), heard), name="listener")
    listener.start()
    await asyncio.wait_for(complete.wait(), 60)
    print("heard:", words)


asyncio.run(main())
