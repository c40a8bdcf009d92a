# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Running programs, several in one go, and what each of them printed.

All programs of a run are strings in one script, which CPython and a board run
alike; lines around each program's output tell them apart.
"""

import os
import re
import subprocess
import tempfile

import patience

PYTHON = "/usr/bin/python3"

# On a board with room to spare a big block takes what is more than ROOM bytes.
SCRIPT = """\
import gc, sys
ROOM = {room}
if ROOM and sys.implementation.name == "micropython":
    ballast = bytearray(gc.mem_free() - ROOM)
if sys.implementation.name == "cpython":
    sys.setswitchinterval({switch})
def run(name, text):
    print("=== begin", name)
    try:
        exec(text, {{"__name__": name}})
    except Exception as e:
        print("ended by", type(e).__name__)
    sys.stdout.flush() if hasattr(sys.stdout, "flush") else None
    print("=== end", name)
"""


class Outcome:
    """`outputs` has each program that came to its end; `problem` says what went wrong with the run itself."""

    def __init__(self, text, problem=None):
        pattern = r"^=== begin (\S+)\n(.*?)^=== end \1\n"
        self.outputs = dict(re.findall(pattern, text, re.M | re.S))
        begun = re.findall(r"=== begin (\S+)\n", text)
        # What the console said last, where only that is known.
        self.unfinished = begun[-1] if begun and begun[-1] not in self.outputs else None
        self.problem = problem
        self.text = text


def script(programs, room=0, switch=0.005):
    """One script of (name, text) pairs."""
    runs = ["run({!r}, {!r})\n".format(name, text) for name, text in programs]
    return SCRIPT.format(room=room, switch=switch) + "".join(runs)


def in_file(text, function):
    """Call a function with the path of a file that holds this text, for as long as it runs."""
    with tempfile.TemporaryDirectory(prefix="heddle-") as folder:
        path = os.path.join(folder, "programs.py")
        with open(path, "w") as f:
            f.write(text)
        return function(path)


def run_cpython(programs, timeout=30, switch=0.005):
    """What the programs print, by CPython."""

    def run(path):
        try:
            done = patience.run([PYTHON, "-u", path], timeout)
        except subprocess.TimeoutExpired as er:
            return Outcome(er.stdout.decode(errors="replace"), "CPython: no end in {} s".format(timeout))
        return Outcome(done.stdout, done.returncode and "CPython: exit status {}".format(done.returncode) or None)

    return in_file(script(programs, switch=switch), run)


class BoardTarget:
    """An image of a board; the same icount runs exactly repeat each other."""

    def __init__(self, ctx, image, icount=False, room=0):
        self.ctx = ctx
        self.image = image
        self.icount = icount
        self.room = room
        self.name = image + ("-icount" if icount else "") + ("-small" if room else "")

    def run(self, programs, timeout=60):
        def run(path):
            try:
                status, text = self.ctx.run_script(path, self.image, timeout, icount=self.icount)
            except self.ctx.BoardError as er:
                said = re.sub(r"^ *\| ", "", str(er), flags=re.M)
                return Outcome(said + "\n", str(er).split(";")[0].split("\n")[0])
            return Outcome(text, "exit status {}".format(status) if status else None)

        return in_file(script(programs, self.room), run)
