# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The Bluetooth LE host."""

import fcntl
import os

from harness import ROOT, case, make

SANITIZERS = {
    "": "",
    "-asan": "-fsanitize=address,undefined -fno-sanitize-recover=all -DRTOS_POSIX_SANITIZED=1",
    "-tsan": "-fsanitize=thread -DRTOS_POSIX_POLL=1 -DRTOS_POSIX_SANITIZED=1",
}


def air_program(mark):
    folder = os.path.join(ROOT, "build", "ble-air" + mark)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "tests.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make("-s", "-C", "tests/ble", "-f", "air.mk", "BUILD=" + folder, "CFLAGS_EXTRA=" + SANITIZERS[mark])
    return os.path.join(folder, "test_air")


@case(boards=("host",))
def ble_air(ctx):
    "The controllers that the host is tested with do what HCI says, and each fault of theirs is as it was asked for."
    for mark in SANITIZERS:
        output = ctx.run(air_program(mark))
        assert output.endswith(" passed, 0 failed\n"), output[-200:]
