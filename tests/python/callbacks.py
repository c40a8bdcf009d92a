# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing nogil-testing
# timeout: 10
# Beside threads that loop: a scheduled callback that sleeps does not hang, and an interruption of the main thread is
# not lost, wherever the main thread is: it would wait for ever.

import _thread
import heddle
import micropython
import time
import heddle_test as t

stop = False
alive = 0
lock = _thread.allocate_lock()


def loop():
    global alive
    with lock:
        alive += 1
    while not stop:
        pass
    with lock:
        alive -= 1


ran = []


def callback(n):
    time.sleep_ms(10)
    ran.append(n)
    time.sleep_ms(10)


# By another thread, at any moment: in a loop, in sleep, waiting for a lock.
def interrupt():
    for i in range(interruptions):
        go.acquire()
        time.sleep_ms(3 + i % 5)
        t.interrupt_main()


go = _thread.allocate_lock()
held = _thread.allocate_lock()
held.acquire()
go.acquire()
interruptions = 30


def be_interrupted():
    _thread.start_new_thread(interrupt, ())
    caught = 0
    for i in range(interruptions):
        try:
            go.release()
            if i % 3 == 0:
                while True:
                    pass
            elif i % 3 == 1:
                time.sleep(3600)
            else:
                held.acquire()
        except KeyboardInterrupt:
            caught += 1
    return caught


# By an interrupt, in a loop that nothing else disturbs; Python runs in one with one core only.
def from_interrupt(arg):
    t.interrupt_main()


# Without a GIL the dictionary of globals must not grow while threads look into it.
caught = i = n = None
for i in range(3):
    _thread.start_new_thread(loop, ())
while alive < 3:
    time.sleep_ms(1)
for n in range(5):
    micropython.schedule(callback, n)
    while n not in ran:
        pass
assert ran == [0, 1, 2, 3, 4], ran
caught = be_interrupted()
assert caught == interruptions
assert alive == 3, "another thread was interrupted"
stop = True
while alive:
    time.sleep_ms(1)
# Nobody else wants the processor now, so that only the interruption itself makes the loop look.
assert be_interrupted() == interruptions
for i in range(10 if hasattr(t, "isr_start") and heddle.info().cores == 1 else 0):
    try:
        t.isr_start(from_interrupt, None, 1, 2000 + 100 * i)
        while True:
            pass
    except KeyboardInterrupt:
        pass
