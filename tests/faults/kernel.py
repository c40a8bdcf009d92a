# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in kernel/, which its suites on explored schedules catch; the comment names the case of tests/kernel."""

from faults.catalogue import fault

TIMER = "kernel/timer.c"
WORK = "kernel/work.c"

fault(
    "lock-with-interrupts-on",
    "The kernel's lock is taken with interrupts on, and an interrupt in the middle changes what it protects.",
    "sim-kern-1-cores",
    (
        "kernel/kern.h",
        "    kern_key_t key = arch_mask();\n",
        "    kern_key_t key = arch_mask();\n    arch_unmask(key);\n",
    ),
)
fault(
    "count-without-lock",
    "A semaphore's count is looked at and changed without the lock.",
    "sim-kern-2-cores",
    (
        "kernel/sem.c",
        "    kern_key_t key = kern_lock();\n    if (sem->count > 0) {\n        sem->count -= 1;\n",
        "    unsigned count = sem->count;\n    kern_key_t key = kern_lock();\n"
        "    if (count > 0) {\n        sem->count = count - 1;\n",
    ),
)
fault(
    "mutex-lent-until-unlocked",  # mutex_lent_until_timeout, mutex_waiter_aborted
    "A waiter whose time is over, or that is aborted, leaves its priority with the owner.",
    "sim-kern-1-cores",
    (
        "kernel/mutex.c",
        "    t->wanted = NULL;\n    kern_update_prio_locked(mutex->owner);\n",
        "    t->wanted = NULL;\n    (void)mutex;\n",
    ),
)
fault(
    "mutex-lent-to-owner-only",  # mutex_chain
    "Who holds a mutex and waits for another does not pass on what it is lent.",
    "sim-kern-1-cores",
    ("kernel/sched.c", "        t = t->wanted == NULL ? NULL : t->wanted->owner;\n", "        t = NULL;\n"),
)
fault(
    "mutex-unlock-takes-all",  # mutex_lent_until_unlocked
    "A thread that unlocks one of its mutexes loses what is lent to it for the others.",
    "sim-kern-1-cores",
    (
        "kernel/mutex.c",
        "        take_from(mutex, self);\n",
        "        struct k_mutex *held = self->held;\n        self->held = NULL;\n"
        "        kern_update_prio_locked(self);\n        self->held = held;\n        take_from(mutex, self);\n",
    ),
    (
        "kernel/mutex.c",
        "is the one to displace somebody from.\n        kern_update_prio_locked(self);\n",
        "is the one to displace somebody from.\n",
    ),
)
fault(
    "mutex-of-the-dead",  # mutex_owner_aborted
    "A mutex still points to its owner, whose memory is somebody else's by then.",
    "sim-kern-1-cores",
    ("kernel/mutex.c", "        t->held->owner = NULL;\n", ""),
)
fault(
    "condvar-two-steps",  # condvar_signal
    "A signal between a waiter's unlock and its wait is lost.",
    "sim-kern-2-cores",
    (
        "kernel/condvar.c",
        "    kern_key_t key = kern_lock();\n    k_mutex_unlock(mutex);\n",
        "    k_mutex_unlock(mutex);\n    kern_key_t key = kern_lock();\n",
    ),
)
fault(
    "event-first-takes-all",  # event_wakes_all
    "What one waiter clears is gone for those behind it, which the same events would have woken.",
    "sim-kern-1-cores",
    (
        "kernel/event.c",
        "            kern_wake_locked(t, 0);\n",
        "            kern_wake_locked(t, 0);\n            events &= ~cleared;\n",
    ),
)
fault(
    "poll-looks-before-it-waits",
    "What happens between a poller's look and its wait is told to nobody.",
    "sim-kern-2-cores",
    (
        "kernel/poll.c",
        "    kern_check_may_wait(__func__);\n    polled_t polled",
        "    kern_unlock(key);\n    key = kern_lock();\n    polled_t polled",
    ),
)
fault(
    "poller-told-twice",
    "A poller that was told of one thing is still listed for the others, and takes what is told next.",
    "sim-kern-1-cores",
    (
        "kernel/poll.c",
        "    leave_locked(poller);\n    kern_wake_locked(",
        "    sys_dlist_remove(&event->_node);\n    kern_wake_locked(",
    ),
)
fault(
    "poller-left-behind",
    "A poll that timed out leaves events in the lists of its objects, on a stack that is used for something else.",
    "sim-kern-1-cores",
    ("kernel/poll.c", "    self->leave = leave_locked;\n", ""),
)
fault(
    "sender-not-served",
    "A message is received, and who waits for room waits on.",
    "sim-kern-1-cores",
    ("kernel/msgq.c", "    if (sender != NULL) {\n", "    if (sender != NULL && q->used_msgs == 0) {\n"),
)
fault(
    "queue-wait-outside",
    "An item that is put between a look into the queue and the wait goes into the queue, and the waiter waits on.",
    "sim-kern-2-cores",
    (
        "kernel/queue.c",
        "    struct k_thread *self = arch_current();\n    return kern_wait(",
        "    struct k_thread *self = arch_current();\n"
        "    kern_unlock(key);\n    key = kern_lock();\n    return kern_wait(",
    ),
)
fault(
    "heap-large-request-first",
    "Who waits for more than there is holds up the one behind that has room.",
    "sim-kern-1-cores",
    (
        "kernel/heap.c",
        "        if (serve_locked(h, t->swap_data)) {\n            kern_wake_locked(t, 0);\n        }\n",
        "        if (!serve_locked(h, t->swap_data)) {\n            return;\n        }\n"
        "        kern_wake_locked(t, 0);\n",
    ),
)
fault(
    "printk-long-long",  # printk_sizes
    "printk takes a long long for a long where these differ, and what is behind it is wrong.",
    "kernel:mps2-an385-icount",
    ("kernel/printk.c", "p[1] == 'l' || *size > sizeof(long) ?", "*size > sizeof(long) ?"),
)
fault(
    "switch-loses-fpu",
    "A switch does not save the floating-point registers that a function keeps.",
    "netduinoplus2/kernel:netduinoplus2-stress",
    ("kernel/arch/cortex_m/switch.S", "    vstmdbeq r0!, {s16-s31}\n", "    subeq   r0, #64\n"),
)
fault(
    "radio-held-up",
    "A critical section masks also what a board's BOARD_MASK leaves alone.",
    "kernel:mps2-an385-radio",
    ("kernel/arch/cortex_m/arch_kernel.h", ': "r" (BOARD_MASK) :', ': "r" (BOARD_MASK - 0x20) :'),
)
fault(
    "clock-comes-round",
    "The clock of netduinoplus2 goes back where nobody has read it for 71 minutes.",
    "netduinoplus2/kernel:netduinoplus2-clock",
    ("ports/netduinoplus2/clock.c", "    return about + (int64_t)us;\n", "    return (uint32_t)about + (int64_t)us;\n"),
)
fault(
    "slice-from-an-equal",  # slice_is_over_when_an_equal_comes
    "A slice counts from when an equal comes.",
    "sim-kern-1-cores",
    (
        "kernel/sched.c",
        "        slice_look(cpu, false);\n    } else if (!cpu->look) {\n",
        "        cpu->current->slice_from = arch_cycles_32();\n        slice_look(cpu, false);\n"
        "    } else if (!cpu->look) {\n",
    ),
)
fault(
    "slice-begins-again",  # slice_goes_on_behind_the_more_urgent
    "Who was displaced has a new slice.",
    "sim-kern-1-cores",
    ("kernel/sched.c", "        if (!(next->flags & KERN_DISPLACED)) {\n", "        if (true) {\n"),
)
fault(
    "slice-ended-in-the-switch",
    "A slice that is over when its thread comes back asks for a switch in the middle of one.",
    "host/contract:kernel-sim",
    (
        "kernel/sched.c",
        "    slice_count(cpu, next, core, true);\n",
        "    slice_count(cpu, next, core, false);\n",
    ),
)
fault(
    "timer-functions-at-once",
    "Two cores whose timers fire together call two expiry functions at once, or the same one.",
    "sim-kern-2-cores",
    ("kernel/timeout.c", "    if (kern.due) {\n", "    if (false) {\n"),
)
fault(
    "timer-drifts",
    "A period counts from when the expiry was late, and the periods that were missed are lost.",
    "sim-kern-1-cores",
    (TIMER, "kern_later(timeout->at, ", "kern_later(kern_now(), "),
)
fault(
    "timer-start-takes-status",
    "A timer that starts itself again makes its status 0, and whoever waits for it does not go on.",
    "sim-kern-1-cores",
    (TIMER, "    settle_locked(timer);\n    kern_timeout_remove_locked(", "    kern_timeout_remove_locked("),
)
fault(
    "timer-looked-at-again",
    "The kernel looks at a timer after its function, when another core has used its memory for something else.",
    "sim-kern-2-cores",
    (TIMER, "    if (awaited) {\n", "    if (awaited || fn != NULL) {\n"),
)
fault(
    "work-mark-stays",
    "Who waits for an item is aborted, and the queue comes to what is no mark any more.",
    "sim-kern-1-cores",
    (WORK, "    arch_current()->leave = forget_mark;\n", "    (void)forget_mark;\n"),
)
fault(
    "work-outlives-cancellation",
    "An item that schedules itself while it is cancelled comes again.",
    "sim-kern-2-cores",
    (WORK, "busy_locked(&dwork->work) & ~K_WORK_RUNNING ?", "dwork->work.flags & (K_WORK_QUEUED | K_WORK_DELAYED) ?"),
)
fault(
    "deadlock-beside-a-timer",  # deadlock_not_while_something_is_due
    "A deadlock is reported though a timeout is to come that makes a thread ready.",
    "sim-kern-1-cores",
    ("kernel/deadlock.c", "all_rest_locked() && kern.timeouts == NULL && ", "all_rest_locked() && "),
)
fault(
    "deadlock-beside-a-core",  # deadlock_not_while_one_runs
    "A core that has nothing to do takes itself for all.",
    "sim-kern-2-cores",
    ("kernel/deadlock.c", "core < arch_core_count(); ++core) {\n        const", "core < 1; ++core) {\n        const"),
)
fault(
    "deadlock-interrupt-pending",  # deadlock_not_while_an_interrupt_is_pending
    "An interrupt that a thread raised before its wait is still to come on its core, and another core has looked.",
    "sim-kern-2-cores",
    ("kernel/deadlock.c", " || !(cpu->idle.flags & KERN_RESTS)", ""),
)
fault(
    "deadlock-look-before-wait",
    "An idle thread that was displaced between its look and its wait waits without another look.",
    "kernel:mps2-an385-deadlock",
    (
        "kernel/thread.c",
        "    uint32_t key = arch_mask();\n    kern_deadlock_look();\n    arch_idle();\n    kern_unmask(key);\n",
        "    uint32_t key = arch_mask();\n    kern_deadlock_look();\n    kern_unmask(key);\n"
        "    k_busy_wait(1000000);\n    for (;;) {\n        arch_idle();\n    }\n",
    ),
)
fault(
    "watch-forgets-sched-lock",  # watch_tells_of_sched_lock
    "Nobody hears of a thread that keeps the scheduler locked.",
    "sim-kern-1-cores",
    ("kernel/watch.c", "(t->prio < 0 || t->sched_locked != 0) && kept", "t->prio < 0 && kept"),
)
fault(
    "watch-tells-of-any",  # watch_tells_nothing_of_preemptible
    "A thread that nobody more urgent waits for is said to keep others out.",
    "sim-kern-1-cores",
    ("kernel/watch.c", "(t->prio < 0 || t->sched_locked != 0) && kept", "t->prio < 99 && kept"),
)
fault(
    "watch-masked-over-a-wait",  # watch_tells_nothing_of_a_wait_while_masked
    "A thread that waits while it masks interrupts, which lets them in, is said to have masked them all the time.",
    "sim-kern-1-cores",
    ("kernel/sched.c", "        kern_watch_masked(); // again\n", ""),
)
