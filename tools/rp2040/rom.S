// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The boot ROM of the emulated chip, written for it: it starts core 0 from
// flash, has core 1 wait for the words that start it, and offers the functions
// that firmware looks up. "udf" has the emulator do what it can do better.
    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .set SIO, 0xd0000000
    .set FIFO_ST, 0x50
    .set FIFO_WR, 0x54
    .set FIFO_RD, 0x58
    .set VTOR, 0xe000ed08
    .set FLASH, 0x10000000
    .set BOOT2, 0x20041f00 // where a flash image's first 256 bytes run

    .set CALL_BLANK, 0 // the emulator's calls
    .set CALL_USB_BOOT, 1
    .set CALL_CONNECT, 2
    .set CALL_EXIT_XIP, 3
    .set CALL_ERASE, 4
    .set CALL_PROGRAM, 5
    .set CALL_FLUSH, 6
    .set CALL_ENTER_XIP, 7
    .set CALL_FLOAT, 0x40
    .set CALL_DOUBLE, 0x80

    .macro call name, number
    .thumb_func
\name:
    udf #\number
    bx lr
    .endm

    .macro function a, b, what
    .byte \a, \b
    .hword \what + 1
    .endm

    .macro entry a, b, what
    .byte \a, \b
    .hword \what
    .endm

    .word BOOT2
    .word start
    .word stop
    .word stop
    .byte 'M', 'u', 1, 3 // 0x10: what firmware knows a ROM by, and a version
    .hword functions
    .hword data
    .hword lookup + 1

// r0: a table; r1: two letters. Returns what the table has for them, or 0.
    .thumb_func
lookup:
    ldrh r2, [r0]
    ldrh r3, [r0, #2]
    adds r0, #4
    cmp r2, #0
    beq 1f
    cmp r2, r1
    bne lookup
    mov r0, r3
    bx lr
1:  movs r0, #0
    bx lr

    .thumb_func
stop:
    wfi
    b stop

// --- start --------------------------------------------------------------------

    .thumb_func
start:
    ldr r4, =SIO
    ldr r0, [r4]
    cmp r0, #0
    bne wait_for_core0
    ldr r0, =BOOT2
    ldr r1, =FLASH
    movs r2, #1
    lsls r2, #8
    ldr r3, [r1]
    adds r3, #1
    beq 1f
    bl memcpy
    ldr r0, =BOOT2 + 1
    movs r1, #0
    mov lr, r1
    bx r0
1:  udf #CALL_BLANK

// Core 1: hears 0, 1, vectors, stack and entry, and says each again. Any other
// word where 0 or 1 is due, and a 0 anywhere, is a new beginning.
    .thumb_func
wait_for_core0:
    ldr r4, =SIO
1:  ldr r0, [r4, #FIFO_RD]
    ldr r0, [r4, #FIFO_ST]
    lsrs r0, #1
    bcs 1b
    movs r0, #0
    bl say_and_hear
    cmp r0, #1
    bne wait_for_core0
    bl say_and_hear
    mov r5, r0
    bl say_and_hear
    mov r6, r0
    bl say_and_hear
    mov r7, r0
    bl say
    ldr r1, =VTOR
    str r5, [r1]
    msr msp, r6
    blx r7
    b stop

say:
    ldr r1, [r4, #FIFO_ST]
    movs r2, #2
    tst r1, r2
    bne 1f
    wfe
    b say
1:  str r0, [r4, #FIFO_WR]
    sev
    bx lr

say_and_hear:
    mov r3, lr
    bl say
1:  ldr r1, [r4, #FIFO_ST]
    lsrs r1, #1
    bcs 2f
    wfe
    b 1b
2:  ldr r0, [r4, #FIFO_RD]
    cmp r0, #0
    beq wait_for_core0
    bx r3

// --- memory -------------------------------------------------------------------

    .thumb_func
memcpy: // to, from, bytes; returns to
    push {r0, r4, lr}
    mov r3, r0
    orrs r3, r1
    orrs r3, r2
    lsls r3, #30
    beq words
1:  subs r2, #1
    bmi 2f
    ldrb r3, [r1]
    strb r3, [r0]
    adds r0, #1
    adds r1, #1
    b 1b
words:
    subs r2, #4
    bmi 2f
    ldmia r1!, {r4}
    stmia r0!, {r4}
    b words
2:  pop {r0, r4, pc}

    .thumb_func
memset: // to, byte, bytes; returns to
    mov r3, r0
    orrs r3, r2
    lsls r3, #30
    mov r3, r0
    bne 1f
    uxtb r1, r1
    lsls r3, r1, #8
    orrs r1, r3
    lsls r3, r1, #16
    orrs r1, r3
    mov r3, r0
0:  subs r2, #4
    bmi 2f
    stmia r3!, {r1}
    b 0b
1:  subs r2, #1
    bmi 2f
    strb r1, [r3]
    adds r3, #1
    b 1b
2:  bx lr

// --- bits ---------------------------------------------------------------------

    .thumb_func
popcount:
    movs r1, #0
1:  cmp r0, #0
    beq 2f
    subs r2, r0, #1
    ands r0, r2
    adds r1, #1
    b 1b
2:  mov r0, r1
    bx lr

    .thumb_func
reverse:
    movs r1, #0
    movs r2, #32
1:  lsrs r0, #1
    adcs r1, r1
    subs r2, #1
    bne 1b
    mov r0, r1
    bx lr

    .thumb_func
clz:
    movs r1, #32
1:  cmp r0, #0
    beq 2f
    lsrs r0, #1
    subs r1, #1
    b 1b
2:  mov r0, r1
    bx lr

    .thumb_func
ctz:
    movs r1, #0
    cmp r0, #0
    beq 2f
1:  lsrs r0, #1
    bcs 3f
    adds r1, #1
    b 1b
2:  movs r1, #32
3:  mov r0, r1
    bx lr

// --- what the emulator does ----------------------------------------------------

    call reset_to_usb_boot, CALL_USB_BOOT
    call connect_internal_flash, CALL_CONNECT
    call flash_exit_xip, CALL_EXIT_XIP
    call flash_range_erase, CALL_ERASE
    call flash_range_program, CALL_PROGRAM
    call flash_flush_cache, CALL_FLUSH
    call flash_enter_cmd_xip, CALL_ENTER_XIP

    .balign 4
float_calls:
    .set i, 0
    .rept 32
    udf #(CALL_FLOAT + i)
    bx lr
    .set i, i + 1
    .endr
double_calls:
    .set i, 0
    .rept 32
    udf #(CALL_DOUBLE + i)
    bx lr
    .set i, i + 1
    .endr

// --- tables --------------------------------------------------------------------

    .balign 4
functions:
    function 'P', '3', popcount
    function 'R', '3', reverse
    function 'L', '3', clz
    function 'T', '3', ctz
    function 'M', 'S', memset
    function 'S', '4', memset
    function 'M', 'C', memcpy
    function 'C', '4', memcpy
    function 'U', 'B', reset_to_usb_boot
    function 'W', 'V', wait_for_core0
    function 'I', 'F', connect_internal_flash
    function 'E', 'X', flash_exit_xip
    function 'R', 'E', flash_range_erase
    function 'R', 'P', flash_range_program
    function 'F', 'C', flash_flush_cache
    function 'C', 'X', flash_enter_cmd_xip
    .word 0

data:
    entry 'S', 'F', float_table
    entry 'S', 'D', double_table
    entry 'F', 'Z', float_table_size
    entry 'C', 'R', name
    entry 'G', 'R', name
    .word 0

name:
    .asciz "Heddle's emulator"

    .balign 4
    .hword 0
float_table_size:
    .hword 32 // just before the table, too
float_table:
    .set i, 0
    .rept 32
    .word float_calls + 4 * i + 1
    .set i, i + 1
    .endr
double_table:
    .set i, 0
    .rept 32
    .word double_calls + 4 * i + 1
    .set i, i + 1
    .endr
    .ltorg
