# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in ble/: how threads and the host's thread hand calls and events to each other, and, with names in "ble-way-",
how other hosts have gone wrong (docs/ble.md)."""

from faults.catalogue import fault

HOST = "ble/host.c"
ONE = "sim-bluetooth-1-cores"
TWO = "sim-bluetooth-2-cores"
ALONE = "host/ble-alone"

fault(
    "ble-report-overflows",
    "A long report goes to a buffer that is shorter, and over the next one.",
    ALONE,
    ("ble/scan.c", "BLE_BUFFER_SIZE < BLE_EXTENDED_MAX ? BLE_BUFFER_SIZE : BLE_EXTENDED_MAX", "BLE_EXTENDED_MAX"),
)
fault(
    "ble-keypress-frees-record",
    "A keypress that comes late ends a pairing whose record the store has in hand.",
    ALONE,
    (
        "ble/smp.c",
        "if (p == NULL || p->storing) {\n        return; // it has ended",
        "if (p == NULL) {\n        return; //",
    ),
)
fault(
    "ble-unsigned-write",
    "A value that takes signed writes alone takes any.",
    ALONE,
    ("ble/gatts_write.c", "    if (!plain && q->p[0]", "    if (!plain && q->length == 0 && q->p[0]"),
)
fault(
    "ble-signed-asked-anew",
    "A signed write that the application has agreed to is looked at anew, and its signature is old by then.",
    ALONE,
    ("ble/gatts_write.c", "    if (q->c->att.asked != 0) {", "    if (false) {"),
)
fault(
    "ble-private-not-reached",
    "The controller is to connect to the identity of a peer that is on the air with a private address only.",
    ALONE,
    ("ble/connect.c", "        ble_bond_reach(b, &peer);\n", "        (void)b;\n"),
)
fault(
    "ble-connection-ends-next-advertising",
    "A peer found the advertising before, and the one that is being switched on counts as over.",
    ALONE,
    ("ble/connect.c", "next = central ? NULL : ble_advertising_begins(b);", "next = NULL;"),
)
fault(
    "ble-reply-without-room",
    "The application's commands leave no room for what the controller waits for.",
    ALONE,
    ("ble/hci.c", "BLE_COMMAND_SIZE(length) + BLE_COMMAND_RESERVE <=", "BLE_COMMAND_SIZE(length) <="),
)
fault(
    "ble-answers-without-end",
    "A peer that confirms nothing gets a confirmation for each indication, until all buffers are its own.",
    ALONE,
    ("ble/gattc.c", "ble_l2cap_waiting(c, BLE_CID_ATT, is_confirmation) != 0;", "is_confirmation(0);"),
)
fault(
    "ble-pairs-without-listening",
    "A peer begins to pair again and again without taking an answer, until all buffers are its own.",
    ALONE,
    ("ble/smp.c", "ble_l2cap_waiting(c, BLE_CID_SMP, is_repeated) >= 2", "false"),
)
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
        "        b->back_end = &source->event.source;\n        rtos_unpark(&b->thread);\n",
        "        b->back_end = &source->event.source;\n",
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
    "ble-start-of-another",
    "A start that was stopped at once begins the one that another thread has begun meanwhile.",
    ONE,
    (HOST, "    if (((life_call_t *)call)->generation != b->generation) {\n", "    if (false) {\n"),
)
fault(
    "ble-stop-of-another",
    "A thread that has stopped the host joins the thread of the next start, which nobody has stopped.",
    ONE,
    (HOST, "    bool same = b->generation == s->generation || (s->any && !stopped);\n", "    bool same = true;\n"),
)
fault(
    "ble-stop-returns-early",
    "Of two threads that stop the host at once one returns while it cannot be started yet.",
    ONE,
    (
        HOST,
        "        stopper_wait_exit(b, key);\n    } else {\n        rtos_crit_exit(key);\n    }\n}\n\nvoid ble_stop",
        "        rtos_crit_exit(key);\n        (void)stopper_wait_exit;\n    } else {\n"
        "        rtos_crit_exit(key);\n    }\n}\n\nvoid ble_stop",
    ),
)
fault(
    "ble-sync-too-early",
    "What was given back before a call of ble_sync is looked at after it.",
    TWO,
    (HOST, "    (void)call;\n    back_work(b);\n    return 0;\n", "    (void)b, (void)call;\n    return 0;\n"),
)

fault(
    "ble-way-callback-blocks",
    "A peer's request waits for an application that keeps its event for ever.",
    ALONE,
    (
        HOST,
        "    if (source->timer != NULL) {\n        ble_timer_set(",
        "    if (false) {\n        ble_timer_set(",
    ),
)
fault(
    "ble-way-call-inside",
    "A call has to wait until the application has given its event back, which it does after the call.",
    ALONE,
    (
        HOST,
        "    ble_call_t *call = b->calls;\n",
        "    ble_call_t *call = b->conns[0].att.source.state == BLE_SOURCE_TAKEN ? NULL : b->calls;\n",
    ),
)
fault(
    "ble-way-stop-with-connection",
    "The host stops when its connections have ended, and their end is never told.",
    ALONE,
    (HOST, "    (void)timer;\n    stop_reset(b);\n", "    (void)b, (void)timer;\n"),
)
fault(
    "ble-way-queue-full",
    "A connection whose inbox is full keeps the host from reading for ever.",
    ALONE,
    ("ble/hci.c", "    ble_acl_overrun(b, b->hci.header + 1);\n", ""),
)
fault(
    "ble-way-answer-without-room",
    "What the application has sent leaves no buffer for an answer.",
    ALONE,
    (
        "ble/att.c",
        "    ble_buffer_t *buffer = ble_buffer_take(b, BLE_FOR_ANSWER);\n    if (buffer != NULL) {\n"
        "        ble_buffer_data(buffer)[0] = opcode;\n",
        "    ble_buffer_t *buffer = ble_buffer_take(b, BLE_FOR_APPLICATION);\n    if (buffer != NULL) {\n"
        "        ble_buffer_data(buffer)[0] = opcode;\n",
    ),
)
fault(
    "ble-way-credit-out",
    "A command goes to a controller that has given no credit for it.",
    ALONE,
    ("ble/hci.c", "!h->sent && h->credits != 0; command", "!h->sent; command"),
)
fault(
    "ble-way-link-ends-before-answer",
    "A link ends before the answer to a request, and the procedure never does.",
    ALONE,
    ("ble/gattc.c", "        end_all(goes_on ? p->next : p);\n", "        end_all(goes_on ? p->next : p->next);\n"),
)
fault(
    "ble-counts-of-a-closed-link",
    "Packets in the queue of a link that has ended are counted for ever, and each round looks for them.",
    ALONE,
    ("ble/conn.c", "    b->unsent -= c->out.count;\n", ""),
)
fault(
    "ble-packets-without-a-header",
    "A controller whose packets have three octets is believed, and L2CAP's header is cut in two.",
    ALONE,
    ("ble/hci_init.c", "length >= ACL_LENGTH_MIN &&", "length != 0 &&"),
)
fault(
    "ble-change-not-looked-for",
    "Services change while their peers cannot be told at once, and no round looks for that later.",
    ALONE,
    ("ble/gatts_notify.c", "        b->gatts.unsent = true;\n", "        (void)b;\n"),
)
fault(
    "ble-way-waits-for-itself",
    "What runs on the host's thread makes a call, and waits for the thread that it is on.",
    ONE,
    (
        HOST,
        "        source->done(b, source, source->answer",
        "        ble_sync(b);\n        source->done(b, source, source->answer",
    ),
)
fault(
    "ble-way-scan-outruns",
    "A report too many for the application is the controller's end.",
    ALONE,
    ("ble/scan.c", "        rtos_poke(b->gap.dropped, b->gap.dropped + 1);\n", "        ble_lost(b, -ENOMEM);\n"),
)
