# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults that the emulated Pico could have, some of which the package has: what they would hide of Heddle's."""

from faults.catalogue import fault

CORE = "tools/rp2040/core.mjs"
PPB = "tools/rp2040/ppb.mjs"
SIO = "tools/rp2040/sio.mjs"
CHIP = "tools/rp2040/chip.mjs"
FLASH = "tools/rp2040/flash.mjs"

fault(
    "rp2040-masked-sleep-goes-on",
    "WFI with interrupts masked does not end at a pending one.",
    "rp2040:masked",
    (
        CORE,
        "            return this.ppb.next(this.priorityNow()) !== 0;\n",
        "            return this.ppb.next(this.limit()) !== 0;\n",
    ),
)
fault(
    "rp2040-early-event-lost",
    "An event that comes before a core waits for it is forgotten.",
    "rp2040:events",
    (CORE, "    signal() {\n        this.event = true;\n", "    signal() {\n        this.event = this.asleep !== 0;\n"),
)
fault(
    "rp2040-equal-displaces",
    "An interrupt of the same priority displaces a handler.",
    "rp2040:priorities",
    (PPB, "            if (this.priorities[irq] < most) {\n", "            if (this.priorities[irq] <= most) {\n"),
)
fault(
    "rp2040-edge-forgotten",
    "An interrupt whose line has fallen is pending no more.",
    "rp2040:pending",
    (
        PPB,
        "        this.lines = on ? was | bit : was & ~bit;\n",
        "        this.lines = on ? was | bit : was & ~bit;\n"
        "        this.latched = on ? this.latched : this.latched & ~bit;\n",
    ),
)
fault(
    "rp2040-frame-not-aligned",
    "An exception's frame lies where the stack pointer was, aligned or not.",
    "rp2040:stacks",
    (CORE, "        const frame = (r[13] - 32) & ~4;\n", "        const frame = r[13] - 32;\n"),
)
fault(
    "rp2040-overflow-unseen",
    "A compare of 64 bits is wrong at the limits of a word, as the package's is.",
    "rp2040:arithmetic",
    (
        CORE,
        "        this.v = (a ^ result) & (b ^ result);\n",
        "        this.v = (a ^ result) & ((b + carry) ^ result);\n",
    ),
)
fault(
    "rp2040-short-period",
    "SysTick's period is the reload value, without the cycle that loads it.",
    "rp2040:systick",
    (
        PPB,
        "            this.alarm.schedule((value || 1) * this.countNanos());\n",
        "            this.alarm.schedule((value || 0) * this.countNanos());\n",
    ),
)
fault(
    "rp2040-alarm-early",
    "An alarm rings before the timer has its value, as the package's does.",
    "rp2040:timer",
    ("tools/rp2040/devices.mjs", "    exactAlarms(mcu.peripherals[TIMER], mcu.clock);\n", ""),
)
fault(
    "rp2040-own-spinlocks",
    "Each core has its spin locks.",
    "rp2040:spinlocks",
    (SIO, "offset === SPINLOCK_ST || offset >= SPINLOCK0 ? this.shared : this.own;", "false ? this.shared : this.own;"),
)
fault(
    "rp2040-short-fifo",
    "A FIFO takes a word less.",
    "rp2040:fifo",
    (SIO, "const DEPTH = 8;\n", "const DEPTH = 7;\n"),
)
fault(
    "rp2040-second-core-stays",
    "The second core goes on after its reset.",
    "rp2040:cores",
    (
        CHIP,
        "        core.reset();\n        core.ppb.reset();\n        core.held = off;\n",
        "        core.held = off;\n        return;\n",
    ),
)
fault(
    "rp2040-sleeps-outside-time",
    "The board's time stands still while both cores sleep with no alarm set.",
    "rp2040:idle",
    (CHIP, "                this.now = Math.max(this.now, until); // cores that sleep have got there, too\n", ""),
)
fault(
    "rp2040-order-by-chance",
    "Which core runs next is not always the one that is behind.",
    "rp2040:repeats",
    (
        CHIP,
        "            core.step();\n            core = a.cycles <= b.cycles ? a : b;\n",
        "            core.step();\n            core = Math.random() < 0.5 ? a : b;\n",
    ),
)
fault(
    "rp2040-flash-always-there",
    "The flash can be read while it is changed.",
    "rp2040:blocked",
    (FLASH, "        if (!this.readable || !this.selected) {\n", "        if (this.steps < 0) {\n"),
)
fault(
    "rp2040-power-cut-between-steps",
    "Where power is cut, the step has not begun.",
    "rp2040:flash",
    (FLASH, "        const done = cut ? length / 2 : length;\n", "        const done = cut ? 0 : length;\n"),
)
