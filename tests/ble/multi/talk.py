# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Two instances that only print and listen, for the runner of such tests: lines of any length, in order; what one says
# to the other; what one tells before the other starts; numbers; an end by exception that is expected.

LINES = 50


def talk(me, first):
    for i in range(LINES):
        print(me, i, "x" * (i * 7 % 301))
        if i % 10 == 0:
            if first:
                multitest.broadcast("{} {}".format(me, i))
                multitest.wait("right {}".format(i))
            else:
                multitest.wait("left {}".format(i))
                multitest.broadcast("{} {}".format(me, i))


def instance0():
    multitest.globals(TOLD="by the left one", NUMBER=41)
    multitest.next()
    talk("left", True)
    multitest.output_metric("left talked of {} lines".format(LINES))


def instance1():
    multitest.next()
    print(TOLD, NUMBER + 1)
    talk("right", False)
    try:
        1 / 0
    except ZeroDivisionError:
        print("end")
