#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What a kernel's calls cost in instructions: our own kernel beside FreeRTOS, each over its own API, and on AArch64.

usage: run.py [--report] [--markdown] [MAKE_VARIABLE=value ...]

bench.c runs on the mps2-an385 in QEMU, whose time is instructions (-icount shift=6: 64 ns each), so a run repeats to
the digit. Each figure is with 2 threads and with 200: half of the others sleep, half are ready and less urgent. The
exit status is 1 if a figure misses its mark, unless --report is given.

tests/bench/cores runs on virt-aarch64 in the same time, whose cycle is 16 ns. Instructions of all cores add up.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))

import harness
import patience
import qemu

BOARD = "mps2-an385"
AARCH64 = "virt-aarch64"
AARCH64_CORES = (1, 4)
AARCH64_CYCLES = 4  # an instruction
TIMEOUT = 60

# Of an image: what its column is called, how make is told, and the options.
RELEASE = "-DCONFIG_ASSERT=0"
LEAN = RELEASE + " -DCONFIG_SCHED_THREAD_USAGE=0 -DCONFIG_INIT_STACKS=0"
IMAGES = (
    ("our kernel", "ours", "kernel.mk", ["APP=" + os.path.join(HERE, "ours"), "APP_CFLAGS=" + RELEASE]),
    ("not counting", "lean", "kernel.mk", ["APP=" + os.path.join(HERE, "ours"), "APP_CFLAGS=" + LEAN]),
    ("FreeRTOS V9", "freertos", "bench.mk", []),
)

# Of a figure: what it is, and the most that our kernel may take; a name is that one's figure of FreeRTOS.
FIGURES = {
    "yield": ("a switch by k_yield, from thread to thread", 120),
    "preempt": ("a switch by k_thread_resume or k_thread_suspend", "preempt"),
    "sem": ("k_sem_give and k_sem_take, nobody waits", "sem"),
    "sem-switch": ("k_sem_give to a more urgent thread, which takes again", "sem-switch"),
    "sem-timeout": ("the same, where it takes with a timeout", "sem-timeout"),
    "mutex": ("k_mutex_lock and k_mutex_unlock, nobody waits", "mutex"),
    "message": ("a message of 16 bytes to a more urgent thread, which gets again", "message"),
    "create": ("create a more urgent thread, which ends at once, and join it", 600),
    "interrupt": ("from an interrupt's pending to the thread that it gives to", "interrupt"),
    "timer": ("from when a time is over to the thread that slept until then", None),
}


def build(name, makefile, words, variables, board=BOARD):
    folder = os.path.join(harness.ROOT, "build", board, "bench", name)
    os.makedirs(folder, exist_ok=True)
    known = ("MICROPYTHON_DIR", "FREERTOS_DIR", "COPT")
    words = words + ["{}={}".format(key, value) for key, value in variables.items() if key in known]
    harness.make("-s", "-C", "ports/" + board, "-f", makefile, "BUILD=" + folder, *words)
    return os.path.join(folder, "firmware.elf")


def run(elf, board=BOARD, cores=None):
    command = qemu.command(elf, board, icount=True, cores=cores)
    done = patience.run(command, TIMEOUT, preexec_fn=qemu.die_with_parent)
    if done.returncode != 0:
        raise harness.Failure("{} ended with {}:\n{}".format(elf, done.returncode, done.stdout))
    return done.stdout.splitlines()


def measure(elf):
    """{name: [with 2 threads, with 200]} in instructions."""
    found = {}
    for line in run(elf):
        name, threads, tenths = line.split()
        found.setdefault(name, []).append(int(tenths) / 10)
    if any(len(values) != 2 for values in found.values()):
        raise harness.Failure("{} has not each figure twice: {}".format(elf, found))
    return found


def measure_cores(variables):
    """{name: {cores: instructions}} of our own kernel on AArch64."""
    words = ["APP=" + os.path.join(os.path.dirname(HERE), "cores"), "APP_CFLAGS=" + RELEASE]
    elf = build("cores", "kernel.mk", words, variables, AARCH64)
    found = {}
    for cores in AARCH64_CORES:
        for line in run(elf, AARCH64, cores):
            name, cycles = re.match(r"(.+?) +(\d+) +\d+ cycles", line).groups()
            found.setdefault(name, {})[cores] = int(cycles) / AARCH64_CYCLES
    return found


def misses(name, columns):
    most = FIGURES[name][1]
    if isinstance(most, str):
        most = min(columns["FreeRTOS V9"][most])
    return most is not None and max(columns["our kernel"][name]) > most


def rows(columns):
    """The table's lines, as lists of words, and how many figures miss their mark."""
    table, missed = [["instructions, with 2 threads / with 200"] + [title for title, *_ in IMAGES] + [""]], 0
    for name, (title, most) in FIGURES.items():
        line = [title]
        for column, *_ in IMAGES:
            found = columns[column].get(name)
            line.append("{:.0f} / {:.0f}".format(*found) if found else "-")
        miss = misses(name, columns)
        missed += miss
        mark = "" if most is None else "MISS" if miss else "ok"
        table.append(line + [mark])
    return table, missed


def rows_of_cores(found):
    table = [["AArch64, instructions"] + ["{} core{}".format(n, "s" * (n > 1)) for n in AARCH64_CORES]]
    for name, figures in found.items():
        table.append([name] + ["{:.0f}".format(figures[n]) if n in figures else "-" for n in AARCH64_CORES])
    return table


def show(table, markdown):
    for number, line in enumerate(table):
        if markdown:
            print("| {} |".format(" | ".join(line)))
            if number == 0:
                print("|{}".format(" --- |" * len(line)))
        else:
            print(line[0].ljust(66), *(text.rjust(14) for text in line[1:]))


def main():
    words = sys.argv[1:]
    options = {word for word in words if word.startswith("--")}
    variables = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("--"))
    if options - {"--report", "--markdown"}:
        sys.exit(__doc__)
    columns = {}
    try:
        for title, name, makefile, arguments in IMAGES:
            columns[title] = measure(build(name, makefile, arguments, variables))
        on_cores = measure_cores(variables)
    except harness.Failure as er:
        sys.exit(str(er))
    table, missed = rows(columns)
    show(table, "--markdown" in options)
    print()
    show(rows_of_cores(on_cores), "--markdown" in options)
    if missed and "--report" not in options:
        sys.exit("{} of {} figures miss their mark".format(missed, len(table) - 1))


if __name__ == "__main__":
    main()
