# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The peer that our Bluetooth host is tested with, npm's ble-host, tested with itself."""

import contextlib
import os
import struct

import hci
import peer
from harness import case
from rig import Rig

NAME = "heddle"


@contextlib.contextmanager
def peers(ctx, legacy=False):
    """Two of npm's ble-host, with folders for their bonds: the peripheral, and the central."""

    def start(address):
        return peer.Peer(rig.path(), os.path.join(rig.folder, address), address, legacy, ctx.log)

    with Rig() as rig, start(peer.FIRST) as peripheral, start(peer.SECOND) as central:
        yield peripheral, central


def join(peripheral, central):
    """Have them connect."""
    peripheral.ask("advertise", NAME)
    central.say("connect", NAME)
    assert peripheral.hear("connected") == ["random", peer.SECOND]
    assert central.hear("connected") == ["random", peer.FIRST]


def part(peripheral, central):
    central.say("disconnect")
    peripheral.hear("disconnected")
    central.hear("disconnected")


@case(needs=("ble",), timeout=60)
def ble_peer_gatt(ctx):
    "The peer that others are tested with, with itself: discovery, reads and writes, long ones, notifications."
    long = bytes(i & 255 for i in range(512)).hex()
    with peers(ctx) as (peripheral, central):
        join(peripheral, central)
        assert central.ask("mtu") == ["517"]
        central.ask("discover")
        assert central.hear("service", peer.SERVICE)
        assert central.hear("characteristic", peer.KEPT)[1] == "read,writeWithoutResponse,write"
        assert central.ask("read", peer.KEPT) == [b"kept".hex()]
        assert central.ask("read", peer.LONG) == [long]
        for value in ("2a", long):
            central.ask("write", peer.KEPT, value)
            assert peripheral.hear("stored") == [value] == peripheral.ask("value")
        central.ask("command", peer.KEPT, "0102")
        assert peripheral.hear("stored") == ["0102"]
        for what, said in (("notify", "notified"), ("indicate", "indicated")):
            central.ask("subscribe", peer.TOLD, what)
            peripheral.ask(what, "c0ffee")
            assert central.hear(said) == ["c0ffee"]
        central.say("read", peer.SECRET)
        assert central.hear("failed", "read") == ["INSUFFICIENT_AUTHENTICATION"]
        part(peripheral, central)


@case(needs=("ble",), timeout=60)
def ble_peer_long(ctx):
    "Values that do not fit into a packet go in parts."
    value = bytes(range(100)).hex()
    with peers(ctx) as (peripheral, central):
        join(peripheral, central)
        central.ask("discover")
        central.ask("write", peer.KEPT, value)
        assert peripheral.ask("value") == central.ask("read", peer.KEPT) == [value]
        part(peripheral, central)


# How they pair: whether without Secure Connections, what each says that it can, who sees what, and what comes of it.
METHODS = (
    (False, "bond", "bond", "", "sc bond"),
    (True, "bond", "bond", "", "legacy bond"),
    (False, "mitm KEYBOARD_ONLY", "mitm DISPLAY_ONLY", "enter", "sc mitm"),
    (False, "mitm DISPLAY_ONLY bond", "mitm KEYBOARD_ONLY bond", "show", "sc mitm bond"),
    (False, "mitm DISPLAY_YES_NO", "mitm DISPLAY_YES_NO", "compare", "sc mitm"),
    (True, "mitm KEYBOARD_ONLY", "mitm DISPLAY_ONLY", "enter", "legacy mitm"),
    (True, "mitm DISPLAY_ONLY", "mitm KEYBOARD_ONLY", "show", "legacy mitm"),
)


def pass_key(peripheral, central, method):
    """What humans do while the two pair."""
    if method == "compare":
        assert peripheral.hear("passkey", "compare") == central.hear("passkey", "compare")
        peripheral.say("yes")
        central.say("yes")
    elif method:
        shows, enters = (central, peripheral) if method == "show" else (peripheral, central)
        enters.hear("passkey", "wanted")
        enters.say("enter", *shows.hear("passkey", "shown"))


@case(needs=("ble",), timeout=120)
def ble_peer_pairing(ctx):
    "The peer pairs with itself by all methods that it has; what is encrypted can be read then."
    for legacy, asks, answers, method, result in METHODS:
        with peers(ctx, legacy) as (peripheral, central):
            join(peripheral, central)
            central.ask("discover")
            peripheral.ask("answer", *answers.split())
            central.say("pair", *asks.split())
            pass_key(peripheral, central, method)
            assert peripheral.hear("paired") == central.hear("paired") == result.split()
            assert central.ask("read", peer.SECRET) == [b"encrypted".hex()]
            central.say("read", peer.GUARDED)
            central.hear("read" if "mitm" in result else "failed read")
            part(peripheral, central)


@case(needs=("ble",), timeout=60)
def ble_peer_unpaired(ctx):
    "Who does not confirm a number is not paired with."
    with peers(ctx) as (peripheral, central):
        join(peripheral, central)
        peripheral.ask("answer", "mitm", "DISPLAY_YES_NO")
        central.say("pair", "mitm", "DISPLAY_YES_NO")
        peripheral.hear("passkey", "compare")
        central.hear("passkey", "compare")
        central.say("no")
        assert central.hear("unpaired") == ["NUMERIC_COMPARISON_FAILED", "here"]
        assert peripheral.hear("unpaired") == ["NUMERIC_COMPARISON_FAILED", "there"]
        part(peripheral, central)


@case(needs=("ble",), timeout=60)
def ble_peer_bond(ctx):
    "A bond outlives the connection: the next one is encrypted with it, also when the peripheral asks for that."
    with peers(ctx) as (peripheral, central):
        join(peripheral, central)
        peripheral.ask("answer", "bond")
        central.say("pair", "bond")
        central.hear("paired")
        part(peripheral, central)
        for which, command in ((central, "encrypt"), (peripheral, "ask")):
            join(peripheral, central)
            central.heard.clear()
            peripheral.heard.clear()
            which.say(command, *(["bond"] if command == "ask" else []))
            assert peripheral.hear("encrypted") == central.hear("encrypted") == ["SUCCESS"]
            part(peripheral, central)


SIGNALLING, CHANNEL = 5, 0x40
CONNECT, CONNECTED_WITH, DISCONNECT, DISCONNECTED = 0x14, 0x15, 0x06, 0x07


@case(needs=("ble",), timeout=60)
def ble_peer_channel(ctx):
    "The peer accepts an L2CAP channel and returns what comes on it, in as many parts as it came."
    with Rig() as rig, peer.Peer(rig.path(), rig.folder, log=ctx.log) as peripheral, hci.Host(rig.path()) as host:
        host.reset()
        peripheral.ask("advertise", NAME)
        handle = host.connect(bytes.fromhex(peer.FIRST.replace(":", ""))[::-1], random=True)

        def send(channel, data):
            host.send(hci.acl(handle, struct.pack("<HH", len(data), channel) + data))

        def hear(channel):
            while True:
                data = host.data()[1]
                if struct.unpack_from("<HH", data) == (len(data) - 4, channel):
                    return data[4:]

        send(SIGNALLING, struct.pack("<BBHHHHHH", CONNECT, 1, 10, peer.PSM, CHANNEL, 100, 40, 20))
        answer = struct.unpack("<BBHHHHHH", hear(SIGNALLING))
        assert answer[:3] == (CONNECTED_WITH, 1, 10) and answer[4] == 512 and answer[7] == 0, answer
        assert peripheral.hear("channel") == ["100"]
        send(answer[3], struct.pack("<H", 60) + bytes(range(20)))
        send(answer[3], bytes(range(20, 60)))
        assert peripheral.hear("sdu") == ["60"]
        assert hear(CHANNEL) + hear(CHANNEL) == struct.pack("<H", 60) + bytes(range(60))
        send(SIGNALLING, struct.pack("<BBHHH", DISCONNECT, 2, 4, answer[3], CHANNEL))
        while hear(SIGNALLING)[:2] != bytes([DISCONNECTED, 2]):
            pass
        peripheral.hear("channel", "closed")
