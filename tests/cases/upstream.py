# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's own tests by its own runner, and its own client, over the serial line."""

import glob
import os
import re
import shutil
import threading

from harness import PYTHON, ROOT, case

SAME = "basics extmod float import io micropython misc stress unicode".split()
SAME_LEAST = 783  # tests that must pass in both images
# Counts three periods of 4 ms in a sleep of 14 ms: a host that is late by two makes it fail, and where time is
# instructions, QEMU 7.2 counts what is slept twice.
TIMED = "extmod/machine_soft_timer"


def install(ctx, board):
    """Put what tests look for beside themselves on the board's RAM disk."""
    tests = os.path.join(ctx.micropython_dir, "tests")
    files = {"unittest.py": os.path.join(ROOT, "tests", "unittest.py")}
    for folder in ("import", "io", "unicode"):
        top = os.path.join(tests, folder)
        for path, folders, names in os.walk(top):
            folders[:] = sorted(f for f in folders if f != "__pycache__")
            for name in sorted(names):
                source = os.path.join(path, name)
                # Of the others only the data: tests are not imported there.
                if not name.endswith(".exp") and (folder == "import" or path != top):
                    files[os.path.relpath(source, top)] = source
    board.raw_repl()
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


def run_tests(ctx, image, folders, exclude=(), include=(), files=False, timeout=600, elf=None, icount=False):
    """Run MicroPython's run-tests.py on an image: {test: "pass", "FAIL" or "skip"}.

    `elf` is an image that make does not build; `image` is only its name then. With `include` nothing else is run.
    """
    results = os.path.join(ctx.scratch(), image)
    shutil.rmtree(results, ignore_errors=True)
    os.makedirs(results)
    elf = elf or ctx.image(image)
    with ctx.Board(elf, ctx.board_name, icount=icount, pty=True) as board:
        if files:
            install(ctx, board)
        board.disconnect()
        command = [PYTHON, "run-tests.py", "-t", "port:" + board.path, "-r", results]
        for option, patterns in (("-e", exclude), ("-i", include)):
            for pattern in patterns:
                command += [option, pattern]
        output = ctx.run(
            *command,
            "-d",
            *folders,
            cwd=os.path.join(ctx.micropython_dir, "tests"),
            env=dict(os.environ, MICROPY_CPYTHON3=PYTHON),
            timeout=timeout,
            check=False
        )
        if board.said_elsewhere():
            ctx.fail("{} said: {}".format(image, board.said_elsewhere().strip().splitlines()[-1]))
    verdicts = {}
    for line in output.splitlines():
        found = re.match(r"(pass|FAIL|skip) +(\S+\.py)", line)
        if found:
            verdicts[found.group(2)] = found.group(1)
    if not re.search(r"^\d+ tests performed", output, re.M):
        last = (output.strip() or "no output").splitlines()[-1]
        ctx.fail("run-tests.py did not get to its end on {}: {}".format(image, last))
    return verdicts


# These run alone: thread_coop wants 30 ms of wall time, and under -icount (where host
# load does not count) thread_sleep2 fails, as QEMU 7.2 counts time in WFI twice.
def demand_all(ctx, image, exclude=(), elf=None):
    """Every file of tests/thread must pass: none failed, none skipped, none missing."""
    folder = os.path.join(ctx.micropython_dir, "tests")
    wanted = {os.path.relpath(path, folder) for path in glob.glob(folder + "/thread/*.py")}
    wanted = {name for name in wanted if not any(re.search(p, name) for p in exclude)}
    verdicts = run_tests(ctx, image, ["thread"], exclude, timeout=550, elf=elf)
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


@case(images=("gil",), timeout=600, soak=True, serial=True)
def thread_gil(ctx):
    "MicroPython's tests/thread all pass with the GIL."
    demand_all(ctx, "gil")


@case(images=("nogil",), timeout=600, soak=True, serial=True)
def thread_nogil(ctx):
    "MicroPython's tests/thread, but for mutate_*, all pass without the GIL."
    demand_all(ctx, "nogil", exclude=("mutate_",))


@case(images=("bare", "gil"), timeout=900, serial=True)
def upstream_same(ctx):
    "Every test that passes on the bare image passes on the threaded one. Time is instructions."
    verdicts, errors = {}, []

    def run(image):
        try:
            verdicts[image] = run_tests(ctx, image, SAME, (TIMED,), files=True, timeout=750, icount=True)
        except Exception as er:
            errors.append(er)

    runs = [threading.Thread(target=run, args=(image,)) for image in ("bare", "gil")]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    if errors:
        raise errors[0]
    for image in verdicts:
        verdicts[image].update(run_tests(ctx, image, ["extmod"], include=(TIMED,), timeout=60))
    names = {}
    for image, found in verdicts.items():
        for verdict in ("pass", "FAIL", "skip"):
            names[image, verdict] = {name for name in found if found[name] == verdict}
        counts = ["{} {}".format(len(names[image, v]), v) for v in ("pass", "FAIL", "skip")]
        ctx.log("{}: {}".format(image, ", ".join(counts)))
    both = names["bare", "pass"] & names["gil", "pass"]
    lost = sorted(names["bare", "pass"] - both)
    ctx.log("fail in both:", *sorted(names["bare", "FAIL"] & names["gil", "FAIL"]))
    ctx.log("pass with threads only:", *sorted(names["gil", "pass"] - both))
    if lost:
        ctx.fail("pass on bare but not on gil: " + ", ".join(lost))
    if len(both) < SAME_LEAST:
        ctx.fail("only {} pass in both, expected {}".format(len(both), SAME_LEAST))


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
