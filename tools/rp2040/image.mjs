// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Images: an ELF file, UF2 blocks, or the plain bytes of a flash.
import { readFileSync } from 'node:fs';

const FLASH = 0x10000000;
const SRAM = 0x20000000;
const UF2_BLOCK = 512;
const UF2_MAGIC = [0x0a324655, 0x9e5d5157];
const UF2_NOT_MAIN_FLASH = 1;
const PT_LOAD = 1;
const PF_X = 1;

export class BadImage extends Error {}

export function read(path) {
    try {
        return readFileSync(path);
    } catch (error) {
        throw new BadImage(`${path}: cannot be read (${error.code})`);
    }
}

// The pieces of an image: [{ address, bytes, code }].
export function load(path) {
    const bytes = read(path);
    if (bytes.length >= 52 && bytes.readUInt32BE(0) === 0x7f454c46) {
        return elf(path, bytes);
    }
    if (bytes.length >= UF2_BLOCK && UF2_MAGIC.every((magic, i) => bytes.readUInt32LE(4 * i) === magic)) {
        return uf2(bytes);
    }
    if (path.endsWith('.bin')) {
        return [{ address: FLASH, bytes, code: true }];
    }
    throw new BadImage(`${path}: neither an ELF file, nor UF2, nor named .bin (the bytes of the flash)`);
}

function elf(path, bytes) {
    if (bytes[4] !== 1 || bytes.readUInt16LE(18) !== 40) {
        throw new BadImage(`${path}: an ELF file, but not of a 32-bit Arm; build it for cortex-m0plus`);
    }
    const start = bytes.readUInt32LE(28);
    const size = bytes.readUInt16LE(42);
    const pieces = [];
    for (let i = 0; i < bytes.readUInt16LE(44); i++) {
        const word = (at) => bytes.readUInt32LE(start + i * size + at);
        const [type, offset, address, length] = [0, 4, 12, 16].map(word);
        if (type === PT_LOAD && length > 0) {
            pieces.push({ address, bytes: bytes.subarray(offset, offset + length), code: (word(24) & PF_X) !== 0 });
        }
    }
    return pieces;
}

function uf2(bytes) {
    const pieces = [];
    for (let at = 0; at + UF2_BLOCK <= bytes.length; at += UF2_BLOCK) {
        const [flags, address, length] = [8, 12, 16].map((i) => bytes.readUInt32LE(at + i));
        if (!(flags & UF2_NOT_MAIN_FLASH)) {
            pieces.push({ address, bytes: bytes.subarray(at + 32, at + 32 + length), code: true });
        }
    }
    return pieces;
}

// Where the vectors are: at the first code, or the first of all. Undefined if the boot ROM has to start the flash.
export function vectors(path, pieces) {
    const inOrder = [...pieces].sort((a, b) => a.address - b.address);
    const firsts = [inOrder.find((piece) => piece.code), inOrder[0]].filter((piece) => piece);
    const found = firsts.find((piece) => startsWithVectors(piece.bytes));
    if (!found && !firsts.some(({ address }) => address === FLASH)) {
        throw new BadImage(`${path}: its first code does not begin with vectors (a stack in SRAM, a Thumb address)`);
    }
    return found && found.address;
}

function startsWithVectors(bytes) {
    return bytes.length >= 8 && bytes.readUInt32LE(0) >>> 20 === SRAM >>> 20 && (bytes.readUInt32LE(4) & 1) === 1;
}
