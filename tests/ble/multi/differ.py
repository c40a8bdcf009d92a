# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the runner must not let pass: the second instance prints what CPython does not.
import sys


def instance0():
    multitest.next()
    print("the same")


def instance1():
    multitest.next()
    print("this is", sys.implementation.name)
