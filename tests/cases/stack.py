# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Stacks that are overrun or damaged: the board stops, and says where and in which thread."""

import os
import re

from harness import ROOT, case

IMAGES = ("gil-testing", "nogil-testing")

# Each way to run out of a stack: what runs it, the thread that it happens in, and the function that is named.
THREAD = """
def work():
    print("low", s.run(s.HERE, "nothing"))
    {}
heddle.join(_thread.start_new_thread(work, (), name="eater", stack_size={}))
"""
HERE = "s.run(s.HERE, '{}')"
NATIVE = """
@micropython.asm_thumb
def native():
    label(again)
    push({r0, r1, r2, r3})
    b(again)
"""
OVERRUNS = (
    ("in a small thread", THREAD.format(HERE.format("recursion"), 2048), "eater", "descend"),
    ("in a large one", THREAD.format(HERE.format("recursion"), 8192), "eater", "descend"),
    ("in a thread of an odd size", THREAD.format(HERE.format("recursion"), 3001), "eater", "descend"),
    ("by a large frame", THREAD.format(HERE.format("large_frame"), 4096), "eater", "memset|fill"),
    ("with interrupts masked", THREAD.format(HERE.format("masked"), 4096), "eater", "descend"),
    ("by a collection", THREAD.format(HERE.format("collection"), 4096), "eater", "descend|collect|gc_|core_|rtos_"),
    ("by an interrupt", THREAD.format(HERE.format("interrupt"), 4096), "eater", "descend"),
    ("by a switch", THREAD.format(HERE.format("switched_out"), 4096), "eater", "let_in_with"),
    ("by native code", NATIVE + THREAD.format("native()", 4096), "eater", "fun_asm_call"),
    ("in main", "print('low', s.run(s.HERE, 'nothing'))\ns.run(s.HERE, 'recursion')", "main", "descend"),
    ("in a service", "print('low', s.run(s.SERVICE, 'nothing'))\ns.run(s.SERVICE, 'recursion')", "hungry", "descend"),
    (
        "in a slot's callback",
        "print('low', s.run(s.DISPATCH, 'nothing'))\ns.run(s.DISPATCH, 'recursion')",
        "dispatch",
        "descend",
    ),
)

DAMAGE = """
import _thread, gc, heddle, time
import heddle_test as t
ident = None
lock = _thread.allocate_lock()
lock.acquire()
ident = _thread.start_new_thread(lock.acquire, ())
while [row.state for row in heddle.threads() if row.ident == ident] != ["waiting"]:
    time.sleep_ms(1)
gc.collect()
print("whole")
t.damage_sp(ident)
gc.collect()
print("still here")
"""


def run(ctx, script):
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write(script)
    status, text = ctx.run_script(path, timeout=10)
    ctx.log(text, status)
    assert "still here" not in text, text
    return status, text


def overrun(ctx, script):
    begin = "import _thread, heddle, micropython\nimport heddle_stack as s\n"
    return run(ctx, begin + script + "\nprint('still here')\n")


@case(each=IMAGES, timeout=120)
def stack_overrun(ctx):
    "A write below a stack stops the board in that instruction; it says in which thread, at which address and where."
    elf = ctx.image()
    for way, script, name, function in OVERRUNS:
        status, text = overrun(ctx, script)
        said = re.search(r"fatal: stack overflow at (\w{8}), (pc|called from) (\w{8}), in thread '(.*)'", text)
        assert status == 1 and said, (way, text)
        low = int(re.search(r"low (\d+)", text).group(1))
        assert 0 <= int(said.group(1), 16) - low < 48 and said.group(4) == name, (way, low, said.group(0))
        place = ctx.run("arm-none-eabi-addr2line", "-f", "-e", elf, said.group(3)).split("\n")[0]
        assert re.match(function, place), (way, place)


@case(each=IMAGES, timeout=60)
def stack_jumped_over(ctx):
    "A frame that leaves the guard untouched and lies below it is found when the thread is switched out."
    status, text = overrun(ctx, THREAD.format(HERE.format("jumped_over"), 4096))
    assert status == 1 and "fatal: stack overflow, in thread 'eater'" in text, text


@case(each=IMAGES, timeout=60)
def stack_pointer(ctx):
    "A saved stack pointer outside its stack stops the board: the collector never scans wildly."
    status, text = run(ctx, DAMAGE)
    assert status != 0 and "whole" in text
    assert "fatal: the collector found a saved stack pointer outside its stack" in text, text


@case()
def stack_guide(ctx):
    "The guide's table of how deep Python's calls nest is the one that stack_table holds all builds to."
    with open(os.path.join(ROOT, "docs", "guide.md")) as f:
        told = re.findall(r"^ *\| (\d+) \| (\d+) \|$", f.read(), re.M)
    with open(os.path.join(ROOT, "tests", "python", "stack_table.py")) as f:
        tested = re.findall(r"(\d+): (\d+)", re.search(r"^TABLE = {(.*)}$", f.read(), re.M).group(1))
    assert told == tested, (told, tested)
