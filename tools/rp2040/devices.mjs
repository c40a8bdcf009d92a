// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Where the package's devices are not as the chip's, in ways that firmware
// meets: put right here, object by object, with the package as it is.

import { completePins } from './pins.mjs';

const SSI = 0x18000;
const IO_QSPI = 0x40018;
const QSPI_SS_CTRL = 0x0c;
const OVERRIDES_ENABLE = 3 << 12;
const DISABLES = 2 << 12;
const TIMER = 0x40054;
const WATCHDOG = 0x40058;
const ROSC = 0x40060;
const PSM = 0x40010;
const PSM_FRCE_OFF = 0x04;
const PSM_PROC1 = 16;
const SSI_SSIENR = 0x08;
const TIMER_ALARM0 = 0x10;
const TIMER_ALARM3 = 0x1c;
const ROSC_RANDOMBIT = 0x1c;
const UART_DR = 0x00;
const UART_TX = 1 << 5;
const USB_SOF_RD = 0x48;
const USB_INTE = 0x90;
const USB_DEV_SOF = 1 << 17;
const FRAME_NANOS = 1000000;
const PIO_STEPS = 64;

export function correct(chip) {
    const { mcu } = chip;
    readableAgain(mcu.peripherals[SSI], chip.flash);
    selectsFlash(mcu.peripherals[IO_QSPI], chip.flash);
    exactAlarms(mcu.peripherals[TIMER], mcu.clock);
    randomBits(mcu.peripherals[ROSC]);
    ringInOrder(mcu.clock);
    mcu.uart.forEach((uart) => asksOnceSent(uart));
    completePins(chip);
    mcu.pio.forEach((pio) => steadyPio(pio, chip));
    startsOfFrames(mcu.usbCtrl, mcu.clock);
    secondCoresPower(mcu.peripherals[PSM], chip);
    mcu.peripherals[WATCHDOG].onWatchdogTrigger = () => chip.resetRequested();
}

// Does something more after each write to a device's register.
function afterWrite(device, more) {
    const write = device.writeUint32.bind(device);
    device.writeUint32 = (offset, value) => {
        write(offset, value);
        more(offset, value);
    };
}

// What ends a change of the flash is its interface being switched on.
function readableAgain(ssi, flash) {
    afterWrite(ssi, (offset, value) => {
        if (offset === SSI_SSIENR && value & 1) {
            flash.readable = true;
        }
    });
}

// The flash's pins have registers; where its select pin is not driven, it cannot be read.
function selectsFlash(io, flash) {
    const registers = new Uint32Array(0x1000 / 4);
    io.readUint32 = (offset) => registers[offset / 4];
    io.writeUint32 = (offset, value) => {
        registers[offset / 4] = value;
        if (offset === QSPI_SS_CTRL) {
            flash.selected = (value & OVERRIDES_ENABLE) !== DISABLES;
        }
    };
}

// Alarms for one moment ring in the order in which they were set; in the package the newest rang first, and a DMA
// channel that sends had all turns of one that receives.
function ringInOrder(clock) {
    clock.linkAlarm = (nanos, alarm) => {
        let before = null;
        let after = clock.nextAlarm;
        alarm.nanos = clock.nanos + nanos;
        while (after && after.nanos <= alarm.nanos) {
            before = after;
            after = after.next;
        }
        alarm.next = after;
        if (before) {
            before.next = alarm;
        } else {
            clock.nextAlarm = alarm;
        }
        alarm.scheduled = true;
        return alarm;
    };
}

// An alarm of the package rings up to a microsecond before the timer has its value.
function exactAlarms(timer, clock) {
    afterWrite(timer, (offset, value) => {
        if (offset >= TIMER_ALARM0 && offset <= TIMER_ALARM3) {
            const micros = Math.floor(clock.nanos / 1000);
            const left = (value - micros) >>> 0;
            const alarm = timer.alarms[(offset - TIMER_ALARM0) / 4];
            alarm.clockAlarm.schedule(Math.max(0, (micros + left) * 1000 - clock.nanos));
        }
    });
}

// A USB host says each millisecond that a frame starts; only a device that asks for the interrupt hears of it.
function startsOfFrames(usb, clock) {
    const alarm = clock.createAlarm(() => {
        usb.sofFrameNumber = (usb.sofFrameNumber + 1) & 0x7ff;
        usb.intRaw |= USB_DEV_SOF;
        usb.checkInterrupts();
        alarm.schedule(FRAME_NANOS);
    });
    let runs = false;
    afterWrite(usb, (offset) => {
        const wanted = !usb.hostMode && (usb.intEnable & USB_DEV_SOF) !== 0;
        if (offset === USB_INTE && wanted !== runs) {
            runs = wanted;
            alarm.cancel();
            if (runs) {
                alarm.schedule(FRAME_NANOS);
            }
        }
    });
    const read = usb.readUint32.bind(usb);
    usb.readUint32 = (offset) => {
        if (offset === USB_SOF_RD) {
            usb.intRaw &= ~USB_DEV_SOF;
            usb.checkInterrupts();
        }
        return read(offset);
    };
}

// Core 1 is held in reset, and begins in the boot ROM again.
function secondCoresPower(psm, chip) {
    afterWrite(psm, (offset) => {
        const off = (psm.frceOff & ~psm.frceOn & (1 << PSM_PROC1)) !== 0;
        if (offset <= PSM_FRCE_OFF && off !== chip.cores[1].held) {
            chip.holdSecond(off);
        }
    });
}

// A UART sends at once, and asks for more when it has; one of the package asks for ever.
function asksOnceSent(uart) {
    uart.checkInterrupts = () => {
        uart.rp2040.setInterrupt(uart.irq, (uart.interruptStatus & uart.interruptMask) !== 0);
    };
    afterWrite(uart, (offset) => {
        if (offset === UART_DR) {
            uart.interruptStatus |= UART_TX;
            uart.checkInterrupts();
        }
    });
}

// Not random at all, so that a run repeats.
function randomBits(rosc) {
    let state = 1;
    const read = rosc.readUint32.bind(rosc);
    rosc.readUint32 = (offset) => {
        if (offset !== ROSC_RANDOMBIT) {
            return read(offset);
        }
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return state & 1;
    };
}

// The package runs its programs when the host has time: all four, enabled or not, without divided clocks and delays.
function steadyPio(pio, chip) {
    const alarm = chip.mcu.clock.createAlarm(() => pio.run());
    pio.run = () => {
        for (let i = 0; i < PIO_STEPS && !pio.stopped; i++) {
            pio.step();
        }
        if (!pio.stopped) {
            alarm.schedule(PIO_STEPS * chip.cycleNanos);
        }
    };
    pio.machines.forEach((machine) => divideClock(machine));
}

function divideClock(machine) {
    const step = machine.step.bind(machine);
    let owed = 0; // 256ths of a cycle
    machine.step = () => {
        const every = (machine.clockDivInt || 65536) * 256 + machine.clockDivFrac;
        owed = machine.enabled ? owed + 256 : 0;
        if (owed >= every) {
            const before = machine.cycles;
            step();
            owed -= every * Math.max(1, machine.cycles - before);
        }
    };
}
