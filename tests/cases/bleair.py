# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The controllers that the Bluetooth LE host is tested with, which are the tests' own."""

from cases.hci import SANITIZERS, program
from harness import case


@case(boards=("host",))
def ble_air(ctx):
    "The controllers that the host is tested with do what HCI says, and each fault of theirs is as it was asked for."
    for mark in SANITIZERS:
        output = ctx.run(program("air", "test_air", mark))
        assert output.endswith(" passed, 0 failed\n"), output[-200:]
