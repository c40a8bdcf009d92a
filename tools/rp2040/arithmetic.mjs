// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The boot ROM's floating point: what the two tables that firmware looks up
// lead to, in their order. Single precision is in r0 and r1, double in r0:r1
// and r2:r3; fixed point has how many of its bits are a fraction in the next register.

export const FLOAT_CALL = 0x40;
export const DOUBLE_CALL = 0x80;
const FLOAT_CYCLES = 60;
const DOUBLE_CYCLES = 120;

const scratch = new DataView(new ArrayBuffer(8));

const single = {
    words: 1,
    cycles: FLOAT_CYCLES,
    get(r, at) {
        scratch.setInt32(0, r[at], true);
        return scratch.getFloat32(0, true);
    },
    set(r, at, value) {
        scratch.setFloat32(0, value, true);
        r[at] = scratch.getInt32(0, true);
    },
};

const double = {
    words: 2,
    cycles: DOUBLE_CYCLES,
    get(r, at) {
        scratch.setInt32(0, r[at], true);
        scratch.setInt32(4, r[at + 1], true);
        return scratch.getFloat64(0, true);
    },
    set(r, at, value) {
        scratch.setFloat64(0, value, true);
        r[at] = scratch.getInt32(0, true);
        r[at + 1] = scratch.getInt32(4, true);
    },
};

function compare(a, b) {
    return a > b ? 1 : a === b ? 0 : -1;
}

function integer64(r, signed) {
    const value = (BigInt(r[1] >>> 0) << 32n) | BigInt(r[0] >>> 0);
    return Number(signed ? BigInt.asIntN(64, value) : value);
}

// Rounded down, and held within what the integer can be.
function toInteger(value, bits, signed) {
    const most = signed ? 2 ** (bits - 1) : 2 ** bits;
    const down = Number.isNaN(value) ? 0 : Math.floor(value);
    if (down >= most) {
        return BigInt(most) - 1n;
    }
    return BigInt(Math.max(down, signed ? -most : 0));
}

function setInteger(r, bits, value) {
    r[0] = Number(BigInt.asIntN(32, value));
    if (bits === 64) {
        r[1] = Number(BigInt.asIntN(32, value >> 32n));
    }
}

// The functions of one precision, in the table's order; "other" is the one that the last converts to.
function table(kind, other) {
    const { words, get, set } = kind;
    const two = (f) => (core) => set(core.r, 0, f(get(core.r, 0), get(core.r, words)));
    const one = (f) => (core) => set(core.r, 0, f(get(core.r, 0)));
    const fromInteger = (bits, signed, fixed) => ({ r }) => {
        const value = bits === 64 ? integer64(r, signed) : signed ? r[0] : r[0] >>> 0;
        set(r, 0, fixed ? value / 2 ** r[bits / 32] : value);
    };
    const integer = (bits, signed, fixed) => ({ r }) => {
        const value = get(r, 0) * (fixed ? 2 ** r[words] : 1);
        setInteger(r, bits, toInteger(value, bits, signed));
    };
    const result = (core) => {
        core.r[0] = compare(get(core.r, 0), get(core.r, words));
    };
    const flags = (core) => core.subtract(compare(get(core.r, 0), get(core.r, words)), 0);
    const sineAndCosine = ({ r }) => {
        const angle = get(r, 0);
        set(r, 0, Math.sin(angle));
        set(r, words, Math.cos(angle));
    };
    return [
        two((a, b) => a + b),
        two((a, b) => a - b),
        two((a, b) => a * b),
        two((a, b) => a / b),
        result,
        flags,
        one(Math.sqrt),
        integer(32, true, false),
        integer(32, true, true),
        integer(32, false, false),
        integer(32, false, true),
        fromInteger(32, true, false),
        fromInteger(32, true, true),
        fromInteger(32, false, false),
        fromInteger(32, false, true),
        one(Math.cos),
        one(Math.sin),
        one(Math.tan),
        sineAndCosine,
        one(Math.exp),
        one(Math.log),
        result,
        two(Math.atan2),
        fromInteger(64, true, false),
        fromInteger(64, true, true),
        fromInteger(64, false, false),
        fromInteger(64, false, true),
        integer(64, true, false),
        integer(64, true, true),
        integer(64, false, false),
        integer(64, false, true),
        ({ r }) => other.set(r, 0, get(r, 0)),
    ];
}

const singles = table(single, double);
const doubles = table(double, single);

// Whether a call of the boot ROM is one of these, which it then does.
export function calculate(core, call) {
    const kind = call >= DOUBLE_CALL ? double : single;
    const what = kind === double ? doubles[call - DOUBLE_CALL] : singles[call - FLOAT_CALL];
    if (!what) {
        return false;
    }
    core.cycles += kind.cycles;
    what(core);
    return true;
}
