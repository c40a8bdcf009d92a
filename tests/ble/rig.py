#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Bluetooth controllers without a radio: BlueZ's btvirt, which a `with Rig() as rig:` starts and ends.

Each connection to the socket `rig.path(kind)` makes one more controller, as long as it lasts; at most 16, which hear
each other and nobody else. The kinds: "le", of version 4, and "bredrle", which knows classic Bluetooth as well. Each
has a public address.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import patience
import qemu

BUILD = os.path.join(ROOT, "build", "ble")
SHIM = os.path.join(BUILD, "btvirt_shim.so")
KINDS = ("le", "bredrle")
ACCEPTS = 1 << 16  # of a socket that listens, in /proc/net/unix


class RigError(Exception):
    """What is missing or went wrong, in a line that says what to do."""


def need(program, package):
    """The path of a program; where it is missing, which package has it."""
    path = shutil.which(program) or shutil.which(program, path="/usr/bin:/usr/sbin")
    if not path:
        raise RigError("{} is missing, of Debian's {}; run: make ble-tools".format(program, package))
    return path


def listening():
    """The paths of sockets that somebody listens at."""
    with open("/proc/net/unix") as f:
        lines = [line.split(maxsplit=7) for line in f.readlines()[1:]]
    return {words[7].rstrip("\n") for words in lines if len(words) == 8 and int(words[3], 16) & ACCEPTS}


class Rig:
    def __init__(self):
        self.folder = self.process = None

    def path(self, kind="le"):
        if kind not in KINDS:
            raise RigError("no controller is of the kind {}; there are: {}".format(kind, " ".join(KINDS)))
        return os.path.join(self.folder, kind)

    def __enter__(self):
        btvirt = need("btvirt", "bluez-test-tools")
        if not os.path.exists(SHIM):
            raise RigError("{} is missing; run: make ble-tools".format(os.path.relpath(SHIM, ROOT)))
        # The path of a socket has at most 107 bytes, so this is not below build/.
        self.folder = tempfile.mkdtemp(prefix="heddle-ble-", dir="/tmp")
        try:
            self.start(btvirt)
        except BaseException:
            self.close()
            raise
        return self

    def start(self, btvirt):
        environment = dict(os.environ, LD_PRELOAD=SHIM, BTVIRT_DIR=self.folder)
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [btvirt, "-s"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                preexec_fn=qemu.die_with_parent,
            )
        wanted = {self.path(kind) for kind in KINDS}
        up = patience.wait_until(lambda: wanted <= listening() or self.process.poll() is not None, 10)
        if not up or self.process.poll() is not None:
            raise RigError("btvirt does not start: {}".format(self.said().strip() or "it says nothing"))

    def said(self):
        """What btvirt printed."""
        with open(os.path.join(self.folder, "log"), errors="replace") as log:
            return log.read()

    def __exit__(self, *exc):
        died = self.process.poll()
        said = self.said()
        self.close()
        if died is not None and exc[0] is None:
            raise RigError("btvirt ended with {}: {}".format(died, said.strip()))

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    """Start it, say where, and stay until this is ended."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with Rig() as rig:
            print("\n".join("unix:" + rig.path(kind) for kind in KINDS), flush=True)
            rig.process.wait()
    except KeyboardInterrupt:
        pass
    except RigError as er:
        sys.exit("rig: {}".format(er))


if __name__ == "__main__":
    main()
