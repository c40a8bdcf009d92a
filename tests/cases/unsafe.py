# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Our own scripts keep to what docs/caveats.md asks of programs without a GIL: none passes by luck."""

import ast
import glob
import os
import re

import shared
from harness import ROOT, case

# What shared.py must find, or must not.
WRONG = {
    "def f():\n    pass\nident = start(f, ())": "3: ident is a new global",
    "def f():\n    pass\nstart(f, ())\nfor i in range(3):\n    pass": "4: i is a new global",
    "def f():\n    pass\ndef g():\n    start(f, ())\ng()\nimport gc": "6: gc is a new global",
    "x = []\ndef f():\n    x.append(1)\nstart(f, ())": "3: x is changed by a thread without a lock",
    "x = {}\ndef g():\n    x[1] = 2\ndef f():\n    g()\nfor h in (f, g):\n    start(h, ())": "3: x is changed by a th",
    "x = set()\nstart(lambda: x.add(1), ())": "2: x is changed by a thread without a lock",
}
RIGHT = (
    "ident = None\ndef f():\n    pass\nident = start(f, ())",
    "for i in range(3):\n    start(f, (i,))\nfor i in range(3):\n    pass",
    "x = []\ndef f():\n    with lock:\n        x.append(1)\nstart(f, ())",
    "x = [0] * 3\ndef f(i):\n    x[i] = 2\nstart(f, (1,))",
    "x = []\ndef f():\n    x = []\n    x.append(1)\nstart(f, ())",
    "x = []\ndef f():\n    x.append(1)\nf()",
    "x = []\ndef f():\n    x.append(1)  # alone\nstart(f, ())",
)


@case()
def unsafe_finds(ctx):
    "Each kind of what threads must not do is found, and nothing else."
    for text, wanted in WRONG.items():
        found = shared.faults(text.replace("start(", "start_new_thread("))
        assert len(found) == 1 and found[0].startswith(wanted), (text, found)
    for text in RIGHT:
        assert not shared.faults(text.replace("start(", "start_new_thread(")), text


def scripts_in_cases(path):
    """Strings of a module of cases that start threads, each with the line that it begins in."""
    with open(path) as f:
        tree = ast.parse(f.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "start_new_thread" in node.value:
            try:
                ast.parse(node.value)
            except SyntaxError:
                continue  # a part of one
            yield node.lineno, node.value


@case()
def unsafe_scripts(ctx):
    "No script that runs without a GIL makes globals or changes what is shared while its threads run."
    looked = 0
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "python", "*.py"))):
        with open(path) as f:
            text = f.read()
        images = re.search(r"^# image: *(.+)$", text, re.M)
        if "start_new_thread" in text and (not images or "nogil" in images.group(1)):
            found = shared.faults(text)
            assert not found, "{}:{}".format(os.path.basename(path), found[0])
            looked += 1
    assert looked > 20, looked
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "cases", "*.py"))):
        for line, text in scripts_in_cases(path) if path != __file__ else ():
            found = shared.faults(text)
            assert not found, "{}, string in line {}: {}".format(os.path.basename(path), line, found[0])
