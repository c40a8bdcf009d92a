# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""heddle.trace, and what tools/trace makes of it."""

import base64
import os
import random
import re
import subprocess

import dump
import timeline
import traceformat
from harness import BOTH, PYTHON, ROOT, TRACED, case

LEAST = 192  # bytes of a ring

KNOWN = """
import _thread, gc, heddle, time
lock = _thread.allocate_lock()
turns = ident = 0
done = near = False

def bee():
    global near
    near = True
    with lock:
        pass

def spin():
    global turns
    while not done:
        turns += 1

def wait_for(ident):
    # On the host a thread that has yet to begin waits, too.
    while not near or [t.state for t in heddle.threads() if t.ident == ident] != ["waiting"]:
        time.sleep_ms(1)

lock.acquire()
heddle.trace.start(100000)
ident = _thread.start_new_thread(bee, (), name="bee, who waits")
wait_for(ident)
heddle.trace.mark(7)
lock.release()
heddle.join(ident)
gc.collect()
heddle.trace.mark(8)
ident = _thread.start_new_thread(spin, (), name="spin")
while turns == 0:
    pass
done = True
heddle.join(ident)
heddle.trace.write()
print("free", gc.mem_free() > 0)
"""


def find(line, name):
    return next(thread for thread in line.lanes if thread.label.startswith(name))


def run_board(ctx, code, image=None):
    with ctx.board(image) as board:
        board.raw_repl()
        return board.exec(code, 30)


@case(each=("gil-testing", "nogil-testing"), timeout=60, boards=TRACED)
def trace_known(ctx):
    "A trace tells who held a lock, who woke whom, when the world stood still and who gave the GIL to whom."
    line = traceformat.timeline_of(traceformat.lines_of(run_board(ctx, KNOWN)))
    source = line.dump
    for event in source.events:
        ctx.log(event)
    main, bee, spin = (find(line, name) for name in ("main", "bee, who waits", "spin"))
    assert (main.ident, source.lost, source.gil) == (1, 0, ctx.variant.startswith("gil"))
    waits = [span for span in line.lanes[bee].spans if span.state == timeline.LOCK]
    assert waits and all(span.holder is main for span in waits), line.lanes[bee].spans
    marks = {number: time for time, thread, number in line.marks if thread is main}
    woken = [wake.time for wake in line.wakes if (wake.by, wake.to, wake.gil) == (main, bee, False)]
    assert len(woken) == 1 and marks[7] <= woken[0] <= marks[8], (woken, marks)
    assert waits[0].begin < marks[7] < waits[-1].end
    joins = [wake for wake in line.wakes if (wake.by, wake.to) == (bee, main) and not wake.gil]
    assert len(joins) <= 1
    collection = next(c for c in line.collections if marks[7] <= c.begin <= marks[8])
    assert collection.thread is main and collection[:4] == tuple(sorted(collection[:4])), collection
    given = [wake for wake in line.wakes if wake.gil and {wake.by, wake.to} == {main, spin}]
    assert bool(given) == source.gil, given
    traceformat.check_all(line)


@case(images=("gil-testing",), timeout=60, boards=BOTH)
def trace_ring(ctx):
    "A ring that is too small has the newest records; sizes that cannot be are refused, and leave nothing behind."
    with ctx.board("gil-testing") as board:
        board.raw_repl()
        board.exec("import gc, heddle\nt = heddle.trace\nn = 0")
        output = board.exec("t.start({})\nfor n in range(1000):\n  t.mark(n)\nt.stop()\nt.write()".format(LEAST))
        line = traceformat.timeline_of(traceformat.lines_of(output))
        marks = [number for _, _, number in line.marks]
        assert marks == list(range(1000 - len(marks), 1000)) and len(marks) > 8, marks
        assert line.dump.lost + len(line.dump.events) >= 1001, line.dump.lost
        traceformat.check_all(line)
        for call, said in (
            ("t.start({})".format(LEAST - 1), "ValueError: size must be at least 192"),
            ("t.start(-1)", "ValueError: size must be at least 192"),
            ("t.start('x')", "TypeError: size must be an integer"),
            ("t.start(1 << 30)", "MemoryError: "),
            ("t.start(1 << 70)", "MemoryError: "),
            ("t.write()", "RuntimeError: nothing was traced"),
            ("t.mark('x')", "TypeError: number must be an integer"),
            ("t.write(1)", "OSError: "),
        ):
            board.exec_start(call)
            assert said in board.exec_finish()[1], call
        free = "gc.collect()\nn = gc.mem_free()"
        left = int(board.exec(free + "\nt.start(20000)\nt.clear()\ngc.collect()\nprint(n - gc.mem_free())"))
        assert left < 1000, left
        board.exec("t.start()\nt.mark(1)")
        board.soft_reset()
        board.exec_start("import heddle\nheddle.trace.write()")
        assert "nothing was traced" in board.exec_finish()[1], "a soft reset ends it"


TWO_CORES = """
import _thread, heddle
done = ident = n = 0
def spin():
    global n
    while not done:
        n += 1
heddle.trace.start(60000)
ident = _thread.start_new_thread(spin, ())
while n == 0:
    pass
done = 1
heddle.join(ident)
heddle.trace.write()
"""


@case(images=("nogil-testing",), timeout=60, boards=("virt-aarch64",))
def trace_cores(ctx):
    "On several cores a trace tells which thread each one had."
    line = traceformat.timeline_of(traceformat.lines_of(run_board(ctx, TWO_CORES, "nogil-testing")))
    assert line.dump.cores > 1 and len(line.cores) > 1, line.cores
    on = {run.thread.label: core for core, runs in line.cores.items() for run in runs}
    assert len({core for name, core in on.items() if name == "main" or name.startswith("thread")}) == 2, on
    traceformat.check_all(line)


@case(images=("gil",), timeout=60, boards=("host",))
def trace_run(ctx):
    "`./heddle trace` leaves a script's output and status alone, and writes both files into the current folder."
    folder = ctx.scratch()
    script = os.path.join(folder, "traced script.py")
    with open(script, "w") as f:
        f.write("import sys\nprint('one')\nsys.stdout.write('two @trace')\nsys.exit(7)\n")
    elf = ctx.image("gil")
    tool = [PYTHON, os.path.join(ROOT, "tools", "trace", "run.py"), "traced script.py"]
    start = [PYTHON, os.path.join(ROOT, "tools", "host.py"), elf, "--trace", "0", "--script", script]
    run = subprocess.run(tool + start, cwd=folder, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    ctx.log(run.stdout)
    assert run.returncode == 7 and run.stdout.startswith("one\ntwo @trace\ntrace: Linux, "), run.stdout
    for ending, check in ((".trace.json", traceformat.check_json), (".svg", traceformat.check_svg)):
        with open(os.path.join(folder, "traced script" + ending)) as f:
            check(f.read())


# --- traces that are made up

SUBJECT = 0x100


class Maker:
    """Lines of a trace in which threads take a core, a lock and the GIL from each other."""

    def __init__(self, names, hz=1000000):
        self.records, self.time, self.names, self.hz = [], 0, names, hz

    def add(self, kind, subject, argument=0, core=0):
        self.records.append(dump.RECORD.pack(self.time % dump.TURN, kind << 27 | core << 24 | subject, argument))

    def lines(self):
        yield "@trace begin hz={} cores=1 gil=1 lost=0 kernel=Made up\n".format(self.hz)
        for i, name in enumerate(self.names):
            yield "@trace thread {:x} {} 5 {}\n".format(SUBJECT + i, i + 1, name)
        for record in self.records:
            yield dump.MARK + base64.b64encode(record).decode() + "\n"
        yield "@trace end\n"


def made_up(names, length_us, steps, seed):
    """The seed says which thread runs when, and how it leaves its core."""
    chance, maker = random.Random(seed), Maker(names)
    waits, now = {}, None
    for _ in range(steps):
        maker.time += int(chance.expovariate(steps / length_us)) + 1
        for i in list(waits):
            if chance.random() < 0.5:
                kind = waits.pop(i)
                waker = dump.ISR if now is None or chance.random() < 0.2 else SUBJECT + now
                maker.add(dump.GIL_TAKE if kind == "gil" else dump.WAKE, *(
                    (SUBJECT + i, (SUBJECT + (now or 0)) << 3) if kind == "gil" else (waker, (SUBJECT + i) << 3)
                ))
        free = [i for i in range(len(names)) if i not in waits]
        way = chance.choice(("lock", "gil", "sleep", "collect", "displaced"))
        if now is not None and way == "collect":
            for phase in range(4):
                maker.add(dump.COLLECT, SUBJECT + now, phase)
                maker.time += 1 + length_us // steps // 8
        elif now is not None and way != "displaced":
            waits[now] = way
            if way == "lock":
                maker.add(dump.HELD, SUBJECT + now, 1)
                maker.add(dump.WAIT + timeline.KINDS.index("lock"), SUBJECT + now, 0x1234)
            elif way == "gil":
                maker.add(dump.GIL_WAIT, SUBJECT + now, SUBJECT << 3)
            else:
                maker.add(dump.WAIT, SUBJECT + now)
            free = [i for i in free if i != now]
        now = chance.choice(free) if free else None
        maker.add(dump.SWITCH, 0 if now is None else SUBJECT + now)
    return maker.lines()


@case(timeout=60)
def trace_pictures(ctx):
    "Whatever a trace is like, its JSON keeps the format's rules, and no text of its picture lies over another."
    longs = ["a name of fifteen"[:15] + "é" * (i % 2) for i in range(20)]
    for names, length_us, steps in (
        (["main"], 10000, 20),
        (["main"], 5, 3),
        (["main", "<b&w>"], 10000, 300),
        (longs, 60000000, 3000),
        (["thread-{}".format(i) for i in range(20)], 1000000, 500),
        (["a"] * 12, 200000000, 400),
    ):
        line = traceformat.timeline_of(made_up(names, length_us, steps, 1))
        phases, picture = traceformat.check_all(line, "a script whose name is long" + " and longer" * 9 + ".py")
        ctx.log(len(names), length_us, steps, {phase: len(events) for phase, events in phases.items()})
        assert phases["X"] and picture.get("width") == "1200"
        assert len({lane.thread.label for lane in line.threads}) == len(line.threads), "threads are told apart"
        shares = sum(line.time_in(lane, timeline.RUNNING) for lane in line.threads)
        assert shares <= 1.000001 * (line.end - line.begin), "with one core"
    assert len(phases["s"]) > 10


@case(timeout=60)
def trace_numbers(ctx):
    "tools/trace knows the numbers of include/rtos_trace.h and core/core.h, and says what is wrong with a file."
    with open(os.path.join(ROOT, "include", "rtos_trace.h")) as f:
        kinds = re.findall(r"^    RTOS_TRACE_(\w+),", f.read().split("rtos_trace_kind_t")[0], re.M)
    assert [kind.lower() for kind in kinds] == dump.NAMES, kinds
    with open(os.path.join(ROOT, "core", "core.h")) as f:
        waits = re.findall(r"^    CORE_WAIT_(\w+),", f.read(), re.M)
    assert [wait.lower() for wait in waits] == timeline.KINDS, waits
    tool, path = os.path.join(ROOT, "tools", "trace", "run.py"), os.path.join(ctx.scratch(), "x.log")
    whole = list(made_up(["main"], 1000, 10, 1))
    for lines, said in ((["nothing\n"], "there is no trace in it"), (whole[:-1], "the trace has no end"), (whole, "")):
        with open(path, "w") as f:
            f.writelines(["some output\n", *lines])
        run = subprocess.run([PYTHON, tool, path], cwd=ctx.scratch(), capture_output=True, text=True)
        assert run.returncode == bool(said) and run.stderr == ("trace: " + said + "\n" if said else ""), run.stderr
