# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's own port stm32, built from a copy with our patch, on QEMU's netduinoplus2.

What builds it needs ST's library, which STM32LIB_DIR= names and no package has; the cases of the board stm32 are
registered where it does.
"""

import filecmp
import os
import re
import subprocess

from cases.rp2 import at_prompt, misfit
from harness import PYTHON, ROOT, STM32, case, make

THREADS = """
import _thread, heddle, machine, time
counts = [0] * 5
ident = timer = None
def work(i):
    for _ in range(100):
        counts[i] += 1
        [str(j) * 10 for j in range(5)]
def tick(timer):
    counts[4] += 1
timer = machine.Timer(-1, period=10, callback=tick)
for ident in [_thread.start_new_thread(work, (i,)) for i in range(4)]:
    heddle.join(ident)
while counts[4] < 10:
    time.sleep_ms(10)
timer.deinit()
print(counts[:4])
"""
BUSY = """
import _thread, time
f = a = lock = None
def spin():
    while True:
        pass
def allocate():
    while True:
        [str(i) for i in range(50)]
lock = _thread.allocate_lock()
lock.acquire()
for f, a in ((spin, ()), (allocate, ()), (time.sleep, (1000,)), (lock.acquire, ())):
    _thread.start_new_thread(f, a)
time.sleep_ms(20)
"""
# An interrupt that only software raises, as urgent as a device.
DEFER = """
import machine, time
machine.mem8[0xe000e400] = 0x60
machine.mem32[0xe000e100] = 1
before = after = 0
for i in range(100):
    before = machine.mem32[{0}]
    machine.mem32[0xe000e200] = 1
    while machine.mem32[{0}] == before:
        pass
print(machine.mem32[{0}])
"""


def symbol(ctx, elf, name):
    found = re.search(r"^(\w+) . {}$".format(name), ctx.run("arm-none-eabi-nm", elf), re.M)
    return int(found.group(1), 16)


def deferred(ctx, image, **options):
    elf = ctx.image(image, **options)
    with ctx.Board(elf, STM32) as board:
        board.raw_repl(60)
        said = board.exec(DEFER.format(symbol(ctx, elf, "qemu_deferred")), 60)
        assert said == "100\n", (image, options, said)


@case(timeout=900, boards=(STM32,))
def stm32_untouched(ctx):
    "Without threads the patched port is upstream's, byte for byte."
    ours = os.path.join(os.path.dirname(ctx.image("bare")), "firmware.dfu")
    build = os.path.join(ROOT, "build", STM32, "upstream")
    os.makedirs(build, exist_ok=True)
    settings = ["MICROPYTHON_DIR=" + ctx.micropython_dir, "THREADS=0", "BARE=1", "PYTHON=" + PYTHON]
    ctx.log(make(*settings, "BUILD=" + build, "-j2", cwd=os.path.join(ROOT, "ports", STM32))[-500:])
    assert filecmp.cmp(ours, os.path.join(build, "firmware.dfu"), shallow=False), "the images differ"
    ctx.note("{} bytes".format(os.path.getsize(ours)))


@case(images=("bare",), timeout=300, boards=(STM32,))
def stm32_prompt(ctx):
    "Upstream's image boots to its prompt, and runs what an interrupt defers."
    with at_prompt(ctx, "bare") as board:
        assert "STM32F405" in board.exec("import sys\nprint(sys.implementation._machine)", 60)
    deferred(ctx, "bare")


@case(timeout=300, boards=(STM32,))
def stm32_threads(ctx):
    "Threads of Python and a timer run on either kernel, with and without a GIL."
    for image, kernel in (("gil", "zephyr"), ("nogil", "zephyr"), ("gil", "freertos")):
        with ctx.Board(ctx.image(image, KERNEL=kernel), STM32) as board:
            board.raw_repl(60)
            said = board.exec(THREADS, 120)
            assert said == "[100, 100, 100, 100]\n", (image, kernel, said)


@case(timeout=300, boards=(STM32,))
def stm32_deferred(ctx):
    "What an interrupt defers to PendSV runs, each time, though that is the kernel's: in a slot."
    for kernel in ("zephyr", "freertos"):
        deferred(ctx, "gil", KERNEL=kernel)


@case(images=("gil",), timeout=300, boards=(STM32,))
def stm32_fault(ctx):
    "A fault is reported with the registers of the thread; then the board starts again."
    with at_prompt(ctx, "gil") as board:
        board.exec_start("import machine\nmachine.mem32[0x1fff7a10]")
        board.read_until(b"fault: no memory there, at 1fff7a10\r\nthread main, ", 60)
        board.read_until(b"pc 080", 60)
        board.read_until(b">>> ", 60)


@case(images=("gil", "nogil"), timeout=300, boards=(STM32,))
def stm32_clock_is_reserved(ctx):
    "The timer that is the clock is nobody else's."
    for image in ("gil", "nogil"):
        with at_prompt(ctx, image) as board:
            said = board.exec("import pyb\ntry:\n pyb.Timer(2)\nexcept ValueError as er:\n print(er)", 60)
            assert said == "Timer(2) is reserved\n", said


@case(images=("gil", "nogil"), timeout=300, boards=(STM32,))
def stm32_reset(ctx):
    "Soft resets end threads that loop, allocate, sleep and wait, also when one of them asks for it; Ctrl-C is main's."
    for image in ("gil", "nogil"):
        with at_prompt(ctx, image) as board:
            for _ in range(3):
                board.exec(BUSY, 60)
                board.soft_reset()
            board.exec_start(BUSY + "print('busy')\nwhile True:\n pass\n")
            board.read_until(b"busy", 60)
            board.interrupt()
            board.read_until(b"KeyboardInterrupt", 60)
            board.raw_repl(60)
            ask = "import machine\n_thread.start_new_thread(machine.soft_reset, ())\ntime.sleep(1000)"
            board.exec_start(BUSY + ask)
            board.read_until(b"soft reboot", 60)


@case()
def stm32_patch(ctx):
    "The patch fits MicroPython's source exactly; where it does not it says which version it is for, and which hunk."
    said = misfit(ctx, "stm32", "systick.h", r".*systick_dispatch_table\[slot\] = f;\n")
    for word in ("is for MicroPython 1.25.0 and does not fit 9.9.9", "systick.h, hunk 1"):
        assert word in said, said


@case()
def stm32_missing(ctx):
    "Without ST's library a build names it, and the command that brings it."
    command = ["make", "firmware", "BOARD=stm32", "MICROPYTHON_DIR=" + ctx.micropython_dir]
    for more in (["STM32LIB_DIR=" + ctx.scratch()], ["STM32LIB_DIR=" + ctx.scratch(), "THREADS=0"]):
        run = subprocess.run(command + more, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ctx.log(run)
        for word in ("STM32LIB_DIR=" + ctx.scratch(), "no stm32lib there", "git clone", "micropython/stm32lib"):
            assert run.returncode != 0 and word in run.stderr, run.stderr
