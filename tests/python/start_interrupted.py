# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# Ctrl-C at any step of Thread.start(), while others look at the list of threads: a thread that there is has a number,
# and one that there is not is not listed, so the end of the script waits for nobody.

import _thread
import threading
import time

ROUNDS = 400
turn, over = threading.Semaphore(0), threading.Event()


def interrupt():
    for i in range(ROUNDS):
        turn.acquire()
        time.sleep_us(50 + i * 37 % 900)
        _thread.interrupt_main()


def look():
    while not over.is_set():
        threading.enumerate()
        threading.Thread()


helpers = [threading.Thread(target=look) for _ in range(3)] + [threading.Thread(target=interrupt)]
for helper in helpers:
    helper.start()
count, bad = 0, []
for _ in range(ROUNDS):
    try:
        turn.release()
        while True:
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()
    except KeyboardInterrupt:
        count += 1
    bad += [t for t in threading.enumerate() if t.ident is None]
over.set()
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()  # helpers, and any that began though its start() was interrupted
print(count == ROUNDS, bad, threading.active_count())
