// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What firmware asks of the emulator itself: by semihosting, and through rom.S.
import { calculate } from './arithmetic.mjs';
import { End, Stop } from './ends.mjs';

const SYS_WRITEC = 0x03;
const SYS_WRITE0 = 0x04;
const SYS_EXIT = 0x18;
const SYS_EXIT_EXTENDED = 0x20;
const STOPPED_APPLICATION_EXIT = 0x20026;

export function semihosting(say) {
    return (core, operation, argument) => {
        const { bus } = core;
        switch (operation) {
            case SYS_WRITEC:
                say([bus.read8(argument)]);
                return operation;
            case SYS_WRITE0:
                say(string(bus, argument));
                return operation;
            case SYS_EXIT:
                throw new End(argument === STOPPED_APPLICATION_EXIT ? 0 : 1);
            case SYS_EXIT_EXTENDED:
                throw new End(bus.read32(argument) === STOPPED_APPLICATION_EXIT ? bus.read32(argument + 4) & 0xff : 1);
            default:
                return -1;
        }
    };
}

function string(bus, address) {
    const bytes = [];
    for (let byte = bus.read8(address); byte; byte = bus.read8(++address)) {
        bytes.push(byte);
    }
    return bytes;
}

function bytesAt(bus, address, length) {
    return Uint8Array.from({ length }, (_, i) => bus.read8(address + i));
}

export function romCalls(flash) {
    const calls = [
        () => {
            throw new Stop('the flash has no image; give one that starts at 0x10000000');
        },
        () => {
            throw new End(0, 'the firmware asked for the boot ROM\'s USB drive');
        },
        () => {},
        () => {
            flash.readable = false;
        },
        (core) => flash.erase(core, core.r[0] >>> 0, core.r[1] >>> 0),
        (core) => flash.program(core, core.r[0] >>> 0, bytesAt(core.bus, core.r[1], core.r[2] >>> 0)),
        () => {},
        () => {
            flash.readable = true;
        },
    ];
    return (core, number) => {
        if (calls[number]) {
            calls[number](core);
        } else if (!calculate(core, number)) {
            throw new Stop(`the boot ROM has no call ${number}`);
        }
    };
}
