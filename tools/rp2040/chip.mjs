// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The whole chip: the package's devices, two cores of our own, and the order
// in which these run. That order is by their cycles alone, so a run repeats.
import { Bus } from './bus.mjs';
import { Core, Fault, Lockup } from './core.mjs';
import { correct } from './devices.mjs';
import { Restart } from './ends.mjs';
import { RP2040, RPSIO } from './package.mjs';
import { Ppb } from './ppb.mjs';
import { Sio } from './sio.mjs';

const SEMIHOSTING = 0xab;
const IRQ_IO_BANK0 = 13;
const WATCHDOG = 0x40058;

export class Chip {
    constructor({ flash, rom, semihosting, romCalls, log }) {
        this.flash = flash;
        this.rom = rom;
        this.semihosting = semihosting;
        this.romCalls = romCalls;
        this.xipSram = new Uint8Array(0x4000);
        this.makeDevices(log);
        this.cycleNanos = 8;
        this.startOfClock = { nanos: 0, cycles: 0 };
        this.now = 0; // the cycle that was got to
        this.limit = 0; // until which cycle the core that runs may do so
        this.deadline = Infinity; // the cycle of the next alarm
        this.running = null;
        this.cores = [0, 1].map((id) => new Core(this, id));
        this.makeCores();
        correct(this);
        this.mcu.addClockListener((hz) => this.clockChanges(hz));
    }

    // The package, with our flash, and without its core: of that it uses but a count and a mask.
    makeDevices(log) {
        const { bytes } = this.flash;
        const quiet = () => {};
        const loud = log ? (name, what) => log(`${name}: ${what}`) : quiet;
        this.mcu = Object.assign(new RP2040(), {
            logger: { debug: quiet, info: quiet, warn: loud, error: loud },
            setInterrupt: (irq, on) => this.setInterrupt(irq, on),
            flash: bytes,
            flash16: new Uint16Array(bytes.buffer),
            flashView: new DataView(bytes.buffer),
            core: { cycles: 0, interruptNMIMask: 0 },
        });
    }

    makeCores() {
        const shared = this.mcu.sio;
        for (const core of this.cores) {
            new Ppb(core);
            new Sio(core, core.id ? new RPSIO(this.mcu) : shared, shared);
            new Bus(core);
        }
    }

    // After a reset of another: what is in SRAM and in the watchdog's scratch registers stays, and the counts go on.
    follow(other) {
        const now = Math.max(...other.cores.map((core) => core.cycles));
        const [from, to] = [other, this].map(({ mcu }) => mcu.peripherals[WATCHDOG]);
        to.scratchData.set(from.scratchData);
        to.reason = from.reason;
        this.mcu.sram.set(other.mcu.sram);
        this.cores.forEach((core, i) => {
            core.instructions = other.cores[i].instructions;
            core.cycles = now;
        });
        this.startOfClock.cycles = this.now = now;
    }

    // Both cores begin in the boot ROM; with vectors elsewhere, core 0 does with those.
    start(vectors = 0) {
        const [first, second] = this.cores;
        first.ppb.vtor = vectors;
        first.start(vectors);
        second.start(0);
    }

    holdSecond(off) {
        const core = this.cores[1];
        core.reset();
        core.ppb.reset();
        core.held = off;
        if (!off) {
            core.start(0);
            this.hasWoken(core);
        }
    }

    // Something from outside happens to a device, now.
    atDevices(what) {
        this.mcu.clock.nanosCounter = this.nanosOf(Math.min(this.now, this.deadline));
        what();
        this.leaveDevices();
    }

    // --- time -------------------------------------------------------------------

    nanosOf(cycles) {
        return this.startOfClock.nanos + (cycles - this.startOfClock.cycles) * this.cycleNanos;
    }

    cyclesOf(nanos) {
        return this.startOfClock.cycles + Math.ceil((nanos - this.startOfClock.nanos) / this.cycleNanos);
    }

    clockChanges(hz) {
        const cycles = this.running ? this.running.cycles : 0;
        const change = () => {
            this.startOfClock = { nanos: this.mcu.clock.nanos, cycles };
            this.cycleNanos = 1e9 / hz;
        };
        const [first, second] = this.cores;
        first.ppb.clockChanges(() => second.ppb.clockChanges(change));
    }

    // Devices are about to be looked at: they need to know what time it is.
    enterDevices(core) {
        this.mcu.clock.nanosCounter = this.nanosOf(core.cycles);
    }

    leaveDevices() {
        const next = this.mcu.clock.nextAlarm;
        this.deadline = next ? this.cyclesOf(next.nanos) : Infinity;
        if (this.deadline < this.limit) {
            this.limit = this.deadline;
        }
    }

    // Lets alarms ring, of which one is due at this cycle, even if its time has been rounded.
    ring(cycles) {
        const { clock } = this.mcu;
        this.now = cycles;
        clock.tick(Math.max(this.nanosOf(cycles), clock.nextAlarm.nanos) - clock.nanos);
        this.leaveDevices();
    }

    // --- what one core does to the other ----------------------------------------

    setInterrupt(irq, on) {
        for (const core of this.cores) {
            // Of pins, this is core 0's; pins.mjs has core 1's.
            if (irq !== IRQ_IO_BANK0 || core.id === 0) {
                core.ppb.setLine(irq, on);
            }
        }
    }

    sendEvent() {
        this.cores.forEach((core) => core.signal());
    }

    // The core that runs stops doing so after this instruction.
    switchCores() {
        this.limit = 0;
    }

    hasWoken(core) {
        const now = this.running && this.running !== core ? this.running.cycles : this.now;
        core.cycles = Math.max(core.cycles, now);
        this.switchCores();
    }

    // --- running ----------------------------------------------------------------

    // Runs until a cycle: whether it got there, rather than both cores sleeping with no alarm set.
    run(until) {
        for (;;) {
            const awake = this.cores.filter((core) => !core.asleep && !core.held);
            const at = awake.length ? Math.min(...awake.map((core) => core.cycles)) : this.deadline;
            if (at >= until) {
                this.now = Math.max(this.now, until); // cores that sleep have got there, too
                return at < Infinity;
            }
            if (at >= this.deadline) {
                this.ring(at);
                continue;
            }
            this.limit = Math.min(this.deadline, until);
            this.runCores(awake);
            this.now = this.running.cycles;
            this.running = null;
        }
    }

    // Until the limit, which what they do brings closer.
    runCores(awake) {
        try {
            if (awake.length === 2) {
                this.runBoth(...awake);
            } else {
                this.runOne(awake[0]);
            }
        } catch (error) {
            if (!(error instanceof Fault)) {
                throw error;
            }
            this.faulted(this.running, error.message);
        }
    }

    runOne(core) {
        this.running = core;
        do {
            core.step();
        } while (core.cycles < this.limit);
    }

    // The one that is behind does the next instruction.
    runBoth(a, b) {
        let core = a.cycles <= b.cycles ? a : b;
        do {
            this.running = core;
            core.step();
            core = a.cycles <= b.cycles ? a : b;
        } while (core.cycles < this.limit);
    }

    faulted(core, why) {
        try {
            core.hardFault(why);
        } catch (error) {
            if (error instanceof Fault) {
                throw new Lockup(`core ${core.id} is locked up: ${why}, and then: ${error.message}`);
            }
            throw error;
        }
    }

    // --- what instructions ask the emulator for ---------------------------------

    breakpoint(core, number) {
        if (number !== SEMIHOSTING) {
            throw new Fault(`bkpt ${number} without a debugger`);
        }
        core.r[0] = this.semihosting(core, core.r[0], core.r[1]);
    }

    permanentlyUndefined(core, op) {
        if (core.at >= 0x4000) {
            core.undefined(op);
        }
        this.romCalls(core, op & 0xff);
    }

    resetRequested() {
        throw new Restart();
    }
}
