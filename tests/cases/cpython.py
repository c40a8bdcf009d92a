# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Programs with threads that print on the board, line by line, what they print in CPython: those of tests/threading."""

import glob
import os
import re
import subprocess
import sys

import patience
from harness import BOARD, PYTHON, ROOT, case

FOLDER = os.path.join(ROOT, "tests", "threading")
COMMON = os.path.join(FOLDER, "common.py")
IMPORT = "from common import "
LEAST = 200  # cases in all programs


def program(ctx, path):
    """A copy of a program that has in it what it imports from common.py."""
    copy = os.path.join(ctx.scratch(), os.path.basename(path))
    with open(path) as f, open(COMMON) as common, open(copy, "w") as out:
        for line in f:
            out.write(common.read() if line.startswith(IMPORT) else line)
    return copy


def cpython(path):
    """The status and the lines of a program in CPython, where what is written to stderr is another matter."""
    run = patience.run([PYTHON, "-W", "ignore", path], 60, stderr=subprocess.DEVNULL)
    return run.returncode, run.stdout.splitlines()


def difference(wanted, said):
    """The first line that differs, in one line, or None."""
    for n in range(max(len(wanted), len(said))):
        want, got = (lines[n] if n < len(lines) else "nothing more" for lines in (wanted, said))
        if got != want:
            return "CPython says {!r}, the board {!r}".format(want, got)
    return None


def compare(ctx, **variables):
    """Run all programs in an image: those that differ are named with the first case that does."""
    count, failed = 0, []
    for path in sorted(set(glob.glob(os.path.join(FOLDER, "*.py"))) - {COMMON}):
        name = os.path.basename(path)
        copy = program(ctx, path)
        status, wanted = cpython(copy)
        found, output = ctx.run_script(copy, **variables)
        said = output.splitlines()
        ctx.log("{}: status {}, {} lines\n{}".format(name, found, len(said), output))
        problem = difference(wanted, said)
        if not problem and found != status:
            problem = "CPython ends with status {}, the board with {}".format(status, found)
        if problem:
            failed.append("{}: {}".format(name, problem))
        count += len(wanted)
    if failed:
        ctx.log("\n".join(failed))
        ctx.fail("{} programs differ; {}".format(len(failed), failed[0]))
    assert count >= LEAST, count
    ctx.note("{} cases".format(count))


@case(each=("gil", "nogil"), timeout=120, waits=True, boards=("host",))
def threading_as_cpython(ctx):
    "Programs with threads print what they print in CPython 3.11, case by case."
    compare(ctx)


@case(each=("nogil-tsan",), timeout=300, waits=True, boards=("host",))
def threading_sanitized(ctx):
    "The same without a GIL, where every race that ThreadSanitizer sees ends a program."
    compare(ctx)


@case(images=("gil",), timeout=120, waits=True)
def threading_as_cpython_freertos(ctx):
    "The same on a board."
    compare(ctx, name="gil")


@case(timeout=120, waits=True)
def threading_as_cpython_zephyr(ctx):
    "The same on our own kernel, in an image that other cases have, too."
    compare(ctx, name="gil", KERNEL="zephyr", BLE=1)


@case(
    name="thread-as-cpython",
    each=("gil", "nogil"),
    timeout=300,
    waits=True,
    boards=("virt-aarch64",),
    apart=("gil",),
)
def threading_as_cpython_virt(ctx):
    "The same on four parallel cores."
    compare(ctx)


TABLE = os.path.join(ROOT, "docs", "threading.md")
VERSION = (3, 11)  # of CPython
MODULES = ("threading", "queue", "concurrent.futures", "_thread")
# What makes an object of each class whose methods are compared.
OBJECTS = {
    "threading": "Thread() Lock() RLock() Condition() Semaphore() BoundedSemaphore() Event() Barrier(1) local() "
    "Timer(0,None)",
    "queue": "Queue() LifoQueue() PriorityQueue() SimpleQueue()",
    "concurrent.futures": "Future() Executor() ThreadPoolExecutor(1)",
    "_thread": "RLock() allocate_lock()",
}
# Prints the public names of a module, with old ones that it does not list; and the methods and properties of objects.
NAMES = """
import sys
import importlib

name, *objects = sys.argv[1:]
module = importlib.import_module(name)
words = getattr(module, "__all__", dir(module))
words = set(words) | {"activeCount", "currentThread"}.intersection(dir(module))
print(*sorted(word for word in words if word[0] != "_"))
for text in objects:
    made = eval("module." + text)
    names = [word for word in dir(made) if word[0] != "_"]
    print(text, *[word for word in names if word in dir(type(made)) or callable(getattr(made, word))])
"""

# On the board: whether something has a name, as the table says.
CHECK = """
checks, wrong = 0, []
def check(what, name, there):
    global checks
    checks += 1
    if hasattr(eval(what), name) != there:
        wrong.append(what + "." + name)
"""


def rows(text):
    """The rows of the table, by module and name."""
    found = {}
    for line in text.splitlines():
        if line.startswith("## "):
            rows_here = found.setdefault(line[3:], {})
        row = re.match(r"\| `(\w+)` \| (same|differs|absent) \| (.*)\|$", line)
        if row:
            name, here, how = row.groups()
            assert name not in rows_here and bool(how.strip()) == (here != "same"), line
            rows_here[name] = here
    return found


@case(images=("gil",), timeout=60, boards=("host",))
def threading_table(ctx):
    "The table of docs/threading.md has each public name of CPython's modules, and what it says is there is there."
    with open(TABLE) as f:
        table = rows(f.read())
    assert tuple(table) == MODULES, list(table)
    script = [CHECK]
    for module, listed in table.items():
        made = []
        if sys.version_info[:2] == VERSION:  # others have other names
            names, *made = ctx.run(PYTHON, "-c", NAMES, module, *OBJECTS[module].split()).splitlines()
            assert names.split() == sorted(listed), sorted(set(names.split()) ^ set(listed))
        script.append("import " + module)
        script += ["check({!r}, {!r}, {})".format(module, name, here != "absent") for name, here in listed.items()]
        for made, *methods in map(str.split, made):
            script += ["check({!r}, {!r}, True)".format(module + "." + made, method) for method in methods]
    path = os.path.join(ctx.scratch(), "table.py")
    with open(path, "w") as f:
        f.write("\n".join(script) + "\nprint(checks, wrong)\n")
    status, output = ctx.run_script(path, "gil")
    checks, _, wrong = output.strip().partition(" ")
    assert (status, wrong) == (0, "[]"), output
    ctx.note("{} rows, {} names".format(sum(map(len, table.values())), checks))
