# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The tools themselves: layers, style, docs, and the commands that need no image."""

import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile

import patience
from harness import ALL, BOTH, PYTHON, bare_environment, case, make

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
    "ble/a.c": '#include "rtos.h"\n#include "ble.h"\n#include "b.h"\n#include <string.h>\n#include "py/obj.h"\n',
    "ble/b.h": '#include "FreeRTOS.h"\n',
    "ble/c.c": '#include "mbedtls/aes.h"\n#include "service.h"\n',
    "ble/crypto.c": '#include "b.h"\n#include "mbedtls/aes.h"\n#include <errno.h>\n#include "psa/crypto.h"\n',
    "kernel/g.c": '#include "rtos.h"\n',
    "services/h.c": '#include "py/obj.h"\n',
    "include/rtos.h": '#include "rtos_port.h"\n#include "py/obj.h"\n',
    "ports/x/i.c": '#include "py/obj.h"\n#include "FreeRTOS.h"\n',
    "tests/vm/j.c": '#include "py/obj.h"\n',
    "tests/core/k.c": '#include "py/obj.h"\n',
}
BAD_LINES = """adapters/freertos/f.c:2 ble/a.c:5 ble/b.h:1 ble/c.c:1 ble/c.c:2 ble/crypto.c:4 core/a.c:1 core/b.h:1
    core/c.c:2 include/rtos.h:2 kernel/g.c:1 services/h.c:1 tests/core/k.c:1 vm/d.c:2 vm/e.c:1""".split()


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
    kinds = ("--all", "--everything", "--faults")
    listed = "".join(ctx.run(PYTHON, "tests/run.py", "--list", kind, cwd=ctx.root) for kind in kinds).split()
    names = {label.split("/")[-1].split(":")[0] for label in listed}
    names |= {name[len("fault-") :] for name in names if name.startswith("fault-")}
    for folder in ("co[rn]*", os.path.join("ble", "*")):
        for path in glob.glob(os.path.join(ctx.root, "tests", folder, "test_*.c")):
            with open(path) as f:
                found = re.findall(r'^ *(?:WIDE_)?CASE\((\w+)|\{ "([\w-]+)", \w+ \}', f.read(), re.M)
                names |= {one or other for one, other in found}
    names |= {os.path.splitext(name)[0] for name in os.listdir(os.path.join(ctx.root, "tests", "bench"))}
    return names


@case()
def proof_table(ctx):
    "Every test that docs/design.md and docs/ble.md say proves something exists."
    defined = defined_names(ctx)
    for document, heading, first, least in (
        ("design.md", "## What is proven by what", 3, 60),
        ("ble.md", "| the way |", 2, 20),
    ):
        with open(os.path.join(ctx.root, "docs", document)) as f:
            rows = re.findall(r"^\| .*$", f.read().split(heading)[1], re.M)
        cells = [cell for row in rows for cell in row.split("|")[first:]]
        named = {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}
        assert len(named) > least and not named - defined, sorted(named - defined)


SHARED_FROM = ("extmod", "shared", "py", "lib")
STAND_INS = ("gc", "generator", "random", "scheduler", "vfs")


@case(images=("nogil",))
def shared_state(ctx):
    "What MicroPython's modules keep in static variables and root pointers is what docs/design.md says something about."
    build = os.path.dirname(ctx.image("nogil"))
    objects = [path for folder in SHARED_FROM for path in glob.glob(build + "/" + folder + "/**/*.o", recursive=True)]
    objects += ["{}/vm/{}.o".format(build, name) for name in STAND_INS]
    symbols = ctx.run("arm-none-eabi-nm", "-A", *objects)
    kept = set(re.findall(r" [bBdDC] ([A-Za-z_]\w*)", symbols)) - {"mp_state_ctx"}
    with open(build + "/genhdr/root_pointers.h") as f:
        kept |= set(re.findall(r"(\w+)(?:\[.*\])?;$", f.read(), re.M))
    assert {"LfnBuf", "yasmarang_pad", "vfs_cur", "sched_queue"} <= kept, kept
    with open(os.path.join(ctx.root, "docs", "design.md")) as f:
        said = f.read().split("## What threads share")[1].split("\n## ")[0]
    missing = {name for name in kept if "`" + name + "`" not in said}
    assert not missing, sorted(missing)


LATE = """
import asyncio, time
async def tick():
    for i in range(3):
        await asyncio.sleep(0.1)
        print("tick", i)
async def main():
    asyncio.create_task(tick())
    await asyncio.sleep(0)
    time.sleep(0.4)
    await asyncio.sleep(0.25)
    print("end")
asyncio.run(main())
"""


@case()
def reference_is_in_time(ctx):
    "CPython prints what a test of asyncio does in time, however late the machine is."
    script = os.path.join(ctx.scratch(), "asyncio_late.py")
    with open(script, "w") as f:
        f.write(LATE)
    assert ctx.run("tests/reference", "-BS", script, cwd=ctx.root).split("\n")[:3] == ["tick 0", "tick 1", "end"]


@case(check_only=True, serial=True)
def docs(ctx):
    "Every command in the documents runs, and every path that they name exists."
    words = ["{}={}".format(*item) for item in ctx.variables.items()]
    ctx.run("tools/docs-check", *words, cwd=ctx.root, timeout=120)


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
        "TRACE=2",
        "TRACE_KB=much",
        "CORES=2",
        "MICROPYTHON_DIR=/nowhere",
        "FREERTOS_DIR=/nowhere",
        "SCRIPT=nowhere.py",
    ):
        run = subprocess.run(
            ["make", "run", value],
            cwd=ctx.root,
            env=bare_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ctx.log(run.stdout)
        assert run.returncode == 2 and run.stdout.count("\n") == 1, value
        assert value in run.stdout, value


@case()
def wrong_freertos(ctx):
    "FREERTOS_DIR= that the Pico cannot do with is refused in one line, which names it and what will do."
    scratch = ctx.scratch()
    shutil.rmtree(scratch, ignore_errors=True)
    for version, port in ((9, "GCC/ARM_CM3"), (9, "GCC/ARM_CM0"), (10, "ThirdParty/GCC/RP2040")):
        folder = os.path.join(scratch, "V{}".format(version), port.replace("/", "-"))
        for path in ("tasks.c", "include/task.h", "portable/{}/port.c".format(port)):
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w") as f:
                f.write("#define tskKERNEL_VERSION_MAJOR {}\n".format(version))
    for words, said in (
        ("", "FREERTOS_DIR=: the V9 in MicroPython's source has no port for BOARD=pico; "),
        ("FREERTOS_DIR=/nowhere", "FREERTOS_DIR=/nowhere: no FreeRTOS kernel there (no tasks.c); "),
        ("FREERTOS_DIR={}/V9/GCC-ARM_CM3 CORES=1", "no port for BOARD=pico there; "),
        ("FREERTOS_DIR={}/V9/GCC-ARM_CM0", "V9 there knows one core of BOARD=pico; say CORES=1, or "),
        ("FREERTOS_DIR={}/V10/ThirdParty-GCC-RP2040", "V10 there knows one core of BOARD=pico; say CORES=1, or "),
        ("FREERTOS_DIR={}/V9/GCC-ARM_CM0 CORES=1", None),
    ):
        line = ["make", "image-path", "BOARD=pico", "KERNEL=freertos", *words.format(scratch).split()]
        run = subprocess.run(line, cwd=ctx.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if said is None:
            assert run.returncode == 0, run.stderr
            continue
        assert run.returncode == 2 and run.stderr.count("\n") == 1 and said in run.stderr, (words, run.stderr)
        assert "give a FreeRTOS-Kernel of V11" in run.stderr, run.stderr


@case()
def wrong_cores(ctx):
    "CORES= is refused by name where it would be ignored."
    for words, said in (
        ("run BOARD=host CORES=2", "CORES=2: BOARD=host has those of this machine; leave it out"),
        ("test BOARD=virt-aarch64 CORES=9", "CORES=9: BOARD=virt-aarch64 has at most 8; say a number from 1"),
        ("repl BOARD=virt-aarch64 CORES=many", "CORES=many: BOARD=virt-aarch64 has at most 8; say a number from 1"),
        ("bench BOARD=virt-aarch64 CORES=2", "CORES=2: make bench has its own; leave it out"),
    ):
        run = subprocess.run(["make", *words.split()], cwd=ctx.root, stderr=subprocess.PIPE, text=True)
        assert run.returncode == 2 and run.stderr.count("\n") == 1 and said in run.stderr, (words, run.stderr)


@case()
def boards_of_cases(ctx):
    "make test has two boards, BOARD= any one in full, make check of every other the suites that must pass."
    plain, check, everything, one = (
        set(ctx.run(PYTHON, "tests/run.py", "--list", *words, cwd=ctx.root).split())
        for words in ((), ("--all",), ("--everything",), ("BOARD=virt-aarch64",))
    )
    assert not any(other in label for label in plain for other in ALL if other not in BOTH)
    suites = {"kernel:virt-aarch64", "virt-aarch64/contract:virt-aarch64", "virt-aarch64/thread:nogil"}
    assert suites <= one & check & everything and not suites & plain
    assert "virt-aarch64/bad_input:gil" in one - check and one <= everything and plain <= check
    for other in set(ALL) - set(BOTH):
        of_board = ctx.run(PYTHON, "tests/run.py", "--list", "BOARD=" + other, cwd=ctx.root)
        assert "kernel:{}\n".format(other) in of_board and "contract:{}\n".format(other) in of_board, other


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


@case()
def says_how_many(ctx):
    "Before the first case there is a line that says how many there are; the last one is how many passed."
    said = ctx.run(PYTHON, "tests/run.py", "T=no-such-case", cwd=ctx.root).splitlines()
    assert re.match("1 cases of mps2-an385, ", said[0]) and said[-1] == "1 passed, 0 failed", said


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
            assert patience.wait_for_end(tool, 5) is not None
            left = [name for name in os.listdir(folder) if name != "forever.py"]
            assert number == signal.SIGKILL or not left, left
            # The kernel kills QEMU once its parent has ended, so it may outlive it by a moment.
            gone = patience.wait_until(lambda: not pids_that_name(folder), 5)
            assert gone, "left: processes {}".format(pids_that_name(folder))


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
            assert patience.wait_for_end(tool, 15) == status, (text, tool.returncode)
            ctx.log(text, tool.stdout.read(), status)
        tool = start("try:\n  print('go')\n  while 1: pass\nexcept KeyboardInterrupt:\n  print('int')")
        assert tool.stdout.readline() == b"go\n"
        tool.send_signal(signal.SIGINT)
        status = patience.wait_for_end(tool, 10)
        tool.kill()
        assert (status, tool.stdout.read()) == (0, b"int\n"), status


# The first wait without a limit has a signal just before it.
LATE_SIGNAL = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <sys/select.h>
int select(int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *limit) {
    static int waits;
    if (limit == NULL && waits++ == 0) {
        raise(SIGINT);
    }
    int (*real)(int, fd_set *, fd_set *, fd_set *, struct timeval *) = dlsym(RTLD_NEXT, "select");
    return real(count, in, out, other, limit);
}
"""
SILENT_BOARD = """
import subprocess, sys
import qemu
board = [sys.executable, "-c", "import sys; print(ord(sys.stdin.read(1)))"]
sys.exit(qemu.run_on_console(qemu.start(board, stdin=subprocess.PIPE, stdout=subprocess.PIPE)))
"""


@case(timeout=30)
def run_tool_late_signal(ctx):
    "A SIGINT that comes between the last look for one and the wait reaches the board all the same."
    source, library = (os.path.join(ctx.scratch(), "late" + ending) for ending in (".c", ".so"))
    with open(source, "w") as f:
        f.write(LATE_SIGNAL)
    ctx.run("gcc", "-shared", "-fPIC", "-o", library, source, "-ldl")
    environment = dict(os.environ, LD_PRELOAD=library)
    command = [ctx.python, "-c", SILENT_BOARD]
    tool = subprocess.Popen(
        command, cwd=ctx.root + "/tools", env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    status = patience.wait_for_end(tool, 10)
    tool.kill()
    assert (status, tool.stdout.read()) == (0, b"3\n"), status


@case()
def make_help(ctx):
    "make help explains every target and variable."
    text = make("help")
    ctx.log(text)
    for word in "run top repl serial test check bench size soak clean".split():
        assert "make " + word in text, word
    for word in "BOARD KERNEL GIL THREADS HEAP CORES ICOUNT MICROPYTHON_DIR FREERTOS_DIR".split():
        assert word + "=" in text, word
