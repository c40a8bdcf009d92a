// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board's serial ports, as seen from their other ends: UART0, and a USB
// host that has configured a CDC device and opened it. Neither takes anything
// before the firmware has switched it on.
import { USBCDC } from './package.mjs';

export function uart(chip, say) {
    const port = chip.mcu.uart[0];
    port.onByte = (byte) => say([byte]);
    return {
        hasRoom: () => port.enabled && !port.rxFIFO.full,
        type: (byte) => port.feedByte(byte),
    };
}

export function usb(chip, say) {
    const controller = chip.mcu.usbCtrl;
    const cdc = new USBCDC(controller);
    const waiting = []; // typed, for when the board asks
    let wanted = 0; // how many bytes it has asked for
    const answer = () => {
        if (wanted && waiting.length) {
            const bytes = waiting.splice(0, wanted);
            wanted = 0;
            controller.endpointReadDone(cdc.outEndpoint, Uint8Array.from(bytes));
        }
    };
    cdc.onSerialData = say;
    // The package would answer at once with nothing, again and again.
    controller.onEndpointRead = (endpoint, size) => {
        if (endpoint === cdc.outEndpoint) {
            wanted = size;
            answer();
        }
    };
    return {
        hasRoom: () => cdc.initialized && waiting.length < 64,
        type: (byte) => {
            waiting.push(byte);
            answer();
        },
    };
}

// Whichever the firmware uses; what is typed goes over USB once that is open.
export function auto(chip, say) {
    const ports = [usb(chip, say), uart(chip, say)];
    return {
        hasRoom: () => ports.some((port) => port.hasRoom()),
        type: (byte) => ports.find((port) => port.hasRoom()).type(byte),
    };
}
