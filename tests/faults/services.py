# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in services/."""

from faults.catalogue import fault

fault(
    "schedule-lost",
    "What an interrupt schedules while the callback runs is forgotten.",
    "services_slots:gil-testing",
    (
        "services/dispatch.c",
        "        pending &= ~(1u << index);\n        slot = slots[index];\n",
        "        slot = slots[index];\n",
    ),
    (
        "services/dispatch.c",
        "            slot->callback(slot->arg);\n",
        "            slot->callback(slot->arg);\n"
        "            pending &= ~(1u << slot->index);\n",
    ),
)
