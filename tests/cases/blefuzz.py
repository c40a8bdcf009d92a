# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The Bluetooth LE host under libFuzzer: tests/ble/fuzz."""

import os
import random
import re
import resource
import shutil
import sys
import time

from cases.ble import TESTS, built
from harness import case

sys.path.insert(0, os.path.join(TESTS, "fuzz"))

import corpus

TARGETS = "h4 hci l2cap server client smp advertising".split()
NEW = 5  # seconds of the processor for new inputs, in a test
ROUND = 60  # in each round of a soak
BUSY = 6  # so many times that, by the clock, is enough on a machine that is busy with others
RUNS = 2000  # inputs of one process: so often its time is looked at


def spent():
    """Seconds of the processor that ended programs have taken: a slow or busy machine tries less, and passes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def fuzz(ctx, program, *arguments):
    """Run a fuzzer: how many inputs it has tried. One that fails something is left in the scratch folder."""
    prefix = "-artifact_prefix=" + os.path.join(ctx.scratch(), "")
    output = ctx.run(program, prefix, "-timeout=300", *arguments, timeout=600, check=False)
    said = re.search(r"^Done (\d+) runs in |^\*\*\* NOTE|^Executed ", output, re.M)
    failed = re.search(r"^.*(?:: not so: |ERROR: |runtime error: ).*$", output, re.M)
    if failed or not said:
        kept = re.search(r"Test unit written to (\S+)", output)
        ctx.fail("{}: {}".format(failed.group(0) if failed else "no result", kept.group(1) if kept else program))
    return int(said.group(1) or 0)


def fuzz_target(ctx, target):
    program = os.path.join(built("fuzz"), "fuzz_" + target)
    known, found = (os.path.join(ctx.scratch(), name) for name in ("known", "found"))
    shutil.rmtree(known, ignore_errors=True)
    shutil.rmtree(found, ignore_errors=True)
    os.makedirs(found)
    count = corpus.unpack(target, known)
    assert fuzz(ctx, program, "-runs=0", known) >= count > 50, count
    new = 0
    seconds = ctx.seconds or (ROUND if ctx.soak else NEW)
    begin, until = spent(), time.monotonic() + BUSY * seconds
    while spent() - begin < seconds and time.monotonic() < until:
        seed = ctx.seed or random.randrange(1, 1 << 31)
        new += fuzz(ctx, program, "-runs={}".format(RUNS), "-seed={}".format(seed), found, known)
    ctx.note("{} inputs again, {} new ones".format(count, new))


for target in TARGETS:

    @case(name="ble-fuzz:" + target, boards=("host",), needs=("fuzz",), timeout=600, soak=True, random=True)
    def ble_fuzz(ctx, target=target):
        "Whatever controllers, peers and applications do, the host takes it and has everything back at the end."
        fuzz_target(ctx, target)
