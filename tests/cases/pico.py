# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Our own kernel on the emulated Raspberry Pi Pico, two Cortex-M0+: the suites on both cores and on one; reports.

Its runs repeat to the instruction, whatever the host does; where time in sleep is not waited for they are short."""

import os

from cases.kernel import FAULT_FLAGS, SUITES, boot, deadlock, first_image_of_two_cores, held, image, interrupts
from cases.kernel import reports, stress, suites
from harness import case

BOARD = "pico"
CORES = (2, 1)
STRESS = "-DSTRESS_MS=1000"


def first_image(name):
    """What the case of this name boots first, built."""
    programs = {"board": "board", "late-core": "late_core", "atomic": "atomic"}
    return first_image_of_two_cores(BOARD, name, programs, STRESS)


@case(name="kernel:pico", timeout=300)
def kernel_pico(ctx):
    "Every case of the kernel's suites on two Cortex-M0+, and on one."
    for cores in CORES:
        ctx.log("CORES={}".format(cores))
        suites(ctx, BOARD, image(SUITES, BOARD, CORES=cores), icount=True)


@case(name="kernel:pico-stress", timeout=300)
def kernel_pico_stress(ctx):
    "Threads of all kinds on two cores and on one: nothing is lost, and registers stay what they were."
    for cores in CORES:
        stress(ctx, BOARD, times=(True,), APP_CFLAGS=STRESS, CORES=cores)


@case(name="kernel:pico-interrupts", timeout=300)
def kernel_pico_interrupts(ctx):
    "Interrupts of every priority at any instruction of the second core, and of the first one alone."
    for cores in CORES:
        interrupts(ctx, BOARD, times=(True,), CORES=cores)


@case(name="kernel:pico-atomic")
def kernel_pico_atomic(ctx):
    "No step of an atomic variable is lost to another core, an interrupt or another thread."
    for cores in CORES:
        elf = image(os.path.join(SUITES, "atomic"), BOARD, CORES=cores)
        status, output = boot(ctx, elf, BOARD, icount=True)
        assert status == 0 and output.endswith("ok   atomic\n"), output


@case(name="kernel:pico-board")
def kernel_pico_board(ctx):
    "Each core that asks for an interrupt has one."
    status, output = boot(ctx, image(os.path.join(SUITES, "board"), BOARD), BOARD, icount=True)
    assert (status, output) == (0, "core 0\ncore 1\n"), output


# What a report begins with, by what was done. Nothing says what a fault was but the instruction and its registers.
OVERFLOW = r"fault: stack overflow in thread wrongdoer(, at 2\w{7})?\nthread wrongdoer, priority 3, "
REPORTS = {
    0: OVERFLOW,
    1: OVERFLOW,
    3: r"fault: no memory there, at 60000000\nthread wrongdoer, priority 3, ",
    4: r"fault: not code, or an even address for it\nthread wrongdoer, priority 3, ",
    5: r"fault: an undefined instruction\nthread wrongdoer, priority 3, ",
    6: r"fault: no memory there, at 60000000\nthread wrongdoer, priority 3, [^\n]*, in exception 11, ",
    10: r"fault: an unaligned access, at 2\w{7}\nthread wrongdoer, priority 3, ",
}
# There is no room for the frame of the fault itself either, so the core stops without a word.
LOCKED_UP = (2, 8)
STATUS_LOCKED_UP = 70


@case(name="kernel:pico-faults", timeout=300)
def kernel_pico_faults(ctx):
    "A fault ends in five lines: the cause as far as it can be known, the thread and the core, the registers."
    for cores in CORES:
        reports(ctx, BOARD, REPORTS, status_line="pc lr xpsr", CORES=cores)
        for fault in LOCKED_UP:
            elf = image(os.path.join(SUITES, "faults"), BOARD, APP_CFLAGS=FAULT_FLAGS.format(fault), CORES=cores)
            status, output = boot(ctx, elf, BOARD, icount=True)
            assert status == STATUS_LOCKED_UP and "locked up: " in output, (fault, output)


@case(name="kernel:pico-deadlock")
def kernel_pico_deadlock(ctx):
    "When all wait for ever, a report names each thread and what it waits for."
    for cores in CORES:
        deadlock(ctx, image(os.path.join(SUITES, "stuck"), BOARD, CORES=cores), BOARD, icount=True)


@case(name="kernel:pico-held")
def kernel_pico_held(ctx):
    "Preemption that is held for too long is reported."
    held(ctx, BOARD)


@case(name="kernel:pico-late-core")
def kernel_pico_late_core(ctx):
    "A second core that does not start is named, and the first goes on without it, also if it comes later."
    status, output = boot(ctx, image(os.path.join(SUITES, "late_core"), BOARD), BOARD, icount=True)
    wanted = "core 1 does not come up; going on with 1\n1 cores, threads ran on all\n"
    assert (status, output) == (0, wanted), output
