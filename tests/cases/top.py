# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""heddle.top(), and tools/top.py, which shows it for a script."""

import os
import pty
import re

import patience
import qemu
from harness import BOTH, PYTHON, case

SCRIPT = """
import _thread, sys, time
locks = [_thread.allocate_lock() for _ in range(2)]
locks[0].acquire()
def hold():
    with locks[1]:
        locks[0].acquire()
i = 0
_thread.start_new_thread(hold, (), name="ada")
time.sleep(0.1)
_thread.start_new_thread(locks[1].acquire, (), name="grace", priority=6)
_thread.start_new_thread(time.sleep, (1000,), name="tony", stack_size=40960)
for i in range(25):
    print("line", i, end=" of the script\\n" if i < 24 else "")
    time.sleep(0.1)
sys.exit(3)
"""
HEADER = r"(?m)^.*, (GIL|unsafe), \d+ cores?, 1000 Hz, \d+ threads?, \d+ of \d+ KB free\nTHREAD .*\n"
WANTED = {
    # grace waits for ada, and that for main, which may have come while top looks
    "main": r"(waiting +sleep|waiting +lock: top|ready +GIL: top) +6 +\S+ +\d+\.\d +\d+/\d+",
    "ada": r"waiting +lock: main +6 +\S+ +\d+\.\d +\d+/\d+",
    "grace": r"waiting +lock: ada +6 +\S+ +\d+\.\d +\d+/\d+",
    "tony": r"waiting +sleep +4 +\S+ +\d+\.\d +\d+/40960",
    "top": r"running +7 +\S+ +\d+\.\d +\d+/\d+",
    "idle|IDLE": r"waiting +-1 +\S+ +\d+\.\d +\d+/\d+",
}
OWN = "".join("line {} of the script\n".format(i) for i in range(24)) + "line 24"


def check_table(rows):
    "Each row as it must be, and the busiest first."
    for name, wanted in WANTED.items():
        assert re.search("(?m)^({}) +{}$".format(name, wanted), rows), (name, rows)
    shares = [float(row.split()[-2]) for row in rows.splitlines()]
    assert shares == sorted(shares, reverse=True), shares


def command(ctx):
    """What starts the tool."""
    path = os.path.join(ctx.scratch(), "script.py")
    with open(path, "w") as f:
        f.write(SCRIPT)
    tool = ["host.py"] if ctx.board_name == "host" else ["qemu.py", "--board", ctx.board_name]
    tools = os.path.join(ctx.root, "tools")
    start = [PYTHON, os.path.join(tools, tool[0]), *tool[1:], ctx.image(ctx.variant or "gil")]
    return [PYTHON, os.path.join(tools, "top.py"), *start, "--top", "--script", path]


@case(each=("gil", "nogil"), timeout=60, waits=True, boards=BOTH)
def top_of_a_script(ctx):
    "Beside a script its threads are shown each second; what it prints, and its status, are as they would be."
    done = patience.run(command(ctx), 50)
    ctx.log(done.stdout)
    assert done.returncode == 3, done.returncode
    own, *tables = re.split(HEADER, done.stdout)
    tables = tables[1::2]
    assert len(tables) >= 2, "there are two seconds in the script"
    for table in tables:
        rows, _, rest = table.partition("\n\n")
        check_table(rows)
        own = own.removesuffix("\n") + rest
    assert own == OWN, own


@case(images=("gil",), timeout=60, waits=True, boards=("host",))
def top_on_a_terminal(ctx):
    "On a terminal the newest table stands above the script's last lines."
    near, far = pty.openpty()
    os.set_blocking(near, False)
    process = qemu.start(command(ctx), stdin=far, stdout=far, stderr=far)
    os.close(far)
    said, limit = b"", patience.Patience(50)
    while not limit.over():
        if limit.wait(near):
            try:
                data = os.read(near, 65536)
            except OSError:  # nobody has it any more
                break
            said += data
            limit.heard()
    assert patience.wait_for_end(process, 10) == 3
    last = said.decode().replace("\x1b[K", "").replace("\r", "").split("\x1b[H")[-1]
    ctx.log(last)
    header = re.match(HEADER, last)
    assert header and "line 24" in last and last.index("line 23 of the script") > header.end(), last
    check_table(last[header.end() :].partition("\n\n")[0])


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def top_called(ctx):
    "heddle.top() prints as many tables as it is asked for, each in the place of the last one, and Ctrl-C ends it."
    with ctx.board() as board:
        board.raw_repl()
        board.exec("import heddle")
        once = board.exec("heddle.top(count=1, interval=0.01)")
        assert re.match(HEADER, once) and "\x1b" not in once and re.search("(?m)^main +running", once), once
        twice = board.exec("heddle.top(0.01, 2)")
        assert twice.count("\x1b[H\x1b[J") == 2 and len(re.findall(HEADER, twice.replace("\x1b[H\x1b[J", ""))) == 2
        assert board.exec("heddle.top(1, 0)") == ""
        for wrong in ("heddle.top(0)", "heddle.top(-1, 1)"):
            try_it = "try:\n  {}\nexcept ValueError as er:\n  print(er)".format(wrong)
            assert board.exec(try_it) == "interval must be positive\n"
        board.exec_start("heddle.top(0.01)\nprint('on')")
        board.read_until("main")
        board.interrupt()
        said, trace = board.exec_finish()
        assert said.endswith("on\n") and not trace, (said, trace)
