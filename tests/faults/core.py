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
        "        core_grant_locked(next);\n    }\n    rtos_crit_exit(key);\n",
        # The window is a dozen instructions; a loop makes it wide enough to be met in one run.
        "    }\n    rtos_crit_exit(key);\n    for (volatile int i = 0; i < 300; ++i) {\n    }\n"
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
    "An urgent thread waits behind a lesser one that does not run.",
    "mutexes:nogil-testing-icount",
    ("core/lock.c", "    lend_priority(mutex);\n", "    (void)lend_priority;\n"),
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
        "        rtos_atomic_store(&lock->word, (uintptr_t)next->ident << 1 | (last ? 0 : WAITERS));\n",
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
