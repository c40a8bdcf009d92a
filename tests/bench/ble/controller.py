# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A controller that has all its answers ready, and peers that do always the same, for a `with` statement.

Each time that its host advertises another peer connects. A notification of 1 to SHORT octets the peer writes back,
without wanting an answer, and nothing else comes then: such packets are completed with the next other packet, or with
the answer to the next command. The peer says yes to an exchange of the MTU.
"""

import collections
import contextlib
import os
import socket
import struct
import threading

import hci

SHORT = 20
MTU = 247
BUFFERS = 8
ATT = 4  # the L2CAP channel
MTU_REQUEST, MTU_RESPONSE, NOTIFICATION, WRITE_COMMAND = 0x02, 0x03, 0x1B, 0x52
READ_COMMANDS, LE_READ_BUFFER_SIZE, LE_RAND = 0x1002, 0x2002, 0x2018
ADVERTISING = hci.LE_SET_ADVERTISE_ENABLE
RETURNS = {
    0x1001: bytes((9, 0, 0, 9, 0, 0, 0, 0)),  # version 5.0
    READ_COMMANDS: bytes(64),
    0x2003: bytes(8),  # no features
    LE_READ_BUFFER_SIZE: struct.pack("<HB", MTU + 4, BUFFERS),
    hci.READ_BD_ADDR: bytes((1, 2, 3, 4, 5, 6)),
    LE_RAND: bytes(range(8)),
}


def event(code, parameters):
    return struct.pack("<BBB", hci.EVENT, code, len(parameters)) + parameters


def att(handle, pdu):
    return hci.acl(handle | 0x2000, struct.pack("<HH", len(pdu), ATT) + pdu)  # the first fragment, of a controller


class Controller:
    """Listens at `path`, for one host."""

    def __init__(self, path):
        self.path = path
        self.peers = 0
        self.held = collections.Counter()  # packets that are not yet completed
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.listener.shutdown(socket.SHUT_RDWR)  # or, once it has a host, that is gone
        self.listener.close()
        self.thread.join()
        os.unlink(self.path)

    def run(self):
        try:
            host, _ = self.listener.accept()
        except OSError:
            return
        packets = hci.Packets()
        with host, contextlib.suppress(ConnectionError):  # the host ends when it likes
            while data := host.recv(4096):
                for packet in packets.feed(data):
                    host.sendall(self.answer(packet))

    def answer(self, packet):
        if packet[0] == hci.COMMAND:
            return self.command(*struct.unpack_from("<H", packet, 1), packet[4:])
        handle = struct.unpack_from("<H", packet, 1)[0] & 0xFFF
        pdu = packet[9:]
        self.held[handle] += 1
        if pdu[0] == NOTIFICATION and 3 < len(pdu) <= 3 + SHORT:
            return att(handle, bytes([WRITE_COMMAND]) + pdu[1:])
        response = att(handle, struct.pack("<BH", MTU_RESPONSE, MTU)) if pdu[0] == MTU_REQUEST else b""
        return self.completed() + response

    def completed(self):
        said = b"".join(event(hci.COMPLETED_PACKETS, struct.pack("<BHH", 1, *held)) for held in self.held.items())
        self.held.clear()
        return said

    def command(self, opcode, parameters):
        done = event(hci.COMMAND_COMPLETE, struct.pack("<BHB", 1, opcode, 0) + RETURNS.get(opcode, b""))
        connects = opcode == ADVERTISING and parameters[0]
        return self.completed() + done + (self.connected() if connects else b"")

    def connected(self):
        """A peer of a public address as the central: an interval of 30 ms, 5 s of supervision."""
        self.peers += 1
        address = bytes((self.peers, 0, 0, 0, 0, 0x0A))
        head = struct.pack("<BBHBB", hci.CONNECTION_COMPLETE, 0, 0x40 + self.peers, 1, 0)
        return event(hci.LE_META, head + address + struct.pack("<HHHB", 24, 0, 500, 0))
