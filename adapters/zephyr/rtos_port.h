// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Zephyr's kernel API behind the contract: types and inlines. What its headers do not tell is in private.h.
#ifndef HEDDLE_ADAPTERS_ZEPHYR_RTOS_PORT_H
#define HEDDLE_ADAPTERS_ZEPHYR_RTOS_PORT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/kernel.h>

// A port's own SDK may have these, too, and include them behind this.
#undef KHZ
#undef MHZ

#include "private.h"

#define RTOS_NAME_MAX (CONFIG_THREAD_MAX_NAME_LEN - 1)

// The kernel's thread first: its handle is the thread. A thread that is not ours has no more than that.
typedef struct rtos_thread {
    struct k_thread thread;
    struct k_sem token;
    void (*entry)(void *arg);
    void *stack;
    size_t stack_size;
    uint8_t priority; // without what rtos_thread_raise adds
    uint8_t cores; // that may run it, likewise
    bool stoppable;
    bool raised; // has stopped the world
} rtos_thread_t;

static inline rtos_thread_t *rtos_thread_self(void) {
    return (rtos_thread_t *)k_current_get();
}

static inline void *rtos_tls(void) {
    return k_thread_custom_data_get();
}

static inline void rtos_set_tls(void *p) {
    k_thread_custom_data_set(p);
}

static inline bool rtos_in_isr(void) {
    return k_is_in_isr();
}

// For rtos_trace.h.
#define RTOS_TRACE_CLOCK() k_cycle_get_32()
#define RTOS_TRACE_HZ (sys_clock_hw_cycles_per_sec())

typedef unsigned rtos_crit_t;

static inline rtos_crit_t rtos_crit_enter(void) {
    return irq_lock();
}

static inline void rtos_crit_exit(rtos_crit_t key) {
    irq_unlock(key);
}

#endif // HEDDLE_ADAPTERS_ZEPHYR_RTOS_PORT_H
