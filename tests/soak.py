# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""make soak MIN=minutes: everything random, round after round, and a summary of each part."""

import sys
import time

SLICE = 60  # seconds that a random part takes in one round, at most
WORKERS = 2


def minutes(text):
    """The value of MIN=, 0 without."""
    if text and not (text.isdigit() and 1 <= int(text) <= 10000):
        sys.exit("MIN={}: say a number of minutes from 1 to 10000, or leave it out".format(text))
    return int(text or 0)


def run(runner, cases, minutes):
    """Rounds of all cases until the time is over; a case under way is not cut short."""
    runner.until = time.monotonic() + 60 * minutes
    parts = max(1, len([case for case in cases if case.random]))
    n = 0
    while time.monotonic() < runner.until and not runner.stopping:
        n += 1
        left = runner.until - time.monotonic()
        runner.variables["SECONDS"] = "{:.0f}".format(max(5, min(SLICE, left * WORKERS / (2 * parts))))
        runner.run([(case, "{}#{}".format(case.label, n)) for case in cases])


def summary(results):
    """A line for each part: (its name, whether it passed) once for each run."""
    for name in dict.fromkeys(name for name, _ in results):
        passes = [passed for part, passed in results if part == name]
        print("     {}: {} runs, {} failed".format(name, len(passes), passes.count(False)))
