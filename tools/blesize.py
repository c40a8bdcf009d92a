# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What the Bluetooth host takes: its text and its memory, for a Cortex-M4 with -Os, in some of its builds.

The text is that of ble/ and of Mbed TLS's part in it, linked together from all functions that include/ble.h declares,
with what none of them calls left out; without the C library's. The memory is sizeof(ble_t), which is all but the stack
of its thread.
"""

import glob
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLAIN = ("-DBLE_SIGNED_WRITES=0", "-DBLE_SPEED=0", "-DBLE_EXTENDED_COMMANDS=0")
PERIPHERAL = (*PLAIN, "-DBLE_CENTRAL=0", "-DBLE_CLIENT=0")
SMALLEST = (*PERIPHERAL, "-DBLE_CHANNELS=0", "-DBLE_PAIRINGS=0", "-DBLE_CONNECTIONS=1", "-DBLE_BUFFERS=6")

# Name, options, and the most that its text and its memory may be; None: no mark.
BUILDS = (
    ("everything, 4 connections", (), None, 8 * 1024),  # of text 45 KB were wanted, see docs/ble.md
    ("without extended, speed, signed", PLAIN, None, None),
    ("peripheral", PERIPHERAL, None, None),
    ("peripheral, no channels", (*PERIPHERAL, "-DBLE_CHANNELS=0"), None, None),
    ("peripheral, nor pairing, 1 connection", SMALLEST, 24 * 1024, 3 * 1024),
)

FLAGS = "-std=gnu11 -mcpu=cortex-m4 -mthumb -Os -ffunction-sections -fdata-sections -Wall -Wextra -Werror".split()
FOLDERS = ("include", "ble", "tests/ble/alone", "build/mbedtls", "build/mbedtls/include")
SIZE_C = '#include "host.h"\nchar size_of_ble[sizeof(ble_t)];\n'


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **options).stdout


def compile_all(options, folder):
    """The objects of ble/ in the folder."""
    os.makedirs(folder, exist_ok=True)
    includes = ["-I" + os.path.join(ROOT, name) for name in FOLDERS]
    objects = []
    for source in sorted(glob.glob(os.path.join(ROOT, "ble", "*.c"))):
        objects.append(os.path.join(folder, os.path.basename(source)[:-2] + ".o"))
        run("arm-none-eabi-gcc", *FLAGS, *options, *includes, "-c", "-o", objects[-1], source)
    size = os.path.join(folder, "size.elf")
    run("arm-none-eabi-gcc", *FLAGS, *options, *includes, "-x", "c", "-c", "-o", size, "-", input=SIZE_C)
    return objects, size


def measure(options, folder):
    """(text, memory) in bytes of a build."""
    objects, size = compile_all(options, folder)
    with open(os.path.join(ROOT, "include", "ble.h")) as f:
        roots = ["--undefined=" + name for name in sorted(set(re.findall(r"\b(ble_\w+)\(", f.read())))]
    whole = os.path.join(folder, "all.elf")
    run("arm-none-eabi-ld", "-r", "--gc-sections", *roots, "-o", whole, *objects)
    text, data, bss = (int(word) for word in run("arm-none-eabi-size", whole).splitlines()[1].split()[:3])
    assert data == bss == 0, "the host has variables of its own"
    memory = re.search(r"^\w+ (\w+) . size_of_ble$", run("arm-none-eabi-nm", "-S", size), re.M).group(1)
    return text, int(memory, 16)


def measure_all(folder):
    """(name, text, memory, most text, most memory) of each build."""
    for i, (name, options, *most) in enumerate(BUILDS):
        yield (name, *measure(options, os.path.join(folder, str(i))), *most)
