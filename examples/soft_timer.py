# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Soft timers: a callback runs in the main thread, between two steps of its program, and leaves the rest to others.

import queue
import threading
from machine import Timer

events = queue.SimpleQueue()
ticks = [0]


def tick(timer):
    # Short, for the main thread waits meanwhile.
    if ticks[0] == 3:  # this call was due before deinit(), on a board that is late
        return
    ticks[0] += 1
    events.put("tick {}".format(ticks[0]))
    if ticks[0] == 3:
        timer.deinit()
        Timer(period=5, mode=Timer.ONE_SHOT, callback=lambda timer: events.put(None))


def log():
    while True:
        event = events.get()
        if event is None:
            break
        print("logged:", event)


def main():
    logger = threading.Thread(target=log, name="logger")
    logger.start()
    timer = Timer(period=10, callback=tick)
    logger.join()  # callbacks run while this waits
    timer.deinit()
    print("no more ticks after", ticks[0])


main()
