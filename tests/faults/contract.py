# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults in the adapter of FreeRTOS that break the contract; the comment names the case of tests/contract."""

from faults.catalogue import fault

ADAPTER = "adapters/freertos/rtos_freertos.c"
PORT = "adapters/freertos/rtos_port.h"
STOP = "adapters/common/stop.c"
SUITE = "contract:mps2-an385-icount"

fault(
    "zero-waits",  # park_zero
    "A plain 0 is taken for a wait, as ports did that made it one for ever.",
    SUITE,
    (ADAPTER, "ulTaskNotifyTake(pdTRUE, 0) != 0", "ulTaskNotifyTake(pdTRUE, 20) != 0"),
)
fault(
    "forever-ends",  # park_forever
    "A wait for ever ends after a while.",
    SUITE,
    (PORT, "ulTaskNotifyTake(pdTRUE, portMAX_DELAY)", "ulTaskNotifyTake(pdTRUE, 20)"),
)
fault(
    "wait-rounded-down",  # park_never_early
    "A wait of 1 ms on a tick of 1 ms does not wait.",
    SUITE,
    (ADAPTER, "(us * TICKS_PER_MS + 999) / 1000", "us * TICKS_PER_MS / 1000"),
    (
        ADAPTER,
        "    for (uint64_t now_us; (now_us = rtos_now_us()) < deadline_us;) {\n",
        "    uint64_t now_us = rtos_now_us();\n    if (now_us < deadline_us) {\n",
    ),
)
fault(
    "wait-by-ticks",  # never_early_after_masking
    "A wait counts ticks and never looks at the clock: made-up ticks end it early.",
    SUITE,
    (
        ADAPTER,
        "    for (uint64_t now_us; (now_us = rtos_now_us()) < deadline_us;) {\n",
        "    uint64_t now_us = rtos_now_us();\n    if (now_us < deadline_us) {\n",
    ),
)
fault(
    "wait-from-the-grid",  # park_never_early
    "Waits are reckoned from when ticks had to come, not from when they came, and last a tick too long.",
    SUITE,
    (ADAPTER, "uint32_t at = tick_at;", "uint32_t at = tick_due;"),
)
fault(
    "lost-ticks-stay-lost",  # masking_delays_no_wait
    "Masked interrupts lengthen every wait under way.",
    SUITE,
    (ADAPTER, "    while (now - tick_due >= TICK_COUNTS && !inside) {", "    while (false && !inside) {"),
)
fault(
    "tokens-add-up",  # tokens_do_not_add_up
    "Three unparks are three tokens.",
    SUITE,
    (ADAPTER, "ulTaskNotifyTake(pdTRUE, 0) != 0", "ulTaskNotifyTake(pdFALSE, 0) != 0"),
)
fault(
    "no-switch-after-unpark",  # woken_runs_by_exit, woken_by_interrupt_runs_at_once
    "A woken thread runs at the next tick.",
    SUITE,
    (ADAPTER, "    portYIELD_FROM_ISR(woken);\n", "    (void)woken;\n"),
)
fault(
    "section-does-not-nest",  # sections_nest
    "The inner exit of a critical section lets interrupts in.",
    SUITE,
    (
        PORT,
        '__asm volatile ("msr primask, %0" : : "r" (key) : "memory");',
        '(void)key;\n    __asm volatile ("cpsie i" : : : "memory");',
    ),
)
fault(
    "joined-task-stays-listed",  # joined_memory_is_the_callers
    "The kernel keeps a joined thread in its lists, in memory that is the caller's again.",
    SUITE,
    (ADAPTER, "    join_set(t, NULL);\n    vTaskDelete(handle(t));\n", "    join_set(t, NULL);\n"),
)
fault(
    "aborted-joiner-remembered",  # abort_joiner
    "A thread that ends wakes a joiner that was aborted and freed.",
    SUITE,
    (ADAPTER, "        t->joins->joiner = NULL;\n", "        (void)0;\n"),
)
fault(
    "abort-without-mark",  # abort_parked
    "An aborted thread is suspended and does not count as exited: its join never ends.",
    SUITE,
    (ADAPTER, "    if (!t->exited) {\n        thread_end(t);\n    }", "    vTaskSuspend(handle(t));"),
)
fault(
    "token-starts-thread",  # token_does_not_start
    "A created thread runs when somebody unparks it.",
    SUITE,
    (ADAPTER, "    while (t->stage == FREERTOS_CREATED) {", "    if (t->stage == FREERTOS_CREATED) {"),
)
fault(
    "creation-masked",  # creation_holds_nobody_up
    "Interrupts wait while a stack is filled.",
    SUITE,
    (
        ADAPTER,
        "    xTaskCreateStatic(thread_main",
        "    rtos_crit_t key = rtos_crit_enter();\n    xTaskCreateStatic(thread_main",
    ),
    (
        ADAPTER,
        "    vTaskSetThreadLocalStoragePointer(handle(t), RTOS_SELF_SLOT, t);\n",
        "    rtos_crit_exit(key);\n    vTaskSetThreadLocalStoragePointer(handle(t), RTOS_SELF_SLOT, t);\n",
    ),
)
fault(
    "creation-holds-scheduler",  # creation_holds_nobody_up
    "Services wait while a stack is filled.",
    SUITE,
    (
        ADAPTER,
        "    thread_prepare(t, config, RTOS_PRIORITY_IDLE);\n",
        "    vTaskSuspendAll();\n    thread_prepare(t, config, RTOS_PRIORITY_IDLE);\n    xTaskResumeAll();\n",
    ),
)
fault(
    "world-goes-on",  # spinners_are_stopped
    "Stopping the world does nothing: equals of the stopper go on.",
    SUITE,
    (STOP, "        rtos_thread_raise(true);\n        return;", "        return;"),
    (STOP, "        rtos_thread_raise(false);\n        return;", "        return;"),
)
fault(
    "world-stopped-too-low",  # woken_waits_for_resume
    "The stopper is as urgent as the most urgent Python threads, which share its core.",
    SUITE,
    (ADAPTER, "raise ? RTOS_PRIORITY_STOP :", "raise ? RTOS_PRIORITY_PYTHON_MAX :"),
)
fault(
    "world-stopped-too-high",  # services_and_interrupts_go_on
    "The stopper holds services up.",
    SUITE,
    (ADAPTER, "raise ? RTOS_PRIORITY_STOP :", "raise ? RTOS_PRIORITY_MAX :"),
)
fault(
    "world-stopped-by-scheduler",  # services_keep_their_latency
    "Stopping the world suspends the scheduler, services and all.",
    SUITE,
    (
        ADAPTER,
        "    vTaskPrioritySet(handle(self), raise ? RTOS_PRIORITY_STOP : self->priority);",
        "    (void)self;\n    if (raise) {\n        vTaskSuspendAll();\n    } else {\n        xTaskResumeAll();\n    }",
    ),
)
fault(
    "resume-to-the-default",  # priority_comes_back
    "After a stop the stopper has the default priority, whatever it had before.",
    SUITE,
    (ADAPTER, "raise ? RTOS_PRIORITY_STOP : self->priority", "raise ? RTOS_PRIORITY_STOP : RTOS_PRIORITY_PYTHON"),
)
fault(
    "one-tick-for-all",  # users_have_their_own
    "Two users of the tick share one place.",
    SUITE,
    (ADAPTER, "    tick_fns[user] = fn;", "    (void)user;\n    tick_fns[0] = fn;"),
)
fault(
    "stoppable-at-stop-level",  # priority_is_refused
    "A Python thread may rise to where collections run.",
    SUITE,
    (
        ADAPTER,
        "    if (priority > (t->stoppable ? RTOS_PRIORITY_STOP - 1 : RTOS_PRIORITY_MAX)) {",
        "    if (priority > RTOS_PRIORITY_MAX) {",
    ),
)
fault(
    "one-pointer-for-all",  # tls_of_each
    "All threads share one thread-local pointer.",
    SUITE,
    (
        PORT,
        "    return (void **)(RTOS_CURRENT_TASK + offsetof(StaticTask_t, pvDummy15)) + RTOS_TLS_SLOT;",
        "    static void *one;\n    return &one;",
    ),
)
fault(
    "saved-sp-too-high",  # registers_of_parked, registers_of_stopped
    "The saved stack pointer lies above the registers, which the collector then does not see.",
    SUITE,
    (
        ADAPTER,
        "__builtin_frame_address(0) : t->task.pxDummy1;",
        "__builtin_frame_address(0) : (StackType_t *)t->task.pxDummy1 + 8;",
    ),
)
fault(
    "parked-is-suspended",  # states
    "A thread that waits for ever is told to be suspended, as FreeRTOS says.",
    SUITE,
    (
        ADAPTER,
        "state == eReady ? RTOS_STATE_READY : RTOS_STATE_WAITING",
        "state == eReady ? RTOS_STATE_READY : state == eSuspended ? RTOS_STATE_SUSPENDED : RTOS_STATE_WAITING",
    ),
)
fault(
    "priority-for-later",  # raised_thread_runs
    "A new priority is noted, and the kernel does not know it.",
    SUITE,
    (
        ADAPTER,
        "    if (uxTaskPriorityGet(handle(t)) != RTOS_PRIORITY_STOP) {\n"
        "        vTaskPrioritySet(handle(t), priority);\n"
        "    }\n",
        "",
    ),
)
