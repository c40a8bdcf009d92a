# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The end of a script by sys.exit: its threads are waited for, and its status is what it says
import sys
import threading

from common import case


def last():
    threading.main_thread().join()
    print("last: of the threads")


@case
def begun():
    threading.Thread(target=last).start()
    threading.Thread(target=sys.exit, args=(5,)).start()
    return "that exits in a thread is that thread's"


sys.exit(3)
