// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The kernel on AArch64, one to eight cores, at EL1. Threads run on SP_EL0 and interrupts on SP_EL1, one stack a core,
// so that the processor itself knows an interrupt from a thread, and a thread that overran its stack can be reported.
#ifndef ARCH_KERNEL_H
#define ARCH_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ARCH_CORES
#define ARCH_CORES (8) // at most; how many there are is known when they run
#endif
#define ARCH_STACK_ALIGN (16)
#define ARCH_STACK_MIN (2048) // an interrupt's frame is 800 bytes, and the kernel needs some

// A page below each static stack, read-only from when the stack is first used: a collector may read it.
#define ARCH_STACK_GUARD (4096)
#define ARCH_STACK_GUARD_ANYWHERE (0)
#define ARCH_STACK_GRANULE (4096)
#define ARCH_STACK_GUARD_OF(stack) arch_stack_guard(stack)
#define ARCH_STACK_SECTION __attribute__((section(".bss.arch_stacks"), aligned(ARCH_STACK_GRANULE)))
size_t arch_stack_guard(const void *stack);

#define ARCH_SWITCHES_ITSELF (0)

typedef struct {
    uintptr_t sp;
} arch_thread_t;

struct k_thread;

#define ARCH_PSTATE_I (1u << 7) // interrupts are masked

// Volatile, as a thread may be on another core the next time.
static inline unsigned arch_core(void) {
    uint64_t core;
    __asm volatile ("mrs %0, tpidrro_el0" : "=r" (core));
    return (unsigned)core;
}

// The cores that have come up.
static inline unsigned arch_core_count(void) {
    extern unsigned kern_cores_up;
    return __atomic_load_n(&kern_cores_up, __ATOMIC_ACQUIRE);
}

// Not volatile: whoever asks twice is the same thread.
static inline struct k_thread *arch_current(void) {
    struct k_thread *t;
    __asm ("mrs %0, tpidr_el1" : "=r" (t));
    return t;
}

// Interrupts come with their kind masked, so there the key is never 0.
static inline uint32_t arch_mask(void) {
    uint64_t daif;
    __asm volatile ("mrs %0, daif\n msr daifset, #2" : "=r" (daif) : : "memory");
    return daif & ARCH_PSTATE_I;
}

static inline void arch_unmask(uint32_t key) {
    if (key == 0) {
        __asm volatile ("msr daifclr, #2" : : : "memory");
    }
}

static inline bool arch_in_isr(void);

static inline bool arch_masked(void) {
    uint64_t daif;
    __asm volatile ("mrs %0, daif" : "=r" (daif));
    return (daif & ARCH_PSTATE_I) || arch_in_isr();
}

static inline bool arch_in_isr(void) {
    uint64_t is_sp_el1;
    __asm volatile ("mrs %0, spsel" : "=r" (is_sp_el1));
    return is_sp_el1 != 0;
}

// With interrupts masked: whether this core was asked to switch.
bool arch_asked(void);

// Under -icount the emulator then goes on with another core.
static inline void arch_spin(void) {
    __asm volatile ("yield" : : : "memory");
}

static inline void arch_spin_wake(void) {
}

// What the virtual counter says, not before what comes before in the program.
static inline uint64_t arch_cycles_64(void) {
    uint64_t count;
    __asm volatile ("isb\n mrs %0, cntvct_el0" : "=r" (count) : : "memory");
    return count;
}

static inline uint32_t arch_cycles_32(void) {
    return (uint32_t)arch_cycles_64();
}

int64_t arch_ticks(void);

#endif // ARCH_KERNEL_H
