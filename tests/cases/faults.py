# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults put back on purpose, each in a scratch copy of the sources: a case must fail on it.

tests/faults is the catalogue. The copies lie in build/faults, each with what its case runs as it was built here, times
and all, so that only what an edit touches is built. Whatever differs is copied again for the next edit: none stays.
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

from cases import aarch64, an521, ble, contract, kernel, pico, sim
from faults.catalogue import FAULTS
from harness import BOARD, EMULATOR, PYTHON, ROOT, Case, case, make, make_variables, need_emulator

NOT_COPIED = ("build", "docs")
QUICK = "-1-cores"  # the end of cases that notice in a second: "make check" puts back the faults of these
TREES = 2  # of a kind, as many as cases run at a time

SET_HERE = ("BOARD", "MICROPYTHON_DIR", "TESTING", "T")


@contextlib.contextmanager
def tree(kind):
    """One of the copies for what is built in a folder called so, this case's alone."""
    parent = os.path.join(ROOT, "build", "faults")
    os.makedirs(parent, exist_ok=True)
    number = os.getpid() % TREES
    for attempt in range(TREES):
        lock = open(os.path.join(parent, "{}-{}.lock".format(kind, number)), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            number = (number + 1) % TREES
            if attempt == TREES - 1:
                fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        yield os.path.join(parent, "{}-{}".format(kind, number))


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def same_time(source, target):
    return os.path.isfile(target) and os.stat(source).st_mtime_ns == os.stat(target).st_mtime_ns


def update(source, target, rewrite=str):
    """Make a file or folder what another is, with its time; what has that already is left alone."""
    if os.path.isdir(source):
        # MicroPython keeps the names that a source file uses in a file called by the source's path with __ for /.
        names = {
            rewrite(name.replace("__", "/")).replace("/", "__"): name
            for name in os.listdir(source)
            if name != "__pycache__"
        }
        os.makedirs(target, exist_ok=True)
        for name in set(os.listdir(target)) - {"__pycache__", *names}:
            remove(os.path.join(target, name))
        for there, here in names.items():
            update(os.path.join(source, here), os.path.join(target, there), rewrite)
    elif not same_time(source, target):
        shutil.copy2(source, target)
        if rewrite is not str and source.endswith((".P", ".d")):
            # What the compiler says that an object depends on names this folder.
            with open(source) as f, open(target, "w") as out:
                out.write(rewrite(f.read()))
            shutil.copystat(source, target)


def variables_of(ctx, board):
    """What make is told in a copy. With TESTING=1 two images are enough for all."""
    variables = {name: value for name, value in ctx.variables.items() if name not in SET_HERE}
    return dict(variables, BOARD=board, MICROPYTHON_DIR=ctx.micropython_dir, TESTING="1")


def build_here(ctx, board, name):
    """Build what a case runs: the image's name, if it is one, and the folder."""
    simulated = re.match(r"sim-(.+)-(?:\d|more)-cores$", name)
    image = re.search(r":(gil|nogil)\b", name)
    if simulated:
        return None, os.path.dirname(sim.program(simulated.group(1)))
    if image:
        return image.group(1), os.path.dirname(ctx.image(image.group(1), TESTING=1, BOARD=board))
    if name.startswith("contract:" + BOARD):
        return None, os.path.dirname(contract.image(ctx))
    if name.startswith("kernel:" + an521.BOARD):
        return None, os.path.dirname(an521.first_image(name))
    if name.startswith("kernel:" + pico.BOARD):
        return None, os.path.dirname(pico.first_image(name))
    if name.startswith("contract:" + board):
        return None, os.path.dirname(contract.image(ctx, "contract-zephyr", board, KERNEL="zephyr"))
    program = re.match(r"kernel:(.+)-(stress|clock)$", name)
    if program:
        return None, os.path.dirname(kernel.image(os.path.join(kernel.SUITES, program.group(2)), program.group(1)))
    if name == "contract:nth-posix":
        return None, os.path.dirname(contract.host_program("posix"))
    if name == "contract:kernel-sim":
        return None, os.path.dirname(contract.host_program("zephyr"))
    if name.startswith("kernel:" + BOARD):
        return None, os.path.dirname(kernel.first_image(name))
    if name.startswith("kernel:" + aarch64.BOARD):
        return None, os.path.dirname(aarch64.first_image(name))
    if name.startswith("rp2040:"):
        need_emulator(pico.BOARD)
        return None, EMULATOR
    if name == "sim-late":
        return None, os.path.dirname(sim.program("core-nogil"))
    if name == "ble-alone":
        return None, ble.built("alone")
    if name == "contract:posix-asan":
        return None, os.path.dirname(contract.host_program_asan())
    ctx.fail("{}: who knows what it runs?".format(name))


def folders_of(ctx, path, board, image, folder):
    """What a copy's build folder has to have: where it is here, by where it is there."""
    if not image:
        parts = (folder, EMULATOR) if board == pico.BOARD else (folder,)
        return {os.path.join(path, os.path.relpath(part, ROOT)): part for part in parts}
    words = make_variables(image, variables_of(ctx, board), {})
    there = os.path.dirname(make("-s", "image-path", *words, cwd=path).split("\n")[0])
    folders = {there: folder}
    for tool in glob.glob(os.path.join(ROOT, "build", "mpy-cross-*", "mpy-cross")):
        folders[os.path.join(path, os.path.relpath(tool, ROOT))] = tool
    return folders


def lay_out(ctx, path, board, image, folder):
    """Make a copy what is here, and its build folder what was built here and nothing else."""
    os.makedirs(path, exist_ok=True)
    for name in os.listdir(ROOT):
        if name not in NOT_COPIED and not name.startswith("."):
            update(os.path.join(ROOT, name), os.path.join(path, name))
    folders = folders_of(ctx, path, board, image, folder)
    for built in glob.glob(os.path.join(path, "build", "*", "*")):
        if built not in folders:
            remove(built)
    for there, here in folders.items():

        def rewrite(text):
            return re.sub(re.escape(ROOT) + "/(?!build/)", path + "/", text.replace(here + "/", there + "/"))

        os.makedirs(os.path.dirname(there), exist_ok=True)
        update(here, there, rewrite)


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
    lists = [ctx.run(PYTHON, "tests/run.py", "--list", word, cwd=ROOT) for word in ("--all", "--everything")]
    cases = "".join(lists).split()
    for name, (_, caught_by, edits) in FAULTS.items():
        assert any(label.startswith(caught_by) for label in cases), (name, caught_by)
        with tempfile.TemporaryDirectory() as copy:
            for path in {path for path, _, _ in edits}:
                os.makedirs(os.path.join(copy, os.path.dirname(path)), exist_ok=True)
                shutil.copy(os.path.join(ROOT, path), os.path.join(copy, path))
            edit(copy, edits)


def run_case(ctx, path, board, name):
    words = ["{}={}".format(*item) for item in variables_of(ctx, board).items()] + ["T=" + name, "FIRST=1"]
    run = subprocess.run(
        [PYTHON, "tests/run.py", "--all"] + words,
        cwd=path,
        env=dict(os.environ, MBEDTLS_DIR=os.path.join(ROOT, "build", "mbedtls")),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    ctx.log(run.stdout)
    return run


def run_with(ctx, caught_by, edits):
    """Run a case in a copy with these edits."""
    board, _, name = caught_by.rpartition("/")
    board = board or Case(name, None).subject or ctx.board_name
    image, folder = build_here(ctx, board, name)
    with tree(os.path.basename(folder)) as path:
        lay_out(ctx, path, board, image, folder)
        edit(path, edits)
        return run_case(ctx, path, board, name)


@case(name="fault-none", fault=True, timeout=400)
def fault_none(ctx):
    "An edit is gone for the next one: what noticed it passes then."
    for name in ("shared-name", "critical-by-basepri", "waiter-lost"):
        _, caught_by, edits = FAULTS[name]
        assert run_with(ctx, caught_by, edits).returncode == 1, name
        assert run_with(ctx, caught_by, ()).returncode == 0, name


def register(name, story, caught_by, edits):
    @case(name="fault-" + name, fault=True, apart=not caught_by.endswith(QUICK), timeout=400)
    def run(ctx):
        result = run_with(ctx, caught_by, edits)
        found = re.search(r"^FAIL (.*)$", result.stdout, re.M)
        # A fault that does not build shows nothing.
        if not found or re.match(r"\S+: make ", found.group(1)):
            ctx.fail("{} did not notice: {}".format(caught_by, result.stdout.strip().rpartition("\n")[2]))
        ctx.note(found.group(1))

    run.__doc__ = story


for path in glob.glob(os.path.join(ROOT, "tests", "faults", "*.py")):
    importlib.import_module("faults." + os.path.splitext(os.path.basename(path))[0])
for name, (story, caught_by, edits) in sorted(FAULTS.items()):
    register(name, story, caught_by, edits)
