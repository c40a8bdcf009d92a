// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The MPU's regions, parts of them, and an exception whose frame would be in one.
#include "pico.h"

#define MPU_TYPE REG(0xe000ed90)
#define MPU_CTRL REG(0xe000ed94)
#define MPU_RBAR REG(0xe000ed9c)
#define MPU_RASR REG(0xe000eda0)
#define READ_ONLY (5u << 24)
#define NO_ACCESS (0u << 24)
#define SIZE_256 (7u << 1)

static uint32_t memory[128] __attribute__((aligned(256)));
static volatile uint32_t faults;

__attribute__((naked)) static void hard(void) {
    __asm volatile (
        "mrs r0, psp\n"
        "mov r1, lr\n"
        "lsl r1, #29\n"
        "bmi 1f\n"
        "mov r0, sp\n"
        "1: push {r4, lr}\n"
        "bl skip\n"
        "pop {r4, pc}\n");
}

__attribute__((used)) void skip(uint32_t *frame) {
    faults++;
    frame[6] += 2;
}

// Its frame would be in what is protected: it is a HardFault.
__attribute__((naked)) static void svc_at(uint32_t *stack) {
    __asm volatile (
        "msr psp, r0\n"
        "movs r1, #2\n"
        "msr control, r1\n"
        "svc 0\n"
        "bkpt 1\n");
}

static void lost(void) {
    leave(memory[16] == 17 && memory[22] == 0 ? 0 : 3);
}

static void never(void) {
    leave(4);
}

static void write(uint32_t i) {
    volatile uint32_t *to = memory + i;
    *to = i + 1;
    __asm volatile ("nop");
}

int main(void) {
    vectors[HARDFAULT] = hard;
    CHECK(MPU_TYPE == 0x800);
    // 32 bytes of 256: all parts but the third are without.
    MPU_RBAR = (uint32_t)memory | 16 | 3;
    MPU_RASR = READ_ONLY | (0xffu & ~(1u << 2)) << 8 | SIZE_256 | 1;
    write(16);
    CHECK(faults == 0 && memory[16] == 17);
    MPU_CTRL = 5;
    write(15);
    write(24);
    CHECK(faults == 0 && memory[15] == 16 && memory[24] == 25);
    write(17);
    write(23);
    CHECK(faults == 2 && memory[17] == 0 && memory[16] == 17);
    // A region of a higher number is before it.
    MPU_RBAR = (uint32_t)memory | 16 | 4;
    MPU_RASR = 3u << 24 | SIZE_256 | 1;
    write(17);
    CHECK(faults == 2 && memory[17] == 18);
    MPU_RASR = NO_ACCESS | SIZE_256 | 1;
    uint32_t value = *(volatile uint32_t *)memory;
    CHECK(faults == 3);
    (void)value;
    MPU_RASR = 0;
    MPU_CTRL = 0;
    write(18);
    CHECK(faults == 3 && memory[18] == 19);
    MPU_CTRL = 5;
    vectors[HARDFAULT] = lost;
    vectors[SVCALL] = never;
    svc_at(memory + 24);
    return 3;
}
