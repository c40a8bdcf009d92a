# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults put back on purpose, each in a scratch copy of the sources: a case must fail on it.

tests/faults is the catalogue. The copies lie in build/faults; what an edit does not touch is not built again.
"""

import contextlib
import fcntl
import glob
import importlib
import os
import re
import shutil
import subprocess
import tempfile

from faults.catalogue import FAULTS
from harness import PYTHON, ROOT, case

NOT_COPIED = ("build", "docs")
TREES = 2  # as many as cases run at a time

SET_HERE = ("BOARD", "MICROPYTHON_DIR", "TESTING", "T")


@contextlib.contextmanager
def tree():
    """One of the copies, brought up to date and this case's alone."""
    parent = os.path.join(ROOT, "build", "faults")
    os.makedirs(parent, exist_ok=True)
    number = os.getpid() % TREES
    for attempt in range(TREES):
        lock = open(os.path.join(parent, "{}.lock".format(number)), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            number = (number + 1) % TREES
            if attempt == TREES - 1:
                fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        path = os.path.join(parent, str(number))
        os.makedirs(path, exist_ok=True)
        for name in os.listdir(ROOT):
            if name not in NOT_COPIED and not name.startswith("."):
                update(os.path.join(ROOT, name), os.path.join(path, name))
        yield path


def update(source, target):
    """Copy a file or folder where its contents differ, so that only that is built again."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        names = [name for name in os.listdir(source) if name != "__pycache__"]
        for name in os.listdir(target):
            if name not in names and os.path.isfile(os.path.join(target, name)):
                os.remove(os.path.join(target, name))
        for name in names:
            update(os.path.join(source, name), os.path.join(target, name))
        return
    with open(source, "rb") as f:
        contents = f.read()
    if os.path.exists(target):
        with open(target, "rb") as f:
            if f.read() == contents:
                return
    with open(target, "wb") as f:
        f.write(contents)
    shutil.copymode(source, target)


def edit(path, edits):
    for name, old, new in edits:
        file = os.path.join(path, name)
        with open(file) as f:
            text = f.read()
        assert text.count(old) == 1, "{}: {} times {!r}".format(name, text.count(old), old)
        with open(file, "w") as f:
            f.write(text.replace(old, new))


@case()
def faults_apply(ctx):
    "Each fault still finds what it changes, and the case that is to notice exists."
    cases = ctx.run(PYTHON, "tests/run.py", "--list", "--all", cwd=ROOT).split()
    for name, (_, caught_by, edits) in FAULTS.items():
        assert any(label.startswith(caught_by) for label in cases), (name, caught_by)
        with tempfile.TemporaryDirectory() as copy:
            for path in {path for path, _, _ in edits}:
                os.makedirs(os.path.join(copy, os.path.dirname(path)), exist_ok=True)
                shutil.copy(os.path.join(ROOT, path), os.path.join(copy, path))
            edit(copy, edits)


def run_case(ctx, path, name):
    words = ["{}={}".format(*item) for item in ctx.variables.items() if item[0] not in SET_HERE]
    # With TESTING=1 two images are enough for all.
    board, _, name = name.rpartition("/")
    words += ["BOARD=" + (board or ctx.board_name), "T=" + name]
    words += ["MICROPYTHON_DIR=" + ctx.micropython_dir, "TESTING=1"]
    run = subprocess.run(
        [PYTHON, "tests/run.py"] + words,
        cwd=path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    ctx.log(run.stdout)
    return run


def register(name, story, caught_by, edits):
    @case(name="fault-" + name, fault=True, timeout=400)
    def run(ctx):
        with tree() as path:
            edit(path, edits)
            result = run_case(ctx, path, caught_by)
        found = re.search(r"^FAIL (.*)$", result.stdout, re.M)
        # A fault that does not build shows nothing.
        if not found or re.match(r"\S+: make ", found.group(1)):
            ctx.fail("{} did not notice: {}".format(caught_by, (result.stdout.strip() or "-").split("\n")[0]))
        ctx.note(found.group(1))

    run.__doc__ = story


for path in glob.glob(os.path.join(ROOT, "tests", "faults", "*.py")):
    importlib.import_module("faults." + os.path.splitext(os.path.basename(path))[0])
for name, (story, caught_by, edits) in sorted(FAULTS.items()):
    register(name, story, caught_by, edits)
