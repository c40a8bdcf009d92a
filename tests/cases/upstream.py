# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's own tests by its own runner, and its own client, over the serial line."""

import glob
import itertools
import os
import re
import shutil

import patience
import qemu
from harness import BOARD, PYTHON, ROOT, SMALL, STM32, TWO, case

RUN_TESTS = os.path.join(ROOT, "tests", "run_upstream.py")
SAME = "basics extmod float import io micropython misc stress unicode".split()
SAME_LEAST = {BOARD: 783, TWO: 875, SMALL: 840, "virt-aarch64": 830, "pico": 600}  # tests that must pass in both images
SAME_HEAP = {"virt-aarch64": 1048576}  # collected in 6 ms: some tests have others take turns in 450 ms
FILES = {SMALL: ()}  # whose files there is room for, beside unittest.py
# Counts three periods of 4 ms in a sleep of 14 ms: a host that is late by two makes it fail, and where time is
# instructions, QEMU 7.2 counts what is slept twice. So it is given a few tries.
# On AArch64 it is in time where time is instructions, and one that has tasks take turns in 450 ms may not be.
TIMED = {
    BOARD: ("extmod/machine_soft_timer",),
    # All of it is in the host's time, and a task that waits for 10 ms may be overtaken by one that waits for 20.
    TWO: tuple("extmod/" + name for name in ("machine_soft_timer", "asyncio_", "time_res")),
    # The same where our own kernel sleeps for longer than a tick at once.
    SMALL: tuple("extmod/" + name for name in ("machine_soft_timer", "asyncio_heaplock", "asyncio_lock", "time_res")),
    "virt-aarch64": ("extmod/machine_soft_timer", "extmod/asyncio_fair"),
}
# Want to be in time, and are where time is instructions. On a board with such a list the others run in the host's time:
# where time is instructions QEMU is never idle, and takes a processor of the host from the tests' client.
CLOCKED = {BOARD: ("extmod/asyncio_", "extmod/time_")}
# What the board has not, whatever is built into the image: the Pico's emulator shows what goes out of UART0 among the
# answers to the tests' client.
NOT_THERE = {"pico": ("extmod/machine_uart_",)}
# By this name run-tests.py does not know the files that it skips on a board of two threads.
THREAD = "./thread"
TRIES = 10
SLOWER = 5  # times the tries, at most
PARALLEL = (*qemu.CORES, TWO)  # where cores that take turns would not be told in time
# Want others to have done in a given time what they do, in 30 ms to 10 s: where time is instructions they have.
SLEEPS = tuple(f"thread/{name}" for name in ("stress_schedule", "thread_coop", "thread_sleep2", "thread_start2"))
# Two of its four threads may do all its work before the others are started, where the host is late. Then what they
# leave lies all over a small heap, 3 KB apart, with no room for another stack. Where time is instructions all four are.
STREWN = {SMALL: ("thread/thread_lock4",), STM32: ("thread/thread_lock4",)}


def install(ctx, board, folders):
    """Put what tests look for beside themselves on the board's RAM disk."""
    tests = os.path.join(ctx.micropython_dir, "tests")
    files = {"unittest.py": os.path.join(ROOT, "tests", "unittest.py")}
    for folder in folders:
        top = os.path.join(tests, folder)
        for path, inner, names in os.walk(top):
            inner[:] = sorted(f for f in inner if f != "__pycache__")
            for name in sorted(names):
                source = os.path.join(path, name)
                # Of the others only the data: tests are not imported there.
                if not name.endswith(".exp") and (folder == "import" or path != top):
                    files[os.path.relpath(source, top)] = source
    made = set()
    board.exec("import os\nos.chdir('/')")
    for target, source in sorted(files.items()):
        parts = target.split("/")[:-1]
        for n in range(1, len(parts) + 1):
            folder = "/".join(parts[:n])
            if folder not in made:
                board.exec("try:\n os.mkdir({!r})\nexcept OSError:\n pass".format(folder))
                made.add(folder)
        with open(source, "rb") as f:
            board.put("/" + target, f.read())
    ctx.log("installed {} files".format(len(files)))


def run_tests(ctx, image, folders, exclude=(), include=(), files=None, timeout=120, elf=None, icount=False, **board):
    """Run MicroPython's run-tests.py on an image: {test: "pass", "FAIL" or "skip"}.

    `elf` is an image that make does not build; `image` is only its name then. With `include` nothing else is run. What
    else there is is the board's.
    """
    results = os.path.join(ctx.scratch(), image)
    shutil.rmtree(results, ignore_errors=True)
    os.makedirs(results)
    elf = elf or ctx.image(image)
    # Several that take turns hear late of what comes in the time of the host.
    cores = 1 if icount else ctx.cores
    with ctx.Board(elf, ctx.board_name, icount=icount, pty=True, cores=cores, **board) as board:
        board.raw_repl()
        if files is not None:
            install(ctx, board, files)
        board.disconnect()
        command = [PYTHON, RUN_TESTS, "-t", "port:" + board.path, "-r", results]
        for option, patterns in (("-e", exclude), ("-i", include)):
            for pattern in patterns:
                command += [option, pattern]
        output = ctx.run(
            *command,
            "-d",
            *folders,
            cwd=os.path.join(ctx.micropython_dir, "tests"),
            env=dict(os.environ, MICROPY_CPYTHON3=os.path.join(ROOT, "tests", "reference"), PYTHONUNBUFFERED="1"),
            timeout=timeout,
            check=False
        )
        if board.said_elsewhere():
            ctx.fail("{} said: {}".format(image, board.said_elsewhere().strip().splitlines()[-1]))
    verdicts = {}
    for line in output.splitlines():
        found = re.match(r"(pass|FAIL|skip) +(\S+\.py)", line)
        if found:
            verdicts[os.path.normpath(found.group(2))] = found.group(1)
    if not re.search(r"^\d+ tests performed", output, re.M):
        last = (output.strip() or "no output").splitlines()[-1]
        ctx.fail("run-tests.py did not get to its end on {}: {}".format(image, last))
    return verdicts


def run_timed(ctx, image, folder, names, **options):
    """Those that want to be in time, each in one of a few tries, of more while this machine is slower."""
    verdicts, left = {}, names
    for tries in itertools.count(1):
        verdicts.update(run_tests(ctx, image, [folder], include=left, **options))
        left = [name[: -len(".py")] for name, verdict in verdicts.items() if verdict == "FAIL"]
        if not left or tries >= TRIES * min(patience.probe(), SLOWER):
            return verdicts


def run_clocked(ctx, image, names, elf):
    """Those that want to be in time, where it is instructions; or in the host's, where several cores are parallel."""
    if ctx.board_name in PARALLEL:
        return run_timed(ctx, image, THREAD, names, elf=elf)
    return run_tests(ctx, image, [THREAD], include=names, elf=elf, icount=True)


def run_thread(ctx, image, exclude, elf):
    """All of tests/thread that is not excluded."""
    if ctx.board_name in qemu.OTHERS:  # whose time is its own, and parallel
        return run_tests(ctx, image, [THREAD], exclude, elf=elf, icount=True)
    clocked = SLEEPS + STREWN.get(ctx.board_name, ())
    verdicts = run_tests(ctx, image, [THREAD], (*exclude, *clocked), elf=elf)
    if SLEEPS[0] not in exclude:
        verdicts.update(run_clocked(ctx, image, clocked, elf))
    return verdicts


def demand_all(ctx, image, exclude=(), elf=None):
    """Every file of tests/thread must pass: none failed, none skipped, none missing."""
    folder = os.path.join(ctx.micropython_dir, "tests")
    wanted = {os.path.relpath(path, folder) for path in glob.glob(folder + "/thread/*.py")}
    wanted = {name for name in wanted if not any(re.search(p, name) for p in exclude)}
    verdicts = run_thread(ctx, image, exclude, elf)
    bad = sorted(name for name in wanted if verdicts.get(name) != "pass")
    if bad or not wanted:
        ctx.fail(
            "{} of {} did not pass: {}".format(
                len(bad),
                len(wanted),
                ", ".join("{} ({})".format(n, verdicts.get(n, "not run")) for n in bad),
            )
        )
    ctx.log("all {} passed".format(len(wanted)))


@case(images=("gil",), soak=True, boards=(BOARD, SMALL, "pico", STM32), apart=(SMALL,))
def thread_gil(ctx):
    "MicroPython's tests/thread all pass with the GIL."
    demand_all(ctx, "gil")


@case(images=("nogil",), soak=True, boards=(BOARD, SMALL, "pico", STM32))
def thread_nogil(ctx):
    "MicroPython's tests/thread, but for mutate_*, all pass without the GIL."
    demand_all(ctx, "nogil", exclude=("mutate_",))


@case(soak=True, boards=(SMALL, STM32), apart=(STM32,))
def thread_freertos(ctx):
    "The same with the GIL on FreeRTOS."
    demand_all(ctx, "gil-freertos", elf=ctx.image("gil", KERNEL="freertos"))


@case(boards=tuple(SAME_LEAST), timeout=240)
def upstream_same(ctx):
    "Every test that passes on the bare image passes on the threaded one: what does not, does not there either."
    timed, clocked = TIMED.get(ctx.board_name, ()), CLOCKED.get(ctx.board_name, ())
    files = FILES.get(ctx.board_name, ("import", "io", "unicode"))
    exclude = timed + clocked + NOT_THERE.get(ctx.board_name, ())
    options = {"HEAP": SAME_HEAP[ctx.board_name]} if ctx.board_name in SAME_HEAP else {}
    icount = ctx.board_name != TWO and not clocked
    in_turns = ctx.board_name in qemu.CORES

    def run(image, names=None):
        """All, or those of these names."""
        elf = ctx.image(image, **options)

        def these(patterns):
            return patterns if names is None else [name for name in names if name.startswith(patterns)]

        plain = () if names is None else [name for name in names if not name.startswith(exclude)]
        found = {}
        if names is None or plain:
            together = not icount and ctx.board_name not in PARALLEL
            found.update(run_tests(ctx, image, SAME, exclude, plain, files, elf=elf, icount=icount, together=together))
        if these(clocked):
            found.update(run_tests(ctx, image, ["extmod"], include=these(clocked), elf=elf, icount=True))
        if these(timed):
            found.update(run_timed(ctx, image, "extmod", these(timed), elf=elf, icount=in_turns))
        return found

    threaded = run("gil")
    passed, left = [[name for name in threaded if (threaded[name] == "pass") == good] for good in (True, False)]
    ctx.log("{} pass, {} do not".format(len(passed), len(left)))
    bare = run("bare", left)
    lost = [name for name in left if bare[name] == "pass"]
    ctx.log("fail in both:", *(name for name in left if threaded[name] == bare[name] == "FAIL"))
    if lost:
        ctx.fail("pass on bare but not on gil: " + ", ".join(lost))
    if len(passed) < SAME_LEAST[ctx.board_name]:
        ctx.fail("only {} pass, expected {}".format(len(passed), SAME_LEAST[ctx.board_name]))


THREADS = """
import _thread, time
counts = [0, 0]
def count(i):
    while True:
        counts[i] += 1
        time.sleep_ms(1)
for i in range(2):
    _thread.start_new_thread(count, (i,))
"""


@case(images=("gil",), timeout=120)
def mpremote(ctx):
    "mpremote runs, executes, copies both ways, lists, removes and resets while threads run."
    environment = dict(os.environ)
    command = [shutil.which("mpremote")]
    if not command[0]:
        environment["PYTHONPATH"] = os.path.join(ctx.micropython_dir, "tools", "mpremote")
        command = [PYTHON, "-m", "mpremote"]
    here = ctx.scratch()
    script = os.path.join(here, "script.py")
    data = bytes(range(256)) * 20
    with open(script, "w") as f:
        f.write("print('ran', sum(range(10)))\n")
    with open(os.path.join(here, "data"), "wb") as f:
        f.write(data)
    with ctx.board("gil", pty=True) as board:
        board.disconnect()

        def client(*words):
            line = command + ["connect", board.path, "resume"] + list(words)
            return ctx.run(*line, cwd=here, env=environment, timeout=30)

        def running():
            return eval(client("exec", "print(counts)"))

        client("exec", THREADS)
        before = running()
        assert client("run", script).strip() == "ran 45"
        assert client("exec", "print(6 * 7)").strip() == "42"
        client("cp", "data", ":copy")
        assert re.search(r"5120 +copy", client("ls"))
        client("cp", ":copy", "back")
        with open(os.path.join(here, "back"), "rb") as f:
            assert f.read() == data
        after = running()
        assert after[0] > before[0] and after[1] > before[1], (before, after)
        client("soft-reset")
        assert client("exec", "print('counts' in globals())").strip() == "False"
        assert re.search(r"5120 +copy", client("ls")), "files outlive a soft reset"
        client("rm", ":copy")
        assert "copy" not in client("ls")
