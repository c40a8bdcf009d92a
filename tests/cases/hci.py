# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The boards' transports to a Bluetooth controller: tests/ble/echo.c, with a partner in place of the controller."""

import contextlib
import os
import random
import select
import socket
import sys
import tempfile
import time
import tty

import patience
from cases.contract import built
from harness import BOARD, ROOT, case

sys.path.insert(0, os.path.join(ROOT, "tests", "contract"))

import suite

SANITIZERS = {
    "": "",
    "-asan": "-fsanitize=address,undefined -fno-sanitize-recover=all -DRTOS_POSIX_SANITIZED=1",
    "-tsan": "-fsanitize=thread -DRTOS_POSIX_POLL=1 -DRTOS_POSIX_SANITIZED=1",
}
VOLUME = 1 << 20
VOLUME_UART = 1 << 15  # QEMU takes some 50 us for a byte
END = bytes((1, 0, 0, 0))
SECONDS = 20


def program(makefile, name, mark=""):
    """The path of a program of the host that one of tests/ble/*.mk makes, under a sanitizer."""
    folder = os.path.join(ROOT, "build", "ble", makefile + mark)
    return built(folder, name, "-C", "tests/ble", "-f", makefile + ".mk", "CFLAGS_EXTRA=" + SANITIZERS[mark])


def host_program(mark=""):
    return program("echo", "echo", mark)


def image(ctx, kernel):
    folder = os.path.join(ROOT, "build", BOARD, "ble-echo-" + kernel)
    words = ["PROGRAM_C=tests/ble/echo.c", "PROGRAM_BOARD_C=hci.c", "PROGRAM_CFLAGS=-DBOARD_HCI=1"]
    words += ["KERNEL=" + kernel, "MICROPYTHON_DIR=" + ctx.micropython_dir]
    return built(folder, "firmware.elf", "-C", "ports/" + BOARD, "-f", "contract.mk", *words)


def wait_for(stream):
    limit = patience.Patience(SECONDS)
    while not limit.wait(stream):
        assert not limit.over(), "the program does nothing"


class Unix:
    """A socket that the program connects to, each time that it opens the device."""

    at_once = False

    def __init__(self, folder):
        self.path = os.path.join(folder, "hci")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listen()

    def listen(self):
        self.listener.listen(1)
        self.name = "unix:" + self.path

    def connected(self):
        wait_for(self.listener)
        connection, _ = self.listener.accept()
        if connection.family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection.detach()


class Tcp(Unix):
    def __init__(self, folder):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1)
        self.name = "tcp:localhost:{}".format(self.listener.getsockname()[1])


class Terminal:
    """A pseudo-terminal, which is always there."""

    at_once = False

    def __init__(self, folder):
        self.near, self.far = os.openpty()
        tty.setraw(self.far)
        self.name = os.ttyname(self.far)

    def connected(self):
        return os.dup(self.near)


def acl(payload):
    return bytes((2, 0x40, 0)) + len(payload).to_bytes(2, "little") + payload


def send(fd, data):
    while data:
        data = data[os.write(fd, data) :]


def receive(fd, count):
    data = b""
    while len(data) < count:
        wait_for(fd)
        more = os.read(fd, count - len(data))
        assert more, "the program has closed its end"
        data += more
    patience.progress()
    return data


def at_every_split(fd, at_once):
    """A packet in two parts comes back whole, wherever it was cut, and where that can be seen by one write."""
    packet = acl(bytes(range(20)))
    for cut in range(1, len(packet)):
        send(fd, packet[:cut])
        time.sleep(0.002)  # so that the program mostly finds the first part alone
        send(fd, packet[cut:])
        wait_for(fd)
        assert (os.read(fd, 100) if at_once else receive(fd, len(packet))) == packet, cut


def volume(fd, size):
    """So much each way, of packets of all lengths in pieces of all lengths; at first nobody reads what comes back."""
    chance = random.Random(1)
    data, ends = bytearray(), []
    while len(data) < size:
        data += acl(chance.randbytes(chance.randrange(1000)))
        ends.append(len(data))
    sent, back, reads, all_of_it = 0, 0, False, 0
    os.set_blocking(fd, False)
    while back < len(data):
        # Once all is full, what was sent has to come back without any more being sent.
        writes = sent < len(data) and back >= all_of_it
        can_read, can_write, _ = select.select([fd] if reads else [], [fd] if writes else [], [], 0.5)
        if not reads and not can_write:
            reads, all_of_it = True, max((end for end in ends if end <= sent), default=0)
        if can_write:
            sent += os.write(fd, data[sent : sent + chance.randrange(1, 3000)])
        if can_read:
            more = os.read(fd, 65536)
            assert more and data.startswith(more, back), back
            back += len(more)
            patience.progress()
    os.set_blocking(fd, True)


@contextlib.contextmanager
def running(program, *words):
    """A program and the lines of its output."""
    with tempfile.NamedTemporaryFile(prefix="heddle-", suffix=".bin") as blob:
        process = program.start(list(words), blob)
        try:
            yield process, suite.split_lines(process.stdout.fileno())
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def next_line(lines):
    return next(line for line in lines if line != "")


def exchange(device, process, lines, reopens, size=VOLUME):
    """All that a partner tries with a program."""
    fd = device.connected()
    assert next_line(lines) == "open"
    at_every_split(fd, device.at_once)
    volume(fd, size)
    send(fd, END)
    if reopens:
        wait_for(fd)
        assert os.read(fd, 1) == b""
        os.close(fd)
        fd = device.connected()
    assert next_line(lines) == "again"
    packet = acl(b"once more")
    send(fd, packet)
    assert receive(fd, len(packet)) == packet
    send(fd, END)
    assert next_line(lines) == "closed"
    assert patience.wait_for_end(process, SECONDS) == 0
    os.close(fd)


def try_on_host(ctx, kind, mark=""):
    with tempfile.TemporaryDirectory() as folder:
        device = kind(folder)
        device.at_once = kind is Unix
        program = suite.Program(host_program(mark))
        ctx.log(kind.__name__, mark)
        with running(program, device.name) as (process, lines):
            exchange(device, process, lines, kind is not Terminal)


@case(boards=("host",))
def hci_host(ctx):
    "A socket of either kind and a terminal carry 1 MB each way unharmed, cut anywhere, and can be opened again."
    for kind in (Unix, Tcp, Terminal):
        for mark in SANITIZERS:
            try_on_host(ctx, kind, mark)


def said(process, lines):
    """All that it still says, and its status."""
    return " ".join(lines), patience.wait_for_end(process, SECONDS)


@case(boards=("host",))
def hci_gone(ctx):
    "A controller that is not there, or no longer, is an error that names the device and what to do."
    program = suite.Program(host_program())
    nobody = "no controller at {}: start one with `make ble`"
    with tempfile.TemporaryDirectory() as folder:
        missing = os.path.join(folder, "none")
        for name, wanted in (
            ("unix:" + missing, nobody),
            ("tcp:127.0.0.1:9", nobody),
            (missing, nobody),
            ("/dev/null", "{}: Inappropriate ioctl for device"),
            ("uart:1", "no device can be {}: say unix:PATH, tcp:HOST:PORT or a terminal's path"),
            ("tcp:localhost", "no device can be {}: say unix:PATH, tcp:HOST:PORT or a terminal's path"),
            ("unix:" + 110 * "x", "{}: File name too long"),
        ):
            with running(program, name) as started:
                assert said(*started) == (wanted.format(name), 1), name
        for kind in (Unix, Tcp):
            device = kind(tempfile.mkdtemp(dir=folder))
            with running(program, device.name) as (process, lines):
                fd = device.connected()
                assert next_line(lines) == "open"
                os.close(fd)
                assert said(process, lines) == ("the controller at {} is gone".format(device.name), 1)


@case(soak=True)
def hci_uart(ctx):
    "The second UART of mps2-an385 does the same, on FreeRTOS and on our own kernel; 1 MB of it in a soak."
    for kernel in ("freertos", "zephyr"):
        with tempfile.TemporaryDirectory() as folder:
            device = Unix(folder)
            ctx.log(kernel)
            with running(suite.Program(image(ctx, kernel), hci=device.name)) as (process, lines):
                exchange(device, process, lines, False, VOLUME if ctx.soak else VOLUME_UART)
