# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in vm/."""

from faults.catalogue import fault

fault(
    "arguments-no-root",
    "The collector frees a thread's arguments before its first line runs.",
    "thread_start:gil-icount",
    ("vm/gc.c", "    scan(&t->state.dict_locals, t + 1);\n", "    scan(&t->state.dict_locals, &t->block);\n"),
)
fault(
    "bad-sp-scanned-whole",
    "A damaged stack pointer is papered over by a scan of the whole stack.",
    "stack-pointer:gil-testing",
    (
        "vm/gc.c",
        '        rtos_fatal("the collector found a saved stack pointer outside its stack");\n',
        "        stack.sp = stack.low;\n",
    ),
)
fault(
    "no-hand-over-while-locked",
    "A callback that sleeps beside a loop hangs for ever.",
    "callbacks:gil-testing",
    (
        "vm/thread.c",
        "    core_gil_attend();\n",
        "    if (MP_STATE_VM(sched_state) != MP_SCHED_LOCKED) {\n        core_gil_attend();\n    }\n",
    ),
)
fault(
    "marks-after-resume",
    "Objects found after the mark stack overflowed are marked too late.",
    "gc_overflow:nogil",
    ("vm/gc.c", "    gc_deal_with_stack_overflow();\n    rtos_world", "    rtos_world"),
)
fault(
    "creation-lock",
    "A creation that collects waits for a lock that its own creation holds.",
    "create_fails:gil-testing",
    ("vm/thread.c", "static void *block_take(", "core_lock_t list_lock;\n\nstatic void *block_take("),
    (
        "vm/thread.c",
        "    void *block = block_take(size);\n",
        "    core_lock_acquire(&list_lock, CORE_FOREVER, false);\n"
        "    void *block = block_take(size);\n"
        "    core_lock_release(&list_lock);\n",
    ),
    ("vm/gc.c", "static void scan_threads(", "extern core_lock_t list_lock;\n\nstatic void scan_threads("),
    (
        "vm/gc.c",
        "    scan_threads();\n    soft_timer",
        "    while (core_lock_acquire(&list_lock, CORE_FOREVER, false) != 0) {\n    }\n"
        "    scan_threads();\n    core_lock_release(&list_lock);\n    soft_timer",
    ),
)
fault(
    "timers-not-suspended",
    "A soft timer fires while its list is being marked.",
    "timers_collect:gil-icount",
    ("vm/timer.c", "    dispatch_suspend(&slot);\n", ""),
    ("vm/timer.c", "    dispatch_resume(&slot);\n", ""),
    # A tick or two while the timers are marked, which are single roots.
    (
        "vm/gc.c",
        '#include "py/gc.c"\n',
        "void upstream_gc_collect_root(void **ptrs, size_t len);\n"
        '#define gc_collect_root upstream_gc_collect_root\n#include "py/gc.c"\n#undef gc_collect_root\n'
        "void gc_collect_root(void **ptrs, size_t len) {\n    upstream_gc_collect_root(ptrs, len);\n"
        "    for (volatile int i = 0; len == 1 && i < 300; ++i) {\n    }\n}\n",
    ),
)
fault(
    "leave-lost",
    "A soft reset's request to leave is cleared by the thread's first step.",
    "leave-first-run:gil-testing",
    ("vm/thread.c", "    if (leave) {\n", "    if (leave && false) {\n"),
)
fault(
    "new-block-unrooted",
    "A new block is found by nobody between its allocation and its first use.",
    "gc_new_blocks:nogil",
    (
        "vm/gc.c",
        "    bool open = heap_enter();\n    return heap_exit(open, upstream_gc_alloc(n_bytes, alloc_flags));\n",
        # What gcc made of it at -O3: the pointer comes into being after the heap was unlocked.
        "    volatile uintptr_t hidden = ~(uintptr_t)upstream_gc_alloc(n_bytes, alloc_flags);\n"
        "    for (volatile int i = 0; i < 2000; ++i) {\n    }\n    return (void *)~hidden;\n",
    ),
)
fault(
    "isr-keeps-state",
    "Python in an interrupt uses the state of the thread it interrupted.",
    "isr_python:gil-testing",
    ("vm/isr.c", "    rtos_set_tls(tls);\n", "    (void)tls;\n"),
)
fault(
    "filled-in-after-start",
    "Two-phase initialisation: an urgent thread runs before it has its function.",
    "thread_start:nogil-icount",
    ("vm/thread.c", "    th->fun = config->fun;\n", "    th->fun = mp_const_none;\n"),
    (
        "vm/thread.c",
        "        core_thread_start(&th->core);\n",
        "        core_thread_start(&th->core);\n        th->fun = config->fun;\n",
    ),
)
fault(
    "two-reapers",
    "Two threads that create reap the same finished thread, and its block is freed twice.",
    "threads_churn:nogil",
    ("vm/thread.c", "    core_vm_list_lock();\n    core_reap();\n    core_vm_list_unlock();\n", "    core_reap();\n"),
    (
        "core/thread.c",
        "if (rtos_atomic_cas(&t->state, CORE_EXITED, CORE_REAPING)) {",
        "if (rtos_atomic_load(&t->state) == CORE_EXITED) {\n"
        "            for (volatile int i = 0; i < 300; ++i) {\n            }\n",
    ),
)
fault(
    "stacks-not-scanned",
    "What only another thread's stack holds is freed.",
    "stress_gc_threads:gil",
    (
        "vm/gc.c",
        "            if (t != self) {\n                scan_stack(t);\n            }\n",
        "            (void)self;\n            (void)scan_stack;\n",
    ),
)
fault(
    "isr-looks-for-exceptions",
    "A loop in a hard callback looks for exceptions of what it interrupted, as if that were a Python thread.",
    "isr_python:gil-testing",
    ("vm/thread.c", "    if (!rtos_in_isr() && core_pending(", "    if (core_pending("),
)
fault(
    "collector-may-not-wait",
    "A finaliser closes a file while another thread is inside the file system, and the board stops.",
    "fs_finaliser:nogil-testing",
    (
        "core/lock.c",
        "interruptible || HEDDLE_GIL ? core_may_wait() : !rtos_in_isr() && !rtos_masked();",
        "core_may_wait();",
    ),
)
fault(
    "reset-inside-file-system",
    "A soft reset ends a thread that holds the file system's lock, and nobody opens a file after that.",
    "reset-in-file-system:nogil-testing",
    ("vm/thread.c", "    heddle_fs_lock();\n", ""),
    ("vm/thread.c", "    heddle_fs_unlock();\n", ""),
)
fault(
    "reset-finaliser-waits",
    "A finaliser of a soft reset waits for a lock whose holder is gone.",
    "reset-finaliser:nogil-testing",
    ("vm/gc.c", "    core_collect(true);\n    upstream_gc_sweep_all();\n", "    upstream_gc_sweep_all();\n"),
)
fault(
    "timers-unlocked",
    "Two threads change the heap of soft timers at the same time.",
    "timers_threads:nogil-icount",
    ("vm/timer.c", "        core_mutex_lock(&MP_STATE_MEM(gc_mutex));\n", ""),
    ("vm/timer.c", "        core_mutex_unlock(&MP_STATE_MEM(gc_mutex));\n", ""),
)
