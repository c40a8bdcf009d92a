// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What of switch.S is other on ARMv6-M, where only r0 to r7 can be stored and loaded, and nothing downwards. The frame
// is the same.
#if __ARM_ARCH == 6
#include "kernel_board.h"

    .syntax unified
    .thumb

    .section .text.PendSV_Handler, "ax"
    .global PendSV_Handler
    .type PendSV_Handler, %function
PendSV_Handler:
    mrs     r0, psp
    subs    r0, #36
    mov     r1, r0
    stmia   r1!, {r4-r7}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    stmia   r1!, {r4-r7}
    mov     r2, lr
    str     r2, [r1]
    bl      arch_switch         // r0: from this thread's sp to another's
    mov     r1, r0
    adds    r1, #16
    ldmia   r1!, {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    ldmia   r1!, {r2}
    msr     psp, r1
    ldmia   r0!, {r4-r7}
    bx      r2
    .size PendSV_Handler, . - PendSV_Handler

// A fault: arch_fault(sp, EXC_RETURN), see switch.S.
    .section .text.fault_handler, "ax"
    .global fault_handler
    .type fault_handler, %function
fault_handler:
    ldr     r1, =arch_fault_kept
#if ARCH_CORES > 1
    ldr     r2, =BOARD_CORE_ID
    ldr     r2, [r2]
    lsls    r2, r2, #6          // what is kept of a core has 64 bytes
    adds    r1, r1, r2
#endif
    stmia   r1!, {r4-r7}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    stmia   r1!, {r4-r7}
    mov     r2, lr
    mrs     r0, psp
    lsls    r3, r2, #29         // bit 2: it was on that stack
    bmi     1f
    mrs     r0, msp
1:  ldr     r3, =BOARD_RAM_START
    cmp     r0, r3
    blo     2f
    mov     r3, r0
    ldmia   r3!, {r4-r7}
    stmia   r1!, {r4-r7}
    ldmia   r3!, {r4-r7}
    stmia   r1!, {r4-r7}
2:  mov     r1, r2
    ldr     r2, =main_stack_start
    ldr     r3, =main_stack_end
#if ARCH_CORES > 1
    subs    r4, r3, r2
    lsrs    r4, r4, #1          // each of two has a half, the first one the upper
    adds    r2, r2, r4
    ldr     r5, =BOARD_CORE_ID
    ldr     r5, [r5]
    cmp     r5, #0
    beq     3f
    mov     r3, r2
    subs    r2, r2, r4
3:
#endif
    movs    r4, #1
    lsls    r4, r4, #9
    adds    r2, r2, r4
    mrs     r4, msp
    cmp     r4, r2
    bhs     4f
    msr     msp, r3
4:  bl      arch_fault
    .ltorg
    .size fault_handler, . - fault_handler
#endif
