# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What only the board that is a Linux program has: sanitizers, parallel threads, crashes, a command line."""

import os
import re
import subprocess

import patience
from cases.upstream import SLEEPS, TRIES, demand_all
from harness import Failure, bare_environment, case, make_variables

IMAGES = ("gil", "nogil", "gil-asan", "nogil-asan", "gil-tsan", "nogil-tsan")
ASIDE = ("gil-asan",)  # without a GIL more of the same code runs under it

# Scripts that have found something, or that do much at once: each runs under every sanitizer, too.
SCRIPTS = (
    "asyncio_calls asyncio_threads bad_input callbacks create_fails finaliser_callback gc_finalisers gc_new_blocks "
    "gc_overflow huge_numbers import_waits imports lock_api lock_timeouts masked_end print_str qstr_lookup "
    "services_api services_collect shared_exception stack_builtins stack_depth thread_api threads_churn threads_many "
    "timers_collect"
).split()
WITH_GIL_ONLY = ("finaliser_callback", "gc_finalisers")


def host_case(**options):
    return case(boards=("host",), **options)


def upstream_script(ctx, name):
    """Run one of MicroPython's tests like a script of ours: it prints what is expected, or what CPython prints."""
    path = os.path.join(ctx.micropython_dir, "tests", "thread", name + ".py")
    status, output = ctx.run_script(path, timeout=100)
    expected = path + ".exp"
    if os.path.exists(expected):
        with open(expected) as f:
            wanted = f.read()
    else:
        wanted = ctx.run(ctx.python, path)
    if status != 0 or output != wanted:
        ctx.log(output)
        ctx.fail("{}: status {}, and not the output expected".format(name, status))


# MicroPython's runner leaves out mutate_* where sys.platform is "linux"; they need a GIL, and with ours they pass.
MUTATE = "mutate_bytearray mutate_dict mutate_instance mutate_list mutate_set".split()


@host_case(each=IMAGES[:2], timeout=60, serial=True)
def thread_coop_host(ctx):
    "Those of MicroPython's tests/thread that depend on time, alone, and in one of a few tries: Linux may be late."
    for name in SLEEPS:
        for left in reversed(range(TRIES)):
            try:
                upstream_script(ctx, os.path.basename(name))
                break
            except Failure:
                if not left:
                    raise


@host_case(each=IMAGES[:2], timeout=240, waits=True, soak=True)
def thread_host(ctx):
    "MicroPython's tests/thread all pass, in parallel, but for those that depend on time."
    demand_all(ctx, ctx.variant, exclude=("mutate_", *SLEEPS))
    for name in MUTATE if ctx.variant == "gil" else ():
        upstream_script(ctx, name)


@host_case(each=IMAGES[2:], timeout=300, waits=True, soak=True, apart=ASIDE)
def thread_sanitized(ctx):
    "The same under sanitizers, which say nothing; but for those that depend on time."
    slow = ("stress_aes",) if ctx.variant.endswith("tsan") else ()
    demand_all(ctx, ctx.variant, exclude=("mutate_", *SLEEPS, *slow))
    for name in MUTATE if ctx.variant.startswith("gil") else ():
        upstream_script(ctx, name)


@host_case(each=("nogil-tsan",), timeout=400, check_only=True)
def stress_sanitized(ctx):
    "The one that takes a minute under ThreadSanitizer, where its threads are parallel."
    upstream_script(ctx, "stress_aes")


@host_case(each=IMAGES[2:], timeout=240, soak=True, apart=ASIDE)
def scripts_sanitized(ctx):
    "Our own scripts pass under sanitizers."
    for name in SCRIPTS:
        if ctx.variant.startswith("nogil") and name in WITH_GIL_ONLY:
            continue
        path = os.path.join(ctx.root, "tests", "python", name + ".py")
        status, output = ctx.run_script(path, timeout=100)
        if status != 0:
            ctx.log(output)
            said = [line for line in output.split("\n") if "SUMMARY" in line or "rror" in line]
            beside = " ".join(" ".join(re.findall(r"Previous .*\n(?:    #.*\n){1,4}", output)).split())
            ctx.fail("{}: status {}: {} {}".format(name, status, (said or ["no error"])[-1], beside))
        ctx.log("ok", name)


def run_text(ctx, text, image="gil", **options):
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write(text)
    status, output = ctx.run_script(path, image, timeout=20, **options)
    ctx.log(output)
    return status, output


@host_case(images=("gil",), timeout=60)
def host_crash(ctx):
    "A crash in C, and an overrun of the stack, name the thread and print a backtrace."
    start = "import _thread, heddle, heddle_test, machine\n{}\n"
    start += "heddle.join(_thread.start_new_thread(f, (), name='ada'))\n"
    for body, said in (
        ("def f(): machine.mem32[0]", "fatal: Segmentation fault at address "),
        ("f = heddle_test.eat_stack", "fatal: stack overflow"),
    ):
        status, output = run_text(ctx, start.format(body))
        assert status == 1, status
        assert said in output and ", in thread 'ada'" in output, output
        frames = output[output.index(said) :].split("\n")[1:]
        assert len(frames) > 5 and all("[0x" in frame for frame in frames[:-1]), frames
        assert any("(mp_execute_bytecode+" in f or "(fun_builtin" in f or "rtos_park" in f for f in frames), frames


@host_case(images=("gil",), timeout=60)
def host_prompt(ctx):
    "The prompt on a terminal, Ctrl-C, Ctrl-D, machine.reset(), and the end of the input."
    with ctx.board("gil", pty=True) as board:
        board.write("\r")
        board.read_until(">>> ")
        board.write("while True: pass\r\r")
        board.read_for(0.2)
        board.interrupt()
        board.read_until("KeyboardInterrupt")
        board.read_until(">>> ")
        board.write("\x04")
        board.read_until("soft reboot")
        board.read_until(">>> ")
        board.write("import machine; print('cause', machine.reset_cause())\r")
        board.read_until("cause 1\r\n")
        board.write("machine.reset()\r")
        board.read_until("Type \"help()\"")
        board.read_until(">>> ")
        board.write("import machine; print('cause', machine.reset_cause())\r")
        board.read_until("cause 2\r\n")
    output = patience.run([ctx.image("gil")], 10, input=b"print(6*7)\r")
    assert output.returncode == 0 and "\n42\n" in output.stdout, output
    path = os.path.join(ctx.scratch(), "input.py")
    with open(path, "w") as f:
        f.write("try:\n  input()\nexcept EOFError:\n  print('end')\n")
    assert ctx.run(ctx.image("gil"), path, timeout=10) == "end\n"


@host_case()
def host_frozen(ctx):
    "A manifest of one's own makes Python a part of the image, which has a folder of its own."
    folder = ctx.scratch()
    manifest = "include('{}/lib/manifest.py')\nmodule('mine.py')\n".format(ctx.root)
    script = "import mine, threading\nprint(mine)\n"
    for name, text in (("mine.py", "print('mine')\n"), ("manifest.py", manifest), ("script.py", script)):
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    words = ["BOARD=host", "MICROPYTHON_DIR=" + ctx.micropython_dir]
    words.append("FROZEN_MANIFEST=" + os.path.join(folder, "manifest.py"))
    output = ctx.run(os.path.join(ctx.root, "heddle"), "run", os.path.join(folder, "script.py"), *words, timeout=300)
    assert output.splitlines()[-2:] == ["mine", "<module 'mine' from 'mine.py'>"], output


def make_fails(ctx, *words, **environment):
    """What make says when it must fail: its last line."""
    run = subprocess.run(
        ["make", "firmware", *words],
        cwd=ctx.root,
        env=bare_environment(**environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    ctx.log(words, run.stdout)
    assert run.returncode != 0, words
    return run.stdout


@host_case(images=("gil",), timeout=60)
def host_bad_input(ctx):
    "What the host does not have, and a missing sanitizer, are said in one line."
    for words, said in (
        ("THREADS=0", "BOARD=host always has threads"),
        ("ICOUNT=1", "BOARD=host runs in the host's time"),
        ("KERNEL=freertos", "no such kernel for BOARD=host; there are: posix"),
        ("SANITIZE=memory", "no such choice; there are: address undefined address,undefined thread"),
        ("HEAP=1", "say a number of bytes from 32768 to 268435456"),
    ):
        output = make_fails(ctx, "BOARD=host", words)
        assert output.count("\n") == 1 and said in output, output
    output = make_fails(ctx, "SANITIZE=thread")
    assert output.count("\n") == 1 and "SANITIZE=thread: only for BOARD=host" in output, output
    # A compiler whose sanitizers are not installed.
    folder = ctx.scratch()
    with open(os.path.join(folder, "gcc"), "w") as f:
        f.write('#!/bin/sh\ncase "$*" in *-fsanitize*) echo "cannot find -ltsan" >&2; exit 1;; esac\n')
        f.write('exec /usr/bin/gcc "$@"\n')
    os.chmod(f.name, 0o755)
    words = make_variables("gil", ctx.variables, {"SANITIZE": "thread", "COPT": "-O0"})
    output = make_fails(ctx, *words, PATH=folder + ":" + os.environ["PATH"])
    assert "SANITIZE=thread: gcc has no runtime for it; install the package libgcc-12-dev" in output, output
    elf = ctx.image("gil")
    for words, said in ((["nothing.py"], "nothing.py: no such file"), (["a", "b"], "usage: firmware.elf")):
        run = subprocess.run([elf, *words], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert run.returncode == 2 and said in run.stderr and run.stderr.count("\n") == 1, run


@host_case(images=("nogil",), timeout=60)
def host_parallel(ctx):
    "Without a GIL threads run at the same time: two meet again and again without a wait in between."
    status, output = run_text(
        ctx,
        "import _thread, heddle, time\n"
        "at = [0, 0]\nbest = 1000000\nidents = ident = None\n"
        "def meet(me):\n"
        "    global best\n"
        "    began = time.ticks_us()\n"
        "    for i in range(20000):\n"
        "        at[me] = i\n"
        "        while at[1 - me] < i:\n"
        "            pass\n"
        "        if me == 0 and i % 100 == 99:\n"
        "            now = time.ticks_us()\n"
        "            best = min(best, time.ticks_diff(now, began))\n"
        "            began = now\n"
        "            if best < 20000:\n"
        "                break\n"
        "    at[me] = 20000\n"
        "idents = [_thread.start_new_thread(meet, (i,)) for i in (0, 1)]\n"
        "for ident in idents:\n"
        "    heddle.join(ident)\n"
        "print(best)\n",
        image="nogil",
    )
    # In turns each meeting would take a slice of Linux's, milliseconds; other programs may want the processors, too.
    assert status == 0 and int(output) < 20000, output
