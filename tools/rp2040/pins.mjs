// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the package's pins lack: they hear their own outputs, and core 1 has interrupts of them, enabled by registers of
// its own.
import { GPIOPinState } from './package.mjs';

const IO_BANK0 = 0x40014;
const IRQ_IO_BANK0 = 13;
const PROC1_INTE = 0x130;
const PROC1_INTF = 0x140;
const PROC1_INTS = 0x150;
const PINS_OF_REGISTER = 8;

export function completePins(chip) {
    chip.mcu.gpio.forEach((pin) => heardByItself(pin));
    new SecondsPins(chip);
}

// A pin's input is what is on the pin, which may be its own output.
function heardByItself(pin) {
    pin.addListener((state) => {
        if (state === GPIOPinState.Low || state === GPIOPinState.High) {
            pin.setInputValue(state === GPIOPinState.High);
        }
    });
}

class SecondsPins {
    constructor(chip) {
        this.pins = chip.mcu.gpio;
        this.ppb = chip.cores[1].ppb;
        this.enabled = new Uint8Array(this.pins.length); // four kinds of change each
        this.forced = new Uint8Array(this.pins.length);
        for (const pin of this.pins) {
            this.tellAfter(pin, 'setInputValue');
            this.tellAfter(pin, 'updateIRQValue');
        }
        this.addRegisters(chip.mcu.peripherals[IO_BANK0]);
    }

    tellAfter(pin, name) {
        const method = pin[name].bind(pin);
        pin[name] = (value) => {
            method(value);
            this.tell();
        };
    }

    status(i) {
        return (this.pins[i].irqStatus & this.enabled[i]) | this.forced[i];
    }

    tell() {
        this.ppb.setLine(IRQ_IO_BANK0, this.pins.some((pin, i) => this.status(i) !== 0));
    }

    addRegisters(device) {
        const read = device.readUint32.bind(device);
        const write = device.writeUint32.bind(device);
        device.readUint32 = (offset) => this.read(offset) ?? read(offset);
        device.writeUint32 = (offset, value) => {
            const array = this.arrayOf(offset);
            if (array) {
                this.pinsOf(offset).forEach((pin, i) => {
                    array[pin] = (value >>> (4 * i)) & 15;
                });
                this.tell();
            } else {
                write(offset, value);
            }
        };
    }

    read(offset) {
        const array = this.arrayOf(offset);
        if (!array && (offset & ~15) !== PROC1_INTS) {
            return undefined;
        }
        const bits = (pin) => (array ? array[pin] : this.status(pin));
        return this.pinsOf(offset).reduce((word, pin, i) => word | (bits(pin) << (4 * i)), 0);
    }

    arrayOf(offset) {
        return { [PROC1_INTE]: this.enabled, [PROC1_INTF]: this.forced }[offset & ~15];
    }

    pinsOf(offset) {
        const first = ((offset & 15) / 4) * PINS_OF_REGISTER;
        return [...this.pins.keys()].slice(first, first + PINS_OF_REGISTER);
    }
}
