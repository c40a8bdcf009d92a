# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""H4, the bytes between a Bluetooth host and its controller, and as much of a host as the rig's own tests need.

Numbers are those of the Core Specification: of packets Vol 4 Part A, of commands and events Vol 4 Part E.
"""

import socket
import struct

from rig import patience

COMMAND, ACL, SCO, EVENT, ISO = 1, 2, 3, 4, 5
# Where in a packet the length of what follows its header is, in how many bytes, and which of their bits count.
LENGTHS = {COMMAND: (3, 1, 0xFF), ACL: (3, 2, 0xFFFF), SCO: (3, 1, 0xFF), EVENT: (2, 1, 0xFF), ISO: (3, 2, 0x3FFF)}

DISCONNECTION_COMPLETE, COMMAND_COMPLETE, COMMAND_STATUS, COMPLETED_PACKETS, LE_META = 0x05, 0x0E, 0x0F, 0x13, 0x3E
CONNECTION_COMPLETE = 0x01  # of LE_META
ADVERTISING_REPORTS = (0x02, 0x0B, 0x0D)  # of LE_META: the plain one, the directed one, the extended one
CONNECTION_COMPLETES = (CONNECTION_COMPLETE, 0x0A)  # the second is the enhanced one
DISCONNECT, SET_EVENT_MASK, RESET, READ_BD_ADDR, LE_SET_EVENT_MASK = 0x0406, 0x0C01, 0x0C03, 0x1009, 0x2001
LE_SET_ADVERTISING_PARAMETERS, LE_SET_ADVERTISING_DATA, LE_SET_ADVERTISE_ENABLE = 0x2006, 0x2008, 0x200A
LE_CREATE_CONNECTION, LE_ENCRYPT = 0x200D, 0x2017


class FramingError(Exception):
    """What is no H4 packet."""


def packet_length(data):
    """How long the packet is that these bytes begin; None if they do not tell yet."""
    if not data:
        return None
    if data[0] not in LENGTHS:
        raise FramingError("no H4 packet begins with {}".format(bytes(data[:16]).hex(" ")))
    at, size, mask = LENGTHS[data[0]]
    if len(data) < at + size:
        return None
    return at + size + (int.from_bytes(data[at : at + size], "little") & mask)


class Packets:
    """Whole packets out of a stream."""

    def __init__(self):
        self.rest = bytearray()

    def feed(self, data):
        """The packets that are whole with these bytes."""
        self.rest += data
        found = []
        while True:
            length = packet_length(self.rest)
            if length is None or len(self.rest) < length:
                return found
            found.append(bytes(self.rest[:length]))
            del self.rest[:length]


def command(opcode, parameters=b""):
    return struct.pack("<BHB", COMMAND, opcode, len(parameters)) + parameters


def acl(handle, data):
    """A first fragment that is all there is; a host's, which a controller does not flush."""
    return struct.pack("<BHH", ACL, handle, len(data)) + data


class Host:
    """A controller of the rig, and what it says, for a `with` statement."""

    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.timeout = timeout
        self.packets = Packets()
        self.heard = []  # packets that nobody has asked for yet

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def wait_for(self, wanted, what):
        """The first packet that `wanted` returns something for: that. The others wait for who wants them."""
        limit = patience.Patience(self.timeout)
        at = 0
        while True:
            for at in range(at, len(self.heard)):
                answer = wanted(self.heard[at])
                if answer is not None:
                    del self.heard[at]
                    return answer
            at = len(self.heard)
            if limit.wait(self.socket):
                data = self.socket.recv(65536)
                if not data:
                    raise OSError("the controller is gone, waiting for {}".format(what))
                self.heard += self.packets.feed(data)
            if limit.over():
                raise OSError("no {} from the controller".format(what))

    def event(self, code, subevent=None):
        """The parameters of the next event of a kind, of a subevent without its number."""
        head = bytes([code])

        def wanted(packet):
            if packet[0] != EVENT or packet[1:2] != head:
                return None
            if subevent is None:
                return packet[3:]
            return packet[4:] if packet[3] == subevent else None

        return self.wait_for(wanted, "event {:#04x}".format(code))

    def command(self, opcode, parameters=b""):
        """What a command returns behind its status, which must be success."""
        self.send(command(opcode, parameters))

        def wanted(packet):
            if packet[:2] != bytes([EVENT, COMMAND_COMPLETE]) or packet[4:6] != struct.pack("<H", opcode):
                return None
            return packet[6:]

        answer = self.wait_for(wanted, "answer to command {:#06x}".format(opcode))
        if answer[0]:
            raise OSError("command {:#06x} has status {:#04x}".format(opcode, answer[0]))
        return answer[1:]

    def start(self, opcode, parameters=b""):
        """Give a command that ends with an event of its own."""
        self.send(command(opcode, parameters))

        def wanted(packet):
            if packet[:2] != bytes([EVENT, COMMAND_STATUS]) or packet[5:7] != struct.pack("<H", opcode):
                return None
            return packet[3]

        status = self.wait_for(wanted, "status of command {:#06x}".format(opcode))
        if status:
            raise OSError("command {:#06x} has status {:#04x}".format(opcode, status))

    def data(self):
        """The next ACL packet: its connection, and what is in it."""

        def wanted(packet):
            if packet[0] != ACL:
                return None
            return struct.unpack_from("<H", packet, 1)[0] & 0xFFF, packet[5:]

        return self.wait_for(wanted, "data")

    def reset(self):
        """Reset it, and ask for all events: its address."""
        self.command(RESET)
        self.command(SET_EVENT_MASK, bytes(8 * [0xFF]))
        self.command(LE_SET_EVENT_MASK, bytes(8 * [0xFF]))
        return self.command(READ_BD_ADDR)

    def advertise(self, data):
        """Be connectable, by anybody, with a public address."""
        self.command(LE_SET_ADVERTISING_PARAMETERS, struct.pack("<HHBBB6xBB", 0x20, 0x40, 0, 0, 0, 7, 0))
        self.command(LE_SET_ADVERTISING_DATA, bytes([len(data)]) + data.ljust(31, b"\0"))
        self.command(LE_SET_ADVERTISE_ENABLE, b"\1")

    def connect(self, address, random=False):
        """Connect to a public address, or a random one: the connection's handle."""
        timing = struct.pack("<HHHHHH", 24, 40, 0, 400, 0, 0)
        self.start(LE_CREATE_CONNECTION, struct.pack("<HHBB", 0x60, 0x30, 0, random) + address + b"\0" + timing)
        return self.connected()

    def connected(self):
        status, handle = struct.unpack_from("<BH", self.event(LE_META, CONNECTION_COMPLETE))
        if status:
            raise OSError("no connection, for {:#04x}".format(status))
        return handle

    def disconnect(self, handle, reason=0x13):
        self.start(DISCONNECT, struct.pack("<HB", handle, reason))
        return self.disconnected(handle)

    def disconnected(self, handle):
        """Wait for the end of a connection: the reason."""
        status, ended, reason = struct.unpack("<BHB", self.event(DISCONNECTION_COMPLETE))
        if status or ended != handle:
            raise OSError("the end of connection {}, with status {:#04x}".format(ended, status))
        return reason
