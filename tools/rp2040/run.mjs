#!/usr/bin/env node
// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Runs an image on an emulated Raspberry Pi Pico; --help has the options.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { romCalls, semihosting } from './calls.mjs';
import { Chip } from './chip.mjs';
import { Console } from './console.mjs';
import { Lockup } from './core.mjs';
import { End, Restart, STATUS_STOPPED, Stop } from './ends.mjs';
import { Flash } from './flash.mjs';
import { BadImage, load, read, vectors } from './image.mjs';
import { build } from './package.mjs';
import { auto, uart, usb } from './serial.mjs';

const FLASH = 0x10000000;
const SRAM = 0x20000000;
const SLICE = 250000; // cycles between two looks at the console: 2 ms of the board's time
const MOST_BEHIND = 0.1; // seconds of sleep that the board may catch up with

const HELP = `usage: node tools/rp2040/run.mjs [options] IMAGE

Runs IMAGE on an emulated Raspberry Pi Pico: an ELF file, .uf2, or .bin (the bytes of the flash). It starts from the
flash if the image has something at 0x10000000, else from vectors at 0x20000000. The console is this one; on a
terminal, Ctrl-C goes to the board and Ctrl-] leaves. The exit status is what the board gives by semihosting;
${STATUS_STOPPED} if it does what no real one could go on from, 3 where --stop-at-flash stopped it.

  --console PORT       uart (UART0), usb (its CDC device), or auto (the default): whichever the firmware uses
  --all-keys           Ctrl-] goes to the board, too
  --flash FILE         keep the flash in FILE, too, which is made if there is none
  --flash-size BYTES   how much flash there is, a power of two (default: 2097152)
  --stop-at-flash N    cut the power half through the Nth sector erased or page programmed; wants --flash
  --load FILE@ADDRESS  put the bytes of FILE into memory before the start; may be given more than once
  --icount             sleep takes no time here, so that the board's time is its instructions
  --limit SECONDS      end with status 1 after so many seconds of the board's time
  --speed              at the end, say on stderr how fast it was, and what each core has run and where it is
  --verbose            say on stderr what the emulated devices do not have
`;

const SERIAL = { auto, uart, usb };

class BadUse extends Error {}

const OPTIONS = {
    console: { type: 'string', default: 'auto' },
    'all-keys': { type: 'boolean' },
    flash: { type: 'string' },
    'flash-size': { type: 'string', default: '2097152' },
    'stop-at-flash': { type: 'string' },
    load: { type: 'string', multiple: true, default: [] },
    icount: { type: 'boolean' },
    limit: { type: 'string' },
    speed: { type: 'boolean' },
    verbose: { type: 'boolean' },
    help: { type: 'boolean' },
};

function parse() {
    try {
        return parseArgs({ options: OPTIONS, allowPositionals: true });
    } catch (error) {
        throw new BadUse(`${error.message.split('\n')[0]}; --help has the options`);
    }
}

function number(name, text) {
    const value = Number(text);
    if (!(value > 0) || text === '') {
        throw new BadUse(`--${name} ${text}: say a number above 0`);
    }
    return value;
}

function optional(name, text) {
    return text === undefined ? undefined : number(name, text);
}

function flashOf(values) {
    const size = number('flash-size', values['flash-size']);
    if (size < 4096 || size > 0x1000000 || size & (size - 1)) {
        throw new BadUse(`--flash-size ${size}: say a power of two from 4096 to 16777216`);
    }
    if (values['stop-at-flash'] !== undefined && values.flash === undefined) {
        throw new BadUse('--stop-at-flash: say --flash FILE, too, where what was written is kept');
    }
    return new Flash({ size, file: values.flash, stopAt: optional('stop-at-flash', values['stop-at-flash']) });
}

function pieceOf(text) {
    const at = text.lastIndexOf('@');
    const address = Number(text.slice(at + 1));
    if (at < 1 || !(address >= 0)) {
        throw new BadUse(`--load ${text}: say FILE@ADDRESS, such as script.bin@0x101c0000`);
    }
    return { address, bytes: read(text.slice(0, at)), name: text };
}

function put(chip, { address, bytes, name }) {
    const end = address + bytes.length;
    if (address >= FLASH && end <= FLASH + chip.flash.bytes.length) {
        chip.flash.load(address, bytes);
    } else if (address >= SRAM && end <= SRAM + chip.mcu.sram.length) {
        chip.mcu.sram.set(bytes, address - SRAM);
    } else {
        const range = `0x${address.toString(16)} to 0x${end.toString(16)}`;
        throw new BadImage(`${name}: ${range} is neither flash nor SRAM of this board; --flash-size can be more`);
    }
}

function romBytes() {
    try {
        return Uint8Array.from({ ...readFileSync(new URL('rom.bin', build)), length: 0x4000 });
    } catch {
        throw new BadUse('the boot ROM is not built; run: make emulator');
    }
}

class Run {
    constructor(values, image) {
        this.values = values;
        this.console = new Console(values['all-keys'] ? undefined : () => this.finish(0));
        this.flash = flashOf(values);
        this.options = {
            flash: this.flash,
            rom: romBytes(),
            semihosting: semihosting((bytes) => this.console.say(bytes)),
            romCalls: romCalls(this.flash),
            log: values.verbose && ((what) => process.stderr.write(`rp2040: ${what}\n`)),
        };
        const pieces = load(image).map((piece) => ({ ...piece, name: image }));
        this.vectors = vectors(image, pieces);
        this.pieces = [...pieces, ...values.load.map(pieceOf)];
        this.switchOn();
        this.pieces.forEach((piece) => put(this.chip, piece));
        this.chip.start(this.vectors);
        this.end = optional('limit', values.limit) * 1e9;
        this.until = 0; // the cycle up to which it runs
        this.past = 0; // nanoseconds before the last reset
    }

    switchOn() {
        this.chip = new Chip(this.options);
        this.serial = SERIAL[this.values.console](this.chip, (bytes) => this.console.say(bytes));
    }

    // The chip was reset. An image in SRAM is as it was loaded; flash is as it has become.
    restart() {
        const before = this.chip;
        this.past = this.boardNanos();
        this.switchOn();
        this.chip.follow(before);
        this.pieces.filter(({ address }) => address >= SRAM).forEach((piece) => put(this.chip, piece));
        this.chip.start(this.vectors);
    }

    start() {
        this.console.open();
        this.console.whenTyped = () => this.wake();
        this.began = process.hrtime.bigint();
        this.origin = this.hostNanos();
        this.slice();
    }

    hostNanos() {
        return Number(process.hrtime.bigint());
    }

    boardNanos() {
        return this.past + this.chip.nanosOf(this.until);
    }

    feed() {
        const { typed } = this.console;
        while (typed.length && this.serial.hasRoom()) {
            this.chip.atDevices(() => this.serial.type(typed.shift()));
        }
    }

    slice() {
        this.timer = undefined;
        try {
            this.feed();
            this.until += SLICE;
            const busy = this.chip.run(this.until);
            this.console.flush();
            if (this.boardNanos() >= this.end) {
                throw new End(1, `still running after ${this.values.limit} s`);
            }
            this.wait(busy);
        } catch (error) {
            this.ended(error);
        }
    }

    // Until the board's time is this machine's, if it is ahead because it slept.
    wait(busy) {
        const ahead = this.boardNanos() - (this.hostNanos() - this.origin);
        if (ahead < -MOST_BEHIND * 1e9) {
            this.origin -= ahead + MOST_BEHIND * 1e9;
        }
        if (!busy && this.console.ended && this.console.typed.length === 0) {
            throw new Stop('both cores sleep, and nothing can wake them');
        }
        if (ahead > 1e6 && (!this.values.icount || !busy)) {
            this.timer = setTimeout(() => this.slice(), ahead / 1e6);
        } else {
            setImmediate(() => this.slice());
        }
    }

    wake() {
        if (this.timer) {
            clearTimeout(this.timer);
            this.slice();
        }
    }

    ended(error) {
        if (error instanceof Restart) {
            this.restart();
            setImmediate(() => this.slice());
        } else if (error instanceof End) {
            this.finish(error.status, error.message);
        } else if (error instanceof Stop || error instanceof Lockup) {
            this.finish(STATUS_STOPPED, error.message);
        } else {
            this.console.close();
            throw error;
        }
    }

    finish(status, message) {
        this.console.close();
        if (message) {
            process.stderr.write(`rp2040: ${message}\n`);
        }
        if (this.values.speed) {
            process.stderr.write(this.speed());
        }
        process.exit(status);
    }

    speed() {
        const seconds = Number(process.hrtime.bigint() - this.began) / 1e9;
        const { cores } = this.chip;
        const mips = (cores[0].instructions + cores[1].instructions) / seconds / 1e6;
        return [
            ...cores.map((core) => core.describe()),
            `flash: ${this.flash.steps} steps`,
            `${seconds.toFixed(2)} s here, ${mips.toFixed(1)} million instructions a second\n`,
        ].join('\n');
    }
}

function main() {
    const { values, positionals } = parse();
    if (values.help) {
        process.stdout.write(HELP);
        return;
    }
    if (positionals.length !== 1) {
        throw new BadUse('say one IMAGE; --help has the options');
    }
    if (!(values.console in SERIAL)) {
        throw new BadUse(`--console ${values.console}: say uart, usb or auto`);
    }
    new Run(values, positionals[0]).start();
}

try {
    main();
} catch (error) {
    if (!(error instanceof BadUse || error instanceof BadImage)) {
        throw error;
    }
    process.stderr.write(`rp2040: ${error.message}\n`);
    process.exit(2);
}
