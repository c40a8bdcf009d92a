// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console here: stdin and stdout, keys as they are typed.
import { writeSync } from 'node:fs';

const EXIT_KEY = 0x1d; // Ctrl-]

export class Console {
    constructor(leave) {
        this.leave = leave;
        this.typed = []; // for the board
        this.said = []; // by it
        this.ended = false; // stdin has
        this.whenTyped = () => {};
    }

    open() {
        const { stdin } = process;
        if (stdin.isTTY) {
            stdin.setRawMode(true);
        }
        stdin.on('data', (data) => this.take(data));
        stdin.on('end', () => {
            this.ended = true;
        });
        stdin.on('error', () => {
            this.ended = true;
        });
    }

    take(data) {
        if (this.leave && process.stdin.isTTY && data.includes(EXIT_KEY)) {
            this.leave();
        }
        this.typed.push(...data);
        this.whenTyped();
    }

    say(bytes) {
        this.said.push(...bytes);
        if (this.said.length > 4096) {
            this.flush();
        }
    }

    // Waits for a slow reader, and ends when there is none.
    flush() {
        let bytes = Uint8Array.from(this.said);
        this.said = [];
        while (bytes.length) {
            try {
                bytes = bytes.subarray(writeSync(1, bytes));
            } catch (error) {
                if (error.code === 'EPIPE') {
                    process.exit(1);
                }
                if (error.code !== 'EAGAIN') {
                    throw error;
                }
                Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // a millisecond
            }
        }
    }

    close() {
        this.flush();
        if (process.stdin.isTTY) {
            process.stdin.setRawMode(false);
        }
    }
}
