# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Programs nobody wrote by hand: the same on CPython and here, 200 of them or as many as there is time for."""

import hashlib
import os
import random
import subprocess
import time

from harness import case
from programs.check import Checker
from programs.generate import VERSION, Program, parse_seed, seed_name
from programs.targets import BoardTarget, run_cpython

COUNT = 200
BATCH = 20  # programs in one run of a board
SMALL = 200000  # bytes of heap for a batch that has to collect often
# What the generator makes of the first seeds. If this changes, raise VERSION.
FIRST = (1, "e57e8bb3b39024e0")


def targets(ctx):
    """The ways to run: as time goes; in a small heap; and with a time of its own, which repeats."""
    plain, small = BoardTarget(ctx, ctx.variant), BoardTarget(ctx, ctx.variant, room=SMALL)
    if ctx.board_name == "host":
        return [plain, small]
    return [plain, small, plain, BoardTarget(ctx, ctx.variant, icount=True), plain, small]


def check(ctx, target, number, count):
    ctx.log("{} on {}".format(seed_name(number, count), target.name))
    problem = Checker(target, ctx.log).check([Program(n) for n in range(number, number + count)])
    if problem:
        ctx.fail(problem)


def check_seed(ctx):
    """Again what SEED= says, in every way."""
    number, count = parse_seed(ctx.seed)
    for target in targets(ctx):
        check(ctx, target, number, count)


def check_random(ctx):
    """New seeds until the time is over."""
    limit = time.monotonic() + ctx.seconds
    ways, done = targets(ctx), 0
    first = number = random.SystemRandom().randrange(10**9)
    while time.monotonic() < limit:
        check(ctx, ways[done // BATCH % len(ways)], number, BATCH)
        number += BATCH
        done += BATCH
    ctx.note("{} programs from {}".format(done, seed_name(first)))


def check_fixed(ctx):
    ways = targets(ctx)
    for n in range(COUNT // BATCH):
        check(ctx, ways[n % len(ways)], 1 + n * BATCH, BATCH)
    ctx.note("{} programs".format(COUNT))


@case(each=("gil", "nogil"), timeout=400, random=True)
def programs(ctx):
    "Generated programs print on the board what they print in CPython."
    if ctx.seed:
        check_seed(ctx)
    elif ctx.seconds:
        check_random(ctx)
    else:
        check_fixed(ctx)


@case()
def programs_version(ctx):
    "A seed makes the program that it always made, or the generator has a new version."
    text = "".join(Program(number).text() for number in range(1, 51))
    found = (VERSION, hashlib.sha256(text.encode()).hexdigest()[:16])
    assert found == FIRST, "raise VERSION, then let FIRST be {}".format(found)


@case()
def programs_settled(ctx):
    "What a program prints does not depend on who is first: CPython switches often, or hardly ever."
    texts = [(program.seed, program.text()) for program in map(Program, range(1, 61))]
    often, seldom = (run_cpython(texts, switch=switch).outputs for switch in (1e-6, 0.5))
    assert len(often) == len(texts), "a program has no end"
    assert often == seldom, sorted(name for name in often if often[name] != seldom.get(name))


@case()
def programs_bad_values(ctx):
    "A seed that is none, or another version's, and a strange MIN= are answered by one line that says so."
    for target, value, words in (
        ("test", "SEED=1234", "no seed"),
        ("test", "SEED=v1-5+0", "no seed"),
        ("test", "SEED=v1-12x", "no seed"),
        ("test", "SEED=v99-12", "made by version 99 "),
        ("soak", "MIN=0", "say a number of minutes"),
        ("soak", "MIN=long", "say a number of minutes"),
    ):
        run = subprocess.run(
            ["make", "-s", target, value],
            cwd=ctx.root,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ctx.log(run.stdout)
        lines = [line for line in run.stdout.splitlines() if not line.startswith("make: ***")]
        assert run.returncode == 2 and len(lines) <= 1, value
        assert value in run.stdout and words in run.stdout, value
