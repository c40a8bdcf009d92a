# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A Bluetooth host that is not ours, npm's ble-host, for a `with` statement: peer.mjs says what it knows."""

import os
import subprocess

import rig
from rig import patience, qemu

SCRIPT = os.path.join(rig.ROOT, "tests", "ble", "peer.mjs")
SERVICE = "A0000000-1111-2222-3333-444444444444"
# Its characteristics: what can be read and written, what tells, what is read encrypted, with a human in between, and
# 512 bytes, 0 to 255 twice.
KEPT, TOLD, SECRET, GUARDED, LONG = ("A000000{}".format(i) + SERVICE[8:] for i in range(1, 6))
PSM = 0x80  # of a channel that returns what it is sent, of up to 512 bytes
FIRST, SECOND = "C0:00:00:00:00:01", "C0:00:00:00:00:02"


class PeerError(Exception):
    """What it has not said or will not do."""


class Peer:
    """Runs in `folder`, where it keeps its bonds, as long as it is in use; `legacy`: without Secure Connections."""

    def __init__(self, uart, folder, address=FIRST, legacy=False, log=print, timeout=10):
        self.timeout = timeout
        self.log = log
        self.name = address[-2:]
        self.heard = []  # lines that nobody has asked for yet
        self.rest = b""
        os.makedirs(folder, exist_ok=True)
        node = rig.need("node", "nodejs")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [node, SCRIPT, "unix:" + uart, address, *(["legacy"] if legacy else [])],
            bufsize=0,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            cwd=folder,
            preexec_fn=qemu.die_with_parent,
        )
        try:
            self.hear("up")
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def say(self, *words):
        """Give it a command."""
        line = " ".join(map(str, words))
        self.log("{} < {}".format(self.name, line))
        self.process.stdin.write(line.encode() + b"\n")

    def take_in(self):
        data = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.log("{} > {}".format(self.name, line.decode(errors="replace")))
            self.heard.append(line.decode(errors="replace"))
        return bool(data)

    def hear(self, *words):
        """The first line that begins with these words: its other words. Earlier lines wait for who wants them."""
        limit = patience.Patience(self.timeout)
        wanted = " ".join(map(str, words)).split()
        while True:
            for at, line in enumerate(self.heard):
                if line.split()[: len(wanted)] == wanted:
                    del self.heard[at]
                    return line.split()[len(wanted) :]
            if limit.wait(self.process.stdout) and not self.take_in():
                self.fail("the peer ended before {}", wanted)
            if limit.over():
                self.fail("no {} from the peer", wanted)

    def fail(self, text, wanted):
        raise PeerError("{}; it said: {}".format(text.format(" ".join(wanted)), "; ".join(self.heard[-3:])))

    def ask(self, command, *words):
        """Give it a command, and wait for what it answers that with."""
        answers = {"read": "read", "write": "written", "mtu": "mtu", "discover": "discovered", "value": "value"}
        answers.update(subscribe="subscribed", advertise="advertising", answer="ready", indicate="confirmed")
        answers.update(notify="sent", command="sent", encrypt="encrypted")
        self.say(command, *words)
        return self.hear(answers[command])
