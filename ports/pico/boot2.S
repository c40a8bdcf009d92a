// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The first 256 bytes of the flash, which the boot ROM runs from RAM when their checksum is right: lets the processor
// read the flash by the command that every flash has, a byte at a time on one line, and goes on to the vectors.
    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .section .boot2, "ax"
    .global boot2
boot2:
    ldr     r0, =0x18000000     // the SSI
    movs    r1, #0
    str     r1, [r0, #0x08]     // off
    movs    r1, #4
    str     r1, [r0, #0x14]     // a quarter of the system's clock
    ldr     r1, =0x001f0300     // 32 bits a frame, read what an address is followed by
    str     r1, [r0, #0x00]
    movs    r1, #0
    str     r1, [r0, #0x04]     // one frame
    ldr     r1, =0x03000218     // command 3, of 8 bits, and an address of 24
    ldr     r2, =0x180000f4
    str     r1, [r2]
    movs    r1, #1
    str     r1, [r0, #0x08]     // on
    ldr     r0, =0x10000100
    ldr     r1, =0xe000ed08     // VTOR
    str     r0, [r1]
    ldmia   r0!, {r1, r2}
    msr     msp, r1
    bx      r2
    .ltorg
    .org    252
    .word   0x6a98cd94          // CRC-32 of what is before, most significant bit first
