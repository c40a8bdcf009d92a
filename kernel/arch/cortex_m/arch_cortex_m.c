// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Switches, time and the start on Cortex-M. The assembly is in switch.S.
#include "kern.h"
#include "cm_regs.h"

#define EXC_RETURN_THREAD (0xfffffffd) // to a thread on the process stack that has used no floating point
#define XPSR_THUMB (1u << 24)

#if __ARM_ARCH == 6 && defined(BOARD_GUARD_REGION)
#define SETS_REGIONS (1)
#else
#define SETS_REGIONS (0)
#endif

// What switch.S takes from a stack and the processor pops, from the low end.
typedef struct {
    uint32_t r4_to_r11[8];
    uint32_t exc_return;
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
} frame_t;

extern char main_stack_start[], main_stack_end[];

arch_running_t arch_running;

void PendSV_Handler(void);
void SysTick_Handler(void);
uint32_t *arch_switch(uint32_t *sp);
void arch_become_idle(uintptr_t sp, const void *main_sp) __attribute__((noreturn));

// ---- the switch

#if SETS_REGIONS
// An eighth of a region of the MPU, whose smallest are 256 bytes: 32 read-only bytes.
static void region_set(unsigned region, uintptr_t low) {
    MPU_RBAR = (low & ~(MPU_REGION_BYTES - 1)) | MPU_RBAR_REGION(region);
    MPU_RASR = MPU_RASR_SMALLEST | (~(1u << low / ARCH_STACK_GUARD % 8) & 0xff) << 8;
}
#endif

static void guard_init(struct k_thread *t) {
    #if SETS_REGIONS
    t->arch.guard = t->stack - ARCH_STACK_GUARD;
    #elif defined(BOARD_GUARD_REGION)
    t->arch.guard = (t->stack - ARCH_STACK_GUARD) | MPU_RBAR_REGION(BOARD_GUARD_REGION);
    #else
    t->arch.guard = t->stack;
    #endif
}

// The return from the exception is the barrier that the MPU wants.
static void guard_move(const struct k_thread *t) {
    #if SETS_REGIONS
    region_set(BOARD_GUARD_REGION, t->arch.guard);
    #elif defined(BOARD_GUARD_REGION)
    MPU_RBAR = t->arch.guard;
    #elif __ARM_ARCH >= 8
    __asm volatile ("msr psplim, %0" : : "r" (t->arch.guard));
    #endif
}

static void running_set(struct k_thread *t) {
    if (ARCH_CORES == 1) {
        arch_running = (arch_running_t) { t, t->custom_data };
    } else {
        arch_core_word_set(t);
    }
}

void arch_thread_init(struct k_thread *t, k_thread_entry_t entry, void *p1, void *p2, void *p3) {
    // What the other registers are nobody knows.
    frame_t *frame = (frame_t *)(t->stack + t->stack_size) - 1;
    frame->exc_return = EXC_RETURN_THREAD;
    frame->r0 = (uintptr_t)entry;
    frame->r1 = (uintptr_t)p1;
    frame->r2 = (uintptr_t)p2;
    frame->r3 = (uintptr_t)p3;
    frame->lr = 0;
    frame->pc = (uintptr_t)kern_thread_entry & ~1u;
    frame->xpsr = XPSR_THUMB;
    t->arch.sp = (uint32_t *)frame;
    guard_init(t);
}

void *arch_saved_sp(const struct k_thread *t) {
    return t->arch.sp;
}

// For switch.S: the running thread is saved, but for its stack pointer. Once the lock is given back another core may
// run it; this one is on its main stack until it has the next one's.
uint32_t *arch_switch(uint32_t *sp) {
    arch_mask_on();
    kern_spin_take(&kern.lock);
    struct k_thread *old = arch_current();
    if (CONFIG_STACK_CHECK && (uintptr_t)sp < old->stack) {
        kern_fail("switch", "stack overflow");
    }
    old->arch.sp = sp;
    struct k_thread *next = kern_pick();
    running_set(next);
    guard_move(next);
    sp = next->arch.sp;
    kern_spin_give(&kern.lock);
    arch_mask_off();
    return sp;
}

void arch_swap(uint32_t key) {
    kern_spin_give(&kern.lock);
    // PendSV, which was asked for, comes here.
    __asm volatile ("dsb" : : : "memory");
    arch_mask_off();
    __asm volatile ("isb" : : : "memory");
    if (key != 0) {
        (void)arch_mask();
    }
    if (key & KERN_NESTED) {
        kern_spin_take(&kern.lock);
    }
}

void arch_ipi(unsigned core) {
    board_ipi(core);
}

// ---- time

#ifdef BOARD_SYSTICK_HZ
// At least so many cycles pass between the look at the clock and the start: less than a microsecond's, but for a board
// whose clock is a variable, and slow by then.
#define SETTING_CYCLES (18)
#define HZ_IF_KNOWN __builtin_choose_expr(__builtin_constant_p(BOARD_SYSTICK_HZ), BOARD_SYSTICK_HZ, INT32_MAX)
_Static_assert(HZ_IF_KNOWN / 1000000 > SETTING_CYCLES, "SysTick counts too slowly");

static __attribute__((noinline)) void timer_start(int64_t at) {
    int64_t us = at - arch_ticks();
    if (us <= 0) {
        SCB_ICSR = ICSR_PEND_SYSTICK;
        return;
    }
    // It counts the 0, too. What takes longer than it can count is set again from its interrupt.
    const uint32_t per_us = BOARD_SYSTICK_HZ / 1000000;
    uint32_t load = us >= SYSTICK_MOST / per_us ? SYSTICK_MOST : (uint32_t)us * per_us - SETTING_CYCLES;
    SYSTICK_LOAD = __builtin_constant_p(BOARD_SYSTICK_HZ) || load <= SYSTICK_MOST ? load : 1; // it is sooner than that
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = SYSTICK_RUN;
}

void arch_timer_set(int64_t at) {
    SYSTICK_CTRL = 0;
    if (at != KERN_NEVER) {
        timer_start(at);
    }
}

void SysTick_Handler(void) {
    kern_timer_isr();
}
#else
void arch_timer_set(int64_t at) {
    board_timer_set(at);
}
#endif

// The time since the start says how often the counter has come round, once its value then is known.
static uint32_t cycles_at_start;

uint64_t arch_cycles_64(void) {
    uint32_t key = arch_mask();
    uint64_t about = (uint64_t)arch_ticks() * (BOARD_CYCLES_HZ / 1000000) + cycles_at_start;
    int32_t rest = (int32_t)(arch_cycles_32() - (uint32_t)about);
    arch_unmask(key);
    return about + (int64_t)rest;
}

int (sys_clock_hw_cycles_per_sec)(void) {
    return BOARD_CYCLES_HZ;
}

// ---- the start

static const char *main_stack_of(unsigned core) {
    return main_stack_end - core * ((main_stack_end - main_stack_start) / ARCH_CORES);
}

static void main_limit_set(const char *low) {
    #if __ARM_ARCH >= 8
    __asm volatile ("msr msplim, %0" : : "r" (low));
    #elif SETS_REGIONS
    region_set(BOARD_GUARD_REGION + 1, (uintptr_t)low);
    MPU_CTRL = MPU_CTRL_ENABLE | MPU_CTRL_DEFAULT_MAP;
    __asm volatile ("dsb\n isb" : : : "memory");
    #endif
}

// Each core becomes its idle thread here.
static void become_idle(void) __attribute__((noreturn));
static void become_idle(void) {
    SCB_SHPR3 |= SHPR3_PEND_SV_LEAST;
    struct k_thread *idle = &kern_cpu()->idle;
    running_set(idle);
    guard_init(idle);
    guard_move(idle);
    main_limit_set(main_stack_of(arch_core() + 1));
    arch_become_idle(idle->stack + idle->stack_size, main_stack_of(arch_core()));
}

void arch_core_main(void) {
    kern_core_enter(arch_core());
    become_idle();
}

static bool core_start(unsigned core) {
    board_core_start(core, main_stack_of(core));
    return true;
}

void arch_start(void) {
    cycles_at_start = arch_cycles_32() - (uint32_t)arch_ticks() * (BOARD_CYCLES_HZ / 1000000);
    if (ARCH_CORES > 1) {
        (void)arch_mask(); // or another one tells this core to switch before it is a thread
        kern_cores_start(core_start);
    }
    become_idle();
}

void arch_idle(void) {
    board_idle();
}
