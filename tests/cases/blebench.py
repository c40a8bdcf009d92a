# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What the Bluetooth host costs: the half of tests/bench/ble that takes seconds."""

import os

from harness import PYTHON, ROOT, case


@case(timeout=120)
def ble_bench(ctx):
    "What has been reached of the host's cost in instructions, from C, is kept."
    words = ["{}={}".format(*item) for item in ctx.variables.items()]
    ctx.run(PYTHON, os.path.join(ROOT, "tests", "bench", "ble", "run.py"), "--c", "--kept", *words, timeout=120)
