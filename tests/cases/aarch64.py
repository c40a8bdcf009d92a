# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Our own kernel on AArch64: the suites on one core and several, with both interrupt controllers, and under stress."""

import os
import random
import re
import time

import patience
import qemu
from cases.kernel import FAULT_FLAGS, SUITES, boot, deadlock, held, image, suites
from cases.upstream import demand_all
from harness import PYTHON, ROOT, TWO, case, make, make_variables

BOARD = "virt-aarch64"
GICS = ("gic-version=2", "gic-version=3")
EL2 = "gic-version={},virtualization=on"


def first_image(name):
    """What the case of this name boots first, built."""
    if name.endswith(("-stress", "-board")):
        return image(os.path.join(SUITES, name.rpartition("-")[2]), BOARD)
    if name.endswith("-late-core"):
        return image(os.path.join(SUITES, "late_core"), BOARD, APP_CFLAGS="-DANSWER=-6")
    if name.endswith("-faults"):
        return image(os.path.join(SUITES, "faults"), BOARD, APP_CFLAGS=FAULT_FLAGS.format(0))
    return image(SUITES, BOARD)


def on_both(ctx, counts, **options):
    for machine in GICS:
        for cores in counts:
            ctx.log("{} cores, {}".format(cores, machine))
            suites(ctx, BOARD, cores=cores, machine=machine, **options)


@case(name="kernel:virt-aarch64", timeout=300)
def kernel_virt(ctx):
    "Every case of the kernel's suites on one, two and four parallel cores, with both GICs."
    on_both(ctx, (1, 2, 4))


@case(name="kernel:virt-aarch64-icount", timeout=300)
def kernel_virt_icount(ctx):
    "The same where time is instructions, and cores take turns."
    on_both(ctx, (1, 4), icount=True)


@case(name="kernel:virt-aarch64-start", timeout=300)
def kernel_virt_start(ctx):
    "The same from EL2, and with as many cores as there can be."
    for version in (2, 3):
        suites(ctx, BOARD, cores=2, machine=EL2.format(version))
    on_both(ctx, (8,))


@case(name="kernel:virt-aarch64-release", timeout=300)
def kernel_virt_release(ctx):
    "The same without assertions."
    elf = image(SUITES, BOARD, name="kernel-release", APP_CFLAGS="-DCONFIG_ASSERT=0")
    status, output = boot(ctx, elf, BOARD)
    assert status == 0 and " passed\n" in output, output.splitlines()[-1]


@case(name="kernel:virt-aarch64-stress", timeout=300, waits=True)
def kernel_virt_stress(ctx):
    "Threads of all kinds on four parallel cores, and on one: nothing is lost, and registers stay what they were."
    elf = first_image(ctx.case.name)
    for cores, machine in ((4, GICS[0]), (4, GICS[1]), (2, GICS[0]), (1, GICS[1])):
        status, output = boot(ctx, elf, BOARD, cores=cores, machine=machine)
        assert status == 0 and re.match(r"ok +stress: {} cores, ".format(cores), output), output
    status, output = boot(ctx, elf, BOARD, icount=True)
    assert status == 0 and output.startswith("ok"), output


@case(name="kernel:virt-aarch64-tickless")
def kernel_virt_tickless(ctx):
    "While nothing is due, no core is interrupted."
    source = os.path.join(ctx.scratch(), "main.c")
    with open(source, "w") as f:
        f.write("#include <zephyr/kernel.h>\nint main(void) {\n    return k_msleep(1000);\n}\n")
    log = os.path.join(ctx.scratch(), "interrupts.log")
    line = qemu.command(image(ctx.scratch(), BOARD, name="tickless"), BOARD, cores=4) + ["-d", "int", "-D", log]
    assert patience.run(line, 20, preexec_fn=qemu.die_with_parent).returncode == 0
    with open(log) as f:
        count = f.read().count("[IRQ]")
    assert 0 < count < 10, count  # at the start and at the end


@case(name="kernel:virt-aarch64-board")
def kernel_virt_board(ctx):
    "A core that asks for an interrupt has one, with one core or several and both GICs."
    elf = image(os.path.join(SUITES, "board"), BOARD)
    for cores in (1, 4):
        for machine in GICS:
            status, output = boot(ctx, elf, BOARD, cores=cores, machine=machine)
            assert (status, output) == (0, "".join("core {}\n".format(n) for n in range(cores))), output


@case(name="kernel:virt-aarch64-late-core")
def kernel_virt_late_core(ctx):
    "A core that does not start is named, and the others go on without it, also if it comes later."
    for answer, said in (-6, "start, PSCI says -6"), (0, "come up"):
        elf = image(os.path.join(SUITES, "late_core"), BOARD, APP_CFLAGS="-DANSWER={}".format(answer))
        status, output = boot(ctx, elf, BOARD, cores=4)
        wanted = "core 2 does not {}; going on with 2\n2 cores, threads ran on all\n".format(said)
        assert (status, output) == (0, wanted), output


@case(name="kernel:virt-aarch64-deadlock", waits=True)
def kernel_virt_deadlock(ctx):
    "When all wait for ever, on one core and on several, a report names each thread and what it waits for."
    elf = image(os.path.join(SUITES, "stuck"), BOARD)
    for cores, machine in ((1, GICS[0]), (4, GICS[0]), (4, GICS[1])):
        deadlock(ctx, elf, BOARD, cores=cores, machine=machine)


@case(name="kernel:virt-aarch64-held")
def kernel_virt_held(ctx):
    "Preemption that is held for too long is reported; and a core that waits for a spin lock says who has it."
    held(ctx, BOARD, cores=1)
    elf = image(os.path.join(SUITES, "held_lock"), BOARD, APP_CFLAGS="-DCONFIG_PREEMPTION_WATCH_MS=100")
    status, output = boot(ctx, elf, BOARD, cores=2)
    report = r"watch: core \d, thread main, waits for the spin lock 0x\w+ for \d+ ms, which core \d has, thread holder"
    assert status == 0 and re.match(report, output), output


@case(name="thread:gil", images=("gil",), boards=(BOARD, TWO), timeout=300, soak=True, apart=(TWO,))
def thread_gil_virt(ctx):
    "MicroPython's tests/thread all pass with the GIL, on two and four parallel cores."
    demand_all(ctx, "gil")


@case(name="thread:nogil", images=("nogil",), boards=(BOARD, TWO), timeout=300, soak=True)
def thread_nogil_virt(ctx):
    "MicroPython's tests/thread, but for mutate_*, all pass without the GIL, on two and four parallel cores."
    demand_all(ctx, "nogil", exclude=("mutate_",))


@case(images=("nogil",), boards=(BOARD,))
def run_cores(ctx):
    "make run and the command line start as many cores as CORES= says, four if it does not."
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write("import heddle\nprint(heddle.info().cores)\n")
    words = make_variables("nogil", ctx.variables, {})
    for cores, wanted in (("CORES=1", "1"), ("CORES=3", "3"), ("CORES=", "4")):
        said = make("run", "SCRIPT=" + path, cores, *words)
        assert said.split()[-1] == wanted, said
    said = ctx.run(os.path.join(ctx.root, "heddle"), "run", path, "CORES=2", *words)
    assert said.split()[-1] == "2", said


ROUNDS = 300  # of each thread that moves references


def torture(ctx, seed, rounds):
    path = os.path.join(ctx.scratch(), "collector.py")
    with open(path, "w") as f, open(os.path.join(ROOT, "tests", "stress", "collector.py")) as script:
        f.write("SEED, ROUNDS = {}, {}\n{}".format(seed, rounds, script.read()))
    status, output = ctx.run_script(path, timeout=120)
    ctx.log("seed {}: {}".format(seed, output))
    assert status == 0, "seed {}: {}".format(seed, (output.splitlines() or ["no output"])[-1])
    return int(output.split()[0])


@case(each=("nogil-testing",), boards=(BOARD,), timeout=300, soak=True, random=True)
def collector_torture(ctx):
    "Threads move references between registers, stacks, lists and each other while others collect, on four cores."
    if not ctx.seconds and not ctx.soak:
        ctx.note("{} collections".format(torture(ctx, 1, ROUNDS)))
        return
    # A minute in each round of a soak.
    until = time.monotonic() + (ctx.seconds or 60)
    collections = 0
    while time.monotonic() < until:
        collections += torture(ctx, random.randrange(1 << 20), ROUNDS)
    ctx.note("{} collections".format(collections))


@case(each=("nogil",), boards=(BOARD,), timeout=300)
def parallel_figures(ctx):
    "What threads on four cores cost more than one thread, in instructions: no figure misses its mark."
    words = ["{}={}".format(*item) for item in ctx.variables.items()]
    ctx.run(PYTHON, os.path.join(ROOT, "tests", "bench", "run.py"), "--icount", *words, timeout=120)


# What a report begins with, by what was done.
REPORTS = {
    0: r"fault: stack overflow in thread wrongdoer, core \d, write to \w+: read-only\n",
    1: r"fault: stack overflow in thread wrongdoer, core \d, write to \w+: read-only\n",
    2: r"fault: stack overflow in thread wrongdoer, core \d, write to \w+: read-only\n",
    3: r"fault: data abort in thread wrongdoer, core \d, write to 60000000: nothing is there\n",
    4: r"fault: instruction abort in thread wrongdoer, core \d, code at 20000000: not executable\n",
    5: r"fault: undefined instruction in thread wrongdoer, core \d\n",
    6: r"fault: data abort in thread wrongdoer, core \d, in an interrupt, write to 60000000: nothing is there\n",
    8: r"fault: stack overflow in thread wrongdoer, core \d, in an interrupt, write to \w+: read-only\n",
    9: r"fault: data abort in thread wrongdoer, core \d, write to 402\w+: read-only\n",
    10: r"fault: data abort in thread wrongdoer, core \d, read of \w+: not aligned\n",
}


@case(name="kernel:virt-aarch64-faults", timeout=300)
def kernel_virt_faults(ctx):
    "A fault ends in five lines: the cause, the thread and the core, where, and the registers."
    for fault, wanted in REPORTS.items():
        elf = image(os.path.join(SUITES, "faults"), BOARD, APP_CFLAGS=FAULT_FLAGS.format(fault))
        # With one core, its timer interrupts the thread that has filled its stack.
        status, output = boot(ctx, elf, BOARD, cores=1 if fault == 2 else 4)
        lines = output.split("\n")
        assert status == 1 and re.match(wanted, output) and len(lines) == 6, (fault, output)
        assert re.match(r"pc \w+ lr \w+ sp \w+ far \w+ esr \w+ pstate \w+$", lines[1]), output
        for n in range(3):
            registers = "".join(r" x{} \w+".format(10 * n + i) for i in range(10))
            assert re.match(registers[1:] + "$", lines[2 + n]), output
