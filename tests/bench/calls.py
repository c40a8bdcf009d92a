# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Calls of a Python function."""

from time import ticks_cpu, ticks_diff


def callee(a):
    return a


def loop(n):
    f = callee
    for i in range(n):
        f(i)


start = ticks_cpu()
loop(50000)
print("calls", ticks_diff(ticks_cpu(), start))
