// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What a fault was, as ARMv7-M and later say it.
#include "fault.h"

#if __ARM_ARCH >= 7

#define SWITCH_SIZE (36) // what PendSV adds to a frame

// The first bit that is set.
static const struct {
    uint32_t bit;
    const char *text;
} causes[] = {
    { 1u << 0, "code that may not be run" },
    { 1u << 1, "memory that may not be accessed" },
    { CFSR_MSTKERR, "no stack to save registers on" },
    { 1u << 3, "no stack to take registers from" },
    { 1u << 8, "no code there" },
    { 1u << 9, "no memory there" },
    { 1u << 10, "no memory there, some instructions ago" },
    { CFSR_STKERR, "no memory for the stack" },
    { 1u << 11, "no memory for the stack" },
    { 1u << 16, "an undefined instruction" },
    { 1u << 17, "not code, or an even address for it" },
    { 1u << 18, "a wrong return from an interrupt" },
    { 1u << 19, "no coprocessor" },
    { CFSR_STKOF, "stack overflow" },
    { 1u << 24, "an unaligned access" },
    { 1u << 25, "a division by zero" },
};

static const char *cause(uint32_t cfsr) {
    for (unsigned i = 0; i < ARRAY_SIZE(causes); ++i) {
        if (cfsr & causes[i].bit) {
            return causes[i].text;
        }
    }
    return "an interrupt without a handler, or a fault in one";
}

// Whether the running thread wrote to its guard, or the processor did that saves its registers; or, where the limit is
// the processor's, was kept from it, or PendSV was.
static bool is_overflow(const struct k_thread *t, uint32_t cfsr, uintptr_t psp, uint32_t exc_return) {
    if (cfsr & CFSR_MMARVALID) {
        return SCB_MMFAR >= t->stack - ARCH_STACK_GUARD && SCB_MMFAR < t->stack;
    }
    if (__ARM_ARCH >= 8 && (cfsr & ~CFSR_STKOF) == 0) {
        return (exc_return & EXC_RETURN_PSP) && (cfsr != 0 || psp - SWITCH_SIZE < t->stack);
    }
    return (cfsr & CFSR_MSTKERR) && psp < t->stack;
}

// The processor leaves the stack pointer at the limit.
bool fault_is_frame_lost(const struct k_thread *t, uintptr_t psp) {
    uint32_t cfsr = SCB_CFSR;
    return (cfsr & (CFSR_MSTKERR | CFSR_STKERR)) || ((cfsr & CFSR_STKOF) && psp <= t->stack);
}

void fault_say_cause(const struct k_thread *t, const fault_kept_t *kept, uintptr_t sp, uintptr_t psp,
    uint32_t exc_return) {
    uint32_t cfsr = SCB_CFSR;
    if (t != NULL && is_overflow(t, cfsr, psp, exc_return)) {
        kern_say("fault: stack overflow in thread %s", t->name);
    } else {
        kern_say("fault: %s", cause(cfsr));
    }
    if (cfsr & (CFSR_MMARVALID | CFSR_BFARVALID)) {
        kern_say(", at %x", (unsigned)(cfsr & CFSR_MMARVALID ? SCB_MMFAR : SCB_BFAR));
    }
    kern_say("\n");
}

void fault_say_status(void) {
    kern_say(" cfsr %x hfsr %x\n", (unsigned)SCB_CFSR, (unsigned)SCB_HFSR);
}

#endif
