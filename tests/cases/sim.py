# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""core/, services/ and kernel/ on simulated cores: every schedule with a few forced switches, and random ones."""

import os
import random
import re
import subprocess

from harness import ROOT, case, make_alone

PROGRAMS = ("core-gil", "core-nogil", "kern", "bluetooth")
SIM = os.path.join(ROOT, "tests", "sim")
OUT = os.path.join(ROOT, "build", "sim")


def program(name):
    """The path of a simulated program, built."""
    folder = os.path.join(OUT, name)
    make_alone(folder, "-C", SIM, name)
    return os.path.join(folder, name)


def run(ctx, name, *options, timeout=300):
    """Run cases; the first failure is the reason that is given."""
    output = ctx.run(program(name), "--first", *options, check=False, timeout=timeout, cwd=ROOT)
    failed = [line for line in output.splitlines() if line.startswith("FAIL ")]
    if failed:
        ctx.fail("{} (ID={})".format(failed[0][5:], re.search(r"ID=(\S+)", output).group(1)))
    last = (output.splitlines() or ["no output"])[-1]
    if not last.endswith("passed, 0 failed") or last.startswith("0 "):
        ctx.fail(last)
    return output


def explore(ctx, name, cores):
    if name == "kern":
        # Everything plain in it is under its lock, so the lock's points are enough; there are more of them.
        run(ctx, name, cores, "--preempt=exhaustive", "--bound=2")
        run(ctx, name, cores, "--preempt=random", "--seed=1", "--runs=300")
        return
    if name == "bluetooth":
        # A start and a stop have many points: with two cores a third switch would take minutes.
        run(ctx, name, cores, "--preempt=exhaustive", "--bound={}".format(3 if cores == "--cores=1" else 2))
        run(ctx, name, cores, "--preempt=random", "--seed=1", "--runs=2000")
        return
    run(ctx, name, cores, "--preempt=exhaustive", "--bound=1")
    run(ctx, name, cores, "--preempt=exhaustive", "--bound=2", "--points=all")
    if (name, cores) != ("core-gil", "--cores=2"):  # whose schedules are as many as all others' together: a soak's
        run(ctx, name, cores, "--preempt=exhaustive", "--bound=3")
    run(ctx, name, cores, "--preempt=random", "--seed=1", "--runs=2000")


# What a soak tries in turn, and the least seconds that a case gets: a search needs time to come anywhere.
SOAKED = (
    (1, "--preempt=random", "--cores=2"),
    (1, "--preempt=random", "--cores=4"),
    (1, "--preempt=random", "--cores=3", "--points=all"),
    (20, "--preempt=exhaustive", "--bound=4", "--cores=2"),
    (20, "--preempt=exhaustive", "--bound=3", "--cores=3"),
)


def soak(ctx, name):
    """A new seed, and as many cases as there is time for."""
    seed = random.SystemRandom().randrange(1 << 32)
    least, *way = SOAKED[seed % len(SOAKED)]
    names = ctx.run(program(name), "--list", cwd=ROOT).split()
    names = random.sample(names, min(len(names), max(1, int(ctx.seconds / least))))
    seconds = max(least, int(ctx.seconds / len(names)))
    way += ["--seed={}".format(seed)] if least == 1 else []
    limits = ["--seconds={}".format(seconds), "--runs=1000000000"]
    output = run(ctx, name, *way, *limits, *names, timeout=seconds + 60)
    schedules = sum(int(n) for n in re.findall(r": (\d+) schedules", output))
    ctx.note("{} schedules of {} cases, {}".format(schedules, len(names), " ".join(way)))


def register(name, core_count):
    @case(name="sim-{}-{}-cores".format(name, core_count), timeout=900, random=core_count == 2)
    def explored(ctx):
        "Each case in every schedule with up to three forced switches, two of them anywhere, and in random ones."
        if ctx.seconds:
            soak(ctx, name)
        else:
            explore(ctx, name, "--cores={}".format(core_count))


for name in PROGRAMS:
    for core_count in (1, 2):
        register(name, core_count)


def register_more(name):
    @case(name="sim-{}-more-cores".format(name), timeout=900)
    def explored(ctx):
        "Each case on three and four cores, in random schedules: every schedule would be too many."
        for cores in (3, 4):
            runs = "--runs={}".format(300 if name == "kern" else 2000)  # of hundreds of cases
            run(ctx, name, "--cores={}".format(cores), "--preempt=random", "--seed=1", runs)


for name in PROGRAMS:
    register_more(name)


@case()
def sim_late(ctx):
    "Another core is told at once that its thread is displaced, or late, as the schedule has it."
    for bound, outcomes in ((0, 1), (2, 2)):
        options = ["--cores=2", "--bound={}".format(bound), "displaced-late"]
        output = run(ctx, "core-nogil", "--preempt=exhaustive", *options)
        assert re.search(r"^ *{} outcomes".format(outcomes), output, re.M), output


# How each case of the machine's own fails, and with how many forced switches at least.
MUST_FAIL = {
    "lost-update": (1, "lost update"),
    "deadlock": (1, "deadlock: nobody can go on"),
    "interrupt-anywhere": (1, "an interrupt in the wrong place"),
    "livelock": (0, "livelock: "),
    "crash": (0, "crashed: signal 11 at address 0x10"),
    "stuck": (0, "no point within "),
    "forbidden": (0, "access to memory that was freed, forbidden at cases.c:"),
}


def sim_program(*arguments):
    """Run the machine's own cases: (exit status, output)."""
    run = subprocess.run(
        [program("machine"), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print("$ machine", *arguments)
    print(run.stdout)
    return run.returncode, run.stdout


@case()
def sim_finds(ctx):
    "The machine finds what is wrong, with the fewest switches, and its id does the same again."
    for name, (switches, reason) in MUST_FAIL.items():
        if switches:
            assert sim_program("--bound={}".format(switches - 1), name)[0] == 0, name
        for mode in ("--bound=3", "--preempt=random") if switches else ("--bound=3",):
            status, output = sim_program(mode, name)
            assert status == 1 and "FAIL machine.{}: 2 cores: {}".format(name, reason) in output, name
            found = re.search(r"ID=(\S+)", output).group(1)
            status, output = sim_program("--replay=" + found)
            assert status == 1 and reason in output and found in output, found
    for name in ("interrupt-masked", "time-passes-when-nothing-else-can", "interrupted-wait"):
        assert sim_program("--bound=3", name)[0] == 0, name


@case()
def sim_pruning(ctx):
    "What is cut short would have come out like something else."
    for cores in (1, 2):
        for bound in range(5 if cores == 2 else 4):
            arguments = ["--cores={}".format(cores), "--bound={}".format(bound), "drawn-*", "store-buffer"]
            outcomes = []
            for more in ([], ["--no-pruning"]):
                status, output = sim_program(*arguments, *more)
                assert status == 0, output
                outcomes.append(re.findall(r"\d+ outcomes, \w+", output))
            assert len(outcomes[0]) == 10 and outcomes[0] == outcomes[1], arguments


@case()
def sim_bad_input(ctx):
    "One clear line for an option out of range, an unknown case, and an id that is wrong or of other sources."
    failing = sim_program("--bound=1", "lost-update")[1]
    good = re.search(r"ID=(\S+)", failing).group(1).split(".")

    def changed(part, value):
        return "--replay=" + ".".join(good[:part] + [value] + good[part + 1 :])

    for argument, reason in (
        ("--bound=9", "--bound=9: say a number from 0 to 8"),
        ("--bound=x", "--bound=x: say a number"),
        ("--cores=0", "--cores=0: say a number from 1 to 4"),
        ("--cores=5", "--cores=5: say a number from 1 to 4"),
        ("--seed=-1", "--seed=-1: say a number"),
        ("--runs=0", "--runs=0: say a number"),
        ("--preempt=some", "--preempt=some: say none, random or exhaustive"),
        ("--points=few", "--points=few: say volatile or all"),
        ("no-such-case", "no case is called 'no-such-case'"),
        ("--replay=", "ID: not an id"),
        ("--replay=x", "ID: not an id"),
        (changed(0, "other"), "ID: the id is of the program 'other'"),
        (changed(1, "other"), "ID: no case is called 'other'"),
        (changed(1, "*"), "ID: no case is called '*'"),
        (changed(2, "5"), "ID: bad number of cores in the id: '5'"),
        (changed(3, "x"), "ID: bad kind of points in the id: 'x'"),
        (changed(4, "00000000"), "ID: the id is of other sources"),
        (changed(5, ""), "ID: no choices in the id"),
        (changed(5, "1a"), "ID: bad choices in the id: '1a'"),
        (changed(5, "3b1b"), "ID: bad choices in the id: '1b'"),
        (changed(5, "b"), "ID: bad choices in the id: 'b'"),
        (changed(5, "999b"), "ID: the schedule ended before its last choice"),
        ("--replay=" + ".".join(good) + ".x", "ID: something follows the id: 'x'"),
    ):
        status, output = sim_program(argument)
        assert status == 2 and output.count("\n") == 1 and "machine: " + reason in output, argument
    assert sim_program("--what")[0] == 2
    for value, reason in (("", "ID=: say ID="), ("nothing", "no simulated program is called 'nothing'")):
        run = subprocess.run(
            ["make", "replay", "ID=" + value], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert run.returncode == 2 and reason in run.stdout, value
