# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in vm/."""

from faults.catalogue import fault

fault(
    "arguments-no-root",
    "The collector frees a thread's arguments before its first line runs.",
    "thread_start:gil-icount",
    ("vm/gc.c", "(void **)(t + 1) - low", "(void **)&t->fun - low"),
)
for root, line in (
    ("scheduled", "    memset(MP_STATE_VM(sched_queue), 0, sizeof(MP_STATE_VM(sched_queue)));\n"),
    ("handled", "    MP_STATE_VM(cur_exception) = NULL;\n"),
    ("returned", "    MP_STATE_THREAD(stop_iteration_arg) = MP_OBJ_NULL;\n"),
):
    fault(
        "kept-what-was-" + root,
        "A root of the VM is still set in the life after a soft reset.",
        "reset-roots:gil-testing",
        ("vm/thread.c", line, ""),
    )
fault(
    "poll-sleeps-on",
    "A stream that nobody signals becomes ready, and poll sleeps to its timeout.",
    "waits_at_once:gil-icount",
    ("vm/select.c", "all_tell(poll_set) ? end_us :", "all_tell(poll_set) || true ? end_us :"),
)
fault(
    "flag-tells-nobody",
    "A thread sets a flag, and an idle loop does not hear of it.",
    "waits_at_once:gil-icount",
    ("vm/select.c", "->set, true);\n    heddle_event_signal();\n", "->set, true);\n"),
)
fault(
    "loop-told-nothing",
    "A thread leaves a call for a loop, which sleeps on.",
    "asyncio_calls:gil-icount",
    ("lib/asyncio/threads.py", "(self)\n        self._loop.flag.set()\n", "(self)\n"),
)
fault(
    "calls-left-behind",
    "An exception out of a callback leaves those behind it for ever.",
    "asyncio_calls:gil-icount",
    ("lib/asyncio/threads.py", "            self.flag.set()  # for those that are left\n", ""),
)
fault(
    "flag-heard-once",
    "The loop takes its flag out of what it polls when it was set.",
    "asyncio_calls:gil-icount",
    ("lib/asyncio/threads.py", "        self.entry[0] = self.task\n", ""),
)
fault(
    "callback-takes-event",
    "A callback that waits takes the event that the wait it interrupted has not looked at, which sleeps on.",
    "callback_waits:gil",
    ("vm/softreset.c", "    self->events_seen = events_seen;\n", "    (void)events_seen;\n"),
)
fault(
    "event-pulse-lost",
    "Who is away from the wait for an event to run a callback does not hear that it was set, and cleared.",
    "callback_waits:gil",
    ("core/cond.c", "rtos_peek(flag->set) || flag->sets != sets", "rtos_peek(flag->set)"),
)
fault(
    "condition-without-lock",
    "What comes while a condition's lock is waited for leaves a `with` that has no lock.",
    "condition_interrupted:gil",
    ("vm/condition.c", "if (late != NULL && raised == NULL) {", "if (false) {"),
)
fault(
    "pool-forgets-thread",
    "A pool has no memory to note the thread that it has begun, and nobody tells that of the end.",
    "pool_no_memory:gil-testing",
    (
        "lib/concurrent/futures.py",
        "            self._threads[thread] = None\n            try:\n                thread.start()\n",
        "            try:\n                thread.start()\n                self._threads[thread] = None\n",
    ),
)
fault(
    "pool-not-told",
    "A pool's thread ends before it takes the work that it was begun for, and the work is nobody's.",
    "pool_no_memory:gil-testing",
    ("lib/threading.py", "                self._died(e)\n", "                pass\n"),
)
fault(
    "handler-ends-wakes",
    "What a loop's exception handler raises itself ends the task that wakes all others.",
    "asyncio_calls:gil-icount",
    ("lib/asyncio/threads.py", "except Exception as er:  # the handler's", "except OSError as er:  # the handler's"),
)
fault(
    "poll-ends-early",
    "A poll with streams to ask ends in the millisecond before its time is over.",
    "waits_at_once:gil-icount",
    ("vm/select.c", "*timeout_ms += 1", "(void)timeout_ms"),
)
fault(
    "full-console-tells-nobody",
    "Who polls for room on the console is not told when there is some.",
    "host/console-room:gil",
    ("ports/common/console.c", "    tx_awaited |= ring_is_full(&tx);\n", ""),
)
fault(
    "inner-pointer-missed",
    "The collector takes no notice of a pointer into the middle of an object, which is all that the compiler has left.",
    "gc_inner_pointer:gil",
    ("vm/gc.c", "n = INNER / BYTES_PER_BLOCK;", "n = 0;"),
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
    ("vm/gc.c", "    gc_deal_with_stack_overflow();\n", ""),
)
fault(
    "creation-lock",
    "A creation that collects waits for a lock that its own creation holds.",
    "create_fails:gil-testing",
    ("vm/thread.c", "static void *block_take(", "core_lock_t list_lock;\n\nstatic void *block_take("),
    (
        "vm/thread.c",
        "    void *block = block_take(size);\n",
        "    core_lock_acquire(&list_lock, false, CORE_FOREVER);\n"
        "    void *block = block_take(size);\n"
        "    core_lock_release(&list_lock);\n",
    ),
    ("vm/gc.c", "static void scan_threads(", "extern core_lock_t list_lock;\n\nstatic void scan_threads("),
    (
        "vm/gc.c",
        "    scan_threads();\n    soft_timer",
        "    while (core_lock_acquire(&list_lock, false, CORE_FOREVER) != 0) {\n    }\n"
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
    ("vm/thread.c", "    th->state.mp_pending_exception = asked;\n", "    (void)asked;\n"),
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
        "            for (volatile int i = 0; i < 100000; ++i) {\n            }\n",
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
    "collector-waits-inside",
    "A collection that an allocation started waits for the file system, whose holder waits to allocate.",
    "fs_finaliser:nogil-testing",
    ("vm/vfs.c", " && !core_mutex_held(&MP_STATE_MEM(gc_mutex));", ";"),
)
fault(
    "finalisers-beside-file-system",
    "A collection beside a thread that is inside the file system frees files without closing them.",
    "fs_finaliser:nogil-testing",
    ("vm/gc.c", "        keep_finalisers();\n", "        (void)keep_finalisers;\n"),
)
fault(
    "no-room-beside-file-system",
    "An allocation fails for want of what only a finaliser gives back.",
    "fs_finaliser:nogil-testing",
    ("vm/gc.c", "    collect();\n    return !rtos_peek(kept);\n", "    return false;\n"),
)
fault(
    "masked-core-collects",
    "A core with its interrupts masked stops the others, which wait for it.",
    "virt-aarch64/bad_input:gil",
    ("vm/gc.c", "    return !rtos_masked() || rtos_core_count() == 1;\n", "    return true;\n"),
)
fault(
    "files-share-a-buffer",
    "Threads that name files relatively write their paths over each other.",
    "host/modules_threads:nogil-testing",
    ("vm/vfs.c", "    nlr_jump_callback_node_t callback;\n    enter(&callback);\n    mp_obj_t ret", "    mp_obj_t ret"),
    ("vm/vfs.c", "n_kw, args);\n    nlr_pop_jump_callback(true);\n", "n_kw, args);\n"),
)
fault(
    "exception-keeps-file-system",
    "Whoever did not find a file keeps the file system.",
    "fs_finaliser:nogil-testing",
    ("vm/vfs.c", "    nlr_push_jump_callback(callback, leave);\n", ""),
    ("vm/vfs.c", "n_kw, args);\n    nlr_pop_jump_callback(true);\n", "n_kw, args);\n    leave(&callback);\n"),
    ("vm/vfs.c", "        nlr_pop_jump_callback(true); \\\n", "        leave(&callback); \\\n"),
)
fault(
    "block-device-lets-others-in",
    "With a GIL another thread enters a file system that is in a block device written in Python.",
    "modules_threads:gil",
    ("vm/vfs.c", "    if (rtos_in_isr() || !core", "    if (!HEDDLE_GIL && !core"),
    ("vm/vfs.c", "    (void)callback;\n", "    (void)callback;\n    if (!HEDDLE_GIL)\n"),
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
fault(
    "unknown-joined",
    "A join of what never was a thread says that it has ended.",
    "bad_input:gil",
    ("core/thread.c", "        return was ? 0 : -ESRCH;\n", "        return was ? 0 : 0;\n"),
)
fault(
    "inf-returns-at-once",
    "time.sleep(float('inf')) is as long as the processor's conversion of it: no time at all on the host.",
    "host/huge_numbers:gil",
    ("vm/mpconfigheddle.h", "#define MICROPY_PY_TIME_CUSTOM_SLEEP (1)\n", ""),
)
fault(
    "timeout-by-64-bits",
    "What a word of 64 bits can hold is waited for on the host, and refused on the board.",
    "host/huge_numbers:gil",
    ("vm/hal.c", "    check(ms <= INT32_MAX || ms == UINTPTR_MAX);\n", ""),
)
fault(
    "timer-numbers-unchecked",
    "A timer of no frequency, and one that divides by no ticks a second, are taken as they come.",
    "huge_numbers:gil",
    ("vm/timer.c", "    check_range(kw, MP_QSTR_freq, 1);\n", ""),
)
fault(
    "creator-told-by-error",
    "Each thread that starts threads prints a traceback when a soft reset refuses.",
    "reset-creators:gil",
    ("vm/thread.c", "core_self() == &core_main_thread ? -EAGAIN : -ECANCELED;", "core_self() ? -EAGAIN : -ECANCELED;"),
)
fault(
    "print-in-pieces",
    "What one print() says is written as it is made, and other threads' text comes in between.",
    "print-whole:nogil",
    ("vm/print.c", "    if (rtos_in_isr()) {\n", "    if (rtos_tls() != NULL) {\n"),
)
fault(
    "console-unlocked",
    "Two threads write to the console at a time.",
    "host/print-whole:nogil",
    ("vm/print.c", "    core_mutex_lock(&console);\n", ""),
    ("vm/print.c", "    core_mutex_unlock(&console);\n", ""),
)
fault(
    "console-held-over-str",
    "A print() has the console while an object's __str__ waits for a thread that prints.",
    "print_str:gil",
    ("vm/print.c", "    upstream_print(n_args, args, kw);\n    nlr_pop", "    core_mutex_lock(&console);\n"
        "    upstream_print(n_args, args, kw);\n    core_mutex_unlock(&console);\n    nlr_pop"),
)
fault(
    "console-stays-held",
    "A soft reset ends a thread that writes to the console, and nobody prints after that.",
    "reset-printing:nogil",
    ("vm/thread.c", "    heddle_console_init(); // who held it is gone\n", ""),
)
fault(
    "traceback-moved",
    "A thread moves the lines of an exception's traceback, and another one writes to where they were.",
    "host/shared_exception:nogil-testing",
    ("vm/traceback.c", "? m_new_maybe(size_t, words) :", "? m_renew_maybe(size_t, data, n, words, true) :"),
)
fault(
    "generator-claimed-late",
    "Two threads find a generator idle, and both run it.",
    "host/generators:nogil-testing",
    (
        "vm/generator.c",
        "    if (!rtos_atomic_cas(owner_of(self_in), 0, (uintptr_t)mp_globals_get())) {\n",
        "    bool idle = rtos_atomic_load(owner_of(self_in)) == 0;\n"
        "    for (volatile int i = 0; i < 300; ++i) {\n    }\n"
        "    rtos_atomic_store(owner_of(self_in), (uintptr_t)mp_globals_get());\n    if (!idle) {\n",
    ),
)
fault(
    "generator-stays-claimed",
    "A generator that would not start with a value is never idle again.",
    "generators:nogil",
    ("vm/generator.c", "    release(self_in);\n    mp_raise_TypeError(text);\n", "    mp_raise_TypeError(text);\n"),
)
fault(
    "random-unlocked",
    "Two threads draw the same random number.",
    "host/modules_threads:nogil-testing",
    ("vm/random.c", "yasmarang_void(void);\n\n", "yasmarang_void(void);\nstatic uint32_t yasmarang_pad;\n\n"),
    ("vm/random.c", "#include \"rtos.h\"", "#include <sched.h>\n\n#include \"rtos.h\""),
    (
        "vm/random.c",
        "    rtos_crit_t key = rtos_crit_enter();\n"
        "    uint32_t number = yasmarang_void();\n"
        "    rtos_crit_exit(key);\n",
        "    uint32_t pad = yasmarang_pad;\n"
        "    sched_yield();\n"
        "    yasmarang_pad = pad;\n"
        "    uint32_t number = yasmarang_void();\n",
    ),
)
fault(
    "lines-mixed",
    "Two threads that read a line share one that is being typed.",
    "lines-in-turn:gil",
    ("vm/input.c", "    heddle_wait(wait, NULL, CORE_FOREVER);\n", "    wait(NULL, 0);\n"),
)
fault(
    "qstr-found-half-made",
    "Without a GIL a string is found before it is whole.",
    "host/scripts-sanitized:nogil-tsan",
    ("vm/qstr.c", "    mp_thread_mutex_lock(&MP_STATE_VM(qstr_mutex), 1);\n", ""),
    ("vm/qstr.c", "    mp_thread_mutex_unlock(&MP_STATE_VM(qstr_mutex));\n", ""),
)
fault(
    "interrupt-waits-for-a-mutex",
    "Without a GIL an interrupt that makes a string stops the board, where it came while a thread interned one.",
    "isr_python:nogil-testing",
    ("vm/thread.c", "    if (!core_may_wait()) {\n", "    if (core_collects()) {\n"),
)
fault(
    "margin-by-build",
    "A build without a GIL keeps more of the stack from Python than one with it.",
    "stack_table:nogil",
    ("vm/mpconfigheddle.h", "MICROPY_STACK_CHECK_MARGIN (768)", "MICROPY_STACK_CHECK_MARGIN (HEDDLE_GIL ? 768 : 896)"),
)
fault(
    "deep-unchecked",
    "The file system and imports begin with less stack than they take.",
    "stack_files:gil",
    ("vm/stack.c", "    if (!core_collects() &&", "    if (false && !core_collects() &&"),
)
