// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The two stack pointers, what an exception's frame holds, its alignment, and what a handler returns by.
#include "pico.h"

static uint64_t process_stack[32];
static volatile uint32_t frame[8], return_by, process_pointer, main_pointer, control, restored;

__attribute__((naked)) static void svc(void) {
    __asm volatile (
        "mov r0, lr\n"
        "mrs r1, psp\n"
        "mrs r2, control\n"
        "mrs r3, msp\n"
        "push {r4, lr}\n"
        "bl note\n"
        "pop {r4, pc}\n");
}

__attribute__((used)) void note(uint32_t lr, uint32_t psp, uint32_t control_now, uint32_t msp) {
    return_by = lr;
    process_pointer = psp;
    main_pointer = msp;
    control = control_now;
    const uint32_t *from = (const uint32_t *)(lr == 0xfffffffd ? psp : msp);
    for (uint32_t i = 0; i < 8; i++) {
        frame[i] = from[i];
    }
}

// svc on the process stack, with the registers that a frame holds set; what is in them after it comes back.
__attribute__((naked)) static void svc_on_process_stack(uint32_t *stack) {
    __asm volatile (
        "push {r4-r7, lr}\n"
        "msr psp, r0\n"
        "movs r1, #2\n"
        "msr control, r1\n"
        "isb\n"
        "movs r0, #10\n"
        "movs r1, #11\n"
        "movs r2, #12\n"
        "movs r3, #13\n"
        "movs r4, #14\n"
        "mov r12, r4\n"
        "movs r4, #0\n"
        "cmp r4, #0\n" // Z and C
        "svc 0\n"
        "bne 1f\n"
        "bcc 1f\n"
        "add r0, r12\n"
        "add r0, r1\n"
        "add r0, r2\n"
        "add r0, r3\n"
        "b 2f\n"
        "1: movs r0, #0\n"
        "2: mov r4, sp\n"
        "movs r1, #0\n"
        "msr control, r1\n"
        "isb\n"
        "ldr r1, =restored\n"
        "str r0, [r1]\n"
        "mov r0, r4\n"
        "pop {r4-r7, pc}\n");
}

int main(void) {
    vectors[SVCALL] = svc;
    uint32_t (*run)(uint32_t *) = (uint32_t (*)(uint32_t *))svc_on_process_stack;
    for (uint32_t unaligned = 0; unaligned < 2; unaligned++) {
        uint32_t *top = (uint32_t *)(process_stack + 32) - unaligned;
        CHECK(run(top) == (uint32_t)top);
        CHECK(restored == 10 + 14 + 11 + 12 + 13);
        CHECK(return_by == 0xfffffffd);
        CHECK(process_pointer == (((uint32_t)top - 32) & ~7u));
        CHECK(control == 0); // a handler's stack is the main one
        CHECK(frame[0] == 10 && frame[1] == 11 && frame[2] == 12 && frame[3] == 13 && frame[4] == 14);
        CHECK((frame[7] >> 9 & 1) == unaligned);
        CHECK((frame[7] & 1u << 24) && (frame[7] & 0x3f) == 0);
        CHECK(frame[7] >> 28 == 6);
    }
    __asm volatile ("svc 0" : : : "memory");
    CHECK(return_by == 0xfffffff9);
    // A write of the one that is in use, and of the other.
    uint32_t psp;
    __asm volatile ("msr psp, %1\nmrs %0, psp" : "=r" (psp) : "r" (0x20001235));
    CHECK(psp == 0x20001234);
    return 0;
}
