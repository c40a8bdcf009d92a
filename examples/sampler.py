# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A sensor that is read every ten milliseconds, whatever the program does with what was read: a queue is between them.

import queue
import threading
import time

samples = queue.Queue(16)  # by how much the program may be behind


def read_sensor(n):
    return 2100 + n * n % 23  # in place of a converter


def sample(count):
    due = time.ticks_ms()
    for n in range(count):
        samples.put(read_sensor(n))
        due = time.ticks_add(due, 10)
        time.sleep_ms(time.ticks_diff(due, time.ticks_ms()))  # until a moment, not for a time: nothing adds up
    samples.put(None)  # that was all


def main():
    threading.Thread(target=sample, args=(40,), name="sampler").start()
    batch = []
    while True:
        value = samples.get()  # sleeps while there is none
        if value is None:
            break
        batch.append(value)
        if len(batch) == 10:
            time.sleep(0.05)  # such as writing to a card
            print("{} to {}, mean {:.1f}".format(min(batch), max(batch), sum(batch) / len(batch)))
            batch = []


main()
