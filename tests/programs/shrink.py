# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Making failing programs smaller, as long as they still fail.

First whole programs are left out of a run, then threads, events and statements
of what remains, in ever smaller pieces; then numbers become smaller.
"""

import time

from . import tree


class Candidate:
    """Programs, each with what is left out of it and the numbers that have other values."""

    def __init__(self, programs, removed=frozenset(), values=None):
        self.programs = programs
        self.removed = removed
        self.values = values or {}

    def texts(self):
        return [(p.seed, p.text(self.removed, self.values)) for p in self.kept()]

    def kept(self):
        return [p for p in self.programs if p.group not in self.removed]

    def whole(self):
        """The programs, as what could be left out."""
        return [p.group for p in self.kept()]

    def parts(self):
        """What could be left out of the programs."""
        return [group for p in self.kept() for group in tree.groups(p.nodes, self.removed)]

    def without(self, groups):
        removed = self.removed | frozenset(groups)
        for program in self.programs:
            removed = tree.closed(program.nodes, removed)
        return Candidate(self.programs, removed, self.values)

    def numbers(self):
        return [n for p in self.kept() for n in tree.numbers(p.nodes, self.removed)]

    def with_value(self, number, value):
        return Candidate(self.programs, self.removed, {**self.values, number: value})


class Shrinker:
    """`fails(candidate)` tells whether it still shows the failure."""

    def __init__(self, fails, seconds=120, tries=2000):
        self.fails = fails
        self.limit = time.monotonic() + seconds
        self.most = tries
        self.tries = 0

    def over(self):
        return self.tries >= self.most or time.monotonic() >= self.limit

    def accept(self, smaller):
        self.tries += 1
        return self.fails(smaller)

    def alone(self, candidate, seed):
        """Only the program with this seed, if it fails so."""
        others = [p.group for p in candidate.programs if p.seed != seed]
        smaller = candidate.without(others)
        return smaller if others and smaller.texts() and self.accept(smaller) else candidate

    def remove(self, candidate, parts_of):
        """Leave out halves, then quarters, and so on down to single parts."""
        size = max(1, len(parts_of(candidate)) // 2)
        while not self.over():
            start = 0
            while not self.over():
                parts = parts_of(candidate)
                if start >= len(parts):
                    break
                smaller = candidate.without(parts[start : start + size])
                if smaller.texts() and self.accept(smaller):
                    candidate = smaller
                else:
                    start += size
            if size == 1:
                break
            size //= 2
        return candidate

    def lower(self, candidate):
        """Give numbers the least value that still fails, by halving."""
        for number in candidate.numbers():
            for value in (number.least, candidate.values.get(number, number.value) // 2):
                now = candidate.values.get(number, number.value)
                if number.least <= value < now and not self.over():
                    smaller = candidate.with_value(number, value)
                    if self.accept(smaller):
                        candidate = smaller
                        break
        return candidate

    def shrink(self, candidate, suspect=None):
        """The smallest that still fails, or what there is when the time is over; `suspect` is the likeliest seed."""
        candidate = self.remove(self.alone(candidate, suspect), Candidate.whole)
        while not self.over():
            before = candidate
            candidate = self.lower(self.remove(candidate, Candidate.parts))
            if candidate is before:
                break
        return candidate
