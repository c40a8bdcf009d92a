#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Where the instructions of one turn of a row go, function by function.

usage: where.py [--flow] ROW [MAKE_VARIABLE=value ...]

ROW is one of those of TURNS below. QEMU stops at the turn's start by its debugger
interface, and logs every instruction from there to the turn's end. --flow prints
them in the order in which they ran instead of the sum for each function. QEMU's
time jumps where it stops, so there is a tick or two too many.
"""

import os
import re
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
    "calls": ("calls.py", "", "fun_bc_call", 100, "fun_bc_call", 1),
    "calls-bare": ("calls.py", "bare", "fun_bc_call", 100, "fun_bc_call", 1),
    "allocation": ("allocation.py", "", "mp_obj_new_tuple", 2200, "mp_obj_new_tuple", 1),
    "allocation-bare": ("allocation.py", "bare", "mp_obj_new_tuple", 2200, "mp_obj_new_tuple", 1),
    "lock": ("lock.py", "", "lock_acquire", 100, "lock_acquire", 1),
    "handover": ("handover.py", "", "lock_acquire", 200, "lock_acquire", 2),
    "tick": ("fair.py", "", "gil_tick", 200, "gil_tick", 2),
    "create": ("create.py", "", "thread_start_new_thread", 20, "thread_start_new_thread", 1),
    "collect": ("collect.py", "", "gc_collect", 302, "gc_collect", 1),
    "collect-alone": ("collect.py", "", "gc_collect", 102, "gc_collect", 1),
    "service": ("service.py", "-testing", "TIMER1_Handler", 60, "task_ran", 1),
    "slot": ("service.py", "-testing", "TIMER1_Handler", 61, "slot_main", 1),
}
EXECUTED = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")

TICK = "(tick)"
TICK_FUNCTIONS = (
    "SysTick_Handler xTaskIncrementTick vApplicationTickHook rtos_freertos_tick gil_tick timers_tick"
).split()


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

    def ask(self, text):
        if text is not None:
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

    def monitor(self, text):
        """A command of QEMU's monitor; what it says is of no interest."""
        answer = self.ask("qRcmd," + text.encode().hex())
        while answer.startswith("O") and answer != "OK":
            answer = self.ask(None)

    def run_to(self, address, times):
        self.ask("Z0,{:x},2".format(address))
        for n in range(times):
            self.ask("c")
            if n < times - 1:  # leave the place, or QEMU stops there again
                self.ask("z0,{:x},2".format(address))
                self.ask("s")
                self.ask("Z0,{:x},2".format(address))
        self.ask("z0,{:x},2".format(address))


def turn(debugger, log, symbols, start, times, end, ends):
    """The addresses of a turn's instructions, in order."""
    address = {name: a & ~1 for a, name in symbols.functions}
    debugger.run_to(address[start], times)
    for command in ("singlestep on", "logfile " + log, "log exec,nochain"):
        debugger.monitor(command)
    debugger.run_to(address[end], ends + (start == end))
    debugger.monitor("log none")
    went = []
    with open(log) as f:
        for line in f:
            found = EXECUTED.match(line)
            if found:
                went.append(int(found.group(1), 16))
            elif line.startswith("Stopped execution"):
                went.pop()
    return went


def report(went, symbols, flow):
    name = [symbols.name(pc).split("+") for pc in went]
    name = [(TICK if function in TICK_FUNCTIONS else function, offset) for function, offset in name]
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
    script, mark, *where = TURNS[names[0]]
    bench = run.Bench(dict(word.split("=", 1) for word in words if "=" in word))
    elf = bench.image(mark if mark == "bare" else bench.threads + mark)
    symbols = run.Symbols(elf)
    with tempfile.TemporaryDirectory(prefix="heddle-") as folder:
        blob, path = os.path.join(folder, "script"), os.path.join(folder, "gdb")
        with open(blob, "wb") as f:
            f.write(qemu.script_blob(os.path.join(run.HERE, script)))
        line = qemu.command(elf, blob=blob, icount=True)
        line += ["-S", "-chardev", "socket,id=gdb,server=on,wait=off,path=" + path, "-gdb", "chardev:gdb"]
        process = qemu.start(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            went = turn(Debugger(path), os.path.join(folder, "log"), symbols, *where)
        finally:
            process.kill()
            process.wait()
    report(went, symbols, "--flow" in sys.argv[1:])


if __name__ == "__main__":
    main()
