# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Our own kernel on two Cortex-M33: the suites on both cores and on one, under stress and interrupts; reports."""

import os

from cases.kernel import SUITES, boot, deadlock, first_image_of_two_cores, image, interrupts, reports, stress, suites
from harness import case

BOARD = "mps2-an521"
CORES = (2, 1)  # of images; QEMU always has two


def first_image(name):
    """What the case of this name boots first, built."""
    return first_image_of_two_cores(BOARD, name, {"board": "board", "clock": "cmsdk"})


def on_cores(ctx, **options):
    for cores in CORES:
        ctx.log("CORES={}".format(cores))
        suites(ctx, BOARD, image(SUITES, BOARD, CORES=cores), **options)


@case(name="kernel:mps2-an521", timeout=300)
def kernel_an521(ctx):
    "Every case of the kernel's suites on two parallel Cortex-M33, and on one."
    on_cores(ctx)


@case(name="kernel:mps2-an521-icount", timeout=300)
def kernel_an521_icount(ctx):
    "The same where time is instructions, and cores take turns."
    on_cores(ctx, icount=True)


@case(name="kernel:mps2-an521-stress", timeout=300, waits=True)
def kernel_an521_stress(ctx):
    "Threads of all kinds on two parallel cores: nothing is lost, and registers stay what they were."
    for cores in CORES:
        stress(ctx, BOARD, CORES=cores)


@case(name="kernel:mps2-an521-interrupts", timeout=300, waits=True)
def kernel_an521_interrupts(ctx):
    "Interrupts of every priority at any instruction of the second core, and of the first one alone."
    for cores in CORES:
        interrupts(ctx, BOARD, CORES=cores)


@case(name="kernel:mps2-an521-board")
def kernel_an521_board(ctx):
    "Each core that asks for an interrupt has one."
    status, output = boot(ctx, image(os.path.join(SUITES, "board"), BOARD), BOARD)
    assert (status, output) == (0, "core 0\ncore 1\n"), output


@case(name="kernel:mps2-an521-clock", timeout=300)
def kernel_an521_clock(ctx):
    "The clock goes on, and is one, on both cores where a half period ends; and with one core."
    for board in (BOARD, "mps2-an385"):
        elf = image(os.path.join(SUITES, "cmsdk"), board)
        for icount in (False, True):
            assert boot(ctx, elf, board, icount=icount) == (0, "200 halves\n")


# What a report begins with, by what was done; with two cores the second one did.
OVERFLOW = r"fault: stack overflow in thread wrongdoer\nthread wrongdoer, priority 3, "
REPORTS = {
    0: OVERFLOW,
    1: OVERFLOW,
    2: OVERFLOW,
    3: r"fault: no memory there, at 60000000\nthread wrongdoer, priority 3, ",
    4: r"fault: not code, or an even address for it\nthread wrongdoer, priority 3, ",
    5: r"fault: an undefined instruction\nthread wrongdoer, priority 3, ",
    6: r"fault: no memory there, at 60000000\nthread wrongdoer, priority 3, [^\n]*, in exception 11, ",
    8: r"fault: stack overflow\nthread wrongdoer, priority 3, ",  # of the core's own
}
OF_INTERRUPTS = 2  # nothing interrupts the second core


@case(name="kernel:mps2-an521-faults", timeout=300)
def kernel_an521_faults(ctx):
    "A fault ends in five lines: the cause, the thread and the core, the registers; each core has its limits."
    second = {fault: start + r"[^\n]*, core 1, " for fault, start in REPORTS.items() if fault != OF_INTERRUPTS}
    second[6] = second[3] + "in exception 11, "
    reports(ctx, BOARD, second, limited=True, CORES=2)
    reports(ctx, BOARD, REPORTS, limited=True, CORES=1)


@case(name="kernel:mps2-an521-deadlock", timeout=300, waits=True)
def kernel_an521_deadlock(ctx):
    "When all wait for ever, with two cores, a report names each thread and what it waits for."
    deadlock(ctx, image(os.path.join(SUITES, "stuck"), BOARD), BOARD)


@case(name="kernel:mps2-an521-late-core")
def kernel_an521_late_core(ctx):
    "A second core that does not start is named, and the first goes on without it, also if it comes later."
    status, output = boot(ctx, image(os.path.join(SUITES, "late_core"), BOARD), BOARD)
    wanted = "core 1 does not come up; going on with 1\n1 cores, threads ran on all\n"
    assert (status, output) == (0, wanted), output
