# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A board in QEMU for tests: its console, its raw REPL, and scripts run to the end.

Every wait has a timeout, counted as patience.py does, and a wait that fails says what the console said last.
"""

import os
import select
import struct
import subprocess
import tempfile
import termios
import time
import tty

import host
import patience
import qemu

RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
RAW_TRIES = 5


class BoardError(Exception):
    pass


def tail(data, lines=15):
    text = data.decode(errors="replace").replace("\r\n", "\n")
    return "\n".join("    | " + line for line in text.splitlines()[-lines:])


def run_script(
    elf, path, timeout=60, icount=False, banner=False, keys=b"", keys_after=b"", board="mps2-an385", cores=None
):
    """Run a script to its end: (exit status, output as text with plain newlines).

    `keys` are sent to the console once `keys_after` has appeared on it.
    """
    with Board(elf, board, icount=icount, script=path, banner=banner, cores=cores) as running:
        if keys:
            running.read_until(keys_after, timeout)
            running.write(keys)
        status = running.wait_exit(timeout)
        return status, running.said.decode(errors="replace").replace("\r\n", "\n")


class Board:
    """An image started in QEMU, or as a program; use it in `with`, so that it ends too.

    With pty=True the console is on the pseudo-terminal `path`, which another
    program can have after disconnect(). QEMU looks once a second whether
    anybody has opened it, so the first answer can take that long.
    """

    Error = BoardError

    def __init__(
        self, elf, board="mps2-an385", icount=False, pty=False, script=None, banner=False, cores=None, more=(),
        together=False
    ):
        self.name = board
        # QEMU's threads on one processor of the host: the one that reads the console wakes the one that emulates a
        # core for each byte, and that takes a third less time there. Not for what wants to be in time beside a core
        # that is busy.
        self.together = together
        self.more = more  # options of the emulator
        self.said = bytearray()  # everything the console said
        self.seen = 0  # how much of it read_until() has returned
        self.path = None
        self.fd_in = self.fd_out = self.far = -1
        self.blob = None
        self.errors = tempfile.TemporaryFile()  # what a program on a pty says elsewhere
        self.cores = cores
        start = self.start_program if board == "host" else self.start_qemu
        start(elf, board, icount, pty, script, banner)
        try:
            if pty:
                self.path = self.path or qemu.read_pty_path(self.process)
                self.connect()
            else:
                self.fd_in = self.process.stdin.fileno()
                self.fd_out = self.process.stdout.fileno()
        except BaseException:
            self.close()
            raise

    def start_qemu(self, elf, board, icount, pty, script, banner):
        if script:
            self.blob = tempfile.NamedTemporaryFile(prefix="heddle-", suffix=".bin")
            self.blob.write(qemu.script_blob(script, banner))
            self.blob.flush()
        blob = self.blob.name if self.blob else None
        line = qemu.command(elf, board, blob=blob, icount=icount, pty=pty, cores=self.cores, more=self.more)
        if self.together:
            line = ["taskset", "-c", str(max(os.sched_getaffinity(0))), *line]
        if pty and board in qemu.OTHERS:
            self.process, self.path, self.far = qemu.start_on_pty(line, stderr=self.errors)
            return
        stdin = subprocess.DEVNULL if pty else subprocess.PIPE
        self.process = qemu.start(
            line, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def start_program(self, elf, board, icount, pty, script, banner):
        line = host.command(elf, script, banner)
        if pty:
            self.process, self.path, self.far = qemu.start_on_pty(line, host.start, stderr=self.errors)
        else:
            self.process = host.start(
                line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        if self.path:
            self.disconnect()
        self.process.kill()
        self.process.wait()
        if self.far >= 0:
            os.close(self.far)
            self.far = -1
        for stream in (self.process.stdin, self.process.stdout, self.blob, self.errors):
            if stream:
                stream.close()

    def said_elsewhere(self):
        """What a program whose console is on a pty wrote to stderr."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def connect(self):
        self.fd_in = self.fd_out = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd_in, termios.TCSANOW)

    def disconnect(self):
        """Leave the pseudo-terminal to another program."""
        if self.fd_in >= 0:
            os.close(self.fd_in)
            self.fd_in = self.fd_out = -1

    def fail(self, what):
        raise BoardError("{}; the console's last lines:\n{}".format(what, tail(self.said)))

    def receive(self, seconds):
        """Take in what the console says, waiting up to so many seconds: False at its end."""
        return not select.select([self.fd_out], [], [], max(0, seconds))[0] or self.take_in()

    def take_in(self):
        try:
            data = os.read(self.fd_out, 65536)
        except OSError:
            data = b""
        self.said += data
        return bool(data)

    def wait_for(self, holds, timeout, missing):
        """Take in what the console says until holds() is true: what it returned. None at the console's end."""
        limit = patience.Patience(timeout)
        while True:
            answer = holds()
            if answer:
                return answer
            if limit.wait(self.fd_out):
                if not self.take_in():
                    return None
                limit.heard()
            if limit.over():
                self.fail("{} within {} s".format(missing, timeout))

    def write(self, data):
        data = data.encode() if isinstance(data, str) else data
        try:
            while data:
                data = data[os.write(self.fd_in, data) :]
        except OSError as er:
            self.fail("cannot write to the board ({})".format(er))

    def read_until(self, ending, timeout=10):
        """What the console says up to and with `ending`, from where the last read stopped."""
        ending = ending.encode() if isinstance(ending, str) else ending
        start = self.seen

        def found():
            at = self.said.find(ending, start)
            self.seen = start if at < 0 else at + len(ending)
            return at >= 0

        if not self.wait_for(found, timeout, "no {!r}".format(ending)):
            self.said += self.said_elsewhere().encode()
            self.fail("the board ended before {!r}".format(ending))
        return bytes(self.said[start : self.seen])

    def _take(self, count, timeout=10):
        """The next bytes that the console says."""
        if not self.wait_for(lambda: len(self.said) - self.seen >= count, timeout, "the raw REPL says nothing"):
            self.fail("the board ended in the raw REPL")
        start, self.seen = self.seen, self.seen + count
        return bytes(self.said[start : self.seen])

    def read_for(self, seconds):
        """What the console says within so many seconds."""
        limit = time.monotonic() + seconds
        while limit > time.monotonic() and self.receive(limit - time.monotonic()):
            pass
        start, self.seen = self.seen, len(self.said)
        return bytes(self.said[start:])

    def wait_exit(self, timeout=10):
        """The exit status, once the board ends by itself; negative if QEMU was killed."""
        self.wait_for(lambda: False, timeout, "still running")
        status = patience.wait_for_end(self.process, timeout)
        return status if status is not None else self.fail("it closed its console and did not end")

    def interrupt(self):
        self.write(b"\x03")

    def raw_repl(self, timeout=10):
        """Enter the raw REPL without a soft reset, interrupting what runs.

        A UART that the board has not switched on yet may lose what it is sent, so this is said again.
        """
        for left in reversed(range(RAW_TRIES)):
            self.write(b"\r\x03\x03\r\x01")
            try:
                self.read_until(RAW_PROMPT, timeout / RAW_TRIES)
                break
            except BoardError:
                if left == 0:
                    raise
        # A second Ctrl-C may have been answered with another prompt.
        self.read_for(0.05)

    def soft_reset(self, timeout=10):
        """Ctrl-D in the raw REPL: a soft reset, and the raw REPL again."""
        self.write(b"\x04")
        self.read_until(b"soft reboot\r\n", timeout)
        self.read_until(RAW_PROMPT, timeout)

    def exec_start(self, code, timeout=10):
        """Send code to the raw REPL, in the windows that it asks for, and start it."""
        code = code.encode() if isinstance(code, str) else code
        self.write(b"\x05A\x01")
        self.read_until(b"R\x01", timeout)
        window = left = struct.unpack("<H", self._take(2, timeout))[0]
        while code:
            while left == 0 or self.seen < len(self.said):
                answer = self._take(1, timeout)
                if answer != b"\x01":
                    self.fail("the raw REPL refused the code with {!r}".format(answer))
                left += window
            self.write(code[:left])
            code, left = code[left:], left - len(code[:left])
            self.receive(0)
        self.write(b"\x04")
        # Windows granted late come before the board's own Ctrl-D.
        if self.read_until(b"\x04", timeout).strip(b"\x01") != b"\x04":
            self.fail("the raw REPL did not take the code")

    def exec_finish(self, timeout=10):
        """Wait for the code to end: (its output, its traceback), both with plain newlines."""
        output = self.read_until(b"\x04", timeout)[:-1]
        trace = self.read_until(b"\x04", timeout)[:-1]
        self.read_until(b">", timeout)
        return tuple(x.decode(errors="replace").replace("\r\n", "\n") for x in (output, trace))

    def exec(self, code, timeout=10):
        """Run code in the raw REPL: its output. BoardError if it ends with an exception."""
        self.exec_start(code, timeout)
        output, trace = self.exec_finish(timeout)
        if trace:
            self.fail("the code raised:\n{}{}\n".format(output, trace.rstrip()))
        return output

    def put(self, path, data):
        """Write a file on the board through the raw REPL."""
        self.exec("_f = open({!r}, 'wb')".format(path))
        for i in range(0, len(data), 1024):
            self.exec("_f.write({!r})".format(data[i : i + 1024]))
        self.exec("_f.close()\ndel _f")
