# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults of ends: what machine.soft_reset() outside of the main thread's program comes to."""

from faults.catalogue import fault

fault(
    "reset-ends-its-thread",
    "machine.soft_reset() in a thread or a callback ends that and nothing else.",
    "ends-by-reset:gil-testing",
    ("vm/softreset.c", "    if (!in_program) {\n", "    if (!in_program && asked != 0) {\n"),
)
fault(
    "reset-of-a-prompt",
    "A soft reset that a thread asks for at the prompt stops the board.",
    "reset-at-prompt:gil",
    (
        "vm/softreset.c",
        "        int ret = prompt();\n        nlr_pop();\n",
        "        nlr_pop();\n        int ret = prompt();\n",
    ),
)
fault(
    "reset-asked-once",
    "A main thread that catches the one exception of a soft reset goes on for ever.",
    "reset-from-elsewhere:gil",
    ("vm/softreset.c", "        dispatch_schedule_at(&slot, rtos_now_us() + HEDDLE_RESET_ASK_MS * 1000);\n", ""),
)
fault(
    "reset-eaten-by-callback",
    "Callbacks eat the exception of a soft reset, and the main thread never sees it.",
    "reset-from-elsewhere:gil",
    ("vm/softreset.c", "    if (resets) {\n", "    if (resets && false) {\n"),
)
fault(
    "reset-prints",
    "A callback that calls machine.soft_reset() prints a traceback.",
    "ends-by-reset:gil-testing",
    ("vm/softreset.c", "    if (!resets || !heddle_exits(exception)) {\n", "    if (true) {\n"),
)
