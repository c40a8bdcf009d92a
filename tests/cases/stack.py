# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Stacks that are overrun or damaged: the board stops, and says in which thread."""

from harness import case

EAT = """
import _thread, heddle, time
import heddle_test as t
print("begin")
ident = _thread.start_new_thread(t.eat_stack, (), name={name!r}, stack_size={size})
time.sleep_ms(50)
print("still here")
"""

DAMAGE = """
import _thread, gc, time
import heddle_test as t
lock = _thread.allocate_lock()
lock.acquire()
ident = _thread.start_new_thread(lock.acquire, ())
time.sleep_ms(20)
gc.collect()
print("whole")
t.damage_sp(ident)
gc.collect()
print("still here")
"""


def run(ctx, script):
    with ctx.board() as board:
        board.raw_repl()
        board.exec_start(script)
        status = board.wait_exit(10)
        text = board.said.decode(errors="replace")
        ctx.log(text, status)
        assert "still here" not in text, text
        return status, text


@case(each=("gil-testing", "nogil-testing"), timeout=60)
def stack_overrun(ctx):
    "C that runs over the low end of a thread's stack stops the board with that thread's name."
    for name, size in (("eater", 2048), ("glutton", 8192)):
        status, text = run(ctx, EAT.format(name=name, size=size))
        assert status != 0 and "begin" in text
        assert "stack overflow, in thread '{}'".format(name) in text, text


@case(each=("gil-testing", "nogil-testing"), timeout=60)
def stack_pointer(ctx):
    "A saved stack pointer outside its stack stops the board: the collector never scans wildly."
    status, text = run(ctx, DAMAGE)
    assert status != 0 and "whole" in text
    assert "fatal: the collector found a saved stack pointer outside its stack" in text, text
