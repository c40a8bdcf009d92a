#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The measurements behind make bench, and the table of docs/benchmarks.md.

usage: run.py [--report] [--markdown] [--list] [row ...] [MAKE_VARIABLE=value ...]

Each row is one or two runs of a script beside this file in QEMU, whose time is
instructions (-icount shift=6: 64 ns each), with the script fed through memory:
a run repeats to the digit. Images have HEAP=143360 unless told otherwise. The
exit status is 1 if a row misses its mark, unless --report is given. The last
column of a row, and the lines below the table, say what the figure is made of.
"""

import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import harness

NS_PER_INSTRUCTION = 64
NS_PER_TICK = 40  # of time.ticks_cpu() and of the board's timers
TIMEOUT = 300  # s, for one script


def instructions(ticks):
    return float(ticks) * NS_PER_TICK / NS_PER_INSTRUCTION


def number(value):
    return "{:,.0f}".format(value).replace(",", " ")


class Bench:
    """Runs scripts in images; what a script prints as "name value" comes back as a dict."""

    def __init__(self, variables):
        self.variables = dict(variables)
        self.variables.setdefault("HEAP", "143360")
        self.threads = "nogil" if self.variables.get("GIL") == "0" else "gil"
        case = harness.Case("bench", None)
        run_id = "bench-{}-{}".format(os.getpid(), time.time())
        self.context = harness.Context(case, self.variables, run_id)

    def image(self, name):
        return self.context.image(name)

    def lines(self, script, image):
        path = os.path.join(HERE, script)
        status, output = self.context.run_script(path, image, TIMEOUT, icount=True)
        if status != 0:
            raise harness.Failure("{} exited with {}:\n{}".format(script, status, output.strip()))
        return [line.split() for line in output.splitlines()]

    def run(self, script, image=None):
        return {line[0]: float(line[1]) for line in self.lines(script, image or self.threads)}

    def size(self):
        """(text, RAM) of threads on minus off, and the table of both by layer."""
        words = ["{}={}".format(*item) for item in self.variables.items()]
        command = [harness.PYTHON, os.path.join(harness.ROOT, "tools", "size"), *words]
        table = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        total = re.search(r"^total +(.*)$", table, re.M).group(1).split()
        return int(total[2]), int(total[5]), table.rstrip()


# --- each row: what it measured (a list of numbers), in words, and what they are made of

rows = []


class Row:
    def __init__(self, name, title, earlier, wanted, show, function):
        self.name, self.title, self.earlier, self.wanted = name, title, earlier, wanted
        self.show, self.function = show, function

    def misses(self, values):
        marks = re.findall(r"(<=|>=) ([\d.]+)", self.wanted.replace(" 000", "000"))
        return any(v > float(m) if sign == "<=" else v < float(m) for v, (sign, m) in zip(values, marks))


def row(name, title, earlier, wanted, show="{:.0f}"):
    """The marks in `wanted` are for the values that the function returns, in their order."""

    def register(function):
        rows.append(Row(name, title, earlier, wanted, show, function))
        return function

    return register


def ratio_of_images(bench, name):
    threads = instructions(bench.run(name + ".py")[name])
    bare = instructions(bench.run(name + ".py", "bare")[name])
    return [threads / bare], ["{} instructions with threads, {} without".format(number(threads), number(bare))]


@row("loop", "bytecode loop, threaded / unthreaded build", "1.061", "<= 1.01", "{:.4f}")
def loop(bench):
    return ratio_of_images(bench, "loop")


@row("calls", "Python calls, likewise", "1.175", "<= 1.025", "{:.4f}")
def calls(bench):
    return ratio_of_images(bench, "calls")


@row("allocation", "allocation, likewise", "1.070", "<= 1.015", "{:.4f}")
def allocation(bench):
    return ratio_of_images(bench, "allocation")


def ratio_in_run(bench, script):
    found = {name: instructions(value) for name, value in bench.run(script).items()}
    alone, beside = found["alone"], found["beside"]
    return [beside / alone], ["{} instructions beside them, {} without".format(number(beside), number(alone))]


@row("sleepers", "the loop with four sleeping threads / without them", "1.009", "<= 1.01", "{:.4f}")
def sleepers(bench):
    return ratio_in_run(bench, "sleepers.py")


@row(
    "collect",
    "`gc.collect()` with four sleeping threads of 4 KB / none (sweeping their blocks alone: 1.67)",
    "4.05",
    "<= 2.3",
    "{:.2f}",
)
def collect(bench):
    return ratio_in_run(bench, "collect.py")


@row(
    "lock",
    "uncontended `acquire()` and `release()` from a Python `for` loop, loop included",
    "1614 instructions a pair",
    "<= 850",
    "{:.0f} instructions",
)
def lock(bench):
    return [instructions(bench.run("lock.py")["pair"])], []


@row(
    "handover",
    "two threads handing a pair of locks back and forth, one round",
    "3360 instructions",
    "<= 2200",
    "{:.0f} instructions",
)
def handover(bench):
    return [instructions(bench.run("handover.py")["round"])], []


@row(
    "create",
    "create a thread that ends at once, wait for it (4 KB stacks; of a prototype's 35 100, half was a "
    "byte-wise stack fill and a third allocating and freeing the block)",
    "47 000 instructions",
    "<= 15 000",
    "{:.0f} instructions",
)
def create(bench):
    return [instructions(bench.run("create.py")["create"])], []


@row("fair", "four looping threads: least / most work done in 500 ms", "0.973", ">= 0.98", "{:.4f}")
def fair(bench):
    found = bench.run("fair.py")
    note = "least {}, most {} turns".format(number(found["least"]), number(found["most"]))
    return [found["least"] / found["most"]], [note]


@row("late", "20 ms sleeper beside four looping threads, worst lateness", "6 ms", "<= 3 ms", "{:.2f} ms")
def late(bench):
    found = bench.run("late.py")
    return [found["worst"] / 1000], ["of 100 sleeps; {:.2f} ms in the mean".format(found["mean"] / 1000)]


@row("work", "work done by four looping threads / by one, same time", "-", ">= 0.98", "{:.4f}")
def work(bench):
    found = bench.run("fair.py")
    one = found["one_work"] / found["one_time"]
    four = found["four_work"] / found["four_time"]
    each = [instructions(1 / rate) for rate in (four, one)]
    return [four / one], ["{:.1f} instructions a turn by four, {:.1f} by one".format(*each)]


@row(
    "bytes",
    "a Python lock, bytes; a thread beside its stack, bytes",
    "80+; ~250",
    "<= 16; <= 256",
    "{:.0f}; {:.0f}",
)
def sizes(bench):
    found = bench.run("bytes.py")
    return [found["lock"], found["thread"]], []


class Symbols:
    """Function names for addresses of an image."""

    def __init__(self, elf):
        command = ["arm-none-eabi-nm", "-n", "--defined-only", elf]
        text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        found = [line.split() for line in text.splitlines()]
        self.functions = [(int(a, 16), name) for a, kind, name in found if kind in "tTwW" and "$" not in name]

    def name(self, address):
        below = [(a, name) for a, name in self.functions if a & ~1 <= address & ~1]
        if not below:
            return "{:#x}".format(address)
        start, name = below[-1]
        return "{}+{:#x}".format(name, (address & ~1) - (start & ~1))


@row(
    "service",
    "interrupt to service task, worst of 10 000 under Python load with collections, creations and "
    "soft resets, instructions",
    "-",
    "<= 450",
)
def service(bench):
    image = bench.threads + "-testing"
    symbols = Symbols(bench.image(image))
    runs, culprits = {}, {}
    for line in bench.lines("service.py", image):
        if line[:1] == ["result"]:
            runs.setdefault(int(line[1]), {})[line[2]] = int(line[3])
        elif line[:1] == ["culprit"]:
            total, entry, pc, lr, exception, way = line[2:]
            place = way, symbols.name(int(pc)).split("+")[0], exception
            culprits[place] = max(culprits.get(place, ()), (int(total), int(entry), int(pc), int(lr)))
    if len(runs) < 2 or any(run["count"] < 10000 or run["lost"] for run in runs.values()):
        raise harness.Failure("service.py: the timer was not followed: {}".format(runs))
    found = {name: instructions(value) for name, value in runs[0].items()}
    others = [instructions(max(run["slot"], run["service"])) for seed, run in runs.items() if seed]
    notes = [
        "a service of its own: worst {service:.0f}, mean {service_mean:.0f}; by a dispatch slot: worst {slot:.0f}, "
        "mean {slot_mean:.0f}".format(**found),
        "to the interrupt's handler at most {entry:.0f}, from there to the task at most {rest:.0f}".format(**found),
        "worst of 10 000 other moments: " + ", ".join("{:.0f}".format(worst) for worst in others),
        "the worst of all, by what the interrupt interrupted (if masked, where it was let in again):",
    ]
    for (way, function, exception), (total, entry, pc, lr) in sorted(culprits.items(), key=lambda c: -c[1][0])[:16]:
        notes.append(
            "{:.0f} by {}, handler {:.0f} late, in {}, lr in {}{}".format(
                instructions(total),
                way,
                instructions(entry),
                symbols.name(pc),
                symbols.name(lr),
                "" if exception == "0" else ", exception " + exception,
            )
        )
    return [max(found["slot"], found["service"])], notes


@row(
    "image",
    "image: threads on minus off, text / static RAM without stacks",
    "7.5 KB / 9.4 KB",
    "<= 12 KB / <= 4 KB, all features in",
    "{:.2f} KB / {:.2f} KB",
)
def image(bench):
    text, ram, table = bench.size()
    return [text / 1024, ram / 1024], table.split("\n")


# --- the table

COLUMNS = ("one VM, mps2-an385, GIL on", "earlier design", "wanted", "measured", "")


def markdown(table, notes):
    for line in (COLUMNS, ("---",) * len(COLUMNS), *table):
        print("| {} |".format(" | ".join(line)))
    for name, lines in notes:
        print("\n{}:\n".format(name))
        print("\n".join("    " + line for line in lines))


def plain(table, notes):
    title, width = 62, (24, 24, 18, 4)
    for line in (COLUMNS, *table):
        words, first = line[0].split(), ""
        while words and len(first) + len(words[0]) < title:
            first += words.pop(0) + " "
        rest = " ".join(words)
        print(first.ljust(title), *(text.ljust(w) for text, w in zip(line[1:], width)))
        while rest:
            cut = rest.rfind(" ", 0, title - 2) if len(rest) > title - 2 else len(rest)
            print(" ", rest[:cut])
            rest = rest[cut:].strip()
    for name, lines in notes:
        print("{}:".format(name))
        print("\n".join("    " + line for line in lines))


def main():
    words = sys.argv[1:]
    options = {word for word in words if word.startswith("--")}
    values = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("--"))
    names = [word for word in words if "=" not in word and not word.startswith("--")]
    known = [r.name for r in rows]
    wrong = (options - {"--report", "--markdown", "--list"}) | (set(names) - set(known))
    if wrong:
        sys.exit("{}: unknown; rows are {}".format(" ".join(sorted(wrong)), " ".join(known)))
    if "--list" in options:
        for r in rows:
            print("{:12}{}".format(r.name, r.title))
        return
    bench = Bench(values)
    table, notes, missed = [], [], 0
    for r in rows:
        if names and r.name not in names:
            continue
        try:
            result, lines = r.function(bench)
            miss = r.misses(result)
            shown = r.show.format(*result)
        except (harness.Failure, harness.Context.BoardError, subprocess.CalledProcessError) as er:
            miss, shown, lines = True, "failed", str(er).split("\n")
        missed += miss
        table.append((r.title, r.earlier, r.wanted, shown, "MISS" if miss else "ok"))
        if lines:
            notes.append((r.name, lines))
    (markdown if "--markdown" in options else plain)(table, notes)
    if missed and "--report" not in options:
        sys.exit("{} of {} rows miss their mark".format(missed, len(table)))


if __name__ == "__main__":
    main()
