#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A socket in front of a controller's, for hosts that write bytes and not packets, such as a UART of QEMU's.

    with Bridge("/tmp/uart", rig.path("le"), "uart.btsnoop"):
        ...  # one host after the other connects to /tmp/uart

Whole packets go each way, each in a write of its own, and who sends faster than the other takes them has to wait.
A bridge with a clock has an air's pace: what an air carries comes at connection events only, as Pace says.

Each connection of a host is one to the controller, too. When a host is gone its links are lost, which the other sides
learn; btvirt would never tell them. All packets can be logged: in the format btsnoop, which Wireshark opens.
"""

import argparse
import collections
import contextlib
import os
import select
import signal
import socket
import struct
import sys
import threading

import hci
from clock import Party
from hci import FramingError, Packets
from rig import patience
from snoop import Snoop

HELD = 65536  # bytes for one end, from which on the other is not listened to
INTERVAL = 20_000_000  # ns, of an air: Core Specification, Vol 6 Part B 4.5.1 has multiples of 1.25 ms from 7.5 ms on
POLL = 0.001  # s until one looks at the rig's clock again
DATA, LINK = "data", "link"
TIMEOUT = 0x08  # why a link ends when nothing is heard any more


def carried(packet):
    """As what the air has carried a packet to a host; None if it has not."""
    if packet[0] == hci.ACL or packet[0] == hci.EVENT and packet[1] == hci.COMPLETED_PACKETS:
        return DATA
    if packet[0] != hci.EVENT or packet[1] in (hci.COMMAND_COMPLETE, hci.COMMAND_STATUS):
        return None
    return None if packet[1] == hci.LE_META and packet[3] in hci.ADVERTISING_REPORTS else LINK


class Links:
    """The links that a controller has, as its events tell."""

    def __init__(self):
        self.handles = set()

    def event(self, packet):
        if packet[0] != hci.EVENT:
            return
        if packet[1] == hci.DISCONNECTION_COMPLETE:
            self.handles.discard(struct.unpack_from("<H", packet, 4)[0])
        elif packet[1] == hci.LE_META and packet[3] in hci.CONNECTION_COMPLETES and packet[4] == 0:
            self.handles.add(struct.unpack_from("<H", packet, 5)[0])


class Pace:
    """What a host hears over the air, until it may have it.

    A connection event brings either data and what of the host's own has arrived, or one thing that the link layers have
    done: a link that begins or ends, for example. The next one is at least INTERVAL later by the rig's clock, so that
    who is told of the end of a link has had this long for what came before. An answer to a command has not come over
    the air, and waits only if something before it does.
    """

    def __init__(self, clock):
        self.clock = clock
        self.waiting = collections.deque()
        self.next = 0

    def give(self, packet):
        self.waiting.append(packet)

    def due(self):
        """The packets that the host may have now."""
        found = []
        while self.waiting:
            kind = carried(self.waiting[0])
            if kind and self.clock.now() < self.next:
                break
            found.append(self.waiting.popleft())
            while kind == DATA and self.waiting and carried(self.waiting[0]) in (DATA, None):
                found.append(self.waiting.popleft())
            if kind:
                self.next = self.clock.now() + INTERVAL
        return found


class End:
    """One of the two that a bridge is between."""

    def __init__(self, socket):
        self.socket = socket
        self.socket.setblocking(False)
        self.packets = Packets()
        self.todo = collections.deque()  # packets for it
        self.size = 0  # bytes of them

    def give(self, packet):
        self.todo.append(packet)
        self.size += len(packet)

    def write(self):
        """Write what there is room for."""
        try:
            while self.todo:
                packet = self.todo[0]
                done = self.socket.send(packet)
                self.size -= done
                if done < len(packet):
                    self.todo[0] = packet[done:]
                else:
                    self.todo.popleft()
        except BlockingIOError:
            pass

    def read(self):
        """The packets that have come; None at the end."""
        data = self.socket.recv(65536)
        return self.packets.feed(data) if data else None


class Bridge:
    """Listens at `path` while in `with`; then, if there was anything that is no packet, raises FramingError."""

    def __init__(self, path, controller, snoop=None, clock=None):
        self.path = path
        self.clock = clock
        self.pace = None  # of the host at the moment
        self.controller = controller
        self.snoop = Snoop(snoop) if snoop else None
        self.ends = ()
        self.links = None  # of the controller at the moment
        self.error = None
        self.served = 0  # hosts
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)
        self.stopped, self.stopper = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        if self.clock:
            self.clock.join(Party.thread(self.thread))
        return self

    def __exit__(self, *exc):
        self.stopper.close()
        self.thread.join()
        self.hang_up()
        for stream in (self.stopped, self.listener, self.snoop):
            if stream:
                stream.close()
        os.unlink(self.path)
        if self.error and exc[0] is None:
            raise FramingError(self.error)

    def hang_up(self):
        if self.ends:
            with contextlib.suppress(OSError, FramingError):
                self.lose_links(self.ends[1])
        for end in self.ends:
            end.socket.close()
        self.ends = ()

    def lose_links(self, controller):
        """End the links that a host has left, behind all that it sent, and wait until that is done."""
        controller.socket.settimeout(1)
        for handle in sorted(self.links.handles):
            controller.give(hci.command(hci.DISCONNECT, struct.pack("<HB", handle, TIMEOUT)))
        for packet in controller.todo:
            controller.socket.sendall(packet)
        limit = patience.Patience(10)
        while self.links.handles and not limit.over():
            packets = controller.read() if limit.wait(controller.socket) else []
            if packets is None:
                return
            for packet in packets:
                self.links.event(packet)

    def run(self):
        while True:
            try:
                if not (self.serve() if self.ends else self.accept()):
                    return
            except (OSError, FramingError) as er:
                if isinstance(er, FramingError) and not self.error:
                    self.error = str(er)
                self.hang_up()

    def accept(self):
        """Wait for a host: False if this ends."""
        ready = select.select([self.listener, self.stopped], [], [])[0]
        if self.stopped in ready:
            return False
        self.ends = (End(self.listener.accept()[0]), End(socket.socket(socket.AF_UNIX)))
        self.links = Links()
        self.served += 1
        if self.clock:
            self.pace = Pace(self.clock)
            self.clock.join_client(self.ends[0].socket)
        self.ends[1].socket.setblocking(True)
        self.ends[1].socket.connect(self.controller)
        self.ends[1].socket.setblocking(False)
        return True

    def serve(self):
        """Move what can be moved at the moment: False if this ends."""
        host, controller = self.ends
        ways = ((host, controller), (controller, host))
        readers = [self.stopped] + [source.socket for source, sink in ways if sink.size < HELD]
        step = POLL if self.pace and self.pace.waiting else None
        ready, _, _ = select.select(readers, [end.socket for end in self.ends if end.todo], [], step)
        if self.stopped in ready:
            return False
        for source, sink in ways:
            packets = source.read() if source.socket in ready else []
            if packets is None:
                self.hang_up()
                return True
            for packet in packets:
                if source is controller:
                    self.links.event(packet)
                self.pass_on(packet, sink)
            if self.pace and sink is host:
                for packet in self.pace.due():
                    self.hand_over(packet, host)
            sink.write()
        return True

    def pass_on(self, packet, sink):
        if self.pace and sink is self.ends[0]:
            self.pace.give(packet)
        else:
            self.hand_over(packet, sink)

    def hand_over(self, packet, sink):
        if self.snoop:
            self.snoop.packet(packet, sink is self.ends[0])
        sink.give(packet)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="the socket to listen at")
    parser.add_argument("controller", help="the controller's socket")
    parser.add_argument("--snoop", help="a file for all packets")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with Bridge(arguments.path, arguments.controller, arguments.snoop):
            signal.pause()
    except KeyboardInterrupt:
        pass
    except (OSError, FramingError) as er:
        sys.exit("frame: {}".format(er))


if __name__ == "__main__":
    main()
