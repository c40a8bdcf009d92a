# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Many small objects that die young, a few that live for a while, and the collections that follow."""

from time import ticks_cpu, ticks_diff


def loop(n):
    alive = [None] * 64
    for i in range(n):
        alive[i & 63] = (i, [i])


start = ticks_cpu()
loop(40000)
print("allocation", ticks_diff(ticks_cpu(), start))
