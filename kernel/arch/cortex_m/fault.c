// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A fault, in five lines: the cause, whose it is, and the registers.
#include "fault.h"

#define EXC_RETURN_NO_FP (1u << 4)
#define XPSR_PADDED (1u << 9)
#define IPSR(xpsr) ((xpsr) & 0x1ff)
#define IPSR_PEND_SV (14)
#define FIRST_IRQ (16)

extern uint32_t main_stack_start[], main_stack_end[];

#ifndef BOARD_RAM_START
#define BOARD_RAM_START (uintptr_t)main_stack_start
#endif

void fault_handler(void);
void arch_fault(uintptr_t sp, uint32_t exc_return) __attribute__((noreturn));

fault_kept_t arch_fault_kept[ARCH_CORES];

static void say_where(const struct k_thread *t, uint32_t exception, uintptr_t sp) {
    if (t == NULL) {
        kern_say("before the start");
    } else {
        kern_say("thread %s, priority %d, stack %x to %x", kern_name(t), t->prio,
            (unsigned)t->stack, (unsigned)(t->stack + t->stack_size));
    }
    if (ARCH_CORES > 1) {
        kern_say(", core %d", arch_core());
    }
    if (exception != 0) {
        kern_say(exception < FIRST_IRQ ? ", in exception %d" : ", in interrupt %d",
            (int)(exception < FIRST_IRQ ? exception : exception - FIRST_IRQ));
    }
    kern_say(", sp %x\n", (unsigned)sp);
}

static void say_registers(const fault_frame_t *frame) {
    const uint32_t *r4_to_r11 = arch_fault_kept[arch_core()].r4_to_r11;
    for (int n = 0; n < 13; ++n) {
        uint32_t value = n < 4 ? (&frame->r0)[n] : n < 12 ? r4_to_r11[n - 4] : frame->r12;
        kern_say("r%d %x%s", n, (unsigned)value, n % 6 == 0 && n > 0 ? "\n" : " ");
    }
    kern_say("pc %x lr %x xpsr %x", (unsigned)frame->pc, (unsigned)frame->lr, (unsigned)frame->xpsr);
    fault_say_status();
}

// Whether a word looks like what a BL or BLX left: it points to code, behind one of these.
static bool is_return_address(uint32_t word) {
    const uint16_t *code = (const uint16_t *)(word - 1);
    return word % 2 == 1 && word - BOARD_CODE_START > 16 && word - BOARD_CODE_START < BOARD_CODE_SIZE
           && (((code[-2] & 0xf800) == 0xf000 && (code[-1] & 0xd000) == 0xd000) || (code[-1] & 0xff87) == 0x4780);
}

// There was no room for a frame at `sp`: what is known of where the thread was is its last call.
static fault_frame_t last_call(const struct k_thread *t, uintptr_t sp) {
    fault_frame_t frame = { .xpsr = 0 };
    uintptr_t high = t->stack + t->stack_size;
    for (uintptr_t at = MAX(sp + sizeof(frame), t->stack); at < high && frame.pc == 0; at += sizeof(uint32_t)) {
        uint32_t word = *(const uint32_t *)at;
        frame.pc = is_return_address(word) ? (word & ~1u) - 4 : 0;
    }
    return frame;
}

static uintptr_t sp_before(uintptr_t frame, uint32_t xpsr, uint32_t exc_return) {
    unsigned words = exc_return & EXC_RETURN_NO_FP ? 8 : 26;
    return frame + words * sizeof(uint32_t) + (xpsr & XPSR_PADDED ? sizeof(uint32_t) : 0);
}

// There is one report: of two cores that fail at once the other one waits for its end.
static void stop_others(void) {
    static uint32_t failing;
    (void)arch_mask();
    uint32_t first = failing, self = arch_core() + 1;
    if (ARCH_CORES == 1) {
        failing = self;
    } else {
        first = 0;
        __atomic_compare_exchange_n(&failing, &first, self, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    if (first == self) {
        arch_exit(1); // a fault in this
    }
    while (first != 0) {
        arch_spin();
    }
    if (ARCH_CORES > 1) {
        board_halt_others();
    }
}

// `sp` is where the frame is, if there was room for it.
void arch_fault(uintptr_t sp, uint32_t exc_return) {
    stop_others();
    const struct k_thread *t = kern_started ? arch_current() : NULL;
    fault_frame_t frame = arch_fault_kept[arch_core()].frame;
    uintptr_t psp;
    __asm volatile ("mrs %0, psp" : "=r" (psp));
    fault_say_cause(t, &arch_fault_kept[arch_core()], sp, psp, exc_return);
    if (sp == psp && t != NULL && fault_is_frame_lost(t, psp)) {
        frame = last_call(t, psp);
    } else if (sp >= BOARD_RAM_START) {
        if (IPSR(frame.xpsr) == IPSR_PEND_SV && t != NULL) {
            sp = psp; // that of the thread, which PendSV was to save
            frame = *(const fault_frame_t *)psp;
        }
        sp = sp_before(sp, frame.xpsr, exc_return);
    }
    say_where(t, IPSR(frame.xpsr), sp);
    say_registers(&frame);
    arch_exit(1);
}
