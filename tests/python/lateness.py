# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# How late waits end: a kernel tick, and beside threads that loop their turns. Time is instructions here, so that the
# figures are the board's and not the host's. (An idle QEMU would count the time twice: one thread is always busy.)
# image: gil-icount nogil-icount
# board: mps2-an385

import _thread
import heddle
import select
import sys
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


lock = _thread.allocate_lock()
lock.acquire()
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
sleeper = _thread.start_new_thread(time.sleep, (1000000,))
waits = {
    "sleep_ms": lambda ms: time.sleep_ms(ms),
    "sleep_us": lambda ms: time.sleep_us(ms * 1000),
    "sleep": lambda ms: time.sleep(ms / 1000),
    "acquire": lambda ms: lock.acquire(True, ms / 1000),
    "join": lambda ms: heddle.join(sleeper, ms / 1000),
    "poll": lambda ms: poll.poll(ms),
}
# With a GIL the sleeper waits for the end of the tick that has begun, which is that of the holder's slice, too; a third
# of a millisecond may be between the look at the clock and the wait. Without one it waits for the turns of its equals.
if heddle.info()._thread == "GIL":
    bounds = ((1, 1, 1500), (1, 4, 1500), (4, 1, 1500), (4, 4, 1500))
else:
    bounds = ((1, 1, 2500), (1, 4, 4500), (4, 1, 2500), (4, 4, 12000))
for threads, priority, most in bounds:
    spinning = [_thread.start_new_thread(spin, (), priority=priority) for _ in range(threads)]
    for name, wait in waits.items():
        worst = 0
        for ms in (1, 2, 3, 5, 10, 20, 50):
            began = time.ticks_us()
            result = wait(ms)
            late = time.ticks_diff(time.ticks_us(), began) - ms * 1000
            assert not result
            # poll() counts milliseconds of the clock: the first may be a part of one.
            assert late >= (-1000 if name == "poll" else 0), (name, ms, late)
            worst = max(worst, late)
        print("{} looping at priority {}, {}: {} us late at worst".format(threads, priority, name, worst))
        assert worst <= most, (threads, priority, name, worst)
    stop = True
    for ident in spinning:
        assert heddle.join(ident, 5)
    stop = False
