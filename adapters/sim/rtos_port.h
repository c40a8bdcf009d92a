// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The contract on a simulated machine (tests/sim): types and inlines. Checks misuse hard; measures nothing.
#ifndef HEDDLE_ADAPTERS_SIM_RTOS_PORT_H
#define HEDDLE_ADAPTERS_SIM_RTOS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim.h"

// How many there are in a run is rtos_core_count().
#define RTOS_CORES (SIM_CORES)

// Threads run on the stacks that they are given, with the host's C library.
#define RTOS_STACK_MIN (16 * 1024)
#define RTOS_STACK_DEFAULT (16 * 1024)
#define RTOS_STACK_ALIGN (16)
#define RTOS_STACK_GUARD (0)
#define RTOS_NAME_MAX (15)

typedef enum {
    SIM_CREATED = 0x51a0, // unlike what uninitialised or poisoned memory holds
    SIM_READY,
    SIM_WAITING,
    SIM_LEAVING, // has called rtos_thread_exit
    SIM_EXITED,
    SIM_JOINED,
} sim_state_t;

typedef struct rtos_thread {
    sim_state_t state;
    sim_fiber_t fiber;
    char name[RTOS_NAME_MAX + 1];
    void (*entry)(void *arg);
    void *arg;
    void *tls;
    struct rtos_thread *joiner;
    uint64_t run_us; // up to when it last left a core
    uint64_t deadline_us; // of a wait, UINT64_MAX for none
    uint32_t turn; // equals run by these numbers, lowest first
    uint8_t priority;
    uint8_t cores;
    uint8_t raised; // mask of the core that it stopped the world on, or 0
    bool stoppable;
    bool token;
} rtos_thread_t;

typedef uint32_t rtos_crit_t;

// Out of line, so that the compiler's instrumentation does not see their insides.
rtos_thread_t *sim_thread_self(void);
void **sim_tls(void);
rtos_crit_t sim_crit_enter(void);
void sim_crit_exit(rtos_crit_t key);
bool sim_crit_masked(void);

static inline rtos_thread_t *rtos_thread_self(void) {
    return sim_thread_self();
}

static inline void *rtos_tls(void) {
    return *sim_tls();
}

static inline void rtos_set_tls(void *p) {
    *sim_tls() = p;
}

static inline bool rtos_in_isr(void) {
    return sim_in_irq(sim_core());
}

static inline bool rtos_masked(void) {
    return sim_crit_masked();
}

static inline __attribute__((always_inline)) rtos_crit_t rtos_crit_enter(void) {
    return sim_crit_enter();
}

static inline void rtos_crit_exit(rtos_crit_t key) {
    sim_crit_exit(key);
}

// For adapters/common/stop.c: goes on when it has changed.
void sim_spin_while(const volatile uintptr_t *word, uintptr_t value);
#define rtos_spin_while(word, value) sim_spin_while((const volatile uintptr_t *)(word), value)

static inline unsigned rtos_core_count(void) {
    return sim_core_count();
}

static inline unsigned rtos_core_id(void) {
    return sim_core();
}

#endif // HEDDLE_ADAPTERS_SIM_RTOS_PORT_H
