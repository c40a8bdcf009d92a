# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""tools/patience.py: a hang is found soon, and a slow machine or one that is busy is none."""

import os
import re
import subprocess

import patience
from harness import PYTHON, case
from patience import Patience


class Counted:
    """A speed that stays as it is, and how often it was asked for."""

    def __init__(self, slower):
        self.slower = slower
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return self.slower


def waits(seconds, slower, heard_at=()):
    """How long a silence lasts until the limit is over, where something is heard at these times."""
    limit = Patience(seconds, Counted(slower))
    while not limit.over():
        limit.since += 0.01
        limit.in_all += 0.01
        if any(abs(limit.in_all - at) < 0.005 for at in heard_at):
            limit.heard()
    return limit.in_all


@case()
def limits_scale(ctx):
    "A limit is as long as the machine is slow, never shorter, and begins anew with what is heard; but not for ever."
    for slower, wanted in ((0.1, 2), (1, 2), (4, 8), (1e9, 2 * patience.SLOWEST)):
        assert wanted - 0.1 <= waits(2, slower) <= wanted + 0.3, slower
    assert 4.9 <= waits(2, 1, (1.5, 3)) <= 5.3
    always = [0.5 * n for n in range(1000)]
    assert 19.9 <= waits(2, 1, always) <= 22 and 79.9 <= waits(2, 4, always) <= 82
    quick = Counted(1)
    limit = Patience(2, quick)
    limit.since = limit.in_all = 0.9
    assert not limit.over() and not quick.asked, "what is quick is not held up"


def program(text):
    return [PYTHON, "-u", "-c", text]


def hangs(command, seconds):
    """How a program was ended, or None."""
    try:
        patience.run(command, seconds)
    except subprocess.TimeoutExpired as er:
        return er
    return None


@case()
def limits_find(ctx):
    "A program that hangs, silently or talking, is ended; one that is slow, and says that it goes on, is not."
    for text in (
        "import time\nprint('first')\ntime.sleep(1000)",
        "print('first')\nwhile True: pass",
        "import time\nwhile True:\n  print('first')\n  time.sleep(0.01)",
        "import os, time\nprint('first')\nos.close(1)\nos.close(2)\ntime.sleep(1000)",
    ):
        found = hangs(program(text), 0.3)
        assert found and found.output.startswith(b"first\n"), text
    slow = "import time\nfor n in range(8):\n  print(n)\n  time.sleep(0.25)"
    done = patience.run(program(slow), 1)
    assert done.returncode == 0 and done.stdout.split() == list("01234567"), done
    path = os.path.join(ctx.scratch(), "hangs.py")
    with open(path, "w") as f:
        f.write("while True: pass\n")
    with ctx.Board(PYTHON, "host", script=path) as board:
        try:
            board.read_until("never", 0.5)
            ctx.fail("it was read")
        except ctx.BoardError as er:
            assert str(er).startswith("no b'never' within 0.5 s"), er


@case()
def limits_speed(ctx):
    "The machine is slower for who shares a processor with four others, and a limit is so much longer."
    cpu = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpu})
    alone = sum(patience.probe() for _ in range(20)) / 20
    loops = [subprocess.Popen([PYTHON, "-c", "while True: pass"]) for _ in range(4)]
    try:
        beside = sum(patience.probe() for _ in range(20)) / 20
        ctx.log("alone {:.2f}, beside others {:.2f}".format(alone, beside))
        assert beside > 1.5 * alone, (alone, beside)
        assert patience.in_time(1, 2 / beside)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


# Where a wait of Python's own has a limit that does not know the machine.
OWN_LIMITS = re.compile(r"(?:\.communicate|\.wait|subprocess\.\w+)\(.*\btimeout=|monotonic\(\) *[<>+]")
ALLOWED = {
    "tests/soak.py": "how long to go on",
    "tests/run.py": "how long to go on, and how often to tell",
    "tests/cases/aarch64.py": "how long to go on",
    "tests/cases/programs.py": "how long to go on",
    "tests/cases/blefuzz.py": "how long to go on",
    "tests/cases/nth.py": "how long to go on",
    "tests/programs/shrink.py": "how long to go on",
    "tests/cases/interrupt.py": "a moment at random",
    "tools/board.py": "a time to listen",
}


@case()
def limits_everywhere(ctx):
    "No tool and no test waits for something by a limit of its own."
    found = {}
    for folder in ("tests", "tools"):
        for path, _, names in os.walk(os.path.join(ctx.root, folder)):
            for name in names:
                file = os.path.relpath(os.path.join(path, name), ctx.root)
                on_boards = file.startswith(("tests/python/", "tests/threading/"))
                if on_boards or name.endswith((".c", ".h", ".pyc", ".exp", ".pml", ".md")):
                    continue
                with open(os.path.join(ctx.root, file)) as f:
                    lines = [n for n, line in enumerate(f, 1) if OWN_LIMITS.search(line)]
                if lines and file != os.path.relpath(__file__, ctx.root):
                    found[file] = lines
    ctx.log(found)
    wrong = {file: lines for file, lines in found.items() if file not in ALLOWED}
    assert not wrong and set(ALLOWED) <= set(found), (wrong, set(ALLOWED) - set(found))
