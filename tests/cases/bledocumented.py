# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Each thing that MicroPython's documentation of `bluetooth` names has a case (tests/ble/documented.py); and what of it
is Python's alone: arguments, options, the handler, the life of what it is given."""

import glob
import os
import re

import documented
from cases.blereports import ERROR, boards, join
from harness import PYTHON, ROOT, case

READ_DONE = 16  # event


def named(ctx):
    """What the documentation names, by kind."""
    with open(os.path.join(ctx.micropython_dir, "docs", "library", "bluetooth.rst")) as f:
        text = f.read()
    constants = set(re.findall(r"^ *_(\w+) = const\(", text, re.M))
    return {
        "METHODS": set(re.findall(r"^\.\. method:: BLE\.(\w+)\(", text, re.M)),
        "CLASSES": set(re.findall(r"^\.\. class:: (\w+)\(", text, re.M)),
        "OPTIONS": set(re.findall(r"^ *- ``'(\w+)'``:", text, re.M)),
        "EVENTS": set(re.findall(r"\b_IRQ_(\w+)", text)),
        "VALUES": {name for name in constants if not name.startswith("IRQ_")}
        | set(re.findall(r"^ *\* 0x0\d - (\w+)", text, re.M)),
    }


@case()
def ble_documented(ctx):
    "What MicroPython's documentation of `bluetooth` names is in the list of cases, and these exist."
    there = set(ctx.run(PYTHON, "tests/run.py", "--list", "--everything", cwd=ROOT).replace("host/", "").split())
    for path in glob.glob(os.path.join(ROOT, "tests", "ble", "two", "test_*.c")):
        with open(path) as f:
            there |= set(re.findall(r'\{ "([\w-]+)", \w+ \}', f.read()))
    kinds = named(ctx)
    assert [len(kinds[kind]) for kind in ("METHODS", "EVENTS", "OPTIONS")] == [26, 31, 9], kinds
    for kind, names in kinds.items():
        listed = getattr(documented, kind)
        assert names == set(listed), (kind, names ^ set(listed))
    for kind in (*kinds, "ERRORS"):
        for name, cases in getattr(documented, kind).items():
            missing = set(cases.split()) - there
            assert cases and not missing, (kind, name, missing)
    ctx.note("{} names".format(sum(len(names) for names in kinds.values())))


# What raises what: a type, or the errno of an OSError.
RAISES = ERROR + """
U = bluetooth.UUID
def raised(f):
    try:
        return error(f)
    except Exception as er:
        return type(er)
S = (U(0x180F), ((U(0x2A19), F.FLAG_READ),))
failed = []
calls = 0
def must(wanted, f):
    global calls
    calls += 1
    got = raised(f)
    if got != wanted:
        failed.append((calls, wanted, got))
"""

CONFIG = """
must(ValueError, lambda: ble.config("nonsense"))
must(ValueError, lambda: ble.config(nonsense=1))
must(TypeError, lambda: ble.config("mac", mtu=23))
must(TypeError, lambda: ble.config())
for name in ("bond", "mitm", "le_secure", "io", "addr_mode"):
    must(ValueError, lambda: ble.config(name))
kind, address = ble.config("mac")
assert kind in (0, 1) and len(address) == 6
for mode in range(4):
    ble.config(addr_mode=mode)
    assert (ble.config("mac")[0] == 1) == (mode != 0), mode
ble.config(addr_mode=0)
must(22, lambda: ble.config(addr_mode=4))
ble.config(gap_name="loom")
assert ble.config("gap_name") == b"loom", ble.config("gap_name")
must(22, lambda: ble.config(gap_name="x" * 300))
ble.config(mtu=100)
assert ble.config("mtu") == 100
for mtu in (22, 1000):
    must(22, lambda: ble.config(mtu=mtu))
for io in range(5):
    ble.config(io=io, mitm=io % 2, bond=False, le_secure=io > 2)
must(22, lambda: ble.config(io=5))
ble.config(io=3)
must(ValueError, lambda: ble.config("rxbuf"))
must(ValueError, lambda: ble.config(rxbuf=500))
"""

ARGUMENTS = """
must(ValueError, lambda: U("180FA"))
must(ValueError, lambda: U(0x10000))
must(TypeError, lambda: U(None))
must(ValueError, lambda: U("x" * 36))
assert U(0x180F) == U(0x180F) != U(0x1810) and bytes(U(0x180F)) == b"\\x0f\\x18"
must(ValueError, lambda: ble.gatts_register_services(((1, ()),)))
must(ValueError, lambda: ble.gatts_register_services(((U(1), ((U(2),),)),)))
must(ValueError, lambda: ble.gatts_register_services(((U(1), ((2, 2),)),)))
must(ValueError, lambda: ble.gatts_register_services(((U(1), ((U(2), 2, ((3, 2),)),)),)))
((v,),) = ble.gatts_register_services((S,))
must(2, lambda: ble.gatts_read(999))
must(2, lambda: ble.gatts_write(999, b""))
must(2, lambda: ble.gatts_set_buffer(999, 20))
must(22, lambda: ble.gatts_set_buffer(v, 513))
must(22, lambda: ble.gatts_write(v, bytes(513)))
must(TypeError, lambda: ble.gatts_write(v, 1))
ble.gatts_write(v, bytes(512))
assert len(ble.gatts_read(v)) == 512
must(22, lambda: ble.gap_advertise(20000, bytes(32)))
must(22, lambda: ble.gap_advertise(20000, b"", resp_data=bytes(32)))
must(22, lambda: ble.gap_advertise(20000000, b""))
ble.gap_advertise(None)
must(22, lambda: ble.gap_scan(0, 2000, 2000))
must(22, lambda: ble.gap_scan(0, 30000, 40000))
must(ValueError, lambda: ble.gap_connect(0, b"short"))
must(TypeError, lambda: ble.gap_connect(0, 5))
must(TypeError, lambda: ble.gap_connect(0))
must(22, lambda: ble.gap_connect(0, bytes(6), 1000, 5000, 5000))
must(114, lambda: ble.gap_connect(None))
assert ble.gap_disconnect(99) is False
must(107, lambda: ble.gap_pair(99))
must(107, lambda: ble.gap_passkey(99, 2, 1))
must(107, lambda: ble.gattc_read(99, 1))
must(107, lambda: ble.gattc_write(99, 1, b"", 1))
must(107, lambda: ble.gattc_exchange_mtu(99))
must(TypeError, lambda: ble.gattc_discover_services(99, 5))
must(22, lambda: ble.l2cap_listen(0x100, 100))
must(107, lambda: ble.l2cap_connect(99, 0x80, 100))
must(107, lambda: ble.l2cap_send(99, 0x40, b""))
must(107, lambda: ble.l2cap_recvinto(99, 0x40, None))
must(107, lambda: ble.l2cap_disconnect(99, 0x40))
must(ValueError, lambda: ble.irq(5))
"""


def nothing_failed(our, script):
    our.run(RAISES + script)
    assert our.ask("failed == []"), our.run("print(failed)")


@case(needs=("ble",), timeout=60, waits=True)
def ble_python_config(ctx):
    "Each option of config(), what it takes and what it says, and nothing else; no address while inactive."
    with boards(ctx, "config", 1) as (our,):
        nothing_failed(our, CONFIG)
        our.run("ble.active(False)")
        nothing_failed(our, 'must(19, lambda: ble.config("mac"))\nmust(19, lambda: ble.config("mtu"))')


@case(needs=("ble",), timeout=60, waits=True)
def ble_python_arguments(ctx):
    "Arguments that cannot be: each an exception that says so, at once."
    with boards(ctx, "arguments", 1) as (our,):
        nothing_failed(our, ARGUMENTS)
        assert our.ask("ble is bluetooth.BLE()")
        our.run("ble.active(False)")
        nothing_failed(our, "must(19, lambda: ble.gatts_read(1))")


@case(needs=("ble",), timeout=60, waits=True)
def ble_python_handler(ctx):
    "What a handler answers to a read is what the peer gets; what it raises, or answers beside a number, does no harm."
    with boards(ctx, "handler") as (peripheral, central):
        join(peripheral, central)
        kept = peripheral.ask("KEPT")
        for answer in (0, 2, 3, 5, 8, 15, None):
            peripheral.run("answer = {}".format(answer))
            central.run("ble.gattc_read(c, {})".format(kept))
            assert central.hear(READ_DONE)[2] == (answer or 0), answer
        # The data that a handler is given cannot be written to; what it keeps of them is a view of what comes later.
        central.run(
            "kept = []\ndef other(event, data):\n    if event == 15:\n        kept.append((bytes(data[2]), data[2]))\n"
            "        try:\n            data[2][0] = 1\n        except TypeError:\n            kept.append(0)\n"
            "    irq(event, data)\nble.irq(other)\nble.gattc_read(c, {})".format(kept)
        )
        central.hear(READ_DONE)
        assert central.ask("kept[0][0]") == b"kept" and central.ask("kept[1]") == 0
        peripheral.run("ble.irq(None)")
        central.run("ble.gattc_read(c, {})".format(kept))
        assert central.hear(READ_DONE)[2] == 0
