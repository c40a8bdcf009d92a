// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// One Cortex-M0+: its registers, its instructions and how it takes exceptions.
// What is pending or enabled is its Ppb's to know; where an address leads, its Bus's.

export const HARDFAULT = 3;
export const SVCALL = 11;
const LOWEST = 4; // the priority of code outside any exception

const WFI = 1;
const WFE = 2;

// Thrown where an instruction cannot end: its exception is a HardFault.
export class Fault extends Error {}

// Thrown where two HardFaults meet, where the processor would stop for ever.
export class Lockup extends Error {}

export class Core {
    constructor(chip, id) {
        this.chip = chip;
        this.id = id;
        this.instructions = 0;
        this.cycles = 0; // this core's time
        this.reset();
    }

    reset() {
        this.r = new Int32Array(16); // r[13] is the stack pointer in use, r[15] is unused
        this.pc = 0;
        this.thumb = 1; // EPSR.T
        this.at = 0; // the instruction that runs
        this.n = 0; // negative: N
        this.z = 1; // zero: Z
        this.c = 0;
        this.v = 0; // negative: V
        this.primask = 0;
        this.nPriv = 0;
        this.onPsp = 0; // CONTROL.SPSEL
        this.otherSp = 0; // the stack pointer that is not in use
        this.ipsr = 0;
        this.asleep = 0;
        this.event = false;
        this.attention = true; // an exception may have to be taken
        this.held = false; // in reset
    }

    start(vectors) {
        this.r[13] = this.bus.read32(vectors) & ~3;
        this.branch(this.bus.read32(vectors + 4));
    }

    // To an even address it goes, too, but nothing runs there.
    branch(target) {
        this.pc = target & ~1;
        this.thumb = target & 1;
        this.attention = true;
    }

    describe() {
        const where = `at 0x${(this.at >>> 0).toString(16)}, called from 0x${(this.r[14] >>> 0).toString(16)}`;
        const how = `${this.asleep ? ', asleep' : ''}${this.ipsr ? `, in exception ${this.ipsr}` : ''}`;
        return `core ${this.id}: ${this.instructions} instructions, ${this.cycles} cycles, ${where}${how}`;
    }

    // --- exceptions -----------------------------------------------------------

    priorityNow() {
        return this.ipsr ? this.ppb.priorityOf(this.ipsr) : LOWEST;
    }

    limit() {
        const now = this.priorityNow();
        return this.primask && now > 0 ? 0 : now;
    }

    // Takes the exception that is due, if any.
    look() {
        this.attention = false;
        const number = this.ppb.next(this.limit());
        if (number) {
            this.ppb.taken(number);
            this.enter(number, this.pc);
        } else if (!this.thumb) {
            this.at = this.pc;
            throw new Fault('code that is not for Thumb');
        }
    }

    psr() {
        return (this.n & 0x80000000) | (this.z ? 0 : 0x40000000) | (this.c << 29) | ((this.v >>> 31) << 28) | this.ipsr;
    }

    setFlags(psr) {
        this.n = psr;
        this.z = psr & 0x40000000 ? 0 : 1;
        this.c = (psr >>> 29) & 1;
        this.v = psr << 3;
    }

    // Where its frame cannot be stored, a HardFault is taken instead, which has none.
    enter(number, returnTo) {
        const { r } = this;
        const frame = (r[13] - 32) & ~4;
        const taken = this.storeFrame(frame, returnTo, number) ? number : HARDFAULT;
        r[13] = frame;
        r[14] = this.ipsr ? 0xfffffff1 : this.onPsp ? 0xfffffffd : 0xfffffff9;
        this.useStack(0);
        this.ipsr = taken;
        this.event = true;
        this.branch(this.bus.read32(this.ppb.vtor + 4 * taken));
        this.cycles += 15;
    }

    storeFrame(frame, returnTo, number) {
        const { r } = this;
        const psr = this.psr() | (this.thumb << 24) | ((r[13] << 7) & 0x200);
        try {
            const words = [r[0], r[1], r[2], r[3], r[12], r[14], returnTo, psr];
            words.forEach((word, i) => this.bus.write32(frame + 4 * i, word));
            return true;
        } catch (error) {
            if (!(error instanceof Fault) || number === HARDFAULT) {
                throw error;
            }
            this.firstFault = `the frame of exception ${number}: ${this.placed(error.message)}`;
            return false;
        }
    }

    useStack(process) {
        if (this.onPsp !== process) {
            [this.r[13], this.otherSp] = [this.otherSp, this.r[13]];
            this.onPsp = process;
        }
    }

    leave(excReturn) {
        const { r, bus } = this;
        const kind = excReturn & 15;
        if (kind !== 1 && kind !== 9 && kind !== 13) {
            throw new Fault(`return from an exception by 0x${(excReturn >>> 0).toString(16)}`);
        }
        this.ppb.left(this.ipsr);
        this.useStack(kind === 13 ? 1 : 0);
        const frame = r[13];
        const word = (i) => bus.read32(frame + 4 * i);
        [r[0], r[1], r[2], r[3], r[12], r[14]] = [0, 1, 2, 3, 4, 5].map(word);
        const psr = word(7);
        this.branch((word(6) & ~1) | ((psr >>> 24) & 1));
        r[13] = (frame + 32) | (psr & 0x200 ? 4 : 0);
        this.setFlags(psr);
        this.ipsr = kind === 1 ? psr & 0x3f : 0;
        this.event = true;
        this.cycles += 12;
        if (this.ipsr === 0 && this.ppb.sleepOnExit) {
            this.wait(WFI);
        }
    }

    placed(why) {
        return `${why} at 0x${(this.at >>> 0).toString(16)}`;
    }

    // An instruction that cannot end: it is what a HardFault returns to.
    hardFault(why) {
        if (this.priorityNow() < 0) {
            throw new Lockup(`core ${this.id} is locked up: ${this.firstFault}; in its handler, ${this.placed(why)}`);
        }
        this.firstFault = this.placed(why);
        this.enter(HARDFAULT, this.at);
    }

    // --- sleep ----------------------------------------------------------------

    // Whether it has something to wake up for.
    awakes() {
        if (this.asleep === WFI) {
            return this.ppb.next(this.priorityNow()) !== 0;
        }
        return this.event || this.ppb.next(this.limit()) !== 0;
    }

    // Something has happened that this core may have waited for.
    notice() {
        this.attention = true;
        if (this.asleep && this.awakes()) {
            if (this.asleep === WFE) {
                this.event = false;
            }
            this.asleep = 0;
            this.chip.hasWoken(this);
        }
    }

    signal() {
        this.event = true;
        this.notice();
    }

    // --- instructions -----------------------------------------------------------

    step() {
        if (this.attention) {
            this.look();
        }
        const at = this.pc;
        this.at = at;
        this.pc = at + 2;
        this.cycles++;
        this.instructions++;
        this.execute(this.bus.fetch(at));
    }

    execute(op) {
        const { r } = this;
        switch (op >>> 11) {
            case 0:
                return this.shiftLeft(op & 7, r[(op >>> 3) & 7], (op >>> 6) & 31);
            case 1:
                return this.shiftRight(op & 7, r[(op >>> 3) & 7], (op >>> 6) & 31 || 32);
            case 2:
                return this.shiftSigned(op & 7, r[(op >>> 3) & 7], (op >>> 6) & 31 || 32);
            case 3: {
                const second = op & 0x400 ? (op >>> 6) & 7 : r[(op >>> 6) & 7];
                const first = r[(op >>> 3) & 7];
                r[op & 7] = op & 0x200 ? this.subtract(first, second) : this.add(first, second, 0);
                return;
            }
            case 4:
                r[(op >>> 8) & 7] = this.n = this.z = op & 0xff;
                return;
            case 5:
                this.subtract(r[(op >>> 8) & 7], op & 0xff);
                return;
            case 6:
                r[(op >>> 8) & 7] = this.add(r[(op >>> 8) & 7], op & 0xff, 0);
                return;
            case 7:
                r[(op >>> 8) & 7] = this.subtract(r[(op >>> 8) & 7], op & 0xff);
                return;
            case 8:
                return op & 0x400 ? this.highRegisters(op) : this.dataProcessing(op);
            case 9:
                r[(op >>> 8) & 7] = this.load32((this.at & ~3) + 4 + ((op & 0xff) << 2));
                return;
            case 10:
            case 11:
                return this.byRegister(op);
            case 12:
                return this.store32(r[(op >>> 3) & 7] + ((op >>> 4) & 0x7c), r[op & 7]);
            case 13:
                r[op & 7] = this.load32(r[(op >>> 3) & 7] + ((op >>> 4) & 0x7c));
                return;
            case 14:
                return this.store8(r[(op >>> 3) & 7] + ((op >>> 6) & 31), r[op & 7]);
            case 15:
                r[op & 7] = this.load8(r[(op >>> 3) & 7] + ((op >>> 6) & 31));
                return;
            case 16:
                return this.store16(r[(op >>> 3) & 7] + ((op >>> 5) & 0x3e), r[op & 7]);
            case 17:
                r[op & 7] = this.load16(r[(op >>> 3) & 7] + ((op >>> 5) & 0x3e));
                return;
            case 18:
                return this.store32(r[13] + ((op & 0xff) << 2), r[(op >>> 8) & 7]);
            case 19:
                r[(op >>> 8) & 7] = this.load32(r[13] + ((op & 0xff) << 2));
                return;
            case 20:
                r[(op >>> 8) & 7] = (this.at & ~3) + 4 + ((op & 0xff) << 2);
                return;
            case 21:
                r[(op >>> 8) & 7] = r[13] + ((op & 0xff) << 2);
                return;
            case 22:
            case 23:
                return this.miscellaneous(op);
            case 24:
                return this.storeMultiple(op);
            case 25:
                return this.loadMultiple(op);
            case 26:
            case 27:
                return this.conditional(op);
            case 28:
                this.pc = this.at + 4 + ((op << 21) >> 20);
                this.cycles++;
                return;
            case 30:
                return this.wide(op, this.bus.fetch(this.at + 2));
            default:
                this.undefined(op);
        }
    }

    undefined(op) {
        throw new Fault(`undefined instruction 0x${op.toString(16)}`);
    }

    add(a, b, carry) {
        const result = (a + b + carry) | 0;
        this.n = this.z = result;
        this.c = ((a & b) | ((a | b) & ~result)) >>> 31;
        this.v = (a ^ result) & (b ^ result);
        return result;
    }

    subtract(a, b) {
        const result = (a - b) | 0;
        this.n = this.z = result;
        this.c = a >>> 0 >= b >>> 0 ? 1 : 0;
        this.v = (a ^ b) & (a ^ result);
        return result;
    }

    shiftLeft(d, value, count) {
        if (count) {
            this.c = count > 32 ? 0 : (value >>> (32 - count)) & 1;
        }
        this.r[d] = this.n = this.z = count > 31 ? 0 : value << count;
    }

    shiftRight(d, value, count) {
        if (count) {
            this.c = count > 32 ? 0 : (value >>> (count - 1)) & 1;
        }
        this.r[d] = this.n = this.z = count > 31 ? 0 : (value >>> count) | 0;
    }

    shiftSigned(d, value, count) {
        const most = count > 32 ? 32 : count;
        if (most) {
            this.c = (value >> (most - 1)) & 1;
        }
        this.r[d] = this.n = this.z = most > 31 ? value >> 31 : value >> most;
    }

    rotate(d, value, count) {
        const turned = (value >>> (count & 31)) | (value << (32 - (count & 31)));
        if (count) {
            this.c = turned >>> 31;
        }
        this.r[d] = this.n = this.z = count & 31 ? turned : value;
    }

    dataProcessing(op) {
        const { r } = this;
        const d = op & 7;
        const a = r[d];
        const b = r[(op >>> 3) & 7];
        switch ((op >>> 6) & 15) {
            case 0:
                r[d] = this.n = this.z = a & b;
                return;
            case 1:
                r[d] = this.n = this.z = a ^ b;
                return;
            case 2:
                return this.shiftLeft(d, a, b & 0xff);
            case 3:
                return this.shiftRight(d, a, b & 0xff);
            case 4:
                return this.shiftSigned(d, a, b & 0xff);
            case 5:
                r[d] = this.add(a, b, this.c);
                return;
            case 6:
                r[d] = this.add(a, ~b, this.c);
                return;
            case 7:
                return this.rotate(d, a, b & 0xff);
            case 8:
                this.n = this.z = a & b;
                return;
            case 9:
                r[d] = this.subtract(0, b);
                return;
            case 10:
                this.subtract(a, b);
                return;
            case 11:
                this.add(a, b, 0);
                return;
            case 12:
                r[d] = this.n = this.z = a | b;
                return;
            case 13:
                r[d] = this.n = this.z = Math.imul(a, b);
                return;
            case 14:
                r[d] = this.n = this.z = a & ~b;
                return;
            default:
                r[d] = this.n = this.z = ~b;
        }
    }

    highRegisters(op) {
        const m = (op >>> 3) & 15;
        const d = (op & 7) | ((op >>> 4) & 8);
        const value = m === 15 ? this.at + 4 : this.r[m];
        switch ((op >>> 8) & 3) {
            case 0:
                return this.setRegister(d, (d === 15 ? this.at + 4 : this.r[d]) + value);
            case 1:
                this.subtract(this.r[d], value);
                return;
            case 2:
                return this.setRegister(d, value);
            default:
                this.cycles++;
                if (op & 0x80) {
                    this.r[14] = (this.at + 2) | 1;
                    return this.jump(value, false);
                }
                return this.jump(value, true);
        }
    }

    setRegister(d, value) {
        if (d === 15) {
            this.pc = value & ~1;
            this.cycles++;
        } else {
            this.r[d] = d === 13 ? value & ~3 : value;
        }
    }

    // BX and POP: an address, or how to return from an exception.
    jump(target, mayReturn) {
        if (mayReturn && this.ipsr && target >>> 28 === 15) {
            return this.leave(target);
        }
        if (target & 1) {
            this.pc = target & ~1;
        } else {
            this.branch(target);
        }
    }

    byRegister(op) {
        const { r } = this;
        const address = (r[(op >>> 3) & 7] + r[(op >>> 6) & 7]) | 0;
        const t = op & 7;
        switch ((op >>> 9) & 7) {
            case 0:
                return this.store32(address, r[t]);
            case 1:
                return this.store16(address, r[t]);
            case 2:
                return this.store8(address, r[t]);
            case 3:
                r[t] = (this.load8(address) << 24) >> 24;
                return;
            case 4:
                r[t] = this.load32(address);
                return;
            case 5:
                r[t] = this.load16(address);
                return;
            case 6:
                r[t] = this.load8(address);
                return;
            default:
                r[t] = (this.load16(address) << 16) >> 16;
        }
    }

    load32(address) {
        const value = this.bus.read32(address);
        this.cycles++;
        return value;
    }

    load16(address) {
        const value = this.bus.read16(address);
        this.cycles++;
        return value;
    }

    load8(address) {
        const value = this.bus.read8(address);
        this.cycles++;
        return value;
    }

    store32(address, value) {
        this.bus.write32(address, value);
        this.cycles++;
    }

    store16(address, value) {
        this.bus.write16(address, value);
        this.cycles++;
    }

    store8(address, value) {
        this.bus.write8(address, value);
        this.cycles++;
    }

    miscellaneous(op) {
        const { r } = this;
        const d = op & 7;
        const value = r[(op >>> 3) & 7];
        switch ((op >>> 8) & 15) {
            case 0: {
                const size = (op & 0x7f) << 2;
                r[13] = op & 0x80 ? r[13] - size : r[13] + size;
                return;
            }
            case 2:
                return this.extend(d, value, (op >>> 6) & 3);
            case 4:
            case 5:
                return this.push(op);
            case 6:
                return this.changeMask(op);
            case 10:
                return this.reverse(d, value, (op >>> 6) & 3, op);
            case 12:
            case 13:
                return this.pop(op);
            case 14:
                return this.chip.breakpoint(this, op & 0xff);
            case 15:
                return this.hint(op);
            default:
                this.undefined(op);
        }
    }

    extend(d, value, kind) {
        const shift = kind & 1 ? 24 : 16;
        this.r[d] = kind & 2 ? (value << shift) >>> shift : (value << shift) >> shift;
    }

    reverse(d, x, kind, op) {
        const halves = ((x >>> 8) & 0x00ff00ff) | ((x << 8) & 0xff00ff00);
        if (kind === 2) {
            this.undefined(op);
        }
        this.r[d] = kind === 0 ? (halves >>> 16) | (halves << 16) : kind === 1 ? halves : (halves << 16) >> 16;
    }

    changeMask(op) {
        if ((op & 0xffef) !== 0xb662) {
            this.undefined(op);
        }
        this.primask = (op >>> 4) & 1;
        this.attention = true;
    }

    hint(op) {
        if (op === 0xbf30) {
            this.wait(WFI);
        } else if (op === 0xbf20) {
            this.wait(WFE);
        } else if (op === 0xbf40) {
            this.chip.sendEvent();
        } else if (op & 15) {
            this.undefined(op);
        }
    }

    wait(kind) {
        this.cycles++;
        if (kind === WFE && this.event) {
            this.event = false;
            return;
        }
        this.asleep = kind;
        if (this.awakes()) {
            this.asleep = 0;
        } else {
            this.chip.switchCores();
        }
    }

    push(op) {
        const { r } = this;
        const list = (op & 0xff) | ((op << 6) & 0x4000);
        let count = 0;
        for (let left = list; left; left &= left - 1) {
            count++;
        }
        const start = r[13] - 4 * count;
        this.storeList(list, start);
        r[13] = start;
    }

    storeList(list, address) {
        for (let i = 0; list; i++, list >>>= 1) {
            if (list & 1) {
                this.store32(address, this.r[i]);
                address += 4;
            }
        }
        return address;
    }

    loadList(list, address) {
        for (let i = 0; list; i++, list >>>= 1) {
            if (list & 1) {
                this.r[i] = this.load32(address);
                address += 4;
            }
        }
        return address;
    }

    pop(op) {
        const end = this.loadList(op & 0xff, this.r[13]);
        if (op & 0x100) {
            const target = this.load32(end);
            this.r[13] = end + 4;
            this.cycles += 2;
            return this.jump(target, true);
        }
        this.r[13] = end;
    }

    storeMultiple(op) {
        const base = (op >>> 8) & 7;
        this.r[base] = this.storeList(op & 0xff, this.r[base]);
    }

    loadMultiple(op) {
        const base = (op >>> 8) & 7;
        const end = this.loadList(op & 0xff, this.r[base]);
        if (!(op & (1 << base))) {
            this.r[base] = end;
        }
    }

    conditional(op) {
        const condition = (op >>> 8) & 15;
        if (condition === 15) {
            return this.supervisorCall();
        }
        if (condition === 14) {
            return this.chip.permanentlyUndefined(this, op);
        }
        if (this.holds(condition >>> 1) !== (condition & 1)) {
            this.pc = this.at + 4 + ((op << 24) >> 23);
            this.cycles++;
        }
    }

    // 1 if the even condition of a pair holds, else 0.
    holds(pair) {
        switch (pair) {
            case 0:
                return this.z === 0 ? 1 : 0;
            case 1:
                return this.c;
            case 2:
                return this.n >>> 31;
            case 3:
                return this.v >>> 31;
            case 4:
                return this.c && this.z !== 0 ? 1 : 0;
            case 5:
                return (this.n ^ this.v) >= 0 ? 1 : 0;
            default:
                return (this.n ^ this.v) >= 0 && this.z !== 0 ? 1 : 0;
        }
    }

    supervisorCall() {
        if (this.ppb.priorityOf(SVCALL) >= this.limit()) {
            throw new Fault("svc where its handler cannot run");
        }
        this.enter(SVCALL, this.pc);
    }

    wide(op, second) {
        if ((second & 0xd000) === 0xd000) {
            return this.branchWithLink(op, second);
        }
        this.pc = this.at + 4;
        this.cycles += 2;
        if (op === 0xf3bf && (second & 0xff80) === 0x8f00 && (second & 0x70) >= 0x40 && (second & 0x70) !== 0x70) {
            return; // DSB, DMB, ISB
        }
        if (op === 0xf3ef && second >>> 12 === 8) {
            this.r[(second >>> 8) & 15] = this.readSpecial(second & 0xff);
        } else if (op >>> 4 === 0xf38 && second >>> 8 === 0x88) {
            this.writeSpecial(second & 0xff, this.r[op & 15]);
        } else {
            this.undefined(op);
        }
    }

    branchWithLink(op, second) {
        const sign = (op << 21) >> 31;
        const i1 = ~((second >>> 13) ^ sign) & 1;
        const i2 = ~((second >>> 11) ^ sign) & 1;
        const offset = (sign << 24) | (i1 << 23) | (i2 << 22) | ((op & 0x3ff) << 12) | ((second & 0x7ff) << 1);
        this.r[14] = (this.at + 4) | 1;
        this.pc = this.at + 4 + offset;
        this.cycles += 2;
    }

    readSpecial(number) {
        switch (number) {
            case 8:
                return this.onPsp ? this.otherSp : this.r[13];
            case 9:
                return this.onPsp ? this.r[13] : this.otherSp;
            case 16:
                return this.primask;
            case 20:
                return (this.onPsp << 1) | this.nPriv;
            default:
                return this.readPsr(number);
        }
    }

    // APSR, IPSR and, reading as zero, EPSR, in what combination the number says.
    readPsr(number) {
        if (number > 7) {
            return 0;
        }
        const psr = this.psr();
        return (number & 1 ? psr & 0x3f : 0) | (number & 4 ? 0 : psr & ~0x3f);
    }

    writeSpecial(number, value) {
        if (number < 4) {
            this.setFlags(value);
        } else if (number === 16) {
            this.primask = value & 1;
            this.attention = true;
        } else if (number === 20) {
            this.nPriv = value & 1;
            if (!this.ipsr) {
                this.useStack((value >>> 1) & 1);
            }
        } else if (number === 8 || number === 9) {
            this.setStack(number === 9, value & ~3);
        }
    }

    setStack(process, value) {
        if (process === (this.onPsp === 1)) {
            this.r[13] = value;
        } else {
            this.otherSp = value;
        }
    }
}
