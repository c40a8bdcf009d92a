#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Start a board's image in QEMU, or the Pico's in an emulator of ours, with its console here or on a pseudo-terminal.

The library half (`command`, `script_blob`, `start`) serves the tests too. As a
program it relays the console: Ctrl-C goes to the board as character 3, Ctrl-]
leaves, and the exit status is the board's. When this program ends, however it
does, QEMU ends with it and no temporary file stays behind.
"""

import argparse
import ctypes
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import tty

import patience

# For each board: QEMU's program, machine and more; where in memory a script is left for the image.
BOARDS = {
    "mps2-an385": ("qemu-system-arm", "mps2-an385", [], 0x21000000),
    "mps2-an521": ("qemu-system-arm", "mps2-an521", [], 0x80000000),
    "netduinoplus2": ("qemu-system-arm", "netduinoplus2", [], 0x080c0000),
    "stm32": ("qemu-system-arm", "netduinoplus2", [], None),  # takes a script at its prompt
    "virt-aarch64": ("qemu-system-aarch64", "virt", ["-cpu", "cortex-a53", "-nic", "none"], 0x44000000),
}
# Boards that another emulator has: its command, and where a script is left, behind all that the real board has.
OTHERS = {"pico": (["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "rp2040", "run.mjs")], 0x10200000)}
CORES = {"virt-aarch64": 4}  # where QEMU has a choice, and gives less if it is not told
ICOUNT = "shift=6,sleep=off"
ICOUNT_ASLEEP = "shift=6"  # time goes on with the host's where nothing runs: for who waits for somebody outside
# Flags of script_blob.
BANNER = 1  # say in one line what runs on what
TOP = 2  # and once a second what its threads do, marked as lib/heddle_top.py does it
TRACE = 4  # trace it, with the KB of the ring from TRACE_SHIFT on
TRACE_SHIFT = 8
EXIT_KEY = b"\x1d"  # Ctrl-]


def script_blob(path, banner=False, top=False, trace=None):
    """The bytes that hand a script to the image through memory."""
    with open(path, "rb") as f:
        source = f.read()
    name = os.path.basename(path).encode()
    flags = (BANNER if banner else 0) | (TOP if top else 0)
    flags |= 0 if trace is None else TRACE | trace << TRACE_SHIFT
    header = struct.pack("<4sIII", b"HDL1", flags, len(name), len(source))
    return header + name + source


def command(elf, board="mps2-an385", blob=None, icount=False, pty=False, cores=None, machine="", more=(), hci=None):
    """QEMU's command line; `blob` is the path of a file made with script_blob, `machine` the machine's options.

    `more` are options of what has a board that QEMU has not; `hci` is what the second UART is connected to,
    unix:PATH or tcp:HOST:PORT.
    """
    if board in OTHERS:
        return other_command(elf, board, blob, icount, pty, more)
    program, name, more, address = BOARDS[board]
    cores = board in CORES and (cores or CORES[board])
    chardev = "pty,id=con" if pty else "stdio,id=con,signal=off"
    line = [program, "-M", ",".join(filter(None, (name, machine))), *more, "-display", "none", "-monitor", "none"]
    line += ["-semihosting-config", "enable=on,target=native"]
    line += ["-chardev", chardev, "-serial", "chardev:con", "-kernel", elf]
    if hci:
        line += ["-chardev", "socket,id=hci," + socket_options(hci), "-serial", "chardev:hci"]
    if blob:
        device = "loader,file={},addr={:#x},force-raw=on"
        line += ["-device", device.format(blob.replace(",", ",,"), address)]
    if icount:
        line += ["-icount", ICOUNT if icount is True else icount]
    if cores:
        line += ["-smp", str(cores)]
    return line


def socket_options(name):
    """Those of QEMU for unix:PATH or tcp:HOST:PORT."""
    kind, _, where = name.partition(":")
    host, _, port = where.rpartition(":")
    if kind == "unix" and where:
        return "path=" + where.replace(",", ",,")
    if kind == "tcp" and host and port.isdigit():
        return "host={},port={}".format(host.replace(",", ",,"), port)
    raise OSError("no socket can be {}: say unix:PATH or tcp:HOST:PORT".format(name))


def other_command(elf, board, blob, icount, pty, more):
    program, address = OTHERS[board]
    line = [*program, "--flash-size", "4194304", *more]
    line += ["--load", "{}@{:#x}".format(blob, address)] if blob else []
    return line + (["--icount"] if icount else []) + (["--all-keys"] if pty else []) + [elf]


def die_with_parent():
    """For preexec_fn: the process is killed when the thread that starts it ends."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def start(line, **options):
    """Popen for QEMU: never outlives this process."""
    return subprocess.Popen(line, bufsize=0, preexec_fn=die_with_parent, **options)


def start_on_pty(line, start=start, **options):
    """The same with the console on a new pseudo-terminal: (process, its path, a descriptor to keep open)."""
    near, far = os.openpty()
    tty.setraw(far)
    process = start(line, stdin=near, stdout=near, **options)
    os.close(near)
    return process, os.ttyname(far), far


def read_pty_path(process, timeout=10):
    """The pseudo-terminal that QEMU, started with pty=True, names on its stdout."""
    said = b""
    limit = patience.Patience(timeout)
    while not limit.over():
        ready = limit.wait(process.stdout)
        data = os.read(process.stdout.fileno(), 1024) if ready else b""
        said += data
        found = re.search(rb"redirected to (/\S+)", said)
        if found and said.endswith(b"\n"):
            return found.group(1).decode()
        if ready and not data:
            break
    raise OSError("QEMU named no pseudo-terminal: " + said.decode(errors="replace"))


class Terminal:
    """The terminal on `fd` with keys passed on one by one, while in `with`."""

    def __init__(self, fd):
        self.fd = fd
        self.is_tty = os.isatty(fd)

    def __enter__(self):
        if self.is_tty:
            self.saved = termios.tcgetattr(self.fd)
            mode = termios.tcgetattr(self.fd)
            mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON)
            mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
            termios.tcsetattr(self.fd, termios.TCSADRAIN, mode)
        return self

    def __exit__(self, *exc):
        if self.is_tty:
            termios.tcsetattr(self.fd, termios.TCSADRAIN, self.saved)


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data) :]


class Signals:
    """A descriptor to select: a signal that comes just before the wait would not end it."""

    def __enter__(self):
        self.fd, self.end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.before = signal.set_wakeup_fd(self.end, warn_on_full_buffer=False)
        return self

    def __exit__(self, *exc):
        signal.set_wakeup_fd(self.before)
        os.close(self.fd)
        os.close(self.end)


def relay(process, hand_on_end=False):
    """Pass bytes between this program's stdin and stdout and the board's console: whether to its end."""
    with Terminal(sys.stdin.fileno()) as terminal, Signals() as signals:
        board_in, board_out = process.stdin.fileno(), process.stdout.fileno()
        sources, held = [board_out, terminal.fd, signals.fd], b""
        while True:
            ready, _, _ = select.select(sources, [], [])
            if signals.fd in ready:
                os.read(signals.fd, 1024)
            if terminal.fd in ready:
                data = os.read(terminal.fd, 1024)
                if not data:
                    sources.remove(terminal.fd)
                    if hand_on_end:
                        process.stdin.close()
                    continue
                if terminal.is_tty and EXIT_KEY in data:
                    return False
                try:
                    write_all(board_in, data)
                except BrokenPipeError:  # it is ending, and may have said more than was heard yet
                    sources.remove(terminal.fd)
            if board_out in ready:
                data = os.read(board_out, 65536)
                # The console ends lines with both characters; the second may come later.
                text = (held + data).replace(b"\r\n", b"\n")
                held = b"\r" if data and text.endswith(b"\r") else b""
                write_all(sys.stdout.fileno(), text[: len(text) - len(held)])
                if not data:
                    return True


def say_how_to_reach(path, micropython):
    mpremote = "mpremote"
    if not shutil.which("mpremote") and micropython:
        tool = os.path.relpath(os.path.join(micropython, "tools/mpremote"))
        mpremote = "PYTHONPATH={} /usr/bin/python3 -m mpremote".format(tool)
    print("the board is on {}; reach it from another terminal, for example with".format(path))
    print("    {} connect {} resume repl".format(mpremote, path))
    print("Ctrl-C here ends it.", flush=True)


def run(arguments, blob):
    line = command(
        arguments.image,
        arguments.board,
        blob,
        icount=arguments.icount,
        pty=arguments.pty,
        cores=arguments.cores,
        machine=arguments.machine,
        hci=arguments.hci,
    )
    stdin = subprocess.DEVNULL if arguments.pty else subprocess.PIPE
    if arguments.pty and arguments.board in OTHERS:
        process, path, _ = start_on_pty(line)
        say_how_to_reach(path, arguments.micropython)
        return wait_and_kill(process, process.wait)
    # A session of its own: the terminal's Ctrl-C is for the board, not for QEMU.
    process = start(line, stdin=stdin, stdout=subprocess.PIPE, start_new_session=True)
    if arguments.pty:
        say_how_to_reach(read_pty_path(process), arguments.micropython)
        return wait_and_kill(process, process.wait)
    return run_on_console(process)


def wait_and_kill(process, wait):
    """What `wait` returns; the process does not outlive it."""
    try:
        return wait()
    finally:
        process.kill()
        process.wait()


def run_on_console(process, hand_on_end=False):
    """Relay the console of a process until it ends: its status."""

    def interrupt(*_):
        if process.stdin.closed:
            raise KeyboardInterrupt
        write_all(process.stdin.fileno(), b"\x03")

    def wait():
        signal.signal(signal.SIGINT, interrupt)
        # Its output has ended, so it is ending; unless the exit key was pressed.
        return process.wait() if relay(process, hand_on_end) else 0

    return wait_and_kill(process, wait)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", help="the ELF file")
    parser.add_argument("--board", default="mps2-an385", choices=[*BOARDS, *OTHERS])
    parser.add_argument("--script", help="a Python script for the image to run")
    parser.add_argument("--banner", action="store_true", help="first say what runs on what")
    parser.add_argument("--top", action="store_true", help="say once a second what its threads do, for top.py")
    parser.add_argument("--trace", type=int, help="trace it, with a ring of so many KB, 0 for as many as are good")
    parser.add_argument("--icount", action="store_true", help="time is instructions")
    parser.add_argument("--cores", type=int, help="so many, where the board has a choice")
    parser.add_argument("--machine", default="", help="options of QEMU's machine, such as gic-version=3")
    uart = os.environ.get("MICROPYBTUART")  # as for BOARD=host
    parser.add_argument("--hci", default=uart, help="what the second UART is connected to: unix:PATH or tcp:HOST:PORT")
    parser.add_argument("--pty", action="store_true", help="console on a pseudo-terminal")
    parser.add_argument("--micropython", help="the tree with tools/mpremote, for advice")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    needs, remedy = ("node", "make emulator") if arguments.board in OTHERS else ("qemu-system-arm", "make setup")
    if not shutil.which(needs):
        sys.exit("{} is missing; run {}".format(needs, remedy))
    try:
        if arguments.script is None:
            status = run(arguments, None)
        else:
            with tempfile.NamedTemporaryFile(prefix="heddle-", suffix=".bin") as blob:
                blob.write(script_blob(arguments.script, arguments.banner, arguments.top, arguments.trace))
                blob.flush()
                status = run(arguments, blob.name)
    except OSError as er:
        sys.exit("qemu: {}".format(er))
    except KeyboardInterrupt:
        status = 0 if arguments.pty else 130
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
