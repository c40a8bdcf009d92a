# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults as a mode, over whole suites: MicroPython's tests/thread and our own scripts (tests/nth.py says how)."""

import glob
import os
import random
import time

import nth
from harness import BOTH, case

# One measures time, the other takes too much of it to be run again and again.
LEFT_OUT = ("thread_coop", "stress_aes")
# Of our own scripts those that make threads, and that nothing but an error of Python's makes end in another way.
OURS = ("masked_end", "stack_builtins", "threads_many")
QUICK_SECONDS = 0.2  # of a script in a test; longer ones have their turn in a soak


def suite(ctx, short):
    """The paths of the scripts that can run there.

    In a short run a quarter of them: each with or without the GIL, on the board or on the host.
    """
    nogil = ctx.variant.startswith("nogil")
    paths = glob.glob(os.path.join(ctx.micropython_dir, "tests", "thread", "*.py"))
    paths += [os.path.join(ctx.root, "tests", "python", name + ".py") for name in OURS]
    if short:
        paths = sorted(paths)[2 * nogil + (ctx.board_name == "host") :: 4]
    names = {path: os.path.basename(path)[:-3] for path in sorted(paths)}
    left_out = (*LEFT_OUT, "mutate_") if nogil else LEFT_OUT
    return [path for path, name in names.items() if not name.startswith(left_out)]


class Sweep:
    """A board that is started anew where a script has left it unusable, and what was struck on it."""

    def __init__(self, ctx, longest):
        self.ctx = ctx
        self.longest = longest  # seconds that a script may take
        self.struck = {kind: 0 for kind in nth.KINDS}
        self.scripts = 0

    def script(self, path, choose):
        """Strike the steps of one script that `choose(count)` names."""
        with self.ctx.board(pty=True) as board:
            board.raw_repl()
            try:
                script = nth.Script(board, path)
                if script.seconds > self.longest:
                    return
                script.survey()
                for kind in nth.KINDS:
                    for n in choose(script.counts[kind]):
                        self.struck[kind] += script.strike(kind, n)
            except Exception:
                self.ctx.log(board.said_elsewhere())
                raise
        self.ctx.log(script.name, "{:.2f} s".format(script.seconds), script.counts)
        self.scripts += 1

    def note(self):
        assert any(self.struck.values()), "nothing was struck"
        self.ctx.note("{} scripts, {}".format(self.scripts, self.struck))


def one(count):
    """In a soak: any step."""
    return [random.randint(1, count)] if count else []


@case(each=("gil-testing", "nogil-testing"), boards=BOTH, timeout=300, random=True, waits=True)
def nth_suites(ctx):
    "Whatever fails or comes late in a script, it ends as it should, and a soft reset brings everything back."
    paths = suite(ctx, not ctx.seconds)
    sweep = Sweep(ctx, 60 if ctx.seconds else QUICK_SECONDS)
    limit = time.monotonic() + ctx.seconds
    for path in () if ctx.seconds else paths:
        sweep.script(path, nth.spread)
    while time.monotonic() < limit:
        sweep.script(random.choice(paths), one)
    sweep.note()
