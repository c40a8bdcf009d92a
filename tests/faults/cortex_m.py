# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in kernel/arch/cortex_m, which interrupts of every priority catch, and overflows of stacks."""

from faults.catalogue import fault

INTERRUPTS = "kernel:mps2-an385-interrupts"

fault(
    "cortex-m-urgent-not-masked",
    "Interrupts of the most urgent priorities are let into the kernel's sections.",
    INTERRUPTS,
    ("kernel/arch/cortex_m/arch_kernel.h", "#ifdef BOARD_MASK\n", "#define BOARD_MASK 0x30\n#ifdef BOARD_MASK\n"),
)
fault(
    "cortex-m-switch-not-masked",
    "An interrupt makes a thread ready while PendSV chooses one.",
    INTERRUPTS,
    ("kernel/arch/cortex_m/arch_cortex_m.c", "    arch_mask_on();\n", ""),
)
fault(
    "cortex-m-register-lost",
    "A switch gives back all registers but one.",
    INTERRUPTS,
    (
        "kernel/arch/cortex_m/switch.S",
        "    ldmia   r0!, {r4-r11, lr}\n",
        "    mov     r1, r9\n    ldmia   r0!, {r4-r11, lr}\n    mov     r9, r1\n",
    ),
)
fault(
    "cortex-m-guard-stays",
    "The guard stays at the stack of the first thread.",
    "kernel:mps2-an385-faults",
    ("kernel/arch/cortex_m/arch_cortex_m.c", "    guard_move(next);\n", ""),
)
