# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Logs of H4 packets in the format btsnoop, which Wireshark opens: written, read, and looked through for mistakes."""

import struct
import subprocess
import time

import rig
from hci import ACL, COMMAND, DISCONNECTION_COMPLETE, EVENT

# From RFC 1761, on which btsnoop is built, and BlueZ's doc/btsnoop.txt.
HEADER = b"btsnoop\0" + struct.pack(">II", 1, 1002)  # version, and H4
RECORD = struct.Struct(">IIIIQ")  # length, length here, flags, packets lost, time
YEAR_1970 = 0x00DCDDB30F2F8000  # us since the year 0, when its time begins
RECEIVED, NO_DATA = 1, 2  # flags: by the host; a command or an event
EXPERT_ERROR = 0x00800000  # tshark's severity


class SnoopError(Exception):
    """What is malformed of what was sent."""


class Snoop:
    """A log that is written."""

    def __init__(self, path):
        self.file = open(path, "wb", 0)
        self.file.write(HEADER)

    def packet(self, packet, received):
        flags = (RECEIVED if received else 0) | (NO_DATA if packet[0] in (COMMAND, EVENT) else 0)
        now = YEAR_1970 + time.time_ns() // 1000
        self.file.write(RECORD.pack(len(packet), len(packet), flags, 0, now) + packet)

    def close(self):
        self.file.close()


def read(path):
    """Each packet of a log: (the packet, whether the host received it)."""
    with open(path, "rb") as f:
        if f.read(len(HEADER)) != HEADER:
            raise SnoopError("{} is no log of H4 packets".format(path))
        while True:
            head = f.read(RECORD.size)
            if not head:
                return
            length, flags = RECORD.unpack(head)[1:3]
            yield f.read(length), bool(flags & RECEIVED)


def check_fragments(path):
    """Whether the fragments that the host sent are the L2CAP frames that they say, which tshark does not tell."""
    missing = {}  # bytes, by connection
    for number, (packet, received) in enumerate(read(path), 1):
        if received:
            if packet[0] == EVENT and packet[1] == DISCONNECTION_COMPLETE:
                missing.pop(struct.unpack_from("<H", packet, 4)[0], None)
            continue
        if packet[0] != ACL:
            continue
        handle, length = struct.unpack_from("<HH", packet, 1)
        handle, goes_on = handle & 0xFFF, handle >> 12 & 3 == 1
        if goes_on != bool(missing.get(handle)):
            where = "goes on with no" if goes_on else "begins within a"
            raise SnoopError("{}: packet {} {} frame".format(path, number, where))
        if not goes_on:
            if length < 4:
                raise SnoopError("{}: packet {} has no L2CAP header".format(path, number))
            missing[handle] = 4 + struct.unpack_from("<H", packet, 5)[0]
        missing[handle] -= length
        if missing[handle] < 0:
            raise SnoopError("{}: packet {} is longer than its frame".format(path, number))


def check_snoop(path):
    """Look through a log: how many packets the host sent. SnoopError if one is malformed."""
    check_fragments(path)
    bad = "hci_h4.direction == 0 && (_ws.malformed || _ws.expert.severity >= {})".format(EXPERT_ERROR)
    line = [rig.need("tshark", "tshark"), "-n", "-r", path, "-Y", bad, "-T", "fields"]
    line += [word for name in ("frame.number", "frame.protocols", "_ws.expert.message") for word in ("-e", name)]
    run = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise SnoopError("tshark cannot read {}: {}".format(path, run.stderr.strip().split("\n")[-1]))
    if run.stdout:
        found = run.stdout.strip().replace("\n", "; ")
        raise SnoopError("{}: malformed, in tshark's eyes: packet {}".format(path, found))
    return sum(not received for _, received in read(path))
