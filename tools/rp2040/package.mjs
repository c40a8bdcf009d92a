// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The parts of npm's rp2040js that are used here, from where "make emulator"
// installs it. It does not export all of them, hence the paths.
const home = new URL('../../build/rp2040/', import.meta.url);

async function part(path) {
    try {
        return await import(new URL('node_modules/rp2040js/dist/esm/' + path, home));
    } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND') {
            throw error;
        }
        console.error('rp2040: the package rp2040js is missing; run: make emulator');
        process.exit(1);
    }
}

export const build = home;
export const { RP2040 } = await part('rp2040.js');
export const { GPIOPinState } = await part('gpio-pin.js');
export const { RPSIO } = await part('sio.js');
export const { USBCDC } = await part('usb/cdc.js');
