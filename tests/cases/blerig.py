# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What the tests of Bluetooth stand on: controllers without a radio, the bridge to one, logs of packets."""

import os
import struct
import subprocess
import time

import clock as rig_clock
import frame
import hci
import snoop
from harness import PYTHON, case
from rig import Rig

ATT = 4  # the L2CAP channel


def att(handle, pdu):
    """An attribute protocol's PDU on a connection."""
    return hci.acl(handle, struct.pack("<HH", len(pdu), ATT) + pdu)


def meet(ctx, one, other, host=hci.Host):
    """Two hosts, each at the path of a controller: they connect, talk and part."""
    with host(one) as peripheral, host(other) as central:
        address = peripheral.reset()
        assert central.reset() != address
        peripheral.advertise(b"\2\1\6")
        handle = central.connect(address)
        other_handle = peripheral.connected()
        request, response = b"\2\x40\0", b"\3\x17\0"
        for _ in range(3):
            central.send(att(handle, request))
            assert peripheral.data() == (other_handle, att(0, request)[5:])
            peripheral.send(att(other_handle, response))
            assert central.data() == (handle, att(0, response)[5:])
        ctx.log("reason", central.disconnect(handle))
        assert peripheral.disconnected(other_handle) == 0x13


@case(needs=("ble",))
def ble_rig(ctx):
    "Two controllers of btvirt hear each other, and none of another rig; all is gone at the end."
    with Rig() as rig, Rig() as alone:
        for kind in ("le", "bredrle"):
            meet(ctx, rig.path(kind), rig.path(kind))
        with hci.Host(rig.path()) as peripheral, hci.Host(alone.path()) as central:
            address = peripheral.reset()
            central.reset()
            peripheral.advertise(b"\2\1\6")
            try:
                central.connect(address)
                raise AssertionError("connected to a controller of another rig")
            except OSError as er:
                assert "no connection, for 0x3e" in str(er), er
        process, folder = rig.process, rig.folder
    assert process.returncode is not None and not os.path.exists(folder)


@case(needs=("ble",))
def ble_rig_links(ctx):
    "A controller has several links: each side its own handle, for data, for the end by either side, and after a reset."
    with Rig() as rig, hci.Host(rig.path()) as central, hci.Host(rig.path()) as one, hci.Host(rig.path()) as other:
        peripherals = (one, other)
        for _ in range(2):
            central.reset()
            addresses = [peripheral.reset() for peripheral in peripherals]
            for ends_first in (central, *peripherals):
                links = []
                for peripheral, address in zip(peripherals, addresses):
                    peripheral.advertise(b"\2\1\6")
                    handle = central.connect(address)
                    links.append((handle, peripheral, peripheral.connected()))
                assert links[0][0] != links[1][0], links
                for handle, peripheral, its in links:
                    central.send(att(handle, b"\2\x40\0"))
                    assert peripheral.data() == (its, att(0, b"\2\x40\0")[5:])
                for handle, peripheral, its in reversed(links):
                    peripheral.send(att(its, b"\3\x17\0"))
                    assert central.data() == (handle, att(0, b"\3\x17\0")[5:])
                for handle, peripheral, its in links:
                    if ends_first is peripheral:
                        peripheral.disconnect(its)
                        central.disconnected(handle)
                    else:
                        central.disconnect(handle)
                        peripheral.disconnected(its)
            # A link that a reset ends.
            one.advertise(b"\2\1\6")
            central.connect(addresses[0])
            one.connected()


FIPS_197 = (
    ("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32"),
    ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
)


@case(needs=("ble",))
def ble_rig_aes(ctx):
    "A controller encrypts as FIPS 197 has it, in appendices B and C.1, though Linux may not do it for btvirt."
    with Rig() as rig, hci.Host(rig.path()) as host:
        host.reset()
        for key, text, encrypted in FIPS_197:
            # HCI has the last byte first.
            said = host.command(hci.LE_ENCRYPT, bytes.fromhex(key)[::-1] + bytes.fromhex(text)[::-1])
            assert said[::-1].hex() == encrypted, said[::-1].hex()


@case(needs=("ble",))
def ble_rig_whole_packets(ctx):
    "btvirt answers commands however many come at once, however they are cut, and however late answers are taken."
    many = 5000
    with Rig() as rig, hci.Host(rig.path()) as host:
        host.reset()
        for byte in hci.command(hci.RESET):
            host.send(bytes([byte]))
        assert host.event(hci.COMMAND_COMPLETE)[1:3] == struct.pack("<H", hci.RESET)
        # Their headers are cut anywhere.
        wanted = many * (hci.READ_BD_ADDR, hci.LE_SET_ADVERTISE_ENABLE)
        host.send(many * (hci.command(wanted[0]) + hci.command(wanted[1], b"\0")))
        for opcode in wanted:
            assert host.event(hci.COMMAND_COMPLETE)[1:3] == struct.pack("<H", opcode)


class ByteHost(hci.Host):
    """One that sends every byte by itself, as a UART does."""

    def send(self, data):
        for byte in data:
            self.socket.sendall(bytes([byte]))


def every_kind():
    """Packets of all kinds, the shortest and longer ones."""
    yield hci.command(hci.RESET)
    yield hci.command(hci.LE_SET_ADVERTISING_DATA, bytes(32))
    for kind, length in ((hci.ACL, "<H"), (hci.ISO, "<H"), (hci.SCO, "<B"), (hci.EVENT, "<B")):
        for size in (0, 1, 200):
            yield bytes([kind, 1] + [0] * (kind != hci.EVENT)) + struct.pack(length, size) + bytes(size)


@case()
def ble_frame_split(ctx):
    "Packets of every kind come out whole, cut into two and three anywhere; what is none is refused."
    packets = list(every_kind())
    stream = b"".join(packets)
    for first in range(len(stream) + 1):
        for second in {first, min(first + 1, len(stream)), min(first + 7, len(stream))}:
            taken = hci.Packets()
            found = sum((taken.feed(part) for part in (stream[:first], stream[first:second], stream[second:])), [])
            assert found == packets and not taken.rest, (first, second)
    for wrong in (b"\0", b"\6", stream + b"\xff"):
        try:
            hci.Packets().feed(wrong)
            raise AssertionError("took {}".format(wrong[-1:]))
        except hci.FramingError as er:
            assert str(er) == "no H4 packet begins with {:02x}".format(wrong[-1]), er


@case(needs=("ble",))
def ble_frame(ctx):
    "The bridge gives on whole packets of what comes in bytes, and its log has all of them, none malformed."
    logs = [os.path.join(ctx.scratch(), name) for name in ("one.btsnoop", "other.btsnoop")]
    with Rig() as rig:
        paths = [os.path.join(rig.folder, name) for name in ("one", "other")]
        with frame.Bridge(paths[0], rig.path(), logs[0]) as one, frame.Bridge(paths[1], rig.path(), logs[1]):
            for _ in range(3):
                meet(ctx, *paths, host=ByteHost)
            assert one.served == 3
        assert not any(os.path.exists(path) for path in paths)
    # Four to reset, three to advertise, as many with data; to reset, to connect, data, to part.
    assert [snoop.check_snoop(log) for log in logs] == [3 * (4 + 3 + 3), 3 * (4 + 1 + 3 + 1)]


def bridged(ctx, data):
    """Send something through a bridge: the error that it ends with."""
    with Rig() as rig:
        path = os.path.join(rig.folder, "uart")
        try:
            with frame.Bridge(path, rig.path()), hci.Host(path) as host:
                host.send(data)
                # It hangs up.
                host.event(hci.COMMAND_COMPLETE)
        except (OSError, hci.FramingError) as er:
            return er
    return None


@case(needs=("ble",))
def ble_frame_bad(ctx):
    "The bridge hangs up on who sends no packets, and on nobody else."
    assert bridged(ctx, hci.command(hci.RESET)) is None
    assert "controller is gone" in str(bridged(ctx, b"hello"))


@case(needs=("ble",))
def ble_frame_gone(ctx):
    "When a host is gone the other side of its link learns that, and the next host has a controller without one."
    with Rig() as rig:
        path = os.path.join(rig.folder, "uart")
        with frame.Bridge(path, rig.path()), hci.Host(rig.path()) as central:
            central.reset()
            for _ in range(2):
                with hci.Host(path) as peripheral:
                    address = peripheral.reset()
                    peripheral.advertise(b"\2\1\6")
                    handle = central.connect(address)
                    peripheral.connected()
                assert central.disconnected(handle) == frame.TIMEOUT


@case(needs=("ble",))
def ble_frame_slow(ctx):
    "Who does not read what it is sent loses nothing."
    many = 20000
    with Rig() as rig:
        path = os.path.join(rig.folder, "uart")
        with frame.Bridge(path, rig.path()), hci.Host(path) as host:
            host.reset()
            for _ in range(many // 1000):
                host.send(1000 * hci.command(hci.READ_BD_ADDR))
            for _ in range(many):
                host.event(hci.COMMAND_COMPLETE)


class SlowParty:
    """One that has had a quarter of what it wants."""

    clock = None

    def share(self, elapsed):
        return 0.25


def real_ms(ms):
    """Let time pass, by the machine's clock at least."""
    until = time.monotonic_ns() + 1000000 * ms
    while time.monotonic_ns() < until:
        time.sleep(0.001)


READ_CLOCK = "import sys, time\nfor line in sys.stdin: print(time.monotonic_ns(), flush=True)"


@case(needs=("ble",))
def ble_rig_clock(ctx):
    "A program's clock is the rig's, which is never faster than the machine's, nor than the slowest of the programs."
    clock = rig_clock.Clock(os.path.join(ctx.scratch(), "clock"))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    environment = dict(os.environ, **clock.environment())
    with subprocess.Popen([PYTHON, "-c", READ_CLOCK], env=environment, **pipes) as process:

        def its_time():
            process.stdin.write("\n")
            return int(process.stdout.readline())

        # Without its thread the clock stops when LEASE is over.
        for rate in (1, 0.25, 0):
            clock.tell(time.monotonic_ns(), rate)
            real_ms(2 * rig_clock.LEASE // 1000000)
            assert its_time() == clock.now()
        with clock:
            for party in (None, SlowParty()):
                if party:
                    clock.join(party)
                    real_ms(20)  # what was said before holds for LEASE, and the next look is STEP away
                began, real = clock.now(), time.monotonic_ns()
                for _ in range(20):
                    before, there, after = clock.now(), its_time(), clock.now()
                    # What is said here and there may be one look apart.
                    assert before - rig_clock.LEASE <= there <= after + rig_clock.LEASE, (before, there, after)
                    real_ms(5)
                passed, really = clock.now() - began, time.monotonic_ns() - real
                ctx.log(party, passed, really)
                assert 0 < passed <= really * (0.25 if party else 1) + rig_clock.STEP, (passed, really)
        process.stdin.close()


@case(needs=("ble",))
def ble_rig_clock_waits(ctx):
    "Two programs that share a processor have no more than that; who sleeps holds up nobody; the last board does."
    busy = [PYTHON, "-c", "import os\nos.sched_setaffinity(0, {%d})\nprint()\nwhile True: pass"]
    busy[2] %= min(os.sched_getaffinity(0))
    clock = rig_clock.Clock(os.path.join(ctx.scratch(), "clock"), boards=2)
    programs = [subprocess.Popen(busy, stdout=subprocess.PIPE) for _ in range(2)]
    sleeper = subprocess.Popen(["sleep", "100"])
    try:
        for program in programs:
            program.stdout.readline()
        parties = [rig_clock.Party.process(program.pid) for program in (*programs, sleeper)]
        began = time.monotonic_ns()
        real_ms(100)
        elapsed = time.monotonic_ns() - began
        shares = [party.share(elapsed) for party in parties]
        ctx.log(shares)
        # The second was looked at after the first, and both after `elapsed`.
        assert sum(shares[:2]) < 1.2 and shares[2] == 1, shares
        assert clock.rate(elapsed) == 1
        clock.join(parties[2])
        assert clock.rate(elapsed) == 0
        clock.boards = 0
        assert clock.rate(elapsed) == 1
        sleeper.kill()
        sleeper.wait()
        assert clock.rate(elapsed) == 1 and not clock.parties
    finally:
        for program in (*programs, sleeper):
            program.kill()
            program.wait()


class StandingClock:
    def __init__(self):
        self.time = 0

    def now(self):
        return self.time


@case()
def ble_frame_pace(ctx):
    "Data comes in one connection event, the end of a link in a later one, and an answer to a command with neither."
    ended = struct.pack("<BBBBHB", hci.EVENT, hci.DISCONNECTION_COMPLETE, 4, 0, 42, 0x13)
    completed = struct.pack("<BBBBHH", hci.EVENT, hci.COMPLETED_PACKETS, 5, 1, 42, 1)
    answer = struct.pack("<BBBBHB", hci.EVENT, hci.COMMAND_COMPLETE, 4, 1, hci.RESET, 0)
    report = struct.pack("<BBBB", hci.EVENT, hci.LE_META, 1, hci.ADVERTISING_REPORTS[0])
    data = att(42, b"\x0a\3\0")
    clock = StandingClock()
    clock.time = frame.INTERVAL
    pace = frame.Pace(clock)
    for packet in (answer, report):
        pace.give(packet)
        assert pace.due() == [packet] and pace.due() == []
    sent = [CONNECTED, data, data, answer, completed, ended, answer]
    for packet in sent:
        pace.give(packet)
    for wanted in (sent[:1], sent[1:5], sent[5:]):
        assert pace.due() == wanted and pace.due() == []
        clock.time += frame.INTERVAL - 1
        pace.give(data)
        assert pace.due() == []
        assert pace.waiting.pop() == data
        clock.time += 1
    pace.give(report)
    assert pace.due() == [report]


CONNECTED = struct.pack("<BBBBBHBB6sHHHB", hci.EVENT, 0x3E, 19, 1, 0, 42, 0, 0, bytes(6), 24, 0, 400, 0)
FIRST_HALF = hci.acl(42, struct.pack("<HH", 3, ATT) + b"\x0a")
SECOND_HALF = hci.acl(42 | 1 << 12, b"\3\0")
MALFORMED = {
    "a command whose parameters end early": hci.command(hci.LE_SET_ADVERTISING_PARAMETERS, bytes(4)),
    "a request to read without a handle": att(42, b"\x0a"),
    "an L2CAP length that is too small": hci.acl(42, struct.pack("<HH", 2, ATT) + b"\x0a\3\0"),
    "no L2CAP header": hci.acl(42, b"\3\0"),
    "a fragment of nothing": SECOND_HALF,
}


def logged(path, received, packets):
    """Check a log of packets after a connection and a command: what is said of it, None if nothing."""
    log = snoop.Snoop(path)
    log.packet(CONNECTED, True)
    log.packet(hci.command(hci.RESET), False)
    for packet in packets:
        log.packet(packet, received)
    log.close()
    try:
        assert snoop.check_snoop(path) == (1 if received else 1 + len(packets))
    except snoop.SnoopError as er:
        return str(er)
    return None


@case(needs=("ble",))
def ble_snoop(ctx):
    "What is malformed is found in what the host sent, and does not count in what it received."
    path = os.path.join(ctx.scratch(), "log.btsnoop")
    for name, packet in MALFORMED.items():
        said = logged(path, False, [packet])
        ctx.log(said)
        assert said and "packet 3" in said, name
    assert not logged(path, False, [att(42, b"\x0a\3\0"), FIRST_HALF, SECOND_HALF])
    assert not logged(path, True, MALFORMED.values())
    assert "packet 4 begins within a frame" in logged(path, False, [FIRST_HALF, FIRST_HALF])
    with open(path, "wb") as f:
        f.write(b"btsnoop")
    try:
        snoop.check_snoop(path)
        raise AssertionError("it read nothing")
    except snoop.SnoopError as er:
        assert "is no log" in str(er), er
