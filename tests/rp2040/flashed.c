// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// An image in the flash, which its first 256 bytes start from where the boot ROM has put them.
#include "pico.h"

#define SCRATCH REG(0x4005800c)

__asm (
    ".section .boot2, \"ax\"\n"
    ".syntax unified\n"
    "mov r0, pc\n" // this and four
    "ldr r1, =0x4005800c\n"
    "str r0, [r1]\n"
    "ldr r0, =0x10000100\n"
    "ldr r1, =0xe000ed08\n"
    "str r0, [r1]\n"
    "ldmia r0!, {r1, r2}\n"
    "msr msp, r1\n"
    "bx r2\n"
    ".ltorg\n"
    ".syntax divided\n"
    ".text\n");

static const char text[] = "from the flash\n";

int main(void) {
    CHECK(SCRATCH == 0x20041f04);
    CHECK((uint32_t)main >> 24 == 0x10 && (uint32_t)text >> 24 == 0x10);
    say((const char *)((uint32_t)text + 0x3000000)); // there is more than one way to it
    return 7;
}
