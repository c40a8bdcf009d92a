# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in ble/: how threads and the host's thread hand calls and events to each other."""

from faults.catalogue import fault

HOST = "ble/host.c"
ONE = "sim-bluetooth-1-cores"
TWO = "sim-bluetooth-2-cores"

fault(
    "ble-completed-outside",
    "A call's memory is its caller's again before its thread has been woken.",
    TWO,
    (
        HOST,
        "    call->done = true;\n    rtos_unpark(call->thread);\n    rtos_crit_exit(key);\n",
        "    call->done = true;\n    rtos_crit_exit(key);\n    rtos_unpark(call->thread);\n",
    ),
)
fault(
    "ble-call-wakes-nobody",
    "The host sleeps on while a call waits for it.",
    ONE,
    (
        HOST,
        "    b->calls_end = &call->next;\n    rtos_unpark(&b->thread);\n",
        "    b->calls_end = &call->next;\n",
    ),
)
fault(
    "ble-end-wakes-nobody",
    "A call is done and its thread sleeps on.",
    ONE,
    (HOST, "    call->done = true;\n    rtos_unpark(call->thread);\n", "    call->done = true;\n"),
)
fault(
    "ble-event-wakes-nobody",
    "An event is there, and whoever waits for it learns it with the next one.",
    ONE,
    (HOST, "            rtos_unpark(w->thread);\n", "            ;\n"),
)
fault(
    "ble-answer-wakes-nobody",
    "An event is given back, and the host learns it with the next call.",
    ONE,
    (
        HOST,
        "    b->back_end = &source->next;\n    rtos_unpark(&b->thread);\n",
        "    b->back_end = &source->next;\n",
    ),
)
fault(
    "ble-event-of-any-start",
    "An event of the last start that is given back in this one answers another event.",
    ONE,
    (HOST, "b->accepting && event->generation == b->generation && ", "b->accepting && "),
)
fault(
    "ble-call-while-ending",
    "A call is taken by a host that has looked at its calls for the last time.",
    ONE,
    (
        HOST,
        "    rtos_poke(b->accepting, false);\n    rtos_crit_exit(key);\n    b->lost",
        "    rtos_crit_exit(key);\n    b->lost",
    ),
)
fault(
    "ble-first-stop-forgotten",
    "Of two threads that stop the host at once one waits for ever.",
    ONE,
    (
        HOST,
        "    call->next = b->stop_call;\n    b->stop_call = call;\n",
        "    call->next = NULL;\n    b->stop_call = call;\n",
    ),
)
fault(
    "ble-sync-too-early",
    "What was given back before a call of ble_sync is looked at after it.",
    TWO,
    (HOST, "    (void)call;\n    back_work(b);\n    return 0;\n", "    (void)b, (void)call;\n    return 0;\n"),
)
