// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// How a run ends, thrown from wherever it does.

export const STATUS_STOPPED = 70;

// It ended as it was told to, with a status.
export class End extends Error {
    constructor(status, message = '') {
        super(message);
        this.status = status;
    }
}

// What no real chip could go on from.
export class Stop extends Error {}

// The chip was reset, and starts again.
export class Restart extends Error {}
