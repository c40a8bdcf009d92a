# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The emulated Raspberry Pi Pico does what the chip does, so that its faults are not taken for Heddle's."""

import os
import re
import struct

import patience
from harness import ROOT, case, need_emulator

EMULATOR = os.path.join(ROOT, "tools", "rp2040", "run.mjs")
PROGRAMS = os.path.join(ROOT, "tests", "rp2040")
FLAGS = "-mcpu=cortex-m0plus -mthumb -O1 -Wall -Werror -ffreestanding -fno-tree-loop-distribute-patterns -nostdlib"
STATUS_CUT = 3
STATUS_STOPPED = 70
FLASH_OFFSET = 0x100000
SECTOR = 4096
PAGE = 256

# A program of tests/rp2040 each: it checks itself, and ends with status 0.
CHECKED = {
    "cores": "Core 1 waits in the boot ROM, starts as it is told, and does so again after a reset.",
    "fifo": "The FIFOs are eight words deep; their flags, errors and interrupts are each end's.",
    "spinlocks": "All 32 spin locks are claimed by a read, by one core at a time.",
    "events": "WFE sleeps until an event, which is kept if it comes before; WFI does not end by one.",
    "systick": "Each core has its SysTick, of an exact period.",
    "timer": "The timer's alarms reach the core that has them enabled, and not before their time.",
    "priorities": "Exceptions displace each other, and follow each other, by priority and number, on each core.",
    "masked": "With interrupts masked, WFI ends at a pending one, which is taken when they are unmasked.",
    "pending": "What makes an interrupt pending, and what ends that.",
    "stacks": "Both stack pointers, an exception's frame, its alignment, and what a handler returns by.",
    "faults": "What is no aligned access to something, and no instruction, is a HardFault at its address.",
    "protected": "The MPU's regions, parts of them, and an exception whose frame would be in one.",
    "pins": "A pin's own output is an input, and an interrupt; PIO runs at its divided clock, with its delays.",
    "sent": "A UART that has sent asks for more, once, until it has sent again.",
    "dma": "Two DMA channels that send to SPI and receive from it take turns, and both end.",
    "arithmetic": "Flags at their limits, and what the boot ROM calculates.",
}


def program(ctx, name, layout="ram"):
    """The image of a program of tests/rp2040."""
    need_emulator("pico")
    elf = os.path.join(ctx.scratch(), name + ".elf")
    sources = [os.path.join(PROGRAMS, file) for file in (name + ".c", "pico.c")]
    script = os.path.join(PROGRAMS, layout + ".ld")
    ctx.run("arm-none-eabi-gcc", *FLAGS.split(), "-I", PROGRAMS, "-T", script, "-o", elf, *sources, "-lgcc")
    return elf


def emulate(ctx, *arguments, keys=b"", timeout=120):
    """Run the emulator: (status, all it said)."""
    ctx.log("$ run.mjs", *arguments)
    run = patience.run(["node", EMULATOR, *arguments], timeout, input=keys)
    ctx.log(run.stdout.rstrip())
    return run.returncode, run.stdout


def register(name, promise):
    def checked(ctx):
        status, output = emulate(ctx, "--limit", "20", program(ctx, name))
        assert (status, output) == (0, ""), output

    checked.__doc__ = promise
    case(name="rp2040:" + name, timeout=300)(checked)


for _name, _promise in CHECKED.items():
    register(_name, _promise)


@case(name="rp2040:lockup", timeout=300)
def lockup(ctx):
    "A fault in the handler of one ends the run, and says of both where they were."
    status, output = emulate(ctx, program(ctx, "lockup"))
    assert status == STATUS_STOPPED, status
    wanted = r"rp2040: core 0 is locked up: write to 0x70000004 at 0x2000\w+; in its handler, write to 0x60000000"
    assert re.match(wanted, output), output


@case(name="rp2040:asleep", timeout=300)
def asleep(ctx):
    "Two cores that nothing can wake end the run, if nobody can type."
    status, output = emulate(ctx, program(ctx, "asleep"))
    assert (status, output) == (STATUS_STOPPED, "rp2040: both cores sleep, and nothing can wake them\n"), output


@case(name="rp2040:exits", timeout=300)
def exits(ctx):
    "Semihosting's text and status, from a masked handler of core 1."
    status, output = emulate(ctx, program(ctx, "exits"))
    assert (status, output) == (42, "text\n!"), output


@case(name="rp2040:uart", timeout=300)
def uart(ctx):
    "What is typed comes to the board, more than its FIFO holds and in order, Ctrl-C as any other character."
    text = "".join(chr(ord("a") + i % 26) for i in range(150))
    for options in ((), ("--icount",)):
        status, output = emulate(ctx, *options, program(ctx, "uart"), keys=text.encode() + b"\x03")
        assert (status, output) == (150, "ready\n" + text), output


@case(name="rp2040:idle", timeout=300, waits=True)
def idle(ctx):
    "While both cores sleep the board's time goes on with the host's, through pipes and on a pseudo-terminal."
    elf = program(ctx, "uart")
    for pty in (False, True):
        with ctx.Board(elf, "pico", pty=pty) as board:
            board.read_until("ready\n")
            limit = patience.Patience(10)
            millis = 0
            while millis < 300 and not limit.over():
                board.write("?")
                millis = int(board.read_until("\n"))
                limit.wait(step=0.05)
            assert millis >= 300, millis
            board.write("x\x1d")
            board.read_until("x\x1d")
            board.interrupt()
            assert board.wait_exit() == 2


@case(name="rp2040:restart", timeout=300)
def restart(ctx):
    "The watchdog, its timer and SYSRESETREQ start the chip again, core 1 in the boot ROM."
    status, output = emulate(ctx, program(ctx, "restart"))
    assert (status, output) == (0, "1\n2\n3\n4\n"), output


@case(name="rp2040:repeats", timeout=300)
def repeats(ctx):
    "Two runs of two cores that contend have the same counts of instructions and cycles."
    elf = program(ctx, "spinlocks")
    runs = [emulate(ctx, "--speed", elf) for _ in range(2)]
    counts = [re.findall(r"core \d: \d+ instructions, \d+ cycles", output) for _, output in runs]
    assert counts[0] == counts[1] and len(counts[0]) == 2, counts
    assert "million instructions a second" in runs[0][1]


def uf2(data):
    """The blocks of a UF2 file, the first of which is of something else than the flash."""
    parts = [data[at : at + PAGE] for at in range(0, len(data), PAGE)]
    heads = [(1, 0x10000000, len(parts), parts[0])]
    heads += [(0, 0x10000000 + PAGE * i, i, part) for i, part in enumerate(parts)]
    block = struct.Struct("<8I476sI")
    return b"".join(
        block.pack(0x0A324655, 0x9E5D5157, flags, at, PAGE, i, len(parts), 0xE48BFF56, part, 0x0AB16F30)
        for flags, at, i, part in heads
    )


@case(name="rp2040:formats", timeout=300)
def formats(ctx):
    "An image in the flash starts through its boot code, whether it is an ELF file, plain bytes or UF2, or in --flash."
    elf = program(ctx, "flashed", "flash")
    plain, blocks, flash = (os.path.join(ctx.scratch(), "flashed." + end) for end in ("bin", "uf2", "flash"))
    ctx.run("arm-none-eabi-objcopy", "-O", "binary", elf, plain)
    with open(plain, "rb") as file, open(blocks, "wb") as other:
        other.write(uf2(file.read()))
    if os.path.exists(flash):
        os.remove(flash)
    for image in (elf, plain, blocks):
        status, output = emulate(ctx, "--flash", flash, image)
        assert (status, output) == (7, "from the flash\n"), output
    assert os.path.getsize(flash) == 1 << 21
    with open(flash, "rb") as file, open(plain, "rb") as other:
        assert file.read(os.path.getsize(plain)) == other.read()


@case(name="rp2040:blocked", timeout=300)
def blocked(ctx):
    "A core that reads the flash while the other changes it ends the run."
    status, output = emulate(ctx, program(ctx, "blocked"))
    assert status == STATUS_STOPPED, status
    wanted = r"rp2040: core 1 at 0x2000\w+ read the flash at 0x10000040 while it was not readable\n"
    assert re.fullmatch(wanted, output), output


def contents(path):
    """What the program flash.c has to do with, of a flash's file."""
    with open(path, "rb") as file:
        data = file.read()
    assert len(data) == 1 << 21, len(data)
    return data[FLASH_OFFSET : FLASH_OFFSET + 3 * SECTOR]


def after(steps, half):
    """What flash.c has done to zeros after so many of its steps, and half of the next."""
    data = bytearray(3 * SECTOR)
    whole = steps + (0.5 if half else 0)
    for sector in range(3):
        part = int(SECTOR * min(max(whole - sector, 0), 1))
        data[sector * SECTOR : sector * SECTOR + part] = b"\xff" * part
    for step, value in enumerate([0x3C] * 4 + [0x66] * 4):
        part = int(PAGE * min(max(whole - 3 - step, 0), 1))
        at = step % 4 * PAGE
        data[at : at + part] = bytes(byte & value for byte in data[at : at + part])
    return bytes(data)


@case(name="rp2040:flash", timeout=300)
def flash(ctx):
    "Sectors erased and pages programmed are in the file, up to where power was cut, half of that step."
    elf = program(ctx, "flash")
    path = os.path.join(ctx.scratch(), "flash.bin")
    for cut in (*range(1, 12), None):
        with open(path, "wb") as file:
            file.write(bytes(1 << 21))
        options = [] if cut is None else ["--stop-at-flash", str(cut)]
        status, output = emulate(ctx, "--flash", path, *options, elf)
        if cut is None:
            assert (status, output) == (0, ""), output
            assert contents(path) == after(11, False)
        else:
            assert (status, output) == (STATUS_CUT, f"rp2040: power was cut in step {cut} of the flash\n"), output
            assert contents(path) == after(cut - 1, True), cut


@case(name="rp2040:bad-input", timeout=300)
def bad_input(ctx):
    "What is wrong with the command line or the image is said, with the remedy."
    elf = program(ctx, "asleep")
    text = os.path.join(ctx.scratch(), "text")
    with open(text, "w") as file:
        file.write("nothing\n")
    foreign = os.path.join(ctx.scratch(), "foreign")
    with open("/bin/true", "rb") as file, open(foreign, "wb") as other:
        other.write(file.read())
    for arguments, words in (
        ((), "say one IMAGE; --help has the options"),
        (("--fast", elf), "'--fast'"),
        (("--console", "tv", elf), "--console tv: say uart, usb or auto"),
        (("--limit", "soon", elf), "--limit soon: say a number above 0"),
        (("--flash-size", "5000", elf), "--flash-size 5000: say a power of two from 4096 to 16777216"),
        (("--stop-at-flash", "3", elf), "say --flash FILE, too"),
        (("--flash", "/nowhere/f", elf), "--flash /nowhere/f: cannot be opened for writing (ENOENT)"),
        (("--load", "x", elf), "--load x: say FILE@ADDRESS"),
        (("--load", text + "@0x30000000", elf), "0x30000000 to 0x30000008 is neither flash nor SRAM"),
        (("/nowhere",), "/nowhere: cannot be read (ENOENT)"),
        ((text,), "neither an ELF file, nor UF2, nor named .bin"),
        ((foreign,), "but not of a 32-bit Arm; build it for cortex-m0plus"),
    ):
        status, output = emulate(ctx, *arguments)
        assert status == 2 and output.startswith("rp2040: ") and words in output, output
    status, output = emulate(ctx, "--help")
    assert status == 0 and output.startswith("usage: "), output
