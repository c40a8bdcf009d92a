// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What no code handles, in five lines: the cause, and the registers.
#include "aarch64.h"
#include "gic.h"

#define PSTATE_EL1T (4)
#define PSTATE_MODE (0xf)

#define ESR_CLASS(esr) ((esr) >> 26 & 0x3f)
#define CLASS_CODE (0x21) // an access to code, or to data
#define CLASS_DATA (0x25)
#define ESR_STATUS(esr) ((esr) & 0x3f)
#define STATUS_ALIGNMENT (0x21)
#define ESR_WRITE (1u << 6)

extern char arch_irq_entry[], arch_irq_entry_end[];

static const struct {
    uint8_t number;
    char text[29];
} classes[] = {
    { 0x00, "undefined instruction" }, { 0x07, "floating point is off" }, { 0x0e, "illegal state" },
    { 0x18, "system register not allowed" }, { CLASS_CODE, "instruction abort" },
    { 0x22, "program counter not aligned" }, { CLASS_DATA, "data abort" }, { 0x26, "stack pointer not aligned" },
    { 0x2f, "asynchronous abort" }, { 0x3c, "breakpoint" },
};

static const char *class_text(uint64_t esr) {
    for (unsigned i = 0; i < ARRAY_SIZE(classes); ++i) {
        if (classes[i].number == ESR_CLASS(esr)) {
            return classes[i].text;
        }
    }
    return "exception";
}

// Of an abort.
static const char *status_text(uint64_t esr) {
    switch (ESR_STATUS(esr) >> 2) {
        case 0: return "an address too large";
        case 1: return "nothing is there";
        case 3: return ESR_CLASS(esr) == CLASS_CODE ? "not executable" : "read-only";
        case STATUS_ALIGNMENT >> 2: return "not aligned";
        default: return "an error on the bus";
    }
}

// What the report is of.
typedef struct {
    const arch_frame_t *frame;
    const struct k_thread *thread; // NULL before the start
    uint64_t esr;
    uint64_t far;
    uint64_t sp;
    bool is_unexpected; // an interrupt
    bool in_entry; // an interrupt found no room for its frame
    bool in_isr;
} fault_t;

// Below the stack that was in use.
static bool is_overflow(const fault_t *f) {
    uintptr_t stack = f->in_isr ? (uintptr_t)arch_irq_stacks[arch_core()] + ARCH_STACK_GUARD
        : f->thread != NULL ? f->thread->stack : 0;
    return ESR_CLASS(f->esr) == CLASS_DATA && stack - f->far - 1 < ARCH_STACK_GUARD;
}

static void say_cause(const fault_t *f) {
    const char *text = f->is_unexpected ? "interrupt that nobody expects" : is_overflow(f) ? "stack overflow"
        : class_text(f->esr);
    const char *name = f->thread == NULL ? "" : kern_name(f->thread);
    printk("fault: %s %s%s, core %u%s", text, f->thread == NULL ? "before the start" : "in thread ", name, arch_core(),
        f->in_isr ? ", in an interrupt" : "");
    if (!f->is_unexpected && (ESR_CLASS(f->esr) == CLASS_CODE || ESR_CLASS(f->esr) == CLASS_DATA)) {
        const char *access = ESR_CLASS(f->esr) == CLASS_CODE ? "code at" : f->esr & ESR_WRITE ? "write to" : "read of";
        printk(", %s %lx: %s", access, f->far, status_text(f->esr));
    }
}

// In lines of ten.
static void say_registers(const fault_t *f) {
    // Where an interrupt found no room for its frame, x0 is where that would have been, and x1 where the thread was.
    uint64_t pc = f->in_entry ? f->frame->x[1] : f->frame->pc;
    uint64_t sp = f->in_entry ? f->frame->x[0] + ARCH_FRAME_SIZE : f->sp;
    printk("\npc %lx lr %lx sp %lx", pc, f->frame->x[30], sp);
    printk(" far %lx esr %lx pstate %lx", f->far, f->esr, f->frame->pstate);
    for (unsigned i = 0; i < 30; ++i) {
        printk("%sx%u %lx", i % 10 == 0 ? "\n" : " ", i, f->frame->x[i]);
    }
    printk("\n");
}

// Of the first fault there is a report. One in a report ends it.
static void stop_others(void) {
    static struct k_spinlock failing;
    if (kern_spin_try(&failing)) {
        gic_send_others(GIC_SGI_HALT);
    } else if (kern_spin_is_mine(&failing)) {
        arch_exit(1);
    } else {
        arch_halt();
    }
}

void arch_fault(const arch_frame_t *frame, unsigned kind) {
    fault_t f = { .frame = frame, .thread = arch_current(), .is_unexpected = kind != 0 };
    __asm volatile ("mrs %0, esr_el1\n mrs %1, far_el1\n mrs %2, sp_el0" : "=r" (f.esr), "=r" (f.far), "=r" (f.sp));
    bool is_el1t = (frame->pstate & PSTATE_MODE) == PSTATE_EL1T;
    f.in_entry = !is_el1t && frame->pc >= (uintptr_t)arch_irq_entry && frame->pc < (uintptr_t)arch_irq_entry_end;
    f.in_isr = !is_el1t && !f.in_entry;
    stop_others();
    say_cause(&f);
    say_registers(&f);
    arch_exit(1);
}
