// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The kernel on ARMv6-M, ARMv7-M, and ARMv8-M with the main extension. Interrupts of every priority are masked by
// PRIMASK. A board's kernel_board.h gives:
//   BOARD_MASK                      where some must not be masked and never call the kernel: what BASEPRI is then, the
//                                   priority of the most urgent one that does; not on ARMv6-M
//   BOARD_SYSTICK_HZ                what SysTick counts, a multiple of 1 MHz, or a variable, which may change while
//                                   SysTick then comes within a millisecond; a board without it has board_timer_set(),
//                                   a timer of each core's own, whose interrupt calls kern_timer_isr()
//   BOARD_CYCLES(), BOARD_CYCLES_HZ
//                                   a counter of 32 bits that is quick to read, and comes round in more than a minute
//   BOARD_GUARD_REGION              a region of the MPU that is 32 bytes long and read-only, where there is an MPU; on
//                                   ARMv6-M this one and the next, which nobody needs to set up
//   BOARD_OWN_IRQ(irq)              whether an interrupt is the clock's, software's or another core's, which wakes
//                                   nobody by itself
//   BOARD_RAM_START                 where stacks may begin, if that is below the main one, and on ARMv6-M
//   BOARD_CODE_START, BOARD_CODE_SIZE
//                                   where a return address can lie
// and the linker script main_stack_start and main_stack_end, of the stack that interrupts have. Stacks of threads are
// in the section .noinit.stacks, or where the board's ARCH_STACK_SECTION says. A floating-point unit that the compiler
// uses is enabled before any C.
//
// ARMv8-M needs no MPU: PSPLIM and MSPLIM are the low ends of the running thread's stack and of the core's main one.
// Several cores of it need its Security extension, and are in Secure state: the Non-secure stack pointers, which nobody
// uses there, say which core this is and who runs on it. On ARMv6-M it takes two registers of each core's own, at
//   BOARD_CORE_ID                   which core this is
//   BOARD_CORE_WORD                 who runs: may be written, and nobody else does
// and, as no instruction there makes an atomic step, one that all share, and nobody else has for long, at
//   BOARD_SPIN_LOCK                 who reads other than 0 has it, until it is written
// A board with several cores calls arch_core_set() first on each of them, has
//   board_core_start(core, stack)   start another core, which sets up what the first one has and calls arch_core_main()
//   board_halt_others()             stop the other cores for good
// and calls kern_ipi_isr() in the interrupt of board_ipi(). Each core has an equal part of the main stack.
#ifndef ARCH_KERNEL_H
#define ARCH_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "kernel_board.h"

#ifndef ARCH_CORES
#define ARCH_CORES (1)
#endif

// A frame of an exception and of a switch, the floating-point registers in both, and some calls.
#ifdef __ARM_FP
#define ARCH_STACK_MIN (512)
#else
#define ARCH_STACK_MIN (256)
#endif

// The MPU's smallest region has 32 bytes, and is aligned to its size.
#ifdef BOARD_GUARD_REGION
#define ARCH_STACK_ALIGN (32)
#define ARCH_STACK_GUARD (32)
#else
#define ARCH_STACK_ALIGN (8)
#define ARCH_STACK_GUARD (0)
#endif
#define ARCH_STACK_GUARD_ANYWHERE ARCH_STACK_GUARD
// All stacks together: what overflows does not reach what is told of it. Nobody needs them cleared.
#ifndef ARCH_STACK_SECTION
#define ARCH_STACK_SECTION __attribute__((section(".noinit.stacks")))
#endif

#define ARCH_SWITCHES_ITSELF (1)
#define ARCH_CYCLES_HZ BOARD_CYCLES_HZ

typedef struct {
    uint32_t *sp; // of one that does not run: its frame, see switch.S
    uint32_t guard; // what the MPU, or PSPLIM, is told when it runs
} arch_thread_t;

struct k_thread;
typedef struct {
    struct k_thread *thread;
    void *custom_data; // the thread's, which programs may ask for at every step
} arch_running_t;
extern arch_running_t arch_running; // where there is one core
#if ARCH_CORES == 1
#define ARCH_CUSTOM_DATA arch_running.custom_data
#endif

void board_timer_set(int64_t at);
void board_core_start(unsigned core, const void *stack);
void board_halt_others(void);
void arch_core_main(void) __attribute__((noreturn));

#if __ARM_ARCH == 6
static inline unsigned arch_core(void) {
    return ARCH_CORES == 1 ? 0 : *(volatile uint32_t *)BOARD_CORE_ID;
}

static inline void arch_core_set(unsigned core) {
    (void)core;
}

// Not volatile: whoever asks twice is the same thread.
static inline struct k_thread *arch_core_word(void) {
    struct k_thread *t;
    __asm ("ldr %0, [%1]" : "=l" (t) : "l" (BOARD_CORE_WORD));
    return t;
}

static inline void arch_core_word_set(struct k_thread *t) {
    *(struct k_thread *volatile *)BOARD_CORE_WORD = t;
}
#else
// MSP_NS has the number times 4. Volatile, as a thread may be on another core the next time.
static inline unsigned arch_core(void) {
    if (ARCH_CORES == 1) {
        return 0;
    }
    uint32_t msp_ns;
    __asm volatile ("mrs %0, msp_ns" : "=r" (msp_ns));
    return msp_ns / 4;
}

static inline void arch_core_set(unsigned core) {
    if (ARCH_CORES > 1) {
        __asm volatile ("msr msp_ns, %0" : : "r" (core * 4));
    }
}

static inline struct k_thread *arch_core_word(void) {
    struct k_thread *t;
    __asm ("mrs %0, psp_ns" : "=r" (t));
    return t;
}

static inline void arch_core_word_set(struct k_thread *t) {
    __asm volatile ("msr psp_ns, %0" : : "r" (t) : "memory");
}
#endif

// The cores that have come up.
static inline unsigned arch_core_count(void) {
    extern unsigned kern_cores_up;
    return ARCH_CORES == 1 ? 1 : __atomic_load_n(&kern_cores_up, __ATOMIC_ACQUIRE);
}

// Not volatile: it is the same all through a function.
static inline bool arch_in_isr(void) {
    uint32_t ipsr;
    __asm ("mrs %0, ipsr" : "=r" (ipsr));
    return ipsr != 0;
}

#ifdef BOARD_MASK
static inline bool arch_masked(void) {
    uint32_t primask, basepri;
    __asm volatile ("mrs %0, primask\n mrs %1, basepri" : "=r" (primask), "=r" (basepri));
    return (primask | basepri) != 0 || arch_in_isr();
}

// Bit 0 is whether they were.
static inline uint32_t arch_mask(void) {
    uint32_t old;
    __asm volatile ("mrs %0, basepri\n msr basepri_max, %1" : "=&r" (old) : "r" (BOARD_MASK) : "memory");
    return old != 0;
}

static inline void arch_unmask(uint32_t key) {
    __asm volatile ("msr basepri, %0" : : "r" (key & 1 ? BOARD_MASK : 0) : "memory");
}

static inline void arch_mask_on(void) {
    arch_unmask(1);
}

static inline void arch_mask_off(void) {
    arch_unmask(0);
}
#else
static inline bool arch_masked(void) {
    uint32_t primask;
    __asm volatile ("mrs %0, primask" : "=r" (primask));
    return primask != 0 || arch_in_isr();
}

// Bit 0 is PRIMASK as it was. An interrupt's number is above it: nobody asks where there is one core.
static inline uint32_t arch_mask(void) {
    uint32_t key, ipsr = 0;
    if (ARCH_CORES > 1) {
        __asm volatile ("mrs %0, ipsr" : "=r" (ipsr));
    }
    __asm volatile ("mrs %0, primask\n cpsid i" : "=r" (key) : : "memory");
    return key | ipsr << 1;
}

static inline void arch_unmask(uint32_t key) {
    __asm volatile ("msr primask, %0" : : "r" (key) : "memory");
}

static inline void arch_mask_on(void) {
    __asm volatile ("cpsid i" : : : "memory");
}

static inline void arch_mask_off(void) {
    __asm volatile ("cpsie i" : : : "memory");
}
#endif

static inline struct k_thread *arch_current(void) {
    return ARCH_CORES == 1 ? arch_running.thread : arch_core_word();
}

// PendSV; this, and no prototype for all, is what arch.h means.
static inline void arch_switch_ask(void) {
    *(volatile uint32_t *)0xe000ed04 = 1u << 28;
}

static inline bool arch_asked(void) {
    return false; // PendSV does not need to be called
}

// A spin lock's word, from 0 to other than that, in a few instructions that have the hardware's spin lock. A word that
// is a fault is one before these.
#if __ARM_ARCH == 6 && ARCH_CORES > 1
#define ARCH_SPIN_TRY (1)
static inline bool arch_spin_try(volatile uint32_t *word, uint32_t value) {
    volatile uint32_t *lock = (volatile uint32_t *)BOARD_SPIN_LOCK;
    bool is_free = *word == 0;
    if (is_free) {
        while (*lock == 0) {
        }
        __asm volatile ("dmb" : : : "memory");
        is_free = *word == 0;
        if (is_free) {
            *word = value;
        }
        __asm volatile ("dmb" : : : "memory");
        *lock = 0;
    }
    return is_free;
}
#endif

static inline void arch_spin(void) {
    __asm volatile ("yield" : : : "memory");
}

static inline void arch_spin_wake(void) {
}

static inline int64_t arch_ticks(void) {
    return (int64_t)board_clock_us();
}

static inline uint32_t arch_cycles_32(void) {
    return BOARD_CYCLES();
}

uint64_t arch_cycles_64(void);

#endif // ARCH_KERNEL_H
