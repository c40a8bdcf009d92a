# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in adapters/."""

from faults.catalogue import fault

ADAPTER = "adapters/freertos/rtos_freertos.c"

fault(
    "shared-name",
    "All threads show the name of the latest one.",
    "thread_start:gil-icount",
    (ADAPTER, "static TaskHandle_t handle(", "static char shared_name[16];\n\nstatic TaskHandle_t handle("),
    (
        ADAPTER,
        "    t->entry = config->entry;\n",
        "    t->entry = config->entry;\n    strncpy(shared_name, config->name, 15);\n",
    ),
    (ADAPTER, "out->name = pcTaskGetName(handle(t));", "out->name = shared_name;"),
)
fault(
    "critical-by-basepri",
    "An urgent interrupt enters a critical section that masks by priority.",
    "contract:mps2-an385-icount",
    (
        "adapters/freertos/rtos_port.h",
        '"mrs %0, primask\\n\\tcpsid i" : "=r" (key) : : "memory"',
        '"mrs %0, basepri\\n\\tmsr basepri, %1" : "=&r" (key) : "r" (0x20) : "memory"',
    ),
    ("adapters/freertos/rtos_port.h", '"msr primask, %0" : : "r" (key)', '"msr basepri, %0" : : "r" (key)'),
)
fault(
    "unpark-resurrects",
    "An aborted thread comes back to life when somebody unparks it.",
    "contract:mps2-an385-icount",
    (ADAPTER, "    if (t->exited) {\n        // V9", "    if (false) {\n        // V9"),
)
fault(
    "priority-stays-raised",
    "After a collection the collector stays above everybody.",
    "thread_start:nogil-icount",
    ("adapters/common/stop.c", "        rtos_thread_raise(false);\n        return;", "        return;"),
)
fault(
    "no-switch-handler",
    "The vector table has no PendSV handler: the first switch stops the board, and it must say so.",
    "thread_api:gil",
    ("ports/common/cortex_m/startup.c", "    [14] = PendSV_Handler,\n", ""),
)
fault(
    "woken-is-stopped",
    "The world counts as stopped as soon as Linux wakes who waits for that, which it may do too early.",
    "host/contract:nth-posix",
    ("adapters/posix/world.c", "    while (left != 0) {", "    if (left != 0) {"),
)
fault(
    "failed-creation-listed",
    "A thread that could not be created is listed, and once more when it is.",
    "host/contract:nth-posix",
    (
        "adapters/posix/rtos_posix.c",
        "    if (ret == 0) {\n        posix_thread_list(t);\n    }",
        "    posix_thread_list(t);",
    ),
)
fault(
    "guard-stays-behind",
    "The guard stays on the first thread's stack: an overrun of any other one is found by luck.",
    "stack-overrun:gil-testing",
    ("adapters/freertos/FreeRTOSConfig.h", "        configBOARD_GUARD_STACK((task)->pxStack); \\\n", ""),
)
fault(
    "guard-in-the-neighbour",
    "A guard begins in the block below the stack, which the thread may then not write.",
    "contract:mps2-an385-icount",
    ("ports/common/cortex_m/freertos_board.h", "((unsigned long)(low) + 31) & ~31ul", "(unsigned long)(low) & ~31ul"),
)
fault(
    "jump-unseen",
    "A frame that lies below the guard goes unseen for ever.",
    "stack-jumped-over:gil-testing",
    (
        "adapters/freertos/FreeRTOSConfig.h",
        "#define configCHECK_FOR_STACK_OVERFLOW 1",
        "#define configCHECK_FOR_STACK_OVERFLOW 0",
    ),
)
fault(
    "overrun-of-whom",
    "A write to the guard is reported as a fault like any other, without the thread's name.",
    "stack-overrun:nogil-testing",
    ("ports/common/cortex_m/startup.c", "    if (rtos_fatal != NULL) {\n        overrun_report(psp);\n    }\n", ""),
    (
        "ports/common/cortex_m/startup.c",
        "static void overrun_report(",
        "__attribute__((unused)) static void overrun_report(",
    ),
)
fault(
    "lost-frame-believed",
    "A frame for which there was no room is taken for one, and what lies there is told for the program counter.",
    "stack-overrun:nogil-testing",
    ("ports/common/cortex_m/startup.c", "    if (lost) {", "    if (false) {"),
)
fault(
    "stack-left-for-good",
    "AddressSanitizer is told that a thread's own stack is left for good, and it comes back to it.",
    "host/contract:posix-asan",
    (
        "adapters/posix/rtos_posix.c",
        "STACK_LEAVE_FOR(&kept, self->stack",
        "STACK_LEAVE_FOR(NULL, self->stack",
    ),
)
fault(
    "sp-of-an-earlier-stop",
    "A stop that finds its thread about to wait leaves its own stack pointer, and the collector reads the waits below.",
    "host/contract:posix-asan",
    ("adapters/posix/signal.c", "    self->sp = sp;\n", "    (void)sp;\n"),
    (
        "adapters/posix/world.c",
        "    self->sp = __builtin_dwarf_cfa();\n",
        "    self->sp = __builtin_dwarf_cfa();\n    posix_wait(&epoch, atomic_load(&epoch), rtos_now_us() + 2000);\n",
    ),
)
