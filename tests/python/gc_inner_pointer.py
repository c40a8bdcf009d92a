# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A C function's object lives as long as the function uses it, also where the compiler has kept of its address only that
# of a member: re.sub() has compiled the pattern itself, and looks at nothing but the program in it.
import gc
import re

kept = []


def collected(match):
    gc.collect()
    kept[:] = [bytes(range(48)) for _ in range(100)]
    return "e"


for _ in range(5):
    assert re.sub("a", collected, "banana " * 5) == "benene " * 5
