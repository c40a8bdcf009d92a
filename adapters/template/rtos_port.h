// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A new kernel behind the contract: types and inlines. Copy the folder and replace every TODO; see README.md.
#ifndef HEDDLE_ADAPTERS_TEMPLATE_RTOS_PORT_H
#define HEDDLE_ADAPTERS_TEMPLATE_RTOS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// TODO: cores that run threads. adapters/common/stop.c has one way of stopping the world for 1 and one for more.
#define RTOS_CORES (1)

// TODO: the least that a thread with a Python frame can live on, what it gets by default, the ABI's alignment, and how
// much of the low end the kernel watches for an overrun (0 if it does not).
#define RTOS_STACK_MIN (2048)
#define RTOS_STACK_DEFAULT (4096)
#define RTOS_STACK_ALIGN (8)
#define RTOS_STACK_GUARD (0)
#define RTOS_NAME_MAX (15)

// TODO: the kernel's thread first, as a whole: nothing is allocated. A thread that does not run must have its registers
// on its stack or in here, where the collector looks for pointers. Add what the functions in rtos_template.c need.
typedef struct rtos_thread {
    void *kernel_thread;
} rtos_thread_t;

// TODO: what a critical section has to remember.
typedef uint32_t rtos_crit_t;

// What is not written yet says so by name and stops the board.
void rtos_fatal(const char *message) __attribute__((noreturn));
#define RTOS_NOT_WRITTEN(name) rtos_fatal(name ": not written yet")

// TODO: the running thread, a load or two; NULL before rtos_start. core/ calls it all the time.
static inline struct rtos_thread *rtos_thread_self(void) {
    RTOS_NOT_WRITTEN("rtos_thread_self");
}

// TODO: one pointer of the running thread, two loads at most: it is behind every access to the state of the VM. With
// several cores never "core number, then load" with interrupts enabled: the thread may have moved in between.
static inline void *rtos_tls(void) {
    RTOS_NOT_WRITTEN("rtos_tls");
}

static inline void rtos_set_tls(void *p) {
    (void)p;
    RTOS_NOT_WRITTEN("rtos_set_tls");
}

// TODO: from the processor (IPSR on Cortex-M), not from a variable of the kernel.
static inline bool rtos_in_isr(void) {
    RTOS_NOT_WRITTEN("rtos_in_isr");
}

// TODO: whether this core's interrupts are masked, by whomever.
static inline bool rtos_masked(void) {
    RTOS_NOT_WRITTEN("rtos_masked");
}

// TODO: mask every interrupt that may call the contract, and return how they were; with several cores also take the
// kernel's own lock. Works in threads and interrupts, and nests.
static inline rtos_crit_t rtos_crit_enter(void) {
    RTOS_NOT_WRITTEN("rtos_crit_enter");
}

static inline void rtos_crit_exit(rtos_crit_t key) {
    (void)key;
    RTOS_NOT_WRITTEN("rtos_crit_exit");
}

static inline unsigned rtos_core_count(void) {
    return RTOS_CORES;
}

// TODO: with several cores, the number of this one, from 0.
static inline unsigned rtos_core_id(void) {
    return 0;
}

// Nothing here: rtos_poll(), which the VM's loop does where it is defined (docs/contract.md, 8).

#endif // HEDDLE_ADAPTERS_TEMPLATE_RTOS_PORT_H
