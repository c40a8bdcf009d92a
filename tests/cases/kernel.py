# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Our own kernel on boards: the suites of tests/kernel, and programs without MicroPython."""

import os
import re
import subprocess

import patience
import qemu
from harness import BOARD, PYTHON, ROOT, SMALL, case, make_alone, need_emulator

SUITES = os.path.join(ROOT, "tests", "kernel")
RELEASE = "-DCONFIG_ASSERT=0"
FAULT_FLAGS = "-O1 -Wno-infinite-recursion -DFAULT={}"  # what a fault of one thread is, see tests/kernel/faults
SECONDS = 20  # for a suite's case, or a program that says nothing


def image(app, board=BOARD, name=None, **variables):
    """The path of an image of a folder's program, built."""
    need_emulator(board)
    name = name or os.path.basename(app)
    folder = os.path.join(ROOT, "build", board, "app", name + "-test")
    words = ["{}={}".format(*item) for item in variables.items()]
    make_alone(folder, "-C", "ports/" + board, "-f", "kernel.mk", "APP=" + app, "BUILD=" + folder, *words)
    return os.path.join(folder, "firmware.elf")


def first_image(name):
    """What the case of this name boots first, built."""
    if name.endswith("-interrupts"):
        return image(os.path.join(SUITES, "cortex_m"), APP_CFLAGS="")
    if name.endswith("-faults"):
        return image(os.path.join(SUITES, "faults"), APP_CFLAGS=FAULT_FLAGS.format(0))
    if name.endswith("-radio"):
        return image(os.path.join(SUITES, "radio"), APP_CFLAGS="-DBOARD_MASK=0x60")
    return image(SUITES)


def boot(ctx, elf, board=BOARD, **options):
    """Run an image to its end: (exit status, output)."""
    done = patience.run(qemu.command(elf, board, **options), SECONDS, preexec_fn=qemu.die_with_parent)
    ctx.log(done.stdout)
    return done.returncode, done.stdout


def suites(ctx, board, elf=None, **options):
    """All cases of tests/kernel in one boot."""
    status, output = boot(ctx, elf or image(SUITES, board), board, **options)
    passed = re.findall(r"^ok +(\S+)$", output, re.M)
    if status != 0 or not output.endswith("{} passed\n".format(len(passed))) or not passed:
        lines = [line for line in output.splitlines() if not line.startswith("ok ")] or ["no output"]
        ctx.fail("behind {}: {}".format(passed[-1] if passed else "the start", lines[0]))
    ctx.note("{} cases".format(len(passed)))


@case(name="kernel:mps2-an385")
def kernel_free(ctx):
    "Every case of the kernel's suites on a real core, in the time of the host."
    suites(ctx, BOARD)


@case(name="kernel:mps2-an385-icount")
def kernel_icount(ctx):
    "The same where time is instructions."
    suites(ctx, BOARD, icount=True)


@case(name="kernel:netduinoplus2", boards=(SMALL,))
def kernel_fpu(ctx):
    "The same on a core with floating point, whose registers switches keep."
    suites(ctx, SMALL)


@case(name="kernel:netduinoplus2-icount", boards=(SMALL,))
def kernel_fpu_icount(ctx):
    "The same where time is instructions."
    suites(ctx, SMALL, icount=True)


def stress(ctx, board, times=(False, True), **variables):
    elf = image(os.path.join(SUITES, "stress"), board, **variables)
    for icount in times:
        status, output = boot(ctx, elf, board, icount=icount)
        assert status == 0 and output.startswith("ok   stress: "), output


@case(name="kernel:mps2-an385-stress", waits=True)
def kernel_stress(ctx):
    "Threads of all kinds at once: nothing is lost, and registers stay what they were."
    stress(ctx, BOARD)


@case(name="kernel:netduinoplus2-stress", waits=True, boards=(SMALL,))
def kernel_stress_fpu(ctx):
    "The same with the registers of floating point."
    stress(ctx, SMALL)


@case(name="kernel:netduinoplus2-clock", boards=(SMALL,))
def kernel_clock(ctx):
    "The clock is right though nobody has read it for 100 minutes and interrupts were masked."
    status, output = boot(ctx, image(os.path.join(SUITES, "clock"), SMALL), SMALL, icount=True)
    assert status == 0, output


@case(name="kernel:mps2-an385-release")
def kernel_release(ctx):
    "The same without assertions."
    elf = image(SUITES, name="kernel-release", APP_CFLAGS=RELEASE)
    status, output = boot(ctx, elf, icount=True)
    assert status == 0 and " passed\n" in output, output.splitlines()[-1]


def interrupts(ctx, board, times=(False, True), **variables):
    for flags in ("", RELEASE):
        elf = image(os.path.join(SUITES, "cortex_m"), board, APP_CFLAGS=flags, **variables)
        for icount in times:
            status, output = boot(ctx, elf, board, icount=icount)
            assert status == 0 and output.endswith("ok   1500 ms\n"), (output.splitlines() or ["no output"])[-1]


@case(name="kernel:mps2-an385-interrupts", waits=True)
def kernel_interrupts(ctx):
    "Interrupts of every priority at any instruction, which call the kernel; with assertions and without."
    interrupts(ctx, BOARD)


@case(name="kernel:mps2-an385-radio")
def kernel_radio(ctx):
    "With BOARD_MASK interrupts that are more urgent come in critical sections, too, and no others do."
    status, output = boot(ctx, image(os.path.join(SUITES, "radio"), APP_CFLAGS="-DBOARD_MASK=0x60"))
    assert status == 0 and output == "ok\n", output


@case(name="kernel:figures", check_only=True)
def kernel_figures(ctx):
    "What the kernel's calls cost in instructions, beside FreeRTOS's: no figure misses its mark."
    words = ["{}={}".format(*item) for item in ctx.variables.items() if item[0].endswith("_DIR")]
    ctx.run(PYTHON, os.path.join(ROOT, "tests", "bench", "kernel", "run.py"), *words, timeout=120)


@case()
def kernel_app(ctx):
    "make app builds the C files of a folder with the kernel, boots it, and ends with what main() returns."
    path = os.path.join(SUITES, "app")
    status, output = boot(ctx, image(path))
    assert (status, output) == (14, "".join("main: got {} from producer_thread\n".format(n) for n in (1, 4, 9)))
    said = app(ctx, "APP=" + path)
    assert "got 9 from" in said and said.endswith("Error 14\n"), said
    folder = os.path.join(ctx.scratch(), "src")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "main.c"), "w") as f:
        f.write('#include <zephyr/kernel.h>\nvoid main(void) {\n    printk("%u\\n", k_uptime_get_32() / 1000);\n}\n')
    assert app(ctx, "APP=" + ctx.scratch()) == "0\n"


def app(ctx, *words):
    """What make app says."""
    command = ["make", "--no-print-directory", "app", *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ctx.log("$", *command)
    ctx.log(done.stdout)
    return done.stdout.replace("\r\n", "\n")


@case()
def kernel_app_bad_input(ctx):
    "One clear line where APP=, BOARD= or CORES= is not what make app can do."
    path = "APP=" + os.path.join(SUITES, "app")
    for words, reason in (
        ((), "APP=: say APP=folder"),
        (("APP=no/such",), "APP=no/such: no such folder"),
        (("APP=docs",), "APP=docs: no C files there, nor in docs/src"),
        ((path, "BOARD=nothing"), "BOARD=nothing: no such board for programs of the kernel alone; there are: "),
        ((path, "BOARD=host"), "BOARD=host: no such board for programs of the kernel alone; there are: "),
        ((path, "CORES=0"), "CORES=0: BOARD=mps2-an385 has at most 1; "),
        ((path, "CORES=2"), "CORES=2: BOARD=mps2-an385 has at most 1; "),
        ((path, "CORES=x"), "CORES=x: BOARD=mps2-an385 has at most 1; "),
    ):
        said = app(ctx, *words)
        assert reason in said and said.count("\n") == 1, (words, said)


# What a report begins with, by what was done; the thread, and where it was.
REPORTS = {
    0: r"fault: stack overflow in thread wrongdoer, at 2\w{7}\nthread wrongdoer, priority 3, ",
    1: r"fault: stack overflow in thread wrongdoer(, at 2\w{7})?\nthread wrongdoer, priority 3, ",
    2: r"fault: stack overflow in thread wrongdoer(, at 2\w{7})?\nthread wrongdoer, priority 3, ",
    3: r"fault: no memory there, at 60000000\nthread wrongdoer, priority 3, ",
    4: r"fault: not code, or an even address for it\nthread wrongdoer, priority 3, ",
    5: r"fault: an undefined instruction\nthread wrongdoer, priority 3, ",
    6: r"fault: no memory there, at 60000000\nthread wrongdoer, priority 3, [^\n]*, in exception 11, ",
}


def first_image_of_two_cores(board, name, programs, stress=""):
    """What the case of this name boots first on such a board, built. `programs` are those of a case of their name."""
    if name.endswith("-interrupts"):
        return image(os.path.join(SUITES, "cortex_m"), board, APP_CFLAGS="", CORES=2)
    if name.endswith("-faults"):
        return image(os.path.join(SUITES, "faults"), board, APP_CFLAGS=FAULT_FLAGS.format(0), CORES=2)
    if name.endswith("-stress"):
        return image(os.path.join(SUITES, "stress"), board, APP_CFLAGS=stress, CORES=2)
    for ending, program in programs.items():
        if name.endswith("-" + ending):
            return image(os.path.join(SUITES, program), board)
    return image(SUITES, board, CORES=2)


def reports(ctx, board, wanted_of, limited=False, status_line="pc lr xpsr cfsr hfsr", **variables):
    """Each fault ends in the report that is wanted; where the stack pointer has a limit, that held."""
    for fault, wanted in wanted_of.items():
        elf = image(os.path.join(SUITES, "faults"), board, APP_CFLAGS=FAULT_FLAGS.format(fault), **variables)
        status, output = boot(ctx, elf, board)
        lines = output.split("\n")
        assert status == 1 and re.match(wanted, output) and len(lines) == 6, (fault, output)
        assert re.match(r"(r\d+ \w{8} ){6}r6", lines[2]) and re.match(r"(r\d+ \w{8} ){5}r12", lines[3]), output
        assert re.sub(r" \w{8}\b", "", lines[4]) == status_line, output
        if limited and "overflow in thread" in lines[0]:
            low, high, sp = re.search(r"stack (\w+) to (\w+), .*sp (\w+)$", lines[1]).groups()
            assert low <= sp <= high, output


@case(name="kernel:mps2-an385-faults")
def kernel_faults(ctx):
    "A fault ends in five lines: the cause, the thread, the registers; an overflow of a stack names its thread."
    reports(ctx, BOARD, REPORTS)


# What each thread waits for, in the order of their start; addresses are the image's.
DEADLOCK = """deadlock: nobody can go on, nothing is due, and no device interrupts
thread main, priority 0: waits for the end of lefty
thread spare, priority -3: not started
thread sleeper, priority 2: sleeps for ever
thread pauser, priority 2: suspended
thread getter, priority 2: waits in k_msgq_get, for ADDRESS
thread taker, priority 2: waits in k_sem_take, for ADDRESS
thread righty, priority 1: waits for the mutex ADDRESS, owner lefty
thread lefty, priority 1: waits for the mutex ADDRESS, owner righty
"""


def deadlock(ctx, elf, board, **options):
    status, output = boot(ctx, elf, board, **options)
    assert (status, re.sub(r"0x\w+", "ADDRESS", output)) == (1, DEADLOCK), output


@case(name="kernel:mps2-an385-deadlock", waits=True)
def kernel_deadlock(ctx):
    "When all wait for ever a report names each thread and what it waits for; not where a device's interrupt will come."
    path = os.path.join(SUITES, "stuck")
    elf = image(path, APP_CFLAGS="-DCONFIG_PREEMPTION_WATCH_MS=0")  # whose timeout would end the wait
    for icount in (False, True):
        deadlock(ctx, elf, BOARD, icount=icount)
    status, output = boot(ctx, image(path, name="stuck-wakes", APP_CFLAGS="-DWAKES=1"))
    assert (status, output) == (0, ""), output


# What is reported of each thread of tests/kernel/held.
HELD = """cooperative
watch: thread cooperative, priority -2, has kept its core for MS ms, as it is cooperative; waiting: other
locks
watch: thread locks, priority 5, has kept its core for MS ms, in k_sched_lock; waiting: other
masks
watch: thread masks has masked interrupts for MS ms up to irq_unlock; waiting: other
spins
watch: thread spins has masked interrupts for MS ms up to k_spin_unlock; waiting: other
urgent
yields
waits_masked
"""


def held(ctx, board, **options):
    elf = image(os.path.join(SUITES, "held"), board, APP_CFLAGS="-DCONFIG_PREEMPTION_WATCH_MS=100")
    status, output = boot(ctx, elf, board, icount=True, **options)
    assert (status, re.sub(r"\b[12]\d\d ms", "MS ms", output)) == (0, HELD), output


@case(name="kernel:mps2-an385-held")
def kernel_held(ctx):
    "Preemption that is held for too long is reported, with the thread, how long, and who waits."
    held(ctx, BOARD)
