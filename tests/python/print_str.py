# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A print() is written as one piece, but whatever its objects do comes in the order that it would have without threads:
# what a __str__ prints, writes, waits for or raises.
# image: gil nogil gil-icount nogil-icount
# timeout: 15

import _thread
import heddle
import io
import micropython
import sys
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]


class Object:
    def __init__(self, act):
        self.act = act

    def __str__(self):
        return self.act() or "object"

    __repr__ = __str__


def fail():
    raise ValueError("no text")


def nested():
    print("outer", Object(lambda: print("inner", Object(lambda: print("innermost")))), "end")


# In the order of the calls.
print("first", Object(lambda: print("printed")), "last")
print("first", Object(lambda: sys.stdout.write("written\n") and None), "last")
print([1, Object(lambda: print("from a list")), {2: Object(nested)}])
print("a", 1, 2.5, None, b"c", (), sep="-", end="!\n")
print(end="")
print()
print("other", file=sys.stderr)
stream = io.StringIO()
print("to a stream", Object(lambda: print("not to a stream")), file=stream)
print(repr(stream.getvalue()))

# An exception leaves behind what was printed before it, and no more.
for values in (("first", Object(fail), "last"), (Object(fail),), ([0, Object(fail)],)):
    try:
        print(*values)
    except ValueError as er:
        print(";", er)
try:
    print("first", sep=1)
except TypeError:
    print("no string")

# No memory to gather it in.
micropython.heap_lock()
print("locked", 1, "x")
micropython.heap_unlock()

# It waits for a thread that prints.
gate = _thread.allocate_lock()
gate.acquire()


def print_and_release():
    print("the other one prints")
    gate.release()


def wait():
    _thread.start_new_thread(print_and_release, ())
    gate.acquire()


print("before", Object(wait), "after")
heddle.join(_thread.start_new_thread(print, ("in a thread:", Object(wait), "after")))


# A callback prints meanwhile, in the same thread.
def call_back():
    micropython.schedule(print, "callback")
    time.sleep_ms(5)


print("before", Object(call_back), "after")


# A thread that waits in the middle of a print keeps nobody from printing.
def wait_long():
    began.release()
    gate.acquire()


began = _thread.allocate_lock()
began.acquire()
waiter = _thread.start_new_thread(print, ("the waiter's", Object(wait_long)))
began.acquire()
print("main's")
print("x" * 3000)
gate.release()
heddle.join(waiter)
gate.release()
print("end")
