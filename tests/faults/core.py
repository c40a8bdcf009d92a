# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in core/."""

from faults.catalogue import fault

fault(
    "started-before-listed",
    "A thread runs, or even ends, before anybody can find it.",
    "thread_start:nogil-icount",
    (
        "core/thread.c",
        "void core_thread_start(core_thread_t *t) {\n",
        "void core_thread_start(core_thread_t *t) {\n    rtos_thread_start(&t->rtos);\n",
    ),
    ("core/thread.c", "    rtos_crit_exit(key);\n    rtos_thread_start(&t->rtos);\n", "    rtos_crit_exit(key);\n"),
)
fault(
    "grant-outside",
    "A granted thread runs, ends and is freed before its unpark.",
    "lock_timeouts:nogil-icount",
    (
        "core/lock.c",
        "        core_grant_locked(next);\n"
        "        if (lent) {\n"
        "            core_lend_handed_over_locked(lock, holder, to);\n"
        "        }\n    }\n    rtos_crit_exit(key);\n",
        # The window is a dozen instructions; a loop makes it wide enough to be met in one run.
        "        (void)holder;\n    }\n    rtos_crit_exit(key);\n    for (volatile int i = 0; i < 300; ++i) {\n    }\n"
        "    if (next != NULL) {\n        core_grant_locked(next);\n    }\n",
    ),
)
fault(
    "timeout-ignores-grant",
    "A lock that was handed over at the last moment belongs to nobody.",
    "lock_timeouts:gil-icount",
    (
        "core/wait.c",
        "    while (rtos_peek(self->queue) == q) {\n",
        "    while (rtos_peek(self->queue) == q || (deadline_us != CORE_FOREVER && rtos_now_us() >= deadline_us)) {\n",
    ),
    (
        "core/wait.c",
        "        } else if (leave(self, q)) {\n",
        "        } else {\n            leave(self, q);\n",
    ),
)
fault(
    "attention-cleared",
    "A thread's slow pass forgets that main has a callback waiting.",
    "callbacks:gil-testing",
    (
        "core/gil.c",
        "    rtos_poke(core_attention, attention);\n",
        "    rtos_poke(core_attention, attention & ATTENTION_GIL);\n",
    ),
)
fault(
    "finaliser-gives-up-gil",
    "Another thread allocates in the middle of a collection.",
    "sim-core-gil-1-cores",
    ("core/core.h", "!rtos_masked() && !core_collects();", "!rtos_masked();"),
)
fault(
    "freed-before-joined",
    "A thread's stack is used again while the kernel is still on it.",
    "thread_cycles:nogil",
    ("core/thread.c", "if (rtos_thread_join(&t->rtos, wait_ms) == 0) {", "if (true) {"),
)
fault(
    "no-priority-lent",
    "An urgent thread waits for a lock whose holder does not run, because others compute.",
    "priority_lent:gil-icount",
    ("core/wait.c", "core_is_lock(self->waits_for) && self->priority > core_lowest_priority", "false"),
)
fault(
    "lent-for-ever",
    "A thread keeps what was lent to it when it has released the lock.",
    "sim-core-nogil-1-cores",
    (
        "core/lend.c",
        "        list_locked(to, lock);\n    }\n    settle_locked(from);\n",
        "        list_locked(to, lock);\n    }\n",
    ),
)
fault(
    "lent-until-the-taker-releases",
    "What was lent is given back when the taker releases, and not when somebody else does.",
    "sim-core-nogil-1-cores",
    (
        "core/lock.c",
        "lent ? core_lock_holder_thread_locked(lock) : NULL;",
        "core_lock_holder(lock) == core_self()->ident ? core_self() : NULL;",
    ),
)
fault(
    "lent-to-the-next-only",
    "Who waits does not lend on to whom that one waits for.",
    "sim-core-nogil-1-cores",
    (
        "core/lend.c",
        "        t = lock == NULL ? NULL : holder_told_locked(lock);\n",
        "        t = NULL;\n        (void)lock;\n",
    ),
)
fault(
    "lent-after-giving-up",
    "A waiter whose time is over leaves its priority behind.",
    "sim-core-nogil-1-cores",
    ("core/wait.c", "core_is_lock(t->waits_for) && core_lenders != 0", "false"),
)
fault(
    "lent-by-the-dead",
    "A thread that has ended is still lent priorities, in memory that is somebody else's.",
    "sim-core-nogil-1-cores",
    ("core/thread.c", "    core_lend_ended_locked(t);\n", ""),
)
fault(
    "left-while-moved",
    "A waiter whose place in the queue changes is out of it for a moment, and takes that for a grant.",
    "sim-core-nogil-2-cores",
    ("core/lend.c", "    core_queue_unlink_locked(q, t);\n", "    core_queue_remove_locked(t);\n"),
)
fault(
    "holder-keeps-what-it-was-lent",
    "Who becomes less urgent than those that wait for its lock is lent nothing.",
    "set_priority:gil-icount",
    ("core/lend.c", "core_lock_holder(lock) == t->ident && holder_told_locked(lock) == t", "false"),
)
fault(
    "gil-lends-nothing",
    "Who holds the GIL is kept from giving it up by what is less urgent than who waits for it.",
    "sim-core-gil-1-cores",
    ("core/gil.c", "        lend_locked(next_locked());\n", ""),
    ("core/gil.c", "    lend_locked(next);\n", "    (void)lend_locked;\n"),
)
fault(
    "waiter-lost",
    "A release forgets that others wait behind the one it woke.",
    "sim-core-nogil-1-cores",
    ("core/lock.c", "        bool last = next->queue_next == next;\n", "        bool last = true;\n"),
)
fault(
    "timeout-takes",
    "An acquire that timed out says that it has the lock.",
    "sim-core-nogil-1-cores",
    (
        "core/wait.c",
        "        } else if (leave(self, q)) {\n            return ret;\n",
        "        } else if (leave(self, q)) {\n            return 0;\n",
    ),
)
fault(
    "lock-barges",
    "A release leaves the lock free, and whoever comes first takes it from the one that was woken.",
    "sim-core-nogil-1-cores",
    (
        "core/lock.c",
        "        rtos_atomic_store(&lock->word, to == NULL ? 0 : "
        "(uintptr_t)to->ident << 1 | (last ? 0 : CORE_WAITERS));\n",
        "        (void)last;\n        rtos_atomic_store(&lock->word, 0);\n",
    ),
)
fault(
    "no-gil-after-wait",
    "A thread comes back from a wait without the GIL.",
    "sim-core-gil-1-cores",
    ("core/wait.c", "    if (had_gil && !core_gil_held()) {\n        core_gil_enter();\n    }\n", ""),
)
fault(
    "isr-lock-by-whoever",
    "A lock that is taken in an interrupt belongs to what was interrupted, which may be no thread of ours.",
    "sim-core-gil-1-cores",
    ("core/core.h", "rtos_in_isr() ? CORE_ISR_IDENT : self == NULL", "self == NULL"),
)
fault(
    "mutex-handed-over",
    "A mutex is handed to one that has no core yet, and then to the next, for every object that is allocated.",
    "virt-aarch64/parallel-figures:nogil",
    ("core/lock.c", "    core_wait_t kind = CORE_WAIT_MUTEX;\n", "    core_wait_t kind = CORE_WAIT_LOCK;\n"),
)
fault(
    "mutex-never-handed-over",
    "Who waits for a mutex finds it taken again each time that it is woken.",
    "sim-core-nogil-1-cores",
    ("core/lock.c", "        kind = CORE_WAIT_LOCK;\n", ""),
)
fault(
    "mutex-waiters-unmarked",
    "Who takes a free mutex that others wait for releases it without a look at them.",
    "sim-core-nogil-1-cores",
    ("core/core.h", "            own |= lock->waiters.head != NULL ? CORE_WAITERS : 0;\n", ""),
)
fault(
    "lent-to-who-is-not-told",  # lend_to_who_takes_it_free
    "Who took a mutex that was free for others is lent a priority, releases it unaware of them, and keeps that.",
    "sim-core-nogil-2-cores",
    ("core/lend.c", "        && !rtos_atomic_cas(&lock->word, word, word | CORE_WAITERS));", "        && false);"),
)
fault(
    "notified-out-of-queues",
    "Who is notified is in no queue for a moment on its way to the lock's, and takes that for the lock.",
    "sim-core-nogil-2-cores",
    ("core/cond.c", "    core_queue_unlink_locked(t->queue, t);", "    core_queue_remove_locked(t);"),
)
fault(
    "notified-without-the-lock",
    "A condition's wait ends when it is notified, and not when it has the lock again.",
    "sim-core-gil-1-cores",
    ("core/wait.c", "        ret = wait_for_lock(self, interruptible);\n", "        (void)wait_for_lock;\n"),
)
fault(
    "notification-missed",
    "Who is away from a condition's wait to run a callback does not hear of what was notified meanwhile.",
    "sim-core-gil-1-cores",
    ("core/cond.c", "            rtos_poke(cond->missed, cond->missed + 1);\n", ""),
)
fault(
    "notified-in-vain",
    "Who is interrupted between a notification and the lock waits for another one.",
    "sim-core-nogil-2-cores",
    (
        "core/cond.c",
        "    rtos_poke(cond->missed, cond->missed + 1);\n    rtos_crit_exit",
        "    (void)cond;\n    rtos_crit_exit",
    ),
)
