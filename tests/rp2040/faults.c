// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What is a HardFault, and where it says it was.
#include "pico.h"

static volatile uint32_t faults, where, thumb;

__attribute__((naked)) static void hard(void) {
    __asm volatile (
        "mov r0, sp\n"
        "push {r4, lr}\n"
        "bl skip\n"
        "pop {r4, pc}\n");
}

// Goes on behind the instruction, or where a jump had to return to.
__attribute__((used)) void skip(uint32_t *frame) {
    faults++;
    where = frame[6];
    thumb = frame[7] >> 24 & 1;
    frame[6] = thumb ? where + 2 : frame[5] & ~1u;
    frame[7] |= 1u << 24;
}

// Faults at its instruction, of two bytes, with r0 as it is given.
#define FAULTS(instruction, value) \
    do { \
        uint32_t before = faults, at; \
        register uint32_t r0 __asm ("r0") = (value); \
        __asm volatile ( \
            "adr r1, 1f\nmov %0, r1\n.align 2\n1: " instruction "\nnop\n" \
            : "=h" (at), "+r" (r0) : : "r1", "r2", "r3", "memory"); \
        CHECK(faults == before + 1); \
        CHECK(where == at && thumb == 1); \
    } while (0)

int main(void) {
    vectors[HARDFAULT] = hard;
    FAULTS("ldr r2, [r0]", 0x20000002);
    FAULTS("ldrh r2, [r0]", 0x20000001);
    FAULTS("str r2, [r0]", 0x20000001);
    FAULTS("strh r2, [r0]", 0x20000003);
    FAULTS("ldmia r0!, {r2}", 0x20000002);
    FAULTS("stmia r0!, {r2}", 0x20000002);
    FAULTS("ldr r2, [r0]", 0x60000000);
    FAULTS("ldrb r2, [r0]", 0x1ffffffc);
    FAULTS("str r2, [r0]", 0x20042000);
    FAULTS("strb r2, [r0]", 0x40070000);
    FAULTS("udf #1", 0);
    FAULTS(".short 0xb100", 0); // cbz, which there is not here
    FAULTS("bkpt 1", 0);
    mask();
    FAULTS("svc 1", 0);
    unmask();
    // A call of an even address gets there.
    uint32_t before = faults;
    uint32_t even = 0x20000100;
    __asm volatile ("blx %0" : : "l" (even) : "r0", "r1", "r2", "r3", "lr", "memory");
    CHECK(faults == before + 1 && where == even && thumb == 0);
    // Writes to ROM and to the flash's addresses are none.
    REG(0) = 1;
    REG(0x10000000) = 1;
    CHECK(faults == before + 1 && REG(0x10000000) == 0xffffffff);
    return 0;
}
