# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in kernel/arch/cortex_m, which interrupts of every priority catch, and overflows of stacks."""

from faults.catalogue import fault

INTERRUPTS = "kernel:mps2-an385-interrupts"

fault(
    "cortex-m-urgent-not-masked",
    "Interrupts of the most urgent priorities are let into the kernel's sections.",
    INTERRUPTS,
    (
        "kernel/arch/cortex_m/arch_kernel.h",
        '"mrs %0, primask\\n cpsid i" : "=r" (key) : : "memory");\n',
        '"mrs %0, basepri\\n msr basepri, %1" : "=&r" (key) : "r" (0x30) : "memory");\n',
    ),
    (
        "kernel/arch/cortex_m/arch_kernel.h",
        '"msr primask, %0" : : "r" (key) : "memory");\n',
        '"msr basepri, %0" : : "r" (key) : "memory");\n',
    ),
    (
        "kernel/arch/cortex_m/arch_cortex_m.c",
        '("dsb" : : : "memory");\n    arch_mask_off();\n',
        '("dsb\\n msr basepri, %0" : : "r" (0) : "memory");\n',
    ),
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
