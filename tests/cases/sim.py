# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""core/ and services/ on simulated cores: every schedule with a few forced switches, and random ones."""

import fcntl
import os

from harness import ROOT, case, make

SIM = os.path.join(ROOT, "tests", "sim")
OUT = os.path.join(ROOT, "build", "sim")


def program(name):
    """The path of a simulated program, built."""
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make("-C", SIM, name)
    return os.path.join(OUT, name, name)


def run(ctx, name, *options, timeout=300):
    """Run cases; the first failure is the reason that is given."""
    output = ctx.run(program(name), *options, check=False, timeout=timeout, cwd=ROOT)
    failed = [line for line in output.splitlines() if line.startswith("FAIL ")]
    again = [line.strip() for line in output.splitlines() if line.startswith("     again: ")]
    if failed:
        ctx.fail("{} ({})".format(failed[0][5:], again[0]))
    last = (output.splitlines() or ["no output"])[-1]
    if not last.endswith("passed, 0 failed") or last.startswith("0 "):
        ctx.fail(last)
    return output


def explore(name, core_count):
    @case(name="sim-{}-{}-cores".format(name, core_count), timeout=300)
    def explored(ctx):
        "Each case in every schedule with up to three forced switches, and in 2000 random ones."
        cores = "--cores={}".format(core_count)
        run(ctx, name, cores, "--preempt=none")
        run(ctx, name, cores, "--preempt=exhaustive", "--bound=3")
        run(ctx, name, cores, "--preempt=random", "--seed=1", "--runs=2000")


for name in ("core-gil", "core-nogil"):
    for core_count in (1, 2):
        explore(name, core_count)
