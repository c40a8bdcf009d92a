# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's own port of the Pico, built from a copy with our patch, on the emulated one."""

import contextlib
import filecmp
import os
import re
import shutil

from harness import PYTHON, ROOT, Failure, case, make

BOTH_CORES = """
import _thread, heddle, machine
lock = _thread.allocate_lock()
cores = [0, 0]
counts = [0] * 4
ids = f = ident = None
def work(i):
    for _ in range(100):
        core = machine.mem32[0xd0000000]
        with lock:
            cores[core] += 1
            counts[i] += 1
        [str(j) * 10 for j in range(5)]
ids = [_thread.start_new_thread(work, (i,)) for i in range(4)]
with open("/file.txt", "w") as f:
    f.write("x" * 5000)
for ident in ids:
    heddle.join(ident)
with open("/file.txt") as f:
    assert f.read() == "x" * 5000
print(cores)
print(counts)
"""
DIVIDE = """
import _thread, heddle
wrong = [0] * 4
ident = None
def work(me):
    for i in range(me, 30000):
        if (i * 7 + 3) // 7 != i or (i * 7 + 3) % 7 != 3:
            wrong[me] += 1
for ident in [_thread.start_new_thread(work, (me,)) for me in range(4)]:
    heddle.join(ident)
print(wrong)
"""
PRINT = """
import _thread, time
def tick():
    while True:
        time.sleep_ms(20)
        print("tick")
_thread.start_new_thread(tick, ())
while True:
    print("x" * 400)
"""
MASKED_WRITE = """
import _thread, machine, rp2, time
def wake():
    while True:
        time.sleep_ms(1)
flash = rp2.Flash()
state = None
_thread.start_new_thread(wake, ())
state = machine.disable_irq()
time.sleep_us(5000)
try:
    flash.writeblocks(300, bytearray(4096))
except RuntimeError:
    machine.enable_irq(state)
    print("refused")
"""
# What a thread asks of devices while it is on the second core, where it masks interrupts to stay there.
INTERRUPTS = """
import _thread, heddle, machine, rp2, time
CORE, NVIC, INTR, PROC1_INTE, PIN, EDGE = 0xd0000000, 0xe000e100, 0x400140f0, 0x40014130, 2, 0x800
pin = machine.Pin(PIN, machine.Pin.OUT, value=0)
@rp2.asm_pio()
def program():
    nop()
machine_0 = rp2.StateMachine(0, program)
dma = rp2.DMA()
ctrl = dma.pack_ctrl(size=2, irq_quiet=False, inc_read=False, inc_write=False)
source, target = bytearray(4), bytearray(4)
counts, seen = [0] * 3, [0] * 4
def on_pin(_):
    counts[0] += 1
def on_pio(_):
    counts[1] += 1
def on_dma(_):
    counts[2] += 1
def ask():
    pin.irq(on_pin, machine.Pin.IRQ_RISING)
    machine_0.irq(on_pio)
    dma.irq(on_dma)
def once_on(core, work):
    done = []
    def try_to():
        while not done:
            state = machine.disable_irq()
            if machine.mem32[CORE] == core and not done:
                done.append(True)
                work()
            machine.enable_irq(state)
    for ident in [_thread.start_new_thread(try_to, ()) for _ in range(4)]:
        heddle.join(ident)
def wait_us(us):
    start = time.ticks_us()
    while time.ticks_diff(time.ticks_us(), start) < us:
        pass
def second():
    ask()
    seen[0] = machine.mem32[NVIC] & ~(1 << 1 | 1 << 16)
    seen[1] = machine.mem32[PROC1_INTE]
    pin.on()
    wait_us(300)
    seen[2] = machine.mem32[INTR] & EDGE
def first():
    seen[3] = machine.mem32[NVIC] & (1 << 13 | 1 << 7 | 1 << 11)
def trigger(i, do):
    for n in range(1, 21):
        do()
        while counts[i] < n:
            time.sleep_ms(1)
ask()
once_on(1, second)
once_on(0, first)
while not counts[0]:
    time.sleep_ms(1)
counts[0] = 0
trigger(0, lambda: (pin.off(), pin.on()))
machine_0.active(1)
trigger(1, lambda: machine_0.exec("irq(0)"))
trigger(2, lambda: dma.config(read=source, write=target, count=1, ctrl=ctrl, trigger=True))
time.sleep_ms(20)
print(seen, counts)
"""
BOOTSEL = """
import _thread, heddle, machine, rp2
stop, counts = [False], [0, 0, 0]
ids = ident = None
def work(me):
    while not stop[0]:
        counts[me] += 1
ids = [_thread.start_new_thread(work, (me,)) for me in range(2)]
while counts[2] < 200 or not min(counts):
    counts[2] += 1
    rp2.bootsel_button()
stop[0] = True
for ident in ids:
    heddle.join(ident)
print("not held")
"""
# Each file is one number many times: another one in every round, which is told once it is synced.
WRITERS = """
import _thread, heddle
ROUNDS = {}
ids = ident = None
def found(me):
    try:
        with open("/w%d" % me) as f:
            parts = f.read().split()
    except OSError:
        return 0
    assert len(parts) == 300 and len(set(parts)) == 1, parts
    return int(parts[0])
def work(me, n):
    for n in range(n + 1, n + ROUNDS + 1):
        with open("/w%d" % me, "w") as f:
            f.write(("%d " % n) * 300)
        print("synced", me, n)
starts = [found(0), found(1)]
print("found", starts[0], starts[1])
ids = [_thread.start_new_thread(work, (me, starts[me])) for me in range(2)]
for ident in ids:
    heddle.join(ident)
print("all", found(0), found(1))
"""
# What is said in public of threads on this port, each a function that says its name when all was well.
COMPLAINTS = """
import _thread, gc, heddle, machine, micropython, os, rp2, sys, time
main = _thread.get_ident()
def together(*works):
    ids = [_thread.start_new_thread(work, ()) for work in works]
    for ident in ids:
        heddle.join(ident)
def collections():
    # A collection on one core beside allocations on the other.
    bad = []
    def collect():
        for _ in range(20):
            gc.collect()
    def allocate():
        for i in range(300):
            parts = [str(i + j) for j in range(20)]
            if parts != [str(i + j) for j in range(20)]:
                bad.append(i)
    together(collect, allocate, collect, allocate)
    assert not bad
def imports():
    # An import on one core while the other iterates.
    for i in range(6):
        with open("/m%d.py" % i, "w") as f:
            f.write("values = list(range(50))\\n")
    bad = []
    def bring():
        for i in range(6):
            values = __import__("m%d" % i).values
            if len(values) != 50:
                bad.append(i)
    def iterate():
        table = {i: str(i) for i in range(50)}
        for _ in range(60):
            if sum(1 for key, value in table.items() if str(key) == value) != 50:
                bad.append(-1)
    together(bring, iterate, bring, iterate)
    assert not bad
def interrupted(called_by):
    # An interrupt between a lock's being taken and its being marked so.
    lock, counts = _thread.allocate_lock(), [0, 0, 0]
    def called(_):
        if lock.acquire(False):
            counts[2] += 1
            lock.release()
    def work(me):
        for _ in range(400):
            with lock:
                counts[me] += 1
    stop = called_by(called)
    together(lambda: work(0), lambda: work(1))
    until = time.ticks_ms() + 2000
    while not counts[2] and time.ticks_diff(until, time.ticks_ms()) > 0:
        time.sleep_ms(1)
    stop()
    assert counts[:2] == [400, 400] and counts[2] and not lock.locked(), counts
def timers():
    interrupted(lambda called: machine.Timer(period=1, mode=machine.Timer.PERIODIC, callback=called).deinit)
@rp2.asm_pio()
def each_millisecond():
    irq(rel(0)) [31]
    nop() [31]
def pio():
    # Its handler is Python in the interrupt itself.
    def called_by(called):
        source = rp2.StateMachine(0, each_millisecond, freq=64000)
        source.irq(called, hard=True)
        source.active(1)
        return lambda: source.active(0)
    interrupted(called_by)
def scheduled():
    # Callbacks run in the main thread, whoever schedules them.
    where = []
    def called(_):
        where.append(_thread.get_ident())
    def work():
        for _ in range(5):
            micropython.schedule(called, None)
            time.sleep_ms(2)
    together(work, work)
    while len(where) < 10:
        time.sleep_ms(1)
    assert set(where) == {main}, where
def threads_in_threads():
    # A thread that a thread starts, after that one has ended too: upstream has one more and no other.
    ran = []
    def inner():
        ran.append(1)
    def outer():
        _thread.start_new_thread(inner, ())
    for _ in range(5):
        together(outer, outer)
    while len(ran) < 10:
        time.sleep_ms(1)
def exits():
    # A thread that raises, or exits, leaves the other and the prompt alone.
    def leave():
        _thread.exit()
    together(leave, leave)
def polls():
    # Timeouts of locks, which upstream has not.
    lock = _thread.allocate_lock()
    lock.acquire()
    assert not lock.acquire(True, 0.01)
def flags():
    # A ThreadSafeFlag that a thread sets wakes asyncio's loop, and is no stream that is asked each millisecond.
    import asyncio
    flag, got = asyncio.ThreadSafeFlag(), []
    assert isinstance(flag, heddle.Flag)
    async def listen():
        for n in range(20):
            await flag.wait()
            got.append(n)
    def work():
        for n in range(20):
            flag.set()
            while len(got) <= n:
                time.sleep_ms(1)
    ident = _thread.start_new_thread(work, ())
    asyncio.run(listen())
    heddle.join(ident)
for check in (collections, imports, timers, pio, scheduled, threads_in_threads, exits, polls, flags):
    check()
    print(check.__name__)
"""
# Two threads that print: whole lines, all of them.
LINES = """
import _thread, heddle
ids = ident = None
def work(me):
    for i in range(60):
        print("line", me, i, "x" * 60)
ids = [_thread.start_new_thread(work, (me,)) for me in range(2)]
work(2)
for ident in ids:
    heddle.join(ident)
"""
# What a soft reset and Ctrl-C find: a thread that has a lock, one that allocates, one that catches interruptions.
BUSY = """
import _thread, time
lock, state = _thread.allocate_lock(), [0, 0]
def hold():
    with lock:
        while True:
            state[0] += 1
def allocate():
    while True:
        [str(i) for i in range(20)]
        state[1] += 1
def catch():
    while True:
        try:
            time.sleep_ms(1)
        except KeyboardInterrupt:
            print("another thread was interrupted")
for work in (hold, allocate, catch):
    _thread.start_new_thread(work, ())
while not all(state):
    time.sleep_ms(1)
print("busy")
while True:
    time.sleep_ms(1)
"""
TREE = os.path.join(ROOT, "integrations", "tree")


@contextlib.contextmanager
def at_prompt(ctx, image, more=()):
    """The board with this image, in its raw REPL."""
    with ctx.Board(ctx.image(image), ctx.board_name, more=more) as board:
        board.raw_repl(60)
        yield board


# These two are no part of a short run: they take images without threads.
@case(name="untouched", timeout=900, boards=("pico",))
def rp2_untouched(ctx):
    "Without threads the patched port is upstream's, byte for byte."
    ours = os.path.join(os.path.dirname(ctx.image("bare")), "firmware.uf2")
    build = os.path.join(ROOT, "build", "pico", "upstream")
    os.makedirs(build, exist_ok=True)
    settings = ["BOARD=pico", "MICROPYTHON_DIR=" + ctx.micropython_dir, "THREADS=0", "BARE=1", "PYTHON=" + PYTHON]
    ctx.log(make(*settings, "BUILD=" + build, "-j2", cwd=os.path.join(ROOT, "ports", "pico"))[-500:])
    assert filecmp.cmp(ours, os.path.join(build, "firmware.uf2"), shallow=False), "the images differ"
    ctx.note("{} bytes".format(os.path.getsize(ours)))


@case(images=("bare",), timeout=300, boards=("pico",))
def prompt_of_upstream(ctx):
    "Upstream's image boots in the emulator to its prompt over USB, and runs its own two threads."
    with at_prompt(ctx, "bare") as board:
        assert "RP2040" in board.exec("import sys\nprint(sys.implementation._machine)", 60)
        lines = ["import _thread", "l = _thread.allocate_lock()", "l.acquire()"]
        lines += ["_thread.start_new_thread(lambda: (print(_thread.get_ident()), l.release()), ())", "l.acquire()"]
        assert board.exec("\n".join(lines), 60) == "2\n"


@case(each=("gil", "nogil"), timeout=300, boards=("pico",))
def rp2_tour(ctx):
    "The first program that a new user sees says of each thread that it ran on both cores."
    script = os.path.join(ROOT, "examples", "tour.py")
    prompt = [os.path.join(ROOT, "tools", "prompt.py"), "--board", ctx.board_name, "--icount"]
    said = ctx.run(PYTHON, *prompt, "--script", script, ctx.image())
    for name in ("ada", "grace", "edsger", "tony"):
        assert name + " [0, 1]" in said, said
    assert "All jobs are done, and the sum is right" in said, said


@case(images=("gil", "nogil"), timeout=300, boards=("pico",))
def rp2_figures(ctx):
    "Two threads do twice as much as one on two cores without a GIL, and with it not less: no figure misses its mark."
    words = ["{}={}".format(*item) for item in ctx.variables.items()]
    ctx.run(PYTHON, os.path.join(ROOT, "tests", "bench", "run.py"), *words, timeout=120)


@case(images=("gil",), timeout=300, boards=("pico",))
def rp2_threads(ctx):
    "Threads of Python run on both cores, beside a file that is written to the flash."
    with at_prompt(ctx, "gil") as board:
        said = board.exec(BOTH_CORES, 120)
    cores, counts = said.splitlines()
    assert counts == "[100, 100, 100, 100]", said
    assert "0" not in cores[1:-1].split(", "), said
    ctx.note("locked on the cores: " + cores)


@case(images=("gil",), timeout=300, boards=("pico",))
def rp2_fault(ctx):
    "A fault is reported whole, over USB, with interrupts masked; then the board starts again."
    with at_prompt(ctx, "gil") as board:
        board.exec_start("import machine\nmachine.mem32[0x60000000]")
        board.read_until(b"fault: no memory there, at 60000000\r\nthread main, ", 60)
        board.read_until(b"pc 10", 60)
        board.read_until(b">>> ", 60)


@case(images=("nogil",), timeout=300, boards=("pico",))
def rp2_divider(ctx):
    "A division that a switch comes into is right: each core has one divider, of which no thread's state is kept."
    with at_prompt(ctx, "nogil") as board:
        assert board.exec(DIVIDE, 120) == "[0, 0, 0, 0]\n"


@case(images=("gil",), timeout=300, boards=("pico",))
def rp2_print(ctx):
    "Ctrl-C ends a print that waits for USB, and the console is not left held."
    with at_prompt(ctx, "gil") as board:
        board.exec_start(PRINT)
        for _ in range(3):
            board.read_until(b"tick\r\n", 60)
        board.interrupt()
        board.read_until(b"KeyboardInterrupt", 60)
        for _ in range(3):
            board.read_until(b"tick\r\n", 60)


@case(images=("gil",), timeout=300, boards=("pico",))
def rp2_masked_write(ctx):
    "A write to the flash with interrupts masked is refused: the other core could not be held."
    with at_prompt(ctx, "gil") as board:
        assert board.exec(MASKED_WRITE, 60) == "refused\n"


@case(images=("gil",), timeout=300, boards=("pico",))
def rp2_interrupts(ctx):
    "Interrupts of pins, PIO and DMA come once, on the first core, whoever asked; masked on the other core they wait."
    with at_prompt(ctx, "gil") as board:
        said = board.exec(INTERRUPTS, 60)
    assert said == "[0, 0, 2048, 10368] [20, 20, 20]\n", said


@case(images=("nogil",), timeout=300, boards=("pico",))
def rp2_bootsel(ctx):
    "While rp2.bootsel_button() has the flash's select pin, the other core does not read the flash."
    with at_prompt(ctx, "nogil") as board:
        assert board.exec(BOOTSEL, 60) == "not held\n"


@case(each=("gil", "nogil"), timeout=300, boards=("pico",))
def rp2_complaints(ctx):
    "What is said in public of threads on this port does not happen: see COMPLAINTS, LINES and BUSY."
    with at_prompt(ctx, ctx.variant) as board:
        said = board.exec(COMPLAINTS, 60)
        assert said.split() == re.findall(r"\((collections.*?)\):", COMPLAINTS)[0].split(", "), said
        said = board.exec(LINES, 60)
        wanted = ["line {} {} {}".format(me, i, "x" * 60) for me in range(3) for i in range(60)]
        assert sorted(said.splitlines()) == sorted(wanted), said
        for _ in range(3):
            board.exec_start(BUSY, 60)
            board.read_until(b"busy\r\n", 60)
            board.interrupt()
            output, trace = board.exec_finish(60)
            assert output == "" and trace.endswith("KeyboardInterrupt: \n"), (output, trace)
            board.soft_reset(60)


def written(board, rounds):
    """Let two threads write, until they end or power is cut: the words of each line."""
    board.exec_start(WRITERS.replace("ROUNDS = {}", "ROUNDS = {}".format(rounds)), 60)
    start = board.seen
    board.wait_for(lambda: board.said.count(b"\x04", start) >= 2, 120, "no end")
    said = bytes(board.said[start:])
    lines = said.partition(b"\x04")[0].decode().split("\r\n")
    assert lines[0].startswith("found "), said
    return [line.split() for line in lines[:-1]]  # the last one may be half of one


def cuts(ctx, image, steps):
    """Cut power in these steps of two threads' writing, one after the other on one flash."""
    path = os.path.join(ctx.scratch(), image + ".flash")
    if os.path.exists(path):
        os.remove(path)
    least = [0, 0]
    for cut in (None, *steps, None):
        more = ["--flash", path] + (["--stop-at-flash", str(cut)] if cut else [])
        with at_prompt(ctx, image, more) as board:
            lines = written(board, 200 if cut else 3)
            if cut:
                assert board.wait_exit(60) == 3, cut
        ctx.log(cut, lines[0], lines[-1])
        assert all(int(is_there) >= told for is_there, told in zip(lines[0][1:], least)), (cut, lines[0], least)
        for word, *numbers in lines:
            if word == "synced":
                least[int(numbers[0])] = int(numbers[1])
    assert lines[-1] == ["all", *map(str, least)], lines[-1]
    ctx.note("{} cuts, {} and {} files synced".format(len(steps), *least))


@case(images=("nogil",), timeout=300, boards=("pico",))
def rp2_power(ctx):
    "Files that both cores write when power is cut: what was synced is there, and each is of one moment."
    cuts(ctx, "nogil", (1, 2, 5, 12, 31))


@case(each=("gil", "nogil"), timeout=300, boards=("pico",), soak=True)
def power_cuts(ctx):
    "The same with power cut in each of 200 steps of the flash."
    cuts(ctx, ctx.variant, range(1, 201))


def misfit(ctx, port, file, lines):
    """What the patch of a port says where MicroPython has none of `lines`, a pattern, in a file that it changes."""
    source = os.path.join(ctx.scratch(), "micropython")
    shutil.rmtree(source, ignore_errors=True)
    for folder in ("ports", "py", "lib"):
        os.makedirs(os.path.join(source, folder))
    shutil.copytree(os.path.join(ctx.micropython_dir, "ports", port), os.path.join(source, "ports", port))
    with open(os.path.join(source, "py", "mpconfig.h"), "w") as f:
        f.write("".join("#define MICROPY_VERSION_{} 9\n".format(part) for part in ("MAJOR", "MINOR", "MICRO")))
    tree = os.path.join(ctx.scratch(), "tree")
    ctx.run(TREE, port, source, tree)
    path = os.path.join(source, "ports", port, file)
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(re.sub(lines, "", text))
    try:
        ctx.run(TREE, port, source, tree)
    except Failure as er:
        return str(er)
    ctx.fail("the patch fits what it cannot")


HANDLERS = """
#include "freertos_board.h"
void vPortSVCHandler(void) {}
void xPortPendSVHandler(void) {}
void xPortSysTickHandler(void) {}
"""


# FreeRTOS for the Pico is in no package: these are names of its files, and what they say of their version.
@case(boards=("pico",), timeout=300)
def freertos_configured(ctx):
    "The image on FreeRTOS, for one core and for both, has no empty option, and the kernel's handlers in its table."
    for version, cores, port in ((9, 1, "GCC/ARM_CM0"), (11, 2, "ThirdParty/GCC/RP2040")):
        kernel = os.path.join(ctx.scratch(), "V{}".format(version))
        files = ["tasks.c", "queue.c", "list.c", "event_groups.c", "include/task.h", "portable/{}/port.c".format(port)]
        for path in files:
            os.makedirs(os.path.dirname(os.path.join(kernel, path)), exist_ok=True)
            with open(os.path.join(kernel, path), "w") as f:
                f.write(HANDLERS if path.endswith("port.c") else "#define tskKERNEL_VERSION_MAJOR {}\n".format(version))
        build = os.path.join(kernel, "build")
        settings = ["MICROPYTHON_DIR=" + ctx.micropython_dir, "PYTHON=" + PYTHON, "BUILD=" + build, "THREADS=1"]
        settings += ["GIL=1", "KERNEL=freertos", "FREERTOS_DIR=" + kernel, "CORES={}".format(cores)]
        ctx.log(make("configured", *settings, cwd=os.path.join(ROOT, "ports", "pico"))[-300:])
        with open(os.path.join(build, "CMakeFiles", "firmware.dir", "build.make")) as f:
            rules = f.read()
        assert " -DHEDDLE_CORES={} ".format(cores) in rules
        assert (" -DHEDDLE_RP2040_PORT " in rules) == (version == 11)
        empty = re.search(r".* -[DI] .*", rules)
        assert not empty, empty.group()
        if version < 11:  # that port has its handlers entered in the table when it starts
            found = re.findall(r"^(\S+/(?:crt0\.S|port\.c)\.o): CMakeFiles", rules, re.M)
            table, names = sorted(set(found), key=lambda name: name.endswith("port.c.o"))
            make("-f", "CMakeFiles/firmware.dir/build.make", table, names, cwd=build)
            defined = [ctx.run("arm-none-eabi-nm", os.path.join(build, name)) for name in (table, names)]
            entered = set(re.findall(r" W (\S+)", defined[0]))
            missing = set(re.findall(r" T (\S+)", defined[1])) - entered
            assert entered and not missing, missing


@case(boards=("pico",))
def rp2_patch(ctx):
    "A patch that does not fit says which version it is for, and which hunk of which file."
    said = misfit(ctx, "rp2", "rp2_flash.c", r".*workaround to pico-sdk(.*\n){12}")
    for word in ("is for MicroPython 1.25.0 and does not fit 9.9.9", "rp2_flash.c, hunk 1"):
        assert word in said, said
