#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Where the instructions of one turn of a row go: steps through it, function by function.

usage: where.py [--flow] ROW [MAKE_VARIABLE=value ...]

ROW is one of those of TURNS below. Stops at the turn's start with QEMU's debugger
interface and counts instructions one by one, thread switches included and the
kernel's tick left out. --flow prints them in the order in which they ran instead
of the sum for each function.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter

import run
from run import harness
import qemu

# For each row: script, image, function at which a turn starts and the turns before it, where it ends.
TURNS = {
    "lock": ("lock.py", "", "lock_acquire", 100, "lock_acquire"),
    "handover": ("handover.py", "", "lock_acquire", 200, None),
    "create": ("create.py", "", "thread_start_new_thread", 20, "thread_start_new_thread"),
    "collect": ("collect.py", "", "gc_collect", 300, "gc_collect"),
    "collect-alone": ("collect.py", "", "gc_collect", 100, "gc_collect"),
    "slot": ("service.py", "-testing", "bench_interrupt", 100, "slot_main"),
    "service": ("service.py", "-testing", "bench_interrupt", 101, "task_ran"),
}
MOST = 60000


class Debugger:
    """The few words of gdb's remote protocol that it takes."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.05)
        self.data = b""
        self.ask("?")
        self.ask("Qqemu.sstep=5")  # interrupts go on, time stands still

    def ask(self, text):
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))
        while True:
            start = self.data.find(b"$")
            end = self.data.find(b"#", start)
            if 0 <= start < end and len(self.data) >= end + 3:
                answer, self.data = self.data[start + 1 : end], self.data[end + 3 :]
                self.socket.sendall(b"+")
                return answer.decode()
            more = self.socket.recv(65536)
            if not more:
                raise SystemExit("QEMU ended before the turn did")
            self.data += more

    def register(self, number):
        everything = bytes.fromhex(self.ask("g")[: 16 * 8])
        return int.from_bytes(everything[4 * number : 4 * number + 4], "little")

    def run_to(self, address, times):
        self.ask("Z0,{:x},2".format(address))
        for n in range(times):
            self.ask("c")
            if n < times - 1:  # leave the place, or QEMU stops there again
                self.ask("z0,{:x},2".format(address))
                self.ask("s")
                self.ask("Z0,{:x},2".format(address))
        self.ask("z0,{:x},2".format(address))

    def write(self, address, value):
        self.ask("M{:x},4:{}".format(address, value.to_bytes(4, "little").hex()))

    def no_ticks(self):
        """Time runs on while QEMU is stopped, so that the tick would come at every step."""
        self.write(0xE000E010, 0)  # SysTick
        self.write(0xE000ED04, 1 << 25)  # not pending

    def step(self):
        self.ask("s")
        return self.register(15)


def turn(debugger, symbols, start, times, end):
    """The addresses of a turn's instructions, in order."""
    address = {name: a & ~1 for a, name in symbols.functions}
    debugger.run_to(address[start], times)
    debugger.no_ticks()
    pc = debugger.register(15)
    lock = debugger.register(0), debugger.register(1)
    went = []
    while len(went) < MOST:
        went.append(pc)
        pc = debugger.step()
        if end and pc == address[end]:
            break
        # Two threads take turns at one place: the turn ends when the first is there again.
        if not end and pc == address[start] and debugger.register(1) == lock[1]:
            break
    return went


def report(went, symbols, flow):
    name = [symbols.name(pc).split("+") for pc in went]
    if flow:
        count, last = 0, None
        for function, _ in name + [(None, None)]:
            if function != last:
                if last:
                    print("{:7} {}".format(count, last))
                count, last = 0, function
            count += 1
        return
    own = Counter(function for function, _ in name)
    calls = Counter(function for function, offset in name if offset == "0x0")
    for function, count in own.most_common():
        print("{:7} {:32} {:5} calls".format(count, function, calls[function]))
    print("{:7} in all".format(len(went)))


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    names = [word for word in words if "=" not in word]
    if len(names) != 1 or names[0] not in TURNS:
        sys.exit("say one of: " + " ".join(TURNS))
    script, mark, start, times, end = TURNS[names[0]]
    bench = run.Bench(dict(word.split("=", 1) for word in words if "=" in word))
    elf = bench.image(bench.threads + mark)
    symbols = run.Symbols(elf)
    with tempfile.TemporaryDirectory(prefix="heddle-") as folder:
        blob, path = os.path.join(folder, "script"), os.path.join(folder, "gdb")
        with open(blob, "wb") as f:
            f.write(qemu.script_blob(os.path.join(run.HERE, script)))
        line = qemu.command(elf, blob=blob, icount=True)
        line += ["-S", "-chardev", "socket,id=gdb,server=on,wait=off,path=" + path, "-gdb", "chardev:gdb"]
        process = qemu.start(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            went = turn(Debugger(path), symbols, start, times, end)
        finally:
            process.kill()
            process.wait()
    report(went, symbols, "--flow" in sys.argv[1:])


if __name__ == "__main__":
    main()
