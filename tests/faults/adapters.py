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
    ("ports/mps2-an385/startup.c", "    [14] = PendSV_Handler,\n", ""),
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
