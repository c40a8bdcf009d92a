// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The registers that each core has for itself at 0xe000e000: SysTick, the
// interrupt controller and the system control block.

import { Mpu } from './mpu.mjs';

const SYST_CSR = 0x010;
const SYST_RVR = 0x014;
const SYST_CVR = 0x018;
const SYST_CALIB = 0x01c;
const NVIC_ISER = 0x100;
const NVIC_ICER = 0x180;
const NVIC_ISPR = 0x200;
const NVIC_ICPR = 0x280;
const NVIC_IPR = 0x400;
const CPUID = 0xd00;
const ICSR = 0xd04;
const VTOR = 0xd08;
const AIRCR = 0xd0c;
const SCR = 0xd10;
const CCR = 0xd14;
const SHPR2 = 0xd1c;
const SHPR3 = 0xd20;
const MPU = 0xd90;
const MPU_END = 0xda4;

const NMI = 2;
const PENDSV = 14;
const SYSTICK = 15;

const SYST_ENABLE = 1;
const SYST_TICKINT = 2;
const SYST_CLKSOURCE = 4; // the processor's clock; else the watchdog's tick of 1 MHz
const SYST_COUNTFLAG = 1 << 16;
const SCR_SLEEPONEXIT = 2;
const SCR_SEVONPEND = 16;

export class Ppb {
    constructor(core) {
        this.core = core;
        core.ppb = this;
        this.mpu = new Mpu(core);
        this.alarm = core.chip.mcu.clock.createAlarm(() => this.systickEnds());
        this.reset();
    }

    reset() {
        this.lines = 0; // what devices ask for now
        this.latched = 0; // pending, until its handler starts or software takes it back
        this.enabled = 0;
        this.handled = 0; // whose handlers are active
        this.priorities = new Uint8Array(32);
        this.pending = 0; // bits 2, 14 and 15: NMI, PendSV, SysTick
        this.vtor = 0;
        this.scr = 0;
        this.shpr2 = 0;
        this.shpr3 = 0;
        this.systick = { csr: 0, reload: 0, left: 0, since: 0 };
        this.alarm.cancel();
        this.mpu.reset();
    }

    get sleepOnExit() {
        return this.scr & SCR_SLEEPONEXIT;
    }

    // --- interrupts -------------------------------------------------------------

    setLine(irq, on) {
        const bit = 1 << irq;
        const was = this.lines;
        this.lines = on ? was | bit : was & ~bit;
        if (this.lines & ~was) {
            this.latch(bit);
        }
    }

    latch(bits) {
        const more = bits & ~this.latched;
        this.latched |= bits;
        this.hasPended(more);
    }

    pend(number) {
        const more = (1 << number) & ~this.pending;
        this.pending |= 1 << number;
        this.hasPended(more);
    }

    hasPended(more) {
        if (more && this.scr & SCR_SEVONPEND) {
            this.core.event = true;
        }
        this.core.notice();
    }

    get pendingIrqs() {
        return this.latched | (this.lines & ~this.handled);
    }

    priorityOf(number) {
        if (number < 11) {
            return number - 4; // NMI -2, HardFault -1
        }
        if (number < 16) {
            const shpr = number === 11 ? this.shpr2 : this.shpr3;
            return (shpr >>> (number === PENDSV ? 22 : 30)) & 3;
        }
        return this.priorities[number - 16];
    }

    // The exception to take next, of those above a priority; 0 for none.
    next(limit) {
        let best = 0;
        let most = limit;
        if (this.pending) {
            for (const number of [NMI, PENDSV, SYSTICK]) {
                if ((this.pending >>> number) & 1 && this.priorityOf(number) < most) {
                    best = number;
                    most = this.priorityOf(number);
                }
            }
        }
        for (let left = this.pendingIrqs & this.enabled; left; left &= left - 1) {
            const irq = 31 - Math.clz32(left & -left);
            if (this.priorities[irq] < most) {
                best = 16 + irq;
                most = this.priorities[irq];
            }
        }
        return best;
    }

    taken(number) {
        if (number < 16) {
            this.pending &= ~(1 << number);
        } else {
            this.latched &= ~(1 << (number - 16));
            this.handled |= 1 << (number - 16);
        }
    }

    left(number) {
        if (number >= 16) {
            this.handled &= ~(1 << (number - 16));
        }
    }

    // --- SysTick ----------------------------------------------------------------

    now() {
        return this.core.chip.mcu.clock.nanos;
    }

    // How long a count lasts. Half a thousandth is lost in the division of some clocks: rounding takes it back.
    countNanos() {
        return this.systick.csr & SYST_CLKSOURCE ? this.core.chip.cycleNanos : 1000;
    }

    systickValue() {
        const { csr, left, since } = this.systick;
        if (!(csr & SYST_ENABLE) || left === 0) {
            return 0 | left;
        }
        return Math.max(0, left - Math.floor((this.now() - since) / this.countNanos() + 1e-6));
    }

    // Counts on from a value; from 0, the next count loads.
    systickFrom(value) {
        const { systick } = this;
        systick.left = value;
        systick.since = this.now();
        this.alarm.cancel();
        if (systick.csr & SYST_ENABLE && (value || systick.reload)) {
            this.alarm.schedule((value || 1) * this.countNanos());
        }
    }

    systickEnds() {
        const { systick } = this;
        if (systick.left === 0) {
            this.systickFrom(systick.reload);
            return;
        }
        systick.csr |= SYST_COUNTFLAG;
        this.systickFrom(0);
        if (systick.csr & SYST_TICKINT) {
            this.pend(SYSTICK);
        }
    }

    writeSystickControl(value) {
        const { systick } = this;
        const left = this.systickValue();
        systick.csr = (systick.csr & SYST_COUNTFLAG) | (value & 7);
        this.systickFrom(left);
    }

    readSystickControl() {
        const { csr } = this.systick;
        this.systick.csr &= ~SYST_COUNTFLAG;
        return csr;
    }

    // The processor's clock has another frequency from now on.
    clockChanges(change) {
        const left = this.systickValue();
        change();
        this.systickFrom(left);
    }

    // --- registers --------------------------------------------------------------

    read(offset) {
        switch (offset) {
            case SYST_CSR:
                return this.readSystickControl();
            case SYST_RVR:
                return this.systick.reload;
            case SYST_CVR:
                return this.systickValue();
            case SYST_CALIB:
                return 0xc0000000 | 0; // no reference of 10 ms
            case NVIC_ISER:
            case NVIC_ICER:
                return this.enabled;
            case NVIC_ISPR:
            case NVIC_ICPR:
                return this.pendingIrqs;
            case CPUID:
                return 0x410cc601;
            case ICSR:
                return this.readIcsr();
            case VTOR:
                return this.vtor;
            case AIRCR:
                return 0xfa050000 | 0;
            case SCR:
                return this.scr;
            case CCR:
                return 0x208; // faults of alignment, stack of 8 bytes
            case SHPR2:
                return this.shpr2;
            case SHPR3:
                return this.shpr3;
        }
        if (offset >= NVIC_IPR && offset < NVIC_IPR + 32) {
            const at = offset - NVIC_IPR;
            return [0, 1, 2, 3].reduce((word, i) => word | (this.priorities[at + i] << (8 * i + 6)), 0);
        }
        if (offset >= MPU && offset < MPU_END) {
            return this.mpu.read(offset - MPU);
        }
        return 0;
    }

    readIcsr() {
        const pending = this.next(5);
        const bits = (((this.pending >>> NMI) & 1) << 31) | (((this.pending >>> PENDSV) & 1) << 28);
        const systick = ((this.pending >>> SYSTICK) & 1) << 26;
        return bits | systick | (this.pendingIrqs ? 1 << 22 : 0) | (pending << 12) | this.core.ipsr;
    }

    write(offset, value) {
        const { core } = this;
        switch (offset) {
            case SYST_CSR:
                return this.writeSystickControl(value);
            case SYST_RVR:
                this.systick.reload = value & 0xffffff;
                if (this.systick.left === 0) {
                    this.systickFrom(0);
                }
                return;
            case SYST_CVR:
                this.systick.csr &= ~SYST_COUNTFLAG;
                return this.systickFrom(0);
            case NVIC_ISER:
                this.enabled |= value;
                return core.notice();
            case NVIC_ICER:
                this.enabled &= ~value;
                return;
            case NVIC_ISPR:
                return this.latch(value);
            case NVIC_ICPR:
                this.latched &= ~value | (this.lines & ~this.handled);
                return;
            case ICSR:
                return this.writeIcsr(value);
            case VTOR:
                this.vtor = value & ~0xff;
                return;
            case AIRCR:
                if (value >>> 16 === 0x5fa && value & 4) {
                    core.chip.resetRequested();
                }
                return;
            case SCR:
                this.scr = value & 0x16;
                return;
            case SHPR2:
                this.shpr2 = value & 0xc0000000;
                return core.notice();
            case SHPR3:
                this.shpr3 = value & 0xc0c00000;
                return core.notice();
        }
        if (offset >= NVIC_IPR && offset < NVIC_IPR + 32) {
            for (let i = 0; i < 4; i++) {
                this.priorities[offset - NVIC_IPR + i] = (value >>> (8 * i + 6)) & 3;
            }
            core.notice();
        } else if (offset >= MPU && offset < MPU_END) {
            this.mpu.write(offset - MPU, value);
        }
    }

    writeIcsr(value) {
        if (value & (1 << 27)) {
            this.pending &= ~(1 << PENDSV);
        }
        if (value & (1 << 25)) {
            this.pending &= ~(1 << SYSTICK);
        }
        if (value & (1 << 31)) {
            this.pend(NMI);
        }
        if (value & (1 << 28)) {
            this.pend(PENDSV);
        }
        if (value & (1 << 26)) {
            this.pend(SYSTICK);
        }
    }
}
