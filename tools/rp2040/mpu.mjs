// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// One core's memory protection: eight regions of eight parts, for data. Code
// runs everywhere, and outside of all regions everything may be done.
import { Fault } from './core.mjs';

const TYPE = 0x0;
const CTRL = 0x4;
const RNR = 0x8;
const RBAR = 0xc;
const RASR = 0x10;

const REGIONS = 8;
const CTRL_ENABLE = 1;
const CTRL_HFNMIENA = 2;
const RBAR_VALID = 16;
const RASR_ENABLE = 1;
// By a region's access bits, whether privileged code may read and write it, then whether other code may.
const MAY_READ = [[0, 1, 1, 1, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1]];
const MAY_WRITE = [[0, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0]];

export class Mpu {
    constructor(core) {
        this.core = core;
    }

    reset() {
        this.ctrl = 0;
        this.rnr = 0;
        this.rbar = new Int32Array(REGIONS);
        this.rasr = new Int32Array(REGIONS);
        this.regions = [];
        this.update();
    }

    read(offset) {
        switch (offset) {
            case TYPE:
                return REGIONS << 8;
            case CTRL:
                return this.ctrl;
            case RNR:
                return this.rnr;
            case RBAR:
                return this.rbar[this.rnr] | this.rnr;
            default:
                return this.rasr[this.rnr];
        }
    }

    write(offset, value) {
        if (offset === CTRL) {
            this.ctrl = value & 7;
        } else if (offset === RNR) {
            this.rnr = value & 7;
        } else if (offset === RBAR) {
            this.rnr = value & RBAR_VALID ? value & 7 : this.rnr;
            this.rbar[this.rnr] = value & ~0xff;
        } else if (offset === RASR) {
            this.rasr[this.rnr] = value;
        }
        this.update();
    }

    // What has to be looked at, the region with the highest number first, and between which addresses.
    update() {
        this.regions = [];
        for (let i = REGIONS - 1; i >= 0 && this.ctrl & CTRL_ENABLE; i--) {
            if (this.rasr[i] & RASR_ENABLE) {
                this.regions.push(this.region(this.rbar[i] >>> 0, this.rasr[i]));
            }
        }
        const { bus } = this.core;
        if (bus) {
            bus.guardStart = Math.min(...this.regions.map(({ start }) => start));
            bus.guardEnd = Math.max(...this.regions.map(({ end }) => end));
        }
    }

    region(base, rasr) {
        const size = 2 ** (((rasr >>> 1) & 31) + 1);
        const start = base - (base % size);
        return { start, end: start + size, part: size / 8, without: (rasr >>> 8) & 0xff, access: (rasr >>> 24) & 7 };
    }

    check(address, writes) {
        const { core } = this;
        const may = (writes ? MAY_WRITE : MAY_READ)[core.nPriv && !core.ipsr ? 1 : 0];
        const covers = ({ start, end, part, without }) =>
            address >= start && address < end && !((without >>> Math.floor((address - start) / part)) & 1);
        const found = this.regions.find(covers);
        if (found && !may[found.access] && (core.priorityNow() >= 0 || this.ctrl & CTRL_HFNMIENA)) {
            throw new Fault(`protected ${writes ? 'write to' : 'read from'} 0x${(address >>> 0).toString(16)}`);
        }
    }
}
