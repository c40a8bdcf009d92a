// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A contract for one thread alone and a clock that stands until it is moved: whoever parks has the host work.
#ifndef HEDDLE_TESTS_BLE_ALONE_RTOS_PORT_H
#define HEDDLE_TESTS_BLE_ALONE_RTOS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTOS_CORES (1)
#define RTOS_STACK_MIN (2048)
#define RTOS_STACK_DEFAULT (4096)
#define RTOS_STACK_ALIGN (16)
#define RTOS_STACK_GUARD (0)
#define RTOS_NAME_MAX (15)

typedef struct rtos_thread {
    int unused;
} rtos_thread_t;

typedef int rtos_crit_t;

extern rtos_thread_t alone_thread;

static inline struct rtos_thread *rtos_thread_self(void) {
    return &alone_thread;
}

static inline void *rtos_tls(void) {
    return NULL;
}

static inline void rtos_set_tls(void *p) {
    (void)p;
}

static inline bool rtos_in_isr(void) {
    return false;
}

static inline bool rtos_masked(void) {
    return false;
}

static inline rtos_crit_t rtos_crit_enter(void) {
    return 0;
}

static inline void rtos_crit_exit(rtos_crit_t key) {
    (void)key;
}

static inline unsigned rtos_core_count(void) {
    return 1;
}

static inline unsigned rtos_core_id(void) {
    return 0;
}

#endif // HEDDLE_TESTS_BLE_ALONE_RTOS_PORT_H
