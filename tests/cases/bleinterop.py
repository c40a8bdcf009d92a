# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Our Bluetooth host with one that is not ours, npm's ble-host, over MicroPython's `bluetooth`: each is the central
and the peripheral, and tshark finds nothing malformed in what ours sends."""

import contextlib
import os

import ours
import peer
from harness import case
from rig import Rig

NAME = "heddle"
LONG = bytes(i & 255 for i in range(512))
ADVERTISE = 'ble.gap_advertise(20000, b"\\2\\1\\6\\x07\\x09{}")'.format(NAME)

# Events of MicroPython's.
CENTRAL_CONNECT, CENTRAL_DISCONNECT, WRITE, READ_REQUEST, SCAN, SCAN_DONE = 1, 2, 3, 4, 5, 6
PERIPHERAL_CONNECT, PERIPHERAL_DISCONNECT = 7, 8
SERVICE_RESULT, SERVICE_DONE, CHARACTERISTIC_RESULT, CHARACTERISTIC_DONE = 9, 10, 11, 12
DESCRIPTOR_RESULT, DESCRIPTOR_DONE, READ_RESULT, READ_DONE, WRITE_DONE = 13, 14, 15, 16, 17
NOTIFY, INDICATE, INDICATE_DONE, MTU = 18, 19, 20, 21
CHANNEL_CONNECT, CHANNEL_DISCONNECT, CHANNEL_RECV, CHANNEL_READY = 23, 24, 25, 26
ENCRYPTION, PASSKEY = 28, 31


@contextlib.contextmanager
def both(ctx, name, legacy=False, **config):
    """Ours, and the peer."""
    image = ctx.image("gil", BOARD="host", BLE=1)
    log = os.path.join(ctx.scratch(), name + ".btsnoop")
    with Rig() as rig:
        with peer.Peer(rig.path(), os.path.join(rig.folder, "peer"), peer.FIRST, legacy, ctx.log) as other:
            with ours.Ours(image, rig, log) as our:
                our.start(**config)
                yield our, other


def join_as_central(our, other):
    """Ours finds the peer and connects to it: the connection."""
    other.ask("advertise", NAME)
    our.run("ble.gap_scan(0, 30000, 30000)")
    kind, address, connectable, _, data = our.hear(SCAN, 1)[0:5]
    assert (kind, connectable) == (1, 0) and NAME.encode() in data, (kind, connectable, data)
    our.run("ble.gap_scan(None)")
    our.hear(SCAN_DONE)
    our.run("events.clear()")
    our.run("ble.gap_connect({}, {!r})".format(kind, address))
    connection, kind, at = our.hear(PERIPHERAL_CONNECT)
    assert (kind, at) == (1, bytes.fromhex(peer.FIRST.replace(":", "")))
    other.hear("connected")
    our.run("c = {}".format(connection))
    return connection


def join_as_peripheral(our, other):
    """The peer finds ours and connects to it: the connection."""
    our.run(ADVERTISE)
    other.say("connect", NAME)
    other.hear("connected", "public")
    connection, kind, at = our.hear(CENTRAL_CONNECT)
    assert (kind, at) == (1, bytes.fromhex(peer.FIRST.replace(":", "")))
    our.run("c = {}".format(connection))
    return connection


def part(our, other, event):
    our.run("ble.gap_disconnect(c)")
    our.hear(event)
    other.hear("disconnected")


def discover(our, connection):
    """What ours finds of the peer's: the handles of its values, by their UUIDs."""
    our.run("ble.gattc_discover_services(c)")
    services, done = our.hear_all(SERVICE_RESULT, SERVICE_DONE)
    assert done == (connection, 0)
    (service,) = [s for s in services if s[3].upper() == peer.SERVICE]
    our.run("ble.gattc_discover_characteristics(c, {}, {})".format(*service[1:3]))
    found, done = our.hear_all(CHARACTERISTIC_RESULT, CHARACTERISTIC_DONE)
    assert done == (connection, 0) and len(found) == 5, found
    return {uuid.upper(): value for _, _, value, _, uuid in found}


def read(our, handle):
    """The status, and the value."""
    our.run("ble.gattc_read(c, {})".format(handle))
    value, done = our.hear_all(READ_RESULT, READ_DONE)
    return done[2], value[0][2] if value else None


def write(our, handle, value, mode=1):
    our.run("ble.gattc_write(c, {}, {!r}, {})".format(handle, value, mode))
    return our.hear(WRITE_DONE)[2] if mode else None


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_central(ctx):
    "Ours, as the central, finds, reads, writes and is told what an independent peripheral has."
    with both(ctx, "central") as (our, other):
        connection = join_as_central(our, other)
        found = discover(our, connection)
        assert read(our, found[peer.KEPT]) == (0, b"kept")
        assert read(our, found[peer.LONG]) == (0, LONG)  # in parts
        our.run("ble.gattc_exchange_mtu(c)")
        assert our.hear(MTU) == (connection, our.ask('ble.config("mtu")'))
        assert read(our, found[peer.LONG]) == (0, LONG)
        for value in (b"\x2a", LONG[:100], b""):
            assert write(our, found[peer.KEPT], value) == 0
            assert other.hear("stored") == ([value.hex()] if value else [])
        write(our, found[peer.KEPT], b"\x01\x02", 0)
        assert other.hear("stored") == ["0102"]
        our.run("ble.gattc_discover_descriptors(c, {}, {})".format(found[peer.TOLD], found[peer.SECRET] - 2))
        descriptors, done = our.hear_all(DESCRIPTOR_RESULT, DESCRIPTOR_DONE)
        assert done == (connection, 0) and descriptors[0][2].lower() == "0x2902", descriptors
        for bits, what, event in ((1, "notify", NOTIFY), (2, "indicate", INDICATE)):
            assert write(our, descriptors[0][1], bytes([bits, 0])) == 0
            other.hear("subscription")
            other.ask(what, "c0ffee")
            assert our.hear(event) == (connection, found[peer.TOLD], bytes.fromhex("c0ffee"))
        assert read(our, found[peer.SECRET]) == (5, None)
        assert write(our, found[peer.LONG], b"x") == 3
        part(our, other, PERIPHERAL_DISCONNECT)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_peripheral(ctx):
    "Ours, as the peripheral, is found, read, written, long values too, and tells an independent central."
    with both(ctx, "peripheral") as (our, other):
        join_as_peripheral(our, other)
        other.ask("discover")
        assert other.hear("service", peer.SERVICE)
        assert other.hear("characteristic", peer.KEPT)[1] == "read,writeWithoutResponse,write"
        assert other.hear("characteristic", peer.TOLD)[1] == "notify,indicate"
        values = (b"\x2a", LONG)
        for mtu in (23, our.ask('ble.config("mtu")')):
            if mtu > 23:
                assert other.ask("mtu") == [str(mtu)]
                our.hear(MTU)
            assert other.ask("read", peer.KEPT) == [b"kept".hex()]
            assert other.ask("read", peer.LONG) == [LONG.hex()]
            for value in values:
                other.ask("write", peer.KEPT, value.hex())
                our.hear(WRITE)
                assert our.ask("ble.gatts_read(KEPT)") == value
            our.run('ble.gatts_write(KEPT, b"kept")')
        other.ask("command", peer.KEPT, "0102")
        our.hear(WRITE)
        assert our.ask("ble.gatts_read(KEPT)") == b"\1\2"
        for what, said in (("notify", "notified"), ("indicate", "indicated")):
            other.ask("subscribe", peer.TOLD, what)
            our.run('ble.gatts_{}(c, TOLD, b"\\xc0\\xff\\xee")'.format(what))
            assert other.hear(said) == ["c0ffee"]
            our.run('ble.gatts_write(TOLD, b"{}", True)'.format(what))
            assert other.hear(said) == [what.encode().hex()]
        assert our.hear(INDICATE_DONE)[2] == our.hear(INDICATE_DONE)[2] == 0
        for uuid in (peer.SECRET, peer.GUARDED):
            other.say("read", uuid)
            assert other.hear("failed", "read") == ["INSUFFICIENT_AUTHENTICATION"]
        part(our, other, CENTRAL_DISCONNECT)


# What humans have, by MicroPython's numbers and the peer's names.
CAPABILITIES = ("DISPLAY_ONLY", "DISPLAY_YES_NO", "KEYBOARD_ONLY", "NO_INPUT_NO_OUTPUT", "KEYBOARD_DISPLAY")
INPUT, SHOW, COMPARE = 2, 3, 4  # what a human is asked for, by MicroPython's numbers
# How they pair: our capability, the peer's, what a human does with ours; without a capability there is no human.
METHODS = (
    ("NO_INPUT_NO_OUTPUT", "NO_INPUT_NO_OUTPUT", None),
    ("KEYBOARD_ONLY", "DISPLAY_ONLY", INPUT),
    ("DISPLAY_ONLY", "KEYBOARD_ONLY", SHOW),
    ("DISPLAY_YES_NO", "DISPLAY_YES_NO", COMPARE),
    ("KEYBOARD_ONLY", "KEYBOARD_ONLY", INPUT),
)


def human(our, other, action):
    """What humans do while the two pair."""
    connection, asked, number = our.hear(PASSKEY)
    assert asked == action, (asked, action)
    if action == COMPARE:
        assert other.hear("passkey", "compare") == ["{:06}".format(number)]
        other.say("yes")
        number = 1
    elif action == SHOW:
        number = 123456
        other.hear("passkey", "wanted")
        other.say("enter", number)
    else:
        said = other.hear("passkey")
        number = int(said[1]) if said[0] == "shown" else 7
        if said[0] == "wanted":
            other.say("enter", "000007")
    our.run("ble.gap_passkey(c, {}, {})".format(action, number))


def pair(our, other, central, mine, its, action, bond):
    """They pair, as ours asks for as the central, or the peer."""
    words = [its, *(["mitm"] if action else []), *(["bond"] if bond else [])]
    if central:
        other.ask("answer", *words)
        our.run("ble.gap_pair(c)")
    else:
        other.say("pair", *words)
    if action:
        human(our, other, action)
    return other.hear("paired"), our.hear(ENCRYPTION)


def config_of(mine, action, bond, secure):
    return {"io": CAPABILITIES.index(mine), "mitm": bool(action), "bond": bond, "le_secure": secure}


def pair_all(ctx, central, legacy):
    """Every method, with and without a bond: what both say of it, and what can be read then."""
    for mine, its, action in METHODS:
        if legacy and action == COMPARE:
            continue
        for bond in (False, True):
            name = "pair-{}".format("-".join((mine, its, "legacy" if legacy else "sc")).lower())
            with both(ctx, name, legacy, **config_of(mine, action, bond, not legacy)) as (our, other):
                connection = (join_as_central if central else join_as_peripheral)(our, other)
                found = discover(our, connection) if central else other.ask("discover")
                there, here = pair(our, other, central, mine, its, action, bond)
                marks = (["mitm"] if action else []) + (["bond"] if bond else [])
                assert there == ["legacy" if legacy else "sc", *marks], (mine, its, there)
                assert here == (connection, True, bool(action), bond, 16), (mine, its, here)
                for uuid, value in ((peer.SECRET, b"encrypted"), (peer.GUARDED, b"encrypted-mitm")):
                    if uuid == peer.GUARDED and not action:
                        continue
                    if central:
                        assert read(our, found[uuid]) == (0, value)
                    else:
                        assert other.ask("read", uuid) == [value.hex()]
                part(our, other, PERIPHERAL_DISCONNECT if central else CENTRAL_DISCONNECT)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_pair_central(ctx):
    "Ours asks for pairing with Secure Connections: by every method."
    pair_all(ctx, True, False)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_pair_peripheral(ctx):
    "It is asked."
    pair_all(ctx, False, False)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_pair_central_legacy(ctx):
    "Ours asks one that has no Secure Connections."
    pair_all(ctx, True, True)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_pair_peripheral_legacy(ctx):
    "It is asked by such a one."
    pair_all(ctx, False, True)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_unpaired(ctx):
    "A number that a human does not confirm, here or there, is the end of pairing, and nothing is encrypted."
    for here in (True, False):
        with both(ctx, "unpaired", **config_of("DISPLAY_YES_NO", COMPARE, True, True)) as (our, other):
            connection = join_as_peripheral(our, other)
            other.say("pair", "DISPLAY_YES_NO", "mitm", "bond")
            our.hear(PASSKEY)
            other.hear("passkey", "compare")
            if here:
                our.run("ble.gap_passkey(c, {}, 0)".format(COMPARE))
            else:
                other.say("no")
            assert other.hear("unpaired") == ["NUMERIC_COMPARISON_FAILED", "there" if here else "here"]
            heard = our.hear(ENCRYPTION)
            assert heard == (connection, False, False, False, 0), heard
            part(our, other, CENTRAL_DISCONNECT)


BOND = config_of("DISPLAY_YES_NO", COMPARE, True, True)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_bond_central(ctx):
    "Ours, as the central, encrypts with the key of a bond, also after a soft reset."
    with both(ctx, "bond-central", **BOND) as (our, other):
        join_as_central(our, other)
        pair(our, other, True, "DISPLAY_YES_NO", "DISPLAY_YES_NO", COMPARE, True)
        part(our, other, PERIPHERAL_DISCONNECT)
        for reset in (False, True):
            if reset:
                our.begin_again(**BOND)
            connection = join_as_central(our, other)
            found = discover(our, connection)
            our.run("ble.gap_pair(c)")
            assert our.hear(ENCRYPTION) == (connection, True, True, True, 16)
            assert not [line for line in other.heard if line.startswith("paired")], other.heard
            assert read(our, found[peer.GUARDED]) == (0, b"encrypted-mitm")
            part(our, other, PERIPHERAL_DISCONNECT)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_bond_peripheral(ctx):
    "Ours, as the peripheral, has the key of a bond, also after a soft reset, and asks for encryption with it."
    with both(ctx, "bond-peripheral", **BOND) as (our, other):
        join_as_peripheral(our, other)
        pair(our, other, False, "DISPLAY_YES_NO", "DISPLAY_YES_NO", COMPARE, True)
        part(our, other, CENTRAL_DISCONNECT)
        for reset, asks in ((False, False), (False, True), (True, False), (True, True)):
            if reset and not asks:
                our.begin_again(**BOND)
            other.heard.clear()
            connection = join_as_peripheral(our, other)
            if asks:
                our.run("ble.gap_pair(c)")
            else:
                other.say("encrypt")
            assert our.hear(ENCRYPTION) == (connection, True, True, True, 16)
            assert other.hear("encrypted") == ["SUCCESS"]
            other.ask("discover")
            assert other.ask("read", peer.GUARDED) == [b"encrypted-mitm".hex()]
            part(our, other, CENTRAL_DISCONNECT)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_bond_lost(ctx):
    "A bond that the peer has and ours has not: encryption fails, and they can pair again."
    with both(ctx, "bond-lost", **BOND) as (our, other):
        join_as_peripheral(our, other)
        pair(our, other, False, "DISPLAY_YES_NO", "DISPLAY_YES_NO", COMPARE, True)
        part(our, other, CENTRAL_DISCONNECT)
        our.run("secrets.clear()")
        our.begin_again(**BOND)
        other.heard.clear()
        join_as_peripheral(our, other)
        other.say("encrypt")
        assert other.hear("encrypted") == ["PIN_OR_KEY_MISSING"]
        there, here = pair(our, other, False, "DISPLAY_YES_NO", "DISPLAY_YES_NO", COMPARE, True)
        assert there == ["sc", "mitm", "bond"] and here[1:] == (True, True, True, 16), (there, here)
        part(our, other, CENTRAL_DISCONNECT)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_channel(ctx):
    "Ours opens L2CAP channels to an independent acceptor, which returns what comes: sizes up to its MTU and back."
    with both(ctx, "channel") as (our, other):
        connection = join_as_central(our, other)
        our.run("ble.l2cap_connect(c, {}, 300)".format(peer.PSM))
        at, channel, psm, our_mtu, peer_mtu = our.hear(CHANNEL_CONNECT)
        assert (at, psm, our_mtu, peer_mtu) == (connection, peer.PSM, 300, 512), (at, psm, our_mtu, peer_mtu)
        assert other.hear("channel") == ["300"]
        our.run("buf, got = bytearray(512), b''")
        our.run("def take(n):\n    global got\n    while len(got) < n:\n        hear({}, c)\n        while True:\n"
                "            k = ble.l2cap_recvinto(c, {}, buf)\n            if not k:\n                break\n"
                "            got += buf[:k]\n    said, got = got, b''\n    return said".format(CHANNEL_RECV, channel))
        for size in (1, 20, 21, 22, 23, 64, 255, 300):
            sent = bytes(i * 7 & 255 for i in range(size))
            our.run("r = ble.l2cap_send(c, {}, {!r})".format(channel, sent))
            assert other.hear("sdu") == [str(size)]
            assert our.ask("take({})".format(size)) == sent
            if not our.ask("r"):
                our.hear(CHANNEL_READY)
        our.run("ble.l2cap_disconnect(c, {})".format(channel))
        assert our.hear(CHANNEL_DISCONNECT)[:3] == (connection, channel, peer.PSM)
        other.hear("channel", "closed")
        our.run("ble.l2cap_connect(c, 0x81, 300)")  # nobody listens there
        assert our.hear(CHANNEL_DISCONNECT)[2:] == (0x81, 2)
        part(our, other, PERIPHERAL_DISCONNECT)


@case(needs=("ble",), timeout=120, waits=True)
def ble_interop_example(ctx):
    "Upstream's example of a bonded peripheral, unmodified, shows a passkey and is paired with; its secrets are kept."
    image = ctx.image("gil", BOARD="host", BLE=1)
    log = os.path.join(ctx.scratch(), "example.btsnoop")
    # What its handler prints, whenever an event comes, would fall into the raw REPL's own words.
    begin = ("import ble_bonding_peripheral as e\ne.print = lambda *said: None\n"
             "t = e.BLETemperature(e.bluetooth.BLE(), {!r})".format(NAME))
    with Rig() as rig, peer.Peer(rig.path(), os.path.join(rig.folder, "peer"), log=ctx.log) as other:
        with ours.Ours(image, rig, log) as our:
            for name in ("ble_advertising.py", "ble_bonding_peripheral.py"):
                with open(os.path.join(ctx.micropython_dir, "examples", "bluetooth", name), "rb") as f:
                    our.board.put(name, f.read())
            our.run(begin)
            our.run("t.set_temperature(20)")
            other.say("connect", NAME)
            other.hear("connected", "random")
            other.ask("discover")
            other.say("pair", "KEYBOARD_ONLY", "mitm", "bond")
            other.hear("passkey", "wanted")
            other.say("enter", 123456)
            assert other.hear("paired") == ["sc", "mitm", "bond"]
            assert other.ask("read", "00002A6E-0000-1000-8000-00805F9B34FB") == ["d007"]
            other.say("disconnect")
            other.hear("disconnected")
            our.run("while t._connections:\n    e.time.sleep_ms(1)")
            kept = our.ask("sorted(t._secrets.items())")
            assert kept
            our.board.soft_reset()
            our.run(begin)
            assert our.ask("sorted(t._secrets.items())") == kept
