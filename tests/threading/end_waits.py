# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The end of a script: it waits for threads that are no daemons
import threading

from common import case


def after_the_end(name, then=None):
    threading.main_thread().join()
    print(name + ":", threading.main_thread().is_alive(), threading.current_thread().name)
    if then is not None:
        then()


@case
def begun():
    # One after the other: a thread may still be started when the script has ended.
    last = threading.Thread(target=after_the_end, args=("last",), name="bea")
    threading.Thread(target=after_the_end, args=("first", last.start), name="ada").start()
    return threading.active_count()


print("end: of the script")
