# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in kernel/arch/aarch64, which parallel cores under stress catch, and wrong starts and overflows."""

from faults.catalogue import fault

STRESS = "kernel:virt-aarch64-stress"

fault(
    "aarch64-lock-before-switch",
    "The lock is given back by who leaves: another core runs a thread whose registers are not on its stack yet.",
    STRESS,
    (
        "kernel/arch/aarch64/arch_aarch64.c",
        "    if (next != arch_current()) {\n        arch_switch(next);\n    }\n",
        "    kern_spin_give(&kern.lock);\n"
        "    for (volatile int i = 0; i < 3000; ++i) {\n    }\n"
        "    if (next != arch_current()) {\n        arch_switch(next);\n    }\n"
        "    kern_spin_take(&kern.lock);\n",
    ),
    (
        "kernel/arch/aarch64/arch_aarch64.c",
        "    return next;\n",
        "    kern_spin_give(&kern.lock);\n    for (volatile int i = 0; i < 3000; ++i) {\n    }\n    return next;\n",
    ),
    (
        "kernel/arch/aarch64/arch_aarch64.c",
        "void arch_switched(void) {\n    kern_spin_give(&kern.lock);\n",
        "void arch_switched(void) {\n",
    ),
    (
        "kernel/arch/aarch64/arch_aarch64.c",
        "    kern_spin_give(&kern.lock);\n    arch_unmask(0);\n",
        "    arch_unmask(0);\n",
    ),
)
fault(
    "aarch64-half-of-a-vector",
    "An interrupt gives back another thread's vector registers.",
    STRESS,
    ("kernel/arch/aarch64/vectors.S", "    ldp q20, q21, [sp, #608]\n", ""),
)
fault(
    "aarch64-kept-register",
    "A double that is held across a wait comes back as another thread's.",
    STRESS,
    ("kernel/arch/aarch64/vectors.S", "    ldp d12, d13, [sp, #128]\n", ""),
)
fault(
    "aarch64-rounding",
    "A thread rounds as the one before on its core does.",
    STRESS,
    (
        "kernel/arch/aarch64/vectors.S",
        "    msr fpcr, x2\n    msr fpsr, x3\n    ldp d14",
        "    msr fpsr, x3\n    ldp d14",
    ),
)
fault(
    "aarch64-lines-of-first-core",
    "A core's own interrupts are registered once for all cores, and come on the first only.",
    "kernel:virt-aarch64-board",
    (
        "kernel/arch/aarch64/gic.c",
        "    LINE_REG(base + ENABLE, line) = LINE_BIT(line);\n    arch_unmask(key);\n",
        "    if (line >= 32 || arch_core() == 0) {\n        LINE_REG(base + ENABLE, line) = LINE_BIT(line);\n    }\n"
        "    arch_unmask(key);\n",
    ),
)
fault(
    "aarch64-late-core",
    "A core that comes when the others have given up on it runs threads, and nobody counts it.",
    "kernel:virt-aarch64-late-core",
    ("kernel/cores.c", "    while (arch_core_count() <= core) {\n", "    while (arch_core_count() <= 1) {\n"),
)
fault(
    "aarch64-cores-stay-one",
    "Who has stopped the world stays on the core where it did, for ever.",
    "virt-aarch64/contract:virt-aarch64-icount",
    (
        "adapters/zephyr/rtos_zephyr.c",
        "raise ? BIT(rtos_core_id()) : self->cores);\n",
        "BIT(rtos_core_id()));\n",
    ),
)
fault(
    "aarch64-no-guard",
    "A stack that overflows destroys what is below it, and nobody says so.",
    "kernel:virt-aarch64-faults",
    ("kernel/arch/aarch64/mmu.c", "        *page |= READ_ONLY;\n", ""),
)

TORTURE = "virt-aarch64/collector-torture:nogil-testing"
INTERRUPTED = """    extern char arch_irq_entry[], arch_irq_entry_end[];
    char *sp = stack.sp, *pc = ((char **)sp)[11];
    bool interrupted = pc >= arch_irq_entry && pc < arch_irq_entry_end;
"""

fault(
    "aarch64-no-registers-of-others",
    "A stopped thread's stack is said to begin above the registers that it had when its core was taken from it.",
    "virt-aarch64/contract:virt-aarch64",
    (
        "adapters/zephyr/rtos_zephyr.c",
        "__builtin_frame_address(0) : zephyr_saved_sp(&t->thread);\n",
        "__builtin_frame_address(0) : (char *)zephyr_saved_sp(&t->thread) + 176 + 800;\n",
    ),
)
fault(
    "aarch64-no-floating-registers",
    "Nor at those for floating point, where a pointer may be kept.",
    TORTURE,
    (
        "vm/gc.c",
        "    scan(stack.sp, stack.high);\n",
        INTERRUPTED + "    scan(sp, sp + 96);\n"
        "    scan(sp + 160, interrupted ? (void *)(sp + 176 + 288) : stack.high);\n"
        "    if (interrupted) {\n        scan(sp + 176 + 800, stack.high);\n    }\n",
    ),
)
fault(
    "aarch64-no-own-floating-registers",
    "Nor at those of the thread that collects.",
    TORTURE,
    (
        "vm/gc.c",
        "__builtin_unwind_init();",
        '__asm volatile ("" : : : "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28");',
    ),
)
fault(
    "aarch64-core-not-stopped",
    "One core goes on while the world is stopped.",
    "virt-aarch64/contract:virt-aarch64",
    (
        "adapters/common/stop.c",
        "        if (core != self && stop) {\n",
        "        if (core == 2) {\n            continue;\n        }\n        if (core != self && stop) {\n",
    ),
    (
        "adapters/common/stop.c",
        "        if (core != self) {\n            await(&helpers[core].holds, stop);\n",
        "        if (core != self && core != 2) {\n            await(&helpers[core].holds, stop);\n",
    ),
)
