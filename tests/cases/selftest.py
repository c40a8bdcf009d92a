# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The tools themselves: layers, style, docs, and the commands that need no image."""

import glob
import os
import re
import signal
import subprocess
import tempfile
import time

from harness import case, make

# A tree in which every rule of tools/layers is broken once, or kept.
BAD_TREE = {
    "core/a.c": '#include "py/mpstate.h"\n',
    "core/b.c": '#include "rtos.h"\n#include "b.h"\n#include <string.h>\n',
    "core/b.h": '#include "FreeRTOS.h"\n',
    "core/c.c": '\n#  include "../vm/gc.h"\n',
    "vm/d.c": '#include "py/mpthread.h"\n#include "task.h"\n',
    "vm/e.c": '#include "ports/mps2-an385/clock.h"\n',
    "adapters/freertos/f.c": '#include "FreeRTOS.h"\n#include "py/gc.h"\n',
    "adapters/freertos/rtos_port.h": '#include "FreeRTOS.h"\n',
    "kernel/g.c": '#include "rtos.h"\n',
    "services/h.c": '#include "py/obj.h"\n',
    "include/rtos.h": '#include "rtos_port.h"\n#include "py/obj.h"\n',
    "ports/x/i.c": '#include "py/obj.h"\n#include "FreeRTOS.h"\n',
    "tests/vm/j.c": '#include "py/obj.h"\n',
    "tests/core/k.c": '#include "py/obj.h"\n',
}
BAD_LINES = """adapters/freertos/f.c:2 core/a.c:1 core/b.h:1 core/c.c:2 include/rtos.h:2
    kernel/g.c:1 services/h.c:1 tests/core/k.c:1 vm/d.c:2 vm/e.c:1""".split()


@case()
def layers(ctx):
    "No file includes what its layer must not know."
    ctx.run("tools/layers", cwd=ctx.root)


@case()
def layers_finds(ctx):
    "tools/layers reports each broken rule of a bad tree, and nothing else."
    with tempfile.TemporaryDirectory() as tree:
        for name, text in BAD_TREE.items():
            path = os.path.join(tree, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)
        output = ctx.run("tools/layers", tree, cwd=ctx.root, check=False)
    found = sorted(":".join(line.split(":")[:2]) for line in output.splitlines() if ":" in line)
    assert found == BAD_LINES, found


@case()
def style(ctx):
    "Whitespace, line length, braces and SPDX headers are as they should be."
    ctx.run("tools/style", cwd=ctx.root)


@case()
def style_finds(ctx):
    "tools/style reports each kind of fault, at its line."
    text = (
        "// SPDX-FileCopyrightText: The Heddle authors\n"
        "// SPDX-License-Identifier: MIT\n"
        "void f(void) {\n"
        "\tg();\n"
        "    g(); \n"
        "    if (a(b) && c)\n        g();\n"
        "    if (a(b) && c) {\n        g();\n    } else if (d ||\n        e) {\n    }\n"
        "    // " + "x" * 120 + "\n"
        "}"
    )
    with tempfile.TemporaryDirectory() as tree:
        for name, content in (("bad.c", text), ("bare.py", "print(1)\n")):
            with open(os.path.join(tree, name), "w") as f:
                f.write(content)
        output = ctx.run("tools/style", tree, cwd=ctx.root, check=False)
    found = [":".join(line.split(":")[:2]) for line in output.splitlines() if ":" in line]
    wanted = ["bad.c:%d" % n for n in (4, 5, 6, 13, 14)] + ["bare.py:1"]
    assert found == wanted, found


def defined_names(ctx):
    """Names of cases, of whatever kind, and of seeded faults."""
    listed = ctx.run(ctx.python, "tests/run.py", "--list", "--all", cwd=ctx.root).split()
    names = {label.split("/")[-1].split(":")[0] for label in listed}
    names |= {name[len("fault-") :] for name in names if name.startswith("fault-")}
    for path in glob.glob(os.path.join(ctx.root, "tests", "co[rn]*", "test_*.c")):
        with open(path) as f:
            names |= set(re.findall(r"^ *(?:WIDE_)?CASE\((\w+)", f.read(), re.M))
    names |= {os.path.splitext(name)[0] for name in os.listdir(os.path.join(ctx.root, "tests", "bench"))}
    return names


@case()
def proof_table(ctx):
    "Every test that docs/design.md says proves something exists."
    with open(os.path.join(ctx.root, "docs", "design.md")) as f:
        rows = re.findall(r"^\| .*$", f.read().split("## What is proven by what")[1], re.M)
    cells = [cell for row in rows[1:] for cell in row.split("|")[3:]]
    named = {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}
    missing = named - defined_names(ctx)
    assert len(named) > 60 and not missing, sorted(missing)


@case(check_only=True, serial=True, timeout=600)
def docs(ctx):
    "Every command in the documents runs, and every path that they name exists."
    words = ["{}={}".format(*item) for item in ctx.variables.items()]
    ctx.run("tools/docs-check", *words, cwd=ctx.root, timeout=580)


@case()
def wrong_values(ctx):
    "A wrong make variable is answered by one line that names it."
    for value in (
        "BOARD=foo",
        "KERNEL=linux",
        "GIL=2",
        "THREADS=yes",
        "HEAP=much",
        "HEAP=1000",
        "HEAP=99999999",
        "ICOUNT=on",
        "MICROPYTHON_DIR=/nowhere",
        "FREERTOS_DIR=/nowhere",
        "SCRIPT=nowhere.py",
    ):
        run = subprocess.run(
            ["make", "run", value],
            cwd=ctx.root,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ctx.log(run.stdout)
        assert run.returncode == 2 and run.stdout.count("\n") == 1, value
        assert value in run.stdout, value


@case()
def no_such_case(ctx):
    "T= that matches nothing is an error, not a success with no cases."
    run = subprocess.run(
        [ctx.python, "tests/run.py", "T=there-is-no-such-case"],
        cwd=ctx.root,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.returncode == 1 and run.stderr.count("\n") == 1, run.stderr


def pids_that_name(path):
    """The processes whose command line has `path` in it."""
    found = []
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(name, "rb") as f:
                if path.encode() in f.read():
                    found.append(int(name.split("/")[2]))
        except OSError:
            pass
    return found


@case(images=("bare",), timeout=60)
def nothing_left(ctx):
    "QEMU and its temporary file go when the tool that started them is ended."
    elf = ctx.image("bare")
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "forever.py")
            with open(script, "w") as f:
                f.write("print('started')\nwhile True:\n    pass\n")
            environment = dict(os.environ, TMPDIR=folder)
            command = [ctx.python, "tools/qemu.py", "--script", script, elf]
            tool = subprocess.Popen(
                command, cwd=ctx.root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert tool.stdout.readline() == b"started\n"
            tool.send_signal(number)
            tool.communicate(timeout=5)
            left = [name for name in os.listdir(folder) if name != "forever.py"]
            assert number == signal.SIGKILL or not left, left
            # The kernel kills QEMU once its parent has ended, so it may outlive it by a moment.
            limit = time.monotonic() + 5
            while pids_that_name(folder):
                assert time.monotonic() < limit, "left: processes {}".format(pids_that_name(folder))
                time.sleep(0.01)


@case(each=("gil", "bare"), timeout=60)
def run_tool(ctx):
    "The script's success is the status; output streams; SIGINT reaches the script."
    elf = ctx.image()
    with tempfile.TemporaryDirectory() as folder:

        def start(text):
            script = os.path.join(folder, "script.py")
            with open(script, "w") as f:
                f.write(text)
            command = [ctx.python, "tools/qemu.py", "--script", script, elf]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            return subprocess.Popen(command, cwd=ctx.root, **pipes)

        for text, status in (
            ("print('a')", 0),
            ("1/0", 1),
            ("import sys\nsys.exit(3)", 3),
            ("def", 1),
        ):
            tool = start(text)
            output = tool.communicate(timeout=15)[0]
            ctx.log(text, output, tool.returncode)
            assert tool.returncode == status, (text, tool.returncode, output)
        tool = start("try:\n  print('go')\n  while 1: pass\nexcept KeyboardInterrupt:\n  print('int')")
        assert tool.stdout.readline() == b"go\n"
        tool.send_signal(signal.SIGINT)
        assert tool.communicate(timeout=10)[0] == b"int\n"
        assert tool.returncode == 0


@case()
def make_help(ctx):
    "make help explains every target and variable."
    text = make("help")
    ctx.log(text)
    for word in "run repl serial test check bench size soak clean".split():
        assert "make " + word in text, word
    for word in "BOARD KERNEL GIL THREADS HEAP ICOUNT MICROPYTHON_DIR FREERTOS_DIR".split():
        assert word + "=" in text, word
