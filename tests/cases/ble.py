# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The Bluetooth LE host, ble/, in parts and as a whole."""

import os
import re

from cases import kernel
from harness import BOARD, ROOT, SMALL, case, make_alone

TESTS = os.path.join(ROOT, "tests", "ble")
OUT = os.path.join(ROOT, "build", "ble")
CRYPTO_MOST = 8192  # bytes of text on a Cortex-M4, of the 45 KB for everything


def built(name, *targets):
    """The folder of what is built in tests/ble/NAME, by one case at a time."""
    folder = os.path.join(OUT, name)
    make_alone(folder, "-C", os.path.join(TESTS, name), "BUILD=" + folder, *targets)
    return folder


def demand_checks(ctx, output):
    """The last line says that no check has failed, and there were some."""
    said = re.search(r"^([1-9]\d*) checks, 0 failed\n\Z", output, re.M)
    if not said:
        ctx.fail((output.splitlines() or ["no output"])[0])
    ctx.note(said.group(1) + " checks")


@case(boards=("host",))
def ble_crypto(ctx):
    "AES, CMAC, P-256 and what pairing makes of them, with the sample data of their specifications, under sanitizers."
    demand_checks(ctx, ctx.run(os.path.join(built("crypto"), "crypto"), check=False))


def crypto_on_board(ctx, board):
    status, output = kernel.boot(ctx, kernel.image(os.path.join(TESTS, "crypto"), board), board)
    demand_checks(ctx, output)
    assert status == 0, status


@case(name="ble-crypto:mps2-an385", boards=(BOARD,))
def ble_crypto_board(ctx):
    "The same on a processor that multiplies 16 bits at a time, as it has no other way in constant time."
    crypto_on_board(ctx, BOARD)


@case(name="ble-crypto:netduinoplus2", boards=(SMALL,))
def ble_crypto_small(ctx):
    "The same on one that multiplies and adds 32 bits at a time."
    crypto_on_board(ctx, SMALL)


@case()
def ble_crypto_size(ctx):
    "On a Cortex-M4 it fits, and it has no variable: any thread may call it at any time."
    folder = built("crypto", "objects")
    names = sorted(name for name in os.listdir(folder) if re.match(r"m4-.*\.o$", name))
    lines = ctx.run("arm-none-eabi-size", *names, cwd=folder).splitlines()[1:]
    text, data, bss = (sum(int(line.split()[i]) for line in lines) for i in range(3))
    assert len(names) == 2 and data == bss == 0, lines
    assert 4096 < text <= CRYPTO_MOST, text
    ctx.note("{} bytes".format(text))


@case(boards=("host",))
def ble_alone(ctx):
    "Each layer of the host, octet for octet, in one thread with a clock of the test's own, under sanitizers."
    folder = built("alone")
    names = sorted(name for name in os.listdir(folder) if re.fullmatch(r"test_\w+", name))
    assert names, folder
    number = 0
    for name in names:
        output = ctx.run(os.path.join(folder, name), check=False)
        said = re.search(r"^([1-9]\d*) cases\n\Z", output, re.M)
        if not said:
            ctx.fail(name + ": " + (output.splitlines() or ["no output"])[-1])
        number += int(said.group(1))
    ctx.note("{} cases".format(number))
