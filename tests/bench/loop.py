# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A loop of plain bytecode on local variables."""

from time import ticks_cpu, ticks_diff


def loop(n):
    x = 0
    for i in range(n):
        x = (x + i) & 0xFFFF
    return x


start = ticks_cpu()
loop(100000)
print("loop", ticks_diff(ticks_cpu(), start))
