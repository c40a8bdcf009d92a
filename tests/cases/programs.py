# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Programs nobody wrote by hand: the same on CPython and here, 40 of them or as many as there is time for."""

import hashlib
import os
import random
import subprocess
import time

from harness import bare_environment, case
from programs.check import Checker, difference
from programs.generate import VERSION, Program, parse_seed, seed_name
from programs.targets import BoardTarget, Outcome, run_cpython

COUNT = 40
BATCH = 20  # programs in one run of a board
SMALL = 260000  # bytes of heap for a batch that has to collect often; with 160000 the largest finds no room
# What the generator makes of the first seeds. If this changes, raise VERSION.
FIRST = (2, "d1e0b08c2dace7f9")


def targets(ctx):
    """The ways to run: as time goes; in a small heap; and with a time of its own, which repeats."""
    plain = BoardTarget(ctx, ctx.variant)
    if ctx.board_name == "host":
        return [plain]
    small = BoardTarget(ctx, ctx.variant, room=SMALL)
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


@case(each=("gil", "nogil"), timeout=500, random=True, waits=True, boards=("mps2-an385", "host"))
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


class BrokenTarget:
    """CPython again, but what is counted in an event comes out one too large, if the collector was called."""

    name = "broken"
    icount = True

    def run(self, texts, timeout):
        outcome = run_cpython(texts, timeout)
        for name, text in texts:
            if "gc.collect()" in text:
                outcome.outputs[name] = outcome.outputs[name].replace("event", "event 1")
        return outcome


@case()
def programs_shrink(ctx):
    "A wrong result is found, and shrunk to one program with nothing but what it takes."
    said = []
    problem = Checker(BrokenTarget(), lambda text: (ctx.log(text), said.append(text))).check(
        [Program(n) for n in range(1, 6)]
    )
    assert problem and "SEED=" in problem and "+" not in problem.split("SEED=")[1], problem
    shrunk = said[-1]
    lines = shrunk[shrunk.index("\ndef main") :].split("\n")
    ctx.log(len(lines), "lines")
    assert shrunk.count("gc.collect()") == 1 and shrunk.count("\nshow(") == 1 and len(lines) < 30, shrunk


@case()
def programs_crash(ctx):
    "The program in which a run ended is the one that is named, with the reason."
    texts = [("v1-1", ""), ("v1-2", ""), ("v1-3", "")]
    wanted = {"v1-1": "1\n", "v1-2": "2\n", "v1-3": "3\n"}
    said = ["=== begin {}\n{}=== end {}\n".format(name, wanted[name], name) for name, _ in texts]
    assert difference(texts, wanted, Outcome("".join(said))) is None
    for text, problem, words in (
        (said[0] + "=== begin v1-2\nfatal: stack overflow\n", "exit status 3", "v1-2: exit status 3, fatal: "),
        ("console's last lines:\n=== begin v1-3\n", "still running after 60 s", "v1-3: still running"),
        (said[0] + said[2], None, "v1-2: no end"),
        (said[0] + said[1].replace("2\n=", "7\n=") + said[2], None, "v1-2: CPython says '2', the board '7'"),
        ("".join(said), "exit status 1", "exit status 1"),
    ):
        found = difference(texts, wanted, Outcome(text, problem))
        assert found and found.startswith(words), (text, found)


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
            env=bare_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ctx.log(run.stdout)
        lines = [line for line in run.stdout.splitlines() if not line.startswith("make: ***")]
        assert run.returncode == 2 and len(lines) <= 1, value
        assert value in run.stdout and words in run.stdout, value
