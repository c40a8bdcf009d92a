# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults put back on purpose, each in a scratch copy of the sources: a case must fail on it.

A fault is an edit of one or two files and the case that has to notice. The
copies lie in build/faults; what an edit does not touch is not built again.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess

from harness import LOGS, PYTHON, ROOT, case

NOT_COPIED = ("build", "docs")
ADAPTER = "adapters/freertos/rtos_freertos.c"
TREES = 2  # as many as cases run at a time

SET_HERE = ("MICROPYTHON_DIR", "TESTING", "T")

FAULTS = {}


def fault(name, caught_by, *edits):
    """Edits are (path, text that is there once, text in its place)."""
    FAULTS[name] = (caught_by, edits)


fault(
    "started-before-listed",
    "thread_start:nogil-icount",
    (
        "core/thread.c",
        "void core_thread_start(core_thread_t *t) {\n",
        "void core_thread_start(core_thread_t *t) {\n    rtos_thread_start(&t->rtos);\n",
    ),
    ("core/thread.c", "    rtos_crit_exit(key);\n    rtos_thread_start(&t->rtos);\n", "    rtos_crit_exit(key);\n"),
)
fault(
    "arguments-no-root",
    "thread_start:gil-icount",
    ("vm/gc.c", "    scan(&t->state.dict_locals, t + 1);\n", "    scan(&t->state.dict_locals, &t->block);\n"),
)
fault(
    "shared-name",
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
    "contract:gil-testing",
    (
        "adapters/freertos/rtos_port.h",
        '"mrs %0, primask\\n\\tcpsid i" : "=r" (key) : : "memory"',
        '"mrs %0, basepri\\n\\tmsr basepri, %1" : "=&r" (key) : "r" (0x20) : "memory"',
    ),
    ("adapters/freertos/rtos_port.h", '"msr primask, %0" : : "r" (key)', '"msr basepri, %0" : : "r" (key)'),
)
fault(
    "bad-sp-scanned-whole",
    "stack-pointer:gil-testing",
    (
        "vm/gc.c",
        '        rtos_fatal("the collector found a saved stack pointer outside its stack");\n',
        "        stack.sp = stack.low;\n",
    ),
)
fault(
    "list-unlocked",
    "threads_churn:nogil",
    ("vm/thread.c", "core_vm_list_lock(void) {\n    #if !HEDDLE_GIL\n", "core_vm_list_lock(void) {\n    #if 0\n"),
    ("vm/thread.c", "core_vm_list_unlock(void) {\n    #if !HEDDLE_GIL\n", "core_vm_list_unlock(void) {\n    #if 0\n"),
)
fault(
    "grant-outside",
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
    "lock_timeouts:gil-icount",
    (
        "core/wait.c",
        "    while (self->queue == q) {\n",
        "    while (self->queue == q || (deadline_us != CORE_FOREVER && rtos_now_us() >= deadline_us)) {\n",
    ),
    (
        "core/wait.c",
        "        } else if (leave(self, q)) {\n",
        "        } else {\n            leave(self, q);\n",
    ),
)
fault(
    "attention-cleared",
    "callbacks:gil-testing",
    (
        "core/gil.c",
        "    core_attention = attention;\n",
        "    core_attention = attention & ATTENTION_GIL;\n",
    ),
)
fault(
    "no-hand-over-while-locked",
    "callbacks:gil-testing",
    (
        "vm/thread.c",
        "    core_gil_attend();\n",
        "    if (MP_STATE_VM(sched_state) != MP_SCHED_LOCKED) {\n        core_gil_attend();\n    }\n",
    ),
)
fault(
    "finaliser-gives-up-gil",
    "gc_finalisers:gil",
    ("core/core.h", "!rtos_masked() && !core_collects();", "!rtos_masked();"),
)
fault(
    "marks-after-resume",
    "gc_overflow:nogil",
    ("vm/gc.c", "    gc_deal_with_stack_overflow();\n    rtos_world", "    rtos_world"),
)
fault(
    "freed-before-joined",
    "thread_cycles:nogil",
    ("core/thread.c", "if (rtos_thread_join(&t->rtos, RTOS_NO_WAIT) == 0) {", "if (true) {"),
)
fault(
    "creation-lock",
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
    "timers_collect:gil-icount",
    ("vm/timer.c", "    dispatch_suspend(&slot);\n", ""),
    ("vm/timer.c", "    dispatch_resume(&slot);\n", ""),
    # A tick or two between the roots and the timers.
    ("vm/gc.c", "    scan_threads();\n", "    scan_threads();\n    for (volatile int i = 0; i < 6000; ++i) {\n    }\n"),
)
fault(
    "unpark-resurrects",
    "contract:gil-testing",
    (ADAPTER, "    if (t->exited) {\n        // V9", "    if (false) {\n        // V9"),
)
fault(
    "priority-stays-raised",
    "thread_start:nogil-icount",
    ("adapters/common/stop.c", "    rtos_thread_raise(false);\n}\n\n#endif", "}\n\n#endif"),
)
fault(
    "leave-lost",
    "leave-first-run:gil-testing",
    ("vm/thread.c", "    if (th->leave) {\n", "    if (false) {\n"),
)
fault(
    "new-block-unrooted",
    "gc_new_blocks:nogil",
    (
        "vm/gc.c",
        "    bool open = heap_enter();\n    return heap_exit(open, upstream_gc_alloc(n_bytes, alloc_flags));\n",
        # What gcc made of it at -O3: the pointer comes into being after the heap was unlocked.
        "    volatile uintptr_t hidden = ~(uintptr_t)upstream_gc_alloc(n_bytes, alloc_flags);\n"
        "    for (volatile int i = 0; i < 200; ++i) {\n    }\n    return (void *)~hidden;\n",
    ),
)
fault(
    "schedule-lost",
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
fault(
    "isr-keeps-state",
    "isr_python:gil-testing",
    ("vm/isr.c", "    rtos_set_tls(tls);\n", "    (void)tls;\n"),
)
fault(
    "no-priority-lent",
    "mutexes:nogil-testing-icount",
    ("core/lock.c", "    lend_priority(mutex);\n", "    (void)lend_priority;\n"),
)


@contextlib.contextmanager
def tree():
    """One of the copies, brought up to date and this case's alone."""
    parent = os.path.join(ROOT, "build", "faults")
    os.makedirs(parent, exist_ok=True)
    number = os.getpid() % TREES
    for attempt in range(TREES):
        lock = open(os.path.join(parent, "{}.lock".format(number)), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            number = (number + 1) % TREES
            if attempt == TREES - 1:
                fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        path = os.path.join(parent, str(number))
        os.makedirs(path, exist_ok=True)
        for name in os.listdir(ROOT):
            if name not in NOT_COPIED and not name.startswith("."):
                update(os.path.join(ROOT, name), os.path.join(path, name))
        yield path


def update(source, target):
    """Copy a file or folder where its contents differ, so that only that is built again."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        names = [name for name in os.listdir(source) if name != "__pycache__"]
        for name in os.listdir(target):
            if name not in names and os.path.isfile(os.path.join(target, name)):
                os.remove(os.path.join(target, name))
        for name in names:
            update(os.path.join(source, name), os.path.join(target, name))
        return
    with open(source, "rb") as f:
        contents = f.read()
    if os.path.exists(target):
        with open(target, "rb") as f:
            if f.read() == contents:
                return
    with open(target, "wb") as f:
        f.write(contents)
    shutil.copymode(source, target)


def edit(path, edits):
    for name, old, new in edits:
        file = os.path.join(path, name)
        with open(file) as f:
            text = f.read()
        assert text.count(old) == 1, "{}: {} times {!r}".format(name, text.count(old), old)
        with open(file, "w") as f:
            f.write(text.replace(old, new))


def run_case(ctx, path, name):
    words = ["{}={}".format(*item) for item in ctx.variables.items() if item[0] not in SET_HERE]
    # With TESTING=1 two images are enough for all.
    words += ["MICROPYTHON_DIR=" + ctx.micropython_dir, "TESTING=1", "T=" + name]
    run = subprocess.run(
        [PYTHON, "tests/run.py"] + words,
        cwd=path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    ctx.log(run.stdout)
    return run


def register(name, caught_by, edits):
    @case(name="fault-" + name, check_only=True, timeout=400)
    def run(ctx):
        with tree() as path:
            edit(path, edits)
            result = run_case(ctx, path, caught_by)
        found = re.search(r"^FAIL .*$", result.stdout, re.M)
        # A fault that does not build shows nothing.
        if not found or "make " in found.group():
            ctx.fail("{} did not notice: {}".format(caught_by, (result.stdout.strip() or "-").split("\n")[0]))
        ctx.log("noticed:", found.group())


for name, (caught_by, edits) in FAULTS.items():
    register(name, caught_by, edits)
