# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's own ports that nothing here emulates: their patches, and what a build says that cannot be."""

import os
import subprocess

from cases.rp2 import misfit
from harness import COMPILED, ROOT, case

# A file that the patch changes, lines of it to take away, and the hunk that then has no place; the variable that names
# what no package has, and what brings it.
PATCHED = {
    "mimxrt": ("modmachine.c", r"#if defined\(MICROPY_HW_LED1_PIN\)\n", "modmachine.c, hunk 1"),
    "nrf": ("main.c", r"    mp_stack_set_top\(&_ram_end\);\n", "main.c, hunk 3"),
    "samd": ("modmachine.c", r"extern bool EIC_occured;\n", "modmachine.c, hunk 1"),
}
BROUGHT = {
    "mimxrt": ("NXP_DIR", "no nxp_driver there", "https://github.com/hathach/nxp_driver"),
    "nrf": ("NRFX_DIR", "no nrfx there", "https://github.com/NordicSemiconductor/nrfx"),
    "samd": ("ASF4_DIR", "no asf4 there", "https://github.com/adafruit/asf4"),
}


@case()
def compiled_patch(ctx):
    "Each patch fits MicroPython's source exactly, and where it does not says which version it is for and which hunk."
    for port in COMPILED:
        file, lines, hunk = PATCHED[port]
        said = misfit(ctx, port, file, lines)
        for word in ("is for MicroPython 1.25.0 and does not fit 9.9.9", hunk):
            assert word in said, said


@case()
def compiled_missing(ctx):
    "Without the vendor's library a build names it, and the command that brings it; with threads and without."
    for port in COMPILED:
        variable, what, where = BROUGHT[port]
        settings = ["MICROPYTHON_DIR=" + ctx.micropython_dir, "{}={}".format(variable, ctx.scratch())]
        for threads in ("0", "1"):
            command = ["make", "-C", os.path.join(ROOT, "ports", port), "THREADS=" + threads, *settings]
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            ctx.log(run)
            for word in ("{}={}".format(variable, ctx.scratch()), what, "git clone", where):
                assert run.returncode != 0 and word in run.stderr, run.stderr


@case()
def compiled_only(ctx):
    "A board that nothing emulates is not started, and what there is for it is said."
    for port in COMPILED:
        for goal in ("run", "repl", "serial", "test", "bench"):
            command = ["make", goal, "BOARD=" + port]
            run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            ctx.log(run)
            assert run.returncode != 0 and "make firmware BOARD=" + port in run.stderr, run.stderr
