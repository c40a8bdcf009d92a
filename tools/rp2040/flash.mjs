// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The flash: its bytes, in memory or also in a file, and the boot ROM's
// functions that change it. Each sector erased and each page programmed is a
// step; power can be cut in the middle of any.
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { BadImage } from './image.mjs';
import { End, Stop } from './ends.mjs';

const FLASH = 0x10000000;
const SECTOR = 4096;
const PAGE = 256;
// A real chip takes 45 ms and 0.4 ms; less, so that the other core has less to run through.
const ERASE_CYCLES = 250000;
const PROGRAM_CYCLES = 25000;

export const STATUS_CUT = 3;

export class Flash {
    constructor({ size, file, stopAt }) {
        this.bytes = new Uint8Array(size).fill(0xff);
        this.steps = 0;
        this.stopAt = stopAt;
        this.readable = true;
        this.selected = true;
        if (file) {
            this.open(file);
        }
    }

    open(file) {
        const exists = existsSync(file);
        try {
            this.descriptor = openSync(file, exists ? 'r+' : 'w+');
        } catch (error) {
            throw new BadImage(`--flash ${file}: cannot be opened for writing (${error.code})`);
        }
        if (exists) {
            readSync(this.descriptor, this.bytes, 0, this.bytes.length, 0);
        }
        this.save(0, this.bytes.length);
    }

    save(offset, length) {
        if (this.descriptor !== undefined) {
            writeSync(this.descriptor, this.bytes, offset, length, offset);
        }
    }

    // An image's piece: only its own sectors change, so that a file system in the same file stays.
    load(address, bytes) {
        this.bytes.set(bytes, address - FLASH);
        this.save(address - FLASH, bytes.length);
    }

    close() {
        if (this.descriptor !== undefined) {
            closeSync(this.descriptor);
        }
    }

    mustBeReadable(core, address) {
        if (!this.readable || !this.selected) {
            const at = (core.at >>> 0).toString(16);
            const what = (address >>> 0).toString(16);
            throw new Stop(`core ${core.id} at 0x${at} read the flash at 0x${what} while it was not readable`);
        }
    }

    erase(core, offset, length) {
        this.mustFit('flash_range_erase', offset, length, SECTOR);
        for (let at = offset; at < offset + length; at += SECTOR) {
            this.change(at, SECTOR, () => 0xff);
            core.cycles += ERASE_CYCLES;
        }
    }

    program(core, offset, data) {
        this.mustFit('flash_range_program', offset, data.length, PAGE);
        for (let at = 0; at < data.length; at += PAGE) {
            this.change(offset + at, PAGE, (i) => this.bytes[offset + at + i] & data[at + i]);
            core.cycles += PROGRAM_CYCLES;
        }
    }

    mustFit(what, offset, length, unit) {
        if (offset % unit || length % unit || offset + length > this.bytes.length) {
            const call = `${what}(0x${offset.toString(16)}, ${length})`;
            throw new Stop(`${call}: not whole units of ${unit} bytes of the flash`);
        }
        if (this.readable) {
            throw new Stop(`${what} before flash_exit_xip`);
        }
    }

    // One step, of which half is done where power is cut in it.
    change(offset, length, byte) {
        this.steps++;
        const cut = this.steps === this.stopAt;
        const done = cut ? length / 2 : length;
        for (let i = 0; i < done; i++) {
            this.bytes[offset + i] = byte(i);
        }
        this.save(offset, done);
        if (cut) {
            throw new End(STATUS_CUT, `power was cut in step ${this.steps} of the flash`);
        }
    }
}
