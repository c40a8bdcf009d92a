// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The switch. Threads are on the process stack, interrupts on the main one. PendSV is the least urgent exception, so
// nothing else is under way when it comes: what it saves is a thread. On the stack of one that does not run, which
// k_thread.arch.sp points to, on ARMv6-M, too, which switch_v6m.S is for:
//
//   high    xpsr                        pushed by the processor: with floating point, 18 words more below xpsr's
//           pc                          place, which are filled in when they are needed
//           lr
//           r12
//           r3 r2 r1 r0
//           s31 ... s16                 where EXC_RETURN says that the thread has used floating point: bit 4 is 0
//           EXC_RETURN                  what lr was here
//           r11 r10 r9 r8 r7 r6 r5 r4
//   low     <- sp
#include "kernel_board.h"

    .syntax unified
    .thumb

#if __ARM_ARCH >= 7
    .section .text.PendSV_Handler, "ax"
    .global PendSV_Handler
    .type PendSV_Handler, %function
PendSV_Handler:
    mrs     r0, psp
#ifdef __ARM_FP
    tst     lr, #0x10
    it      eq
    vstmdbeq r0!, {s16-s31}
#endif
#if __ARM_ARCH >= 8
    // PSPLIM does not hold for r0. Neither does a thread's own frame end this low, so this is what is reported.
    sub     r1, r0, #36
    mrs     r2, psplim
    cmp     r1, r2
    blo     fault_handler
#endif
    stmdb   r0!, {r4-r11, lr}
    bl      arch_switch         // r0: from this thread's sp to another's
    ldmia   r0!, {r4-r11, lr}
#ifdef __ARM_FP
    tst     lr, #0x10
    it      eq
    vldmiaeq r0!, {s16-s31}
#endif
    msr     psp, r0
    bx      lr
    .size PendSV_Handler, . - PendSV_Handler
#endif

// irq_offload(routine, parameter): both are in the frame that this pushes.
    .section .text.irq_offload, "ax"
    .global irq_offload
    .type irq_offload, %function
irq_offload:
    svc     #0
    bx      lr
    .size irq_offload, . - irq_offload

    .section .text.SVC_Handler, "ax"
    .global SVC_Handler
    .type SVC_Handler, %function
SVC_Handler:
    mrs     r1, psp
    ldr     r0, [r1, #4]
    ldr     r1, [r1]
    bx      r1
    .size SVC_Handler, . - SVC_Handler

// arch_become_idle(sp, main_sp): from here on this is a thread, and the main stack is empty. Interrupts were
// masked up to here where there are several cores.
    .section .text.arch_become_idle, "ax"
    .global arch_become_idle
    .type arch_become_idle, %function
arch_become_idle:
    msr     psp, r0
    movs    r2, #2
    msr     control, r2
    isb
    msr     msp, r1
#if ARCH_CORES > 1
    cpsie   i
#endif
    bl      kern_idle_main
    .size arch_become_idle, . - arch_become_idle

#if __ARM_ARCH >= 7
// A fault: arch_fault(sp, EXC_RETURN), with r4 to r11 and the frame kept in arch_fault_kept before the main stack is
// used: a thread may have run over its own into that. Where the main stack is what overflowed it begins afresh.
    .section .text.fault_handler, "ax"
    .global fault_handler
    .type fault_handler, %function
fault_handler:
    ldr     r1, =arch_fault_kept
#if ARCH_CORES > 1
    mrs     r2, msp_ns          // the core's number times 4
    add     r1, r1, r2, lsl #4
#endif
    stmia   r1!, {r4-r11}
    mov     r2, r1
    mrs     r0, psp
    mrs     r1, msp
    tst     lr, #4
    it      eq
    moveq   r0, r1
#ifdef BOARD_RAM_START
    ldr     r3, =BOARD_RAM_START
#else
    ldr     r3, =main_stack_start
#endif
    cmp     r0, r3
    itt     hs
    ldmiahs r0, {r4-r11}
    stmiahs r2, {r4-r11}
#if __ARM_ARCH >= 8
    mrs     r3, msplim          // of this core's part
#else
    ldr     r3, =main_stack_start
#endif
    add     r3, #512
    cmp     r1, r3
#if __ARM_ARCH >= 8
    add     r3, #1536
#else
    ldr     r3, =main_stack_end
#endif
    it      lo
    msrlo   msp, r3
    mov     r1, lr
    b       arch_fault
    .ltorg
    .size fault_handler, . - fault_handler
#endif
