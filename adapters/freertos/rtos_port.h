// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// FreeRTOS V9 to V11 behind the contract: types and inlines. One core, or several with V11's configNUMBER_OF_CORES.
#ifndef HEDDLE_ADAPTERS_FREERTOS_RTOS_PORT_H
#define HEDDLE_ADAPTERS_FREERTOS_RTOS_PORT_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "task.h"

#ifdef configNUMBER_OF_CORES
#define RTOS_CORES (configNUMBER_OF_CORES)
#else
#define RTOS_CORES (1)
#endif

#define RTOS_STACK_MIN (2048)
#define RTOS_STACK_DEFAULT (4096)
#ifdef configBOARD_STACK_GUARD
#define RTOS_STACK_ALIGN (16)
#define RTOS_STACK_GUARD (configBOARD_STACK_GUARD)
#else
#define RTOS_STACK_ALIGN (8)
#define RTOS_STACK_GUARD (16) // the words that configCHECK_FOR_STACK_OVERFLOW 2 looks at
#endif
#define RTOS_NAME_MAX (configMAX_TASK_NAME_LEN - 1)

// Slots of FreeRTOS's thread-local pointers.
#define RTOS_TLS_SLOT (0) // rtos_tls
#define RTOS_SELF_SLOT (1) // the task's rtos_thread_t, NULL for a task that Heddle does not know

typedef enum { FREERTOS_CREATED, FREERTOS_STARTED, FREERTOS_RUNS } freertos_stage_t;

// FreeRTOS's task first: the saved stack pointer is the first word of it, on every version.
typedef struct rtos_thread {
    StaticTask_t task;
    void (*entry)(void *arg);
    uint64_t run; // time on a core, in counts of configRUN_TIME_COUNTER_HZ
    union {
        void *arg; // until it runs, and then
        struct rtos_thread *volatile joins; // whose joiner it is
    };
    struct rtos_thread *volatile joiner;
    uint32_t stack_words;
    uint8_t priority; // without what world_stop adds
    volatile uint8_t stage; // freertos_stage_t
    volatile bool exited;
    bool stoppable;
    #if RTOS_CORES > 1
    uint8_t cores; // that may run it, likewise
    bool raised; // has stopped the world
    uint8_t core; // where it runs or ran last
    #endif
} rtos_thread_t;

// FreeRTOS tells the running task apart by this variable. A thread sees its own task there whenever it runs, so the
// compiler may keep what it read until the next call.
#if RTOS_CORES == 1
extern uint8_t *pxCurrentTCB;
#define RTOS_CURRENT_TASK (pxCurrentTCB)
#else
#define RTOS_CURRENT_TASK ((uint8_t *)xTaskGetCurrentTaskHandle())
#endif

static inline rtos_thread_t *rtos_thread_self(void) {
    return (rtos_thread_t *)RTOS_CURRENT_TASK;
}

static inline void **rtos_tls_slot(void) {
    return (void **)(RTOS_CURRENT_TASK + offsetof(StaticTask_t, pvDummy15)) + RTOS_TLS_SLOT;
}

// With one core a switch copies the slot to where one load finds it: the VM asks for it at every step.
#if RTOS_CORES == 1
extern void *rtos_freertos_tls;

static inline void *rtos_tls(void) {
    return rtos_freertos_tls;
}

static inline void rtos_set_tls(void *p) {
    *rtos_tls_slot() = p;
    rtos_freertos_tls = p;
}
#else
static inline void *rtos_tls(void) {
    return *rtos_tls_slot();
}

static inline void rtos_set_tls(void *p) {
    *rtos_tls_slot() = p;
}
#endif

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

static inline bool rtos_in_isr(void) {
    uint32_t ipsr;
    __asm volatile ("mrs %0, ipsr" : "=r" (ipsr));
    return ipsr != 0;
}

static inline bool rtos_masked(void) {
    uint32_t primask;
    __asm volatile ("mrs %0, primask" : "=r" (primask));
    return primask != 0;
}

#else
#error "rtos_port.h: this core needs its own rtos_in_isr(), rtos_masked() and critical section; see docs/porting.md"
#endif

typedef uint32_t rtos_crit_t;

#if RTOS_CORES == 1

// PRIMASK and not BASEPRI: whatever priority a port gave its interrupts, they stay out. An ARMv6-M has only that, also
// for the kernel's own sections, so there our outermost one counts among those: the end of an inner one of the kernel's
// would let interrupts in.
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define FREERTOS_COUNTS (true)
#else
#define FREERTOS_COUNTS (false)
#endif

static inline rtos_crit_t rtos_crit_enter(void) {
    rtos_crit_t key;
    __asm volatile ("mrs %0, primask\n\tcpsid i" : "=r" (key) : : "memory");
    if (FREERTOS_COUNTS && key == 0) {
        taskENTER_CRITICAL();
    }
    return key;
}

static inline void rtos_crit_exit(rtos_crit_t key) {
    if (FREERTOS_COUNTS && key == 0) {
        taskEXIT_CRITICAL();
    }
    __asm volatile ("msr primask, %0" : : "r" (key) : "memory");
}

static inline unsigned rtos_core_id(void) {
    return 0;
}

#else

// The kernel's own lock, so that nothing of the kernel runs on another core meanwhile. It leaves interrupts masked
// before the start, and not masked where they were before somebody took it.
static inline rtos_crit_t rtos_crit_enter(void) {
    if (rtos_in_isr()) {
        return taskENTER_CRITICAL_FROM_ISR();
    }
    rtos_crit_t masked = rtos_masked();
    taskENTER_CRITICAL();
    return masked;
}

static inline void rtos_crit_exit(rtos_crit_t key) {
    if (rtos_in_isr()) {
        taskEXIT_CRITICAL_FROM_ISR(key);
    } else {
        taskEXIT_CRITICAL();
        portCLEAR_INTERRUPT_MASK(key);
    }
}

static inline unsigned rtos_core_id(void) {
    return portGET_CORE_ID();
}

// For adapters/common/stop.c.
#define rtos_spin_while(word, value) __asm volatile ("yield")

#endif

static inline unsigned rtos_core_count(void) {
    return RTOS_CORES;
}

// For rtos_trace.h.
#ifdef portGET_RUN_TIME_COUNTER_VALUE
#define RTOS_TRACE_CLOCK() ((uint32_t)portGET_RUN_TIME_COUNTER_VALUE())
#define RTOS_TRACE_HZ (configRUN_TIME_COUNTER_HZ)
#endif

// Nearly every wait is for ever, and its caller knows that when it is compiled.
int rtos_freertos_park(uint32_t ms);
static inline int rtos_park(uint32_t ms) {
    if (ms != UINT32_MAX) {
        return rtos_freertos_park(ms);
    }
    assert(!rtos_masked() && !rtos_in_isr());
    return ulTaskNotifyTake(pdTRUE, portMAX_DELAY) != 0 ? 0 : -ETIMEDOUT;
}

// Called by FreeRTOS's trace macros, see FreeRTOSConfig.h.
void rtos_freertos_switched_in(void *self);

#endif // HEDDLE_ADAPTERS_FREERTOS_RTOS_PORT_H
