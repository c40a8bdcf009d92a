# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What interrupts a thread whose wait for a condition is over, and which waits for the lock again, is raised when it has
# the lock; a second one leaves without it.
import _thread
import heddle
import threading
import time

for lock in (threading.Lock, threading.RLock):
    condition = threading.Condition(lock())
    said = []
    waits, has, give_back = threading.Event(), threading.Event(), threading.Event()

    def waiter():
        try:
            with condition:
                waits.set()
                condition.wait(0.05)
        except BaseException as er:
            said.append(type(er).__name__)
            said.append(holds)

    def holder():
        global holds
        waits.wait()
        with condition:
            holds = True
            has.set()
            give_back.wait()
            holds = False

    holds = False
    waiting = threading.Thread(target=waiter)
    waiting.start()
    holding = threading.Thread(target=holder)
    holding.start()
    has.wait()
    while [row.waits_for for row in heddle.threads() if row.ident == waiting.ident] != ["lock"]:
        time.sleep(0.01)
    heddle.cancel(waiting.ident)
    time.sleep(0.05)
    assert said == [], said
    give_back.set()
    waiting.join()
    holding.join()
    assert said == ["SystemExit", False], said
