# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The examples that docs/guide.md shows: they say what it says that they do, and are what it shows of them."""

import os
import re

from harness import ALL, BOTH, ROOT, case

FOLDER = os.path.join(ROOT, "examples")
APART = ("tour", "trace")  # which other cases run
LINK = re.compile(r"^\[(\w+)\.py\]\(\.\./examples/\1\.py\)", re.M)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def shown():
    """By example: the pieces of code that the guide shows, and the output."""
    with open(os.path.join(ROOT, "docs", "guide.md")) as f:
        text = f.read()
    links = list(LINK.finditer(text))
    for link, after in zip(links, links[1:] + [None]):
        section = text[link.end() : after.start() if after else None].split("\n#")[0]
        blocks = {}
        for language, content in BLOCK.findall(section):
            blocks.setdefault(language, content)
        yield link.group(1), re.split(r"\n\n+", blocks["python"].strip("\n")), blocks["text"]


def without_times(text):
    return re.sub(r"\d+ ms\b.*", "... ms", text)


@case(timeout=20)
def examples_shown(ctx):
    "The guide shows every example, and nothing that is not in it."
    names = {name[:-3] for name in os.listdir(FOLDER) if name.endswith(".py")} - set(APART)
    assert {name for name, _, _ in shown()} == names, names
    for name, pieces, _ in shown():
        with open(os.path.join(FOLDER, name + ".py")) as f:
            text = f.read()
        for piece in pieces:
            assert "\n" + piece + "\n" in text, (name, piece)


@case(each=("gil", "nogil"), boards=ALL, timeout=60, waits=True)
def examples(ctx):
    "Each example of the guide prints what the guide says, and ends."
    count = 0
    for name, _, wanted in shown():
        status, said = ctx.run_script(os.path.join(FOLDER, name + ".py"), ctx.variant)
        assert (status, without_times(said)) == (0, without_times(wanted)), (name, status, said)
        count += 1
    ctx.note("{} examples".format(count))


@case(each=("gil", "nogil"), boards=BOTH, timeout=20, waits=True)
def examples_late(ctx):
    "The soft timer's example prints the same where its callback is slow, and more calls are due when it stops."
    with open(os.path.join(FOLDER, "soft_timer.py")) as f:
        begin, tick, rest = f.read().partition("def tick(timer):\n")
    slow = "    __import__('time').sleep_ms(30)\n"  # while a callback runs no other one does
    path = os.path.join(ctx.scratch(), "soft_timer.py")
    with open(path, "w") as f:
        f.write(begin + tick + slow + rest)
    wanted = next(output for name, _, output in shown() if name == "soft_timer")
    assert ctx.run_script(path, ctx.variant) == (0, wanted)
