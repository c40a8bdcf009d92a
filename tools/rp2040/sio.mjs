// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What lies at 0xd0000000: pins and spin locks, which both cores share, and
// what each has for itself: its number, divider, interpolators and its end of
// the two FIFOs. The package's object does the work, one for each core.

const CPUID = 0x00;
const LAST_OF_PINS = 0x4c;
const FIFO_ST = 0x50;
const FIFO_WR = 0x54;
const FIFO_RD = 0x58;
const SPINLOCK_ST = 0x5c;
const DIV_UDIVIDEND = 0x60;
const DIV_SDIVISOR = 0x6c;
const SPINLOCK0 = 0x100;

const DEPTH = 8;
const VLD = 1;
const RDY = 2;
const WOF = 4; // written when full
const ROE = 8; // read when empty
const FIRST_IRQ = 15;

export class Sio {
    constructor(core, own, shared) {
        this.core = core;
        core.sio = this;
        this.own = own;
        this.shared = shared;
        this.reset();
    }

    reset() {
        this.incoming = [];
        this.errors = 0;
    }

    get other() {
        return this.core.chip.cores[1 - this.core.id].sio;
    }

    read(offset) {
        switch (offset) {
            case CPUID:
                return this.core.id;
            case FIFO_ST:
                return this.status();
            case FIFO_WR:
                return 0;
            case FIFO_RD:
                return this.take();
        }
        return this.deviceOf(offset).readUint32(offset) | 0;
    }

    write(offset, value) {
        if (offset === FIFO_ST) {
            this.errors &= ~value;
            this.tell();
        } else if (offset === FIFO_WR) {
            this.give(value);
        } else if (offset >= DIV_UDIVIDEND && offset <= DIV_SDIVISOR) {
            this.divide(offset, value);
        } else if (offset !== CPUID && offset !== FIFO_RD && offset !== SPINLOCK_ST) {
            this.deviceOf(offset).writeUint32(offset, value >>> 0);
        }
    }

    deviceOf(offset) {
        return offset <= LAST_OF_PINS || offset === SPINLOCK_ST || offset >= SPINLOCK0 ? this.shared : this.own;
    }

    // --- the FIFOs --------------------------------------------------------------

    status() {
        const room = this.other.incoming.length < DEPTH;
        return (this.incoming.length ? VLD : 0) | (room ? RDY : 0) | this.errors;
    }

    // The interrupt of this core's end, a line to both cores.
    tell() {
        this.core.chip.setInterrupt(FIRST_IRQ + this.core.id, this.incoming.length > 0 || this.errors !== 0);
    }

    give(value) {
        if (this.other.incoming.length < DEPTH) {
            this.other.incoming.push(value | 0);
            this.other.tell();
        } else {
            this.errors |= WOF;
            this.tell();
        }
    }

    take() {
        if (this.incoming.length === 0) {
            this.errors |= ROE;
            this.tell();
            return 0;
        }
        const value = this.incoming.shift();
        this.tell();
        return value;
    }

    // --- the divider ------------------------------------------------------------

    // The package divides a negative number by zero as if it were unsigned.
    divide(offset, value) {
        const { own } = this;
        own.writeUint32(offset, value >>> 0);
        const signed = offset & 8;
        if (own.divDivisor === 0) {
            own.divQuotient = signed && (own.divDividend | 0) < 0 ? 1 : -1;
            own.divRemainder = own.divDividend;
        }
    }
}
