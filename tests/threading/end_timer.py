# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The end of a script: it waits for a Timer, which may start another
import threading

from common import case


def tick(n):
    threading.main_thread().join()
    print("tick {}:".format(n), threading.current_thread() is threading.main_thread())
    if n < 3:
        threading.Timer(0.001, tick, (n + 1,)).start()


@case
def begun():
    threading.Timer(0, tick, (1,)).start()
    dropped = threading.Timer(1000, print, ("dropped: not cancelled",))
    dropped.start()
    dropped.cancel()
    return "one of two"


print("end: of the script")
