# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in core/, services/ and adapters/common that a few forced switches show: explored schedules catch them."""

from faults.catalogue import fault

fault(
    "joiner-woken-early",
    "A joiner goes on before the thread counts as ended, and a late one waits for ever.",
    "sim-core-nogil-1-cores",
    (
        "core/thread.c",
        "    rtos_crit_t key = rtos_crit_enter();\n"
        "    rtos_atomic_store(&t->state, CORE_EXITED);\n"
        "    core_lend_ended_locked(t);\n"
        "    rtos_poke(exited, exited + 1);\n"
        "    rtos_poke(live, live - 1);\n"
        "    rtos_crit_exit(key);\n"
        "    core_thread_t *joiner;\n",
        "    rtos_crit_t key;\n"
        "    core_thread_t *joiner;\n",
    ),
    (
        "core/thread.c",
        "    } while (joiner != NULL);\n"
        "}\n",
        "    } while (joiner != NULL);\n"
        "    key = rtos_crit_enter();\n"
        "    rtos_atomic_store(&t->state, CORE_EXITED);\n"
        "    rtos_poke(exited, exited + 1);\n"
        "    rtos_poke(live, live - 1);\n"
        "    rtos_crit_exit(key);\n"
        "}\n",
    ),
)
fault(
    "unlinked-outside",
    "A thread is unlinked while another is linked behind it.",
    "sim-core-nogil-2-cores",
    (
        "core/thread.c",
        "static void unlink_thread(core_thread_t *t) {\n"
        "    rtos_crit_t key = rtos_crit_enter();\n"
        "    rtos_poke(t->prev->next, t->next);\n"
        "    t->next->prev = t->prev;\n"
        "    rtos_poke(exited, exited - 1);\n"
        "    rtos_crit_exit(key);\n",
        "static void unlink_thread(core_thread_t *t) {\n"
        "    rtos_poke(t->prev->next, t->next);\n"
        "    t->next->prev = t->prev;\n"
        "    rtos_poke(exited, exited - 1);\n",
    ),
)
fault(
    "unpark-before-grant",
    "A thread is woken before it is out of the queue, sees itself in it, and sleeps again.",
    "sim-core-gil-2-cores",
    (
        "core/wait.c",
        "    core_queue_remove_locked(t);\n"
        "    rtos_poke(t->waits_for, CORE_WAIT_OTHER);\n"
        "    if (t->wants_gil) {\n"
        "        core_gil_queue_locked(t);\n"
        "    } else {\n"
        "        rtos_unpark(&t->rtos);\n"
        "    }\n",
        "    if (!t->wants_gil) {\n"
        "        rtos_unpark(&t->rtos);\n"
        "    }\n"
        "    core_queue_remove_locked(t);\n"
        "    if (t->wants_gil) {\n"
        "        core_gil_queue_locked(t);\n"
        "    }\n",
    ),
)
fault(
    "expired-forgotten",
    "Who gave the GIL up at the end of its slice is never the next.",
    "sim-core-gil-1-cores",
    (
        "core/gil.c",
        "    if (returner == NULL || expired == NULL) {\n"
        "        return returner != NULL ? returner : expired;\n",
        "    if (returner == NULL || expired == NULL) {\n"
        "        return returner;\n",
    ),
)
fault(
    "returners-for-ever",
    "Threads that come back from short waits pass one that computes, for ever.",
    "sim-core-gil-1-cores",
    (
        "core/gil.c",
        "return gil.streak < HEDDLE_GIL_RETURNERS ? returner : expired;",
        "return returner;",
    ),
)
fault(
    "returner-waits-a-slice",
    "Who comes back from a wait waits for the holder's whole slice.",
    "lateness:gil-icount",
    ("core/gil.c", "return next == gil.returners.head ? 1 : HEDDLE_GIL_SLICE_MS;", "return HEDDLE_GIL_SLICE_MS;"),
)
fault(
    "returner-waits-a-tick",
    "Who comes back from a wait waits for a tick, though there was one since the grant.",
    "lateness:gil-icount",
    ("core/gil.c", "        core_gil_update_locked(); // the tick that ends the holder's slice may have been\n", ""),
)
fault(
    "no-slices",
    "The tick does not count, and nobody who computes gives up the GIL.",
    "sim-core-gil-1-cores",
    (
        "core/gil.c",
        "    } else if (++gil.slice_ms >= slice_locked(next)) {\n",
        "    } else if (gil.slice_ms >= slice_locked(next)) {\n",
    ),
)
fault(
    "gil-timeout-stays-queued",
    "A thread that gave up waiting for the GIL is given it.",
    "sim-core-gil-1-cores",
    (
        "core/gil.c",
        "            if (late) {\n"
        "                core_queue_remove_locked(self);\n"
        "                core_gil_update_locked();\n"
        "            }\n",
        "",
    ),
)
fault(
    "gil-timeout-ignores-grant",
    "A thread gives up the wait for a GIL that it holds.",
    "sim-core-gil-1-cores",
    (
        "core/gil.c",
        "bool late = now_us >= deadline_us && core_gil_holder != self;",
        "bool late = now_us >= deadline_us;",
    ),
)
fault(
    "attention-dropped-at-grant",
    "A callback that waits is forgotten when the GIL changes hands.",
    "sim-core-gil-1-cores",
    (
        "core/gil.c",
        "    rtos_poke(core_attention, core_pending(t) != CORE_PENDING_NOTHING ? ATTENTION_VM : 0);\n",
        "    rtos_poke(core_attention, 0);\n",
    ),
)
fault(
    "flag-cleared-outside",
    "An interruption that comes while the last one is dealt with is lost.",
    "sim-core-nogil-1-cores",
    (
        "core/wait.c",
        "    if (pending == CORE_PENDING_NOTHING) {\n"
        "        rtos_poke(t->interrupted, false);\n"
        "    }\n"
        "    rtos_crit_exit(key);\n"
        "    return pending;",
        "    rtos_crit_exit(key);\n"
        "    if (pending == CORE_PENDING_NOTHING) {\n"
        "        rtos_poke(t->interrupted, false);\n"
        "    }\n"
        "    return pending;",
    ),
)
fault(
    "interrupt-no-unpark",
    "Who waits for ever does not see that it is interrupted.",
    "sim-core-gil-1-cores",
    (
        "core/wait.c",
        "    core_gil_update_locked();\n"
        "    rtos_unpark(&t->rtos);\n",
        "    core_gil_update_locked();\n",
    ),
)
fault(
    "stale-token",
    "A wait takes an old token for its grant.",
    "sim-core-gil-1-cores",
    (
        "core/wait.c",
        "        if (ret == 0 && deadline_us == CORE_FOREVER) {\n"
        "            rtos_park(RTOS_FOREVER);\n"
        "        }",
        "        if (ret == 0 && deadline_us == CORE_FOREVER) {\n"
        "            rtos_park(RTOS_FOREVER);\n"
        "            return 0;\n"
        "        }",
    ),
)
fault(
    "events-between-waits",
    "An event between two waits is lost.",
    "sim-core-gil-1-cores",
    (
        "core/wait.c",
        "    if (!event_is_new(self, interruptible)) {\n",
        "    event_is_new(self, interruptible);\n"
        "    if (true) {\n",
    ),
)
fault(
    "lock-mark-without-cas",
    "The mark that somebody waits overwrites a release.",
    "sim-core-gil-2-cores",
    (
        "core/core.h",
        "        } else if ((word & CORE_WAITERS) || rtos_atomic_cas(&lock->word, word, word | CORE_WAITERS)) {\n"
        "            return false;\n",
        "        } else {\n"
        "            rtos_atomic_store(&lock->word, word | CORE_WAITERS);\n"
        "            return false;\n",
    ),
)
fault(
    "release-by-store",
    "A release overwrites the mark that somebody waits.",
    "sim-core-gil-1-cores",
    (
        "core/lock.c",
        "        if (rtos_atomic_cas(&lock->word, word, 0)) {\n"
        "            return 0;\n"
        "        }\n",
        "        rtos_atomic_store(&lock->word, 0);\n"
        "        return 0;\n",
    ),
)
fault(
    "waiters-bit-dropped",
    "The second of two waiters is forgotten.",
    "sim-core-gil-1-cores",
    (
        "core/lock.c",
        "(last ? 0 : CORE_WAITERS)",
        "(last ? 0 : 0)",
    ),
)
fault(
    "double-unlink",
    "A thread leaves a queue that it was taken out of.",
    "sim-core-gil-1-cores",
    (
        "core/wait.c",
        "    bool waits = self->queue == q;\n"
        "    if (waits && q != NULL) {\n",
        "    bool waits = self->queue == q;\n"
        "    if (q != NULL) {\n",
    ),
)
fault(
    "urgency-ignored",
    "Queues are first come, first served.",
    "sim-core-gil-1-cores",
    (
        "core/wait.c",
        "    while (after->priority < t->priority && after != q->head) {\n",
        "    while (false) {\n",
    ),
    (
        "core/wait.c",
        "    if (after->priority < t->priority) {\n"
        "        after = after->queue_prev;\n"
        "        q->head = t;\n"
        "    }\n",
        "",
    ),
)
fault(
    "ident-not-its-own",
    "Two threads have the same ident.",
    "sim-core-nogil-2-cores",
    (
        "core/thread.c",
        "    uint32_t ident = ++last_ident;\n"
        "    rtos_crit_exit(key);\n",
        "    rtos_crit_exit(key);\n"
        "    uint32_t ident = ++last_ident;\n",
    ),
)
fault(
    "list-unlocked-join",
    "A join looks at a thread that is being freed.",
    "sim-core-nogil-1-cores",
    (
        "core/thread.c",
        "    *key = rtos_crit_enter();\n    core_vm_list_unlock();\n",
        "    core_vm_list_unlock();\n    *key = rtos_crit_enter();\n",
    ),
)
fault(
    "reset-leaves-queues",
    "A thread that a reset ended is still in a queue.",
    "sim-core-gil-1-cores",
    (
        "core/reset.c",
        "    if (t->queue != NULL) {\n"
        "        core_leave_locked(t);\n"
        "    }\n",
        "",
    ),
)
fault(
    "reset-without-creations",
    "A reset does not wait for creations under way.",
    "sim-core-nogil-2-cores",
    (
        "core/reset.c",
        "    if (creations_under_way()\n"
        "        && (",
        "    if (creations_under_way() && false\n"
        "        && (",
    ),
)
fault(
    "suspend-does-not-wait",
    "A suspended slot is still running.",
    "sim-core-gil-2-cores",
    (
        "services/dispatch.c",
        "    while (rtos_peek(running) == slot && rtos_thread_self() != &service.thread) {",
        "    while (false) {",
    ),
)
fault(
    "running-marked-late",
    "A slot runs that suspend took for idle.",
    "sim-core-gil-2-cores",
    (
        "services/dispatch.c",
        "    rtos_poke(running, slot);\n"
        "    rtos_crit_exit(key);\n",
        "    rtos_crit_exit(key);\n"
        "    rtos_poke(running, slot);\n",
    ),
)
fault(
    "unregister-keeps-schedule",
    "The next slot in a place inherits the last one's schedule.",
    "sim-core-gil-2-cores",
    (
        "services/dispatch.c",
        "    slots[slot->index] = NULL;\n"
        "    pending &= ~(1u << slot->index);\n",
        "    slots[slot->index] = NULL;\n",
    ),
)
fault(
    "resume-does-not-wake",
    "What was scheduled while suspended never runs.",
    "sim-core-gil-1-cores",
    (
        "services/dispatch.c",
        "    if (pending & ~blocked) {\n"
        "        wake_locked();\n"
        "    }\n",
        "",
    ),
)
fault(
    "timer-tick-stops-early",
    "The tick ends before the last timer is due.",
    "sim-core-gil-1-cores",
    (
        "services/dispatch.c",
        "    if (next_us == UINT64_MAX) {\n"
        "        rtos_tick(",
        "    if (true) {\n"
        "        rtos_tick(",
    ),
)
fault(
    "stop-without-unpark",
    "A service that waits does not see that it is to stop.",
    "sim-core-gil-1-cores",
    (
        "services/service.c",
        "    rtos_poke(s->stop, true);\n"
        "    rtos_unpark(&s->thread);\n",
        "    rtos_poke(s->stop, true);\n",
    ),
)
fault(
    "stop-kept",
    "A service that was stopped once ends as soon as it is started again.",
    "sim-core-gil-1-cores",
    (
        "services/service.c",
        "    rtos_poke(s->stop, false);\n",
        "",
    ),
)

STOP = "adapters/common/stop.c"

fault(
    "core-not-held-yet",
    "The world counts as stopped as soon as the helpers are asked: one of them waits for a critical section to end.",
    "sim-core-nogil-2-cores",
    (STOP, "            await(&helpers[core].holds, stop);\n", "            (void)await;\n"),
)
fault(
    "core-not-kept",
    "A helper acknowledges and does not keep its core.",
    "sim-core-nogil-2-cores",
    (STOP, "        await(&self->stop, 0);\n", "        rtos_park(1);\n"),
)
fault(
    "turn-before-level",
    "A thread that is not raised yet has the turn to stop the world, and a more urgent one waits for it.",
    "sim-core-nogil-2-cores",
    (
        STOP,
        "        rtos_thread_raise(true);\n    }\n    rtos_crit_exit(key);\n    return free;\n",
        "    }\n    rtos_crit_exit(key);\n    if (free) {\n        rtos_thread_raise(true);\n    }\n    return free;\n",
    ),
)
fault(
    "turn-given-first",
    "The next stopper's helper shares a core with one who is still raised.",
    "sim-core-nogil-more-cores",
    (
        STOP,
        "    rtos_crit_t key = rtos_crit_enter();\n"
        "    rtos_atomic_store(&stopping, 0);\n"
        "    rtos_thread_raise(false);\n"
        "    rtos_crit_exit(key);\n",
        "    rtos_atomic_store(&stopping, 0);\n    rtos_thread_raise(false);\n",
    ),
)
fault(
    "core-read-too-early",
    "Who stops the world asks after its core before it is bound to stay there, and holds its own.",
    "sim-core-nogil-2-cores",
    (
        STOP,
        "static void others_stop(bool stop) {\n    unsigned self = rtos_core_id();\n",
        "static void others_stop(bool stop, unsigned self) {\n",
    ),
    (STOP, "    while (!turn_take()) {", "    unsigned self = rtos_core_id();\n    while (!turn_take()) {"),
    (STOP, "    others_stop(true);", "    others_stop(true, self);"),
    (STOP, "    others_stop(false);", "    others_stop(false, rtos_core_id());"),
)
fault(
    "cores-trusted-to-give-way",
    "The world counts as stopped once the helpers can run, and the interrupts that tell their cores come late.",
    "sim-core-nogil-2-cores",
    (
        STOP,
        "    unsigned self = rtos_core_id();\n",
        "    rtos_crit_t key = rtos_crit_enter();\n    unsigned self = rtos_core_id();\n",
    ),
    (
        STOP,
        "    // Also at the end: the next stopper would take the hold that is ending for one of its own.\n"
        "    for (unsigned core = 0; core",
        "    rtos_crit_exit(key);\n    for (unsigned core = 0; !stop && core",
    ),
)
fault(
    "cores-told-at-once",
    "The simulated cores hear at once of what others do: no interrupt between them is ever late.",
    "sim-late",
    (
        "adapters/sim/rtos_sim.c",
        "            change_there(core, next[core]);\n",
        "            change_there(core, running[core]);\n            run_on(core, next[core]);\n",
    ),
)
