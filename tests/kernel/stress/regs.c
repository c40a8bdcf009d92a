// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "regs.h"

#ifdef __aarch64__

#define TO_29 \
    "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29"

// Register number n holds the seed + n, in each of its halves; the seed is at the top of the stack. The rounding mode
// and the flags hold bits of it.
__asm (
    ".macro enter\n"
    "    stp x29, x30, [sp, #-192]!\n"
    "    stp x19, x20, [sp, #16]\n"
    "    stp x21, x22, [sp, #32]\n"
    "    stp x23, x24, [sp, #48]\n"
    "    stp x25, x26, [sp, #64]\n"
    "    stp x27, x28, [sp, #80]\n"
    "    stp d8, d9, [sp, #96]\n"
    "    stp d10, d11, [sp, #112]\n"
    "    stp d12, d13, [sp, #128]\n"
    "    stp d14, d15, [sp, #144]\n"
    "    mrs x3, fpcr\n"
    "    and x4, x0, #0xc00000\n"
    "    stp x3, x0, [sp, #160]\n"
    "    str x4, [sp, #176]\n"
    "    msr fpcr, x4\n"
    ".endm\n"
    ".macro leave\n" // x0: what differs
    "    ldp x3, x1, [sp, #160]\n"
    "    ldr x4, [sp, #176]\n"
    "    mrs x2, fpcr\n"
    "    eor x2, x2, x4\n"
    "    orr x0, x0, x2\n"
    "    msr fpcr, x3\n"
    "    ldp d14, d15, [sp, #144]\n"
    "    ldp d12, d13, [sp, #128]\n"
    "    ldp d10, d11, [sp, #112]\n"
    "    ldp d8, d9, [sp, #96]\n"
    "    ldp x27, x28, [sp, #80]\n"
    "    ldp x25, x26, [sp, #64]\n"
    "    ldp x23, x24, [sp, #48]\n"
    "    ldp x21, x22, [sp, #32]\n"
    "    ldp x19, x20, [sp, #16]\n"
    "    ldp x29, x30, [sp], #192\n"
    "    ret\n"
    ".endm\n"
    ".macro differs value, n, seed\n" // adds to x0
    "    sub \\value, \\value, #\\n\n"
    "    eor \\value, \\value, \\seed\n"
    "    orr x0, x0, \\value\n"
    ".endm\n"

    ".global regs_hold\n"
    ".type regs_hold, %function\n"
    "regs_hold:\n"
    "    mov w0, w0\n"
    "    enter\n"
    ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28\n"
    "    add x\\n, x0, #\\n\n"
    ".endr\n"
    ".irp n, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "    add x3, x0, #\\n\n"
    "    fmov d\\n, x3\n"
    ".endr\n"
    "    mov x0, x2\n"
    "    blr x1\n"
    "    ldr x1, [sp, #168]\n"
    "    mov x0, xzr\n"
    ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28\n"
    "    differs x\\n, \\n, x1\n"
    ".endr\n"
    ".irp n, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "    fmov x2, d\\n\n"
    "    differs x2, \\n, x1\n"
    ".endr\n"
    "    leave\n"

    ".global regs_spin\n"
    ".type regs_spin, %function\n"
    "regs_spin:\n"
    "    mov w0, w0\n"
    "    mov w1, w1\n"
    "    enter\n"
    "    mov x30, x1\n"
    ".irp n, " TO_29 "\n"
    "    add x\\n, x0, #\\n\n"
    ".endr\n"
    ".irp n, " TO_29 "\n"
    "    dup v\\n\\().2d, x\\n\n"
    ".endr\n"
    "    dup v0.2d, x1\n"
    "    dup v30.2d, x1\n"
    "    dup v31.2d, x1\n"
    "    lsl x0, x0, #28\n"
    "    msr nzcv, x0\n"
    "1:  cbz x30, 2f\n"
    "    sub x30, x30, #1\n"
    "    b 1b\n"
    "2:  mrs x30, nzcv\n"
    "    and x0, x0, #0xf0000000\n"
    "    eor x0, x0, x30\n"
    "    ldr x30, [sp, #168]\n"
    ".irp n, " TO_29 "\n"
    "    differs x\\n, \\n, x30\n"
    ".endr\n"
    ".irp n, " TO_29 "\n"
    "    mov x1, v\\n\\().d[0]\n"
    "    mov x2, v\\n\\().d[1]\n"
    "    differs x1, \\n, x30\n"
    "    differs x2, \\n, x30\n"
    ".endr\n"
    ".irp n, 0, 30, 31\n"
    "    mov x1, v\\n\\().d[0]\n"
    "    mov x2, v\\n\\().d[1]\n"
    "    differs x1, 1, x30\n"
    "    differs x2, 1, x30\n"
    ".endr\n"
    "    leave\n"
    );

#elif __ARM_ARCH == 6

// Register number n holds the seed + n; the seed is at the top of the stack. Those from r8 on are filled and looked at
// through r4.
__asm (
    "    .syntax unified\n"
    "    .thumb\n"
    ".macro enter\n"
    "    push {r4-r7, lr}\n"
    "    mov r4, r8\n"
    "    mov r5, r9\n"
    "    mov r6, r10\n"
    "    mov r7, r11\n"
    "    push {r4-r7}\n"
    "    push {r0}\n"
    ".endm\n"
    ".macro leave\n" // r0: what differs
    "    pop {r2}\n"
    "    pop {r4-r7}\n"
    "    mov r8, r4\n"
    "    mov r9, r5\n"
    "    mov r10, r6\n"
    "    mov r11, r7\n"
    "    movs r1, #0\n"
    "    pop {r4-r7, pc}\n"
    ".endm\n"
    ".macro fill high, n\n"
    "    movs r4, r0\n"
    "    adds r4, #\\n\n"
    "    mov \\high, r4\n"
    ".endm\n"
    ".macro differs value, n, seed, sum\n" // adds to the sum
    "    subs \\value, #\\n\n"
    "    eors \\value, \\seed\n"
    "    orrs \\sum, \\value\n"
    ".endm\n"

    ".global regs_hold\n"
    ".type regs_hold, %function\n"
    ".thumb_func\n"
    "regs_hold:\n"
    "    enter\n"
    ".irp n, 8, 9, 10, 11\n"
    "    fill r\\n, \\n\n"
    ".endr\n"
    ".irp n, 4, 5, 6, 7\n"
    "    movs r\\n, r0\n"
    "    adds r\\n, #\\n\n"
    ".endr\n"
    "    movs r0, r2\n"
    "    blx r1\n"
    "    ldr r1, [sp]\n"
    "    movs r0, #0\n"
    ".irp n, 4, 5, 6, 7\n"
    "    differs r\\n, \\n, r1, r0\n"
    ".endr\n"
    ".irp n, 8, 9, 10, 11\n"
    "    mov r4, r\\n\n"
    "    differs r4, \\n, r1, r0\n"
    ".endr\n"
    "    leave\n"

    ".global regs_spin\n"
    ".type regs_spin, %function\n"
    ".thumb_func\n"
    "regs_spin:\n"
    "    enter\n"
    ".irp n, 8, 9, 10, 11, 12, 14\n"
    "    fill r\\n, \\n\n"
    ".endr\n"
    ".irp n, 2, 3, 4, 5, 6, 7\n"
    "    movs r\\n, r0\n"
    "    adds r\\n, #\\n\n"
    ".endr\n"
    "1:  cmp r1, #0\n"
    "    beq 2f\n"
    "    subs r1, #1\n"
    "    b 1b\n"
    "2:\n"
    ".irp n, 2, 3, 4, 5, 6, 7\n"
    "    differs r\\n, \\n, r0, r1\n"
    ".endr\n"
    ".irp n, 8, 9, 10, 11, 12, 14\n"
    "    mov r4, r\\n\n"
    "    differs r4, \\n, r0, r1\n"
    ".endr\n"
    "    ldr r2, [sp]\n"
    "    eors r2, r0\n"
    "    orrs r1, r2\n"
    "    movs r0, r1\n"
    "    leave\n"
    );

#elif defined(__arm__)

#ifdef __ARM_FP
#define IF_FP(text) text
#else
#define IF_FP(text)
#endif
#define FROM_16 "16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31"
#define FROM_0 "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, " FROM_16

// Register number n holds the seed + n; the seed is at the top of the stack. The rounding mode and the flags hold bits
// of it.
__asm (
    "    .syntax unified\n"
    "    .thumb\n"
    ".macro enter\n"
    "    push {r4-r11, lr}\n"
    IF_FP("vpush {s16-s31}\n")
    IF_FP("vmrs r3, fpscr\n")
    IF_FP("and r4, r0, #0xc00000\n")
    IF_FP("vmsr fpscr, r4\n")
    "    push {r0, r3, r4}\n"
    ".endm\n"
    ".macro leave\n" // r0: what differs
    "    pop {r2, r3, r4}\n"
    IF_FP("vmrs r2, fpscr\n")
    IF_FP("eor r2, r2, r4\n")
    IF_FP("and r2, r2, #0xc00000\n")
    IF_FP("orr r0, r0, r2\n")
    IF_FP("vmsr fpscr, r3\n")
    IF_FP("vpop {s16-s31}\n")
    "    movs r1, #0\n"
    "    pop {r4-r11, pc}\n"
    ".endm\n"
    ".macro differs value, n, seed, sum\n" // adds to the sum
    "    sub \\value, \\value, #\\n\n"
    "    eor \\value, \\value, \\seed\n"
    "    orr \\sum, \\sum, \\value\n"
    ".endm\n"

    ".global regs_hold\n"
    ".type regs_hold, %function\n"
    "regs_hold:\n"
    "    enter\n"
    IF_FP(".irp n, " FROM_16 "\n")
    IF_FP("add r3, r0, #\\n\n")
    IF_FP("vmov s\\n, r3\n")
    IF_FP(".endr\n")
    ".irp n, 4, 5, 6, 7, 8, 9, 10, 11\n"
    "    add r\\n, r0, #\\n\n"
    ".endr\n"
    "    mov r0, r2\n"
    "    blx r1\n"
    "    ldr r1, [sp]\n"
    "    movs r0, #0\n"
    ".irp n, 4, 5, 6, 7, 8, 9, 10, 11\n"
    "    differs r\\n, \\n, r1, r0\n"
    ".endr\n"
    IF_FP(".irp n, " FROM_16 "\n")
    IF_FP("vmov r2, s\\n\n")
    IF_FP("differs r2, \\n, r1, r0\n")
    IF_FP(".endr\n")
    "    leave\n"

    ".global regs_spin\n"
    ".type regs_spin, %function\n"
    "regs_spin:\n"
    "    enter\n"
    ".irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14\n"
    "    add r\\n, r0, #\\n\n"
    ".endr\n"
    IF_FP(".irp n, " FROM_0 "\n")
    IF_FP("add r3, r0, #\\n\n")
    IF_FP("vmov s\\n, r3\n")
    IF_FP(".endr\n")
    IF_FP("add r3, r0, #3\n")
    "    lsl r2, r0, #28\n"
    "    msr apsr_nzcvq, r2\n"
    "    add r2, r0, #2\n"
    "1:  cbz r1, 2f\n"
    "    sub r1, r1, #1\n"
    "    b 1b\n"
    "2:  mrs r1, apsr\n"
    "    eor r1, r1, r0, lsl #28\n"
    "    and r1, r1, #0xf0000000\n"
    ".irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14\n"
    "    differs r\\n, \\n, r0, r1\n"
    ".endr\n"
    IF_FP(".irp n, " FROM_0 "\n")
    IF_FP("vmov r2, s\\n\n")
    IF_FP("differs r2, \\n, r0, r1\n")
    IF_FP(".endr\n")
    "    ldr r2, [sp]\n"
    "    eor r2, r2, r0\n"
    "    orr r0, r1, r2\n"
    "    leave\n"
    );

#else

uint64_t regs_hold(unsigned seed, void (*fn)(void *arg), void *arg) {
    (void)seed;
    fn(arg);
    return 0;
}

uint64_t regs_spin(unsigned seed, unsigned turns) {
    (void)seed;
    for (volatile unsigned n = turns; n > 0;) {
        n -= 1;
    }
    return 0;
}

#endif
