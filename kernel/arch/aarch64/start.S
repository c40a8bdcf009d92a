// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// From reset, or from PSCI's CPU_ON, to C: at EL1, with floating point, the MMU and the caches on. Before its caches
// are on, a core reads nothing that another one wrote.
#include "aarch64.h"

    .section .start, "ax"
    .global _start
_start:
    mov x19, xzr
    b begin

    .global arch_core_start
arch_core_start:
    mov x19, x0

// x19: the core's number. x20: whether it came from EL2.
begin:
    msr daifset, #0xf
    ldr x1, =ARCH_SCTLR_OFF
    mrs x2, CurrentEL
    cmp x2, #(2 << 2)
    cset w20, eq
    b.ne at_el1
    msr sctlr_el1, x1
    mov x1, #(1 << 31) // EL1 is AArch64
    msr hcr_el2, x1
    mov x1, #3 // EL1 has the counters and the timers
    msr cnthctl_el2, x1
    msr cntvoff_el2, xzr
    mov x1, #0x33ff // nothing of floating point is trapped
    msr cptr_el2, x1
    msr hstr_el2, xzr
    mrs x1, midr_el1
    msr vpidr_el2, x1
    mrs x1, mpidr_el1
    msr vmpidr_el2, x1
    mrs x1, id_aa64pfr0_el1
    tst x1, #(0xf << 24)
    b.eq 1f
    mrs x1, S3_4_C12_C9_5 // ICC_SRE_EL2: EL1 has GICv3's registers
    mov x2, #9
    orr x1, x1, x2
    msr S3_4_C12_C9_5, x1
    isb
    msr S3_4_C12_C11_0, xzr // ICH_HCR_EL2
1:
    mov x1, #0x3c4 // EL1t, everything masked
    msr spsr_el2, x1
    adr x1, at_el1
    msr elr_el2, x1
    eret

at_el1:
    mov x1, #(3 << 20) // floating point
    msr cpacr_el1, x1
    adrp x1, arch_vectors
    add x1, x1, :lo12:arch_vectors
    msr vbar_el1, x1
    msr tpidrro_el0, x19
    msr tpidr_el1, xzr
    isb

    // SP_EL1 at the high end of the core's stack for interrupts, SP_EL0 lower until there are threads.
    adrp x1, arch_irq_stacks + ARCH_IRQ_STACK_SIZE
    add x1, x1, :lo12:(arch_irq_stacks + ARCH_IRQ_STACK_SIZE)
    mov x2, #ARCH_IRQ_STACK_SIZE
    madd x1, x19, x2, x1
    msr spsel, #1
    mov sp, x1
    msr spsel, #0
    sub sp, x1, #(ARCH_IRQ_STACK_SIZE / 3)

    cbnz x19, 3f
    adrp x1, bss_start
    add x1, x1, :lo12:bss_start
    adrp x2, bss_end
    add x2, x2, :lo12:bss_end
2:
    stp xzr, xzr, [x1], #16
    cmp x1, x2
    b.lo 2b
    bl arch_mmu_init
3:
    adrp x0, arch_mmu_tables
    add x0, x0, :lo12:arch_mmu_tables
    msr ttbr0_el1, x0
    ldr x1, =0x00000000000000ff04 // attribute 0: device nGnRE, 1: normal, cached
    msr mair_el1, x1
    ldr x1, =0x0000000100993519 // 39 bits of address by TTBR0 alone, 4 KB pages, tables cached, shared among cores
    msr tcr_el1, x1
    isb
    tlbi vmalle1
    ic iallu
    dsb nsh
    isb
    ldr x1, =(ARCH_SCTLR_OFF | ARCH_SCTLR_ON)
    msr sctlr_el1, x1
    isb
    msr daifclr, #4 // asynchronous aborts are reported
    cbnz x19, 4f
    mov w0, w20
    bl arch_boot
4:
    mov w0, w19
    bl arch_core_main
