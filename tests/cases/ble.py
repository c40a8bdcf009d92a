# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The Bluetooth LE host, ble/, in parts and as a whole."""

import glob
import os
import re

import blesize
from cases import contract, kernel
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


@case()
def ble_size(ctx):
    "On a Cortex-M4 its memory with everything, and a peripheral's text and memory, are as small as they have to be."
    marked = [build for build in blesize.BUILDS if build[3] is not None]
    for i, (name, options, most_text, most_memory) in enumerate(marked):
        text, memory = blesize.measure(options, os.path.join(OUT, "size-test", str(i)))
        ctx.note("{}: {} bytes of text, {} of memory".format(name, text, memory))
        assert 16384 < text and (most_text is None or text <= most_text), (name, text)
        assert 2048 < memory <= most_memory, (name, memory)
    assert len(marked) == 2


STACK_MOST = 1536  # bytes that are used, of each of the two


@case()
def ble_stack(ctx):
    "On a board the host's thread and its application's need little stack, whatever they do."
    files = (os.path.join(ROOT, pattern) for pattern in ("ble/*.c", "tests/ble/air*.c", "tests/ble/stack.c"))
    sources = [os.path.relpath(name, ROOT) for pattern in files for name in sorted(glob.glob(pattern))]
    folders = [os.path.join(ROOT, name) for name in ("ble", "tests/ble", "build/mbedtls", "build/mbedtls/include")]
    flags = {"PROGRAM_C": " ".join(sources), "PROGRAM_CFLAGS": " ".join("-I" + name for name in folders)}
    elf = contract.image(ctx, "ble-stack", KERNEL="zephyr", COPT="-Os", **flags)
    status, output = kernel.boot(ctx, elf, BOARD)
    used = dict(re.findall(r"^(\w+'s \w+): (\d+)$", output, re.M))
    assert status == 0 and len(used) == 4, output
    ctx.note(", ".join("{} {}".format(*item) for item in used.items()))
    assert all(200 < int(n) <= STACK_MOST for n in used.values()), used


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
