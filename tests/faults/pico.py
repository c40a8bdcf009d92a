# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in kernel/arch/cortex_m on ARMv6-M, and in what an RP2040's two cores are to the kernel."""

from faults.catalogue import fault

ATOMIC = "kernel:pico-atomic"
BOARD = "kernel:pico-board"
STRESS = "kernel:pico-stress"
REPORTS = "kernel:pico-faults"
CORES_C = "ports/common/rp2040/cores.c"

fault(
    "pico-atomic-without-lock",
    "An atomic step masks interrupts, and another core is between its load and its store.",
    ATOMIC,
    (
        "kernel/arch/cortex_m/atomic.c",
        "    while (ARCH_CORES > 1 && LOCK == 0) {\n        arch_spin();\n    }\n",
        "",
    ),
)
fault(
    "pico-atomic-not-masked",
    "An atomic step has the lock, and an interrupt of the same core waits for it for ever, or is lost with one core.",
    ATOMIC,
    ("kernel/arch/cortex_m/atomic.c", "    uint32_t key = arch_mask();\n", "    uint32_t key = 0;\n"),
    ("kernel/arch/cortex_m/atomic.c", "    arch_unmask(key & 1);\n", "    (void)key;\n"),
)
fault(
    "pico-spin-without-lock",
    "A core looks whether a spin lock is free and takes it, and the other core does so between the two.",
    STRESS,
    ("kernel/arch/cortex_m/arch_kernel.h", "        while (*lock == 0) {\n        }\n", ""),
)
fault(
    "pico-one-word-for-both",
    "Who runs is kept in a word that cores share.",
    BOARD,
    ("ports/pico/kernel_board.h", "#define BOARD_CORE_WORD 0xd00000d0\n", "#define BOARD_CORE_WORD 0x20041000\n"),
)
fault(
    "pico-not-told",
    "A core that is asked to switch is not interrupted.",
    BOARD,
    (CORES_C, "    (void)core; // the other one\n    tell();\n", "    (void)core;\n"),
)
fault(
    "pico-fifo-error-stays",
    "An error of the FIFO, which the boot ROM leaves, interrupts for ever.",
    BOARD,
    ("ports/common/rp2040/rp2040.h", "#define FIFO_ST_CLEAR (0xc)", "#define FIFO_ST_CLEAR (0)"),
)
fault(
    "pico-told-before-it-is-a-thread",
    "The second core may be told to switch while it still starts.",
    BOARD,
    (CORES_C, "    (void)arch_mask(); // until it is a thread\n", ""),
    (
        "kernel/arch/cortex_m/arch_cortex_m.c",
        "    kern_core_enter(arch_core());\n",
        "    kern_core_enter(arch_core());\n    k_busy_wait(3000);\n",
    ),
)
fault(
    "pico-alarm-missed",
    "An alarm that is set for a time that is over by then comes in 71 minutes.",
    STRESS,
    (CORES_C, "        NVIC_PEND = 1u << IRQ_TIMER(core);\n", ""),
)
fault(
    "pico-register-lost",
    "A switch gives back all registers but one.",
    STRESS,
    ("kernel/arch/cortex_m/switch_v6m.S", "    mov     r9, r5\n", ""),
)
fault(
    "pico-guard-of-another-eighth",
    "What may not be written is the first eighth of the region that the guard is in.",
    REPORTS,
    ("kernel/arch/cortex_m/arch_cortex_m.c", "(~(1u << low / ARCH_STACK_GUARD % 8) & 0xff)", "(~1u & 0xff)"),
)
fault(
    "pico-copies-unaligned-words",
    "memcpy reads unaligned words, which ARMv6-M has not.",
    BOARD,
    (
        "ports/common/cortex_m/memory.c",
        "#define MAY_COPY_WORDS(to, from) (((uintptr_t)(to) ^ (uintptr_t)(from)) % WORD == 0)\n",
        "#define MAY_COPY_WORDS(to, from) (true)\n",
    ),
)
