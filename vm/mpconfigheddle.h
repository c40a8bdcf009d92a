// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of a port's mpconfigport.h: MicroPython's options and hooks with Heddle. A port must not define these
// itself, and must have MICROPY_ENABLE_SCHEDULER and MICROPY_ENABLE_FINALISER.
#ifndef HEDDLE_VM_MPCONFIGHEDDLE_H
#define HEDDLE_VM_MPCONFIGHEDDLE_H

#include "rtos_atomic.h"

// MICROPY_PY_THREAD and HEDDLE_GIL are set on the command line, by heddle.mk or heddle.cmake.
#define MICROPY_PY_THREAD_GIL (HEDDLE_GIL)
#define MICROPY_PY_THREAD_GIL_VM_DIVISOR (0)
#define MICROPY_PY_THREAD_RECURSIVE_MUTEX (1)

// Bytes of C stack that a thread may still use when Python's depth is found to be too much: what the deepest C function
// without a check of its own takes, with what an interrupt and a switch save on top. The same in every build, so that
// Python's depth is.
#ifndef MICROPY_STACK_CHECK_MARGIN
#define MICROPY_STACK_CHECK_MARGIN (768)
#endif

// The same for imports and LittleFS, which go deeper and are checked at their beginning. An import has a path there.
#ifndef HEDDLE_DEEP_STACK
#define HEDDLE_DEEP_STACK (1216 + MICROPY_ALLOC_PATH_MAX)
#endif

// The loop of the VM reads one word. It stands for the GIL, a pending exception and scheduled callbacks; heddle_attend
// deals with all three, so the checks of upstream that follow the hook are skipped.
#if HEDDLE_GIL
extern volatile uint32_t core_attention;
void heddle_attend(void);
#define MICROPY_VM_HOOK_LOOP \
    if (rtos_peek(core_attention) != 0) { \
        MARK_EXC_IP_SELECTIVE(); \
        heddle_attend(); \
    } \
    continue;
#elif defined(rtos_poll)
#define MICROPY_VM_HOOK_LOOP rtos_poll();
#endif

// Upstream's function under another name: ours, in vm/thread.c, calls it and wakes the main thread.
#define MICROPY_WRAP_MP_SCHED_EXCEPTION(f) heddle_upstream_##f
void heddle_scheduled(void);
#define MICROPY_SCHED_HOOK_SCHEDULED heddle_scheduled()

// Code at the prompt that leaves interrupts disabled would leave a prompt that hears nothing.
#ifndef MICROPY_BOARD_AFTER_PYTHON_EXEC
void heddle_irq_restore(void);
#define MICROPY_BOARD_AFTER_PYTHON_EXEC(kind, flags, value, result) heddle_irq_restore()
#endif

// `bluetooth` with all that there is of it; events are delivered in the scheduler.
#if MICROPY_PY_BLUETOOTH
#define MICROPY_PY_BLUETOOTH_USE_SYNC_EVENTS (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_CENTRAL_MODE (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_L2CAP_CHANNELS (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_PAIRING_BONDING (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_HCI_CMD (1)
#define MICROPY_PY_BLUETOOTH_ENTER (void)0;
#define MICROPY_PY_BLUETOOTH_EXIT (void)0;
#endif

#define MICROPY_BEGIN_ATOMIC_SECTION() rtos_crit_enter()
#define MICROPY_END_ATOMIC_SECTION(state) rtos_crit_exit(state)

void heddle_event_wait(uintptr_t ms);
#define MICROPY_INTERNAL_WFE(timeout_ms) heddle_event_wait(timeout_ms)

// Upstream's time.sleep converts a float to an unsigned integer, whatever the processor makes of those out of range.
#define MICROPY_PY_TIME_CUSTOM_SLEEP (1)
#define mp_time_sleep heddle_sleep

// Soft timers run in the deferred-interrupt thread, which stands in for PendSV.
void heddle_timers_suspend(void);
void heddle_timers_resume(void);
#define MICROPY_PY_PENDSV_ENTER heddle_timers_suspend();
#define MICROPY_PY_PENDSV_EXIT heddle_timers_resume();

#endif // HEDDLE_VM_MPCONFIGHEDDLE_H
