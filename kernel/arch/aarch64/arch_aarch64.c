// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Switches, interrupts and the start. The assembly is in vectors.S and start.S.
#include "aarch64.h"
#include "board.h"
#include "gic.h"


ARCH_STACK_SECTION char arch_irq_stacks[ARCH_CORES][ARCH_IRQ_STACK_SIZE];

// ---- threads

void arch_thread_init(struct k_thread *t, k_thread_entry_t entry, void *p1, void *p2, void *p3) {
    arch_switch_t *s = (arch_switch_t *)(t->stack + t->stack_size) - 1;
    *s = (arch_switch_t) {
        .x19_x30 = { (uintptr_t)entry, (uintptr_t)p1, (uintptr_t)p2, (uintptr_t)p3,
                     [11] = (uintptr_t)arch_thread_begin },
    };
    t->arch.sp = (uintptr_t)s;
}

void arch_thread_main(k_thread_entry_t entry, void *p1, void *p2, void *p3) {
    kern_spin_give(&kern.lock);
    arch_unmask(0);
    kern_thread_entry(entry, p1, p2, p3);
}

void *arch_saved_sp(const struct k_thread *t) {
    return (void *)t->arch.sp;
}

// kern_pick() has set what this looks at.
void arch_switch_ask(void) {
}

bool arch_asked(void) {
    return __atomic_load_n(&kern_cpu()->asked, __ATOMIC_RELAXED);
}

// Of a stack without a guard it is known here.
static void check_stack(const void *sp) {
    if (CONFIG_STACK_CHECK && (uintptr_t)sp < arch_current()->stack) {
        kern_fail("switch", "stack overflow");
    }
}

void arch_swap(uint32_t key) {
    check_stack(__builtin_frame_address(0));
    struct k_thread *next = kern_pick();
    if (next != arch_current()) {
        arch_switch(next);
    }
    // Perhaps on another core. The lock came with it.
    if (!(key & KERN_NESTED)) {
        kern_spin_give(&kern.lock);
        arch_unmask(key);
    }
}

// ---- interrupts

// At the end of an interrupt: who runs next, and then with the lock; NULL for the interrupted thread.
static struct k_thread *isr_end(const arch_frame_t *frame) {
    if ((frame->pstate & ARCH_PSTATE_I) || !arch_asked()) {
        return NULL;
    }
    check_stack(frame);
    kern_lock();
    struct k_thread *next = kern_pick();
    if (next == arch_current()) {
        kern_spin_give(&kern.lock);
        return NULL;
    }
    return next;
}

struct k_thread *arch_irq(const arch_frame_t *frame) {
    gic_dispatch();
    return isr_end(frame);
}

void arch_switched(void) {
    kern_spin_give(&kern.lock);
}

void arch_ipi(unsigned core) {
    gic_send(core, GIC_SGI_IPI);
}

struct k_thread *arch_svc(const arch_frame_t *frame) {
    void (*routine)(const void *parameter) = (void (*)(const void *parameter))frame->x[0];
    routine((const void *)frame->x[1]);
    return isr_end(frame);
}

void irq_offload(void (*routine)(const void *parameter), const void *parameter) {
    register uintptr_t x0 __asm("x0") = (uintptr_t)routine;
    register uintptr_t x1 __asm("x1") = (uintptr_t)parameter;
    __ASSERT(!arch_in_isr());
    __asm volatile ("svc #0" : : "r" (x0), "r" (x1) : "memory");
}

// ---- the start

void arch_halt(void) {
    (void)arch_mask();
    for (;;) {
        __asm volatile ("wfi");
    }
}

static void core_init(void) {
    arch_stack_guard(arch_irq_stacks[arch_core()]);
    gic_init_core();
    gic_handle(GIC_SGI_IPI, kern_ipi_isr);
    gic_handle(GIC_SGI_HALT, arch_halt);
    arch_timer_init_core();
    arch_board_init_core();
}

// This core's idle thread, from here on.
static void become_idle(void) __attribute__((noreturn));
static void become_idle(void) {
    struct k_thread *idle = &kern_cpu()->idle;
    __asm volatile ("msr tpidr_el1, %0" : : "r" (idle) : "memory");
    arch_go_on(idle->stack + idle->stack_size, kern_idle_main);
}

void arch_core_main(unsigned core) {
    core_init();
    kern_core_enter(core);
    become_idle();
}

static bool core_start(unsigned core) {
    int status = psci_cpu_on(core, arch_core_start);
    if (status != PSCI_SUCCESS && status != PSCI_INVALID_PARAMETERS) {
        printk("core %u does not start, PSCI says %d; going on with %u\n", core, status, core);
    }
    return status == PSCI_SUCCESS;
}

void arch_start(void) {
    kern_cores_start(core_start);
    become_idle();
}

void arch_idle(void) {
    board_idle();
}

bool arch_irq_source(void) {
    return gic_any_source();
}

void arch_boot(bool from_el2) {
    psci_init(from_el2);
    arch_time_init();
    gic_init();
    core_init();
    board_start();
}
