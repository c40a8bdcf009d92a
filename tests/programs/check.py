# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Comparing what programs print on a board with what they print in CPython."""

import re
import time

from . import generate
from .shrink import Candidate, Shrinker
from .targets import run_cpython

AGAIN = 3  # how often a smaller program may pass before it counts as one that does
HANG = 5  # seconds without a word after which it counts as one that hangs
NO_END = "still running"


class GeneratorError(Exception):
    """A program whose result CPython does not settle: the generator's fault."""


def expected(texts, timeout=30):
    """What CPython prints, for programs that all come to an end."""
    wanted = run_cpython(texts, timeout)
    for name, _ in texts:
        if name not in wanted.outputs:
            raise GeneratorError("{} has no end in CPython: {}".format(name, wanted.problem or wanted.text[-200:]))
    return wanted.outputs


def difference(texts, wanted, got):
    """What is wrong with an outcome, in one line; None if nothing is."""
    problem = got.problem or "no end"
    fatal = re.findall(r"^.*(?:fatal|stack overflow|Error).*$", got.text, re.M)
    if fatal:
        problem = "{}, {}".format(problem, fatal[-1].strip())
    if got.unfinished:
        return "{}: {}".format(got.unfinished, problem)
    for name, _ in texts:
        if name not in got.outputs:
            return "{}: {}".format(name, problem)
        if got.outputs[name] != wanted[name]:
            pairs = zip(wanted[name].split("\n"), got.outputs[name].split("\n"))
            lines = [pair for pair in pairs if pair[0] != pair[1]] or [("as many lines", "more or less")]
            return "{}: CPython says {!r}, the board {!r}".format(name, *lines[0])
    return problem if got.problem else None


class Checker:
    """Runs programs on one target and compares."""

    def __init__(self, target, log=print, timeout=60, shrink_seconds=180):
        self.target = target
        self.log = log
        self.timeout = timeout
        self.shrink_seconds = shrink_seconds
        self.hangs = False

    def check(self, programs):
        """None, or a line about what fails; the log has the shrunk programs then."""
        texts = [(p.seed, p.text()) for p in programs]
        wanted = expected(texts)
        problem = difference(texts, wanted, self.target.run(texts, self.timeout))
        if problem is None:
            return None
        self.log("{}: {}".format(self.target.name, problem))
        self.hangs = NO_END in problem
        smallest = self.shrink(Candidate(programs), problem.split(":")[0]).texts()
        whole = generate.seed_name(programs[0].number, len(programs))
        seed = smallest[0][0] if len(smallest) == 1 else whole
        return "{} on {}: {}; SEED={}".format(whole, self.target.name, problem, seed)

    def fails(self, candidate):
        """Whether a smaller candidate is still a program, and still fails."""
        texts = candidate.texts()
        try:
            wanted = expected(texts, 5)
        except GeneratorError:
            return False
        if any(word in text for text in wanted.values() for word in ("unexpected", "ended by")):
            return False
        for _ in range(1 if self.target.icount else AGAIN):
            problem = difference(texts, wanted, self.target.run(texts, HANG))
            # One that is only slow shows nothing, unless it is about a hang.
            if problem and (self.hangs or NO_END not in problem):
                return True
        return False

    def shrink(self, candidate, suspect=None):
        begin = time.monotonic()
        shrinker = Shrinker(self.fails, self.shrink_seconds)
        smallest = shrinker.shrink(candidate, suspect)
        took = "{} tries in {:.0f} s".format(shrinker.tries, time.monotonic() - begin)
        for name, text in smallest.texts():
            self.log("---- {} on {}, shrunk by {}:\n{}----".format(name, self.target.name, took, text))
        return smallest
