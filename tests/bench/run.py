#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The measurements behind make bench, and the table of docs/benchmarks.md.

usage: run.py [--report] [--markdown] [--list] [--icount] [row ...] [MAKE_VARIABLE=value ...]

Each row is one or two runs of a script beside this file in QEMU, whose time is
instructions (-icount shift=6: 64 ns each), with the script fed through memory:
a run repeats to the digit. Images have HEAP=143360 unless told otherwise. The
exit status is 1 if a row misses its mark, unless --report is given. The last
column of a row, and the lines below the table, say what the figure is made of.

Without KERNEL= the rows of OUR_KERNEL are then measured on our own kernel, too,
and stand beside FreeRTOS's in a second table.

BOARD=virt-aarch64 has rows of its own, about several cores without a GIL. Under
-icount these take turns, and their time adds up. With --icount the rows in the
time of the host are left out, which count where nothing else runs there.

BOARD=pico has some about its two cores, which its emulator counts the cycles of.

On other boards than these the rows are those of mps2-an385 but for what
wants its timer; images have the board's heap, and no row misses.
"""

import functools
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import harness

BOARD = harness.BOARD
VIRT = "virt-aarch64"
PICO = "pico"
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
        if self.variables.get("BOARD", BOARD) == BOARD:
            self.variables.setdefault("HEAP", "143360")
        self.variables.setdefault("TRACE", "0")  # also where the test modules are in
        self.threads = "nogil" if self.variables.get("GIL") == "0" else "gil"
        case = harness.Case("bench", None)
        run_id = "bench-{}-{}".format(os.getpid(), time.time())
        self.context = harness.Context(case, self.variables, run_id)

    def image(self, name):
        return self.context.image(name)

    def lines(self, script, image, icount=True, cores=None, **extra):
        path = os.path.join(HERE, script)
        status, output = self.context.run_script(path, image, TIMEOUT, icount=icount, cores=cores, **extra)
        if status != 0:
            raise harness.Failure("{} exited with {}:\n{}".format(script, status, output.strip()))
        return [line.split() for line in output.splitlines()]

    def run(self, script, image=None, **extra):
        return {line[0]: float(line[1]) for line in self.lines(script, image or self.threads, **extra)}

    def size(self, **more):
        """(text, RAM) of threads on minus off, and the table of both by layer."""
        words = ["{}={}".format(*item) for item in {**self.variables, **more}.items()]
        command = [harness.PYTHON, os.path.join(harness.ROOT, "tools", "size"), *words]
        table = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        total = re.search(r"^total +(.*)$", table, re.M).group(1).split()
        return int(total[2]), int(total[5]), table.rstrip()


# --- each row: what it measured (a list of numbers), in words, and what they are made of

rows = []


class Row:
    def __init__(self, name, title, earlier, wanted, show, board, function):
        self.name, self.title, self.earlier, self.wanted = name, title, earlier, wanted
        self.show, self.board, self.function = show, board, function

    def misses(self, values, wanted=None):
        marks = re.findall(r"(<=|>=) ([\d.]+)", (wanted or self.wanted).replace(" 000", "000"))
        return any(v > float(m) if sign == "<=" else v < float(m) for v, (sign, m) in zip(values, marks))


def row(name, title, earlier, wanted, show="{:.0f}", board=BOARD):
    """The marks in `wanted` are for the values that the function returns, in their order."""

    def register(function):
        rows.append(Row(name, title, earlier, wanted, show, board, function))
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
    "queue",
    "two threads handing an item back and forth over a pair of `queue.Queue`s, one round / one over two locks; a round "
    "over an `Event` and a `Semaphore`, and over a `Condition`",
    "-",
    "<= 2",
    "{:.2f}; {:.0f} and {:.0f} instructions",
)
def queue(bench):
    figures = bench.run("queues.py")
    locks = bench.run("handover.py")["round"]
    return [figures["round"] / locks, *(instructions(figures[name]) for name in ("event", "condition"))], []


@row(
    "wake",
    "a thread's `set()` of a ThreadSafeFlag, until the task that awaits it goes on; the same by "
    "`call_soon_threadsafe()`",
    "-",
    "<= 9500; <= 28 000",
    "{:.0f}; {:.0f} instructions",
)
def wake(bench):
    found = bench.run("wake.py")
    return [instructions(found["flag"]), instructions(found["call"])], []


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
    "trace",
    "`heddle.trace`, instructions an event; four looping threads with a trace / in an image without it, and with "
    "one that is stopped / likewise",
    "-",
    "<= 60; <= 1.03; <= 1.01",
    "{:.0f}; {:.4f}; {:.4f}",
)
def trace(bench):
    bare, found = bench.run("trace.py"), bench.run("trace.py", TRACE=1)
    turns = [instructions(ticks) for ticks in (bare["without"], found["without"], found["with"])]
    notes = ["{:.1f} instructions a turn without it, {:.1f} with it stopped, {:.1f} with a trace".format(*turns)]
    return [instructions(found["event"]), turns[2] / turns[0], turns[1] / turns[0]], notes


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
    "image: threads on minus off, text / static RAM without stacks, with `THREADING=0`; text with `threading`, "
    "`queue`, `concurrent.futures` and asyncio's",
    "7.5 KB / 9.4 KB",
    "<= 12 KB / <= 4 KB, all features in",
    "{:.2f} KB / {:.2f} KB; {:.2f} KB",
)
def image(bench):
    text, ram, _ = bench.size(THREADING=0)
    all_text, _, table = bench.size()
    return [text / 1024, ram / 1024, all_text / 1024], table.split("\n")


# --- several cores

TRIES = 5  # in the time of the host


def parallel(bench, cores, icount, image="nogil"):
    """For each way to do the work: the microseconds that it took, and those of the collection behind it."""
    lines = bench.lines("parallel.py", image, icount=icount, cores=cores)
    return {name: (float(took), float(collect)) for name, took, collect in lines}


@functools.lru_cache
def parallel_in_turns(bench):
    return parallel(bench, cores=4, icount=True)


def share(found, name):
    took, collect = found[name]
    return "{}: {} us, and {} us to collect what it left, {:.1f} %".format(
        name, number(took), number(collect), 100 * collect / (took + collect)
    )


def ratio_of_ways(bench, name, base):
    found = parallel_in_turns(bench)
    return [found[name][0] / found[base][0]], [share(found, way) for way in (base, name)]


@row("four", "four threads on four cores, each with the work of one / that one", "4.257", "<= 4.2", "{:.3f}", VIRT)
def four(bench):
    values, notes = ratio_of_ways(bench, "four", "one")
    return values, notes + ratio_of_ways(bench, "all_by_one", "one")[1][1:]


@row("sixteen", "sixteen threads on four cores / four, with the same work in all", "1.014", "<= 1.05", "{:.3f}", VIRT)
def sixteen(bench):
    return ratio_of_ways(bench, "sixteen", "four")


@row("allocate", "four threads that only allocate / one that does it for all", "-", "<= 1.2", "{:.3f}", VIRT)
def allocate(bench):
    return ratio_of_ways(bench, "allocate_four", "allocate_all_by_one")


def speed(bench, threads, cores):
    """How much more so many threads do than one in the same time, where the host has the processors."""
    ratios = []
    for _ in range(TRIES):
        found = parallel(bench, cores, icount=False)
        name = {2: "two", 4: "four"}[threads]
        ratios.append(threads * found["one"][0] / found[name][0])
    return ratios


@row("two", "two threads on two parallel cores / one, work in the same time", "-", ">= 1.9", "{:.2f}", VIRT)
def two(bench):
    load = os.getloadavg()[0]
    ratios = speed(bench, 2, 2)
    notes = ["the best of " + ", ".join("{:.2f}".format(r) for r in ratios)]
    notes.append("the host had {} processors, and a load of {:.1f} before".format(os.cpu_count(), load))
    if os.cpu_count() >= 4:
        notes.append("four threads on four: {:.2f}".format(max(speed(bench, 4, 4))))
    return [max(ratios)], notes


HOST_TIME = ("two",)


# The Pico's cores are parallel in its own time, and its runs repeat.


@functools.lru_cache
def parallel_on_pico(bench, image):
    return parallel(bench, cores=2, icount=True, image=image)


def speed_of_two(bench, image):
    found = parallel_on_pico(bench, image)
    return [2 * found["one"][0] / found["two"][0]], [share(found, "one"), share(found, "two")]


@row("pair", "two threads on two cores without a GIL / one, work in the same time", "-", ">= 1.9", "{:.3f}", PICO)
def pair(bench):
    return speed_of_two(bench, "nogil")


@row("pair_gil", "the same with the GIL", "-", ">= 0.98", "{:.3f}", PICO)
def pair_gil(bench):
    return speed_of_two(bench, "gil")


@row("allocating", "four threads that only allocate, on two cores, no GIL / one, likewise", "-", "-", "{:.3f}", PICO)
def allocating(bench):
    found = parallel_on_pico(bench, "nogil")
    names = ("allocate_all_by_one", "allocate_four")
    return [found[names[0]][0] / found[names[1]][0]], [share(found, name) for name in names]


# --- the same on our own kernel

# A row's mark there; "freertos": its figure on FreeRTOS, of the same run.
OUR_KERNEL = {
    "loop": "freertos",
    "calls": "freertos",
    "lock": "<= 550",
    "handover": "<= 1750",
    "create": "<= 3000",
    "late": "<= 1.1",
    "service": "<= 300",
}
BESIDE = ("one VM, mps2-an385, GIL on", "FreeRTOS", "wanted", "our kernel", "")


def beside(variables, found):
    """The table of our own kernel's rows beside `found`, FreeRTOS's, and how many miss their mark."""
    bench = Bench(dict(variables, KERNEL="zephyr"))
    table, missed = [], 0
    for r in rows:
        if r.name not in OUR_KERNEL or r.name not in found:
            continue
        mark = OUR_KERNEL[r.name]
        other = r.show.format(*found[r.name])
        wanted = "<= " + other if mark == "freertos" else mark
        try:
            result, _ = r.function(bench)
            miss, shown = r.misses(result, wanted), r.show.format(*result)
        except FAILURES as er:
            miss, shown = True, "failed: " + str(er).split("\n")[0]
        missed += miss
        table.append((r.title, other, wanted, shown, "MISS" if miss else "ok"))
    return table, missed


# --- the table

FAILURES = (harness.Failure, harness.Context.BoardError, subprocess.CalledProcessError)
COLUMNS = ("one VM, {}, GIL on", "earlier design", "wanted", "measured", "")
COLUMNS_OF = {
    VIRT: ("virt-aarch64, no GIL", "before", "wanted", "measured", ""),
    PICO: ("pico, two Cortex-M0+", "before", "wanted", "measured", ""),
}
MPS2_ONLY = ("service",)


def markdown(columns, table, notes):
    for line in (columns, ("---",) * len(columns), *table):
        print("| {} |".format(" | ".join(line)))
    for name, lines in notes:
        print("\n{}:\n".format(name))
        print("\n".join("    " + line for line in lines))


def plain(columns, table, notes):
    title, width = 62, (24, 24, 18, 4)
    for line in (columns, *table):
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
    board = values.get("BOARD", BOARD)
    own = board == BOARD or board in COLUMNS_OF  # has rows, and marks, of its own
    known = [r.name for r in rows if r.board == (board if own else BOARD) and (own or r.name not in MPS2_ONLY)]
    wrong = (options - {"--report", "--markdown", "--list", "--icount"}) | (set(names) - set(known))
    if wrong:
        sys.exit("{}: unknown; rows are {}".format(" ".join(sorted(wrong)), " ".join(known)))
    if "--list" in options:
        for r in rows:
            if r.name in known:
                print("{:12}{}".format(r.name, r.title))
        return
    bench = Bench(values)
    table, notes, missed, found = [], [], 0, {}
    for r in rows:
        if r.name not in (names or known) or ("--icount" in options and r.name in HOST_TIME):
            continue
        try:
            result, lines = r.function(bench)
            miss = own and r.misses(result)
            shown = r.show.format(*result)
            found[r.name] = result
        except FAILURES as er:
            miss, shown, lines = True, "failed", str(er).split("\n")
        missed += miss
        table.append((r.title, r.earlier, r.wanted, shown, "MISS" if miss else "ok"))
        if lines:
            notes.append((r.name, lines))
    columns = COLUMNS_OF.get(board) or (COLUMNS[0].format(board), *COLUMNS[1:])
    show = markdown if "--markdown" in options else plain
    show(columns, table, notes)
    count = len(table)
    if board == BOARD and "KERNEL" not in values and values.get("GIL") != "0":
        table, more = beside(values, found)
        if table:
            print()
            show(BESIDE, table, [])
        missed, count = missed + more, count + len(table)
    if missed and "--report" not in options:
        sys.exit("{} of {} rows miss their mark".format(missed, count))


if __name__ == "__main__":
    main()
