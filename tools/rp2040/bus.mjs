// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Where an address leads, for one core. What leads nowhere, and what is not
// aligned, is a fault, as on the chip. Words are signed here.
import { Fault } from './core.mjs';

const ROM_SIZE = 0x4000;
const FLASH = 0x10000000;
const FLASH_END = 0x14000000; // it is there four times, for four ways to cache
const XIP_CTRL = 0x14000000;
const XIP_SRAM = 0x15000000;
const XIP_SSI = 0x18000000;
const SRAM = 0x20000000;
const DPRAM = 0x50100000;
const PPB = 0xe000e000;

function hex(address) {
    return '0x' + (address >>> 0).toString(16).padStart(8, '0');
}

export class Bus {
    constructor(core) {
        this.core = core;
        this.chip = core.chip;
        core.bus = this;
        const { rom, flash, mcu, xipSram } = this.chip;
        this.rom = new DataView(rom.buffer);
        this.xipSram = new DataView(xipSram.buffer);
        this.flash = new DataView(flash.bytes.buffer);
        this.flashMask = flash.bytes.length - 1;
        this.sram16 = new Uint16Array(mcu.sram.buffer);
        this.sram32 = new Int32Array(mcu.sram.buffer);
        this.sram8 = mcu.sram;
        this.sramSize = mcu.sram.length;
        this.guardStart = 0; // between these addresses the MPU has to be asked
        this.guardEnd = 0;
    }

    fault(what, address) {
        throw new Fault(`${what} ${hex(address)}`);
    }

    fetch(pc) {
        const offset = pc - SRAM;
        if (offset >= 0 && offset < this.sramSize) {
            return this.sram16[offset >>> 1];
        }
        return this.memory(pc, 'fetch from').getUint16(this.offset, true);
    }

    // The memory that an address outside SRAM is of, and its place in it in this.offset.
    memory(address, what) {
        if (address >= FLASH && address < FLASH_END) {
            this.chip.flash.mustBeReadable(this.core, address);
            this.offset = address & this.flashMask;
            return this.flash;
        }
        if (address >= 0 && address < ROM_SIZE) {
            this.offset = address;
            return this.rom;
        }
        if (address >= XIP_SRAM && address < XIP_SRAM + this.chip.xipSram.length) {
            this.offset = address - XIP_SRAM;
            return this.xipSram;
        }
        return this.fault(what, address);
    }

    isDevice(address) {
        const outside = address < 0 || address >= 0x40000000;
        return outside || (address >= XIP_SSI && address < SRAM) || this.isXipControl(address);
    }

    isXipControl(address) {
        return address >= XIP_CTRL && address < XIP_CTRL + 0x20;
    }

    read32(address) {
        const offset = address - SRAM;
        if (address >= this.guardStart && address < this.guardEnd) {
            this.core.ppb.mpu.check(address, false);
        }
        if (address & 3) {
            this.fault('unaligned read from', address);
        }
        if (offset >= 0 && offset < this.sramSize) {
            return this.sram32[offset >> 2];
        }
        if (this.isDevice(address)) {
            return this.readDevice(address);
        }
        return this.memory(address, 'read from').getInt32(this.offset, true);
    }

    read16(address) {
        const offset = address - SRAM;
        if (address >= this.guardStart && address < this.guardEnd) {
            this.core.ppb.mpu.check(address, false);
        }
        if (address & 1) {
            this.fault('unaligned read from', address);
        }
        if (offset >= 0 && offset < this.sramSize) {
            return this.sram16[offset >> 1];
        }
        if (this.isDevice(address)) {
            return (this.readDevice(address & ~3) >>> (8 * (address & 2))) & 0xffff;
        }
        return this.memory(address, 'read from').getUint16(this.offset, true);
    }

    read8(address) {
        const offset = address - SRAM;
        if (address >= this.guardStart && address < this.guardEnd) {
            this.core.ppb.mpu.check(address, false);
        }
        if (offset >= 0 && offset < this.sramSize) {
            return this.sram8[offset];
        }
        if (this.isDevice(address)) {
            return (this.readDevice(address & ~3) >>> (8 * (address & 3))) & 0xff;
        }
        return this.memory(address, 'read from').getUint8(this.offset);
    }

    write32(address, value) {
        const offset = address - SRAM;
        if (address >= this.guardStart && address < this.guardEnd) {
            this.core.ppb.mpu.check(address, true);
        }
        if (address & 3) {
            this.fault('unaligned write to', address);
        }
        if (offset >= 0 && offset < this.sramSize) {
            this.sram32[offset >> 2] = value;
        } else if (this.isDevice(address)) {
            this.writeDevice(address, value);
        } else {
            this.writable(address)?.setInt32(this.offset, value, true);
        }
    }

    // A device gets a halfword or a byte in every place of its word.
    write16(address, value) {
        const offset = address - SRAM;
        if (address >= this.guardStart && address < this.guardEnd) {
            this.core.ppb.mpu.check(address, true);
        }
        if (address & 1) {
            this.fault('unaligned write to', address);
        }
        if (offset >= 0 && offset < this.sramSize) {
            this.sram16[offset >> 1] = value;
        } else if (this.isDpram(address)) {
            this.writePart(address, value & 0xffff, 0xffff);
        } else if (this.isDevice(address)) {
            this.writeDevice(address & ~3, (value & 0xffff) | (value << 16));
        } else {
            this.writable(address)?.setUint16(this.offset, value, true);
        }
    }

    write8(address, value) {
        const offset = address - SRAM;
        if (address >= this.guardStart && address < this.guardEnd) {
            this.core.ppb.mpu.check(address, true);
        }
        if (offset >= 0 && offset < this.sramSize) {
            this.sram8[offset] = value;
        } else if (this.isDpram(address)) {
            this.writePart(address, value & 0xff, 0xff);
        } else if (this.isDevice(address)) {
            this.writeDevice(address & ~3, (value & 0xff) * 0x01010101);
        } else {
            this.writable(address)?.setUint8(this.offset, value);
        }
    }

    // Writes to the ROM are lost, and to the flash drop what is cached of it; TinyUSB and the SDK do both.
    writable(address) {
        if (address < ROM_SIZE || (address >= FLASH && address < FLASH_END)) {
            return undefined;
        }
        return this.memory(address, 'write to');
    }

    isDpram(address) {
        return address >= DPRAM && address < DPRAM + 0x1000;
    }

    // The USB controller's memory, unlike a device, takes parts of a word.
    writePart(address, value, mask) {
        const shift = 8 * (address & 3);
        const rest = this.readDevice(address & ~3) & ~(mask << shift);
        this.writeDevice(address & ~3, rest | (value << shift));
    }

    // --- devices ----------------------------------------------------------------

    readDevice(address) {
        const { core, chip } = this;
        if (address >>> 28 === 0xd) {
            core.cycles--;
            return core.sio.read(address & 0xfff);
        }
        chip.enterDevices(core);
        const value = this.isPpb(address) ? core.ppb.read(address & 0xfff) : this.readPeripheral(address);
        chip.leaveDevices();
        core.cycles += 2;
        return value;
    }

    isPpb(address) {
        return (address & ~0xfff) === (PPB | 0);
    }

    isPeripheral(address) {
        return this.isDpram(address) || this.chip.mcu.findPeripheral(address >>> 0) !== undefined;
    }

    readPeripheral(address) {
        if (this.isXipControl(address)) {
            return 6; // the cache is empty and ready
        }
        if (!this.isPeripheral(address)) {
            this.fault('read from', address);
        }
        return this.chip.mcu.readUint32(address >>> 0) | 0;
    }

    writeDevice(address, value) {
        const { core, chip } = this;
        if (address >>> 28 === 0xd) {
            core.cycles--;
            core.sio.write(address & 0xfff, value);
            return;
        }
        chip.enterDevices(core);
        if (this.isPpb(address)) {
            core.ppb.write(address & 0xfff, value);
        } else if (!this.isXipControl(address)) {
            this.writePeripheral(address, value);
        }
        chip.leaveDevices();
        core.cycles += 3;
    }

    writePeripheral(address, value) {
        if (!this.isPeripheral(address)) {
            this.fault('write to', address);
        }
        this.chip.mcu.writeUint32(address >>> 0, value >>> 0);
    }
}
