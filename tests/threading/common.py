# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the programs of this folder begin with: tests/cases/cpython.py puts it in place of their line that imports it.
import threading


# A case runs as soon as it is there; what it returns or raises is one line of the output.
def case(function):
    try:
        said = function()
    except Exception as er:
        said = type(er).__name__
    print(function.__name__ + ":", said)


# The type of what a call raises, and whether its text has these words.
def error(call, words=""):
    try:
        return call()
    except Exception as er:
        return type(er).__name__, words in str(er)


# What a call in another thread returns or raises, while `meanwhile` goes on here.
def beside(function, meanwhile):
    said = []
    thread = threading.Thread(target=lambda: said.append(error(function)))
    thread.start()
    meanwhile()
    thread.join()
    return said[0]


def elsewhere(function):
    return beside(function, lambda: None)


# All that is in a queue.
def emptied(q):
    said = []
    while not q.empty():
        said.append(q.get())
    return said
