// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The kernel on the simulated machine of tests/sim: a core is one of its cores, a thread is a fiber.
#ifndef ARCH_KERNEL_H
#define ARCH_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim.h"

#define ARCH_CORES (SIM_CORES) // how many there are in a run is arch_core_count()
#define ARCH_STACK_ALIGN (16)
#define ARCH_STACK_MIN (16 * 1024) // the host's C library
#define ARCH_STACK_GUARD (0)
#define ARCH_STACK_GUARD_ANYWHERE (0)
#define ARCH_STACK_SECTION SIM_STACK
#define ARCH_SWITCHES_ITSELF (0)

// Each look is more points: the cases that are about them turn these on.
extern bool arch_idle_looks;
extern int arch_watch_ms;
#define ARCH_IDLE_LOOKS arch_idle_looks
#define CONFIG_PREEMPTION_WATCH_MS arch_watch_ms

// For such a case: the status that is its end, and how many texts were written.
extern int arch_exit_wanted;
extern unsigned arch_written;

// `fn` in an interrupt that is pending on this core.
void arch_irq_self(void (*fn)(void));

typedef struct {
    sim_fiber_t fiber;
    void *entry, *p1, *p2, *p3;
} arch_thread_t;

struct k_thread;

// Out of line, so that the compiler's instrumentation does not see their insides.
unsigned arch_core(void);
unsigned arch_core_count(void);
uint32_t arch_mask(void); // 0: interrupts were enabled, and this is a thread
void arch_unmask(uint32_t key);
bool arch_masked(void);
bool arch_in_isr(void);
struct k_thread *arch_current(void);
bool arch_asked(void);
void arch_spin(void);
int64_t arch_ticks(void);
uint32_t arch_cycles_32(void);
uint64_t arch_cycles_64(void);

static inline void arch_spin_wake(void) {
}

#endif // ARCH_KERNEL_H
