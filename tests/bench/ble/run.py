#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What the Bluetooth host costs on the mps2-an385, in instructions: a table of docs/benchmarks.md.

usage: run.py [--report] [--markdown] [--c] [--kept] [MAKE_VARIABLE=value ...]

board.c, a program in C over ble/, and board.py on MicroPython, each in QEMU, whose time is instructions where something
runs (-icount shift=6: 64 ns each). The controller is controller.py. --c leaves Python out. The exit status is 1 if a
row misses its mark, unless --report is given; with --kept the marks are what has been reached, for the tests.
Without --c also what two programs of the host give each other over BlueZ's controllers in real time, fast_give.py to
fast_take.py: the machine's figures, and no marks for the tests.
"""

import glob
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = (os.path.dirname(os.path.dirname(HERE)), HERE)

import harness
import patience
import qemu

import controller

BOARD = harness.BOARD
TIMEOUT = 120
CPU_HZ = 25000000
NOTIFICATIONS = 720  # of 244 octets in a second: all that there is time for on the air, at 2 Mbit/s
NS_PER_TICK, NS_PER_INSTRUCTION = 40, 64

# Of a row: its title, whose figures, a mark, what has been reached and is to be kept, and what makes its value of the
# figures, {(name, connections): instructions}. None is kept where a busy machine counts: the long ones fill the UART,
# and the board's time goes on while the socket is not read.
ROWS = (
    ("`gatts_notify`, 20 octets, to the UART's last byte, from Python", "python", 6000, 6000, lambda f: f["notify", 1]),
    ("the same from C", "c", 1500, 1500, lambda f: f["notify", 1]),
    ("a peer's write, from the UART's last byte to Python's handler", "python", 8000, 8000, lambda f: f["event", 1]),
    ("the same to the application in C", "c", 2000, 2100, lambda f: f["event", 1]),
    ("with 4 connections / with 1: `gatts_notify` from C", "c", 1, 1.01, lambda f: f["notify", 4] / f["notify", 1]),
    ("likewise: the write to the application in C", "c", 1, 1.01, lambda f: f["event", 4] / f["event", 1]),
    (
        "720 notifications of 244 octets a second from C, share of 25 million instructions",
        "c",
        0.5,
        None,
        lambda f: f["long", 1] * NOTIFICATIONS / CPU_HZ,
    ),
)
WANTED_KB = 500  # a second
LATE = (
    ("handler beside a thread that computes, p99 / half", "computes"),
    ("handler beside a thread that collects, p99 / half", "collects"),
)


def c_image(variables, kernel="freertos"):
    folder = os.path.join(harness.ROOT, "build", BOARD, "bench", "ble-" + kernel)
    os.makedirs(folder, exist_ok=True)
    sources = [os.path.join(HERE, "board.c"), *sorted(glob.glob(os.path.join(harness.ROOT, "ble", "*.c")))]
    mbedtls = os.path.join(harness.ROOT, "build", "mbedtls")
    folders = [os.path.join(harness.ROOT, "ble"), mbedtls, os.path.join(mbedtls, "include"), HERE]
    words = ["BUILD=" + folder, "KERNEL=" + kernel, "COPT=-O2 -DNDEBUG", "PROGRAM_BOARD_C=hci.c"]
    words.append("PROGRAM_C=" + " ".join(os.path.relpath(path, harness.ROOT) for path in sources))
    words.append("PROGRAM_CFLAGS=-DBOARD_HCI=1 " + " ".join("-I" + path for path in folders))
    words.append("KERNEL_WRAPS=UART1_RX_Handler UART1_TX_Handler")
    words += ["{}={}".format(*item) for item in variables.items() if item[0] in ("MICROPYTHON_DIR", "FREERTOS_DIR")]
    harness.make("-s", "-C", "ports/" + BOARD, "-f", "contract.mk", *words)
    return os.path.join(folder, "firmware.elf")


def run(elf, script=None):
    """What an image says: {(name, connections): instructions}."""
    with tempfile.TemporaryDirectory(prefix="heddle-ble-") as folder:
        blob, path = os.path.join(folder, "script"), os.path.join(folder, "hci")
        if script:
            with open(blob, "wb") as f:
                f.write(qemu.script_blob(script))
        with controller.Controller(path):
            line = qemu.command(elf, blob=blob if script else None, icount=qemu.ICOUNT_ASLEEP, hci="unix:" + path)
            done = patience.run(line, TIMEOUT, preexec_fn=qemu.die_with_parent)
    if done.returncode != 0:
        raise harness.Failure("{} ended with {}:\n{}".format(elf, done.returncode, done.stdout))
    lines = [line.split() for line in done.stdout.splitlines()]
    return {(name, int(count)): int(ticks) * NS_PER_TICK / NS_PER_INSTRUCTION for name, count, ticks in lines}


def python_image(variables):
    run_id = "bench-ble-{}".format(os.getpid())
    context = harness.Context(harness.Case("bench", None), variables, run_id)
    return context.image("gil-testing", BLE=1)


def throughput(variables):
    """What fast_take.py says: {name: kB a second}."""
    harness.make("-s", "ble-rig")
    context = harness.Context(harness.Case("bench", None), dict(variables, BOARD="host"), "bench-ble-fast")
    image = "host:" + context.image("gil-testing", BLE=1)
    line = [sys.executable, os.path.join(os.path.dirname(os.path.dirname(HERE)), "ble", "pair.py")]
    for name in ("fast_give.py", "fast_take.py"):
        line += [image, os.path.join(HERE, name)]
    done = patience.run(line, TIMEOUT)
    if done.returncode != 0:
        raise harness.Failure("{} ended with {}:\n{}".format(" ".join(line), done.returncode, done.stdout))
    said = [line.split()[2:] for line in done.stdout.splitlines()]  # behind "right |"
    return {name: int(octets) * 1000 / int(us) for name, octets, us in said}


def fast_lines(rates):
    """Lines of the table."""
    for name, rate in rates.items():
        title = "two programs of the host over btvirt, {}, kB/s".format(name)
        yield title, ">= {}".format(WANTED_KB), "{:.0f}".format(rate), "ok" if rate >= WANTED_KB else "MISS"


def show(value):
    return "{:.0f}".format(value) if value >= 100 else "{:.3f}".format(value)


def table(figures, kept):
    """Its lines."""
    lines = []
    for title, whose, wanted, reached, value in ROWS:
        most = reached if kept else wanted
        if whose in figures and most is not None:
            found = value(figures[whose])
            lines.append((title, "<= {}".format(most), show(found), "MISS" if found > most else "ok"))
    for title, name in LATE:
        if "python" in figures:
            found = [figures["python"][key, 4] * NS_PER_INSTRUCTION / 1000 for key in (name, name + "-half")]
            lines.append((title, "-", "{:.0f} us / {:.0f} us".format(*found), ""))
    return lines


def main():
    words = sys.argv[1:]
    options = {word for word in words if word.startswith("--")}
    variables = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("--"))
    if options - {"--report", "--markdown", "--c", "--kept"}:
        sys.exit(__doc__)
    figures = {"c": run(c_image(variables))}
    if "--c" not in options:
        figures["python"] = run(python_image(variables), os.path.join(HERE, "board.py"))
    lines = table(figures, "--kept" in options)
    if "--c" not in options and "--kept" not in options:
        lines += fast_lines(throughput(variables))
    missed = sum(line[3] == "MISS" for line in lines)
    head = ("Bluetooth, mps2-an385, FreeRTOS", "wanted", "instructions", "")
    for line in (head, ("---",) * 4, *lines) if "--markdown" in options else (head, *lines):
        form = "| {} | {} | {} | {} |" if "--markdown" in options else "{:96} {:>8} {:>16} {}"
        print(form.format(*line))
    if missed and "--report" not in options:
        sys.exit("{} of {} rows miss their mark".format(missed, len(lines)))


if __name__ == "__main__":
    main()
