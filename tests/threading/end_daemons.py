# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The end of a script: daemon threads are stopped, wherever they are
import threading

from common import case


def waits(what):
    what()
    print("waits: went on")


def loops():
    while True:
        pass


def daemon(target, *args):
    threading.Thread(target=target, args=args, daemon=True).start()


@case
def begun():
    lock, condition = threading.Lock(), threading.Condition()
    lock.acquire()

    def wait():
        with condition:
            condition.wait()

    daemon(waits, lock.acquire)
    daemon(waits, threading.Event().wait)
    daemon(waits, wait)
    daemon(waits, threading.Semaphore(0).acquire)
    daemon(loops)
    return threading.active_count()


def last():
    threading.main_thread().join()
    print("last:", threading.current_thread().daemon)


threading.Thread(target=last).start()
print("end: of the script")
