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
# What a test runs: whoever took less than 0.15 s on each board of an idle machine. Longer ones are for a soak.
QUICK = ("masked_end", "mutate_bytearray", "stress_recurse") + tuple(
    "thread_" + name
    for name in "exc1 heap_lock ident1 lock1 lock3 lock4 lock5 shared1 shared2 stacksize1".split()
)


def suite(ctx, short):
    """The paths of the scripts that can run there.

    In a short run a quarter of the quick ones: each with or without the GIL, on the board or on the host.
    """
    nogil = ctx.variant.startswith("nogil")
    paths = glob.glob(os.path.join(ctx.micropython_dir, "tests", "thread", "*.py"))
    paths += [os.path.join(ctx.root, "tests", "python", name + ".py") for name in OURS]
    names = {path: os.path.basename(path)[:-3] for path in sorted(paths)}
    if short:
        quick = [path for path, name in names.items() if name in QUICK]
        names = {path: names[path] for path in quick[2 * nogil + (ctx.board_name == "host") :: 4]}
    left_out = (*LEFT_OUT, "mutate_") if nogil else LEFT_OUT
    return [path for path, name in names.items() if not name.startswith(left_out)]


class Sweep:
    """A board that is started anew where a script has left it unusable, and what was struck on it."""

    def __init__(self, ctx):
        self.ctx = ctx
        self.struck = {kind: 0 for kind in nth.KINDS}
        self.scripts = 0

    def script(self, path, choose):
        """Strike the steps of one script that `choose(count)` names."""
        with self.ctx.board(pty=True) as board:
            board.raw_repl()
            try:
                script = nth.Script(board, path)
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
    sweep = Sweep(ctx)
    limit = time.monotonic() + ctx.seconds
    for path in () if ctx.seconds else paths:
        sweep.script(path, nth.spread)
    while time.monotonic() < limit:
        sweep.script(random.choice(paths), one)
    sweep.note()
