# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in kernel/arch/cortex_m where there are limits of stacks and two cores, and in what the cores share."""

from faults.catalogue import fault

REPORTS = "kernel:mps2-an521-faults"
STRESS = "kernel:mps2-an521-stress"
BOARD = "kernel:mps2-an521-board"

fault(
    "cortex-m-second-limit-stays",
    "The second core's limit stays at the stack of its first thread.",
    REPORTS,
    (
        "kernel/arch/cortex_m/arch_cortex_m.c",
        "    guard_move(next);\n",
        "    if (arch_core() == 0) {\n        guard_move(next);\n    }\n",
    ),
)
fault(
    "cortex-m-no-room-for-a-switch",
    "PendSV saves registers below the end of a stack, which no limit keeps it from.",
    REPORTS,
    ("kernel/arch/cortex_m/switch.S", "    blo     fault_handler\n", ""),
)
fault(
    "cortex-m-resumed-before-stored",
    "The lock is given back before it is stored where the registers are: another core runs an older state.",
    STRESS,
    ("kernel/arch/cortex_m/arch_cortex_m.c", "    old->arch.sp = sp;\n", "    uint32_t *mine = sp;\n"),
    (
        "kernel/arch/cortex_m/arch_cortex_m.c",
        "    sp = next->arch.sp;\n    kern_spin_give(&kern.lock);\n",
        "    sp = next == old ? sp : next->arch.sp;\n    kern_spin_give(&kern.lock);\n"
        "    for (volatile int i = 0; i < 3000; ++i) {\n    }\n"
        "    old->arch.sp = mine;\n",
    ),
)
fault(
    "cortex-m-one-main-stack",
    "Interrupts of both cores use one stack.",
    STRESS,
    (
        "kernel/arch/cortex_m/arch_cortex_m.c",
        "main_stack_end - core * (",
        "main_stack_end - (core / ARCH_CORES) * (",
    ),
)
fault(
    "an521-no-interrupt-between-cores",
    "A core that is asked to switch is not interrupted.",
    BOARD,
    ("ports/mps2-an521/cores.c", "    MHU0(core)->set = TELL_IPI;\n", ""),
)
fault(
    "cortex-m-told-before-it-is-a-thread",
    "The first core may be told to switch while it still starts the second one.",
    BOARD,
    ("kernel/arch/cortex_m/arch_cortex_m.c", "        (void)arch_mask(); // or another", "        // or another"),
    (
        "kernel/arch/cortex_m/arch_cortex_m.c",
        "        kern_cores_start(core_start);\n",
        "        kern_cores_start(core_start);\n        while (kern_now() < 3000000) {\n        }\n",
    ),
)
fault(
    "cmsdk-half-counted-twice",
    "Each core that finds a new half period counts it.",
    "kernel:mps2-an521-clock",
    (
        "ports/common/cmsdk/clock.c",
        "__atomic_compare_exchange_n(&halves, &expected, half, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);",
        "(void)expected;\n        __atomic_fetch_add(&halves, 1, __ATOMIC_RELAXED);",
    ),
)
fault(
    "cmsdk-half-read-late",
    "How many halves there were is read behind the counter: it may have been told of the next one.",
    "kernel:mps2-an521-clock",
    (
        "ports/common/cmsdk/clock.c",
        "    uint32_t half = __atomic_load_n(&halves, __ATOMIC_ACQUIRE);\n"
        "    uint32_t ticks = PERIOD - 1 - TIMER0->value;\n",
        # Once, shortly before a half ends, who has read the one waits until another core has counted the other.
        "    static volatile uint32_t waits;\n"
        "    uint32_t before = __atomic_load_n(&halves, __ATOMIC_ACQUIRE);\n"
        "    uint32_t ticks = PERIOD - 1 - TIMER0->value;\n"
        "    if (ticks % (PERIOD / 2) > PERIOD / 2 - 400 && __atomic_fetch_add(&waits, 1, __ATOMIC_RELAXED) == 0) {\n"
        "        while (__atomic_load_n(&halves, __ATOMIC_ACQUIRE) == before) {\n        }\n    }\n"
        "    uint32_t half = __atomic_load_n(&halves, __ATOMIC_ACQUIRE);\n",
    ),
)
