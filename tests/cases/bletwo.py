# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Bluetooth LE hosts of ours that talk to each other in one process, with real threads (tests/ble/two)."""

import os
import re

from cases.ble import built
from harness import case


def run_all(ctx, kind):
    """Every case in one program, under a sanitizer."""
    output = ctx.run(os.path.join(built("two"), "two-" + kind), check=False, timeout=300)
    said = re.search(r"^([1-9]\d*) cases\n\Z", output, re.M)
    if not said:
        failed = re.search(r"^FAIL (.*)$|^.*(?:ERROR|WARNING): (.*)$", output, re.M)
        ctx.fail(failed.group(0) if failed else (output.splitlines() or ["no output"])[-1])
    ctx.note(said.group(1) + " cases")


@case(boards=("host",), timeout=400)
def ble_two_asan(ctx):
    "Each function and event between two hosts, and a fault at each packet of a session, for AddressSanitizer."
    run_all(ctx, "asan")


@case(boards=("host",), timeout=400)
def ble_two_tsan(ctx):
    "The same for ThreadSanitizer, with fewer places for faults."
    run_all(ctx, "tsan")
