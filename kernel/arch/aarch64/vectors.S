// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Interrupt entry, switch and exit.
//
// An interrupt comes on SP_EL1, the core's own stack, with interrupts masked, and puts all that the thread has onto the
// thread's stack. Handlers run on the core's stack. At the end, back on the thread's stack, the thread goes on, or
// gives its core up like one that waits, and goes on when it has one again:
//
//    a thread's stack, from its high end      arch_frame_t             arch_switch_t
//    +-------------------------------+        +-----------------+ 800  +-----------------+ 176
//    | its own                       |        | q0 .. q31       |      | fpcr, fpsr      |
//    +-------------------------------+ sp     +-----------------+ 288  +-----------------+ 160
//    | arch_frame_t                  |        | fpcr, fpsr      |      | d8 .. d15       |
//    +-------------------------------+        | pc, pstate      |      +-----------------+ 96
//    | arch_switch_t                 |        +-----------------+ 248  | x19 .. x30      |
//    +-------------------------------+        | x0 .. x30       |      +-----------------+ 0
//         k_thread.arch.sp points here        +-----------------+ 0
//
// A thread that waits, yields or unlocks the kernel has the second alone below its own. k_thread.arch.sp, its registers
// and who runs on the core change under the kernel's lock, and the thread that comes gives that back: when another core
// sees a thread that is on none, all of it is on its stack, and nobody runs on that.
#include "aarch64.h"

// x0: where the frame goes. What x0 and x1 were is on top of SP_EL1. x1 is the interrupted pc when the first store
// faults, as where the stack is full; see arch_fault.
.macro save
    mrs x1, elr_el1
    stp x2, x3, [x0, #16]
    stp x4, x5, [x0, #32]
    stp x6, x7, [x0, #48]
    stp x8, x9, [x0, #64]
    stp x10, x11, [x0, #80]
    stp x12, x13, [x0, #96]
    stp x14, x15, [x0, #112]
    stp x16, x17, [x0, #128]
    stp x18, x19, [x0, #144]
    stp x20, x21, [x0, #160]
    stp x22, x23, [x0, #176]
    stp x24, x25, [x0, #192]
    stp x26, x27, [x0, #208]
    stp x28, x29, [x0, #224]
    stp x30, x1, [x0, #240]
    ldp x2, x3, [sp], #16
    stp x2, x3, [x0]
    mrs x2, spsr_el1
    mrs x3, fpcr
    mrs x4, fpsr
    stp x2, x3, [x0, #256]
    str x4, [x0, #272]
    stp q0, q1, [x0, #288]
    stp q2, q3, [x0, #320]
    stp q4, q5, [x0, #352]
    stp q6, q7, [x0, #384]
    stp q8, q9, [x0, #416]
    stp q10, q11, [x0, #448]
    stp q12, q13, [x0, #480]
    stp q14, q15, [x0, #512]
    stp q16, q17, [x0, #544]
    stp q18, q19, [x0, #576]
    stp q20, q21, [x0, #608]
    stp q22, q23, [x0, #640]
    stp q24, q25, [x0, #672]
    stp q26, q27, [x0, #704]
    stp q28, q29, [x0, #736]
    stp q30, q31, [x0, #768]
.endm

.macro restore
    ldp q0, q1, [sp, #288]
    ldp q2, q3, [sp, #320]
    ldp q4, q5, [sp, #352]
    ldp q6, q7, [sp, #384]
    ldp q8, q9, [sp, #416]
    ldp q10, q11, [sp, #448]
    ldp q12, q13, [sp, #480]
    ldp q14, q15, [sp, #512]
    ldp q16, q17, [sp, #544]
    ldp q18, q19, [sp, #576]
    ldp q20, q21, [sp, #608]
    ldp q22, q23, [sp, #640]
    ldp q24, q25, [sp, #672]
    ldp q26, q27, [sp, #704]
    ldp q28, q29, [sp, #736]
    ldp q30, q31, [sp, #768]
    ldp x2, x3, [sp, #256]
    ldr x4, [sp, #272]
    msr fpsr, x4
    msr fpcr, x3
    msr spsr_el1, x2
    ldp x30, x1, [sp, #240]
    msr elr_el1, x1
    ldp x28, x29, [sp, #224]
    ldp x26, x27, [sp, #208]
    ldp x24, x25, [sp, #192]
    ldp x22, x23, [sp, #176]
    ldp x20, x21, [sp, #160]
    ldp x18, x19, [sp, #144]
    ldp x16, x17, [sp, #128]
    ldp x14, x15, [sp, #112]
    ldp x12, x13, [sp, #96]
    ldp x10, x11, [sp, #80]
    ldp x8, x9, [sp, #64]
    ldp x6, x7, [sp, #48]
    ldp x4, x5, [sp, #32]
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp]
    add sp, sp, #ARCH_FRAME_SIZE
.endm

.macro function name
    .section .text.\name, "ax"
    .global \name
    .type \name, %function
    .balign 16
\name:
.endm

.macro vector target
    .balign 128
    stp x0, x1, [sp, #-16]!
    b \target
.endm

// In an interrupt, whose stack may be what is wrong: on another stack, with the interrupt's sp in SP_EL0.
.macro vector_of_interrupt target
    .balign 128
    msr tpidr_el0, x0
    mov x0, sp
    msr sp_el0, x0
    adrp x0, arch_fault_stacks
    add x0, x0, :lo12:arch_fault_stacks
    mov sp, x0
    mrs x0, tpidrro_el0
    add x0, x0, #1
    lsl x0, x0, #ARCH_FAULT_STACK_LOG2_SIZE
    add sp, sp, x0
    mrs x0, tpidr_el0
    stp x0, x1, [sp, #-16]!
    b \target
.endm

    .section .text.vectors, "ax"
    .global arch_vectors
    .balign 2048
arch_vectors:
    vector sync // of a thread
    vector irq
    vector unexpected
    vector fault
    vector_of_interrupt fault
    vector_of_interrupt unexpected
    vector_of_interrupt unexpected
    vector_of_interrupt fault
    .rept 8 // of EL0, which is not used
    vector unexpected
    .endr

    .global arch_irq_entry
arch_irq_entry:
irq:
    mrs x0, sp_el0
    sub x0, x0, #ARCH_FRAME_SIZE
    save
    msr sp_el0, x0
    msr daifclr, #4 // a thread that comes instead takes over what is masked
    bl arch_irq
leave:
    msr spsel, #0
    cbz x0, 1f
    bl arch_switch
    bl arch_switched
1:
    restore
    eret

// SVC is irq_offload's; all else is a fault.
sync:
    mrs x0, esr_el1
    lsr x0, x0, #26
    cmp x0, #0x15
    b.ne fault
    mrs x0, sp_el0
    sub x0, x0, #ARCH_FRAME_SIZE
    save
    msr sp_el0, x0
    msr daifclr, #4
    bl arch_svc
    b leave
    .global arch_irq_entry_end
arch_irq_entry_end:

fault:
    sub x0, sp, #ARCH_FRAME_SIZE
    save
    mov sp, x0
    mov w1, #0
    b arch_fault

unexpected:
    sub x0, sp, #ARCH_FRAME_SIZE
    save
    mov sp, x0
    mov w1, #1
    b arch_fault

    .section .bss.arch_fault_stacks, "aw", %nobits
    .balign 16
arch_fault_stacks:
    .space ARCH_CORES << ARCH_FAULT_STACK_LOG2_SIZE

// x0: who comes. The C code around it keeps nothing else in registers than what is saved here.
function arch_switch
    mrs x1, tpidr_el1
    stp x19, x20, [sp, #-ARCH_SWITCH_SIZE]!
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mrs x2, fpcr
    mrs x3, fpsr
    stp x2, x3, [sp, #160]
    mov x2, sp
    str x2, [x1]
    ldr x2, [x0]
    msr tpidr_el1, x0
    mov sp, x2
    ldp x2, x3, [sp, #160]
    msr fpcr, x2
    msr fpsr, x3
    ldp d14, d15, [sp, #144]
    ldp d12, d13, [sp, #128]
    ldp d10, d11, [sp, #112]
    ldp d8, d9, [sp, #96]
    ldp x29, x30, [sp, #80]
    ldp x27, x28, [sp, #64]
    ldp x25, x26, [sp, #48]
    ldp x23, x24, [sp, #32]
    ldp x21, x22, [sp, #16]
    ldp x19, x20, [sp], #ARCH_SWITCH_SIZE
    ret

// As arch_thread_init left it.
function arch_thread_begin
    mov x0, x19
    mov x1, x20
    mov x2, x21
    mov x3, x22
    b arch_thread_main

function arch_go_on
    mov sp, x0
    msr daifclr, #2
    mov x29, xzr
    mov x30, xzr
    br x1
